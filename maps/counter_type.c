// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Recognises counter maps. In: a map's BTF. Out: where in the value the two
 * counters stand. Any struct with 64-bit integers "packets" and "bytes" will do,
 * whoever wrote the program.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "maps/counter_type.h"

bool weir_counter_type_possible(const struct weir_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return map->btf_id && map->value_type_id;
	default:
		return false;
	}
}

static const struct btf_type *strip(const struct btf *btf, uint32_t type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* Offset of the 64-bit integer @name in struct @type of @size bytes; -1: none. */
static int64_t find_member(const struct btf *btf, const struct btf_type *type, uint32_t size,
			   const char *name)
{
	const struct btf_member *members = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint32_t bit = btf_member_bit_offset(type, i);
		const struct btf_type *of = strip(btf, members[i].type);

		if (strcmp(btf__name_by_offset(btf, members[i].name_off), name) != 0)
			continue;
		if (!of || !btf_is_int(of) || of->size != sizeof(uint64_t) || bit % 8 ||
		    btf_member_bitfield_size(type, i) || bit / 8 + sizeof(uint64_t) > size)
			return -1;
		return bit / 8;
	}
	return -1;
}

int weir_counter_type_find(const struct btf *btf, const struct weir_map *map,
			   struct weir_counter_type *out)
{
	const struct btf_type *type = strip(btf, map->value_type_id);
	int64_t packets, bytes;

	if (!type || !btf_is_struct(type))
		return -EMEDIUMTYPE;
	packets = find_member(btf, type, map->value_size_bytes, "packets");
	bytes = find_member(btf, type, map->value_size_bytes, "bytes");
	if (packets < 0 || bytes < 0)
		return -EMEDIUMTYPE;
	out->packets_at = (uint32_t)packets;
	out->bytes_at = (uint32_t)bytes;
	return 0;
}
