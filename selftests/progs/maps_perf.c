// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A perf event array of size 0: as many entries as there are CPUs. */
#include "elf_map.h"

struct bpf_elf_map perf_events SEC("maps") = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.size_key = 4,
	.size_value = 4,
};

SEC("xdp")
int perf_xdp(struct xdp_md *ctx)
{
	__u32 word = 1;

	bpf_perf_event_output(ctx, &perf_events, BPF_F_CURRENT_CPU, &word, sizeof(word));
	return XDP_PASS;
}
