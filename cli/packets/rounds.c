// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rounds of runs. The kernel measures: the mean over the runs of a call, in whole nanoseconds;
 * hence several calls, and their mean. Of single runs the median: each has the clock's own
 * cost in it, which bare has, too.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/rounds.h"

#define CALLS	    8
#define SINGLES_MAX 1001

enum { BARE, MEASURED, BARE_AGAIN, CONTENDERS };

struct figures {
	bool other_verdicts;
	double ns[CONTENDERS][WEIR_ROUNDS_MAX];
};

static int by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* What @part of the sorted @values is below. Sorts. */
static double quantile(double *values, uint32_t n, double part)
{
	qsort(values, n, sizeof(*values), by_size);
	return values[(uint32_t)(part * (n - 1) + 0.5)];
}

static int run_once(const struct weir_rounds *rounds, int fd, uint32_t repeat,
		    struct figures *figures, double *ns)
{
	struct weir_run run = rounds->run;
	int err;

	run.repeat = repeat;
	do {
		err = weir_prog_run(fd, rounds->prog_type, &run);
	} while (err == -EINTR);
	*ns = run.duration_ns;
	if (!err && fd == rounds->measured_fd && run.verdict != rounds->verdict)
		figures->other_verdicts = true;
	return err;
}

static int measure(const struct weir_rounds *rounds, int who, struct figures *figures, double *out)
{
	int fd = who == MEASURED ? rounds->measured_fd : rounds->bare_fd, err = 0;
	uint32_t calls = rounds->single ? rounds->runs : CALLS;
	double ns[SINGLES_MAX] = {0}, sum = 0;

	if (calls > SINGLES_MAX)
		calls = SINGLES_MAX;
	for (uint32_t i = 0; i < calls && !err; i++) {
		err = run_once(rounds, fd, rounds->single ? 1 : rounds->runs / CALLS, figures,
			       &ns[i]);
		sum += err ? 0 : ns[i];
	}
	if (!err)
		*out = rounds->single ? quantile(ns, calls, 0.5) : sum / calls;
	return err;
}

static void sum_up(struct figures *figures, uint32_t n, struct weir_rounds_result *out)
{
	double net[WEIR_ROUNDS_MAX] = {0}, noise[WEIR_ROUNDS_MAX] = {0};

	for (uint32_t i = 0; i < n; i++) {
		net[i] = figures->ns[MEASURED][i] - figures->ns[BARE][i];
		noise[i] = fabs(figures->ns[BARE_AGAIN][i] - figures->ns[BARE][i]);
	}
	*out = (struct weir_rounds_result){
		.bare_ns = quantile(figures->ns[BARE], n, 0.5),
		.net_ns = quantile(net, n, 0.5),
		.net_low_ns = quantile(net, n, 0.1),
		.net_high_ns = quantile(net, n, 0.9),
		.other_verdicts = figures->other_verdicts,
		.noise_ns = quantile(noise, n, 0.9),
	};
}

int weir_rounds_measure(const struct weir_rounds *rounds, struct weir_rounds_result *out)
{
	struct figures *figures = calloc(1, sizeof(*figures));
	double warm;
	int err = figures ? 0 : -ENOMEM;

	/* pages, caches */
	err = err ? err : measure(rounds, BARE, figures, &warm);
	err = err ? err : measure(rounds, MEASURED, figures, &warm);
	for (uint32_t i = 0; i < rounds->rounds && !err; i++)
		for (uint32_t k = 0; k < CONTENDERS && !err; k++)
			err = measure(rounds, (int)((i + k) % CONTENDERS), figures,
				      &figures->ns[(i + k) % CONTENDERS][i]);
	if (!err)
		sum_up(figures, rounds->rounds, out);
	free(figures);
	return err;
}
