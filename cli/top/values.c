// SPDX-License-Identifier: LGPL-2.1-or-later
/* In: a board and one row of it. Out: what stands in the columns of that row. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/top/values.h"

static void add(char *buf, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void add(char *buf, size_t len, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + used, len - used, fmt, args);
	va_end(args);
}

/* ---- names --------------------------------------------------------------- */

static void add_losses(char *buf, size_t len, uint64_t dropped, uint64_t errors)
{
	if (dropped)
		add(buf, len, ", %" PRIu64 " dropped", dropped);
	if (errors)
		add(buf, len, ", %" PRIu64 " errors", errors);
}

static void name_prog(const struct weir_snap *snap, const struct weir_row *row, char *buf,
		      size_t len)
{
	const struct weir_snap_prog *prog = &snap->progs[row->at];

	snprintf(buf, len, "%s %s", weir_snap_str(snap, prog->hook),
		 weir_snap_str(snap, prog->name));
	/* what changes stands where a narrow column has it still */
	if (prog->has_runs && prog->runs)
		add(buf, len, ", %" PRIu64 " ns/run,", prog->run_time_ns / prog->runs);
	if (prog->id)
		add(buf, len, " id %u,", prog->id);
	add(buf, len, "%s %s", buf[strlen(buf) - 1] == ',' ? "" : ",",
	    weir_snap_str(snap, prog->how));
	if (row->above)
		add(buf, len, ", %s above", weir_snap_str(snap, snap->maps[row->above - 1].name));
}

static void name_map(const struct weir_snap *snap, const struct weir_row *row, char *buf,
		     size_t len)
{
	const struct weir_snap_map *map = &snap->maps[row->at];

	snprintf(buf, len, "%s %s", weir_snap_str(snap, map->name), weir_snap_str(snap, map->type));
	if (!*weir_snap_str(snap, map->name))
		snprintf(buf, len, "map id %u %s", map->id, weir_snap_str(snap, map->type));
	if (map->n_cut)
		add(buf, len, ", %u more", map->n_cut);
	if (row->empty && !map->n_cut)
		add(buf, len, ", %s", map->n_series ? "all zero" : "no entries");
}

void weir_row_name(const struct weir_board *board, const struct weir_row *row, char *buf,
		   size_t len)
{
	const struct weir_snap *snap = &board->snap;
	const struct weir_snap_dev *dev;

	buf[0] = '\0';
	switch (row->kind) {
	case WEIR_ROW_DEV:
		dev = &snap->devs[row->at];
		add(buf, len, "%s%s rx", weir_snap_str(snap, dev->name), dev->up ? "" : " (down)");
		add_losses(buf, len, dev->rx_dropped, dev->rx_errors);
		break;
	case WEIR_ROW_TX:
		dev = &snap->devs[row->at];
		add(buf, len, "%s tx", weir_snap_str(snap, dev->name));
		add_losses(buf, len, dev->tx_dropped, dev->tx_errors);
		break;
	case WEIR_ROW_PROG:
		name_prog(snap, row, buf, len);
		break;
	case WEIR_ROW_MAP:
		name_map(snap, row, buf, len);
		break;
	case WEIR_ROW_SERIES:
		add(buf, len, "%s", weir_snap_str(snap, snap->series[row->at].name));
		break;
	case WEIR_ROW_OTHERS:
		add(buf, len, "maps of no interface here");
		break;
	case WEIR_ROW_CUT:
		add(buf, len, "there is more: filter, or fold");
		break;
	}
}

/* ---- numbers ------------------------------------------------------------- */

static const struct weir_snap_map *map_of(const struct weir_snap *snap, uint32_t series)
{
	uint32_t lo = 0, hi = snap->n_maps;

	/* the last map that begins at it or before; an empty one begins where the next does */
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (snap->maps[mid].first_series <= series)
			lo = mid;
		else
			hi = mid;
	}
	return &snap->maps[lo];
}

static void add_line(struct weir_values *values, uint64_t packets, uint64_t bytes,
		     const struct weir_line *line)
{
	values->packets += packets;
	values->bytes += bytes;
	values->packets_rate += line->packets;
	values->bytes_rate += line->bytes;
}

static void add_series(struct weir_values *values, const struct weir_board *board,
		       const struct weir_snap_map *map, uint32_t first, uint32_t n)
{
	values->has_packets = map->has_packets;
	values->has_bytes = map->has_bytes;
	for (uint32_t i = first; i < first + n; i++)
		add_line(values, board->snap.series[i].packets, board->snap.series[i].bytes,
			 &board->series[i]);
}

struct weir_values weir_row_values(const struct weir_board *board, const struct weir_runs *runs,
				   const struct weir_row *row)
{
	const struct weir_snap *snap = &board->snap;
	struct weir_values values = {.has_rates = board->seconds > 0};
	const struct weir_snap_dev *dev;

	switch (row->kind) {
	case WEIR_ROW_DEV:
	case WEIR_ROW_TX:
		dev = &snap->devs[row->at];
		values.has_packets = values.has_bytes = true;
		if (row->kind == WEIR_ROW_DEV)
			add_line(&values, dev->rx_packets, dev->rx_bytes, &board->rx[row->at]);
		else
			add_line(&values, dev->tx_packets, dev->tx_bytes, &board->tx[row->at]);
		break;
	case WEIR_ROW_PROG:
		values.has_packets = snap->progs[row->at].has_runs;
		values.packets = snap->progs[row->at].runs;
		values.packets_rate = weir_runs_rate(runs, snap->progs[row->at].id);
		break;
	case WEIR_ROW_MAP:
		/* what came in and what went out are no sum */
		if (row->empty || weir_snap_is_queues(&snap->maps[row->at]))
			break;
		add_series(&values, board, &snap->maps[row->at], snap->maps[row->at].first_series,
			   snap->maps[row->at].n_series);
		break;
	case WEIR_ROW_SERIES:
		add_series(&values, board, map_of(snap, row->at), row->at, 1);
		break;
	case WEIR_ROW_OTHERS:
	case WEIR_ROW_CUT:
		break;
	}
	return values;
}

/* ---- past ---------------------------------------------------------------- */

static void add_points(const struct weir_board *board, uint32_t tier, const struct weir_line *line,
		       bool bytes, float *points, uint32_t n)
{
	const struct weir_tier *times = &board->tiers[tier];
	const float *then;

	if (!line->past)
		return;
	then = bytes ? line->past->bytes[tier] : line->past->packets[tier];
	for (uint32_t i = 0; i < n; i++)
		points[i] += then[weir_board_point(times, times->n_points - n + i)];
}

uint32_t weir_row_points(const struct weir_board *board, uint32_t tier, const struct weir_row *row,
			 float *points, uint32_t n)
{
	const struct weir_snap *snap = &board->snap;
	const struct weir_snap_map *map;
	uint32_t first = row->at, n_series = 1;

	if (n > board->tiers[tier].n_points)
		n = board->tiers[tier].n_points;
	memset(points, 0, n * sizeof(*points));
	if (row->kind == WEIR_ROW_DEV || row->kind == WEIR_ROW_TX) {
		add_points(board, tier,
			   &(row->kind == WEIR_ROW_DEV ? board->rx : board->tx)[row->at], false,
			   points, n);
		return n;
	}
	if (row->empty || (row->kind != WEIR_ROW_MAP && row->kind != WEIR_ROW_SERIES))
		return 0;
	map = row->kind == WEIR_ROW_MAP ? &snap->maps[row->at] : map_of(snap, row->at);
	if (row->kind == WEIR_ROW_MAP && weir_snap_is_queues(map))
		return 0;
	if (row->kind == WEIR_ROW_MAP) {
		first = map->first_series;
		n_series = map->n_series;
	}
	for (uint32_t i = first; i < first + n_series; i++)
		add_points(board, tier, &board->series[i], !map->has_packets, points, n);
	return n;
}
