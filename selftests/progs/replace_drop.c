/* flags: -g */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts a frame in a pinned slot and drops it: nothing may get past it, and
 * nothing be lost, while it is replaced by its like. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, 1);
} replace_count SEC(".maps");

static __always_inline int count(int verdict)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&replace_count, &key);

	if (value)
		*value += 1;
	return verdict;
}

SEC("xdp")
int drop_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return count(XDP_DROP);
}

SEC("classifier")
int drop_tc(struct __sk_buff *skb)
{
	(void)skb;
	return count(TC_ACT_SHOT);
}

char LICENSE[] SEC("license") = "GPL";
