/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a step's counters are called, which its set knows: the rules that they are of. */
#ifndef WEIR_CLI_STEP_NAMES_H
#define WEIR_CLI_STEP_NAMES_H

#include "cli/step/step.h"

struct weir_step_names {
	struct weir_entry_name *list; /* their texts are its own */
	size_t n, room;
	int err; /* of weir_step_names_add() */
};

/* @text is copied. Afterwards names->err is -ENOMEM if that failed. */
void weir_step_names_add(struct weir_step_names *names, uint32_t index, const char *text);
void weir_step_names_free(struct weir_step_names *names);

/* Names the entries of @ctrs, which are @of, if its step does. Nothing is logged when the
 * program is gone meanwhile: -ENOENT. */
int weir_step_name_counters(const struct weir_step_counter *of, struct weir_counters *ctrs);

/* Have the rules changed since? */
bool weir_step_counter_is_stale(const struct weir_step_counter *of);

#endif
