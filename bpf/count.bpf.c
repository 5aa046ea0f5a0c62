// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts packets and bytes by class and hook into the pinned map "weir_count";
 * changes no packet and no verdict. What is counted how: maps/layout.h.
 *
 * Sections (names that every iproute2, bpftool and libbpf know, one program each):
 *   xdp         any kernel and any MTU that fits a page
 *   xdp.frags   jumbo frames in several buffers, Linux 5.18
 *   classifier  ingress; the section that tc takes by default
 *   tc          egress
 *
 * tc programs return "unspecified": in direct-action mode the next filter, or
 * the next program of a tcx chain, gets the packet as if this one were absent.
 *
 * With WEIR_OFFLOAD: for network cards that run BPF (count_offload.o), the sections xdp and
 * classifier. They have plain arrays, no memory of each CPU, and no helpers that reach
 * behind the first buffer; their frames are whole, with tags, and no aggregates.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/ctx.h"
#include "lib/map.h"
#include "lib/parse.h"
#include "lib/wire.h"
#include "maps/layout.h"

#ifdef WEIR_OFFLOAD
WEIR_MAP(weir_count, ARRAY, enum weir_count_key, struct weir_counter, WEIR_COUNT_KEYS, 0, GLOBAL);
#else
WEIR_MAP(weir_count, PERCPU_ARRAY, enum weir_count_key, struct weir_counter, WEIR_COUNT_KEYS, 0,
	 GLOBAL);
#endif

/* A row of weir_count belongs to each hook. */
enum row {
	ROW_XDP = WEIR_COUNT_XDP_ARP,
	ROW_INGRESS = WEIR_COUNT_INGRESS_ARP,
	ROW_EGRESS = WEIR_COUNT_EGRESS_ARP,
};

/* On the host no atomics: the entry is this CPU's, and softirqs do not nest. */
static __always_inline void add(enum row row, enum weir_class class, __u64 packets, __u64 bytes)
{
	__u32 key = (__u32)row + (__u32) class;
	struct weir_counter *counter = bpf_map_lookup_elem(&weir_count, &key);

	if (!counter)
		return;
#ifdef WEIR_OFFLOAD
	__sync_fetch_and_add(&counter->packets, packets);
	__sync_fetch_and_add(&counter->bytes, bytes);
#else
	counter->packets += packets;
	counter->bytes += bytes;
#endif
}

static __always_inline int count_in_xdp(struct xdp_md *xdp, enum frame_kind kind)
{
	struct frame frame = frame_of_xdp(xdp, kind);

	add(ROW_XDP, parse_frame(&frame, false).class, 1, frame.len_bytes);
	return XDP_PASS;
}

SEC("xdp")
int count_xdp(struct xdp_md *xdp)
{
	return count_in_xdp(xdp, FRAME_XDP);
}

#ifdef WEIR_OFFLOAD

SEC("classifier")
int count_ingress(struct __sk_buff *skb)
{
	struct frame frame = frame_of_card(skb);

	add(ROW_INGRESS, parse_frame(&frame, false).class, 1, frame.len_bytes);
	return TC_ACT_UNSPEC;
}

#else /* of WEIR_OFFLOAD */

static __always_inline int count_in_tc(struct __sk_buff *skb, enum row row)
{
	struct frame frame = frame_of_skb(skb);
	struct parsed parsed = parse_frame(&frame, skb->gso_segs > 1);
	struct weir_counter wire = wire_of_skb(skb, &parsed);

	add(row, parsed.class, wire.packets, wire.bytes);
	return TC_ACT_UNSPEC;
}

SEC("xdp.frags")
int count_xdp_frags(struct xdp_md *xdp)
{
	return count_in_xdp(xdp, FRAME_XDP_FRAGS);
}

SEC("classifier")
int count_ingress(struct __sk_buff *skb)
{
	return count_in_tc(skb, ROW_INGRESS);
}

SEC("tc")
int count_egress(struct __sk_buff *skb)
{
	return count_in_tc(skb, ROW_EGRESS);
}

#endif /* WEIR_OFFLOAD */

char weir_license[] SEC("license") = "Dual BSD/GPL";
