// SPDX-License-Identifier: LGPL-2.1-or-later
/* Forwarding as a step. */
#include "cli/step/step.h"
#include "maps/forward.h"

const struct weir_step weir_step_forward = {
	.name = "forward",
	.label = "weir-forward",
	.how = "weir forward dev DEV on begins",
	.slot_map = "forward_slot",
	.reasons = "weir_forward",
	.counters = {"weir_forward_to", "weir_fwd_to_far"},
	.progs = {"forward_xdp", "forward_xdp_frags", "forward_tc"},
	.lost_reason = WEIR_FORWARD_NO_SET,
};
