/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Declaring maps, in the form that every iproute2 reads: a record of nine
 * 32-bit words in section "maps". The types of key and value, which the record
 * cannot say, are in the BTF as members of a struct ____btf_map_NAME; loaders
 * find it by its name. `weir convert` makes both into one BTF definition.
 */
#ifndef WEIR_BPF_MAP_H
#define WEIR_BPF_MAP_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* iproute2's include/bpf_elf.h: the layout is its ABI. */
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

/* bpf_elf_map.pinning: below BPFFS/tc/ in a directory of the object, or in globals. */
#define WEIR_PIN_NONE_NS   0
#define WEIR_PIN_OBJECT_NS 1
#define WEIR_PIN_GLOBAL_NS 2

/* The annotation needs a variable to stay in the BTF; its section ".maps.NAME"
 * is neither "maps" nor ".maps", so no loader makes a map of it. */
#define WEIR_MAP(name, TYPE, key_type, value_type, max_entries, map_flags, pin) \
	struct bpf_elf_map name SEC("maps") = {                                 \
		.type = BPF_MAP_TYPE_##TYPE,                                    \
		.size_key = sizeof(key_type),                                   \
		.size_value = sizeof(value_type),                               \
		.max_elem = (max_entries),                                      \
		.flags = (map_flags),                                           \
		.pinning = WEIR_PIN_##pin##_NS,                                 \
	};                                                                      \
	struct ____btf_map_##name {                                             \
		key_type key;                                                   \
		value_type value;                                               \
	};                                                                      \
	struct ____btf_map_##name ____btf_map_##name                            \
		__attribute__((section(".maps." #name), used)) = {}

#endif
