// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Tail calls by section name: decimal, hexadecimal, octal, and an id that no map has. */
#include "elf_map.h"

struct bpf_elf_map jumps SEC("maps") = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 16,
	.id = 10,
	.pinning = PIN_GLOBAL_NS,
};

struct bpf_elf_map jump_count SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 1,
};

SEC("10/0")
int tail_zero(struct __sk_buff *skb)
{
	touch(&jump_count);
	bpf_tail_call(skb, &jumps, 8);
	return 0;
}

SEC("0xa/010")
int tail_eight(struct __sk_buff *skb)
{
	touch(&jump_count);
	bpf_tail_call(skb, &jumps, 15);
	return 0;
}

SEC("10/0xf")
int tail_fifteen(struct __sk_buff *skb)
{
	touch(&jump_count);
	return 0;
}

SEC("99/0")
int tail_nowhere(struct __sk_buff *skb)
{
	return 0;
}

SEC("classifier")
int tail_entry(struct __sk_buff *skb)
{
	touch(&jump_count);
	bpf_tail_call(skb, &jumps, 0);
	return 0;
}
