// SPDX-License-Identifier: LGPL-2.1-or-later
/* The limiter as a step. */
#include "cli/police/kernel.h"
#include "cli/step/names.h"
#include "maps/police.h"

struct naming {
	const struct weir_police_set *set;
	struct weir_step_names *names;
};

static void add_name(const struct weir_filter_rule *rule, void *ctx)
{
	const struct naming *naming = ctx;
	char text[WEIR_LIMIT_TEXT_MAX];

	if (rule->counter < naming->set->n)
		weir_step_names_add(
			naming->names, rule->counter,
			weir_limit_text(rule, &naming->set->policies[rule->counter], text));
}

static int name_limits(uint32_t prog_id, struct weir_step_names *names)
{
	const struct weir_slot slot = {.prog_id = prog_id};
	struct weir_police_set set = {0};
	const struct weir_filter_rule rest = {.counter = WEIR_POLICE_REST};
	struct naming naming = {&set, names};
	int err = weir_police_read(&slot, &set);

	if (!err && weir_police_has_rest(&set))
		add_name(&rest, &naming);
	if (!err)
		weir_set_each_shown(&set.set, add_name, &naming);
	weir_police_set_free(&set);
	return err;
}

const struct weir_step weir_step_police = {
	.name = "police",
	.label = "weir-police",
	.how = "a first rule attaches it: weir police dev DEV limit rate RATE",
	.slot_map = "police_slot",
	.reasons = "weir_police",
	.counters = {"weir_conform", "weir_exceed"},
	.names = name_limits,
	.progs = {"police_xdp", "police_xdp_frags", "police_tc"},
	.lost_reason = WEIR_POLICE_PASS_NO_RULES,
};
