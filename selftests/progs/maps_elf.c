// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* struct bpf_elf_map, whole: 36 bytes. */
#include "elf_map.h"

struct bpf_elf_map elf_array SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 3,
};

struct bpf_elf_map elf_hash SEC("maps") = {
	.type = BPF_MAP_TYPE_HASH,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 100,
	.flags = BPF_F_NO_PREALLOC,
};

SEC("xdp")
int elf_xdp(struct xdp_md *ctx)
{
	touch(&elf_array);
	touch(&elf_hash);
	return XDP_PASS;
}
