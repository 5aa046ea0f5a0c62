// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* struct bpf_map_def of the kernel's samples: 28 bytes, the inner map by position. */
#define bpf_map_def map_def_28
#include "elf_map.h"

struct bpf_map_def samples_outer SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.key_size = 4,
	.value_size = 4,
	.max_entries = 4,
	.inner_map_idx = 1,
};

struct bpf_map_def samples_inner SEC("maps") = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 7,
};

struct bpf_map_def samples_numa SEC("maps") = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 8,
	.map_flags = BPF_F_NUMA_NODE,
	.numa_node = 0,
};

SEC("xdp")
int samples_xdp(struct xdp_md *ctx)
{
	touch_inner(&samples_outer, 0);
	touch(&samples_inner);
	touch(&samples_numa);
	return XDP_PASS;
}
