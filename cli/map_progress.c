// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How far long work on a map is. In: numbers, now and then. Out: a line on standard error that
 * replaces itself, where that is a terminal and the work takes more than a second.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/interval.h"
#include "cli/map.h"

#define PATIENCE_NS 1000000000u

static void show(const char *what, uint64_t done, uint64_t of, void *ctx)
{
	struct weir_map_progress *progress = ctx;

	if (weir_now_ns() - progress->start_ns < PATIENCE_NS)
		return;
	progress->shown = true;
	fprintf(stderr, "\r\033[K%s: %" PRIu64, what, done);
	if (of)
		fprintf(stderr, " of %" PRIu64, of);
	fputs(" entries", stderr);
}

weir_progress_fn weir_map_progress_start(struct weir_map_progress *progress,
					 const struct weir_globals *globals)
{
	*progress = (struct weir_map_progress){.start_ns = weir_now_ns()};
	return isatty(STDERR_FILENO) && !globals->quiet ? show : NULL;
}

void weir_map_progress_end(const struct weir_map_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}
