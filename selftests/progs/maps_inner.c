// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One inner and one outer map; the inner comes second. */
#include "elf_map.h"

struct bpf_elf_map outer SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 4,
	.inner_id = 1,
};

struct bpf_elf_map inner SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 2,
	.id = 1,
	.inner_idx = 0,
};

SEC("xdp")
int inner_xdp(struct xdp_md *ctx)
{
	touch_inner(&outer, 0);
	return XDP_PASS;
}
