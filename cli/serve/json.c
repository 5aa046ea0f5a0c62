// SPDX-License-Identifier: LGPL-2.1-or-later
/* The board as JSON. In: rates and history. Out: what the page and other programs read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/serve/state.h"

#define HISTORY_SERIES 512u /* those with the largest rates now */

/* ---- values -------------------------------------------------------------- */

/* Length of the UTF-8 character at @at, RFC 3629; 0: none, or a control character. */
static size_t char_len(const unsigned char *at)
{
	size_t len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (at[0] < 0x20 || at[0] == 0x7f || at[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

void weir_text_escape(struct weir_buf *out, const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		size_t len = char_len(at);

		/* no two names become one: Prometheus takes no series twice */
		if (!len) {
			weir_buf_text(out, "\\\\x");
			weir_buf_hex(out, at++, 1);
			continue;
		}
		if (*at == '"' || *at == '\\')
			weir_buf_char(out, '\\');
		weir_buf_put(out, at, len);
		at += len;
	}
}

static void name(struct weir_buf *out, const char *text)
{
	char last = out->len ? out->bytes[out->len - 1] : '{';

	if (last != '{' && last != '[')
		weir_buf_char(out, ',');
	if (!text)
		return;
	weir_buf_char(out, '"');
	weir_buf_text(out, text);
	weir_buf_text(out, "\":");
}

static void put_text(struct weir_buf *out, const char *key, const char *text)
{
	name(out, key);
	weir_buf_char(out, '"');
	weir_text_escape(out, text);
	weir_buf_char(out, '"');
}

static void put_u64(struct weir_buf *out, const char *key, uint64_t value)
{
	name(out, key);
	weir_buf_u64(out, value);
}

static void put_bool(struct weir_buf *out, const char *key, bool value)
{
	name(out, key);
	weir_buf_text(out, value ? "true" : "false");
}

static void put_double(struct weir_buf *out, const char *key, double value, int digits)
{
	char text[40];

	name(out, key);
	snprintf(text, sizeof(text), "%.*g", digits, value);
	weir_buf_text(out, text);
}

static void put_rate(struct weir_buf *out, const char *key, double value)
{
	put_double(out, key, value, 7);
}

/* ---- board --------------------------------------------------------------- */

static void put_program(const struct weir_snap *snap, const struct weir_snap_prog *prog,
			struct weir_buf *out)
{
	name(out, NULL);
	weir_buf_char(out, '{');
	put_text(out, "hook", weir_snap_str(snap, prog->hook));
	put_text(out, "how", weir_snap_str(snap, prog->how));
	put_text(out, "name", weir_snap_str(snap, prog->name));
	put_u64(out, "id", prog->id);
	if (prog->has_runs) {
		put_u64(out, "runs", prog->runs);
		put_u64(out, "run_time_ns", prog->run_time_ns);
	}
	name(out, "maps");
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < prog->n_refs; i++)
		put_u64(out, NULL, snap->refs[prog->first_ref + i]);
	weir_buf_text(out, "]}");
}

static void put_dev(const struct weir_board *board, uint32_t nth, struct weir_buf *out)
{
	const struct weir_snap *snap = &board->snap;
	const struct weir_snap_dev *dev = &snap->devs[nth];

	name(out, NULL);
	weir_buf_char(out, '{');
	put_text(out, "name", weir_snap_str(snap, dev->name));
	put_u64(out, "ifindex", (uint64_t)dev->ifindex);
	put_bool(out, "up", dev->up);
	put_u64(out, "n_rx_queues", dev->n_rx_queues);
	put_u64(out, "n_tx_queues", dev->n_tx_queues);
	put_u64(out, "rx_packets", dev->rx_packets);
	put_u64(out, "rx_bytes", dev->rx_bytes);
	put_u64(out, "rx_errors", dev->rx_errors);
	put_u64(out, "rx_dropped", dev->rx_dropped);
	put_u64(out, "tx_packets", dev->tx_packets);
	put_u64(out, "tx_bytes", dev->tx_bytes);
	put_u64(out, "tx_errors", dev->tx_errors);
	put_u64(out, "tx_dropped", dev->tx_dropped);
	put_rate(out, "rx_pps", board->rx[nth].packets);
	put_rate(out, "rx_Bps", board->rx[nth].bytes);
	put_rate(out, "tx_pps", board->tx[nth].packets);
	put_rate(out, "tx_Bps", board->tx[nth].bytes);
	name(out, "programs");
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < dev->n_progs; i++)
		put_program(snap, &snap->progs[dev->first_prog + i], out);
	weir_buf_text(out, "]}");
}

static void put_counter(const struct weir_board *board, const struct weir_snap_map *map,
			uint32_t nth, struct weir_buf *out)
{
	const struct weir_snap_series *series = &board->snap.series[nth];

	name(out, NULL);
	weir_buf_char(out, '{');
	put_text(out, "name", weir_snap_str(&board->snap, series->name));
	if (map->has_packets) {
		put_u64(out, "packets", series->packets);
		put_rate(out, "pps", board->series[nth].packets);
	}
	if (map->has_bytes) {
		put_u64(out, "bytes", series->bytes);
		put_rate(out, "Bps", board->series[nth].bytes);
	}
	weir_buf_char(out, '}');
}

static void put_map(const struct weir_board *board, const struct weir_snap_map *map,
		    struct weir_buf *out)
{
	const struct weir_snap *snap = &board->snap;

	name(out, NULL);
	weir_buf_char(out, '{');
	put_u64(out, "id", map->id);
	put_text(out, "name", weir_snap_str(snap, map->name));
	put_text(out, "type", weir_snap_str(snap, map->type));
	put_bool(out, "queues", weir_snap_is_queues(map));
	put_text(out, "pin", weir_snap_str(snap, map->pin));
	put_text(out, "devs", weir_snap_str(snap, map->devs));
	put_text(out, "hooks", weir_snap_str(snap, map->hooks));
	put_bool(out, "packets", map->has_packets);
	put_bool(out, "bytes", map->has_bytes);
	put_u64(out, "cut", map->n_cut);
	name(out, "counters");
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < map->n_series; i++)
		put_counter(board, map, map->first_series + i, out);
	weir_buf_text(out, "]}");
}

void weir_board_json(const struct weir_state *state, struct weir_buf *out)
{
	const struct weir_board *board = &state->board;
	const struct weir_snap *snap = &board->snap;
	char host[256] = "";
	uint64_t cut = 0;

	(void)gethostname(host, sizeof(host) - 1);
	for (uint32_t i = 0; i < snap->n_maps; i++)
		cut += snap->maps[i].n_cut;
	/* behind "data: " of an event, too: the first member has no comma before it */
	weir_buf_char(out, '{');
	put_double(out, "time", snap->time_s, 14);
	put_rate(out, "seconds", board->seconds);
	put_double(out, "interval", (double)state->interval_ns / 1e9, 9);
	put_text(out, "host", host);
	put_text(out, "version", WEIR_VERSION);
	put_u64(out, "series_cut", cut);
	name(out, "devs");
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < snap->n_devs; i++)
		put_dev(board, i, out);
	weir_buf_char(out, ']');
	name(out, "maps");
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < snap->n_maps; i++)
		put_map(board, &snap->maps[i], out);
	weir_buf_text(out, "]}");
}

/* ---- history ------------------------------------------------------------- */

struct history {
	const struct weir_board *board;
	uint32_t tier;
	struct weir_buf *out;
};

/* Packets or bytes. What never moved is zeros. */
static void put_points(const struct history *history, const char *key, const struct weir_past *past,
		       bool of_bytes)
{
	const struct weir_tier *tier = &history->board->tiers[history->tier];
	struct weir_buf *out = history->out;
	const float *then = NULL;

	if (past)
		then = of_bytes ? past->bytes[history->tier] : past->packets[history->tier];
	name(out, key);
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < tier->n_points; i++) {
		double value = then ? (double)then[weir_board_point(tier, i)] : 0;

		if (value > 0)
			put_double(out, NULL, value, 5);
		else
			put_u64(out, NULL, 0);
	}
	weir_buf_char(out, ']');
}

static int by_rate(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x > y ? -1 : x < y;
}

static double weight(const struct weir_line *line)
{
	return line->packets + line->bytes / 1500;
}

/* Series below this are left out; 0: none is. */
static double smallest_shown(const struct weir_board *board)
{
	uint32_t n = board->snap.n_series;
	double *weights, smallest;

	if (n <= HISTORY_SERIES)
		return 0;
	weights = calloc(n, sizeof(*weights));
	if (!weights)
		return 1; /* those that count nothing */
	for (uint32_t i = 0; i < n; i++)
		weights[i] = weight(&board->series[i]);
	qsort(weights, n, sizeof(*weights), by_rate);
	smallest = weights[HISTORY_SERIES - 1];
	free(weights);
	return smallest > 0 ? smallest : 1e-9;
}

static void put_map_history(const struct history *history, const struct weir_snap_map *map,
			    double smallest)
{
	const struct weir_board *board = history->board;
	struct weir_buf *out = history->out;

	name(out, NULL);
	weir_buf_char(out, '{');
	put_u64(out, "id", map->id);
	name(out, "counters");
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < map->n_series; i++) {
		uint32_t at = map->first_series + i;
		const struct weir_past *past = board->series[at].past;

		if (weight(&board->series[at]) < smallest)
			continue;
		name(out, NULL);
		weir_buf_char(out, '{');
		put_text(out, "name", weir_snap_str(&board->snap, board->snap.series[at].name));
		if (map->has_packets)
			put_points(history, "pps", past, false);
		if (map->has_bytes)
			put_points(history, "Bps", past, true);
		weir_buf_char(out, '}');
	}
	weir_buf_text(out, "]}");
}

static void put_dev_history(const struct history *history, uint32_t nth)
{
	const struct weir_board *board = history->board;

	name(history->out, NULL);
	weir_buf_char(history->out, '{');
	put_u64(history->out, "ifindex", (uint64_t)board->snap.devs[nth].ifindex);
	put_points(history, "rx_pps", board->rx[nth].past, false);
	put_points(history, "rx_Bps", board->rx[nth].past, true);
	put_points(history, "tx_pps", board->tx[nth].past, false);
	put_points(history, "tx_Bps", board->tx[nth].past, true);
	weir_buf_char(history->out, '}');
}

void weir_history_json(const struct weir_state *state, uint32_t tier, struct weir_buf *out)
{
	const struct weir_board *board = &state->board;
	const struct weir_tier *times = &board->tiers[tier];
	const struct history history = {board, tier, out};
	double smallest = smallest_shown(board);

	weir_buf_char(out, '{');
	put_u64(out, "every", weir_tier_readings[tier]);
	name(out, "times");
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < times->n_points; i++)
		put_double(out, NULL, times->times_s[weir_board_point(times, i)], 14);
	weir_buf_text(out, "],\"devs\":[");
	for (uint32_t i = 0; i < board->snap.n_devs; i++)
		put_dev_history(&history, i);
	weir_buf_text(out, "],\"maps\":[");
	for (uint32_t i = 0; i < board->snap.n_maps; i++)
		put_map_history(&history, &board->snap.maps[i], smallest);
	weir_buf_text(out, "]}");
}
