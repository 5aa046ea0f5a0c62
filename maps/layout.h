/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * The contract of both sides: key and value types of the maps that bpf/
 * declares and that user space reads. Compiles for BPF and for the host.
 */
#ifndef WEIR_MAPS_LAYOUT_H
#define WEIR_MAPS_LAYOUT_H

#include <linux/types.h>

/* D8: value of every counter map. Monotonic; each CPU has its own. */
struct weir_counter {
	__u64 packets;
	__u64 bytes; /* of the frame, from the Ethernet header on, without FCS */
};

/*
 * What one packet is, for bpf/count.bpf.c:
 * - bytes include every VLAN tag, also one that the card or the stack has moved
 *   out of the frame before tc sees it. XDP cannot see a tag that the card took.
 * - tc sees TCP and UDP in aggregates (GSO, GRO): each segment is a packet, and
 *   its share of the headers is in the bytes, so that the wire is counted.
 *
 * Classes, decided by the frame alone:
 *   FRAGMENT         IPv4 with offset or "more fragments", the first fragment
 *                    included; IPv6 with a fragment header, also an atomic one
 *   IPV6_*           after hop-by-hop, routing, destination options and AH headers;
 *                    beyond eight of them: IPV6_OTHER
 *   OTHER_ETHERTYPE  neither ARP nor IP after up to four VLAN tags (802.1Q,
 *                    802.1ad, 0x9100); 802.3 length fields
 *   MALFORMED        a header cut off by the end of the frame or of its IP packet;
 *                    IP version, header length or total length that cannot be
 */
#define WEIR_COUNT_CLASSES(X, HOOK) \
	X(HOOK, ARP)                \
	X(HOOK, IPV4_TCP)           \
	X(HOOK, IPV4_UDP)           \
	X(HOOK, IPV4_ICMP)          \
	X(HOOK, IPV4_SCTP)          \
	X(HOOK, IPV4_FRAGMENT)      \
	X(HOOK, IPV4_OTHER)         \
	X(HOOK, IPV6_TCP)           \
	X(HOOK, IPV6_UDP)           \
	X(HOOK, IPV6_ICMP)          \
	X(HOOK, IPV6_SCTP)          \
	X(HOOK, IPV6_FRAGMENT)      \
	X(HOOK, IPV6_OTHER)         \
	X(HOOK, OTHER_ETHERTYPE)    \
	X(HOOK, MALFORMED)

#define WEIR_CLASS_ENUM(HOOK, CLASS) WEIR_CLASS_##CLASS,
#define WEIR_COUNT_KEY(HOOK, CLASS)  WEIR_COUNT_##HOOK##_##CLASS,

enum weir_class { WEIR_COUNT_CLASSES(WEIR_CLASS_ENUM, ) WEIR_CLASSES };

/* Key of map "weir_count": a row of classes for each hook. */
enum weir_count_key {
	WEIR_COUNT_CLASSES(WEIR_COUNT_KEY, XDP) WEIR_COUNT_CLASSES(WEIR_COUNT_KEY, INGRESS)
		WEIR_COUNT_CLASSES(WEIR_COUNT_KEY, EGRESS) WEIR_COUNT_KEYS
};

#endif
