// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir map: many entries: import, export, diff, plan, apply. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/map.h"
#include "cli/out.h"
#include "cli/say.h"

/* ---- progress ------------------------------------------------------------ */

struct progress {
	struct timespec start;
	bool shown;
};

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void show_progress(uint64_t done, uint64_t of, void *ctx)
{
	struct progress *progress = ctx;

	if (seconds_since(&progress->start) < 1)
		return;
	progress->shown = true;
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries", done, of);
}

struct bulk {
	struct weir_bulk_opts opts;
	struct progress progress;
	char *value[1];
};

static void start(struct bulk *bulk, const struct weir_globals *globals,
		  const struct weir_map_config *cfg)
{
	*bulk = (struct bulk){.opts.size = sizeof(bulk->opts), .opts.only_new = cfg->only_new};
	bulk->value[0] = (char *)cfg->with;
	if (cfg->with) {
		bulk->opts.value = bulk->value;
		bulk->opts.n_value = 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &bulk->progress.start);
	if (isatty(STDERR_FILENO) && !globals->quiet) {
		bulk->opts.progress = show_progress;
		bulk->opts.ctx = &bulk->progress;
	}
}

static void end(const struct bulk *bulk)
{
	if (bulk->progress.shown)
		fputs("\r\033[K", stderr);
}

/* ---- import, apply ------------------------------------------------------- */

static int write_map(const struct weir_globals *globals, const struct weir_map_config *cfg,
		     int64_t (*run)(const struct weir_table *, const char *,
				    const struct weir_bulk_opts *))
{
	struct weir_map_line line;
	struct bulk bulk;
	int64_t n = weir_map_line_open(globals, cfg, NULL, &line);

	start(&bulk, globals, cfg);
	if (!n)
		n = run(line.table, cfg->path, &bulk.opts);
	end(&bulk);
	if (n >= 0 && globals->verbose)
		weir_say_note("%" PRId64 " entries written", n);
	weir_map_line_close(&line);
	return n < 0 ? (int)n : 0;
}

int weir_cmd_map_import(const struct weir_globals *globals, const union weir_config *cfg)
{
	return write_map(globals, &cfg->map, weir_table_import);
}

int weir_cmd_map_apply(const struct weir_globals *globals, const union weir_config *cfg)
{
	return write_map(globals, &cfg->map, weir_table_apply);
}

/* ---- diff, plan ---------------------------------------------------------- */

struct differences {
	const struct weir_globals *globals;
	struct weir_dump_opts opts;
	struct weir_table *table;
};

static int print_one(struct differences *diff, char sign, const void *key, const void *value)
{
	char mark[] = {sign, ' '};

	if (!diff->globals->json && write(STDOUT_FILENO, mark, sizeof(mark)) < 0)
		return -errno;
	return weir_table_print(diff->table, &diff->opts, key, value, STDOUT_FILENO);
}

/* A line for what is there, one for what is wanted. In JSON an object a line, without
 * signs: {"old": ..., "new": ...} would need its own form, so each is an entry of dump. */
static int print_difference(const void *key, const void *old, const void *wanted, void *ctx)
{
	struct differences *diff = ctx;
	int err = old ? print_one(diff, '-', key, old) : 0;

	return !err && wanted ? print_one(diff, '+', key, wanted) : err;
}

static int64_t compare(const struct weir_globals *globals, const struct weir_map_config *cfg)
{
	struct differences diff = {.globals = globals};
	struct weir_map_config other_cfg = *cfg;
	struct weir_map_line line, other = {.fd = -1};
	struct bulk bulk;
	int64_t n = weir_map_line_open(globals, cfg, NULL, &line);

	start(&bulk, globals, cfg);
	diff.opts = (struct weir_dump_opts){.size = sizeof(diff.opts), .percpu = true};
	diff.table = line.table;
	other_cfg.map = cfg->other;
	if (!n && cfg->other.name)
		n = weir_map_line_open(globals, &other_cfg, NULL, &other);
	if (!n && other.table)
		n = weir_table_diff(line.table, other.table, print_difference, &diff);
	else if (!n)
		n = weir_table_diff_file(line.table, cfg->path, &bulk.opts, print_difference,
					 &diff);
	end(&bulk);
	weir_map_line_close(&other);
	weir_map_line_close(&line);
	return n;
}

int weir_cmd_map_diff(const struct weir_globals *globals, const union weir_config *cfg)
{
	int64_t n = compare(globals, &cfg->map);

	return n < 0 ? (int)n : n ? WEIR_EXIT_DIFFERS : 0;
}

int weir_cmd_map_plan(const struct weir_globals *globals, const union weir_config *cfg)
{
	int64_t n = compare(globals, &cfg->map);

	return n < 0 ? (int)n : 0;
}

/* ---- export -------------------------------------------------------------- */

static int write_whole(const struct weir_table *table, const struct weir_dump_opts *opts,
		       const char *path)
{
	char *part;
	mode_t mask;
	int64_t n;
	int fd;

	if (asprintf(&part, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0) {
		n = -errno;
		weir_say_error("%s: cannot create: %s", path, strerror(errno));
		free(part);
		return (int)n;
	}
	mask = umask(0);
	umask(mask);
	n = weir_table_dump(table, opts, fd);
	if (n >= 0 && (fchmod(fd, 0666 & ~mask) || close(fd) || rename(part, path)))
		n = -errno;
	if (n < 0) {
		if (!weir_say_had_error())
			weir_say_error("%s: cannot write: %s", path, strerror((int)-n));
		unlink(part);
	}
	free(part);
	return n < 0 ? (int)n : 0;
}

int weir_cmd_map_export(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	struct weir_dump_opts opts = {.size = sizeof(opts),
				      .json = globals->json,
				      .pretty = globals->pretty,
				      .percpu = true};
	struct weir_map_line line;
	int err = weir_map_line_open(globals, cfg, NULL, &line);

	if (!err && !strcmp(cfg->path, "-"))
		err = weir_table_dump(line.table, &opts, STDOUT_FILENO) < 0 ? -EIO : 0;
	else if (!err)
		err = write_whole(line.table, &opts, cfg->path);
	weir_map_line_close(&line);
	return err;
}
