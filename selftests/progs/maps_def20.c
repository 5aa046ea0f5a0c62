// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* struct bpf_map_def of libbpf: 20 bytes. */
#define bpf_map_def map_def_20
#include "elf_map.h"

struct bpf_map_def def_array SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 5,
};

struct bpf_map_def def_hash SEC("maps") = {
	.type = BPF_MAP_TYPE_PERCPU_HASH,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 6,
	.map_flags = BPF_F_NO_PREALLOC,
};

SEC("classifier")
int def_cls(struct __sk_buff *skb)
{
	touch(&def_array);
	touch(&def_hash);
	return 0;
}
