/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads the packet without looking where it ends: the verifier refuses it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "elf_map.h"

struct bpf_elf_map SEC("maps") bad_seen = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u64),
	.max_elem = 1,
	.pinning = PIN_GLOBAL_NS,
};

SEC("xdp")
int bad_xdp(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;
	__u32 zero = 0;

	if (!bpf_map_lookup_elem(&bad_seen, &zero))
		return XDP_PASS;
	return data[12] == 8 ? XDP_DROP : XDP_PASS;
}

SEC("classifier")
int bad_cls(struct __sk_buff *skb)
{
	unsigned char *data = (void *)(long)skb->data;

	return data[12];
}
