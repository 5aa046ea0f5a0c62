/* flags: -g */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For selftests/bench/police.c: token buckets as they are mostly written, by the precise clock.
 * One for all packets, without and with a lock, and one a source. Each counts what conforms
 * and what does not.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "maps/layout.h"

struct bucket {
	__u64 tokens;
	__u64 last_ns;
};

struct locked {
	struct bpf_spin_lock lock;
	struct bucket bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct bucket);
	__uint(max_entries, 1);
} bench_bucket SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct locked);
	__uint(max_entries, 1);
} bench_locked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32);
	__type(value, struct bucket);
	__uint(max_entries, 65536);
} bench_sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct weir_counter);
	__uint(max_entries, 2);
} bench_count SEC(".maps");

/* Written before the load: packets a second, and what a bucket holds. */
const volatile __u64 rate_pps = 1, burst = 1;

static __always_inline bool take(struct bucket *bucket, __u64 now_ns)
{
	__u64 more = (now_ns - bucket->last_ns) * rate_pps / 1000000000;

	if (more) {
		bucket->tokens = bucket->tokens + more > burst ? burst : bucket->tokens + more;
		bucket->last_ns = now_ns;
	}
	if (!bucket->tokens)
		return false;
	bucket->tokens--;
	return true;
}

static __always_inline int count(__u64 bytes, bool conforms)
{
	__u32 key = conforms;
	struct weir_counter *counter = bpf_map_lookup_elem(&bench_count, &key);

	if (counter) {
		counter->packets++;
		counter->bytes += bytes;
	}
	return conforms ? XDP_PASS : XDP_DROP;
}

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
int ktime(struct xdp_md *xdp)
{
	__u32 key = 0;
	struct bucket *bucket = bpf_map_lookup_elem(&bench_bucket, &key);

	return bucket ? count(xdp->data_end - xdp->data, take(bucket, bpf_ktime_get_ns())) : XDP_ABORTED;
}

/* At tc, where test runs of several CPUs do not wait for each other. */
SEC("tc")
int lock_tc(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct locked *locked = bpf_map_lookup_elem(&bench_locked, &key);
	__u64 now_ns = bpf_ktime_get_ns();
	bool conforms;

	if (!locked)
		return TC_ACT_SHOT;
	bpf_spin_lock(&locked->lock);
	conforms = take(&locked->bucket, now_ns);
	bpf_spin_unlock(&locked->lock);
	return count(skb->len, conforms) == XDP_PASS ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

SEC("tc")
int bare_tc(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("xdp")
int per_source(struct xdp_md *xdp)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	struct bucket fresh = {burst, bpf_ktime_get_ns()}, *bucket;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct ethhdr *eth = data;
	__u32 key;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	key = ip->saddr;
	bucket = bpf_map_lookup_elem(&bench_sources, &key);
	if (bucket)
		return count(end - data, take(bucket, fresh.last_ns));
	bpf_map_update_elem(&bench_sources, &key, &fresh, BPF_ANY);
	return count(end - data, true);
}

char bench_police_license[] SEC("license") = "Dual BSD/GPL";
