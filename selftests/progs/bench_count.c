/* flags: -g */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What bpf/count.bpf.c is measured against by selftests/bench/count.c: programs
 * that do nothing, and programs that parse but count nothing.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/ctx.h"
#include "lib/parse.h"

/* The compiler must believe that the result is wanted. */
static __always_inline void keep(struct parsed parsed)
{
	asm volatile("" : : "r"(parsed.class), "r"(parsed.headers_bytes));
}

SEC("xdp")
int bare_xdp(struct xdp_md *xdp)
{
	return XDP_PASS;
}

SEC("xdp")
int parse_xdp(struct xdp_md *xdp)
{
	struct frame frame = frame_of_xdp(xdp, FRAME_XDP);

	keep(parse_frame(&frame, false));
	return XDP_PASS;
}

SEC("tc")
int bare_tc(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int parse_tc(struct __sk_buff *skb)
{
	struct frame frame = frame_of_skb(skb);

	keep(parse_frame(&frame, skb->gso_segs > 1));
	return TC_ACT_UNSPEC;
}

char bench_count_license[] SEC("license") = "Dual BSD/GPL";
