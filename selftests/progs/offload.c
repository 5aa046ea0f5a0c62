// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* flags: -g */
/*
 * For network cards, with maps that netdevsim takes (two entries at most), and beside them
 * maps and programs that no card has.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/map.h"
#include "maps/layout.h"

enum off_key { OFF_SEEN, OFF_DROPPED };

WEIR_MAP(off_count, ARRAY, enum off_key, struct weir_counter, 2, 0, GLOBAL);
WEIR_MAP(off_flows, HASH, __u32, __u64, 2, 0, OBJECT);
WEIR_MAP(off_percpu, PERCPU_ARRAY, __u32, __u64, 2, 0, GLOBAL);
WEIR_MAP(off_large, ARRAY, __u32, __u64, 100, 0, GLOBAL);
WEIR_MAP(off_flags, HASH, __u32, __u64, 2, BPF_F_NO_PREALLOC, GLOBAL);
WEIR_MAP(off_jumps, PROG_ARRAY, __u32, __u32, 2, 0, NONE);
WEIR_MAP(off_events, PERF_EVENT_ARRAY, __u32, __u32, 0, 0, GLOBAL);
struct off_locked {
	struct bpf_spin_lock lock;
	__u32 n;
};
WEIR_MAP(off_locked, ARRAY, __u32, struct off_locked, 1, 0, NONE);
__u64 off_variable;

static __always_inline void count(enum off_key key)
{
	__u32 at = key;
	struct weir_counter *counter = bpf_map_lookup_elem(&off_count, &at);

	if (counter)
		__sync_fetch_and_add(&counter->packets, 1);
}

SEC("xdp")
int off_xdp(struct xdp_md *xdp)
{
	__u32 key = 1;

	count(OFF_SEEN);
	return bpf_map_lookup_elem(&off_flows, &key) ? XDP_DROP : XDP_PASS;
}

SEC("xdp/other")
int off_other(struct xdp_md *xdp)
{
	count(OFF_DROPPED);
	return XDP_DROP;
}

SEC("xdp/events")
int off_perf(struct xdp_md *xdp)
{
	__u32 word = 1;

	bpf_perf_event_output(xdp, &off_events, BPF_F_CURRENT_CPU, &word, sizeof(word));
	return XDP_PASS;
}

SEC("classifier")
int off_tc(struct __sk_buff *skb)
{
	count(OFF_SEEN);
	return TC_ACT_OK;
}

SEC("classifier/other")
int off_tc_other(struct __sk_buff *skb)
{
	count(OFF_DROPPED);
	return TC_ACT_SHOT;
}

SEC("xdp/percpu")
int off_no_percpu(struct xdp_md *xdp)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&off_percpu, &key) ? XDP_PASS : XDP_DROP;
}

SEC("xdp/large")
int off_no_large(struct xdp_md *xdp)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&off_large, &key) ? XDP_PASS : XDP_DROP;
}

SEC("xdp/flags")
int off_no_flags(struct xdp_md *xdp)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&off_flags, &key) ? XDP_PASS : XDP_DROP;
}

SEC("xdp/jumps")
int off_no_jumps(struct xdp_md *xdp)
{
	bpf_tail_call(xdp, &off_jumps, 0);
	return XDP_PASS;
}

SEC("xdp/variable")
int off_no_variable(struct xdp_md *xdp)
{
	return off_variable++ ? XDP_PASS : XDP_DROP;
}

SEC("xdp/lock")
int off_no_lock(struct xdp_md *xdp)
{
	__u32 key = 0;
	struct off_locked *value = bpf_map_lookup_elem(&off_locked, &key);

	if (value) {
		bpf_spin_lock(&value->lock);
		value->n++;
		bpf_spin_unlock(&value->lock);
	}
	return XDP_PASS;
}

SEC("xdp.frags")
int off_no_frags(struct xdp_md *xdp)
{
	return XDP_PASS;
}

char offload_license[] SEC("license") = "Dual BSD/GPL";
