// SPDX-License-Identifier: LGPL-2.1-or-later
/* In: keys. Out: another view, another place of the cursor. */
#include <limits.h>
#include <ncursesw/ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "cli/top/state.h"

#define KEY_ESCAPE     27
#define KEY_RUBOUT     127
#define KEY_CONTROL(c) ((c)&0x1f)

/* ---- moving -------------------------------------------------------------- */

static void move_to(struct weir_top *top, int64_t row)
{
	int64_t last = (int64_t)top->rows.n - 1;

	row = row > last ? last : row;
	top->cursor = row > 0 ? (uint32_t)row : 0;
}

static const struct weir_row *chosen(const struct weir_top *top)
{
	return top->cursor < top->rows.n ? &top->rows.rows[top->cursor] : NULL;
}

static void fold(struct weir_top *top, bool folded)
{
	const struct weir_row *row = chosen(top);

	/* without memory it stays as it is, which is seen */
	if (row)
		(void)weir_view_fold(&top->view, row->key, folded);
}

static void go_left(struct weir_top *top)
{
	const struct weir_row *row = chosen(top);

	if (row && row->folds && !row->folded)
		fold(top, true);
	else if (row && row->parent != WEIR_ROW_NONE)
		move_to(top, row->parent);
}

static void go_right(struct weir_top *top)
{
	const struct weir_row *row = chosen(top);

	if (row && row->folds && row->folded)
		fold(top, false);
	else if (row && row->folds)
		move_to(top, (int64_t)top->cursor + 1);
}

static bool key_moves(struct weir_top *top, uint32_t key)
{
	int64_t page = top->n_lines > 1 ? (int64_t)top->n_lines - 1 : 1, at = top->cursor;

	switch (key) {
	case KEY_UP:
		move_to(top, at - 1);
		return true;
	case KEY_DOWN:
		move_to(top, at + 1);
		return true;
	case KEY_PPAGE:
		move_to(top, at - page);
		return true;
	case KEY_NPAGE:
		move_to(top, at + page);
		return true;
	case KEY_HOME:
		move_to(top, 0);
		return true;
	case KEY_END:
		move_to(top, UINT32_MAX);
		return true;
	case KEY_LEFT:
		go_left(top);
		return true;
	case KEY_RIGHT:
		go_right(top);
		return true;
	default:
		return false;
	}
}

/* ---- filter -------------------------------------------------------------- */

static void filter_add(struct weir_top *top, uint32_t key)
{
	char bytes[MB_LEN_MAX], *filter = top->view.filter;
	size_t used = strlen(filter);
	int n = iswprint((wint_t)key) ? wctomb(bytes, (wchar_t)key) : -1;

	if (n <= 0 || used + (size_t)n >= sizeof(top->view.filter))
		return;
	memcpy(filter + used, bytes, (size_t)n);
	filter[used + (size_t)n] = '\0';
}

static void filter_rub_out(struct weir_top *top)
{
	char *filter = top->view.filter;
	size_t at = 0, last = 0;

	while (filter[at]) {
		int n = mblen(filter + at, MB_CUR_MAX);

		last = at;
		at += n > 0 ? (size_t)n : 1;
	}
	filter[last] = '\0';
}

static void key_typed(struct weir_top *top, uint32_t key, bool is_code)
{
	if (is_code && key == KEY_BACKSPACE)
		filter_rub_out(top);
	else if (is_code && key == KEY_ENTER)
		top->typing = false;
	else if (is_code)
		(void)key_moves(top, key);
	else if (key == KEY_ESCAPE || key == KEY_CONTROL('U'))
		top->view.filter[0] = '\0';
	else if (key == KEY_RUBOUT || key == '\b')
		filter_rub_out(top);
	else if (key != '\n' && key != '\r')
		filter_add(top, key);
	if (!is_code && (key == KEY_ESCAPE || key == '\n' || key == '\r'))
		top->typing = false;
}

/* ---- all ----------------------------------------------------------------- */

static void change_interval(struct weir_top *top, bool slower)
{
	static const uint64_t steps_ms[] = {100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000};
	const size_t n = sizeof(steps_ms) / sizeof(*steps_ms);
	uint64_t next_ns = slower ? WEIR_TOP_SLOWEST_NS : WEIR_TOP_FASTEST_NS;

	/* the nearest step on that side */
	for (size_t i = 0; i < n; i++) {
		uint64_t step_ns = steps_ms[slower ? n - 1 - i : i] * 1000000u;

		if (slower ? step_ns > top->interval_ns : step_ns < top->interval_ns)
			next_ns = step_ns;
	}
	top->interval_ns = next_ns;
}

static void key_in_help(struct weir_top *top, uint32_t key, bool is_code)
{
	if ((is_code && key == KEY_DOWN) || (!is_code && key == 'j'))
		top->help_first++;
	else if ((is_code && key == KEY_UP) || (!is_code && key == 'k'))
		top->help_first -= top->help_first > 0;
	else
		top->help = false;
}

static void toggle_fold(struct weir_top *top)
{
	const struct weir_row *row = chosen(top);

	if (row && row->folds)
		fold(top, !row->folded);
}

static void key_letter(struct weir_top *top, uint32_t key)
{
	static const char letters[] = "hjklgG";
	static const uint32_t moves[] = {KEY_LEFT, KEY_DOWN, KEY_UP, KEY_RIGHT, KEY_HOME, KEY_END};
	const char *letter = key < 128 && key ? strchr(letters, (int)key) : NULL;

	if (letter) {
		(void)key_moves(top, moves[letter - letters]);
		return;
	}
	switch (key) {
	case 'q':
		top->done = true;
		break;
	case '/':
		top->typing = true;
		break;
	case KEY_ESCAPE:
		top->view.filter[0] = '\0';
		top->said[0] = '\0';
		break;
	case 's':
		top->view.sort = (top->view.sort + 1) % WEIR_SORTS;
		break;
	case 'r':
		top->view.reversed = !top->view.reversed;
		break;
	case 'z':
		top->view.zeros = !top->view.zeros;
		break;
	case 't':
		top->view.tier = (top->view.tier + 1) % WEIR_TIERS;
		break;
	case ' ':
		top->paused = !top->paused;
		break;
	case '+':
	case '-':
		change_interval(top, key == '+');
		break;
	case '?':
		top->help = true;
		top->help_first = 0;
		break;
	case '\n':
	case '\r':
		toggle_fold(top);
		break;
	default:
		break;
	}
}

void weir_top_key(struct weir_top *top, uint32_t key, bool is_code)
{
	if (is_code && key == KEY_RESIZE)
		return; /* curses says so; all is drawn anyway */
	if (!is_code && key == KEY_CONTROL('L')) {
		(void)clearok(curscr, TRUE);
	} else if (top->help) {
		if (!is_code && key == 'q')
			top->done = true;
		key_in_help(top, key, is_code);
	} else if (top->typing) {
		key_typed(top, key, is_code);
	} else if (is_code && key == KEY_F(1)) {
		weir_top_key(top, '?', false);
	} else if (is_code && key == KEY_ENTER) {
		weir_top_key(top, '\n', false);
	} else if (is_code) {
		(void)key_moves(top, key);
	} else {
		key_letter(top, key);
	}
}

int weir_top_build(struct weir_top *top)
{
	const struct weir_row *row = chosen(top);
	uint64_t key = row ? row->key : 0;
	int err = weir_rows_build(&top->rows, &top->board, &top->view);
	uint32_t at = WEIR_ROW_NONE;

	/* at the top it stays at the top, whoever comes there; elsewhere on its row, which may not
	 * be the only one that is called so */
	if (row && top->cursor &&
	    (top->cursor >= top->rows.n || top->rows.rows[top->cursor].key != key))
		at = weir_rows_find(&top->rows, key);
	move_to(top, at != WEIR_ROW_NONE ? at : top->cursor);
	return err;
}
