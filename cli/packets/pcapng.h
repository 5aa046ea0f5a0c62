/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing captures that wireshark shows with a comment on each packet. */
#ifndef WEIR_CLI_PACKETS_PCAPNG_H
#define WEIR_CLI_PACKETS_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_pcapng;

/* Where packets come from. */
struct weir_pcapng_interface {
	const char *name, *description; /* NULL: not told */
	const char *filter;		/* the expression; NULL */
	uint32_t snap_bytes;		/* 0: packets are whole */
};

enum weir_pcapng_direction { WEIR_PCAPNG_UNKNOWN, WEIR_PCAPNG_IN, WEIR_PCAPNG_OUT };

struct weir_pcapng_packet {
	uint64_t time_ns; /* since 1970 */
	const uint8_t *bytes;
	size_t len_bytes, wire_bytes; /* that there are, that there were */
	const char *comment;	      /* NULL or UTF-8 */
	enum weir_pcapng_direction direction;
	bool has_queue, has_xdp_verdict;
	uint32_t queue;
	int64_t xdp_verdict;
};

/* Ethernet frames into the new file @path, or standard output ("-"). @from: NULL, nothing is
 * known. -errno, after an error line. */
int weir_pcapng_open(const char *path, const struct weir_pcapng_interface *from,
		     struct weir_pcapng **out);
/* Errors are told by flush and close. */
void weir_pcapng_add(struct weir_pcapng *pcapng, const struct weir_pcapng_packet *packet);
/* Behind the packets: how many came to the interface, and how many of them were missed. */
void weir_pcapng_statistics(struct weir_pcapng *pcapng, uint64_t time_ns, uint64_t seen,
			    uint64_t lost);
/* Whoever reads has it all. -errno, not told. */
int weir_pcapng_flush(struct weir_pcapng *pcapng);
/* -errno, after an error line. NULL is fine. */
int weir_pcapng_close(struct weir_pcapng *pcapng);

#endif
