/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often programs run: rates of what the kernel counts for each program. */
#ifndef WEIR_CLI_TOP_RUNS_H
#define WEIR_CLI_TOP_RUNS_H

#include <stdint.h>

#include "cli/board/snap.h"

struct weir_runs_of {
	uint32_t id;
	uint64_t runs, since_ns; /* when they were read */
	double rate;
};

struct weir_runs {
	struct weir_runs_of *progs; /* by id */
	uint32_t n;
};

/* The next snapshot. -ENOMEM: the rates are as they were. */
int weir_runs_take(struct weir_runs *runs, const struct weir_snap *snap);
/* By the second; 0 also when it is not known. */
double weir_runs_rate(const struct weir_runs *runs, uint32_t id);
void weir_runs_free(struct weir_runs *runs);

#endif
