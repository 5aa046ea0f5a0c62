// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * In: snapshots. Out: runs by the second of each program.
 * A collector that has seen any looks at them each time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top/runs.h"

static int by_id(const void *a, const void *b)
{
	const struct weir_runs_of *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

static struct weir_runs_of *find(const struct weir_runs *runs, uint32_t id)
{
	struct weir_runs_of key = {.id = id};

	return runs->n ? bsearch(&key, runs->progs, runs->n, sizeof(key), by_id) : NULL;
}

static struct weir_runs_of next_of(const struct weir_runs_of *old,
				   const struct weir_snap_prog *prog, uint64_t now_ns)
{
	struct weir_runs_of next = {.id = prog->id, .runs = prog->runs, .since_ns = now_ns};
	uint64_t for_ns;

	if (!old || prog->runs < old->runs)
		return next;
	for_ns = now_ns - old->since_ns;
	next.rate = for_ns ? (double)(prog->runs - old->runs) / ((double)for_ns / 1e9) : 0;
	return next;
}

int weir_runs_take(struct weir_runs *runs, const struct weir_snap *snap)
{
	struct weir_runs next = {.progs = calloc(snap->n_progs + 1, sizeof(*next.progs))};

	if (!next.progs)
		return -ENOMEM;
	for (uint32_t i = 0; i < snap->n_progs; i++) {
		const struct weir_snap_prog *prog = &snap->progs[i];

		if (prog->has_runs)
			next.progs[next.n++] = next_of(find(runs, prog->id), prog, snap->time_ns);
	}
	qsort(next.progs, next.n, sizeof(*next.progs), by_id);
	free(runs->progs);
	*runs = next;
	return 0;
}

double weir_runs_rate(const struct weir_runs *runs, uint32_t id)
{
	const struct weir_runs_of *prog = find(runs, id);

	return prog ? prog->rate : 0;
}

void weir_runs_free(struct weir_runs *runs)
{
	free(runs->progs);
	*runs = (struct weir_runs){0};
}
