/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands before a measured program that changes its packet, or that is to see many flows: the
 * kernel's test run gives the same buffer to every run. The packet's beginning is put back,
 * its source replaced, and the program called as a tail. Programs that do nothing are what
 * the measured ones are compared with.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "cli/packets/harness.h"
#include "lib/map.h"

WEIR_MAP(harness, ARRAY, __u32, struct weir_harness, 1, 0, NONE);
WEIR_MAP(measured, PROG_ARRAY, __u32, __u32, 1, 0, NONE);

/* No flow: @h is written by this CPU alone. */
static __always_inline void prepare(void *data, void *end)
{
	const __u32 zero = 0;
	struct weir_harness *h = bpf_map_lookup_elem(&harness, &zero);
	__u64 *word = data;
	__u32 at;

	if (!h)
		return;
#pragma clang loop unroll(full)
	for (int i = 0; i < WEIR_HARNESS_WORDS; i++) {
		if ((void *)(word + i + 1) > end || i >= (int)h->restores)
			break;
		word[i] = h->head[i];
	}
	if (!h->flows)
		return;
	at = h->source_at & 127;
	if (data + at + 4 > end)
		return;
	*(__u32 *)(data + at) = weir_harness_source(h->next);
	h->next = h->next + 1 < h->flows ? h->next + 1 : 0;
}

#define HARNESS_OF_XDP(name, section)                                          \
	SEC(section)                                                           \
	int name(struct xdp_md *xdp)                                           \
	{                                                                      \
		prepare((void *)(long)xdp->data, (void *)(long)xdp->data_end); \
		bpf_tail_call(xdp, &measured, 0);                              \
		return XDP_ABORTED;                                            \
	}

HARNESS_OF_XDP(harness_xdp, "xdp")
HARNESS_OF_XDP(harness_xdp_frags, "xdp.frags")

SEC("tc")
int harness_tc(struct __sk_buff *skb)
{
	prepare((void *)(long)skb->data, (void *)(long)skb->data_end);
	bpf_tail_call(skb, &measured, 0);
	return TC_ACT_SHOT;
}

SEC("xdp")
int bare_xdp(struct xdp_md *xdp)
{
	return XDP_PASS;
}

SEC("xdp.frags")
int bare_xdp_frags(struct xdp_md *xdp)
{
	return XDP_PASS;
}

SEC("tc")
int bare_tc(struct __sk_buff *skb)
{
	return TC_ACT_OK;
}

char harness_license[] SEC("license") = "Dual BSD/GPL";
