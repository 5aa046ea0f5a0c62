/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a change of a set would be, on standard output: lines "- RULE" and "+ RULE", or a JSON
 * array. */
#ifndef WEIR_CLI_RULES_CHANGES_H
#define WEIR_CLI_RULES_CHANGES_H

#include <stdbool.h>

#include "cli/command.h"
#include "cli/out.h"

struct weir_changes {
	struct weir_json json;
	bool as_json;
	bool is_new; /* the lines that follow: the set would have them, and has not */
};

void weir_changes_start(struct weir_changes *changes, const struct weir_globals *globals);
void weir_changes_line(struct weir_changes *changes, const char *text);
void weir_changes_end(struct weir_changes *changes);

#endif
