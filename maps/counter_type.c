// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Recognises counter maps. In: a map's BTF. Out: where in the value its counters
 * stand: members of a struct by the names that programs give them, or the value itself
 * when it is a number and the map is called a counter.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "maps/counter_type.h"

bool weir_counter_type_possible(const struct weir_map *map)
{
	return weir_map_is_plain(map->type) && map->btf_id && map->value_type_id;
}

static const struct btf_type *strip(const struct btf *btf, uint32_t type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static const char *const packet_names[] = {"packets",	"pkts",		"rx_packets", "tx_packets",
					   "n_packets", "packet_count", "pkt_count",  "count",
					   "hits",	"drops",	NULL};
static const char *const byte_names[] = {"bytes",   "octets",	  "rx_bytes", "tx_bytes",
					 "n_bytes", "byte_count", NULL};
/* of a map, between underscores */
static const char *const map_words[] = {"count", "counts",  "counter", "counters",
					"stats", "packets", "pkts",    "hits",
					"drops", "drop",    "cnt",     NULL};
static const char *const byte_words[] = {"bytes", "octets", NULL};

static bool is_counter(const struct btf_type *type)
{
	return type && btf_is_int(type) && (type->size == 4 || type->size == 8) &&
	       !(btf_int_encoding(type) & (BTF_INT_SIGNED | BTF_INT_BOOL | BTF_INT_CHAR)) &&
	       !btf_int_offset(type) && btf_int_bits(type) == type->size * 8;
}

/* The counter @name in struct @type of @size bytes. */
static struct weir_counter_at find_member(const struct btf *btf, const struct btf_type *type,
					  uint32_t size, const char *name)
{
	const struct btf_member *members = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint32_t bit = btf_member_bit_offset(type, i);
		const struct btf_type *of = strip(btf, members[i].type);

		if (strcmp(btf__name_by_offset(btf, members[i].name_off), name) != 0)
			continue;
		if (!is_counter(of) || bit % 8 || btf_member_bitfield_size(type, i) ||
		    bit / 8 + of->size > size)
			break;
		return (struct weir_counter_at){bit / 8, of->size};
	}
	return (struct weir_counter_at){0};
}

static struct weir_counter_at find_any(const struct btf *btf, const struct btf_type *type,
				       uint32_t size, const char *const *names)
{
	struct weir_counter_at at = {0};

	while (*names && !at.size_bytes)
		at = find_member(btf, type, size, *names++);
	return at;
}

/* Is one of @words in @name, between underscores? */
static bool has_word(const char *name, const char *const *words)
{
	for (; *words; words++) {
		size_t n = strlen(*words);

		for (const char *at = name; (at = strstr(at, *words)); at++)
			if ((at == name || at[-1] == '_') && (!at[n] || at[n] == '_'))
				return true;
	}
	return false;
}

/* "rx_pkts", "rxcnt" */
static bool is_called_counter(const char *name)
{
	size_t len = strlen(name);

	return has_word(name, map_words) || (len > 3 && !strcmp(name + len - 3, "cnt"));
}

static int find_alone(const struct btf_type *type, const struct weir_map *map,
		      struct weir_counter_type *out)
{
	struct weir_counter_at at = {0, type->size};

	if (!is_counter(type) || type->size != map->value_size_bytes)
		return -EMEDIUMTYPE;
	if (has_word(map->name, byte_words))
		*out = (struct weir_counter_type){.bytes = at};
	else if (is_called_counter(map->name))
		*out = (struct weir_counter_type){.packets = at};
	else
		return -EMEDIUMTYPE;
	return 0;
}

int weir_counter_type_find(const struct btf *btf, const struct weir_map *map,
			   struct weir_counter_type *out)
{
	const struct btf_type *type = strip(btf, map->value_type_id);
	struct weir_counter_type found;

	if (type && btf_is_int(type))
		return find_alone(type, map, out);
	if (!type || !btf_is_struct(type))
		return -EMEDIUMTYPE;
	found.packets = find_any(btf, type, map->value_size_bytes, packet_names);
	found.bytes = find_any(btf, type, map->value_size_bytes, byte_names);
	if (!found.packets.size_bytes && !found.bytes.size_bytes)
		return -EMEDIUMTYPE;
	*out = found;
	return 0;
}
