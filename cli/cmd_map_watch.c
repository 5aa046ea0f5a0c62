// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir map watch. In: a map's entries at intervals. Out: a line for each that is new (+),
 * gone (-) or changed (~), with the growth of its numbers by the second.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/interval.h"
#include "cli/map.h"
#include "cli/out.h"

#define DEFAULT_INTERVAL_NS 1000000000ull

struct watching {
	const struct weir_globals *globals;
	struct weir_table *table;
	struct weir_dump_opts opts;
	uint8_t *rate;
	uint64_t last_ns;
	double seconds, time_s; /* since the last look; since 1970 */
};

/* "packets=5,bytes=700" by the second; NULL: not all of it is numbers. */
static const char *rate_of(struct watching *watch, const void *old, const void *now, char *buf,
			   size_t len)
{
	if (!old || !now || weir_table_rate(watch->table, old, now, watch->seconds, watch->rate))
		return NULL;
	weir_table_value_text(watch->table, watch->rate, buf, len);
	return buf;
}

static void print_text(const void *old, const void *now, const char *rate, const char *entry)
{
	printf("%c %s", !old ? '+' : !now ? '-' : '~', entry);
	if (rate)
		printf(" rate %s", rate);
	putchar('\n');
}

/* @entry is an object: its members join ours. */
static void print_json(const struct watching *watch, const void *old, const void *now,
		       const char *rate, const char *entry)
{
	printf("{\"time\":%.3f,\"change\":\"%s\",", watch->time_s,
	       !old   ? "new"
	       : !now ? "gone"
		      : "changed");
	if (rate)
		printf("\"rate\":\"%s\",", rate);
	printf("%s\n", entry + 1);
}

static int print_change(const void *key, const void *old, const void *now, void *ctx)
{
	struct watching *watch = ctx;
	char room[512], *entry;
	const char *rate = rate_of(watch, old, now, room, sizeof(room));
	int err = weir_table_entry_text(watch->table, &watch->opts, key, now ? now : old, &entry);

	if (err)
		return err;
	if (watch->globals->json)
		print_json(watch, old, now, rate, entry);
	else
		print_text(old, now, rate, entry);
	free(entry);
	return ferror(stdout) ? -EIO : 0;
}

static void note_time(struct watching *watch)
{
	uint64_t now_ns = weir_now_ns();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	watch->seconds = (double)(now_ns - watch->last_ns) / 1e9;
	watch->last_ns = now_ns;
	watch->time_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int look_often(struct watching *watching, struct weir_watch *watch,
		      const struct weir_map_config *cfg)
{
	struct weir_interval interval;
	int64_t n = weir_interval_start(&interval, cfg->interval_ns ?: DEFAULT_INTERVAL_NS);

	for (uint32_t i = 0; n >= 0; i++) {
		note_time(watching);
		n = weir_watch_look(watch, print_change, watching);
		if (n > 0 && fflush(stdout))
			n = -EIO;
		if (n < 0 || (cfg->reports && i == cfg->reports) || !weir_interval_wait(&interval))
			break;
	}
	return n < 0 ? (int)n : 0;
}

int weir_cmd_map_watch(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	struct watching watching = {.globals = globals};
	struct weir_watch *watch = NULL;
	struct weir_map_line line;
	int err = weir_map_line_open(globals, cfg, NULL, &line);

	watching.opts = (struct weir_dump_opts){
		.size = sizeof(watching.opts), .json = globals->json, .percpu = cfg->percpu};
	watching.table = line.table;
	if (!err)
		watching.rate = calloc(1, weir_table_value_bytes(line.table) + 8);
	if (!err && !watching.rate)
		err = -ENOMEM;
	err = err ?: weir_watch_open(line.table, &watch);
	err = err ?: look_often(&watching, watch, cfg);
	weir_watch_close(watch);
	free(watching.rate);
	weir_map_line_close(&line);
	return err;
}
