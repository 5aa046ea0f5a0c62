// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Longer than iproute2's record by a field that says something: refused. */
#include "elf_map.h"

struct long_map {
	struct bpf_elf_map map;
	__u32 surplus;
};

struct long_map bad_one SEC("maps") = {
	.map = {
		.type = BPF_MAP_TYPE_ARRAY,
		.size_key = 4,
		.size_value = 8,
		.max_elem = 2,
	},
	.surplus = 1,
};

SEC("xdp")
int bad_xdp(struct xdp_md *ctx)
{
	touch(&bad_one);
	return XDP_PASS;
}
