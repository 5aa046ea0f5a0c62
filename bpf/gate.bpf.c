// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The program that stands on an interface for steps of the datapath (filter, police,
 * forward), each of which is found in slot 0 of a program array of its own. So the steps
 * are exchanged behind the gate, one by one, and one array may serve many interfaces.
 *
 * At XDP, where an interface has room for one program, there is a gate for each number of
 * steps; it calls them in turn, and what one of them says but XDP_PASS is the verdict. At tc
 * each step has a gate, and the kernel calls these in turn.
 *
 * A slot is empty when its pin was removed (the kernel then empties the array). Then packets
 * are dropped or go on, as is best for the step, and are counted by the step's own counters.
 *
 * A tail call in a subprogram comes back to who called the subprogram (Linux 5.10 on x86, 6.0
 * on arm64). Verifiers before 6.19 take it that it always falls through: what is returned
 * behind it must be nothing that they can know.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/map.h"
#include "maps/gate.h"
#include "maps/layout.h"

#define SLOT(N)                                                        \
	WEIR_MAP(weir_slot_##N, PROG_ARRAY, __u32, __u32, 1, 0, NONE); \
	WEIR_MAP(weir_lost_##N, PERCPU_ARRAY, __u32, struct weir_counter, 1, 0, NONE)

SLOT(1);
SLOT(2);
SLOT(3);

const volatile struct weir_gate_consts gate = {};

static __always_inline void count_lost(void *map, unsigned int nth, __u64 len_bytes)
{
	__u32 key = gate.step[nth].lost_reason;
	struct weir_counter *counter = bpf_map_lookup_elem(map, &key);

	if (!counter)
		return;
	counter->packets++;
	counter->bytes += len_bytes;
}

static __always_inline int lost_verdict(const struct xdp_md *xdp, unsigned int nth)
{
	/* the upper bit of an interface's index is never set, but who knows */
	return (gate.step[nth].lost_drops ? XDP_DROP : XDP_PASS) + (xdp->ingress_ifindex >> 31);
}

static __always_inline __u64 frame_bytes(struct xdp_md *xdp)
{
	return xdp->data_end - xdp->data;
}

/* @bytes: how long a frame is, by what the kind of program may ask. */
#define STEP(NAME, N, BYTES)                                   \
	static __noinline int NAME##_##N(struct xdp_md *xdp)   \
	{                                                      \
		bpf_tail_call(xdp, &weir_slot_##N, 0);         \
		count_lost(&weir_lost_##N, (N)-1, BYTES(xdp)); \
		return lost_verdict(xdp, (N)-1);               \
	}

STEP(step, 1, frame_bytes)
STEP(step, 2, frame_bytes)
STEP(step, 3, frame_bytes)
STEP(frags_step, 1, bpf_xdp_get_buff_len)
STEP(frags_step, 2, bpf_xdp_get_buff_len)
STEP(frags_step, 3, bpf_xdp_get_buff_len)

SEC("xdp")
int gate_xdp_1(struct xdp_md *xdp)
{
	bpf_tail_call(xdp, &weir_slot_1, 0);
	count_lost(&weir_lost_1, 0, frame_bytes(xdp));
	return lost_verdict(xdp, 0);
}

SEC("xdp")
int gate_xdp_2(struct xdp_md *xdp)
{
	int verdict = step_1(xdp);

	return verdict == XDP_PASS ? step_2(xdp) : verdict;
}

SEC("xdp")
int gate_xdp_3(struct xdp_md *xdp)
{
	int verdict = step_1(xdp);

	if (verdict == XDP_PASS)
		verdict = step_2(xdp);
	return verdict == XDP_PASS ? step_3(xdp) : verdict;
}

SEC("xdp.frags")
int gate_frags_1(struct xdp_md *xdp)
{
	bpf_tail_call(xdp, &weir_slot_1, 0);
	count_lost(&weir_lost_1, 0, bpf_xdp_get_buff_len(xdp));
	return lost_verdict(xdp, 0);
}

SEC("xdp.frags")
int gate_frags_2(struct xdp_md *xdp)
{
	int verdict = frags_step_1(xdp);

	return verdict == XDP_PASS ? frags_step_2(xdp) : verdict;
}

SEC("xdp.frags")
int gate_frags_3(struct xdp_md *xdp)
{
	int verdict = frags_step_1(xdp);

	if (verdict == XDP_PASS)
		verdict = frags_step_2(xdp);
	return verdict == XDP_PASS ? frags_step_3(xdp) : verdict;
}

SEC("tc")
int gate_tc_1(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &weir_slot_1, 0);
	count_lost(&weir_lost_1, 0, skb->len);
	return gate.step[0].lost_drops ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

char weir_license[] SEC("license") = "Dual BSD/GPL";
