/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of entries looked at before the first write. */
#ifndef WEIR_MAPS_CHECK_H
#define WEIR_MAPS_CHECK_H

#include "maps/source.h"

struct weir_checked {
	uint64_t n;	  /* entries */
	uint64_t n_wrong; /* lines that were said to be wrong */
};

/* Reads all of it: values, indexes, duplicate keys. -EINVAL after up to twenty lines that
 * begin with FILE:LINE. The source is rewound, and merged when that is asked for. */
int weir_check_source(struct weir_source *src, struct weir_checked *out);

/* Writes all entries of a source that is checked, or none. Its table may be another one of the
 * same sizes and types. */
int weir_import_checked(const struct weir_table *table, struct weir_source *src,
			const struct weir_checked *checked);

#endif
