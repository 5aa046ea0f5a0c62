/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* weir top: interfaces, programs and counters on a terminal. */
#ifndef WEIR_CLI_TOP_TOP_H
#define WEIR_CLI_TOP_TOP_H

#include "cli/command.h"

int weir_top_run(const struct weir_globals *globals, const union weir_config *cfg);

#endif
