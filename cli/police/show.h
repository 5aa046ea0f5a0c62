/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set printed: as lines that load takes again, with what was counted, or as JSON. */
#ifndef WEIR_CLI_POLICE_SHOW_H
#define WEIR_CLI_POLICE_SHOW_H

#include "cli/command.h"
#include "cli/police/kernel.h"

/* @title: "eth0 xdp", or "set edge". */
int weir_police_show(const struct weir_globals *globals, const struct weir_slot *slot,
		     const char *title);
/* What a change would be: lines "- RULE" and "+ RULE", or a JSON array. */
void weir_police_show_changes(const struct weir_globals *globals, const struct weir_limits *old,
			      const struct weir_limits *wanted);

#endif
