/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `weir top` knows, shared by its loop (top.c), its keys and its screen. */
#ifndef WEIR_CLI_TOP_STATE_H
#define WEIR_CLI_TOP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/board/board.h"
#include "cli/board/collect.h"
#include "cli/top/rows.h"
#include "cli/top/runs.h"

#define WEIR_TOP_FASTEST_NS 100000000ull
#define WEIR_TOP_SLOWEST_NS 60000000000ull

struct weir_top {
	struct weir_collect *collect;
	struct weir_board board;
	struct weir_snap next; /* memory for the next snapshot */
	struct weir_runs runs;
	struct weir_view view;
	struct weir_rows rows;
	uint32_t cursor, first; /* rows: chosen, and at the top of the screen */
	uint32_t cursor_line;	/* of the screen */
	uint32_t n_lines;	/* of the list on the screen */
	bool paused, typing, done;
	bool help;
	uint32_t help_first; /* line of the help at the top of the screen */
	uint64_t interval_ns, taken_ns;
	char host[65];
	char said[256]; /* the last thing that the library said, "" */
	uint64_t said_ns;
	bool utf8, colour;
};

/* One key as curses gives it; @is_code: a KEY_*. The rows must be built anew after it. */
void weir_top_key(struct weir_top *top, uint32_t key, bool is_code);
/* Builds the rows; the cursor stays on its row. -ENOMEM. */
int weir_top_build(struct weir_top *top);
/* Draws all of it; weir_term_show() shows it. */
void weir_top_draw(struct weir_top *top);

#endif
