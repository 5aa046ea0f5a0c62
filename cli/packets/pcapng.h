/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing captures that wireshark shows with a comment on each packet. */
#ifndef WEIR_CLI_PACKETS_PCAPNG_H
#define WEIR_CLI_PACKETS_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

struct weir_pcapng;

/* Ethernet frames into the new file @path, or standard output ("-"). -errno, after an error
 * line. */
int weir_pcapng_open(const char *path, struct weir_pcapng **out);
/* @comment: NULL or UTF-8. The time is since 1970. Errors are told by close. */
void weir_pcapng_add(struct weir_pcapng *pcapng, uint64_t time_ns, const uint8_t *bytes,
		     size_t len_bytes, const char *comment);
/* -errno, after an error line. NULL is fine. */
int weir_pcapng_close(struct weir_pcapng *pcapng);

#endif
