/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where packets come from. */
#ifndef WEIR_CLI_PACKETS_SOURCE_H
#define WEIR_CLI_PACKETS_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct weir_packet {
	const uint8_t *bytes;
	size_t len_bytes;  /* that there are */
	size_t wire_bytes; /* that there were, before the capture cut it */
	uint64_t time_ns;  /* since 1970 */
	const char *words; /* its line; NULL: it comes from a capture */
};

/* Another answer than 0 ends the reading and is returned. */
typedef int (*weir_packet_fn)(const struct weir_packet *packet, void *ctx);

/* Every packet of @path, "-" being standard input: a capture of Ethernet frames (pcap, pcapng), or
 * lines of words (describe.h). -errno, after an error line. */
int weir_packets_read(const char *path, weir_packet_fn fn, void *ctx);

/* The packets of a line of words. */
int weir_packets_line(const char *line, weir_packet_fn fn, void *ctx);

#endif
