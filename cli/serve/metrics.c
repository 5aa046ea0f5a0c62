// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The board for Prometheus: text format 0.0.4, a family after the other. Labels of a counter:
 * map, key, and dev, hook, pin where they are known; a map without a pin has its id, so that no
 * two series are the same one. A map that several hooks share is one series with "eth0,eth1".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/serve/state.h"

#define WEIR_PREFIX "weir_"

static void family(struct weir_buf *out, const char *name, const char *type, const char *help)
{
	weir_buf_text(out, "# HELP " WEIR_PREFIX);
	weir_buf_text(out, name);
	weir_buf_char(out, ' ');
	weir_buf_text(out, help);
	weir_buf_text(out, "\n# TYPE " WEIR_PREFIX);
	weir_buf_text(out, name);
	weir_buf_char(out, ' ');
	weir_buf_text(out, type);
	weir_buf_char(out, '\n');
}

/* label="value", after "{" or ",". Empty ones are the same as none. */
static void label(struct weir_buf *out, bool *any, const char *name, const char *value)
{
	if (!*value)
		return;
	weir_buf_char(out, *any ? ',' : '{');
	*any = true;
	weir_buf_text(out, name);
	weir_buf_text(out, "=\"");
	weir_text_escape(out, value);
	weir_buf_char(out, '"');
}

static void label_number(struct weir_buf *out, bool *any, const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, value);
	label(out, any, name, text);
}

static void value_u64(struct weir_buf *out, bool any, uint64_t value)
{
	weir_buf_text(out, any ? "} " : " ");
	weir_buf_u64(out, value);
	weir_buf_char(out, '\n');
}

static void value_double(struct weir_buf *out, bool any, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%s %.14g\n", any ? "}" : "", value);
	weir_buf_text(out, text);
}

/* ---- maps ---------------------------------------------------------------- */

static void map_labels(const struct weir_snap *snap, const struct weir_snap_map *map,
		       struct weir_buf *out, bool *any)
{
	label(out, any, "map", weir_snap_str(snap, map->name));
	label(out, any, "dev", weir_snap_str(snap, map->devs));
	label(out, any, "hook", weir_snap_str(snap, map->hooks));
	label(out, any, "pin", weir_snap_str(snap, map->pin));
	if (!map->pin && !weir_snap_is_queues(map))
		label_number(out, any, "id", map->id);
}

void weir_labels_free(struct weir_labels *labels)
{
	weir_buf_free(&labels->text);
	free(labels->ends);
	*labels = (struct weir_labels){0};
}

static bool make_room(struct weir_labels *labels, uint32_t n)
{
	size_t *ends;

	if (n <= labels->room)
		return true;
	ends = reallocarray(labels->ends, n, sizeof(*ends));
	if (!ends)
		return false;
	labels->ends = ends;
	labels->room = n;
	return true;
}

static void label_map(struct weir_labels *labels, const struct weir_snap *snap,
		      const struct weir_snap_map *map, struct weir_buf *of_map)
{
	bool any = false;

	of_map->len = 0;
	map_labels(snap, map, of_map, &any);
	for (uint32_t i = map->first_series; i < map->first_series + map->n_series; i++) {
		weir_buf_put(&labels->text, of_map->bytes, of_map->len);
		weir_buf_text(&labels->text, any ? ",key=\"" : "{key=\"");
		weir_text_escape(&labels->text, weir_snap_str(snap, snap->series[i].name));
		weir_buf_text(&labels->text, "\"} ");
		labels->ends[i] = labels->text.len;
	}
}

/* Labels of all series, written again only when there are others. false: no memory. */
static bool write_labels(struct weir_labels *labels, const struct weir_board *board)
{
	const struct weir_snap *snap = &board->snap;
	struct weir_buf of_map;

	/* a board that has something has a layout that is not 0 */
	if (labels->layout == board->layout)
		return true;
	weir_buf_free(&labels->text);
	weir_buf_init(&labels->text, -1);
	weir_buf_init(&of_map, -1);
	if (!make_room(labels, snap->n_series + 1))
		return false;
	for (uint32_t m = 0; m < snap->n_maps; m++)
		label_map(labels, snap, &snap->maps[m], &of_map);
	labels->layout = board->layout;
	if (of_map.err || labels->text.err)
		labels->layout--;
	weir_buf_free(&of_map);
	return labels->layout == board->layout;
}

static void counters(const struct weir_state *state, struct weir_buf *out, const char *name,
		     bool of_bytes)
{
	const struct weir_snap *snap = &state->board.snap;
	const struct weir_labels *labels = &state->labels;
	size_t name_len = strlen(name);

	for (uint32_t m = 0; m < snap->n_maps; m++) {
		const struct weir_snap_map *map = &snap->maps[m];

		if (weir_snap_is_queues(map) || !(of_bytes ? map->has_bytes : map->has_packets))
			continue;
		for (uint32_t i = map->first_series; i < map->first_series + map->n_series; i++) {
			const struct weir_snap_series *series = &snap->series[i];
			size_t from = i ? labels->ends[i - 1] : 0;

			weir_buf_put(out, name, name_len);
			weir_buf_put(out, labels->text.bytes + from, labels->ends[i] - from);
			weir_buf_u64(out, of_bytes ? series->bytes : series->packets);
			weir_buf_char(out, '\n');
		}
	}
}

static void cut(const struct weir_snap *snap, struct weir_buf *out)
{
	family(out, "series_cut", "gauge", "Counters that are left out, since there are too many.");
	for (uint32_t m = 0; m < snap->n_maps; m++) {
		bool any = false;

		if (weir_snap_is_queues(&snap->maps[m]) && !snap->maps[m].n_cut)
			continue;
		weir_buf_text(out, WEIR_PREFIX "series_cut");
		map_labels(snap, &snap->maps[m], out, &any);
		value_u64(out, any, snap->maps[m].n_cut);
	}
}

/* ---- interfaces ---------------------------------------------------------- */

static const struct {
	const char *name, *help;
	size_t offset;
} dev_counters[] = {
#define ROW(NAME, MEMBER, HELP)                                    \
	{                                                          \
		NAME, HELP, offsetof(struct weir_snap_dev, MEMBER) \
	}
	ROW("interface_receive_packets_total", rx_packets, "Packets that an interface received."),
	ROW("interface_receive_bytes_total", rx_bytes, "Bytes that an interface received."),
	ROW("interface_receive_errors_total", rx_errors, "Errors of receiving."),
	ROW("interface_receive_dropped_total", rx_dropped, "Received packets that were dropped."),
	ROW("interface_transmit_packets_total", tx_packets, "Packets that an interface sent."),
	ROW("interface_transmit_bytes_total", tx_bytes, "Bytes that an interface sent."),
	ROW("interface_transmit_errors_total", tx_errors, "Errors of sending."),
	ROW("interface_transmit_dropped_total", tx_dropped, "Packets dropped instead of sent."),
#undef ROW
};

static void interfaces(const struct weir_snap *snap, struct weir_buf *out)
{
	for (size_t c = 0; c < sizeof(dev_counters) / sizeof(*dev_counters); c++) {
		family(out, dev_counters[c].name, "counter", dev_counters[c].help);
		for (uint32_t i = 0; i < snap->n_devs; i++) {
			uint64_t value;
			bool any = false;

			memcpy(&value, (const char *)&snap->devs[i] + dev_counters[c].offset,
			       sizeof(value));
			weir_buf_text(out, WEIR_PREFIX);
			weir_buf_text(out, dev_counters[c].name);
			label(out, &any, "dev", weir_snap_str(snap, snap->devs[i].name));
			value_u64(out, any, value);
		}
	}
}

static const struct {
	const char *name, *help;
	bool tx, of_bytes;
} queue_counters[] = {
	{"interface_queue_receive_packets_total", "Packets of a receive queue.", false, false},
	{"interface_queue_receive_bytes_total", "Bytes of a receive queue.", false, true},
	{"interface_queue_transmit_packets_total", "Packets of a transmit queue.", true, false},
	{"interface_queue_transmit_bytes_total", "Bytes of a transmit queue.", true, true},
};

/* One direction of one interface: its counters are called "rx_0" and "tx_0". */
static void queues_of(const struct weir_snap *snap, const struct weir_snap_map *map, size_t c,
		      struct weir_buf *out)
{
	const char *direction = queue_counters[c].tx ? "tx_" : "rx_";

	for (uint32_t i = 0; i < map->n_series; i++) {
		const struct weir_snap_series *series = &snap->series[map->first_series + i];
		const char *key = weir_snap_str(snap, series->name);
		bool any = false;

		if (strncmp(key, direction, 3) != 0)
			continue;
		weir_buf_text(out, WEIR_PREFIX);
		weir_buf_text(out, queue_counters[c].name);
		label(out, &any, "dev", weir_snap_str(snap, map->devs));
		label(out, &any, "queue", key + 3);
		value_u64(out, any, queue_counters[c].of_bytes ? series->bytes : series->packets);
	}
}

static void queues(const struct weir_snap *snap, struct weir_buf *out)
{
	bool any = false;

	for (uint32_t m = 0; m < snap->n_maps; m++)
		any |= weir_snap_is_queues(&snap->maps[m]);
	for (size_t c = 0; any && c < sizeof(queue_counters) / sizeof(*queue_counters); c++) {
		family(out, queue_counters[c].name, "counter", queue_counters[c].help);
		for (uint32_t m = 0; m < snap->n_maps; m++)
			if (weir_snap_is_queues(&snap->maps[m]))
				queues_of(snap, &snap->maps[m], c, out);
	}
}

/* ---- programs ------------------------------------------------------------ */

static void program_labels(const struct weir_snap *snap, uint32_t nth, struct weir_buf *out)
{
	const struct weir_snap_prog *prog = &snap->progs[nth];
	const struct weir_snap_dev *dev = &snap->devs[prog->dev];
	bool any = false;

	label(out, &any, "dev", weir_snap_str(snap, dev->name));
	label(out, &any, "hook", weir_snap_str(snap, prog->hook));
	label(out, &any, "how", weir_snap_str(snap, prog->how));
	label(out, &any, "program", weir_snap_str(snap, prog->name));
	label_number(out, &any, "id", prog->id);
	label_number(out, &any, "position", nth - dev->first_prog + 1);
}

static void programs(const struct weir_snap *snap, struct weir_buf *out)
{
	bool runs = false;

	family(out, "program_attached", "gauge",
	       "A program on an interface; position: where in the order packets meet it.");
	for (uint32_t i = 0; i < snap->n_progs; i++) {
		weir_buf_text(out, WEIR_PREFIX "program_attached");
		program_labels(snap, i, out);
		value_u64(out, true, 1);
		runs |= snap->progs[i].has_runs;
	}
	if (!runs)
		return;
	family(out, "program_runs_total", "counter",
	       "Runs of a program, as the kernel counts them.");
	for (uint32_t i = 0; i < snap->n_progs; i++) {
		if (!snap->progs[i].has_runs)
			continue;
		weir_buf_text(out, WEIR_PREFIX "program_runs_total");
		program_labels(snap, i, out);
		value_u64(out, true, snap->progs[i].runs);
	}
	family(out, "program_run_seconds_total", "counter", "Time that those runs took.");
	for (uint32_t i = 0; i < snap->n_progs; i++) {
		if (!snap->progs[i].has_runs)
			continue;
		weir_buf_text(out, WEIR_PREFIX "program_run_seconds_total");
		program_labels(snap, i, out);
		value_double(out, true, (double)snap->progs[i].run_time_ns / 1e9);
	}
}

/* ---- ourselves ----------------------------------------------------------- */

static void ourselves(const struct weir_state *state, struct weir_buf *out)
{
	family(out, "build_info", "gauge", "Which weir this is.");
	weir_buf_text(out, WEIR_PREFIX "build_info{version=\"" WEIR_VERSION "\"} 1\n");
	family(out, "snapshot_timestamp_seconds", "gauge", "When the counters were read.");
	weir_buf_text(out, WEIR_PREFIX "snapshot_timestamp_seconds");
	value_double(out, false, state->board.snap.time_s);
	family(out, "interval_seconds", "gauge", "How often they are meant to be read.");
	weir_buf_text(out, WEIR_PREFIX "interval_seconds");
	value_double(out, false, (double)state->interval_ns / 1e9);
	family(out, "collect_cpu_seconds_total", "counter",
	       "CPU time that reading them has taken.");
	weir_buf_text(out, WEIR_PREFIX "collect_cpu_seconds_total");
	value_double(out, false, (double)state->cpu_ns / 1e9);
	family(out, "http_requests_total", "counter",
	       "Requests, those that were turned away among them.");
	weir_buf_text(out, WEIR_PREFIX "http_requests_total");
	value_u64(out, false, __atomic_load_n(&state->requests, __ATOMIC_RELAXED));
	family(out, "http_refused_total", "counter",
	       "Requests that were turned away: by a status of 400 or more.");
	weir_buf_text(out, WEIR_PREFIX "http_refused_total");
	value_u64(out, false, __atomic_load_n(&state->refused, __ATOMIC_RELAXED));
}

void weir_metrics_write(struct weir_state *state, struct weir_buf *out)
{
	const struct weir_snap *snap = &state->board.snap;

	if (!write_labels(&state->labels, &state->board)) {
		out->err = -ENOMEM;
		return;
	}
	family(out, "packets_total", "counter", "Packets that a BPF map counts.");
	counters(state, out, WEIR_PREFIX "packets_total", false);
	family(out, "bytes_total", "counter", "Bytes that a BPF map counts.");
	counters(state, out, WEIR_PREFIX "bytes_total", true);
	cut(snap, out);
	interfaces(snap, out);
	queues(snap, out);
	programs(snap, out);
	ourselves(state, out);
}
