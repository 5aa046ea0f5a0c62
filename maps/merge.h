/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The entries of a file of prefixes, merged: as few as say the same. */
#ifndef WEIR_MAPS_MERGE_H
#define WEIR_MAPS_MERGE_H

#include "maps/source.h"

struct weir_merged;

/* Reads @src to its end. A prefix that comes again must have the same value. -EINVAL: not an
 * LPM trie's; -ENOMEM; logged. */
int weir_merge_source(struct weir_source *src, struct weir_merged **out);
void weir_merged_free(struct weir_merged *all);
uint32_t weir_merged_count(const struct weir_merged *all);
void weir_merged_rewind(struct weir_merged *all);
/* 1: an entry, by address, then by length; 0: no more. */
int weir_merged_next(struct weir_merged *all, void *key, void *value);

#endif
