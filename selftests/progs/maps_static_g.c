/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Static maps of both styles. */
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

static struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} static_three SEC(".maps");

static struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} static_four SEC(".maps");

SEC("xdp")
int static_xdp(struct xdp_md *ctx)
{
	touch(&static_one);
	touch(&static_two);
	touch(&static_three);
	touch(&static_four);
	return XDP_PASS;
}
