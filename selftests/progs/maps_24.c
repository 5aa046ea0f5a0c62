// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A record that ends with the id: 24 bytes. */
#include "elf_map.h"

struct id_map {
	__u32 type, size_key, size_value, max_elem, flags, id;
};

struct id_map id_one SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 11};

SEC("xdp")
int id_xdp(struct xdp_md *ctx)
{
	touch(&id_one);
	return XDP_PASS;
}
