/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gates on interfaces: what calls the slots of steps. */
#ifndef WEIR_CLI_STEP_GATE_H
#define WEIR_CLI_STEP_GATE_H

#include "cli/step/step.h"
#include "maps/gate.h"

/* Is @prog one of weir's gates? */
bool weir_prog_is_gate(const struct weir_prog *prog);

/* Where a gate stands, or shall. */
struct weir_gate_place {
	struct weir_net *net;
	const char *dev;
	enum weir_hook hook;
	enum weir_xdp_mode mode;
	bool tcx, force;
};

/* A gate to a set of @step on @hook of @dev: the id of the set's program array. -ENOENT, not
 * logged. @hook NONE: any, which is written; -ENOTUNIQ: several, logged. */
int weir_gate_find(struct weir_net *net, const char *dev, const struct weir_step *step,
		   enum weir_hook *hook, uint32_t *slot_id);
/* From here on packets at the place meet @slot's set, too. At XDP it joins the steps that are
 * there; their gate is exchanged in one step. Another program there stays, -EEXIST, but with
 * force. Logged. */
int weir_gate_add(const struct weir_gate_place *place, const struct weir_slot *slot);
/* They meet @step no longer; the others stay. Logged. */
int weir_gate_remove(const struct weir_gate_place *place, const struct weir_step *step);

#endif
