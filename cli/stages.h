/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an attached program runs: the steps of a gate, the components of libxdp's dispatcher, the
 * program in whose place weir capture stands. Packets meet them behind it, in their order.
 */
#ifndef WEIR_CLI_STAGES_H
#define WEIR_CLI_STAGES_H

#include "cli/step/step.h"
#include "loader/weir.h"

enum weir_stage_kind { WEIR_STAGE_CAPTURED, WEIR_STAGE_STEP, WEIR_STAGE_COMPONENT };

struct weir_stage {
	enum weir_stage_kind kind;
	struct weir_prog prog;
	struct weir_prog caller; /* runs it: the attached program, or a stage before */
	uint32_t link_id;	 /* of a component */
	/* of a step */
	const struct weir_step *step;
	struct weir_step_counter counters[WEIR_STEP_COUNTERS_ALL];
	size_t n_counters;
};

struct weir_stages {
	struct weir_stage *list;
	size_t n, room;
};

/* What @prog runs, into @out, whose former list goes. @known (NULL: nothing is) is what the same
 * program ran at an earlier look: programs among it are not read again, and a dispatcher has the
 * components that it had. A program that cannot be read is left out. -ENOMEM, not logged. */
int weir_stages_read(const struct weir_prog *prog, const struct weir_stages *known,
		     struct weir_stages *out);
void weir_stages_free(struct weir_stages *stages);

/* How many maps of a stage people look at, and the @nth: of a step its counters, of other
 * programs all maps. */
size_t weir_stage_n_maps(const struct weir_stage *stage);
struct weir_step_counter weir_stage_map(const struct weir_stage *stage, size_t nth);
/* Is map @map_id one of them? */
bool weir_stage_has_map(const struct weir_stage *stage, uint32_t map_id);

#endif
