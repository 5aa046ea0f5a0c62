/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries out of a file, one after the other, in memory that does not grow with it:
 * lines "KEY VALUE" as `dump` prints them, lists of keys alone, JSON, CSV and TSV.
 */
#ifndef WEIR_MAPS_SOURCE_H
#define WEIR_MAPS_SOURCE_H

#include "maps/select.h"

enum weir_source_form { WEIR_SOURCE_LINES, WEIR_SOURCE_JSON, WEIR_SOURCE_TABLE };

struct weir_merged;

struct weir_source {
	const struct weir_table *table; /* &own */
	const char *name;		/* of the file, in errors */
	const struct weir_bulk_opts *opts;
	int fd;
	enum weir_source_form form;
	/* what has been read of it */
	char *buf;
	size_t room, len, at;
	bool ended;
	uint64_t line; /* of the entry that was read last, from 1 */
	uint64_t next_line;
	/* the table with "FILE:LINE" for a label, as its functions name it in errors */
	struct weir_table own;
	size_t label_len;    /* of "FILE:" */
	uint64_t label_line; /* that the label speaks of */
	/* a range of addresses that is not yet given out whole */
	bool in_range;
	uint32_t range_from, range_to;
	/* TABLE */
	char separator;
	struct weir_place columns[WEIR_COLUMNS_MAX];
	size_t n_columns;
	bool in_array, any;	    /* JSON: behind "[", an element was read */
	struct weir_merged *merged; /* what is left of them: the file is not read again */
};

/* @path "-": standard input, which is kept in a file without a name so that it can be read
 * twice. -errno, logged. */
int weir_source_open(const struct weir_table *table, const char *path,
		     const struct weir_bulk_opts *opts, struct weir_source *out);
void weir_source_close(struct weir_source *src);
/* Of the whole file; 0: not known. */
uint64_t weir_source_bytes(const struct weir_source *src);
/* From the beginning again. */
int weir_source_rewind(struct weir_source *src);
/* 1: an entry, with room for it in @key and @value; 0: no more; -EINVAL etc. after a line
 * that begins with FILE:LINE. */
int weir_source_next(struct weir_source *src, void *key, void *value);

/* Tells how far it is, now and then. */
static inline void weir_progress(const struct weir_bulk_opts *opts, const char *what, uint64_t done,
				 uint64_t of)
{
	if (opts->progress && !(done & 0x3fff))
		opts->progress(what, done, of, opts->ctx);
}

/* ---- between the files of sources ---------------------------------------- */

/* A line without its end; false: no more. *err when it is too long, or reading failed. */
bool weir_source_line(struct weir_source *src, char **line, size_t *len, int *err);
/* At least @want bytes from `at` on, as far as there are so many. -errno. */
int weir_source_fill(struct weir_source *src, size_t want);
/* "FILE:LINE" of `line`. */
const char *weir_source_label(struct weir_source *src);
#define WEIR_LINE_WORDS_MAX 1100 /* key, percpu, and a value each of 1024 CPUs */

/* Words of @line up to a comment, each ended by a NUL, for which there is room behind. */
size_t weir_words_split(char *line, size_t len, char **words, size_t max);
/* Value words of one entry. */
int weir_source_value(struct weir_source *src, char *const *words, size_t n, void *value);
int weir_source_json(struct weir_source *src, void *key, void *value);
int weir_source_header(struct weir_source *src, const char *line, size_t len);
int weir_source_row(struct weir_source *src, char *line, size_t len, void *key, void *value);

#endif
