// SPDX-License-Identifier: LGPL-2.1-or-later
/* Captures by libpcap, and lines of words; the first bytes tell which. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/describe.h"
#include "cli/packets/source.h"
#include "cli/say.h"

struct reading {
	const char *path;
	weir_packet_fn fn;
	void *ctx;
	struct weir_packet packet; /* of words: what is the same for all of a line */
};

/* ---- captures ------------------------------------------------------------ */

static int read_packets(struct reading *reading, pcap_t *pcap)
{
	struct pcap_pkthdr *head;
	const u_char *bytes;
	int got, err;

	while ((got = pcap_next_ex(pcap, &head, &bytes)) == 1) {
		struct weir_packet packet = {
			.bytes = bytes,
			.len_bytes = head->caplen,
			.wire_bytes = head->len,
			.time_ns = (uint64_t)head->ts.tv_sec * 1000000000u +
				   (uint64_t)head->ts.tv_usec,
		};

		err = reading->fn(&packet, reading->ctx);
		if (err)
			return err;
	}
	if (got == PCAP_ERROR_BREAK)
		return 0;
	weir_say_error("%s: damaged capture: %s", reading->path, pcap_geterr(pcap));
	return -EINVAL;
}

static int check_link(const struct reading *reading, pcap_t *pcap)
{
	int link = pcap_datalink(pcap);
	const char *name = pcap_datalink_val_to_name(link);

	if (link == DLT_EN10MB)
		return 0;
	weir_say_error("%s: link type %d (%s): programs at XDP and tc are tested with Ethernet "
		       "frames; capture on an Ethernet interface",
		       reading->path, link, name ? name : "unknown");
	return -EPROTOTYPE;
}

/* pcap_close() closes @file, unless it is standard input. */
static int read_capture(struct reading *reading, FILE *file)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap =
		pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	int err;

	if (!pcap) {
		weir_say_error("%s: not a capture: %s", reading->path, why);
		if (file != stdin)
			fclose(file);
		return -EINVAL;
	}
	err = check_link(reading, pcap);
	err = err ? err : read_packets(reading, pcap);
	pcap_close(pcap);
	return err;
}

/* ---- words --------------------------------------------------------------- */

static int take_described(const uint8_t *bytes, size_t len_bytes, void *ctx)
{
	struct reading *reading = ctx;

	reading->packet.bytes = bytes;
	reading->packet.len_bytes = reading->packet.wire_bytes = len_bytes;
	return reading->fn(&reading->packet, reading->ctx);
}

/* What the line says, without its comment and outer blanks. */
static char *trim(char *line)
{
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, "#\r\n");
	while (len && strchr(" \t", line[len - 1]))
		len--;
	line[len] = '\0';
	return line;
}

static int read_words(struct reading *reading, FILE *file)
{
	unsigned int nth = 0;
	char *line = NULL, why[256];
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, file) > 0) {
		nth++;
		*why = '\0';
		reading->packet.words = trim(line);
		/* a packet's time is its line */
		reading->packet.time_ns = nth * 1000000000ull;
		err = weir_describe(reading->packet.words, take_described, reading, why,
				    sizeof(why));
		if (*why)
			weir_say_error("%s:%u: %s", reading->path, nth, why);
	}
	if (!err && ferror(file)) {
		err = -errno;
		weir_say_error("%s: %s", reading->path, strerror(errno));
	}
	free(line);
	if (file != stdin)
		fclose(file);
	return err;
}

/* ---- both ---------------------------------------------------------------- */

/* pcap's magic numbers in both byte orders (micro-, nanoseconds, modified), and pcapng's. Words
 * have no such characters. */
static int is_capture(FILE *file)
{
	static const char magics[][5] = {
		"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1",
		"\xa1\xb2\xcd\x34", "\x34\xcd\xb2\xa1", "\x0a\x0d\x0d\x0a",
	};
	char head[4];
	size_t n = fread(head, 1, sizeof(head), file);
	int found = 0;

	/* glibc takes back as many as were read */
	for (size_t i = n; i > 0; i--)
		(void)ungetc((unsigned char)head[i - 1], file);
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		found |= n == sizeof(head) && !memcmp(head, magics[i], n);
	/* what is neither is a damaged capture rather than words that begin with control bytes */
	return found ||
	       (n && (head[0] & 0x80 || (head[0] < ' ' && !strchr("\t\r\n", head[0])) || !head[0]));
}

int weir_packets_read(const char *path, weir_packet_fn fn, void *ctx)
{
	struct reading reading = {.path = path, .fn = fn, .ctx = ctx};
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int capture;

	if (!file) {
		weir_say_error("%s: cannot be read: %s", path, strerror(errno));
		return -errno;
	}
	capture = is_capture(file);
	if (ferror(file)) {
		int err = -errno;

		weir_say_error("%s: cannot be read: %s", path, strerror(-err));
		if (file != stdin)
			fclose(file);
		return err;
	}
	return capture ? read_capture(&reading, file) : read_words(&reading, file);
}

int weir_packets_line(const char *line, weir_packet_fn fn, void *ctx)
{
	struct reading reading = {.path = "words", .fn = fn, .ctx = ctx, .packet.words = line};
	char why[256] = "";
	int err = weir_describe(line, take_described, &reading, why, sizeof(why));

	if (*why)
		weir_say_error("%s", why);
	return err;
}
