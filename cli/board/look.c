// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Looks for what is attached and pinned. In: a network namespace. Out: attachments in the order
 * in which packets meet them, and their maps, with those that are counter maps opened. A map that
 * is gone, or another one at its pin, is noticed at the next look.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/board/look.h"
#include "cli/interval.h"
#include "cli/map.h"
#include "cli/step/names.h"
#include "loader/log.h"

/* Looks until what programs run is asked anew, known or not: a component can join a dispatcher. */
#define ANEW	     16

/* For so long runs are being collected when one was. */
#define RUNS_NS	     10000000000ull

/* Series of a map that is not read yet, at most. */
#define WANTED_FIRST 1024u

int weir_board_no_memory(void)
{
	return weir_fail(-ENOMEM, "counters: out of memory");
}

static int grow(struct weir_attached *list)
{
	size_t room = list->room ? 2 * list->room : 16;
	struct weir_attachment *items = reallocarray(list->items, room, sizeof(*items));
	struct weir_stages *stages;

	if (!items)
		return weir_board_no_memory();
	list->items = items;
	stages = reallocarray(list->stages, room, sizeof(*stages));
	if (!stages)
		return weir_board_no_memory();
	memset(stages + list->room, 0, (room - list->room) * sizeof(*stages));
	list->stages = stages;
	list->room = room;
	return 0;
}

static int keep_attached(const struct weir_attachment *at, void *ctx)
{
	struct weir_attached *list = ctx;
	int err = list->n == list->room ? grow(list) : 0;

	if (err)
		return err;
	list->items[list->n++] = *at;
	return 0;
}

static void free_attached(struct weir_attached *list)
{
	for (size_t i = 0; i < list->room; i++)
		weir_stages_free(&list->stages[i]);
	free(list->stages);
	free(list->items);
}

static size_t place_of(const struct weir_look *look, uint32_t id)
{
	size_t lo = 0, hi = look->n_maps;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (look->maps[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct weir_watched *weir_look_map(const struct weir_look *look, uint32_t id)
{
	size_t at = place_of(look, id);

	return at < look->n_maps && look->maps[at].id == id ? &look->maps[at] : NULL;
}

bool weir_look_uses(const struct weir_look *look, size_t nth, uint32_t map_id)
{
	const struct weir_attachment *at = &look->now.items[nth];
	const struct weir_stages *stages = &look->now.stages[nth];
	bool uses = at->has_prog && weir_prog_uses(&at->prog, map_id);

	for (size_t i = 0; !uses && i < stages->n; i++)
		uses = weir_stage_has_map(&stages->list[i], map_id);
	return uses;
}

/* 0, *out NULL: no counter map. */
static int open_counters(struct weir_net *net, uint32_t id, struct weir_counters **out)
{
	struct weir_table_opts types = {.size = sizeof(types), .schema = weir_map_schema()};
	int fd = weir_map_open_id_readonly(id), err;

	if (fd < 0)
		return fd;
	weir_table_names_in(net, &types);
	err = weir_counters_open(fd, &types, out);
	close(fd);
	return err == -EMEDIUMTYPE ? 0 : err;
}

/* Of most tables that may be large little is there, or shown. */
static uint32_t first_wanted(const struct weir_counters *ctrs)
{
	const struct weir_map *map = weir_counters_map(ctrs);

	return map->max_entries < WANTED_FIRST ? map->max_entries : WANTED_FIRST;
}

/* A map is not looked at twice, unless that failed: what it is does not change under its id. */
static int watch_map(struct weir_look *look, uint32_t id)
{
	size_t at = place_of(look, id);

	if (at < look->n_maps && look->maps[at].id == id) {
		look->maps[at].present = true;
		return 0;
	}
	if (look->n_maps == look->room_maps) {
		size_t room = look->room_maps ? 2 * look->room_maps : 64;
		struct weir_watched *maps = reallocarray(look->maps, room, sizeof(*maps));

		if (!maps)
			return weir_board_no_memory();
		look->maps = maps;
		look->room_maps = room;
	}
	memmove(look->maps + at + 1, look->maps + at, (look->n_maps - at) * sizeof(*look->maps));
	look->maps[at] = (struct weir_watched){.id = id, .present = true};
	look->maps[at].failed = open_counters(look->net, id, &look->maps[at].ctrs) != 0;
	if (look->maps[at].ctrs)
		look->maps[at].wanted = first_wanted(look->maps[at].ctrs);
	look->n_maps++;
	return 0;
}

/* Rules change with the program. */
static int watch_counter(struct weir_look *look, const struct weir_step_counter *counter)
{
	int err = watch_map(look, counter->map_id);
	struct weir_watched *map = weir_look_map(look, counter->map_id);

	if (err || !counter->step)
		return err;
	map->behind = true;
	if (!map->ctrs || map->failed || map->as.prog_id == counter->prog_id)
		return 0;
	map->as = *counter;
	map->failed = weir_step_name_counters(counter, map->ctrs) != 0;
	return 0;
}

static int watch_stage(struct weir_look *look, const struct weir_stage *stage)
{
	int err = 0;

	for (size_t i = 0; i < weir_stage_n_maps(stage) && !err; i++) {
		struct weir_step_counter map = weir_stage_map(stage, i);

		err = watch_counter(look, &map);
	}
	return err;
}

static bool is_prog(const struct weir_attached *list, size_t nth, uint32_t prog_id)
{
	return list->items[nth].has_prog && list->items[nth].prog.id == prog_id;
}

/* Where the same program stands among @before's items, most often where it is now; n_stages: it
 * does not. */
static size_t place_before(const struct weir_attached *before, size_t now, uint32_t prog_id)
{
	size_t i = 0;

	if (now < before->n_stages && is_prog(before, now, prog_id))
		return now;
	while (i < before->n_stages && !is_prog(before, i, prog_id))
		i++;
	return i;
}

static int watch_item(struct weir_look *look, size_t nth)
{
	const struct weir_attachment *at = &look->now.items[nth];
	struct weir_stages *stages = &look->now.stages[nth];
	const struct weir_attached *before = &look->before;
	size_t place;
	bool known;
	int err;

	stages->n = 0;
	if (!at->has_prog)
		return 0;
	place = place_before(before, nth, at->prog.id);
	known = place < before->n_stages;
	if (known && at->prog.run_count != before->items[place].prog.run_count)
		look->runs_ns = weir_now_ns();
	err = weir_stages_read(&at->prog, known && look->nth % ANEW ? &before->stages[place] : NULL,
			       stages);
	if (err)
		return weir_board_no_memory();
	for (size_t i = 0; i < at->prog.n_map_ids && !err; i++)
		err = watch_map(look, at->prog.map_ids[i]);
	for (size_t i = 0; i < stages->n && !err; i++)
		err = watch_stage(look, &stages->list[i]);
	return err;
}

static int watch_attached(struct weir_look *look)
{
	struct weir_attached *now = &look->now;
	int err = 0;

	while (now->n_stages < now->n && !err)
		err = watch_item(look, now->n_stages++);
	return err;
}

static int watch_pinned(struct weir_look *look)
{
	uint32_t id = 0;
	int err = 0;

	while (!err && !bpf_map_get_next_id(id, &id))
		if (weir_pins_path(look->pins, WEIR_PIN_OF_MAP, id, 0))
			err = watch_map(look, id);
	return err;
}

/* One whose rules are gone begins anew, by its keys. */
static bool stays(const struct weir_watched *map)
{
	return map->present && !map->failed && (!map->as.step || map->behind);
}

static void drop_absent(struct weir_look *look)
{
	size_t n = 0;

	for (size_t i = 0; i < look->n_maps; i++) {
		if (stays(&look->maps[i]))
			look->maps[n++] = look->maps[i];
		else
			weir_counters_close(look->maps[i].ctrs);
	}
	look->n_maps = n;
}

/* Somebody's BPF_ENABLE_STATS is not told there: then counts that grow tell it (RUNS_NS). */
static bool is_collecting_runs(void)
{
	char value = '0';
	int fd = open("/proc/sys/kernel/bpf_stats_enabled", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &value, 1) != 1)
		value = '0';
	close(fd);
	return value != '0';
}

bool weir_look_is_at(const struct weir_look *look, int ifindex, const char *dev)
{
	if (look->ifindex)
		return ifindex == look->ifindex;
	return !look->dev || !strcmp(look->dev, dev);
}

static int query(struct weir_look *look)
{
	const char *dev = look->dev;
	char name[IF_NAMESIZE];
	int err;

	if (look->ifindex) {
		err = weir_net_ifname(look->net, look->ifindex, name);
		if (err)
			return weir_fail(err, "%s: %s", look->dev,
					 err == -ENODEV ? "the interface is gone" : strerror(-err));
		dev = name;
	}
	return weir_query_again(look->net, dev, look->before.items, look->before.n, keep_attached,
				&look->now);
}

int weir_look_around(struct weir_look *look)
{
	struct weir_attached before = look->before;
	struct weir_pins *pins;
	int err;

	look->before = look->now;
	look->now = before;
	look->now.n = look->now.n_stages = 0;
	look->nth++;
	look->time_ns = 0; /* should it fail, the next one is due */
	for (size_t i = 0; i < look->n_maps; i++)
		look->maps[i].present = look->maps[i].behind = false;
	err = query(look);
	err = err ?: weir_pins_read(&pins);
	if (err)
		return err;
	weir_pins_free(look->pins);
	look->pins = pins;
	err = watch_attached(look);
	if (!err && !look->dev)
		err = watch_pinned(look);
	if (err)
		return err;
	drop_absent(look);
	look->time_ns = weir_now_ns();
	look->has_runs =
		(look->runs_ns && look->time_ns - look->runs_ns < RUNS_NS) || is_collecting_runs();
	return 0;
}

bool weir_look_is_stale(const struct weir_look *look)
{
	for (size_t i = 0; i < look->n_maps; i++)
		if (weir_step_counter_is_stale(&look->maps[i].as))
			return true;
	return false;
}

void weir_look_forget(struct weir_look *look)
{
	for (size_t i = 0; i < look->n_maps; i++)
		weir_counters_close(look->maps[i].ctrs);
	look->n_maps = look->now.n = look->before.n = 0;
	look->now.n_stages = look->before.n_stages = 0;
	look->time_ns = 0;
}

void weir_look_free(struct weir_look *look)
{
	weir_look_forget(look);
	free(look->maps);
	free_attached(&look->now);
	free_attached(&look->before);
	weir_pins_free(look->pins);
	weir_net_close(look->net);
}
