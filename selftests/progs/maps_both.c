/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Records and BTF definitions side by side. */
#include "elf_map.h"

struct bpf_elf_map both_old SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 3,
	.pinning = PIN_GLOBAL_NS,
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} both_new SEC(".maps");

SEC("xdp")
int both_xdp(struct xdp_md *ctx)
{
	touch(&both_old);
	touch(&both_new);
	return XDP_PASS;
}
