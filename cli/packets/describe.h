/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets in words: a line a packet, its headers from the outside in, each followed by what is
 * not as usual in it.
 *
 *	eth vlan 5 ipv4 10.0.0.1 > 10.0.0.2 ttl 1 udp 53 len 100
 *	ipv6 2001:db8::1 > 2001:db8::2 hopopts tcp 1024 > 80 flags S.
 *	ipv4 ihl 4 tcp			# header length that cannot be
 *	ipv4 tcp cut 14..53		# a packet of each length
 *	ipv4 udp flip ipv4+0..udp+7	# a packet for each bit that is wrong
 *
 * Headers: eth (may be left out at the beginning), vlan ID, qinq ID, arp, ipv4, ipv6, hopopts,
 * routing, fragment, dstopts, ah, esp, gre, tcp, udp, icmp, icmpv6, sctp. Behind a header:
 *   SRC > DST	addresses of eth, arp, ipv4, ipv6; ports of tcp, udp, sctp (one: DST)
 *   FIELD VALUE	any field, by the names in header.c, also one that is computed otherwise:
 *			lengths, checksums, what header follows; of one bit: FIELD alone
 *   size BYTES	of ipv4, tcp, hopopts, routing, dstopts, ah: with options that say nothing
 * At the end, of the whole packet:
 *   data HEX	payload
 *   len BYTES	payload is filled up until the frame has so many
 *   pad BYTES	behind the IP packet, which does not count them
 *   set OFFSET HEX	bytes written over the finished packet
 *   flip OFFSET.BIT	a bit of it inverted; bit 7 is the most significant
 *   flip OFFSET..OFFSET	a packet for each bit of these bytes
 *   cut BYTES	only the first so many; A..B: a packet for each length
 *   times N	the packet as often
 * OFFSET is a number, or HEADER+NUMBER. "hex BYTES" stands for all headers: a frame as it is.
 * Numbers may be hexadecimal (0x). '#' begins a comment.
 */
#ifndef WEIR_CLI_PACKETS_DESCRIBE_H
#define WEIR_CLI_PACKETS_DESCRIBE_H

#include <stddef.h>
#include <stdint.h>

#define WEIR_DESCRIBE_MAX 65535 /* bytes of a frame */

/* Return 0 to go on. */
typedef int (*weir_described_fn)(const uint8_t *bytes, size_t len_bytes, void *ctx);

/* Calls @fn for each packet of @line; none for an empty line or a comment. -EINVAL with the
 * cause in @why ("'foo': ..."), -ENOMEM, or what @fn answered. */
int weir_describe(const char *line, weir_described_fn fn, void *ctx, char *why, size_t why_len);

#endif
