// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Records of 16 and 36 bytes in one section: refused. */
#include "elf_map.h"

struct short_map {
	__u32 type, size_key, size_value, max_elem;
};

struct short_map mixed_short SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 8, 2};
struct bpf_elf_map mixed_long SEC("maps") = {
	.type = BPF_MAP_TYPE_HASH,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 9,
};

SEC("xdp")
int mixed_xdp(struct xdp_md *ctx)
{
	touch(&mixed_short);
	touch(&mixed_long);
	return XDP_PASS;
}
