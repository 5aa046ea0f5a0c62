/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* libbpf's own way to say map of maps: a template and static slots; the outer pinned. */
#include "elf_map.h"

struct slot_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
};

struct slot_map values_a SEC(".maps");
static struct slot_map values_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__array(values, struct slot_map);
} values_outer SEC(".maps") = {
	.values = {[1] = &values_a, [3] = &values_b},
};

SEC("xdp")
int values_xdp(struct xdp_md *ctx)
{
	touch_inner(&values_outer, 1);
	touch_inner(&values_outer, 3);
	return XDP_PASS;
}
