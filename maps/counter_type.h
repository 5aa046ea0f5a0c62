/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a map's value has its counters: DESIGN D8. */
#ifndef WEIR_MAPS_COUNTER_TYPE_H
#define WEIR_MAPS_COUNTER_TYPE_H

#include "maps/weir_map.h"

struct btf;

/* An unsigned integer of the value, in the machine's order. */
struct weir_counter_at {
	uint32_t offset_bytes;
	uint32_t size_bytes; /* 4 or 8; 0: there is none */
};

struct weir_counter_type {
	struct weir_counter_at packets, bytes; /* one of them at least */
};

/* -EMEDIUMTYPE (not logged): @map is not a counter map. */
int weir_counter_type_find(const struct btf *btf, const struct weir_map *map,
			   struct weir_counter_type *out);
/* What can be said without BTF: is it of a type that has counters at all? */
bool weir_counter_type_possible(const struct weir_map *map);

#endif
