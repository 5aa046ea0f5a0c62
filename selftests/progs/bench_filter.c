/* flags: -g */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For selftests/bench/filter.c: a program that does nothing, one that looks the source up
 * in a plain LPM trie and counts, and one that gives each run another source and jumps to
 * the contender.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "maps/layout.h"

struct prefix4 {
	__u32 len;
	__be32 addr_be;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__type(key, struct prefix4);
	__type(value, __u32);
	__uint(max_entries, 1100000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} bench_trie SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct weir_counter);
	__uint(max_entries, 2);
} bench_count SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 1);
} bench_next SEC(".maps");

/* Written before the load: sources are first + (n & mask) * step. */
const volatile __u32 source_first = 0, source_step = 0, source_mask = 0;
__u32 nth;

SEC("xdp")
int bare(struct xdp_md *xdp)
{
	return XDP_PASS;
}

SEC("xdp.frags")
int bare_frags(struct xdp_md *xdp)
{
	return XDP_PASS;
}

SEC("xdp")
int trie(struct xdp_md *xdp)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct prefix4 key = {.len = 32};
	struct weir_counter *counter;
	__u32 found;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	key.addr_be = ip->saddr;
	found = !!bpf_map_lookup_elem(&bench_trie, &key);
	counter = bpf_map_lookup_elem(&bench_count, &found);
	if (counter) {
		counter->packets++;
		counter->bytes += end - data;
	}
	return found ? XDP_DROP : XDP_PASS;
}

static __always_inline int rotate(struct xdp_md *xdp)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);

	if ((void *)(ip + 1) > end)
		return XDP_ABORTED;
	ip->saddr = bpf_htonl(source_first + (nth++ & source_mask) * source_step);
	bpf_tail_call(xdp, &bench_next, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int each_source(struct xdp_md *xdp)
{
	return rotate(xdp);
}

SEC("xdp.frags")
int each_source_frags(struct xdp_md *xdp)
{
	return rotate(xdp);
}

char bench_filter_license[] SEC("license") = "Dual BSD/GPL";
