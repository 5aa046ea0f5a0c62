// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From the kernel to a snapshot. In: a network namespace. Out: interfaces with their
 * counters, programs in the order in which packets meet them, counter maps with all entries.
 *
 * Counters are read each time. What is attached and pinned, and how interfaces are called, is
 * looked for every four seconds: it changes rarely, costs more, and nobody tells (a pin, a tcx
 * link). A map that is gone, or another one at its pin, is noticed then; one that cannot be read
 * is left out until then. Rules that changed are noticed at once: counters are called by them.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/board/collect.h"
#include "cli/board/links.h"
#include "cli/board/look.h"
#include "cli/board/progs.h"
#include "cli/board/queues.h"
#include "cli/board/shares.h"
#include "cli/interval.h"
#include "cli/names.h"
#include "cli/say.h"
#include "cli/show.h"
#include "loader/log.h"
#include "loader/weir.h"
#include "maps/weir_map.h"

#define LOOK_NS	   4000000000ull
#define SERIES_MAX 10000u
/* Entries beyond those that are shown are counted as often as takes a hundredth of the time: a
 * million take a tenth of a second. */
#define COUNT_PART 100u

struct weir_collect {
	struct weir_collect_opts opts;
	struct weir_look look;
	struct weir_links links;
	struct weir_queue_watch queues;
	struct weir_share *shares; /* of look.maps, then one for all queues */
	size_t room_shares;
	uint32_t queues_wanted; /* series, by the last snapshot */
	uint32_t series_end;	/* in the snapshot at hand, of the map at hand */
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now = {0};

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- maps ---------------------------------------------------------------- */

#define MORE "..." /* the end of a list that is longer */

/* Adds @word to a list "a,b" unless it is there. */
static void list_word(char *list, size_t len, const char *word)
{
	size_t n = strlen(word), used = strlen(list);

	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (!strncmp(at, word, n) && (!at[n] || at[n] == ','))
			return;
	if (used + n + sizeof(",," MORE) > len) {
		word = MORE;
		if (used > strlen(MORE) && !strcmp(list + used - strlen(MORE), MORE))
			return;
	}
	snprintf(list + used, len - used, "%s%s", used ? "," : "", word);
}

static void say_where(const struct weir_collect *collect, struct weir_snap *snap,
		      struct weir_snap_map *map)
{
	char devs[256] = "", hooks[64] = "";

	for (size_t i = 0; i < collect->look.now.n; i++) {
		const struct weir_attachment *at = &collect->look.now.items[i];

		if (!weir_look_uses(&collect->look, i, map->id))
			continue;
		list_word(devs, sizeof(devs), at->dev);
		list_word(hooks, sizeof(hooks), weir_hook_name(at->hook));
	}
	map->devs = weir_snap_add_text(snap, devs);
	map->hooks = weir_snap_add_text(snap, hooks);
}

/* The next of a table's counters, or NULL: it is cut, or there is no memory (*err). */
static struct weir_snap_series *next_series(const struct weir_collect *collect,
					    struct weir_snap *snap, struct weir_snap_map *map,
					    const char *name, int *err)
{
	struct weir_snap_series *series;

	*err = 0;
	if (snap->n_series >= collect->series_end || !weir_snap_has_room_for(snap, name))
		return NULL;
	series = weir_snap_add_series(snap);
	if (!series) {
		*err = weir_board_no_memory();
		return NULL;
	}
	series->name = weir_snap_add_text(snap, name);
	map->n_series++;
	return series;
}

static int add_series(const struct weir_collect *collect, struct weir_snap *snap,
		      struct weir_snap_map *map, const struct weir_counters *ctrs, uint32_t n)
{
	bool no_zeros = weir_counters_by_ifindex(ctrs);
	int err;

	map->first_series = snap->n_series;
	map->n_cut = (uint32_t)weir_counters_rest(ctrs);
	for (uint32_t i = 0; i < n; i++) {
		struct weir_count count = weir_counters_value(ctrs, i);
		struct weir_snap_series *series;

		if (no_zeros && !count.packets && !count.bytes)
			continue;
		series = next_series(collect, snap, map, weir_counters_name(ctrs, i), &err);
		if (!series) {
			map->n_cut += n - i;
			return err;
		}
		series->packets = count.packets;
		series->bytes = count.bytes;
	}
	return 0;
}

static bool is_read(const struct weir_watched *watched)
{
	return watched->ctrs && !watched->failed;
}

/* As many entries as there is room for. */
static int read_counters(const struct weir_collect *collect, const struct weir_snap *snap,
			 struct weir_watched *watched)
{
	uint64_t now_ns = weir_now_ns();
	bool whole = now_ns >= watched->count_due_ns;
	/* most of an array by interfaces are not shown */
	size_t max = weir_counters_by_ifindex(watched->ctrs) ? SIZE_MAX
							     : collect->series_end - snap->n_series;
	int n = weir_counters_read_first(watched->ctrs, max, whole);

	if (whole)
		watched->count_due_ns = now_ns + COUNT_PART * (weir_now_ns() - now_ns);
	return n;
}

static int add_map(struct weir_collect *collect, struct weir_snap *snap,
		   struct weir_watched *watched)
{
	const struct weir_map *info = weir_counters_map(watched->ctrs);
	struct weir_snap_map *map;
	const char *pin;
	char word[WEIR_NAME_LEN];
	int n = read_counters(collect, snap, watched), err;

	/* it was said why; the next look opens it anew */
	if (n < 0) {
		watched->failed = true;
		return 0;
	}
	watched->number = snap->n_maps;
	watched->in_snap = true;
	map = weir_snap_add_map(snap);
	if (!map)
		return weir_board_no_memory();
	pin = weir_pins_path(collect->look.pins, WEIR_PIN_OF_MAP, info->id, 0);
	map->id = info->id;
	map->name = weir_snap_add_text(snap, info->name);
	map->type = weir_snap_add_text(snap, weir_map_type_word(info->type, word));
	map->pin = weir_snap_add_text(snap, pin ? pin : "");
	map->has_packets = weir_counters_have_packets(watched->ctrs);
	map->has_bytes = weir_counters_have_bytes(watched->ctrs);
	map->narrow_packets = weir_counters_narrow_packets(watched->ctrs);
	map->narrow_bytes = weir_counters_narrow_bytes(watched->ctrs);
	say_where(collect, snap, map);
	err = add_series(collect, snap, map, watched->ctrs, (uint32_t)n);
	watched->wanted = map->n_series + map->n_cut;
	return err;
}

/* By what was wanted last. */
static int share_out(struct weir_collect *collect)
{
	const struct weir_look *look = &collect->look;
	size_t n = look->n_maps;

	if (n + 1 > collect->room_shares) {
		struct weir_share *shares =
			reallocarray(collect->shares, 2 * n + 1, sizeof(*shares));

		if (!shares)
			return weir_board_no_memory();
		collect->shares = shares;
		collect->room_shares = 2 * n + 1;
	}
	for (size_t i = 0; i < n; i++)
		collect->shares[i].wanted = is_read(&look->maps[i]) ? look->maps[i].wanted : 0;
	collect->shares[n].wanted = collect->queues_wanted;
	weir_shares_divide(collect->shares, n + 1, collect->opts.series_max);
	return 0;
}

/* A map may also have what is left over of all shares. */
static int add_maps(struct weir_collect *collect, struct weir_snap *snap)
{
	struct weir_look *look = &collect->look;
	uint32_t others = 0;
	int err = share_out(collect);

	for (size_t i = 0; i <= look->n_maps && !err; i++)
		others += collect->shares[i].has;
	for (size_t i = 0; i < look->n_maps && !err; i++) {
		look->maps[i].in_snap = false;
		others -= collect->shares[i].has;
		collect->series_end = collect->opts.series_max - others;
		if (is_read(&look->maps[i]))
			err = add_map(collect, snap, &look->maps[i]);
	}
	collect->series_end = collect->opts.series_max;
	return err;
}

/* ---- interfaces ---------------------------------------------------------- */

static int fill_queues(struct weir_collect *collect, struct weir_snap *snap,
		       struct weir_snap_map *map, const struct weir_queue_stats *stats, uint32_t n)
{
	uint32_t n_tx = 0;
	char text[32];
	int err;

	map->first_series = snap->n_series;
	for (uint32_t i = 0; i < n; i++) {
		struct weir_snap_series *series;

		snprintf(text, sizeof(text), "%s_%u", stats[i].tx ? "tx" : "rx", stats[i].queue);
		series = next_series(collect, snap, map, text, &err);
		if (!series) {
			map->n_cut = n - i;
			collect->queues_wanted += n;
			return err;
		}
		series->packets = stats[i].packets;
		series->bytes = stats[i].bytes;
		n_tx += stats[i].tx;
	}
	collect->queues_wanted += n;
	snprintf(text, sizeof(text), "%u rx, %u tx", n - n_tx, n_tx);
	map->type = weir_snap_add_text(snap, text);
	return 0;
}

/* Where the driver tells. *out: its number, and one. */
static int add_queues(struct weir_collect *collect, struct weir_snap *snap,
		      const struct weir_link_stats *link, uint32_t *out)
{
	const struct weir_queue_stats *stats;
	struct weir_snap_map *map;
	int n = weir_queue_watch_read(&collect->queues, collect->look.net, link, &stats);

	if (n <= 0)
		return n;
	map = weir_snap_add_map(snap);
	if (!map)
		return weir_board_no_memory();
	map->id = WEIR_SNAP_QUEUES | (uint32_t)link->ifindex;
	map->name = weir_snap_add_text(snap, "queues");
	map->devs = weir_snap_add_text(snap, link->dev);
	map->has_packets = map->has_bytes = true;
	*out = snap->n_maps;
	return fill_queues(collect, snap, map, stats, (uint32_t)n);
}

static int add_dev(struct weir_collect *collect, struct weir_snap *snap,
		   const struct weir_link_stats *stats)
{
	uint32_t number = snap->n_devs;
	struct weir_snap_dev *dev;
	int err;

	if (!weir_look_is_at(&collect->look, stats->ifindex, stats->dev))
		return 0;
	dev = weir_snap_add_dev(snap);
	if (!dev)
		return weir_board_no_memory();
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
	err = weir_look_add_progs(&collect->look, snap, number);
	return err ?: add_queues(collect, snap, stats, &snap->devs[number].queues);
}

/* ---- all ----------------------------------------------------------------- */

int weir_collect_open(const struct weir_collect_opts *opts, struct weir_collect **out)
{
	struct weir_collect *collect = calloc(1, sizeof(*collect));
	int err;

	if (!collect)
		return weir_board_no_memory();
	if (weir_query_is_blind())
		weir_say_note(WEIR_SAY_BLIND);
	collect->opts = *opts;
	collect->look.dev = opts->dev;
	if (!collect->opts.series_max)
		collect->opts.series_max = SERIES_MAX;
	err = weir_net_open(opts->netns, &collect->look.net);
	if (!err && opts->dev) {
		int ifindex = weir_net_ifindex(collect->look.net, opts->dev);

		err = ifindex < 0 ? -ENODEV : 0;
		collect->look.ifindex = opts->dev_may_go ? 0 : ifindex;
	}
	err = err ?: weir_look_around(&collect->look);
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
	weir_queue_watch_free(&collect->queues);
	weir_links_free(&collect->links);
	weir_look_free(&collect->look);
	free(collect->shares);
	free(collect);
}

/* Its name may be another interface's, or nobody's for a while. */
static bool is_gone(const struct weir_collect *collect)
{
	return collect->opts.dev && collect->opts.dev_may_go &&
	       weir_net_ifindex_quiet(collect->look.net, collect->opts.dev) < 0;
}

static int stamp(struct weir_snap *snap, uint64_t cpu_ns_before)
{
	snap->time_ns = clock_ns(CLOCK_MONOTONIC);
	snap->time_s = (double)clock_ns(CLOCK_REALTIME) / 1e9;
	snap->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns_before;
	return 0;
}

int weir_collect_take(struct weir_collect *collect, struct weir_snap *snap)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC), cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	bool due = collect->look.has_runs || now_ns - collect->look.time_ns >= LOOK_NS ||
		   weir_look_is_stale(&collect->look);
	int err = weir_snap_begin(snap) ? weir_board_no_memory() : 0;

	if (!err && is_gone(collect)) {
		weir_look_forget(&collect->look);
		collect->links.n = 0;
		return stamp(snap, cpu_ns);
	}
	if (!err && due)
		err = weir_look_around(&collect->look);
	err = err ?: add_maps(collect, snap);
	(void)stamp(snap, cpu_ns);
	err = err ?: weir_links_read(&collect->links, collect->look.net, due);
	collect->queues_wanted = 0;
	for (size_t i = 0; i < collect->links.n && !err; i++)
		err = add_dev(collect, snap, &collect->links.list[i]);
	weir_queue_watch_sweep(&collect->queues);
	snap->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
	return err;
}
