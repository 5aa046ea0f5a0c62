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

		if (!len) {
			weir_buf_char(out, '?');
			at++;
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
	put_rate(out, "rx_pps", board->rx[nth]->packets);
	put_rate(out, "rx_Bps", board->rx[nth]->bytes);
	put_rate(out, "tx_pps", board->tx[nth]->packets);
	put_rate(out, "tx_Bps", board->tx[nth]->bytes);
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
		put_rate(out, "pps", board->series[nth]->packets);
	}
	if (map->has_bytes) {
		put_u64(out, "bytes", series->bytes);
		put_rate(out, "Bps", board->series[nth]->bytes);
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

static void put_points(const struct weir_board *board, const char *key, const float *then,
		       struct weir_buf *out)
{
	name(out, key);
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < board->n_points; i++)
		put_double(out, NULL, (double)then[weir_board_point(board, i)], 5);
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
		weights[i] = weight(board->series[i]);
	qsort(weights, n, sizeof(*weights), by_rate);
	smallest = weights[HISTORY_SERIES - 1];
	free(weights);
	return smallest > 0 ? smallest : 1e-9;
}

static void put_map_history(const struct weir_board *board, const struct weir_snap_map *map,
			    double smallest, struct weir_buf *out)
{
	name(out, NULL);
	weir_buf_char(out, '{');
	put_u64(out, "id", map->id);
	name(out, "counters");
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < map->n_series; i++) {
		uint32_t at = map->first_series + i;

		if (weight(board->series[at]) < smallest)
			continue;
		name(out, NULL);
		weir_buf_char(out, '{');
		put_text(out, "name", weir_snap_str(&board->snap, board->snap.series[at].name));
		if (map->has_packets)
			put_points(board, "pps", board->series[at]->packets_then, out);
		if (map->has_bytes)
			put_points(board, "Bps", board->series[at]->bytes_then, out);
		weir_buf_char(out, '}');
	}
	weir_buf_text(out, "]}");
}

void weir_history_json(const struct weir_state *state, struct weir_buf *out)
{
	const struct weir_board *board = &state->board;
	double smallest = smallest_shown(board);

	weir_buf_text(out, "{\"times\":[");
	for (uint32_t i = 0; i < board->n_points; i++)
		put_double(out, NULL, board->times_s[weir_board_point(board, i)], 14);
	weir_buf_text(out, "],\"devs\":[");
	for (uint32_t i = 0; i < board->snap.n_devs; i++) {
		name(out, NULL);
		weir_buf_char(out, '{');
		put_u64(out, "ifindex", (uint64_t)board->snap.devs[i].ifindex);
		put_points(board, "rx_pps", board->rx[i]->packets_then, out);
		put_points(board, "rx_Bps", board->rx[i]->bytes_then, out);
		put_points(board, "tx_pps", board->tx[i]->packets_then, out);
		put_points(board, "tx_Bps", board->tx[i]->bytes_then, out);
		weir_buf_char(out, '}');
	}
	weir_buf_text(out, "],\"maps\":[");
	for (uint32_t i = 0; i < board->snap.n_maps; i++)
		put_map_history(board, &board->snap.maps[i], smallest, out);
	weir_buf_text(out, "]}");
}
