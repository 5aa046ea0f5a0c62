// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets in the kernel, replaced in one step: tables, a program that uses them, the switch. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/filter/kernel.h"
#include "cli/rules/maps.h"
#include "cli/say.h"
#include "cli/step/embed.h"

WEIR_EMBED(filter_object, "filter.o", WEIR_FILTER_OBJECT);

int weir_ruleset_hits(const struct weir_slot *slot)
{
	int fd = weir_slot_map(slot, "weir_filter_hit");

	if (fd < 0)
		weir_say_error("filter: program id %u: its rules have no counters: %s",
			       slot->prog_id, strerror(-fd));
	return fd;
}

/* With the counters of the set where it is in the kernel already. */
static int load(const struct weir_slot *slot, struct weir_object *obj, const struct weir_set *set,
		const struct weir_tables *tables, bool verify_only)
{
	struct weir_load_map maps[2];
	struct weir_rules_load load = {
		.set = set,
		.tables = tables,
		.consts = &tables->config,
		.consts_bytes = sizeof(tables->config),
		.maps = maps,
		.verify_only = verify_only,
	};
	int hit_fd = -1, err;

	if (slot->fd >= 0) {
		hit_fd = weir_ruleset_hits(slot);
		if (hit_fd < 0)
			return hit_fd;
		maps[load.n_maps++] =
			(struct weir_load_map){.name = "weir_filter", .fd = slot->reason_fd};
		maps[load.n_maps++] =
			(struct weir_load_map){.name = "weir_filter_hit", .fd = hit_fd};
	}
	err = weir_rules_load(obj, &load);
	if (hit_fd >= 0)
		close(hit_fd);
	return err;
}

static int put(struct weir_slot *slot, const struct weir_object *obj, const uint64_t *fresh)
{
	int err = weir_rules_zero(weir_step_object_map(obj, "weir_filter_hit"), fresh);

	return err
		       ?: weir_slot_put(slot, weir_object_prog_fd(obj),
					weir_step_object_map(obj, "weir_filter"));
}

static int build_and_load(struct weir_slot *slot, struct weir_set *set, const struct weir_set *old,
			  bool try)
{
	uint64_t fresh[WEIR_FILTER_COUNTERS / 64] = {0};
	struct weir_object *obj = NULL;
	struct weir_tables tables;
	int err;

	weir_set_number(set, old, fresh);
	err = weir_tables_build(set, &tables);
	if (err)
		return err;
	err = weir_embedded_open(&filter_object, slot->kind, slot->step->progs[slot->kind], &obj);
	err = err ?: load(slot, obj, set, &tables, try);
	if (!err && !try)
		err = put(slot, obj, fresh);
	weir_object_close(obj);
	weir_tables_free(&tables);
	return err;
}

int weir_ruleset_write(struct weir_slot *slot, struct weir_set *set, const struct weir_set *old)
{
	return build_and_load(slot, set, old, false);
}

int weir_ruleset_try(const struct weir_slot *slot, struct weir_set *set)
{
	struct weir_slot own = *slot;

	return build_and_load(&own, set, NULL, true);
}
