// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Global data beside records. */
#include "elf_map.h"

volatile const __u32 step = 3;
__u64 counted = 1;
__u64 seen;

struct bpf_elf_map data_map SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 1,
};

SEC("xdp")
int data_xdp(struct xdp_md *ctx)
{
	counted += step;
	seen++;
	bpf_printk("weir %d", step);
	touch(&data_map);
	return XDP_PASS;
}
