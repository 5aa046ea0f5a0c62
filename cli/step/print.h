/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a step has, and has counted, on standard output: as text, or into @json, which is then not
 * NULL. */
#ifndef WEIR_CLI_STEP_PRINT_H
#define WEIR_CLI_STEP_PRINT_H

#include "cli/out.h"
#include "maps/weir_map.h"

/* Two members of the object that is open, or "N packets N bytes" without an end of line. */
void weir_step_print_count(struct weir_json *json, struct weir_count count);
/* Reads @reasons. An object for each, or a line "# NAME: N packets N bytes" for each that has
 * counted. Logged. */
int weir_step_print_reasons(struct weir_json *json, struct weir_counters *reasons);

/* "# eth0 xdp: 2 rules" without an end of line. */
void weir_step_print_title(const char *title, size_t n_rules);

#endif
