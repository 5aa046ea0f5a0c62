// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which maps there are to look at. In: an interface, or nothing. Out: maps of the programs that
 * are attached, and of those that these run; without an interface also all that are pinned.
 */
#include "cli/stat_found.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cli/say.h"
#include "cli/stages.h"

static size_t id_place(const struct weir_found *set, uint32_t id)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->list[mid].map_id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct weir_step_counter *weir_found_at(const struct weir_found *set, uint32_t id)
{
	size_t at = id_place(set, id);

	return at < set->n && set->list[at].map_id == id ? &set->list[at] : NULL;
}

static int map_add(struct weir_found *set, const struct weir_step_counter *map)
{
	size_t at = id_place(set, map->map_id);

	if (weir_found_at(set, map->map_id))
		return 0;
	if (set->n == set->room) {
		size_t room = set->room ? 2 * set->room : 64;
		struct weir_step_counter *list = reallocarray(set->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		set->list = list;
		set->room = room;
	}
	memmove(set->list + at + 1, set->list + at, (set->n - at) * sizeof(*set->list));
	set->list[at] = *map;
	set->n++;
	return 0;
}

static int id_add(struct weir_found *set, uint32_t id)
{
	const struct weir_step_counter map = {.map_id = id};

	return map_add(set, &map);
}

static int add_stage(struct weir_found *set, const struct weir_stage *stage)
{
	int err = 0;

	for (size_t i = 0; i < weir_stage_n_maps(stage) && !err; i++) {
		struct weir_step_counter map = weir_stage_map(stage, i);

		err = map_add(set, &map);
	}
	return err;
}

static int add_attached(const struct weir_attachment *at, void *ctx)
{
	struct weir_stages stages = {0};
	int err = 0;

	if (!at->has_prog)
		return 0;
	for (size_t i = 0; i < at->prog.n_map_ids && !err; i++)
		err = id_add(ctx, at->prog.map_ids[i]);
	err = err ?: weir_stages_read(&at->prog, NULL, &stages);
	for (size_t i = 0; i < stages.n && !err; i++)
		err = add_stage(ctx, &stages.list[i]);
	weir_stages_free(&stages);
	return err;
}

/* Maps of the programs on all interfaces, or on the one that is meant, as it is called now. */
static int find_attached(const struct weir_stat *stat, struct weir_found *set)
{
	char dev[IF_NAMESIZE];
	int err;

	if (!stat->ifindex)
		return weir_query(stat->net, NULL, add_attached, set);
	err = weir_net_ifname(stat->net, stat->ifindex, dev);
	if (!err)
		return weir_query(stat->net, dev, add_attached, set);
	weir_say_error("the interface with index %d is gone", stat->ifindex);
	return err;
}

static int find_pinned(const struct weir_pins *pins, struct weir_found *set)
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

int weir_stat_find(const struct weir_stat *stat, struct weir_found *set)
{
	int err = find_attached(stat, set);

	return err || stat->ifindex ? err : find_pinned(stat->pins, set);
}

void weir_found_free(struct weir_found *set)
{
	free(set->list);
	*set = (struct weir_found){0};
}
