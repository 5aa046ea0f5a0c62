// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* No map has the outer map's inner_id: refused. */
#include "elf_map.h"

struct bpf_elf_map lonely_outer SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 4,
	.inner_id = 9,
};

SEC("xdp")
int missing_xdp(struct xdp_md *ctx)
{
	touch_inner(&lonely_outer, 0);
	return XDP_PASS;
}
