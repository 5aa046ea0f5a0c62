/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BPF objects that are part of the command, opened. */
#ifndef WEIR_CLI_STEP_EMBED_H
#define WEIR_CLI_STEP_EMBED_H

#include "cli/step/step.h"
#include "loader/embed.h"

/* Opens @object and chooses its program @prog of @kind. Logged. */
int weir_embedded_open(const struct weir_embedded *object, enum weir_step_kind kind,
		       const char *prog, struct weir_object **out);

#endif
