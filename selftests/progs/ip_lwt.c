// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A program for each place in a light-weight tunnel, counting in one pinned map;
 * "prog" is iproute2's default section. */
#include "elf_map.h"

struct bpf_elf_map SEC("maps") lwt_hits = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u64),
	.max_elem = 5,
	.pinning = 2,
};

static __always_inline int hit(__u32 place)
{
	__u64 *hits = bpf_map_lookup_elem(&lwt_hits, &place);

	if (hits)
		__sync_fetch_and_add(hits, 1);
	return BPF_OK;
}

SEC("prog")
int lwt_any(struct __sk_buff *skb)
{
	(void)skb;
	return hit(0);
}

SEC("in")
int lwt_in(struct __sk_buff *skb)
{
	(void)skb;
	return hit(1);
}

SEC("out")
int lwt_out(struct __sk_buff *skb)
{
	(void)skb;
	return hit(2);
}

SEC("xmit")
int lwt_xmit(struct __sk_buff *skb)
{
	(void)skb;
	return hit(3);
}

SEC("end")
int lwt_end(struct __sk_buff *skb)
{
	(void)skb;
	return hit(4);
}
