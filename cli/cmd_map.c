// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir map: entries read and changed, one or all. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/map.h"
#include "cli/out.h"
#include "cli/say.h"

/* ---- read ---------------------------------------------------------------- */

static struct weir_dump_opts dump_opts(const struct weir_globals *globals,
				       const struct weir_map_config *cfg)
{
	return (struct weir_dump_opts){
		.size = sizeof(struct weir_dump_opts),
		.json = globals->json,
		.pretty = globals->pretty,
		.percpu = cfg->percpu,
		.within = cfg->within,
		.sort = cfg->sort,
		.limit = cfg->limit,
		.fields = cfg->fields,
		.separator = weir_map_separator(cfg),
		.inner = cfg->inner_maps,
	};
}

/* stdout is closed, or full: said by weir_out_finish() for stdio, here for ours. */
static int finish(int64_t ret)
{
	if (ret == -EPIPE || ret == -ENOSPC || ret == -EIO || ret == -EBADF)
		weir_out_say((int)ret);
	return ret < 0 ? (int)ret : 0;
}

int weir_cmd_map_dump(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	struct weir_dump_opts opts = dump_opts(globals, cfg);
	struct weir_condition where[WEIR_CONDITIONS_MAX];
	struct weir_map_progress progress;
	struct weir_map_line line;
	int err = weir_map_line_open(globals, cfg, NULL, &line);

	for (uint32_t i = 0; i < cfg->where.n; i++)
		where[i] = (struct weir_condition){cfg->where.words[i][0], cfg->where.words[i][1],
						   cfg->where.words[i][2]};
	opts.where = where;
	opts.n_where = cfg->where.n;
	(void)fflush(stdout);
	/* entries on a terminal are their own progress */
	opts.progress = weir_map_progress_start(&progress, globals);
	opts.ctx = &progress;
	if (isatty(STDOUT_FILENO))
		opts.progress = NULL;
	if (!err)
		err = finish(weir_table_dump(line.table, &opts, STDOUT_FILENO));
	weir_map_progress_end(&progress);
	weir_map_line_close(&line);
	return err;
}

int weir_cmd_map_get(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	struct weir_dump_opts opts = dump_opts(globals, cfg);
	struct weir_entry_words words;
	struct weir_map_line line;
	int err;

	if (weir_entry_split("get", &cfg->words, WEIR_PLAIN_KEY, &words))
		return WEIR_EXIT_USAGE;
	opts.percpu |= words.percpu;
	err = weir_map_line_open(globals, cfg, &words, &line);
	err = err ?: weir_table_read_key(line.table, words.key, words.n_key, line.key);
	err = err ?: weir_table_get(line.table, line.key, line.value);
	/* an address stands for the prefix that it falls under */
	if (!err && weir_table_map(line.table)->type == WEIR_MAP_TYPE_LPM_TRIE)
		(void)weir_table_match(line.table, line.key, line.key);
	if (!err)
		err = finish(
			weir_table_print(line.table, &opts, line.key, line.value, STDOUT_FILENO));
	weir_map_line_close(&line);
	return err;
}

/* ---- change -------------------------------------------------------------- */

/* A part of a value needs the rest of it. */
static int read_present(const struct weir_map_line *line, const struct weir_entry_words *words,
			enum weir_put how)
{
	if (how == WEIR_PUT_NEW ||
	    weir_table_value_is_whole(line->table, words->value, words->n_value))
		return 0;
	return weir_table_peek(line->table, line->key, line->value) == -ENOENT &&
			       how == WEIR_PUT_PRESENT
		       ? weir_table_get(line->table, line->key, line->value)
		       : 0;
}

static int put(const struct weir_globals *globals, const struct weir_map_config *cfg,
	       const char *verb, enum weir_put how)
{
	struct weir_entry_words words;
	struct weir_map_line line;
	int err;

	if (weir_entry_split(verb, &cfg->words, WEIR_PLAIN_BOTH, &words))
		return WEIR_EXIT_USAGE;
	err = weir_map_line_open(globals, cfg, &words, &line);
	err = err ?: weir_table_read_key(line.table, words.key, words.n_key, line.key);
	err = err ?: read_present(&line, &words, how);
	err = err ?: weir_table_read_value(line.table, words.value, words.n_value, line.value);
	err = err ?: weir_table_put(line.table, line.key, line.value, how);
	weir_map_line_close(&line);
	return err;
}

int weir_cmd_map_set(const struct weir_globals *globals, const union weir_config *cfg)
{
	return put(globals, &cfg->map, "set", WEIR_PUT_ANY);
}

int weir_cmd_map_add(const struct weir_globals *globals, const union weir_config *cfg)
{
	return put(globals, &cfg->map, "add", WEIR_PUT_NEW);
}

int weir_cmd_map_replace(const struct weir_globals *globals, const union weir_config *cfg)
{
	return put(globals, &cfg->map, "replace", WEIR_PUT_PRESENT);
}

int weir_cmd_map_del(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	struct weir_entry_words words;
	struct weir_map_line line;
	int err;

	if (weir_entry_split("del", &cfg->words, WEIR_PLAIN_KEY, &words))
		return WEIR_EXIT_USAGE;
	err = weir_map_line_open(globals, cfg, &words, &line);
	err = err ?: weir_table_read_key(line.table, words.key, words.n_key, line.key);
	err = err ?: weir_table_del(line.table, line.key);
	weir_map_line_close(&line);
	return err;
}

int weir_cmd_map_clear(const struct weir_globals *globals, const union weir_config *config)
{
	struct weir_map_line line;
	int err = weir_map_line_open(globals, &config->map, NULL, &line);

	err = err ?: weir_table_clear(line.table);
	weir_map_line_close(&line);
	return err;
}

/* ---- the map itself ------------------------------------------------------ */

int weir_cmd_map_pin(const struct weir_globals *globals, const union weir_config *cfg)
{
	int fd = weir_map_ref_open(globals, &cfg->map.map), err;

	if (fd < 0)
		return fd;
	err = weir_map_pin(fd, cfg->map.path, globals->bpffs);
	close(fd);
	return err;
}

int weir_cmd_map_unpin(const struct weir_globals *globals, const union weir_config *cfg)
{
	return weir_map_unpin(cfg->map.path, globals->bpffs);
}

int weir_cmd_map_freeze(const struct weir_globals *globals, const union weir_config *cfg)
{
	int fd = weir_map_ref_open(globals, &cfg->map.map), err;

	if (fd < 0)
		return fd;
	err = weir_map_freeze(fd);
	close(fd);
	return err;
}
