// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir map: many entries: import, export, diff, plan, apply. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/map.h"
#include "cli/out.h"
#include "cli/say.h"

struct bulk {
	struct weir_bulk_opts opts;
	struct weir_map_progress progress;
	char *value[1];
};

static void start(struct bulk *bulk, const struct weir_globals *globals,
		  const struct weir_map_config *cfg)
{
	*bulk = (struct bulk){.opts.size = sizeof(bulk->opts),
			      .opts.only_new = cfg->only_new,
			      .opts.merge = cfg->merge};
	bulk->value[0] = (char *)cfg->with;
	if (cfg->with) {
		bulk->opts.value = bulk->value;
		bulk->opts.n_value = 1;
	}
	bulk->opts.progress = weir_map_progress_start(&bulk->progress, globals);
	bulk->opts.ctx = &bulk->progress;
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
	weir_map_progress_end(&bulk.progress);
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

static int64_t compare(const struct weir_globals *globals, const struct weir_map_config *cfg)
{
	struct weir_dump_opts opts = {.size = sizeof(opts), .json = globals->json, .percpu = true};
	struct weir_changes *changes = NULL;
	struct weir_map_config other_cfg = *cfg;
	struct weir_map_line line, other = {.fd = -1};
	struct bulk bulk;
	int64_t n = weir_map_line_open(globals, cfg, NULL, &line);
	int err;

	start(&bulk, globals, cfg);
	other_cfg.map = cfg->other;
	if (!n && cfg->other.name)
		n = weir_map_line_open(globals, &other_cfg, NULL, &other);
	n = n ?: weir_changes_open(line.table, &opts, STDOUT_FILENO, &changes);
	if (!n && other.table)
		n = weir_table_diff(line.table, other.table, weir_changes_print, changes);
	else if (!n)
		n = weir_table_diff_file(line.table, cfg->path, &bulk.opts, weir_changes_print,
					 changes);
	weir_map_progress_end(&bulk.progress);
	err = weir_changes_close(changes);
	if (err && !weir_say_had_error())
		weir_out_say(err);
	n = err && n >= 0 ? err : n;
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
	if (n >= 0 && fchmod(fd, 0666 & ~mask))
		n = -errno;
	if (close(fd) && n >= 0)
		n = -errno;
	if (n >= 0 && rename(part, path))
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
				      .percpu = true,
				      .separator = weir_map_separator(cfg)};
	struct weir_map_progress progress;
	struct weir_map_line line;
	int err = weir_map_line_open(globals, cfg, NULL, &line);

	opts.progress = weir_map_progress_start(&progress, globals);
	opts.ctx = &progress;
	if (!err && !strcmp(cfg->path, "-"))
		err = weir_table_dump(line.table, &opts, STDOUT_FILENO) < 0 ? -EIO : 0;
	else if (!err)
		err = write_whole(line.table, &opts, cfg->path);
	weir_map_progress_end(&progress);
	weir_map_line_close(&line);
	return err;
}
