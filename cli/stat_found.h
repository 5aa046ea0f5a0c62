/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps that weir stat may report. */
#ifndef WEIR_CLI_STAT_FOUND_H
#define WEIR_CLI_STAT_FOUND_H

#include "cli/stat.h"

/* By their ids, each once; with the step whose counters they are, where they are. */
struct weir_found {
	struct weir_step_counter *list;
	size_t n, room;
};

/* Adds those of @stat's interface, or of all and all that are pinned. An error line is said, but
 * for -ENOMEM. */
int weir_stat_find(const struct weir_stat *stat, struct weir_found *set);
/* NULL: it is none of them. */
const struct weir_step_counter *weir_found_at(const struct weir_found *set, uint32_t id);
void weir_found_free(struct weir_found *set);

#endif
