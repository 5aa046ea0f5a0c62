/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* BTF definitions with iproute2's members, and each number of pinning. */
#include "elf_map.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
	__uint(id, 21);
	__uint(inner_idx, 2);
} btf_inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(inner_id, 21);
} btf_outer SEC(".maps");

enum btf_slot { BTF_SLOT_A, BTF_SLOT_B };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, enum btf_slot);
	__type(value, __u64);
	__uint(pinning, 1);
} btf_pin1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, 2);
} btf_pin2 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, 3);
} btf_pin3 SEC(".maps");

SEC("xdp")
int btf_xdp(struct xdp_md *ctx)
{
	touch_inner(&btf_outer, 2);
	touch(&btf_pin1);
	touch(&btf_pin2);
	touch(&btf_pin3);
	return XDP_PASS;
}
