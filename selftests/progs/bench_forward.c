/* flags: -g */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For selftests/bench/forward.c: what makes frames, what takes them, and a program that looks
 * up, rewrites and redirects and does nothing else that a router must.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "maps/layout.h"

#define FRAME_BYTES 42 /* Ethernet, IPv4, UDP */

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 8);
} bench_devs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct weir_counter);
	__uint(max_entries, 1);
} bench_taken SEC(".maps");

/* Written before the load. */
const volatile __u8 frame[FRAME_BYTES] = {};

/* A live frame comes back as the last one left it. */
SEC("xdp")
int make(struct xdp_md *xdp)
{
	__u8 *data = (void *)(long)xdp->data;

	if (data + FRAME_BYTES > (__u8 *)(long)xdp->data_end)
		return XDP_ABORTED;
#pragma clang loop unroll(full)
	for (int i = 0; i < FRAME_BYTES; i += 2)
		*(__u16 *)(data + i) = *(const volatile __u16 *)(frame + i);
	return XDP_TX;
}

SEC("xdp")
int take(struct xdp_md *xdp)
{
	__u32 key = 0;
	struct weir_counter *counter = bpf_map_lookup_elem(&bench_taken, &key);

	if (counter)
		counter->packets++;
	return XDP_DROP;
}

SEC("xdp")
int x_fib(struct xdp_md *xdp)
{
	struct bpf_fib_lookup fib = {.family = 2 /* AF_INET */};
	void *data = (void *)(long)xdp->data;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	__u32 check;

	if ((void *)(ip + 1) > (void *)(long)xdp->data_end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->ttl <= 1)
		return XDP_PASS;
	fib.tos = ip->tos;
	fib.l4_protocol = ip->protocol;
	fib.tot_len = bpf_ntohs(ip->tot_len);
	fib.ipv4_src = ip->saddr;
	fib.ipv4_dst = ip->daddr;
	fib.ifindex = xdp->ingress_ifindex;
	if (bpf_fib_lookup(xdp, &fib, sizeof(fib), 0))
		return XDP_PASS;
	check = ip->check + bpf_htons(0x0100);
	ip->check = (__u16)(check + (check >= 0xffff));
	ip->ttl--;
	__builtin_memcpy(eth->h_dest, fib.dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, fib.smac, ETH_ALEN);
	return bpf_redirect_map(&bench_devs, fib.ifindex, 0);
}

char weir_license[] SEC("license") = "Dual BSD/GPL";
