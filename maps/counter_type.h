/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a map's value has its counters: DESIGN D8. */
#ifndef WEIR_MAPS_COUNTER_TYPE_H
#define WEIR_MAPS_COUNTER_TYPE_H

#include "maps/weir_map.h"

struct btf;

struct weir_counter_type {
	uint32_t packets_at, bytes_at; /* offsets in the value, in bytes */
};

/* -EMEDIUMTYPE (not logged): @map is not a counter map. */
int weir_counter_type_find(const struct btf *btf, const struct weir_map *map,
			   struct weir_counter_type *out);
/* What can be said without BTF: is it of a type that has counters at all? */
bool weir_counter_type_possible(const struct weir_map *map);

#endif
