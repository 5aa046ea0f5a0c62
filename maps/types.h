/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What somebody says of a map's types. */
#ifndef WEIR_MAPS_TYPES_H
#define WEIR_MAPS_TYPES_H

#include "maps/type.h"
#include "maps/weir_map.h"

struct btf;

struct weir_types {
	struct weir_type *key, *value; /* NULL: nobody says */
	struct btf *btf; /* the map's, when it was asked; NULL: none, or not for us to see */
	int btf_err;	 /* why the map's BTF could not be read; 0 */
	bool key_from_btf;
};

/*
 * The words in @opts come first, then the file that it names, then the map's BTF. A type that
 * does not fit the map is an error in the words, and not meant elsewhere. Values that are ids
 * (programs, maps) or that the kernel prescribes (devices, CPUs) have none from BTF. -ENOMEM,
 * -EINVAL, logged.
 */
int weir_types_find(const struct weir_map *map, const char *label,
		    const struct weir_table_opts *opts, struct weir_types *out);
void weir_types_free(struct weir_types *types);

/* By the map's shape: a prefix, a number, bytes. NULL: out of memory. */
struct weir_type *weir_types_key_by_shape(const struct weir_map *map);
struct weir_type *weir_types_value_by_shape(const struct weir_map *map);

#endif
