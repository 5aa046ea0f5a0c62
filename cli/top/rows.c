// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * In: a board and what the user wants to see. Out: the rows, top to bottom.
 *
 * A filter keeps what has it in the words of its row, in either case of letters, all below that,
 * and the way to it. What is folded is
 * built and then dropped, so that a filter finds the way to what is hidden, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top/rows.h"

#define FNV_START 0xcbf29ce484222325ull /* FNV-1a, 64 bits */
#define FNV_PRIME 0x100000001b3ull

struct build {
	struct weir_rows *rows;
	const struct weir_board *board;
	const struct weir_snap *snap;
	const struct weir_view *view;
	uint32_t *order;   /* numbers of series, each map's sorted once */
	uint32_t *n_order; /* by map; WEIR_ROW_NONE: not sorted yet */
	uint32_t *shown;   /* by map: number of the last interface that shows it, and one */
	bool cut;
	int err;
};

static uint64_t hash(uint64_t from, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		from = (from ^ ((const uint8_t *)bytes)[i]) * FNV_PRIME;
	return from;
}

static uint64_t hash_text(uint64_t from, const char *text)
{
	return hash(from, text, strlen(text) + 1);
}

static const char *text(const struct build *build, weir_snap_text at)
{
	return weir_snap_str(build->snap, at);
}

static bool matches(const struct build *build, weir_snap_text name)
{
	return strcasestr(text(build, name), build->view->filter);
}

/* ---- folds --------------------------------------------------------------- */

bool weir_view_folds(const struct weir_view *view, uint64_t key)
{
	for (uint32_t i = 0; i < view->n_folded; i++)
		if (view->folded[i] == key)
			return true;
	return false;
}

int weir_view_fold(struct weir_view *view, uint64_t key, bool fold)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < view->n_folded; i++)
		if (view->folded[i] != key)
			view->folded[n++] = view->folded[i];
	view->n_folded = n;
	if (!fold)
		return 0;
	if (n == view->room_folded) {
		uint32_t room = n ? 2 * n : 16;
		uint64_t *keys = reallocarray(view->folded, room, sizeof(*keys));

		if (!keys)
			return -ENOMEM;
		view->folded = keys;
		view->room_folded = room;
	}
	view->folded[view->n_folded++] = key;
	return 0;
}

void weir_view_free(struct weir_view *view)
{
	free(view->folded);
	*view = (struct weir_view){0};
}

/* ---- order --------------------------------------------------------------- */

struct sortable {
	const char *name;
	double packets, bytes, total;
};

static int by_number(double a, double b)
{
	return (a < b) - (a > b); /* the largest first */
}

static int compare(const struct weir_view *view, const struct sortable *a, const struct sortable *b)
{
	int order = 0;

	if (view->sort == WEIR_BY_PACKETS)
		order = by_number(a->packets, b->packets);
	else if (view->sort == WEIR_BY_BITS)
		order = by_number(a->bytes, b->bytes);
	else if (view->sort == WEIR_BY_TOTAL)
		order = by_number(a->total, b->total);
	order = order ?: strverscmp(a->name, b->name);
	return view->reversed ? -order : order;
}

static struct sortable of_series(const struct build *build, uint32_t at)
{
	const struct weir_snap_series *series = &build->snap->series[at];
	const struct weir_line *line = &build->board->series[at];

	return (struct sortable){text(build, series->name), line->packets, line->bytes,
				 (double)(series->packets ? series->packets : series->bytes)};
}

static struct sortable of_dev(const struct build *build, uint32_t at)
{
	const struct weir_snap_dev *dev = &build->snap->devs[at];
	const struct weir_line *rx = &build->board->rx[at], *tx = &build->board->tx[at];

	return (struct sortable){text(build, dev->name), rx->packets + tx->packets,
				 rx->bytes + tx->bytes,
				 (double)dev->rx_packets + (double)dev->tx_packets};
}

static int compare_series(const void *a, const void *b, void *ctx)
{
	const struct build *build = ctx;
	struct sortable left = of_series(build, *(const uint32_t *)a);
	struct sortable right = of_series(build, *(const uint32_t *)b);

	return compare(build->view, &left, &right);
}

static int compare_devs(const void *a, const void *b, void *ctx)
{
	const struct build *build = ctx;
	struct sortable left = of_dev(build, *(const uint32_t *)a);
	struct sortable right = of_dev(build, *(const uint32_t *)b);

	return compare(build->view, &left, &right);
}

static void sort_series(struct build *build, uint32_t map_at)
{
	const struct weir_snap_map *map = &build->snap->maps[map_at];
	uint32_t *order = build->order + map->first_series, n = 0;

	for (uint32_t i = 0; i < map->n_series; i++) {
		const struct weir_snap_series *series = &build->snap->series[map->first_series + i];

		if (build->view->zeros || series->packets || series->bytes)
			order[n++] = map->first_series + i;
	}
	qsort_r(order, n, sizeof(*order), compare_series, build);
	build->n_order[map_at] = n;
}

/* ---- rows ---------------------------------------------------------------- */

/* The new row's number. WEIR_ROW_NONE: there is no room, or no memory (build->err). */
static uint32_t push(struct build *build, struct weir_row row)
{
	struct weir_rows *rows = build->rows;

	if (build->err || rows->n >= WEIR_ROWS_MAX) {
		build->cut = true;
		return WEIR_ROW_NONE;
	}
	if (rows->n == rows->room) {
		uint32_t room = rows->room ? 2 * rows->room : 64;
		struct weir_row *more = reallocarray(rows->rows, room, sizeof(*more));

		if (!more) {
			build->err = -ENOMEM;
			return WEIR_ROW_NONE;
		}
		rows->rows = more;
		rows->room = room;
	}
	if (row.folds)
		row.folded = weir_view_folds(build->view, row.key);
	rows->rows[rows->n] = row;
	return rows->n++;
}

/* All children of @row are there, from row @first: what of them stays? */
static void finish(struct build *build, uint32_t row, uint32_t first, bool matched)
{
	struct weir_rows *rows = build->rows;

	if (row == WEIR_ROW_NONE)
		return;
	if (!matched && rows->n == first)
		rows->n = row;
	else if (rows->rows[row].folded && rows->n > first)
		rows->n = first;
}

static void add_map(struct build *build, uint32_t at, uint32_t parent, uint64_t key, uint32_t depth,
		    bool matched)
{
	const struct weir_snap_map *map = &build->snap->maps[at];
	const char *pin = text(build, map->pin);
	struct weir_row row = {WEIR_ROW_MAP, at, depth, parent, .folds = true};
	uint32_t number;

	/* a map that is made anew at its pin is the same one to people */
	row.key = *pin ? hash_text(key, pin) : hash(key, &map->id, sizeof(map->id));
	matched = matched || matches(build, map->name) || matches(build, map->type);
	if (build->n_order[at] == WEIR_ROW_NONE)
		sort_series(build, at);
	row.empty = !build->n_order[at];
	row.folds = build->n_order[at];
	number = push(build, row);
	for (uint32_t i = 0; i < build->n_order[at] && !build->cut; i++) {
		uint32_t series = build->order[map->first_series + i];
		weir_snap_text name = build->snap->series[series].name;

		if (matched || matches(build, name))
			push(build, (struct weir_row){WEIR_ROW_SERIES, series, depth + 1, number,
						      hash_text(row.key, text(build, name))});
	}
	finish(build, number, number + 1, matched);
}

/* How many before it on its interface are called the same: one place may have a program many
 * times, and filters of other kinds have no id. */
static uint32_t count_same(const struct build *build, uint32_t at)
{
	const struct weir_snap_prog *progs = build->snap->progs, *prog = &progs[at];
	uint32_t n = 0;

	for (uint32_t i = build->snap->devs[prog->dev].first_prog; i < at; i++)
		n += progs[i].id == prog->id &&
		     !strcmp(text(build, progs[i].hook), text(build, prog->hook)) &&
		     !strcmp(text(build, progs[i].how), text(build, prog->how));
	return n;
}

static void add_prog(struct build *build, uint32_t at, uint32_t parent, uint64_t key, bool matched)
{
	const struct weir_snap_prog *prog = &build->snap->progs[at];
	struct weir_row row = {WEIR_ROW_PROG, at, 1, parent};
	uint32_t number, nth = count_same(build, at);

	row.key = hash_text(hash_text(key, text(build, prog->hook)), text(build, prog->how));
	row.key = hash(row.key, &prog->id, sizeof(prog->id));
	row.key = hash(row.key, &nth, sizeof(nth));
	matched = matched || matches(build, prog->name) || matches(build, prog->hook) ||
		  matches(build, prog->how);
	for (uint32_t i = 0; i < prog->n_refs; i++) {
		uint32_t map = build->snap->refs[prog->first_ref + i];

		if (!row.above && build->shown[map] == prog->dev + 1)
			row.above = map + 1;
	}
	number = push(build, row);
	for (uint32_t i = 0; i < prog->n_refs && !build->cut; i++) {
		uint32_t map = build->snap->refs[prog->first_ref + i];

		if (build->shown[map] == prog->dev + 1)
			continue;
		build->shown[map] = prog->dev + 1;
		add_map(build, map, number, key, 2, matched);
	}
	finish(build, number, number + 1, matched);
}

static void add_dev(struct build *build, uint32_t at)
{
	const struct weir_snap_dev *dev = &build->snap->devs[at];
	struct weir_row row = {WEIR_ROW_DEV, at, 0, WEIR_ROW_NONE};
	bool matched = matches(build, dev->name);
	uint32_t number;

	row.key = hash(FNV_START, &dev->ifindex, sizeof(dev->ifindex));
	row.folds = dev->n_progs || dev->queues;
	number = push(build, row);
	push(build, (struct weir_row){WEIR_ROW_TX, at, 0, number, hash_text(row.key, "tx")});
	if (dev->queues)
		add_map(build, dev->queues - 1, number, row.key, 1, matched);
	for (uint32_t i = 0; i < dev->n_progs && !build->cut; i++)
		add_prog(build, dev->first_prog + i, number, row.key, matched);
	finish(build, number, number + 2, matched);
}

static void add_others(struct build *build)
{
	const struct weir_snap *snap = build->snap;
	struct weir_row row = {WEIR_ROW_OTHERS, 0, 0, WEIR_ROW_NONE, hash_text(FNV_START, ""),
			       .folds = true};
	uint32_t number;

	memset(build->shown, 0, snap->n_maps * sizeof(*build->shown));
	for (uint32_t i = 0; i < snap->n_refs; i++)
		build->shown[snap->refs[i]] = 1;
	number = push(build, row);
	for (uint32_t i = 0; i < snap->n_maps && !build->cut; i++)
		if (!build->shown[i] && !weir_snap_is_queues(&snap->maps[i]))
			add_map(build, i, number, row.key, 1, false);
	finish(build, number, number + 1, false);
}

/* ---- all ----------------------------------------------------------------- */

static void add_all(struct build *build, uint32_t *devs)
{
	for (uint32_t i = 0; i < build->snap->n_devs; i++)
		devs[i] = i;
	for (uint32_t i = 0; i < build->snap->n_maps; i++)
		build->n_order[i] = WEIR_ROW_NONE;
	qsort_r(devs, build->snap->n_devs, sizeof(*devs), compare_devs, build);
	for (uint32_t i = 0; i < build->snap->n_devs && !build->cut; i++)
		add_dev(build, devs[i]);
	if (!build->cut)
		add_others(build);
	if (build->cut && !build->err)
		build->rows->rows[build->rows->n - 1] =
			(struct weir_row){WEIR_ROW_CUT, .parent = WEIR_ROW_NONE};
}

int weir_rows_build(struct weir_rows *rows, const struct weir_board *board,
		    const struct weir_view *view)
{
	const struct weir_snap *snap = &board->snap;
	struct build build = {rows, board, snap, view};
	uint32_t *devs = calloc(snap->n_devs + 1, sizeof(*devs));

	rows->n = 0;
	build.order = calloc(snap->n_series + 1, sizeof(*build.order));
	build.n_order = calloc(snap->n_maps + 1, sizeof(*build.n_order));
	build.shown = calloc(snap->n_maps + 1, sizeof(*build.shown));
	if (!devs || !build.order || !build.n_order || !build.shown)
		build.err = -ENOMEM;
	else
		add_all(&build, devs);
	if (build.err)
		rows->n = 0;
	free(devs);
	free(build.order);
	free(build.n_order);
	free(build.shown);
	return build.err;
}

void weir_rows_free(struct weir_rows *rows)
{
	free(rows->rows);
	*rows = (struct weir_rows){0};
}

uint32_t weir_rows_find(const struct weir_rows *rows, uint64_t key)
{
	for (uint32_t i = 0; i < rows->n; i++)
		if (rows->rows[i].key == key)
			return i;
	return WEIR_ROW_NONE;
}
