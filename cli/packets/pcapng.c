// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The three blocks of draft-ietf-opsawg-pcapng that a capture of one link needs: section,
 * interface, packets. libpcap 1.10 writes the older format only, which has no place for comments.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/pcapng.h"
#include "cli/say.h"

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, ENHANCED_PACKET = 6 };
enum { OPT_END = 0, OPT_COMMENT = 1, OPT_TSRESOL = 9 };

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

static void put_interface(const struct weir_pcapng *pcapng)
{
	const uint16_t link[2] = {1, 0}; /* LINKTYPE_ETHERNET */
	const uint8_t nanoseconds = 9;
	const uint32_t total = 32;

	put32(pcapng, INTERFACE);
	put32(pcapng, total);
	put(pcapng, link, sizeof(link));
	put32(pcapng, 0); /* no limit of length */
	put_option(pcapng, OPT_TSRESOL, &nanoseconds, 1);
	put32(pcapng, OPT_END); /* code and length */
	put32(pcapng, total);
}

void weir_pcapng_add(struct weir_pcapng *pcapng, uint64_t time_ns, const uint8_t *bytes,
		     size_t len_bytes, const char *comment)
{
	size_t comment_bytes = comment ? strnlen(comment, UINT16_MAX) : 0;
	uint32_t total = 32 + padded(len_bytes);

	if (comment)
		total += 4 + padded(comment_bytes) + 4;
	put32(pcapng, ENHANCED_PACKET);
	put32(pcapng, total);
	put32(pcapng, 0); /* the interface */
	put32(pcapng, (uint32_t)(time_ns >> 32));
	put32(pcapng, (uint32_t)time_ns);
	put32(pcapng, (uint32_t)len_bytes);
	put32(pcapng, (uint32_t)len_bytes);
	put(pcapng, bytes, len_bytes);
	if (comment) {
		put_option(pcapng, OPT_COMMENT, comment, comment_bytes);
		put32(pcapng, OPT_END); /* code and length */
	}
	put32(pcapng, total);
}

int weir_pcapng_open(const char *path, struct weir_pcapng **out)
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
	put_interface(pcapng);
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
