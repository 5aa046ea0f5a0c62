/* flags: -g */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Everything that a program can do with a packet, by the UDP port that it goes to: for
 * test_packets.sh. Maps are pinned by name, which a test must not touch.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/map.h"
#include "maps/layout.h"

enum reason {
	REASON_ROUTED,
	REASON_TAGGED,
	REASON_JUMPED,
	REASON_LISTED,
	REASON_OTHER,
	REASON_KEYS,
};

WEIR_MAP(reasons, PERCPU_ARRAY, enum reason, struct weir_counter, REASON_KEYS, 0, NONE);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u16);
	__type(value, __u32);
	__uint(pinning, 1);
} ports SEC(".maps");

static __always_inline void count(__u32 key, __u64 bytes)
{
	struct weir_counter *counter = bpf_map_lookup_elem(&reasons, &key);

	if (counter) {
		counter->packets++;
		counter->bytes += bytes;
	}
}

static __always_inline int listed(__u16 port, __u64 bytes, int other)
{
	__u32 *verdict = bpf_map_lookup_elem(&ports, &port);

	count(verdict ? REASON_LISTED : REASON_OTHER, bytes);
	return verdict ? (int)*verdict : other;
}

/* 0: no UDP over plain IPv4. */
static __always_inline __u16 port_of(void *data, void *end, struct iphdr **ip)
{
	struct ethhdr *eth = data;
	struct udphdr *udp;

	*ip = (void *)(eth + 1);
	udp = (void *)(*ip + 1);
	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || (*ip)->ihl != 5 ||
	    (*ip)->protocol != IPPROTO_UDP)
		return 0;
	return bpf_ntohs(udp->dest);
}

static __always_inline void route(void *data, struct iphdr *ip)
{
	__u32 sum = ip->check + bpf_htons(0x0100);

	((__u8 *)data)[5] = 2;
	ip->check = (__u16)(sum + (sum >> 16));
	ip->ttl--;
}

static __always_inline int tag(struct xdp_md *xdp)
{
	__u8 *data, *end;

	if (bpf_xdp_adjust_head(xdp, -4))
		return XDP_ABORTED;
	data = (void *)(long)xdp->data;
	end = (void *)(long)xdp->data_end;
	if (data + 18 > end)
		return XDP_ABORTED;
	for (int i = 0; i < 12; i++)
		data[i] = data[i + 4];
	data[12] = 0x81;
	data[13] = 0;
	data[14] = 0;
	data[15] = 5;
	return XDP_PASS;
}

SEC("xdp")
int jumped(struct xdp_md *xdp)
{
	count(REASON_JUMPED, xdp->data_end - xdp->data);
	return XDP_DROP;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__uint(pinning, 1);
	__array(values, int(void *));
} jumps SEC(".maps") = {
	.values = {[2] = (void *)&jumped},
};

SEC("xdp")
int act_xdp(struct xdp_md *xdp)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	__u64 bytes = end - data;
	struct iphdr *ip;
	__u16 port = port_of(data, end, &ip);

	switch (port) {
	case 7:
		count(REASON_ROUTED, bytes);
		route(data, ip);
		return XDP_TX;
	case 8:
		count(REASON_TAGGED, bytes);
		return tag(xdp);
	case 9:
		bpf_tail_call(xdp, &jumps, 2);
		return XDP_ABORTED;
	default:
		return listed(port, bytes, XDP_PASS);
	}
}

SEC("tc")
int act_tc(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip;
	__u16 port = port_of(data, end, &ip);

	if (port == 7) {
		count(REASON_ROUTED, skb->len);
		route(data, ip);
		skb->mark += 5;
		skb->priority = 7;
		return TC_ACT_OK;
	}
	if (port == 8) {
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 5);
		return TC_ACT_PIPE;
	}
	return listed(port, skb->len, skb->ifindex > 1 ? TC_ACT_UNSPEC : TC_ACT_OK);
}

SEC("xdp")
int bare_xdp(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_PASS;
}

/* Twenty times the time. */
SEC("xdp")
int slow_xdp(struct xdp_md *xdp)
{
	__u64 sum = 0;

	(void)xdp;
	for (int i = 0; i < 20; i++)
		sum += bpf_ktime_get_ns();
	return sum ? XDP_PASS : XDP_DROP;
}

/* Counts sources: how many flows there are. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000);
	__type(key, __u32);
	__type(value, __u32);
} sources SEC(".maps");

SEC("xdp")
int source_xdp(struct xdp_md *xdp)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	struct iphdr *ip;
	__u32 one = 1;

	if (!port_of(data, end, &ip))
		return XDP_ABORTED;
	bpf_map_update_elem(&sources, &ip->saddr, &one, BPF_ANY);
	route(data, ip);
	return ip->ttl == 63 ? XDP_PASS : XDP_DROP;
}

char packets_license[] SEC("license") = "GPL";
