/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of maps that have none of their own. */
#ifndef WEIR_MAPS_MAP_TYPES_H
#define WEIR_MAPS_MAP_TYPES_H

#include "maps/weir_map.h"

/* Gives a map in a device's memory the BTF and type ids of its definition, as a program that
 * uses it knows them. Without such a program, and for other maps, nothing changes. */
void weir_map_borrow_types(struct weir_map *map);

#endif
