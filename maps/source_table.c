// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tables: comma- or tab-separated values (RFC 4180) whose header names fields:
 * "key,value", "saddr,l4.dport,packets". A field is found in the value, else in the key.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/source.h"

/* The cell at @at, without quotes, doubled ones made single; NULL: a quote is missing. */
static char *take_cell(char *at, char *end, char separator, char **cell, size_t *len)
{
	char *to = at;

	if (at == end || *at != '"') {
		*cell = at;
		while (at < end && *at != separator)
			at++;
		*len = (size_t)(at - *cell);
		return at;
	}
	*cell = to;
	for (at++; at < end; at++) {
		if (*at == '"' && at + 1 < end && at[1] == '"')
			at++;
		else if (*at == '"')
			break;
		*to++ = *at;
	}
	*len = (size_t)(to - *cell);
	return at < end && (at + 1 == end || at[1] == separator) ? at + 1 : NULL;
}

static int header_with(struct weir_source *src, const char *line, size_t len, char separator)
{
	const char *end = line + len;

	src->n_columns = 0;
	while (line < end) {
		const char *to = memchr(line, separator, (size_t)(end - line));
		size_t n = (size_t)((to ? to : end) - line);
		char name[64];

		if (n >= sizeof(name) || !n || src->n_columns == WEIR_COLUMNS_MAX)
			return -EINVAL;
		memcpy(name, line, n);
		name[n] = '\0';
		if (!weir_place_known(src->table, name, &src->columns[src->n_columns++]))
			return -EINVAL;
		line = to ? to + 1 : end;
	}
	src->separator = separator;
	return src->n_columns > 1 ? 0 : -EINVAL;
}

int weir_source_header(struct weir_source *src, const char *line, size_t len)
{
	int err = header_with(src, line, len, '\t');

	return err ? header_with(src, line, len, ',') : 0;
}

/* Text is what the cell says, blanks and quotes included. */
static int read_text(struct weir_source *src, const struct weir_field *f, const char *cell,
		     size_t len, uint8_t *to)
{
	if (len > f->type->size_bytes)
		return weir_fail(-ERANGE, "%s: a text of %zu bytes; there is room for %u",
				 src->own.label, len, f->type->size_bytes);
	to += f->bit_offset / 8;
	memset(to, 0, f->type->size_bytes);
	memcpy(to, cell, len);
	return 0;
}

static int read_one(struct weir_source *src, const struct weir_field *f, const char *cell,
		    size_t len, uint8_t *to)
{
	bool is_text = f->type->form == WEIR_FORM_STRING && !(len > 2 && !memcmp(cell, "0x", 2));

	return is_text ? read_text(src, f, cell, len, to)
		       : weir_field_read(f, cell, len, src->own.label, &src->table->env, to);
}

static bool is_percpu(const char *cell, size_t len)
{
	return len > 7 && !memcmp(cell, "percpu ", 7);
}

/* "percpu 1 2", "id 5 name drop": as behind a key. */
static int read_words(struct weir_source *src, const char *cell, size_t len, uint8_t *value)
{
	char *copy = malloc(len + 1), *words[WEIR_LINE_WORDS_MAX];
	int err;

	if (!copy)
		return weir_fail(-ENOMEM, "%s: out of memory", src->own.label);
	memcpy(copy, cell, len); /* there may be NULs in it */
	copy[len] = '\0';
	err = weir_source_value(src, words, weir_words_split(copy, len, words, WEIR_LINE_WORDS_MAX),
				value);
	free(copy);
	return err;
}

static int read_cell(struct weir_source *src, const struct weir_place *place, const char *cell,
		     size_t len, uint8_t *key, uint8_t *value)
{
	const struct weir_table *table = src->table;
	int err = 0;

	if (place->of_key)
		return read_one(src, &place->field, cell, len, key);
	if (!strcmp(place->name, "value") && (table->ref != WEIR_REF_NONE || is_percpu(cell, len)))
		return read_words(src, cell, len, value);
	for (unsigned int cpu = 0; cpu < table->cpus && !err; cpu++)
		err = read_one(src, &place->field, cell, len, value + cpu * table->stride_bytes);
	return err;
}

int weir_source_row(struct weir_source *src, char *line, size_t len, void *key, void *value)
{
	char *at = line, *end = line + len, *cell;
	size_t n = 0, cell_len;
	int err = 0;

	(void)weir_source_label(src);
	memset(key, 0, src->table->map.key_size_bytes);
	memset(value, 0, weir_table_value_bytes(src->table));
	while (!err) {
		at = take_cell(at, end, src->separator, &cell, &cell_len);
		if (!at)
			return weir_fail(-EINVAL, "%s: a quote without its end", src->own.label);
		if (n < src->n_columns && cell_len)
			err = read_cell(src, &src->columns[n], cell, cell_len, key, value);
		n++;
		if (at == end)
			break;
		at++;
	}
	if (!err && n != src->n_columns)
		return weir_fail(-EINVAL, "%s: %zu columns; the header has %zu", src->own.label, n,
				 src->n_columns);
	return err ? err : 1;
}
