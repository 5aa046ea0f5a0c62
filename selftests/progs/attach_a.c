// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One program for each hook, counting in one pinned map: for attach and detach. */
/* flags: -g */
#include "elf_map.h"

struct bpf_elf_map SEC("maps") attach_hits = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u64),
	.max_elem = 3,
	.pinning = 2,
};

static __always_inline void hit(__u32 hook)
{
	__u64 *hits = bpf_map_lookup_elem(&attach_hits, &hook);

	if (hits)
		__sync_fetch_and_add(hits, 1);
}

/* Longer than the 15 characters that the kernel keeps. */
SEC("xdp")
int attach_a_program_of_long_name(struct xdp_md *xdp)
{
	(void)xdp;
	hit(0);
	return XDP_PASS;
}

SEC("tc/ingress")
int attach_in(struct __sk_buff *skb)
{
	(void)skb;
	hit(1);
	return -1; /* TC_ACT_UNSPEC */
}

SEC("tc/egress")
int attach_out(struct __sk_buff *skb)
{
	(void)skb;
	hit(2);
	return -1;
}
