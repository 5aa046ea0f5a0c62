/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Annotated types: an enum key of an array, structs, an LPM trie, and sizes that disagree. */
#include "elf_map.h"

enum kv_reason { KV_PASSED, KV_DROPPED, KV_REASONS };

struct kv_counter {
	__u64 packets;
	__u64 bytes;
};

struct kv_flow {
	__be32 saddr;
	__be32 daddr;
};

struct kv_prefix {
	__u32 prefixlen;
	__u8 data[4];
};

#define RECORD(NAME, TYPE, KEY, VALUE, N, FLAGS) \
	struct bpf_elf_map NAME SEC("maps") = {  \
		.type = TYPE,                    \
		.size_key = sizeof(KEY),         \
		.size_value = sizeof(VALUE),     \
		.max_elem = N,                   \
		.flags = FLAGS,                  \
	};                                       \
	ANNOTATE_KV_PAIR(NAME, KEY, VALUE)

RECORD(kv_stats, BPF_MAP_TYPE_PERCPU_ARRAY, enum kv_reason, struct kv_counter, KV_REASONS, 0);
RECORD(kv_number, BPF_MAP_TYPE_ARRAY, __u32, struct kv_counter, 2, 0);
RECORD(kv_flows, BPF_MAP_TYPE_HASH, struct kv_flow, struct kv_counter, 64, 0);
RECORD(kv_lpm, BPF_MAP_TYPE_LPM_TRIE, struct kv_prefix, __u32, 64, BPF_F_NO_PREALLOC);

struct bpf_elf_map kv_wrong SEC("maps") = {
	.type = BPF_MAP_TYPE_HASH,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 2,
};
ANNOTATE_KV_PAIR(kv_wrong, __u32, __u64);

SEC("xdp")
int kv_xdp(struct xdp_md *ctx)
{
	struct kv_flow flow = {.saddr = 1};
	struct kv_prefix prefix = {.prefixlen = 32};
	__u32 zero = KV_PASSED;
	struct kv_counter *counter;

	counter = bpf_map_lookup_elem(&kv_stats, &zero);
	if (counter)
		counter->packets++;
	counter = bpf_map_lookup_elem(&kv_number, &zero);
	if (counter)
		counter->packets++;
	counter = bpf_map_lookup_elem(&kv_flows, &flow);
	if (counter)
		counter->packets++;
	if (bpf_map_lookup_elem(&kv_lpm, &prefix) || bpf_map_lookup_elem(&kv_wrong, &zero))
		return XDP_DROP;
	return XDP_PASS;
}
