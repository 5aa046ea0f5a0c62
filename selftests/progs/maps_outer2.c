// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two outer maps, an array and a hash, share one inner map. */
#include "elf_map.h"

struct bpf_elf_map shared_inner SEC("maps") = {
	.type = BPF_MAP_TYPE_HASH,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 2,
	.id = 5,
	.inner_idx = 1,
};

struct bpf_elf_map outer_one SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 2,
	.inner_id = 5,
};

struct bpf_elf_map outer_two SEC("maps") = {
	.type = BPF_MAP_TYPE_HASH_OF_MAPS,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 2,
	.inner_id = 5,
};

SEC("xdp")
int outer2_xdp(struct xdp_md *ctx)
{
	touch_inner(&outer_one, 1);
	touch_inner(&outer_two, 1);
	return XDP_PASS;
}
