/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set printed: as lines that load takes again, with what was counted, or as JSON. */
#ifndef WEIR_CLI_FILTER_SHOW_H
#define WEIR_CLI_FILTER_SHOW_H

#include "cli/command.h"
#include "cli/filter/kernel.h"

/* @title: "eth0 xdp", or "set edge". */
int weir_ruleset_show(const struct weir_globals *globals, const struct weir_slot *slot,
		      const char *title);
/* What a change would be: lines "- RULE" and "+ RULE", or a JSON array. */
void weir_ruleset_show_changes(const struct weir_globals *globals, const struct weir_set *old,
			       const struct weir_set *wanted);

#endif
