// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Static maps: reached through the section's symbol. */
#include "elf_map.h"

static struct bpf_elf_map static_one SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 1,
};

static struct bpf_elf_map static_two SEC("maps") = {
	.type = BPF_MAP_TYPE_HASH,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 2,
};

struct bpf_elf_map static_not SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 3,
};

SEC("xdp")
int static_xdp(struct xdp_md *ctx)
{
	touch(&static_one);
	touch(&static_two);
	touch(&static_not);
	return XDP_PASS;
}
