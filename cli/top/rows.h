/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list on the screen: interfaces, their programs in the order in which packets meet them,
 * the maps of those and their counters; then the maps of no interface shown. Nothing of this
 * knows of a terminal.
 */
#ifndef WEIR_CLI_TOP_ROWS_H
#define WEIR_CLI_TOP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/board/board.h"

#define WEIR_ROW_NONE	UINT32_MAX
#define WEIR_ROWS_MAX	100000 /* a map of many interfaces is there many times */
#define WEIR_FILTER_LEN 64

enum weir_row_kind {
	WEIR_ROW_DEV, /* and what it received */
	WEIR_ROW_TX,
	WEIR_ROW_PROG,
	WEIR_ROW_MAP,
	WEIR_ROW_SERIES,
	WEIR_ROW_OTHERS, /* heading of maps of no interface shown */
	WEIR_ROW_CUT,	 /* the last one of too many */
};

struct weir_row {
	enum weir_row_kind kind;
	uint32_t at; /* number of the interface, program, ... in the snapshot */
	uint32_t depth;
	uint32_t parent; /* a row, or WEIR_ROW_NONE */
	uint64_t key;	 /* the same one in the next snapshot has the same */
	bool folds, folded;
	bool empty;	/* a map: it has no counters, or all are zero, and hidden */
	uint32_t above; /* a program: number of a map of it, shown above, and one */
};

enum weir_sort { WEIR_BY_NAME, WEIR_BY_PACKETS, WEIR_BY_BITS, WEIR_BY_TOTAL, WEIR_SORTS };

/* What the user wants to see. */
struct weir_view {
	enum weir_sort sort;
	bool reversed, zeros;
	uint32_t tier; /* of the past that is shown */
	char filter[WEIR_FILTER_LEN];
	uint64_t *folded; /* keys */
	uint32_t n_folded, room_folded;
};

struct weir_rows {
	struct weir_row *rows;
	uint32_t n, room;
};

/* -ENOMEM: the rows are empty. */
int weir_rows_build(struct weir_rows *rows, const struct weir_board *board,
		    const struct weir_view *view);
void weir_rows_free(struct weir_rows *rows);
/* Where @key is now, or WEIR_ROW_NONE. */
uint32_t weir_rows_find(const struct weir_rows *rows, uint64_t key);

/* Seen at the next build. -ENOMEM. */
int weir_view_fold(struct weir_view *view, uint64_t key, bool fold);
bool weir_view_folds(const struct weir_view *view, uint64_t key);
void weir_view_free(struct weir_view *view);

#endif
