// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rates and history. In: one snapshot after the other. Out: a line for each series and
 * interface; lines are moved from snapshot to snapshot, so memory grows with what there is, not
 * with time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/board/board.h"

#define NONE UINT32_MAX

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return seconds > 0 ? (double)(now >= before ? now - before : now) / seconds : 0;
}

static void add_point(struct weir_line *line, uint32_t at, double packets, double bytes)
{
	line->packets = packets;
	line->bytes = bytes;
	line->packets_then[at] = (float)packets;
	line->bytes_then[at] = (float)bytes;
}

/* ---- the same ones ------------------------------------------------------- */

static const struct weir_snap_map *
same_map(const struct weir_snap *old, const struct weir_snap *next, const struct weir_snap_map *map)
{
	const struct weir_snap_map *at_pin = NULL;
	const char *pin = weir_snap_str(next, map->pin);

	for (uint32_t i = 0; i < old->n_maps; i++) {
		if (old->maps[i].id == map->id)
			return &old->maps[i];
		if (*pin && !strcmp(weir_snap_str(old, old->maps[i].pin), pin))
			at_pin = &old->maps[i];
	}
	return at_pin;
}

struct index {
	const struct weir_snap *snap;
	uint32_t *by_name; /* numbers of a map's series; NULL: not made yet */
	const struct weir_snap_map *map;
};

static const char *name_of(const struct weir_snap *snap, uint32_t series)
{
	return weir_snap_str(snap, snap->series[series].name);
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct weir_snap *snap = ctx;

	return strcmp(name_of(snap, *(const uint32_t *)a), name_of(snap, *(const uint32_t *)b));
}

static int make_index(struct index *index)
{
	const struct weir_snap_map *map = index->map;

	index->by_name = calloc(map->n_series + 1, sizeof(*index->by_name));
	if (!index->by_name)
		return -ENOMEM;
	for (uint32_t i = 0; i < map->n_series; i++)
		index->by_name[i] = map->first_series + i;
	qsort_r(index->by_name, map->n_series, sizeof(*index->by_name), compare,
		(void *)index->snap);
	return 0;
}

/* The old series of @name; @hint: where it probably is in its map. */
static int find_series(struct index *index, uint32_t hint, const char *name, uint32_t *out)
{
	uint32_t lo = 0, hi = index->map->n_series;

	*out = index->map->first_series + hint;
	if (hint < hi && !strcmp(name_of(index->snap, *out), name))
		return 0;
	*out = NONE;
	if (!index->by_name && make_index(index))
		return -ENOMEM;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2, at = index->by_name[mid];
		int order = strcmp(name, name_of(index->snap, at));

		if (!order) {
			*out = at;
			return 0;
		}
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

/* ---- lines --------------------------------------------------------------- */

/* The line that @from has, taken out of it, or a new one. */
static struct weir_line *take_line(struct weir_line **from, uint32_t at)
{
	struct weir_line *line = from && at != NONE ? from[at] : NULL;

	if (!line)
		return calloc(1, sizeof(*line));
	from[at] = NULL;
	return line;
}

static const struct weir_snap_series zero;

static int take_series(struct weir_board *board, const struct weir_snap *next,
		       const struct weir_snap_map *map, struct weir_line **lines, uint32_t point)
{
	struct index index = {.snap = &board->snap, .map = same_map(&board->snap, next, map)};
	int err = 0;

	for (uint32_t i = 0; i < map->n_series && !err; i++) {
		uint32_t at = map->first_series + i, old = NONE;
		const struct weir_snap_series *now = &next->series[at], *then;

		if (index.map)
			err = find_series(&index, i, weir_snap_str(next, now->name), &old);
		lines[at] = err ? NULL : take_line(board->series, old);
		if (!lines[at]) {
			err = -ENOMEM;
			break;
		}
		/* an entry that is new in a map that is known began from zero */
		then = old != NONE ? &board->snap.series[old] : index.map ? &zero : now;
		add_point(lines[at], point, rate(now->packets, then->packets, board->seconds),
			  rate(now->bytes, then->bytes, board->seconds));
	}
	free(index.by_name);
	return err;
}

static uint32_t same_dev(const struct weir_snap *old, int32_t ifindex)
{
	for (uint32_t i = 0; i < old->n_devs; i++)
		if (old->devs[i].ifindex == ifindex)
			return i;
	return NONE;
}

static int take_dev(struct weir_board *board, const struct weir_snap_dev *now,
		    struct weir_line **rx, struct weir_line **tx, uint32_t point)
{
	uint32_t old = same_dev(&board->snap, now->ifindex);
	const struct weir_snap_dev *then = old != NONE ? &board->snap.devs[old] : now;

	*rx = take_line(board->rx, old);
	*tx = take_line(board->tx, old);
	if (!*rx || !*tx)
		return -ENOMEM;
	add_point(*rx, point, rate(now->rx_packets, then->rx_packets, board->seconds),
		  rate(now->rx_bytes, then->rx_bytes, board->seconds));
	add_point(*tx, point, rate(now->tx_packets, then->tx_packets, board->seconds),
		  rate(now->tx_bytes, then->tx_bytes, board->seconds));
	return 0;
}

static void free_lines(struct weir_line **lines, uint32_t n)
{
	for (uint32_t i = 0; lines && i < n; i++)
		free(lines[i]);
	free(lines);
}

static void free_all(struct weir_board *board)
{
	free_lines(board->series, board->snap.n_series);
	free_lines(board->rx, board->snap.n_devs);
	free_lines(board->tx, board->snap.n_devs);
	board->series = board->rx = board->tx = NULL;
}

void weir_board_free(struct weir_board *board)
{
	free_all(board);
	weir_snap_free(&board->snap);
	*board = (struct weir_board){0};
}

int weir_board_take(struct weir_board *board, struct weir_snap *next)
{
	struct weir_line **series = calloc(next->n_series + 1, sizeof(struct weir_line *));
	struct weir_line **rx = calloc(next->n_devs + 1, sizeof(struct weir_line *));
	struct weir_line **tx = calloc(next->n_devs + 1, sizeof(struct weir_line *));
	uint32_t point = board->n_points ? (board->newest + 1) % WEIR_POINTS : 0;
	struct weir_snap old = board->snap;
	int err = series && rx && tx ? 0 : -ENOMEM;

	board->seconds = old.time_ns ? (double)(next->time_ns - old.time_ns) / 1e9 : 0;
	for (uint32_t i = 0; i < next->n_maps && !err; i++)
		err = take_series(board, next, &next->maps[i], series, point);
	for (uint32_t i = 0; i < next->n_devs && !err; i++)
		err = take_dev(board, &next->devs[i], &rx[i], &tx[i], point);
	free_all(board);
	board->series = series;
	board->rx = rx;
	board->tx = tx;
	board->snap = *next;
	*next = old;
	board->newest = point;
	board->times_s[point] = board->snap.time_s;
	board->n_points += board->n_points < WEIR_POINTS;
	if (err) {
		free_all(board);
		board->snap.n_series = board->snap.n_devs = 0;
	}
	return err;
}
