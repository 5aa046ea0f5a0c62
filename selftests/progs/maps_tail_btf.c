/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Tail calls by section name with a BTF definition. */
#include "elf_map.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(id, 12);
	__uint(pinning, 1);
} btf_jumps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} btf_jump_count SEC(".maps");

SEC("12/3")
int btf_tail(struct xdp_md *ctx)
{
	touch(&btf_jump_count);
	return XDP_PASS;
}

SEC("xdp")
int btf_entry(struct xdp_md *ctx)
{
	touch(&btf_jump_count);
	bpf_tail_call(ctx, &btf_jumps, 3);
	return XDP_PASS;
}
