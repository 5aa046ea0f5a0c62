// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * In: the state. Out: the screen, drawn whole; curses will send what differs.
 *
 *	header		what is watched
 *	columns		their titles; the filter and the order
 *	list		the rows around the cursor
 *	footer		keys, or what is typed, or what the library said, or the whole name of the
 *			chosen row
 */
#include <inttypes.h>
#include <ncursesw/ncurses.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/interval.h"
#include "cli/top/cell.h"
#include "cli/top/spark.h"
#include "cli/top/state.h"
#include "cli/top/term.h"
#include "cli/top/values.h"

#define TEXT_LEN     1024
#define NAME_MIN     13 /* columns */
#define SAID_SHOWN_S 10

/* Columns behind the name, the dearest first: so many of them as there is room for. */
enum { PACKETS_RATE, BITS_RATE, PACKETS, BYTES, HISTORY, N_COLUMNS };
static const struct {
	const char *title;
	uint32_t columns; /* with a blank before */
} column_of[N_COLUMNS] = {{"pps", 7}, {"bit/s", 7}, {"packets", 10}, {"bytes", 10}, {"", 11}};

struct layout {
	uint32_t lines, columns;
	uint32_t name, history; /* columns; history 0: there is none */
	uint32_t n_columns;
	bool utf8;
};

static struct layout layout_of(const struct weir_top *top)
{
	struct layout layout = {.lines = (uint32_t)LINES,
				.columns = (uint32_t)COLS,
				.utf8 = top->utf8,
				.name = (uint32_t)COLS};

	while (layout.n_columns < N_COLUMNS &&
	       layout.name >= NAME_MIN + column_of[layout.n_columns].columns)
		layout.name -= column_of[layout.n_columns++].columns;
	if (layout.n_columns < N_COLUMNS)
		return layout;
	layout.history = column_of[HISTORY].columns;
	/* names up to 60, then plots */
	if (layout.name > 60) {
		layout.history += layout.name - 60;
		layout.name = 60;
	}
	if (layout.history > WEIR_POINTS + 1) {
		layout.name += layout.history - WEIR_POINTS - 1;
		layout.history = WEIR_POINTS + 1;
	}
	return layout;
}

/* @text at @line from @column on, at most to the end of the line. */
static void put(const struct layout *layout, uint32_t line, uint32_t column, uint32_t columns,
		const char *text)
{
	char shown[4 * TEXT_LEN];

	if (line >= layout->lines || column >= layout->columns)
		return;
	if (columns > layout->columns - column)
		columns = layout->columns - column;
	(void)weir_cell_fit(shown, sizeof(shown), text, columns, layout->utf8 ? "…" : "~");
	(void)mvaddstr((int)line, (int)column, shown);
}

static void put_right(const struct layout *layout, uint32_t line, uint32_t end, const char *text)
{
	uint32_t columns = (uint32_t)strlen(text); /* numbers, titles */

	put(layout, line, end > columns ? end - columns : 0, columns, text);
}

static void put_bar(const struct layout *layout, uint32_t line, attr_t attr, const char *text)
{
	(void)attron(attr);
	(void)mvhline((int)line, 0, ' ', (int)layout->columns);
	put(layout, line, 0, layout->columns, text);
	(void)attroff(attr);
}

/* For a row's name, behind the blanks of its depth and its fold. Where there are no numbers there
 * is room for a longer one. */
static uint32_t name_columns(const struct layout *layout, const struct weir_row *row,
			     const struct weir_values *values)
{
	uint32_t end = values->has_packets || values->has_bytes ? layout->name : layout->columns;
	uint32_t used = 2 * row->depth + 2;

	return end > used ? end - used : 0;
}

/* ---- around the list ----------------------------------------------------- */

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static void draw_header(const struct weir_top *top, const struct layout *layout, uint32_t line)
{
	const struct weir_snap *snap = &top->board.snap;
	time_t seconds = (time_t)snap->time_s;
	char text[TEXT_LEN], clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(text, sizeof(text),
		 "weir top %s%s  %s  every %g s  %u interface%s  %u program%s  %u counter%s",
		 top->paused ? "PAUSED  " : " ", top->host, clock, (double)top->interval_ns / 1e9,
		 snap->n_devs, plural(snap->n_devs), snap->n_progs, plural(snap->n_progs),
		 snap->n_series, plural(snap->n_series));
	put_bar(layout, line,
		A_REVERSE | (top->paused ? weir_term_colour(top->colour, WEIR_WARN) : 0), text);
}

/* With what a bar is the mean of. */
static void history_title(const struct weir_top *top, char *buf, size_t len)
{
	double seconds = (double)top->interval_ns / 1e9 * weir_tier_readings[top->view.tier];

	if (!top->view.tier)
		snprintf(buf, len, "history");
	else if (seconds < 600)
		snprintf(buf, len, "%.0f s each", seconds);
	else
		snprintf(buf, len, "%.0f m each", seconds / 60);
}

static void draw_titles(const struct weir_top *top, const struct layout *layout, uint32_t line)
{
	static const char *const sorts[] = {"name", "pps", "bit/s", "total"};
	const struct weir_view *view = &top->view;
	uint32_t end = layout->name;
	char text[TEXT_LEN];

	snprintf(text, sizeof(text), "by %s%s%s%s%s", sorts[view->sort],
		 view->reversed ? ", reversed" : "", view->zeros ? ", zeros" : "",
		 *view->filter ? ", filter " : "", view->filter);
	(void)attron(A_BOLD);
	put(layout, line, 0, layout->name, text);
	for (uint32_t i = 0; i < layout->n_columns && i != HISTORY; i++) {
		end += column_of[i].columns;
		put_right(layout, line, end, column_of[i].title);
	}
	if (layout->history) {
		history_title(top, text, sizeof(text));
		put(layout, line, end + 1, layout->history, text);
	}
	(void)attroff(A_BOLD);
}

/* The name of the chosen row, if that has no room for it. */
static bool name_cut(const struct weir_top *top, const struct layout *layout, char *name,
		     size_t len)
{
	const struct weir_row *row = &top->rows.rows[top->cursor];
	char shown[4 * TEXT_LEN];
	struct weir_values values;
	uint32_t columns;

	if (top->cursor >= top->rows.n)
		return false;
	values = weir_row_values(&top->board, &top->runs, row);
	columns = name_columns(layout, row, &values);
	weir_row_name(&top->board, row, name, len);
	return weir_cell_fit(shown, sizeof(shown), name, UINT32_MAX, "") > columns;
}

static void draw_footer(const struct weir_top *top, const struct layout *layout, uint32_t line)
{
	uint64_t now_ns = weir_now_ns();
	char text[TEXT_LEN];

	if (top->typing) {
		snprintf(text, sizeof(text), "/%s_  (enter keeps, esc clears)", top->view.filter);
		put_bar(layout, line, A_BOLD, text);
	} else if (*top->said && now_ns - top->said_ns < SAID_SHOWN_S * 1000000000ull) {
		put_bar(layout, line, A_BOLD | weir_term_colour(top->colour, WEIR_WARN), top->said);
	} else if (name_cut(top, layout, text, sizeof(text))) {
		put_bar(layout, line, A_REVERSE, text);
	} else {
		put_bar(layout, line, A_REVERSE,
			"q quit  ? help  / filter  s sort  r reverse  z zeros  space pause  +- "
			"interval");
	}
}

/* ---- the list ------------------------------------------------------------ */

static void draw_history(const struct weir_top *top, const struct layout *layout,
			 const struct weir_row *row, uint32_t line, uint32_t column)
{
	uint32_t room = layout->history - 1;
	char bars[WEIR_SPARK_LEN(WEIR_POINTS)];
	float points[WEIR_POINTS];
	uint32_t n = weir_row_points(&top->board, top->view.tier, row, points, room);

	/* before the second snapshot there is no rate */
	if (n < 2)
		return;
	(void)attron(weir_term_colour(top->colour, WEIR_HISTORY));
	put(layout, line, column + room - n, n, weir_spark(points, n, layout->utf8, bars));
	(void)attroff(weir_term_colour(top->colour, WEIR_HISTORY));
}

static const char *value_text(const struct weir_values *values, uint32_t column, char *buf,
			      size_t len)
{
	bool is_packets = column == PACKETS_RATE || column == PACKETS;
	bool is_rate = column == PACKETS_RATE || column == BITS_RATE;

	if (is_packets ? !values->has_packets : !values->has_bytes)
		return "";
	if (is_rate && !values->has_rates)
		return "-";
	if (is_rate)
		return weir_cell_rate(is_packets ? values->packets_rate : 8 * values->bytes_rate,
				      buf, len);
	return weir_cell_count(is_packets ? values->packets : values->bytes,
			       column_of[column].columns - 1, buf, len);
}

static attr_t attr_of(const struct weir_top *top, const struct weir_row *row)
{
	switch (row->kind) {
	case WEIR_ROW_DEV:
	case WEIR_ROW_TX:
	case WEIR_ROW_OTHERS:
		return A_BOLD;
	case WEIR_ROW_PROG:
		return weir_term_colour(top->colour, WEIR_PROG);
	case WEIR_ROW_MAP:
		return weir_term_colour(top->colour, WEIR_MAP);
	case WEIR_ROW_SERIES:
	case WEIR_ROW_CUT:
		break;
	}
	return 0;
}

static void draw_row(const struct weir_top *top, const struct layout *layout, uint32_t at,
		     uint32_t line)
{
	const struct weir_row *row = &top->rows.rows[at];
	struct weir_values values = weir_row_values(&top->board, &top->runs, row);
	attr_t attr = at == top->cursor ? A_REVERSE : attr_of(top, row);
	char name[TEXT_LEN], number[32];
	const char *fold = row->folds ? row->folded ? "+ " : "- " : "  ";
	uint32_t end = layout->name, indent = 2 * row->depth;

	weir_row_name(&top->board, row, name, sizeof(name));
	(void)attron(attr);
	(void)mvhline((int)line, 0, ' ', (int)layout->columns);
	put(layout, line, indent, 2, fold);
	put(layout, line, indent + 2, name_columns(layout, row, &values), name);
	for (uint32_t i = 0; i < layout->n_columns && i != HISTORY; i++) {
		end += column_of[i].columns;
		put_right(layout, line, end, value_text(&values, i, number, sizeof(number)));
	}
	(void)attroff(attr);
	if (layout->history)
		draw_history(top, layout, row, line, end + 1);
}

static void draw_list(struct weir_top *top, const struct layout *layout, uint32_t from, uint32_t n)
{
	top->n_lines = n;
	if (top->cursor < top->first)
		top->first = top->cursor;
	if (n && top->cursor >= top->first + n)
		top->first = top->cursor - n + 1;
	if (top->first + n > top->rows.n)
		top->first = top->rows.n > n ? top->rows.n - n : 0;
	for (uint32_t i = 0; i < n && top->first + i < top->rows.n; i++)
		draw_row(top, layout, top->first + i, from + i);
	if (top->rows.n && n)
		top->cursor_line = from + top->cursor - top->first;
	else if (n)
		put(layout, from, 0, layout->columns,
		    *top->view.filter ? "nothing has such a name" : "there is nothing to see");
}

/* ---- help ---------------------------------------------------------------- */

static void draw_help(struct weir_top *top, const struct layout *layout)
{
	static const char *const lines[] = {
		"weir top: interfaces, their programs, what those count",
		"",
		"up down j k      move                  pgup pgdn home end",
		"enter left right h l   fold, unfold an interface or a map",
		"/                filter by name, hook, mode, type; esc clears it",
		"s  r             next order; reverse it",
		"z                show counters that are zero",
		"t                bars of one reading each, means of 30, of 720",
		"space            pause: numbers stand still",
		"+ -              slower, faster",
		"?  F1            this help             q  Ctrl-C  quit",
		"",
		"pps of a program are its runs, which the kernel counts with",
		"sysctl kernel.bpf_stats_enabled=1. A map has the sums of its",
		"counters. A program may use a map of one above it.",
		"",
		"any key goes back",
	};
	const uint32_t n = sizeof(lines) / sizeof(*lines);

	if (top->help_first + layout->lines > n)
		top->help_first = n > layout->lines ? n - layout->lines : 0;
	for (uint32_t i = 0; i < layout->lines && top->help_first + i < n; i++)
		put(layout, i, 0, layout->columns, lines[top->help_first + i]);
}

void weir_top_draw(struct weir_top *top)
{
	struct layout layout = layout_of(top);
	uint32_t from = 0, to = layout.lines;

	(void)erase();
	top->cursor_line = 0;
	if (top->help) {
		draw_help(top, &layout);
	} else {
		if (layout.lines >= 3)
			draw_header(top, &layout, from++);
		if (layout.lines >= 4)
			draw_titles(top, &layout, from++);
		if (layout.lines >= 2)
			draw_footer(top, &layout, --to);
		draw_list(top, &layout, from, to - from);
	}
	/* seen on terminals that cannot hide it, and by screen readers */
	(void)move((int)top->cursor_line, 0);
}
