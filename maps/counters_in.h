/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counter maps from within: counters.c reads, counter_names.c calls entries by names. */
#ifndef WEIR_MAPS_COUNTERS_IN_H
#define WEIR_MAPS_COUNTERS_IN_H

#include "maps/counter_type.h"
#include "maps/key_names.h"
#include "maps/sums.h"
#include "maps/value.h"
#include "maps/walk.h"
#include "maps/weir_map.h"

struct weir_counters {
	int fd;
	struct weir_map map;
	struct weir_counter_type type;
	struct weir_key_names *entries; /* these alone; NULL: all */
	struct weir_key_names *names;
	struct weir_type *key; /* for keys that no enumerator names; NULL: numbers, bytes */
	struct weir_value_env env;
	struct weir_walk *walk;
	struct weir_sums *sums; /* NULL: not yet, or not here */
	unsigned int walks;
	uint64_t time_ns;
	size_t n, cap;
	size_t max, rest; /* entries kept of a reading, and those that are not */
	bool whole;	  /* the rest is counted */
	size_t n_keys;	  /* that were ever read: the first ones of keys and texts */
	uint8_t *keys;
	struct weir_count *counts;
	char *texts; /* a slot for each key; "" until somebody asks */
	size_t text_room;
};

#endif
