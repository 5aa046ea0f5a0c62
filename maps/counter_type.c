// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Recognises counter maps. In: the type of a map's values. Out: where in the value its counters
 * stand: members of a struct by the names that programs give them, or the value itself
 * when it is a number and the map is called a counter, or somebody says that it is one.
 */
#include <errno.h>
#include <string.h>

#include "maps/counter_type.h"
#include "maps/type.h"

static const char *const packet_names[] = {"packets",	"pkts",	       "rx_packets",   "tx_packets",
					   "n_packets", "num_packets", "packet_count", "pkt_count",
					   "pkt_cnt",	"count",       "hits",	       "drops",
					   "processed", NULL};
static const char *const byte_names[] = {"bytes",      "octets",   "rx_bytes",
					 "tx_bytes",   "n_bytes",  "num_bytes",
					 "byte_count", "byte_cnt", NULL};
/* of a map, between underscores */
static const char *const map_words[] = {"count", "counts",  "counter", "counters",
					"stats", "packets", "pkts",    "hits",
					"drops", "drop",    "cnt",     NULL};
static const char *const byte_words[] = {"bytes", "octets", NULL};

static bool is_counter(const struct weir_type *type)
{
	return type->form == WEIR_FORM_UINT && !type->big_endian &&
	       (type->size_bytes == 4 || type->size_bytes == 8);
}

/* The first of @names that is a counter, and where it is; NULL: none is. */
static const char *find_any(const struct weir_type *type, const char *const *names,
			    struct weir_counter_at *at)
{
	struct weir_field field;

	*at = (struct weir_counter_at){0};
	for (; *names; names++) {
		if (!weir_type_find(type, *names, &field) || !is_counter(field.type) ||
		    field.bit_size || field.bit_offset % 8)
			continue;
		*at = (struct weir_counter_at){field.bit_offset / 8, field.type->size_bytes};
		return *names;
	}
	return NULL;
}

/* What came in and what went out make no pair. */
static bool are_opposite(const char *packets, const char *bytes)
{
	return packets && bytes &&
	       ((!strncmp(packets, "rx_", 3) && !strncmp(bytes, "tx_", 3)) ||
		(!strncmp(packets, "tx_", 3) && !strncmp(bytes, "rx_", 3)));
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

static int find_alone(const struct weir_type *type, const struct weir_map *map, bool told,
		      struct weir_counter_type *out)
{
	struct weir_counter_at at = {0, type->size_bytes};

	if (has_word(map->name, byte_words))
		*out = (struct weir_counter_type){.bytes = at};
	else if (told || is_called_counter(map->name))
		*out = (struct weir_counter_type){.packets = at};
	else
		return -EMEDIUMTYPE;
	return 0;
}

int weir_counter_type_find(const struct weir_type *value, const struct weir_map *map, bool told,
			   struct weir_counter_type *out)
{
	struct weir_counter_type found;
	const char *packets, *bytes;

	if (is_counter(value))
		return find_alone(value, map, told, out);
	if (value->form != WEIR_FORM_STRUCT)
		return -EMEDIUMTYPE;
	packets = find_any(value, packet_names, &found.packets);
	bytes = find_any(value, byte_names, &found.bytes);
	if (are_opposite(packets, bytes))
		found.bytes = (struct weir_counter_at){0};
	if (!found.packets.size_bytes && !found.bytes.size_bytes)
		return -EMEDIUMTYPE;
	*out = found;
	return 0;
}
