// SPDX-License-Identifier: LGPL-2.1-or-later
/* The filter as a step. */
#include "cli/rules/maps.h"
#include "cli/step/names.h"
#include "maps/filter.h"

struct naming {
	struct weir_step_names *names;
	uint32_t shared; /* bits: those that have a name */
};

static void add_name(const struct weir_filter_rule *rule, void *ctx)
{
	struct naming *naming = ctx;
	char text[WEIR_RULE_TEXT_MAX];

	if (rule->counter >= WEIR_SHARED_COUNTERS) {
		weir_step_names_add(naming->names, rule->counter, weir_rule_text(rule, text));
	} else if (!(naming->shared >> rule->counter & 1)) {
		naming->shared |= 1u << rule->counter;
		weir_step_names_add(naming->names, rule->counter,
				    weir_shared_text(rule->counter, text));
	}
}

static int name_rules(uint32_t prog_id, struct weir_step_names *names)
{
	struct naming naming = {.names = names};
	struct weir_set set = {0};
	int err = weir_rules_read(prog_id, &set);

	if (!err)
		weir_set_each_shown(&set, add_name, &naming);
	weir_set_free(&set);
	return err;
}

const struct weir_step weir_step_filter = {
	.name = "filter",
	.label = "weir-filter",
	.how = "a first rule attaches it: weir filter dev DEV deny src PREFIX",
	.slot_map = "filter_slot",
	.reasons = "weir_filter",
	.counters = {"weir_filter_hit"},
	.names = name_rules,
	.progs = {"filter_xdp", "filter_xdp_frags", "filter_tc"},
	.lost_reason = WEIR_FILTER_DROP_NO_RULES,
	.lost_drops = true,
};
