// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Counter maps that are meant. In: a name, a path, an id, or what was found. Out: open
 * counters, or an error that says what was looked at; later those that are meant then.
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
#include "cli/stat_found.h"
#include "cli/step/names.h"
#include "loader/weir.h"

#define COUNTER_IS                                                                        \
	"a counter map is a (per-CPU) array or hash, or an LPM trie, whose value's type " \
	"(BTF, or given) has unsigned packets (pkts, count, hits, ...) or bytes, or is "  \
	"one and its name says that it counts"

static int open_counters(const struct weir_stat *stat, int fd, const struct weir_stat_config *cfg,
			 struct weir_counters **out)
{
	struct weir_table_opts types = {
		.size = sizeof(types),
		.key_type = cfg->key_type,
		.value_type = cfg->value_type,
		.schema = weir_map_schema(),
	};

	if (stat->net)
		weir_table_names_in(stat->net, &types);
	return weir_counters_open(fd, &types, out);
}

/* Remembers the pin of the last map: the one that was named, else the first. */
static int keep_pin(struct weir_stat *stat, const char *name)
{
	struct weir_stat_map *map = &stat->maps[stat->n - 1];
	uint32_t id = weir_counters_map(map->ctrs)->id;
	const char *path, *best = weir_pins_path(stat->pins, WEIR_PIN_OF_MAP, id, 0);

	for (size_t i = 0; name && (path = weir_pins_path(stat->pins, WEIR_PIN_OF_MAP, id, i)); i++)
		if (!strcmp(path, name) || !strcmp(strrchr(path, '/') + 1, name))
			best = path;
	if (!best)
		return 0;
	map->pin = strdup(best);
	return map->pin ? 0 : -ENOMEM;
}

/* Takes the map behind @fd in, which stays the caller's. */
static int add_counters(struct weir_stat *stat, int fd, const struct weir_stat_config *cfg)
{
	struct weir_stat_map *maps;
	struct weir_counters *ctrs;
	int err = open_counters(stat, fd, cfg, &ctrs);

	if (err)
		return err;
	maps = realloc(stat->maps, (stat->n + 1) * sizeof(*maps));
	if (!maps) {
		weir_counters_close(ctrs);
		return -ENOMEM;
	}
	stat->maps = maps;
	stat->maps[stat->n++] = (struct weir_stat_map){.ctrs = ctrs};
	return keep_pin(stat, cfg->map);
}

static bool has_map(const struct weir_stat *stat, uint32_t id)
{
	for (size_t i = 0; i < stat->n; i++)
		if (weir_counters_map(stat->maps[i].ctrs)->id == id)
			return true;
	return false;
}

/* Rules change with the program. One whose rules are gone begins anew, by its keys. */
static int name(struct weir_stat_map *map, const struct weir_step_counter *as)
{
	int err = map->as.step && !as->step ? -ESTALE : 0;

	if (as->step && map->as.prog_id != as->prog_id)
		err = weir_step_name_counters(as, map->ctrs);
	map->as = *as;
	return err;
}

static int open_one(struct weir_stat *stat, const struct weir_step_counter *map,
		    const struct weir_stat_config *cfg)
{
	int fd = bpf_map_get_fd_by_id(map->map_id), err;

	if (fd == -ENOENT)
		return 0; /* gone since it was listed */
	if (fd < 0) {
		weir_say_error("map id %u: %s", map->map_id, strerror(-fd));
		return fd;
	}
	err = add_counters(stat, fd, cfg);
	close(fd);
	/* ENODEV: said, of a device that is gone since it was listed */
	if (err)
		return err == -EMEDIUMTYPE || err == -ENODEV ? 0 : err;
	if (name(&stat->maps[stat->n - 1], map))
		weir_stat_drop(stat, stat->n - 1);
	return 0;
}

static int open_set(struct weir_stat *stat, const struct weir_found *set,
		    const struct weir_stat_config *cfg)
{
	int err = 0;

	for (size_t i = 0; i < set->n && !err; i++)
		if (!has_map(stat, set->list[i].map_id))
			err = open_one(stat, &set->list[i], cfg);
	return err;
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
	if (weir_say_blind(cfg->dev ? cfg->dev : "stat"))
		return -EPERM;
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

static int open_net(struct weir_stat *stat, const struct weir_globals *globals,
		    const struct weir_stat_config *cfg)
{
	int err = weir_net_open(globals->netns, &stat->net);

	if (err || !cfg->dev)
		return err;
	stat->ifindex = weir_net_ifindex(stat->net, cfg->dev);
	return stat->ifindex < 0 ? stat->ifindex : 0;
}

int weir_stat_open(struct weir_stat *stat, const struct weir_globals *globals,
		   const struct weir_stat_config *cfg)
{
	bool is_named = cfg->map || cfg->id;
	struct weir_found set = {0};
	int err;

	err = weir_pins_read(&stat->pins);
	if (!err && (!is_named || globals->netns))
		err = open_net(stat, globals, cfg);
	if (is_named)
		return err ?: open_named(stat, globals, cfg);
	err = err ?: weir_stat_find(stat, &set);
	if (!err)
		err = open_set(stat, &set, cfg);
	if (!err && !stat->n)
		err = fail_none(cfg, set.n);
	weir_found_free(&set);
	return err;
}

/* ---- again --------------------------------------------------------------- */

static int read_first(struct weir_stat_map *map)
{
	int n = weir_counters_read(map->ctrs);

	return n < 0 ? n : weir_reading_take(&map->last, map->ctrs, (size_t)n);
}

/* The map that is pinned where @map was; *out NULL: the same one, none, or no counter map. *known:
 * it is another one of @stat. */
static int open_at_pin(const struct weir_stat *stat, const struct weir_stat_map *map,
		       const struct weir_stat_config *cfg, struct weir_counters **out, bool *known)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int fd = map->pin ? bpf_obj_get(map->pin) : -ENOENT, err = 0;

	*out = NULL;
	*known = false;
	/* of a device that is gone nothing is known: reading says so */
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	    info.id != weir_counters_map(map->ctrs)->id) {
		*known = has_map(stat, info.id);
		err = *known ? 0 : open_counters(stat, fd, cfg, out);
	}
	if (fd >= 0)
		close(fd);
	return err == -EMEDIUMTYPE ? 0 : err;
}

/* Another map where the @nth one was pinned: it goes on there. What that counted before is no
 * rate. */
static int follow_pin(struct weir_stat *stat, size_t nth, const struct weir_stat_config *cfg)
{
	struct weir_stat_map *map = &stat->maps[nth];
	struct weir_counters *ctrs;
	bool known;
	int err = open_at_pin(stat, map, cfg, &ctrs, &known);

	if (known)
		weir_stat_drop(stat, nth);
	if (err || !ctrs)
		return err;
	weir_counters_close(map->ctrs);
	map->ctrs = ctrs;
	return read_first(map);
}

static void drop_others(struct weir_stat *stat, const struct weir_found *set)
{
	for (size_t i = stat->n; i--;) {
		struct weir_stat_map *map = &stat->maps[i];
		const struct weir_step_counter *as =
			weir_found_at(set, weir_counters_map(map->ctrs)->id);

		if (as && !name(map, as))
			continue;
		/* says so if its device went since the last reading */
		(void)weir_counters_read(map->ctrs);
		weir_stat_drop(stat, i);
	}
}

static int read_new(struct weir_stat *stat, size_t from)
{
	int err = 0;

	for (size_t i = from; i < stat->n && !err; i++)
		err = read_first(&stat->maps[i]);
	return err;
}

int weir_stat_again(struct weir_stat *stat, const struct weir_stat_config *cfg)
{
	struct weir_pins *pins;
	struct weir_found set = {0};
	size_t known;
	int err = weir_pins_read(&pins);

	if (err)
		return err;
	weir_pins_free(stat->pins);
	stat->pins = pins;
	for (size_t i = stat->n; i-- && !err;)
		err = follow_pin(stat, i, cfg);
	if (err || cfg->map || cfg->id)
		return err;
	err = weir_stat_find(stat, &set);
	if (!err)
		drop_others(stat, &set);
	known = stat->n;
	err = err ?: open_set(stat, &set, cfg);
	weir_found_free(&set);
	return err ?: read_new(stat, known);
}

bool weir_stat_is_stale(const struct weir_stat *stat)
{
	for (size_t i = 0; i < stat->n; i++)
		if (weir_step_counter_is_stale(&stat->maps[i].as))
			return true;
	return false;
}

void weir_stat_drop(struct weir_stat *stat, size_t nth)
{
	weir_counters_close(stat->maps[nth].ctrs);
	weir_reading_free(&stat->maps[nth].last);
	free(stat->maps[nth].pin);
	stat->n--;
	memmove(stat->maps + nth, stat->maps + nth + 1, (stat->n - nth) * sizeof(*stat->maps));
}

void weir_stat_close(struct weir_stat *stat)
{
	while (stat->n)
		weir_stat_drop(stat, stat->n - 1);
	free(stat->maps);
	weir_pins_free(stat->pins);
	weir_net_close(stat->net);
	*stat = (struct weir_stat){0};
}
