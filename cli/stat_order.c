// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rows of weir stat in an order. In: rows as the map has them. Out: the same, sorted. */
#include <stdlib.h>
#include <string.h>

#include "cli/stat.h"

static double number_of(const struct weir_stat_row *row, enum weir_stat_sort sort)
{
	switch (sort) {
	case WEIR_STAT_PACKETS:
		return (double)row->count.packets;
	case WEIR_STAT_BYTES:
		return (double)row->count.bytes;
	case WEIR_STAT_PPS:
		return row->packets_per_s;
	default:
		return row->bits_per_s;
	}
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct weir_stat_row *left = a, *right = b;
	enum weir_stat_sort sort = *(const enum weir_stat_sort *)ctx;
	double x = number_of(left, sort), y = number_of(right, sort);

	if (sort != WEIR_STAT_NAME && x != y)
		return x > y ? -1 : 1;
	return strverscmp(left->name, right->name);
}

void weir_stat_order(struct weir_stat_row *rows, size_t n, enum weir_stat_sort sort)
{
	if (sort != WEIR_STAT_AS_IS && n)
		qsort_r(rows, n, sizeof(*rows), compare, &sort);
}
