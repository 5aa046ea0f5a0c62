// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A tail call through an array that nothing pins. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "elf_map.h"

#ifndef SLOT_SECTION
#define SLOT_SECTION "3/1"
#endif

struct bpf_elf_map tail_jumps SEC("maps") = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 2,
	.id = 3,
};

SEC(SLOT_SECTION)
int tail_one(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp")
int tail_start(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &tail_jumps, 1);
	return XDP_PASS;
}
