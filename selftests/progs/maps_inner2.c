// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two inner maps of one id in slots 3 and 4, and an outer hash. */
#include "elf_map.h"

#define INNER(NAME, SLOT)                      \
	struct bpf_elf_map NAME SEC("maps") = { \
		.type = BPF_MAP_TYPE_ARRAY,     \
		.size_key = 4,                  \
		.size_value = 8,                \
		.max_elem = 2,                  \
		.id = 7,                        \
		.inner_idx = SLOT,              \
	}

INNER(inner_three, 3);
INNER(inner_four, 4);

struct bpf_elf_map outer_array SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 8,
	.inner_id = 7,
};

SEC("xdp")
int inner2_xdp(struct xdp_md *ctx)
{
	touch_inner(&outer_array, 3);
	touch_inner(&outer_array, 4);
	return XDP_PASS;
}
