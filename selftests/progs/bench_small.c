/* flags: -g */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One program and one map: what loading costs when nothing is large. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline void count(__u32 key)
{
	__u64 *value = bpf_map_lookup_elem(&seen, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("classifier")
int small_tc(struct __sk_buff *skb)
{
	(void)skb;
	count(0);
	return TC_ACT_OK;
}

SEC("xdp")
int small_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	count(1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
