// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir map: values without keys: push, pop, peek. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/map.h"
#include "cli/out.h"
#include "cli/say.h"

/* The map, and its value out of the words behind it. */
static int open_with_value(const struct weir_globals *globals, const struct weir_map_config *cfg,
			   const char *verb, struct weir_entry_words *words,
			   struct weir_map_line *line)
{
	int err;

	*line = (struct weir_map_line){.fd = -1};
	if (weir_entry_split(verb, &cfg->words, WEIR_PLAIN_VALUE, words))
		return WEIR_EXIT_USAGE;
	err = weir_map_line_open(globals, cfg, words, line);
	if (err || !words->n_value)
		return err;
	return weir_table_read_value(line->table, words->value, words->n_value, line->value);
}

static int print_value(const struct weir_globals *globals, const struct weir_map_line *line)
{
	struct weir_dump_opts opts = {
		.size = sizeof(opts), .json = globals->json, .pretty = globals->pretty};
	char *text;
	int err = weir_table_entry_text(line->table, &opts, NULL, line->value, &text);

	if (err)
		return err;
	/* a value that is taken out is nowhere else: it is written at once */
	if (puts(text) < 0 || fflush(stdout))
		err = -EIO;
	free(text);
	return err;
}

static int said_empty(const struct weir_map_line *line, int err)
{
	if (err == -ENOENT)
		weir_say_error("%s: it is empty", weir_table_name(line->table));
	return err;
}

int weir_cmd_map_push(const struct weir_globals *globals, const union weir_config *config)
{
	struct weir_entry_words words;
	struct weir_map_line line;
	int err = open_with_value(globals, &config->map, "push", &words, &line);

	if (!err && !words.n_value) {
		weir_say_error("map push: missing: VALUE; see: weir help map push");
		err = WEIR_EXIT_USAGE;
	}
	err = err ?: weir_table_push(line.table, line.value);
	weir_map_line_close(&line);
	return err;
}

int weir_cmd_map_pop(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	uint32_t n = cfg->reports ? cfg->reports : 1;
	struct weir_map_line line;
	int err = weir_map_line_open(globals, cfg, NULL, &line);

	for (uint32_t i = 0; i < n && !err; i++) {
		err = weir_table_pop(line.table, line.value);
		/* fewer than N are no error, none at all is */
		if (err == -ENOENT && i) {
			err = 0;
			break;
		}
		err = err ? said_empty(&line, err) : print_value(globals, &line);
	}
	weir_map_line_close(&line);
	return err;
}

int weir_cmd_map_peek(const struct weir_globals *globals, const union weir_config *config)
{
	struct weir_entry_words words;
	struct weir_map_line line;
	int err = open_with_value(globals, &config->map, "peek", &words, &line);

	if (!err && words.n_value) {
		err = weir_table_may_have(line.table, line.value);
		if (!err)
			weir_say_note("it is not in %s", weir_table_name(line.table));
		err = err < 0 ? err : err ? 0 : WEIR_EXIT_DIFFERS;
	} else if (!err) {
		err = weir_table_first(line.table, line.value);
		err = err ? said_empty(&line, err) : print_value(globals, &line);
	}
	weir_map_line_close(&line);
	return err;
}
