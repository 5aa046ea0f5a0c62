// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rates and history. In: one snapshot after the other. Out: a line for each series and
 * interface. Lines stay where they are as long as snapshots have the same layout, else they are
 * moved: memory grows with what there is, not with time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/board/board.h"
#include "maps/weir_map.h"

#define NONE UINT32_MAX

const uint32_t weir_tier_readings[WEIR_TIERS] = {1, 30, 720};

static double rate(uint64_t now, uint64_t before, bool narrow, double seconds)
{
	return seconds > 0 ? (double)weir_count_growth(now, before, narrow) / seconds : 0;
}

/* ---- the past ------------------------------------------------------------ */

static bool is_due(const struct weir_board *board, uint32_t tier)
{
	return board->n_rates % weir_tier_readings[tier] == 0;
}

/* The next point of each tier that this reading completes. The first one of all has no rates. */
static void open_points(struct weir_board *board, double time_s)
{
	if (!(board->seconds > 0))
		return;
	board->n_rates++;
	for (uint32_t t = 0; t < WEIR_TIERS && is_due(board, t); t++) {
		struct weir_tier *tier = &board->tiers[t];

		tier->newest = tier->n_points ? (tier->newest + 1) % WEIR_POINTS : 0;
		tier->n_points += tier->n_points < WEIR_POINTS;
		tier->times_s[tier->newest] = time_s;
	}
}

static float mean_of_last(const struct weir_tier *tier, const float *points, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)points[(tier->newest + WEIR_POINTS - i) % WEIR_POINTS];
	return (float)(sum / n);
}

static int add_point(const struct weir_board *board, struct weir_line *line, double packets,
		     double bytes)
{
	struct weir_past *past = line->past;

	line->packets = packets;
	line->bytes = bytes;
	if (!past && (packets > 0 || bytes > 0))
		past = line->past = calloc(1, sizeof(*past));
	if (!past)
		return packets > 0 || bytes > 0 ? -ENOMEM : 0;
	past->packets[0][board->tiers[0].newest] = (float)packets;
	past->bytes[0][board->tiers[0].newest] = (float)bytes;
	for (uint32_t t = 1; t < WEIR_TIERS && is_due(board, t); t++) {
		const struct weir_tier *fine = &board->tiers[t - 1];
		uint32_t n = weir_tier_readings[t] / weir_tier_readings[t - 1];
		uint32_t at = board->tiers[t].newest;

		past->packets[t][at] = mean_of_last(fine, past->packets[t - 1], n);
		past->bytes[t][at] = mean_of_last(fine, past->bytes[t - 1], n);
	}
	return 0;
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

/* Are all things in @next what they were, in the same order? Then all texts are where they
 * were. */
static bool same_layout(const struct weir_snap *old, const struct weir_snap *next)
{
	if (old->n_texts != next->n_texts || old->n_maps != next->n_maps ||
	    old->n_series != next->n_series || old->n_devs != next->n_devs || !old->texts ||
	    memcmp(old->texts, next->texts, next->n_texts) != 0)
		return false;
	for (uint32_t i = 0; i < next->n_maps; i++) {
		const struct weir_snap_map *a = &old->maps[i], *b = &next->maps[i];

		if (a->id != b->id || a->n_series != b->n_series || a->name != b->name ||
		    a->pin != b->pin || a->devs != b->devs || a->hooks != b->hooks)
			return false;
	}
	for (uint32_t i = 0; i < next->n_series; i++)
		if (old->series[i].name != next->series[i].name)
			return false;
	for (uint32_t i = 0; i < next->n_devs; i++)
		if (old->devs[i].ifindex != next->devs[i].ifindex)
			return false;
	return true;
}

/* ---- lines --------------------------------------------------------------- */

static const struct weir_snap_series zero;

static int add_series(const struct weir_board *board, const struct weir_snap_map *map,
		      struct weir_line *line, const struct weir_snap_series *now,
		      const struct weir_snap_series *then)
{
	return add_point(board, line,
			 rate(now->packets, then->packets, map->narrow_packets, board->seconds),
			 rate(now->bytes, then->bytes, map->narrow_bytes, board->seconds));
}

static int add_dev(const struct weir_board *board, struct weir_line *rx, struct weir_line *tx,
		   const struct weir_snap_dev *now, const struct weir_snap_dev *then)
{
	double seconds = board->seconds;
	int err;

	err = add_point(board, rx, rate(now->rx_packets, then->rx_packets, false, seconds),
			rate(now->rx_bytes, then->rx_bytes, false, seconds));
	return err
		       ?: add_point(board, tx,
				    rate(now->tx_packets, then->tx_packets, false, seconds),
				    rate(now->tx_bytes, then->tx_bytes, false, seconds));
}

/* The line that @from has, taken out of it; else one without a past. */
static struct weir_line take_line(struct weir_line *from, uint32_t at)
{
	struct weir_line line = {0};

	if (from && at != NONE) {
		line = from[at];
		from[at].past = NULL;
	}
	return line;
}

static int take_series(struct weir_board *board, const struct weir_snap *next,
		       const struct weir_snap_map *map, struct weir_line *lines)
{
	struct index index = {.snap = &board->snap, .map = same_map(&board->snap, next, map)};
	bool same_id = index.map && index.map->id == map->id;
	int err = 0;

	for (uint32_t i = 0; i < map->n_series && !err; i++) {
		uint32_t at = map->first_series + i, old = NONE;
		const struct weir_snap_series *now = &next->series[at], *then;

		if (index.map)
			err = find_series(&index, i, weir_snap_str(next, now->name), &old);
		if (err)
			break;
		lines[at] = take_line(board->series, old);
		/* an entry that is new in a map that is known, all of it, began from zero; what
		 * another map at its pin counted before is no rate */
		if (same_id && old != NONE)
			then = &board->snap.series[old];
		else
			then = same_id && !index.map->n_cut ? &zero : now;
		err = add_series(board, map, &lines[at], now, then);
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

static int take_dev(struct weir_board *board, const struct weir_snap_dev *now, struct weir_line *rx,
		    struct weir_line *tx)
{
	uint32_t old = same_dev(&board->snap, now->ifindex);

	*rx = take_line(board->rx, old);
	*tx = take_line(board->tx, old);
	return add_dev(board, rx, tx, now, old != NONE ? &board->snap.devs[old] : now);
}

static void free_lines(struct weir_line *lines, uint32_t n)
{
	for (uint32_t i = 0; lines && i < n; i++)
		free(lines[i].past);
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

/* All lines stay. */
static int go_on(struct weir_board *board, const struct weir_snap *next)
{
	const struct weir_snap *old = &board->snap;
	int err = 0;

	for (uint32_t m = 0; m < next->n_maps && !err; m++) {
		const struct weir_snap_map *map = &next->maps[m];
		uint32_t end = map->first_series + map->n_series;

		for (uint32_t i = map->first_series; i < end && !err; i++)
			err = add_series(board, map, &board->series[i], &next->series[i],
					 &old->series[i]);
	}
	for (uint32_t i = 0; i < next->n_devs && !err; i++)
		err = add_dev(board, &board->rx[i], &board->tx[i], &next->devs[i], &old->devs[i]);
	return err;
}

/* Lines go to where they are in @next. */
static int rearrange(struct weir_board *board, const struct weir_snap *next)
{
	struct weir_line *series = calloc(next->n_series + 1, sizeof(*series));
	struct weir_line *rx = calloc(next->n_devs + 1, sizeof(*rx));
	struct weir_line *tx = calloc(next->n_devs + 1, sizeof(*tx));
	int err = series && rx && tx ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < next->n_maps && !err; i++)
		err = take_series(board, next, &next->maps[i], series);
	for (uint32_t i = 0; i < next->n_devs && !err; i++)
		err = take_dev(board, &next->devs[i], &rx[i], &tx[i]);
	free_all(board);
	if (err) {
		free_lines(series, next->n_series);
		free_lines(rx, next->n_devs);
		free_lines(tx, next->n_devs);
		return err;
	}
	board->series = series;
	board->rx = rx;
	board->tx = tx;
	board->layout++;
	return 0;
}

int weir_board_take(struct weir_board *board, struct weir_snap *next)
{
	struct weir_snap old = board->snap;
	int err;

	board->seconds = old.time_ns ? (double)(next->time_ns - old.time_ns) / 1e9 : 0;
	open_points(board, next->time_s);
	if (board->series && same_layout(&old, next))
		err = go_on(board, next);
	else
		err = rearrange(board, next);
	board->snap = *next;
	*next = old;
	if (err) {
		free_all(board);
		board->snap.n_series = board->snap.n_devs = 0;
		board->snap.n_maps = board->snap.n_progs = 0;
	}
	return err;
}
