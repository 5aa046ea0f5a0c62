/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a row says: its name, its numbers, its past. Nothing of this knows of a terminal. */
#ifndef WEIR_CLI_TOP_VALUES_H
#define WEIR_CLI_TOP_VALUES_H

#include "cli/top/rows.h"
#include "cli/top/runs.h"

struct weir_values {
	bool has_packets, has_bytes, has_rates;
	uint64_t packets, bytes;	 /* since they are counted */
	double packets_rate, bytes_rate; /* by the second */
};

/* Without the blanks of its depth. Bytes of the kernel's names are as they are. */
void weir_row_name(const struct weir_board *board, const struct weir_row *row, char *buf,
		   size_t len);
/* A program's packets are its runs; a map's numbers are the sums of its counters. */
struct weir_values weir_row_values(const struct weir_board *board, const struct weir_runs *runs,
				   const struct weir_row *row);
/* The last @n points of @tier at most, the oldest first: packets, or bytes where there are none.
 * Returns how many there are; 0 where a row has no past. */
uint32_t weir_row_points(const struct weir_board *board, uint32_t tier, const struct weir_row *row,
			 float *points, uint32_t n);

#endif
