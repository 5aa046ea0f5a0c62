// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries as text. In: a key and a value as bytes. Out: a line "KEY VALUE", as `set` takes
 * it, or an object of JSON.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/print.h"

/* ---- one value ----------------------------------------------------------- */

static void add_up(const struct weir_type *type, uint8_t *sum, const uint8_t *value)
{
	const struct weir_field whole = {.type = (struct weir_type *)type};
	struct weir_u128 a, b;

	if (type->form == WEIR_FORM_ARRAY) {
		for (uint32_t i = 0; i < type->n_elements; i++)
			add_up(type->element, sum + (size_t)i * type->element->size_bytes,
			       value + (size_t)i * type->element->size_bytes);
		return;
	}
	if (type->form != WEIR_FORM_STRUCT) {
		a = weir_bits_load(&whole, sum);
		b = weir_bits_load(&whole, value);
		a.low += b.low;
		weir_bits_store(&whole, a, sum);
		return;
	}
	for (size_t i = 0; i < type->n_fields; i++) {
		const struct weir_field *f = &type->fields[i];

		if (f->hidden)
			continue;
		if (f->bit_size) {
			a = weir_bits_load(f, sum);
			a.low += weir_bits_load(f, value).low;
			weir_bits_store(f, a, sum);
		} else {
			add_up(f->type, sum + f->bit_offset / 8, value + f->bit_offset / 8);
		}
	}
}

const uint8_t *weir_print_one_value(const struct weir_print *print, const uint8_t *value)
{
	const struct weir_table *table = print->table;
	size_t size = table->map.value_size_bytes;

	if (table->cpus == 1)
		return value;
	memcpy(print->sum, value, size);
	if (weir_type_sums(table->value)) {
		for (unsigned int cpu = 1; cpu < table->cpus; cpu++)
			add_up(table->value, print->sum, weir_cpu_value(table, value, cpu));
		return print->sum;
	}
	for (unsigned int cpu = 1; cpu < table->cpus; cpu++)
		if (memcmp(value, weir_cpu_value(table, value, cpu), size) != 0)
			return NULL;
	return print->sum;
}

static void put_value(struct weir_print *print, const struct weir_type *type, const uint8_t *bytes)
{
	const struct weir_table *table = print->table;

	if (print->opts->json)
		weir_value_json(type, bytes, &table->env, &print->out);
	else
		weir_value_write(type, bytes, &table->env, &print->out);
}

static int put_values(struct weir_print *print, const uint8_t *value)
{
	const struct weir_table *table = print->table;
	bool json = print->opts->json;
	const uint8_t *one = NULL;

	if (!table->percpu || !print->opts->percpu)
		one = weir_print_one_value(print, value);
	if (one) {
		put_value(print, table->value, one);
		return 0;
	}
	weir_buf_text(&print->out, json ? "{\"percpu\":[" : "percpu");
	for (unsigned int cpu = 0; cpu < table->cpus; cpu++) {
		if (!json || cpu)
			weir_buf_char(&print->out, json ? ',' : ' ');
		put_value(print, table->value, weir_cpu_value(table, value, cpu));
	}
	if (json)
		weir_buf_text(&print->out, "]}");
	return 0;
}

int weir_print_value(struct weir_print *print, const uint8_t *key, const uint8_t *value)
{
	return print->table->ref == WEIR_REF_NONE ? put_values(print, value)
						  : weir_print_ref(print, key, value);
}

/* ---- lines --------------------------------------------------------------- */

/* A field of the value that stands for all CPUs, or of each. */
static void put_field(struct weir_print *print, const struct weir_place *place, const uint8_t *key,
		      const uint8_t *value, const uint8_t *one)
{
	const struct weir_table *table = print->table;
	bool json = print->opts->json, each = !place->of_key && !one;

	if (each)
		weir_buf_text(&print->out, json ? "{\"percpu\":[" : "percpu");
	for (unsigned int cpu = 0; cpu < (each ? table->cpus : 1); cpu++) {
		const uint8_t *bytes = place->of_key ? key
				       : one	     ? one
						     : weir_cpu_value(table, value, cpu);

		if (each && (!json || cpu))
			weir_buf_char(&print->out, json ? ',' : ' ');
		if (json)
			weir_field_json(&place->field, bytes, &table->env, &print->out);
		else
			weir_field_write(&place->field, bytes, &table->env, &print->out);
	}
	if (each && json)
		weir_buf_text(&print->out, "]}");
}

static void put_fields(struct weir_print *print, const uint8_t *key, const uint8_t *value)
{
	const uint8_t *one = weir_print_one_value(print, value);
	bool json = print->opts->json;

	for (size_t i = 0; i < print->n_fields; i++) {
		const struct weir_place *place = &print->fields[i];

		if (i)
			weir_buf_char(&print->out, json ? ',' : ' ');
		if (json) {
			weir_json_quote(&print->out, place->name, strlen(place->name));
			weir_buf_char(&print->out, ':');
		}
		put_field(print, place, key, value, one);
	}
}

static int put_line(struct weir_print *print, const uint8_t *key, const uint8_t *value)
{
	int err = 0;

	/* an inner map's lines are all there is of its slot */
	if (print->opts->inner && print->table->ref == WEIR_REF_MAP)
		return weir_print_ref(print, key, value);
	if (print->prefix)
		weir_buf_text(&print->out, print->prefix);
	if (print->n_fields) {
		put_fields(print, key, value);
	} else {
		if (print->table->map.key_size_bytes) {
			put_value(print, print->table->key, key);
			weir_buf_char(&print->out, ' ');
		}
		err = weir_print_value(print, key, value);
	}
	weir_buf_char(&print->out, '\n');
	return err;
}

/* ---- JSON ---------------------------------------------------------------- */

static void put_member_name(struct weir_print *print, const char *name)
{
	weir_buf_char(&print->out, '"');
	weir_buf_text(&print->out, name);
	weir_buf_text(&print->out, print->opts->pretty ? "\": " : "\":");
}

static int put_object(struct weir_print *print, const uint8_t *key, const uint8_t *value)
{
	bool pretty = print->opts->pretty;
	int err = 0;

	weir_buf_text(&print->out, !print->n ? "" : pretty ? ",\n" : ",");
	weir_buf_text(&print->out, pretty ? "    {" : "{");
	if (print->n_fields) {
		put_fields(print, key, value);
	} else {
		if (print->table->map.key_size_bytes) {
			put_member_name(print, "key");
			put_value(print, print->table->key, key);
			weir_buf_text(&print->out, pretty ? ", " : ",");
		}
		put_member_name(print, "value");
		err = weir_print_value(print, key, value);
	}
	weir_buf_char(&print->out, '}');
	return err;
}

/* ---- all ----------------------------------------------------------------- */

int weir_print_entry(struct weir_print *print, const void *key, const void *value)
{
	int err;

	if (print->opts->separator)
		err = weir_print_row(print, key, value);
	else if (print->opts->json)
		err = put_object(print, key, value);
	else
		err = put_line(print, key, value);
	print->n++;
	return err ?: print->out.err;
}

int weir_print_start(struct weir_print *print, const struct weir_table *table,
		     const struct weir_dump_opts *opts, int fd)
{
	*print = (struct weir_print){.table = table, .opts = opts};
	weir_buf_init(&print->out, fd);
	print->sum = malloc(table->map.value_size_bytes + 16);
	return print->sum ? 0 : weir_fail(-ENOMEM, "%s: out of memory", table->label);
}

int weir_print_open(struct weir_print *print, const struct weir_select *select)
{
	print->fields = select->fields;
	print->n_fields = select->n_fields;
	if (print->opts->separator)
		return weir_print_header(print);
	if (print->opts->json)
		weir_buf_text(&print->out, print->opts->pretty ? "[\n" : "[");
	return 0;
}

void weir_print_close(struct weir_print *print)
{
	if (print->opts->json)
		weir_buf_text(&print->out, print->opts->pretty && print->n ? "\n]\n" : "]\n");
}

void weir_print_end(struct weir_print *print)
{
	weir_buf_free(&print->out);
	free(print->columns);
	free(print->sum);
}
