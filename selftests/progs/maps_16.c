// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The shortest record: 16 bytes. */
#include "elf_map.h"

struct short_map {
	__u32 type, size_key, size_value, max_elem;
};

struct short_map short_one SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 8, 2};
struct short_map short_two SEC("maps") = {BPF_MAP_TYPE_HASH, 4, 8, 9};

SEC("xdp")
int short_xdp(struct xdp_md *ctx)
{
	touch(&short_one);
	touch(&short_two);
	return XDP_PASS;
}
