/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* weir inspect: what it asks of a network card. */
#ifndef WEIR_CLI_INSPECT_H
#define WEIR_CLI_INSPECT_H

#include "cli/command.h"
#include "cli/out.h"
#include "loader/weir.h"

/* Prints which programs of @obj the card of cfg->dev takes, and why not; into @json as member
 * "offload", or as text (NULL). 0 also when it takes none. */
int weir_inspect_dev(const struct weir_globals *globals, const struct weir_inspect_config *cfg,
		     const struct weir_object *obj, struct weir_json *json);

#endif
