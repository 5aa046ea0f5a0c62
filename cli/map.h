/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of `weir map`. */
#ifndef WEIR_CLI_MAP_H
#define WEIR_CLI_MAP_H

#include "cli/command.h"
#include "loader/weir.h"
#include "maps/weir_map.h"

/* A map that a line names, opened with its types. */
struct weir_map_line {
	int fd;
	char label[64];
	struct weir_net *net; /* for names of interfaces, with -n; NULL */
	struct weir_table *table;
	uint8_t *key, *value; /* room for one entry */
};

/* The words behind MAP of an editing verb. */
struct weir_entry_words {
	char **key, **value;
	uint32_t n_key, n_value;
	const char *key_type, *value_type; /* NULL: not said */
	bool mask, percpu, keep;
};

/* The map's fd, or an error after its line. */
int weir_map_ref_open(const struct weir_globals *globals, const struct weir_map_ref *ref);
/* What positional words are. */
enum weir_plain { WEIR_PLAIN_KEY, WEIR_PLAIN_BOTH, WEIR_PLAIN_VALUE };

/* Splits words into KEY and VALUE, "key ..." and "value ...", types and flags. -EINVAL after an
 * error line. */
int weir_entry_split(const char *command, const struct weir_rest *rest, enum weir_plain plain,
		     struct weir_entry_words *out);
/* Opens with the types given; weir_map_line_close() in any case. */
int weir_map_line_open(const struct weir_globals *globals, const struct weir_map_config *cfg,
		       const struct weir_entry_words *entry, struct weir_map_line *out);
void weir_map_line_close(struct weir_map_line *line);
/* How far long work is: a function for weir_bulk_opts and weir_dump_opts, whose ctx is @progress;
 * NULL where nobody would see it. end() in any case. */
struct weir_map_progress {
	uint64_t start_ns;
	bool shown;
};

weir_progress_fn weir_map_progress_start(struct weir_map_progress *progress,
					 const struct weir_globals *globals);
void weir_map_progress_end(const struct weir_map_progress *progress);

/* Tables opened with @opts name interfaces as @net does. */
void weir_table_names_in(struct weir_net *net, struct weir_table_opts *opts);

/* Where types are kept. */
const char *weir_map_schema(void);
/* Of a table; 0: none is asked for. */
char weir_map_separator(const struct weir_map_config *cfg);

#endif
