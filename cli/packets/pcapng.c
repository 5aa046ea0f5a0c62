// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The four blocks of draft-ietf-opsawg-pcapng that a capture of one link needs: section,
 * interface, packets, statistics. libpcap 1.10 writes the older format only, which has no place for
 * comments.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/pcapng.h"
#include "cli/say.h"

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, ENHANCED_PACKET = 6 };
enum { OPT_END = 0, OPT_COMMENT = 1 };
enum { OPT_IF_NAME = 2, OPT_IF_DESCRIPTION = 3, OPT_IF_TSRESOL = 9, OPT_IF_FILTER = 11 };
enum { OPT_FLAGS = 2, OPT_QUEUE = 6, OPT_VERDICT = 7 };
enum { OPT_RECEIVED = 4, OPT_DROPPED = 5 };
enum { VERDICT_XDP = 2 };   /* type of a verdict */
enum { FILTER_STRING = 0 }; /* of a filter */
#define TEXT_MAX 4096	    /* bytes of a name or filter */

struct weir_pcapng {
	FILE *file;
	const char *path;
};

static uint32_t padded(size_t len)
{
	return (uint32_t)(len + 3) & ~3u;
}

static void put(const struct weir_pcapng *pcapng, const void *bytes, size_t len)
{
	static const uint8_t zeros[4];

	fwrite(bytes, 1, len, pcapng->file);
	fwrite(zeros, 1, padded(len) - len, pcapng->file);
}

static void put32(const struct weir_pcapng *pcapng, uint32_t value)
{
	put(pcapng, &value, sizeof(value));
}

static void put_option(const struct weir_pcapng *pcapng, uint16_t code, const void *value,
		       size_t len)
{
	const uint16_t head[2] = {code, (uint16_t)len};

	put(pcapng, head, sizeof(head));
	put(pcapng, value, len);
}

static void put_section(const struct weir_pcapng *pcapng)
{
	const uint16_t version[2] = {1, 0};
	const uint64_t length_unknown = UINT64_MAX;
	const uint32_t total = 28;

	put32(pcapng, SECTION);
	put32(pcapng, total);
	put32(pcapng, 0x1a2b3c4d); /* byte order */
	put(pcapng, version, sizeof(version));
	put(pcapng, &length_unknown, sizeof(length_unknown));
	put32(pcapng, total);
}

static uint32_t option_bytes(size_t len)
{
	return 4 + padded(len);
}

static size_t text_bytes(const char *text)
{
	return text ? strnlen(text, TEXT_MAX) : 0;
}

static void put_text(const struct weir_pcapng *pcapng, uint16_t code, const char *text)
{
	if (text)
		put_option(pcapng, code, text, text_bytes(text));
}

static void put_filter(const struct weir_pcapng *pcapng, const char *filter)
{
	char value[1 + TEXT_MAX] = {FILTER_STRING};
	size_t len = text_bytes(filter);

	if (!filter)
		return;
	memcpy(value + 1, filter, len);
	put_option(pcapng, OPT_IF_FILTER, value, 1 + len);
}

static void put_interface(const struct weir_pcapng *pcapng,
			  const struct weir_pcapng_interface *from)
{
	static const struct weir_pcapng_interface unknown;
	const uint16_t link[2] = {1, 0}; /* LINKTYPE_ETHERNET */
	const uint8_t nanoseconds = 9;
	uint32_t total = 20 + option_bytes(1) + 4;

	if (!from)
		from = &unknown;
	total += from->name ? option_bytes(text_bytes(from->name)) : 0;
	total += from->description ? option_bytes(text_bytes(from->description)) : 0;
	total += from->filter ? option_bytes(1 + text_bytes(from->filter)) : 0;
	put32(pcapng, INTERFACE);
	put32(pcapng, total);
	put(pcapng, link, sizeof(link));
	put32(pcapng, from->snap_bytes);
	put_text(pcapng, OPT_IF_NAME, from->name);
	put_text(pcapng, OPT_IF_DESCRIPTION, from->description);
	put_option(pcapng, OPT_IF_TSRESOL, &nanoseconds, 1);
	put_filter(pcapng, from->filter);
	put32(pcapng, OPT_END); /* code and length */
	put32(pcapng, total);
}

/* ---- packets ----------------------------------------------------------------------------- */

static uint32_t packet_options_bytes(const struct weir_pcapng_packet *packet, size_t comment_bytes)
{
	uint32_t bytes = packet->comment ? option_bytes(comment_bytes) : 0;

	bytes += packet->direction ? option_bytes(4) : 0;
	bytes += packet->has_queue ? option_bytes(4) : 0;
	bytes += packet->has_xdp_verdict ? option_bytes(9) : 0;
	return bytes ? bytes + 4 : 0;
}

static void put_packet_options(const struct weir_pcapng *pcapng,
			       const struct weir_pcapng_packet *packet, size_t comment_bytes)
{
	uint32_t flags = packet->direction; /* bits 0 and 1 */
	uint8_t verdict[9] = {VERDICT_XDP};

	if (packet->comment)
		put_option(pcapng, OPT_COMMENT, packet->comment, comment_bytes);
	if (packet->direction)
		put_option(pcapng, OPT_FLAGS, &flags, sizeof(flags));
	if (packet->has_queue)
		put_option(pcapng, OPT_QUEUE, &packet->queue, sizeof(packet->queue));
	memcpy(verdict + 1, &packet->xdp_verdict, sizeof(packet->xdp_verdict));
	if (packet->has_xdp_verdict)
		put_option(pcapng, OPT_VERDICT, verdict, sizeof(verdict));
	put32(pcapng, OPT_END); /* code and length */
}

void weir_pcapng_add(struct weir_pcapng *pcapng, const struct weir_pcapng_packet *packet)
{
	size_t comment_bytes = packet->comment ? strnlen(packet->comment, UINT16_MAX) : 0;
	uint32_t options_bytes = packet_options_bytes(packet, comment_bytes);
	uint32_t total = 32 + padded(packet->len_bytes) + options_bytes;

	put32(pcapng, ENHANCED_PACKET);
	put32(pcapng, total);
	put32(pcapng, 0); /* the interface */
	put32(pcapng, (uint32_t)(packet->time_ns >> 32));
	put32(pcapng, (uint32_t)packet->time_ns);
	put32(pcapng, (uint32_t)packet->len_bytes);
	put32(pcapng, (uint32_t)packet->wire_bytes);
	put(pcapng, packet->bytes, packet->len_bytes);
	if (options_bytes)
		put_packet_options(pcapng, packet, comment_bytes);
	put32(pcapng, total);
}

void weir_pcapng_statistics(struct weir_pcapng *pcapng, uint64_t time_ns, uint64_t seen,
			    uint64_t lost)
{
	uint32_t total = 24 + 2 * option_bytes(8) + 4;

	put32(pcapng, STATISTICS);
	put32(pcapng, total);
	put32(pcapng, 0); /* the interface */
	put32(pcapng, (uint32_t)(time_ns >> 32));
	put32(pcapng, (uint32_t)time_ns);
	put_option(pcapng, OPT_RECEIVED, &seen, sizeof(seen));
	put_option(pcapng, OPT_DROPPED, &lost, sizeof(lost));
	put32(pcapng, OPT_END); /* code and length */
	put32(pcapng, total);
}

int weir_pcapng_flush(struct weir_pcapng *pcapng)
{
	if (!fflush(pcapng->file) && !ferror(pcapng->file))
		return 0;
	return errno ? -errno : -EIO;
}

int weir_pcapng_open(const char *path, const struct weir_pcapng_interface *from,
		     struct weir_pcapng **out)
{
	struct weir_pcapng *pcapng = calloc(1, sizeof(*pcapng));

	if (!pcapng)
		return -ENOMEM;
	pcapng->path = path;
	pcapng->file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (!pcapng->file) {
		int err = -errno;

		weir_say_error("%s: cannot be written: %s", path, strerror(-err));
		free(pcapng);
		return err;
	}
	put_section(pcapng);
	put_interface(pcapng, from);
	*out = pcapng;
	return 0;
}

int weir_pcapng_close(struct weir_pcapng *pcapng)
{
	int err = 0;

	if (!pcapng)
		return 0;
	if (fflush(pcapng->file) || ferror(pcapng->file))
		err = errno ? -errno : -EIO;
	if (pcapng->file != stdout && fclose(pcapng->file) && !err)
		err = -errno;
	if (err)
		weir_say_error("%s: cannot be written: %s", pcapng->path, strerror(-err));
	free(pcapng);
	return err;
}
