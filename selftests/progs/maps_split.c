// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One section per map, with different structs. */
#include "elf_map.h"

struct map_def_20 split_one SEC("maps/one") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 1,
};

struct bpf_elf_map split_two SEC("maps/two") = {
	.type = BPF_MAP_TYPE_HASH,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 2,
	.pinning = PIN_GLOBAL_NS,
};

SEC("xdp")
int split_xdp(struct xdp_md *ctx)
{
	touch(&split_one);
	touch(&split_two);
	return XDP_PASS;
}
