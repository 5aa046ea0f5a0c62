/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of a counter map as words: enumerators, numbers, or hex bytes. */
#ifndef WEIR_MAPS_KEY_NAMES_H
#define WEIR_MAPS_KEY_NAMES_H

#include "maps/weir_map.h"

struct btf;
struct weir_key_names;

/*
 * Names are those of the key's enum, or, the key being an integer by way of a
 * typedef, of the enum in @btf that has the typedef's name (arrays want
 * integer keys: this is how they say which enum is meant). Enumerators that
 * are no index of an array are left out; the prefix up to a '_' that all the
 * others share is cut; upper case becomes lower. -ENOMEM, not logged.
 */
int weir_key_names_new(const struct btf *btf, const struct weir_map *map,
		       struct weir_key_names **out);
/* Names that only the caller knows, of some keys of 32 bits; copied. -ENOMEM, not logged. */
int weir_key_names_given(const struct weir_entry_name *list, size_t n, struct weir_key_names **out);
void weir_key_names_free(struct weir_key_names *names);

/* Are there enumerators? */
bool weir_key_names_any(const struct weir_key_names *names);
/* NULL: it has none. */
const char *weir_key_names_find(const struct weir_key_names *names, uint64_t value);
/* One more than the largest value that has a name; 0: none has. */
uint64_t weir_key_names_end(const struct weir_key_names *names);
/* Room for the longest text and its NUL. */
size_t weir_key_names_room(const struct weir_key_names *names);
/* Text of @key, into @text of that room. */
void weir_key_names_write(const struct weir_key_names *names, const void *key, char *text);

#endif
