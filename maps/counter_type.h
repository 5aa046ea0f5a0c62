/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a map's value has its counters: DESIGN D8. */
#ifndef WEIR_MAPS_COUNTER_TYPE_H
#define WEIR_MAPS_COUNTER_TYPE_H

#include "maps/weir_map.h"

struct weir_type;

/* An unsigned integer of the value, in the machine's order. */
struct weir_counter_at {
	uint32_t offset_bytes;
	uint32_t size_bytes; /* 4 or 8; 0: there is none */
};

struct weir_counter_type {
	struct weir_counter_at packets, bytes; /* one of them at least */
};

/* @told: somebody says that the values count, whatever the map is called. -EMEDIUMTYPE (not
 * logged): they do not. */
int weir_counter_type_find(const struct weir_type *value, const struct weir_map *map, bool told,
			   struct weir_counter_type *out);

#endif
