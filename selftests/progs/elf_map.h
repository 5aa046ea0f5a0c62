/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Map records as objects in the field have them, and the few lines that every
 * maps_*.c program needs.
 */
#ifndef WEIR_PROGS_ELF_MAP_H
#define WEIR_PROGS_ELF_MAP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Pin scopes of iproute2. */
#define PIN_NONE      0
#define PIN_OBJECT_NS 1
#define PIN_GLOBAL_NS 2

/* iproute2, include/bpf_elf.h. */
struct bpf_elf_map {
	__u32 type;
	__u32 size_key;
	__u32 size_value;
	__u32 max_elem;
	__u32 flags;
	__u32 id;
	__u32 pinning;
	__u32 inner_id;
	__u32 inner_idx;
};

/* libbpf before 1.0. */
struct map_def_20 {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
};

/* samples/bpf since Linux 4.13. */
struct map_def_28 {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
	unsigned int inner_map_idx;
	unsigned int numa_node;
};

/* Tells the types of a record's key and value, where the object has BTF. */
#define ANNOTATE_KV_PAIR(name, type_key, type_val)                         \
	struct ____btf_map_##name {                                        \
		type_key key;                                              \
		type_val value;                                            \
	};                                                                 \
	struct ____btf_map_##name                                          \
		__attribute__((section(".maps." #name), used)) ____btf_map_##name = {}

/* Adds 1 to entry 0 of a map of 4-byte keys and 8-byte values. */
static __attribute__((always_inline)) inline void touch(void *map)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(map, &key);

	if (value)
		(*value)++;
}

/* Adds 1 to entry 0 of the map in slot @slot of @outer. */
static __attribute__((always_inline)) inline void touch_inner(void *outer, __u32 slot)
{
	void *inner = bpf_map_lookup_elem(outer, &slot);

	if (inner)
		touch(inner);
}

char _license[] SEC("license") = "GPL";

#endif
