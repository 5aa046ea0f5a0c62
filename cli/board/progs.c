// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Programs of an interface. In: a look, with what each program runs. Out: programs of a snapshot
 * in the order in which packets meet them, each with its counter maps.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/board/progs.h"
#include "cli/names.h"

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

/* If map @id is a counter map. */
static int add_ref(const struct weir_look *look, struct weir_snap *snap,
		   struct weir_snap_prog *prog, uint32_t id)
{
	const struct weir_watched *map = weir_look_map(look, id);

	if (!map || !map->in_snap)
		return 0;
	if (weir_snap_add_ref(snap, map->number))
		return weir_board_no_memory();
	prog->n_refs++;
	return 0;
}

/* Its maps are added behind it. NULL: no memory, logged. */
static struct weir_snap_prog *next_prog(struct weir_snap *snap, uint32_t dev, enum weir_hook hook,
					const char *how)
{
	struct weir_snap_prog *prog = weir_snap_add_prog(snap);

	if (!prog) {
		(void)weir_board_no_memory();
		return NULL;
	}
	prog->dev = dev;
	prog->hook = weir_snap_add_text(snap, weir_hook_name(hook));
	prog->how = weir_snap_add_text(snap, how);
	prog->first_ref = snap->n_refs;
	snap->devs[dev].n_progs++;
	return prog;
}

/* A gate has counters of its steps: they are theirs. */
static bool is_of_step(const struct weir_stages *stages, uint32_t map_id)
{
	for (size_t i = 0; i < stages->n; i++)
		if (stages->list[i].kind == WEIR_STAGE_STEP &&
		    weir_stage_has_map(&stages->list[i], map_id))
			return true;
	return false;
}

static int add_stage(const struct weir_look *look, struct weir_snap *snap, uint32_t dev,
		     enum weir_hook hook, const struct weir_stages *stages, size_t nth)
{
	const struct weir_stage *stage = &stages->list[nth];
	char how[sizeof("behind ") + sizeof(stage->caller.name)];
	struct weir_snap_prog *prog;
	int err = 0;

	snprintf(how, sizeof(how), "behind %s", stage->caller.name);
	prog = next_prog(snap, dev, hook, how);
	if (!prog)
		return -ENOMEM;
	prog->name = weir_snap_add_text(snap, stage->prog.name);
	prog->id = stage->prog.id;
	for (size_t i = 0; i < weir_stage_n_maps(stage) && !err; i++) {
		uint32_t id = weir_stage_map(stage, i).map_id;

		if (stage->kind == WEIR_STAGE_STEP || !is_of_step(stages, id))
			err = add_ref(look, snap, prog, id);
	}
	return err;
}

static int add_attached(const struct weir_look *look, struct weir_snap *snap, uint32_t dev,
			size_t nth)
{
	const struct weir_attachment *at = &look->now.items[nth];
	const struct weir_stages *stages = &look->now.stages[nth];
	struct weir_snap_prog *prog;
	char how[64];
	int err = 0;

	say_how(at, how, sizeof(how));
	prog = next_prog(snap, dev, at->hook, how);
	if (!prog)
		return -ENOMEM;
	prog->name = weir_snap_add_text(snap, at->has_prog ? at->prog.name : at->kind);
	prog->id = at->prog.id;
	prog->has_runs = look->has_runs && at->prog.run_count;
	prog->runs = at->prog.run_count;
	prog->run_time_ns = at->prog.run_time_ns;
	for (size_t i = 0; i < at->prog.n_map_ids && !err; i++)
		if (!is_of_step(stages, at->prog.map_ids[i]))
			err = add_ref(look, snap, prog, at->prog.map_ids[i]);
	for (size_t i = 0; i < stages->n && !err; i++)
		err = add_stage(look, snap, dev, at->hook, stages, i);
	return err;
}

int weir_look_add_progs(const struct weir_look *look, struct weir_snap *snap, uint32_t dev)
{
	int err = 0;

	for (size_t i = 0; i < look->now.n && !err; i++)
		if (look->now.items[i].ifindex == snap->devs[dev].ifindex)
			err = add_attached(look, snap, dev, i);
	return err;
}
