// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From the kernel to a snapshot. In: a network namespace. Out: interfaces with their
 * counters, programs in the order in which packets meet them, counter maps with all entries.
 *
 * Counters are read each time. What is attached and pinned is looked for every four seconds:
 * it changes rarely, costs more, and nobody tells (a pin, a tcx link). A map that is gone, or
 * another one at its pin, is noticed then; one that cannot be read is left out until then.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/board/collect.h"
#include "cli/map.h"
#include "cli/names.h"
#include "cli/show.h"
#include "loader/log.h"
#include "loader/weir.h"
#include "maps/weir_map.h"

#define LOOK_NS	   4000000000ull
#define SERIES_MAX 10000u

struct watched {
	uint32_t id;
	struct weir_counters *ctrs; /* NULL: no counter map */
	bool present;		    /* in the look at hand */
	bool failed;		    /* until then it is not read */
	uint32_t number;	    /* in the snapshot at hand */
	bool in_snap;
};

struct attached {
	struct weir_attachment *items;
	size_t n, room;
};

struct weir_collect {
	struct weir_collect_opts opts;
	struct weir_net *net;
	struct weir_pins *pins;
	struct attached now, before; /* @before spares reading its programs again */
	struct watched *maps;	     /* by id */
	size_t n_maps, room_maps;
	uint64_t looked_ns;
	bool has_runs; /* programs' runs are counted: they are looked at each time */
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now = {0};

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int no_memory(void)
{
	return weir_fail(-ENOMEM, "counters: out of memory");
}

/* ---- looking around ------------------------------------------------------ */

static int keep_attached(const struct weir_attachment *at, void *ctx)
{
	struct attached *list = ctx;

	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct weir_attachment *items = reallocarray(list->items, room, sizeof(*items));

		if (!items)
			return no_memory();
		list->items = items;
		list->room = room;
	}
	list->items[list->n++] = *at;
	return 0;
}

static size_t place_of(const struct weir_collect *collect, uint32_t id)
{
	size_t lo = 0, hi = collect->n_maps;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (collect->maps[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct watched *find_map(const struct weir_collect *collect, uint32_t id)
{
	size_t at = place_of(collect, id);

	return at < collect->n_maps && collect->maps[at].id == id ? &collect->maps[at] : NULL;
}

static struct weir_counters *open_counters(uint32_t id)
{
	struct weir_counters *ctrs = NULL;
	const struct weir_table_opts types = {.size = sizeof(types), .schema = weir_map_schema()};
	int fd = weir_map_open_id_quiet(id);

	if (fd < 0)
		return NULL;
	if (weir_counters_open(fd, &types, &ctrs))
		ctrs = NULL;
	close(fd);
	return ctrs;
}

/* A map that is not looked at twice: what it is does not change under its id. */
static int watch_map(struct weir_collect *collect, uint32_t id)
{
	size_t at = place_of(collect, id);

	if (at < collect->n_maps && collect->maps[at].id == id) {
		collect->maps[at].present = true;
		return 0;
	}
	if (collect->n_maps == collect->room_maps) {
		size_t room = collect->room_maps ? 2 * collect->room_maps : 64;
		struct watched *maps = reallocarray(collect->maps, room, sizeof(*maps));

		if (!maps)
			return no_memory();
		collect->maps = maps;
		collect->room_maps = room;
	}
	memmove(collect->maps + at + 1, collect->maps + at,
		(collect->n_maps - at) * sizeof(*collect->maps));
	collect->maps[at] = (struct watched){.id = id, .ctrs = open_counters(id), .present = true};
	collect->n_maps++;
	return 0;
}

static int watch_pinned(struct weir_collect *collect)
{
	uint32_t id = 0;
	int err = 0;

	while (!err && !bpf_map_get_next_id(id, &id))
		if (weir_pins_path(collect->pins, WEIR_PIN_OF_MAP, id, 0))
			err = watch_map(collect, id);
	return err;
}

static void drop_absent(struct weir_collect *collect)
{
	size_t n = 0;

	for (size_t i = 0; i < collect->n_maps; i++) {
		if (collect->maps[i].present && !collect->maps[i].failed)
			collect->maps[n++] = collect->maps[i];
		else
			weir_counters_close(collect->maps[i].ctrs);
	}
	collect->n_maps = n;
}

static int look_around(struct weir_collect *collect)
{
	struct attached before = collect->before;
	struct weir_pins *pins;
	int err;

	collect->before = collect->now;
	collect->now = before;
	collect->now.n = 0;
	collect->has_runs = false;
	for (size_t i = 0; i < collect->n_maps; i++)
		collect->maps[i].present = false;
	err = weir_query_again(collect->net, collect->opts.dev, collect->before.items,
			       collect->before.n, keep_attached, &collect->now);
	err = err ?: weir_pins_read(&pins);
	if (err)
		return err;
	weir_pins_free(collect->pins);
	collect->pins = pins;
	for (size_t i = 0; i < collect->now.n && !err; i++) {
		const struct weir_prog *prog = &collect->now.items[i].prog;

		collect->has_runs |= prog->run_count != 0;
		for (uint32_t m = 0; m < prog->n_map_ids && !err; m++)
			err = watch_map(collect, prog->map_ids[m]);
	}
	if (!err && !collect->opts.dev)
		err = watch_pinned(collect);
	if (err)
		return err;
	drop_absent(collect);
	collect->looked_ns = clock_ns(CLOCK_MONOTONIC);
	return 0;
}

/* ---- maps ---------------------------------------------------------------- */

/* Adds @word to a list "a,b" unless it is there. */
static void list_word(char *list, size_t len, const char *word)
{
	size_t n = strlen(word), used = strlen(list);

	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (!strncmp(at, word, n) && (!at[n] || at[n] == ','))
			return;
	if (used + n + 2 <= len)
		snprintf(list + used, len - used, "%s%s", used ? "," : "", word);
}

static void say_where(const struct weir_collect *collect, struct weir_snap *snap,
		      struct weir_snap_map *map)
{
	char devs[256] = "", hooks[64] = "";

	for (size_t i = 0; i < collect->now.n; i++) {
		const struct weir_attachment *at = &collect->now.items[i];

		if (!at->has_prog || !weir_prog_uses(&at->prog, map->id))
			continue;
		list_word(devs, sizeof(devs), at->dev);
		list_word(hooks, sizeof(hooks), weir_hook_name(at->hook));
	}
	map->devs = weir_snap_add_text(snap, devs);
	map->hooks = weir_snap_add_text(snap, hooks);
}

static int add_series(struct weir_collect *collect, struct weir_snap *snap,
		      struct weir_snap_map *map, const struct weir_counters *ctrs, uint32_t n)
{
	map->first_series = snap->n_series;
	for (uint32_t i = 0; i < n; i++) {
		struct weir_count count = weir_counters_value(ctrs, i);
		struct weir_snap_series *series;

		if (snap->n_series == collect->opts.series_max) {
			map->n_cut = n - i;
			return 0;
		}
		series = weir_snap_add_series(snap);
		if (!series)
			return no_memory();
		series->packets = count.packets;
		series->bytes = count.bytes;
		series->name = weir_snap_add_text(snap, weir_counters_name(ctrs, i));
		map->n_series++;
	}
	return 0;
}

static int add_map(struct weir_collect *collect, struct weir_snap *snap, struct watched *watched)
{
	const struct weir_map *info = weir_counters_map(watched->ctrs);
	struct weir_snap_map *map;
	const char *pin;
	char word[WEIR_NAME_LEN];
	int n = weir_counters_read(watched->ctrs);

	/* it was said why; the next look opens it anew */
	if (n < 0) {
		watched->failed = true;
		return 0;
	}
	watched->number = snap->n_maps;
	watched->in_snap = true;
	map = weir_snap_add_map(snap);
	if (!map)
		return no_memory();
	pin = weir_pins_path(collect->pins, WEIR_PIN_OF_MAP, info->id, 0);
	map->id = info->id;
	map->name = weir_snap_add_text(snap, info->name);
	map->type = weir_snap_add_text(snap, weir_map_type_word(info->type, word));
	map->pin = weir_snap_add_text(snap, pin ? pin : "");
	map->has_packets = weir_counters_have_packets(watched->ctrs);
	map->has_bytes = weir_counters_have_bytes(watched->ctrs);
	say_where(collect, snap, map);
	return add_series(collect, snap, map, watched->ctrs, (uint32_t)n);
}

/* ---- interfaces and programs --------------------------------------------- */

static void say_how(const struct weir_attachment *at, char *buf, size_t len)
{
	if (at->hook == WEIR_HOOK_XDP)
		snprintf(buf, len, "%s", weir_mode_word(at->mode));
	else if (at->tcx)
		snprintf(buf, len, "tcx");
	else
		snprintf(buf, len, "clsact pref %u%s%s", at->pref,
			 strcmp(at->kind, "bpf") != 0 ? " " : "",
			 strcmp(at->kind, "bpf") != 0 ? at->kind : "");
}

static int add_prog(const struct weir_collect *collect, struct weir_snap *snap, uint32_t dev,
		    const struct weir_attachment *at)
{
	struct weir_snap_prog *prog = weir_snap_add_prog(snap);
	char how[64];
	int err = 0;

	if (!prog)
		return no_memory();
	say_how(at, how, sizeof(how));
	prog->dev = dev;
	prog->hook = weir_snap_add_text(snap, weir_hook_name(at->hook));
	prog->how = weir_snap_add_text(snap, how);
	prog->name = weir_snap_add_text(snap, at->has_prog ? at->prog.name : at->kind);
	prog->id = at->has_prog ? at->prog.id : 0;
	prog->has_runs = at->prog.run_count != 0;
	prog->runs = at->prog.run_count;
	prog->run_time_ns = at->prog.run_time_ns;
	prog->first_ref = snap->n_refs;
	for (uint32_t i = 0; i < at->prog.n_map_ids && !err; i++) {
		const struct watched *map = find_map(collect, at->prog.map_ids[i]);

		if (!map || !map->in_snap)
			continue;
		err = weir_snap_add_ref(snap, map->number);
		prog->n_refs++;
	}
	return err ? no_memory() : 0;
}

struct adding {
	struct weir_collect *collect;
	struct weir_snap *snap;
};

static int add_dev(const struct weir_link_stats *stats, void *ctx)
{
	struct adding *adding = ctx;
	struct weir_collect *collect = adding->collect;
	struct weir_snap *snap = adding->snap;
	uint32_t number = snap->n_devs;
	struct weir_snap_dev *dev;
	int err = 0;

	if (collect->opts.dev && strcmp(collect->opts.dev, stats->dev) != 0)
		return 0;
	dev = weir_snap_add_dev(snap);
	if (!dev)
		return no_memory();
	*dev = (struct weir_snap_dev){
		.name = weir_snap_add_text(snap, stats->dev),
		.ifindex = stats->ifindex,
		.up = stats->up,
		.n_rx_queues = stats->n_rx_queues,
		.n_tx_queues = stats->n_tx_queues,
		.first_prog = snap->n_progs,
		.rx_packets = stats->rx_packets,
		.rx_bytes = stats->rx_bytes,
		.rx_errors = stats->rx_errors,
		.rx_dropped = stats->rx_dropped,
		.tx_packets = stats->tx_packets,
		.tx_bytes = stats->tx_bytes,
		.tx_errors = stats->tx_errors,
		.tx_dropped = stats->tx_dropped,
	};
	for (size_t i = 0; i < collect->now.n && !err; i++) {
		if (collect->now.items[i].ifindex != stats->ifindex)
			continue;
		err = add_prog(collect, snap, number, &collect->now.items[i]);
		snap->devs[number].n_progs++;
	}
	return err;
}

/* ---- all ----------------------------------------------------------------- */

/* Interfaces are for everybody to see, programs and maps are not. */
static void note_blindness(void)
{
	uint32_t id;

	if (bpf_map_get_next_id(0, &id) == -EPERM)
		weir_log(WEIR_LOG_NOTICE, "programs and maps are not seen: it is not permitted; "
					  "run as root");
}

int weir_collect_open(const struct weir_collect_opts *opts, struct weir_collect **out)
{
	struct weir_collect *collect = calloc(1, sizeof(*collect));
	int err;

	if (!collect)
		return no_memory();
	note_blindness();
	collect->opts = *opts;
	if (!collect->opts.series_max)
		collect->opts.series_max = SERIES_MAX;
	err = weir_net_open(opts->netns, &collect->net);
	if (!err && opts->dev)
		err = weir_net_ifindex(collect->net, opts->dev) < 0 ? -ENODEV : 0;
	err = err ?: look_around(collect);
	if (err) {
		weir_collect_close(collect);
		return err;
	}
	*out = collect;
	return 0;
}

void weir_collect_close(struct weir_collect *collect)
{
	if (!collect)
		return;
	for (size_t i = 0; i < collect->n_maps; i++)
		weir_counters_close(collect->maps[i].ctrs);
	free(collect->maps);
	free(collect->now.items);
	free(collect->before.items);
	weir_pins_free(collect->pins);
	weir_net_close(collect->net);
	free(collect);
}

int weir_collect_take(struct weir_collect *collect, struct weir_snap *snap)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC), cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct adding adding = {collect, snap};
	int err = weir_snap_begin(snap) ? no_memory() : 0;

	if (!err && (collect->has_runs || now_ns - collect->looked_ns >= LOOK_NS))
		err = look_around(collect);
	for (size_t i = 0; i < collect->n_maps && !err; i++) {
		collect->maps[i].in_snap = false;
		if (collect->maps[i].ctrs && !collect->maps[i].failed)
			err = add_map(collect, snap, &collect->maps[i]);
	}
	snap->time_ns = clock_ns(CLOCK_MONOTONIC);
	snap->time_s = (double)clock_ns(CLOCK_REALTIME) / 1e9;
	err = err ?: weir_link_stats(collect->net, add_dev, &adding);
	snap->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
	return err;
}
