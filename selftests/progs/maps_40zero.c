// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Longer than iproute2's record by a field that says nothing. */
#include "elf_map.h"

struct long_map {
	struct bpf_elf_map map;
	__u32 surplus;
};

struct long_map long_one SEC("maps") = {
	.map = {
		.type = BPF_MAP_TYPE_ARRAY,
		.size_key = 4,
		.size_value = 8,
		.max_elem = 2,
		.pinning = PIN_GLOBAL_NS,
	},
};

SEC("xdp")
int long_xdp(struct xdp_md *ctx)
{
	touch(&long_one);
	return XDP_PASS;
}
