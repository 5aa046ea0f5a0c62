/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of one type as values of another: by the names of their fields. */
#ifndef WEIR_MAPS_CONVERT_H
#define WEIR_MAPS_CONVERT_H

#include <stdbool.h>

#include "maps/value.h"

struct weir_convert;

/* What both have is kept, what only @to has is zero. Numbers may grow, and strings and
 * arrays at their ends. -EINVAL, logged as "@what: ...": something would be lost; with @drop
 * fields that only @from has are. */
int weir_convert_new(const struct weir_type *from, const struct weir_type *to, const char *what,
		     bool drop, struct weir_convert **out);
void weir_convert_free(struct weir_convert *convert);
void weir_convert_value(const struct weir_convert *convert, const void *from, void *to);

#endif
