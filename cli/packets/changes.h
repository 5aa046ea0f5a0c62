/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between a packet and what became of it, in words. */
#ifndef WEIR_CLI_PACKETS_CHANGES_H
#define WEIR_CLI_PACKETS_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "cli/packets/lines.h"

/*
 * Adds a line for each difference:
 *	ipv4 ttl 64 > 63
 *	vlan.2 vid 5 > 6			the second tag
 *	+20 at 14 ipv4 192.0.2.1 > 192.0.2.2	a header that is new
 *	-4 at 14 vlan 5				a header that is gone
 *	bytes at 42 0102 > 0103			payload, options
 *	+2 at end, -2 at end			payload that grew or shrank
 * Offsets are those of the old packet, of what is new those of the new one.
 */
void weir_changes_of(const uint8_t *old, size_t old_bytes, const uint8_t *now, size_t now_bytes,
		     struct weir_lines *out);

/* What the packet is, in the words of describe.h as far as they go: "ipv4 10.0.0.1 > 10.0.0.2 udp
 * 5 > 53 len 60". Cut to @len. */
void weir_packet_words(const uint8_t *bytes, size_t len_bytes, char *buf, size_t len);

#endif
