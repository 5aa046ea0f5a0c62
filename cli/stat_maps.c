// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which counter maps are meant. In: a name, a path, an id, a device, or
 * nothing: then all that are pinned or used by attached programs. Out: open
 * counters, or an error that says what was looked at.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cli/map.h"
#include "cli/say.h"
#include "cli/stat.h"
#include "loader/weir.h"

#define COUNTER_IS                                                                        \
	"a counter map is a (per-CPU) array or hash, or an LPM trie, whose value's type " \
	"(BTF, or given) has unsigned packets (pkts, count, hits, ...) or bytes, or is "  \
	"one and its name says that it counts"

/* Ids of maps, sorted, each once. */
struct id_set {
	uint32_t *ids;
	size_t n, room;
};

static size_t id_place(const struct id_set *set, uint32_t id)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->ids[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int id_add(struct id_set *set, uint32_t id)
{
	size_t at = id_place(set, id);

	if (at < set->n && set->ids[at] == id)
		return 0;
	if (set->n == set->room) {
		size_t room = set->room ? 2 * set->room : 64;
		uint32_t *ids = realloc(set->ids, room * sizeof(*ids));

		if (!ids)
			return -ENOMEM;
		set->ids = ids;
		set->room = room;
	}
	memmove(set->ids + at + 1, set->ids + at, (set->n - at) * sizeof(*set->ids));
	set->ids[at] = id;
	set->n++;
	return 0;
}

static int add_attached(const struct weir_attachment *at, void *ctx)
{
	uint32_t i;
	int err = 0;

	for (i = 0; at->has_prog && i < at->prog.n_map_ids && !err; i++)
		err = id_add(ctx, at->prog.map_ids[i]);
	return err;
}

static int find_attached(const struct weir_globals *globals, const char *dev, struct id_set *set)
{
	struct weir_net *net;
	int err;

	err = weir_net_open(globals->netns, &net);
	if (err)
		return err;
	err = weir_query(net, dev, add_attached, set);
	weir_net_close(net);
	return err;
}

static int find_pinned(const struct weir_pins *pins, struct id_set *set)
{
	uint32_t id = 0;
	int err;

	for (;;) {
		err = bpf_map_get_next_id(id, &id);
		if (err == -ENOENT)
			return 0;
		if (err) {
			weir_say_error("maps: cannot list them: %s%s", strerror(-err),
				       err == -EPERM ? "; run as root" : "");
			return err;
		}
		if (weir_pins_path(pins, WEIR_PIN_OF_MAP, id, 0))
			err = id_add(set, id);
		if (err)
			return err;
	}
}

/* Takes the map behind @fd in, which stays the caller's. */
static int add_counters(struct weir_stat *stat, int fd, const struct weir_stat_config *cfg)
{
	const struct weir_table_opts types = {
		.size = sizeof(types),
		.key_type = cfg->key_type,
		.value_type = cfg->value_type,
		.schema = weir_map_schema(),
	};
	struct weir_stat_map *maps;
	struct weir_counters *ctrs;
	int err;

	err = weir_counters_open(fd, &types, &ctrs);
	if (err)
		return err;
	maps = realloc(stat->maps, (stat->n + 1) * sizeof(*maps));
	if (!maps) {
		weir_counters_close(ctrs);
		return -ENOMEM;
	}
	stat->maps = maps;
	stat->maps[stat->n++] = (struct weir_stat_map){.ctrs = ctrs};
	return 0;
}

static int open_set(struct weir_stat *stat, const struct id_set *set,
		    const struct weir_stat_config *cfg)
{
	size_t i;
	int fd, err;

	for (i = 0; i < set->n; i++) {
		fd = bpf_map_get_fd_by_id(set->ids[i]);
		if (fd == -ENOENT)
			continue; /* gone since it was listed */
		if (fd < 0) {
			weir_say_error("map id %u: %s", set->ids[i], strerror(-fd));
			return fd;
		}
		err = add_counters(stat, fd, cfg);
		close(fd);
		if (err && err != -EMEDIUMTYPE)
			return err;
	}
	return 0;
}

static int open_named(struct weir_stat *stat, const struct weir_globals *globals,
		      const struct weir_stat_config *cfg)
{
	char by_id[16];
	const char *spec = cfg->map;
	int fd, err;

	if (!spec) {
		snprintf(by_id, sizeof(by_id), "id %" PRIu32, cfg->id);
		spec = by_id;
	}
	fd = weir_map_open(spec, globals->bpffs);
	if (fd < 0)
		return fd;
	err = add_counters(stat, fd, cfg);
	close(fd);
	if (err == -EMEDIUMTYPE)
		weir_say_error("map %s: not a counter map; %s; value TYPE tells what it is", spec,
			       COUNTER_IS);
	return err;
}

static int fail_none(const struct weir_stat_config *cfg, size_t looked_at)
{
	if (cfg->dev)
		weir_say_error("%s: no counter map among the %zu maps of the programs attached "
			       "there; %s",
			       cfg->dev, looked_at, COUNTER_IS);
	else
		weir_say_error("no counter map among %zu: looked at all pinned maps and at those "
			       "of attached programs; %s",
			       looked_at, COUNTER_IS);
	return -ENOENT;
}

int weir_stat_open(struct weir_stat *stat, const struct weir_globals *globals,
		   const struct weir_stat_config *cfg)
{
	struct id_set set = {0};
	int err;

	err = weir_pins_read(&stat->pins);
	if (err)
		return err;
	if (cfg->map || cfg->id)
		return open_named(stat, globals, cfg);
	err = find_attached(globals, cfg->dev, &set);
	if (!err && !cfg->dev)
		err = find_pinned(stat->pins, &set);
	if (!err)
		err = open_set(stat, &set, cfg);
	if (!err && !stat->n)
		err = fail_none(cfg, set.n);
	free(set.ids);
	return err;
}

void weir_stat_drop(struct weir_stat *stat, size_t nth)
{
	weir_counters_close(stat->maps[nth].ctrs);
	weir_reading_free(&stat->maps[nth].last);
	stat->n--;
	memmove(stat->maps + nth, stat->maps + nth + 1, (stat->n - nth) * sizeof(*stat->maps));
}

void weir_stat_close(struct weir_stat *stat)
{
	while (stat->n)
		weir_stat_drop(stat, stat->n - 1);
	free(stat->maps);
	weir_pins_free(stat->pins);
	*stat = (struct weir_stat){0};
}
