// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An inner map that is only a template: inner_idx -1. */
#include "elf_map.h"

struct bpf_elf_map outer SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 4,
	.inner_id = 1,
};

struct bpf_elf_map template SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 2,
	.id = 1,
	.inner_idx = -1,
};

SEC("xdp")
int none_xdp(struct xdp_md *ctx)
{
	touch_inner(&outer, 0);
	return XDP_PASS;
}
