// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries as a table that spreadsheets take: a header of fields' names, then comma- or
 * tab-separated values (RFC 4180, lines end in LF), which source_table.c reads again.
 * A struct has a column for each of its fields, those of structs in it by their paths.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/print.h"
#include "maps/value_in.h"

#define PATH_BYTES 256

/* ---- header -------------------------------------------------------------- */

static int add_column(struct weir_print *print, const char *path, bool of_key)
{
	const struct weir_table *table = print->table;
	struct weir_place *to = &print->columns[print->n_fields], whole;
	char full[PATH_BYTES + 8];

	if (print->n_fields == WEIR_COLUMNS_MAX)
		return weir_fail(-E2BIG, "%s: more than %d columns; fields F,... chooses some",
				 table->label, WEIR_COLUMNS_MAX);
	snprintf(full, sizeof(full), "%s%s%s", of_key ? "key" : "value", *path ? "." : "", path);
	if (!weir_place_known(table, full, &whole))
		return weir_fail(-EINVAL, "%s: %s cannot be a column", table->label, full);
	/* without "key." where that is the same */
	if (!*path || !weir_place_known(table, path, to) || to->of_key != of_key ||
	    to->field.bit_offset != whole.field.bit_offset || to->field.type != whole.field.type)
		*to = whole;
	if (strlen(*path ? path : full) >= sizeof(to->name))
		return weir_fail(-E2BIG, "%s: %s: a name too long for a column", table->label,
				 full);
	print->n_fields++;
	return 0;
}

static int add_columns(struct weir_print *print, const struct weir_type *type, const char *path,
		       bool of_key)
{
	char longer[PATH_BYTES];
	int err = 0;

	if (type->form != WEIR_FORM_STRUCT)
		return add_column(print, path, of_key);
	for (size_t i = 0; i < type->n_fields && !err; i++) {
		const struct weir_field *f = &type->fields[i];

		if (f->hidden)
			continue;
		snprintf(longer, sizeof(longer), "%.120s%s%.120s", path, *path ? "." : "", f->name);
		err = add_columns(print, f->type, longer, of_key);
	}
	return err;
}

/* The values of CPUs, and what refers to others, are words as behind a key. */
static bool has_words(const struct weir_print *print)
{
	return print->table->ref != WEIR_REF_NONE || (print->table->percpu && print->opts->percpu);
}

static int find_columns(struct weir_print *print)
{
	const struct weir_table *table = print->table;
	int err;

	print->columns = calloc(WEIR_COLUMNS_MAX, sizeof(*print->columns));
	if (!print->columns)
		return weir_fail(-ENOMEM, "%s: out of memory", table->label);
	err = add_columns(print, table->key, "", true);
	if (!err)
		err = has_words(print) ? add_column(print, "", false)
				       : add_columns(print, table->value, "", false);
	print->fields = print->columns;
	return err;
}

int weir_print_header(struct weir_print *print)
{
	int err;

	if (print->opts->json || print->opts->inner)
		return weir_fail(-EINVAL, "%s: a table has neither JSON nor inner maps",
				 print->table->label);
	err = print->n_fields ? 0 : find_columns(print);
	for (size_t i = 0; i < print->n_fields && !err; i++) {
		if (i)
			weir_buf_char(&print->out, print->opts->separator);
		weir_buf_text(&print->out, print->fields[i].name);
	}
	weir_buf_char(&print->out, '\n');
	return err;
}

/* ---- rows ---------------------------------------------------------------- */

/* With quotes where the text would be taken for several cells, or for a quoted one. */
static void put_cell(struct weir_print *print, const char *text, size_t len)
{
	bool quoted = memchr(text, '"', len) || memchr(text, print->opts->separator, len);

	if (!quoted) {
		weir_buf_put(&print->out, text, len);
		return;
	}
	weir_buf_char(&print->out, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			weir_buf_char(&print->out, '"');
		weir_buf_char(&print->out, text[i]);
	}
	weir_buf_char(&print->out, '"');
}

/* A text stands as it is, unless it would be read as bytes. */
static bool is_bare_text(const struct weir_type *type, const uint8_t *at, size_t len)
{
	if (type->form != WEIR_FORM_STRING || !weir_is_string(at, type->size_bytes))
		return false;
	for (size_t i = 0; i < len; i++)
		if (at[i] < ' ')
			return false;
	return !(len > 1 && at[0] == '0' && at[1] == 'x');
}

static void put_field(struct weir_print *print, const struct weir_field *f, const uint8_t *bytes)
{
	const uint8_t *at = bytes + f->bit_offset / 8;
	struct weir_buf text;
	size_t len;

	if (weir_form_is_number(f->type->form)) {
		weir_field_write(f, bytes, &print->table->env, &print->out);
		return;
	}
	len = strnlen((const char *)at, f->type->size_bytes);
	if (is_bare_text(f->type, at, len)) {
		put_cell(print, (const char *)at, len);
		return;
	}
	weir_buf_init(&text, -1);
	if (f->type->form == WEIR_FORM_STRING) {
		weir_buf_text(&text, "0x");
		weir_buf_hex(&text, at, f->type->size_bytes);
	} else {
		weir_field_write(f, bytes, &print->table->env, &text);
	}
	if (weir_buf_string(&text))
		put_cell(print, text.bytes, text.len);
	else
		print->out.err = -ENOMEM;
	weir_buf_free(&text);
}

/* The value as the words that `set` takes. */
static int put_words(struct weir_print *print, const uint8_t *key, const uint8_t *value)
{
	struct weir_buf out = print->out;
	int err;

	weir_buf_init(&print->out, -1);
	err = weir_print_value(print, key, value);
	if (!err && weir_buf_string(&print->out)) {
		struct weir_buf text = print->out;

		print->out = out;
		put_cell(print, text.bytes, text.len);
		weir_buf_free(&text);
		return 0;
	}
	weir_buf_free(&print->out);
	print->out = out;
	return err ?: -ENOMEM;
}

/* Columns say no more than fields do. @value NULL: that of CPUs which differ. */
static int check_row(const struct weir_print *print, const uint8_t *key, const uint8_t *value)
{
	const char *why = !value ? "its CPUs' values differ; percpu shows each"
				 : "bits are set that no field has; lines and JSON can";
	char label[320];

	if (!print->columns)
		return 0;
	if (weir_value_is_plain(print->table->key, key) &&
	    (has_words(print) || (value && weir_value_is_plain(print->table->value, value))))
		return 0;
	return weir_fail(-EINVAL, "%s: a table cannot say it: %s",
			 weir_table_key_label(print->table, key, label, sizeof(label)), why);
}

int weir_print_row(struct weir_print *print, const uint8_t *key, const uint8_t *value)
{
	const uint8_t *one = weir_print_one_value(print, value);
	int err = check_row(print, key, one);

	for (size_t i = 0; i < print->n_fields && !err; i++) {
		const struct weir_place *place = &print->fields[i];

		if (i)
			weir_buf_char(&print->out, print->opts->separator);
		if (!place->of_key && !strcmp(place->name, "value") && has_words(print))
			err = put_words(print, key, value);
		else
			put_field(print, &place->field, place->of_key ? key : one ? one : value);
	}
	weir_buf_char(&print->out, '\n');
	return err;
}
