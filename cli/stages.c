// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What packets meet behind an attached program. In: the program. Out: those that it runs, and what
 * these run, in the order in which packets meet them.
 */
#include "cli/stages.h"

#include <errno.h>
#include <stdlib.h>

#include <linux/bpf.h>

#include "cli/step/gate.h"

/* libxdp has places for ten (MAX_DISPATCHER_ACTIONS), unless it was built otherwise. */
#define COMPONENTS_MAX 32

static int push(struct weir_stages *out, const struct weir_stage *stage)
{
	if (out->n == out->room) {
		size_t room = out->room ? 2 * out->room : 4;
		struct weir_stage *list = reallocarray(out->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		out->list = list;
		out->room = room;
	}
	out->list[out->n++] = *stage;
	return 0;
}

static const struct weir_stage *find(const struct weir_stages *known, uint32_t prog_id)
{
	for (size_t i = 0; known && i < known->n; i++)
		if (known->list[i].prog.id == prog_id)
			return &known->list[i];
	return NULL;
}

static int read_steps(const struct weir_prog *gate, const struct weir_stages *known,
		      struct weir_stages *out)
{
	int err = 0;

	for (int i = 0; weir_steps[i] && !err; i++) {
		struct weir_stage stage = {
			.kind = WEIR_STAGE_STEP, .step = weir_steps[i], .caller = *gate};
		const struct weir_stage *before;
		uint32_t slot_id, prog_id;

		if (weir_step_slot_of(gate, stage.step, &slot_id, &prog_id))
			continue;
		before = find(known, prog_id);
		if (before) {
			stage = *before;
		} else {
			if (weir_prog_by_id_quiet(prog_id, &stage.prog))
				continue;
			stage.n_counters = weir_step_counters(stage.step, slot_id, &stage.prog,
							      stage.counters);
		}
		err = push(out, &stage);
	}
	return err;
}

static int read_components(const struct weir_prog *dispatcher, const struct weir_stages *known,
			   struct weir_stages *out)
{
	struct weir_prog_part parts[COMPONENTS_MAX];
	int n = 0, err = 0;

	for (size_t i = 0; known && i < known->n && !err; i++)
		if (known->list[i].caller.id == dispatcher->id)
			err = push(out, &known->list[i]);
	if (known)
		return err;
	n = weir_prog_parts(dispatcher->id, parts, COMPONENTS_MAX);
	for (int i = 0; i < n && i < COMPONENTS_MAX && !err; i++) {
		struct weir_stage stage = {.kind = WEIR_STAGE_COMPONENT,
					   .caller = *dispatcher,
					   .link_id = parts[i].link_id};

		if (!weir_prog_by_id_quiet(parts[i].prog_id, &stage.prog))
			err = push(out, &stage);
	}
	return err;
}

static int read_called(const struct weir_prog *prog, const struct weir_stages *known,
		       struct weir_stages *out)
{
	if (weir_prog_is_gate(prog))
		return read_steps(prog, known, out);
	if (!prog->ours && prog->type == BPF_PROG_TYPE_XDP)
		return read_components(prog, known, out);
	return 0;
}

int weir_stages_read(const struct weir_prog *prog, const struct weir_stages *known,
		     struct weir_stages *out)
{
	struct weir_stage stage = {.kind = WEIR_STAGE_CAPTURED, .caller = *prog};
	int err;

	out->n = 0;
	if (weir_prog_captured(prog, &stage.prog))
		return read_called(prog, known, out);
	err = push(out, &stage);
	return err ?: read_called(&stage.prog, known, out);
}

void weir_stages_free(struct weir_stages *stages)
{
	free(stages->list);
	*stages = (struct weir_stages){0};
}

size_t weir_stage_n_maps(const struct weir_stage *stage)
{
	return stage->kind == WEIR_STAGE_STEP ? stage->n_counters : stage->prog.n_map_ids;
}

struct weir_step_counter weir_stage_map(const struct weir_stage *stage, size_t nth)
{
	if (stage->kind == WEIR_STAGE_STEP)
		return stage->counters[nth];
	return (struct weir_step_counter){.map_id = stage->prog.map_ids[nth]};
}

bool weir_stage_has_map(const struct weir_stage *stage, uint32_t map_id)
{
	for (size_t i = 0; i < weir_stage_n_maps(stage); i++)
		if (weir_stage_map(stage, i).map_id == map_id)
			return true;
	return false;
}
