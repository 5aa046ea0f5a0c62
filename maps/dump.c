// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries printed. In: a map, what of it. Out: a line an entry, "KEY VALUE", as
 * `set` takes them, or a JSON array. Without sorting, entries pass through in the
 * batches they come in, so memory does not grow with the map.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/select.h"

struct dump {
	const struct weir_table *table;
	const struct weir_dump_opts *opts;
	struct weir_select select;
	struct weir_buf out;
	uint8_t *sum; /* of the CPUs' values of one entry */
	uint64_t n;   /* entries printed */
	/* sorting: entries that are kept, key and value each */
	uint8_t *kept;
	size_t n_kept, room_kept, entry_bytes;
};

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

/* The one value that stands for all CPUs: their sum, or what is on all of them. NULL:
 * there is none. */
static const uint8_t *one_value(const struct dump *dump, const uint8_t *value)
{
	const struct weir_table *table = dump->table;
	size_t size = table->map.value_size_bytes;

	if (table->cpus == 1)
		return value;
	memcpy(dump->sum, value, size);
	if (weir_type_sums(table->value)) {
		for (unsigned int cpu = 1; cpu < table->cpus; cpu++)
			add_up(table->value, dump->sum, weir_cpu_value(table, value, cpu));
		return dump->sum;
	}
	for (unsigned int cpu = 1; cpu < table->cpus; cpu++)
		if (memcmp(value, weir_cpu_value(table, value, cpu), size) != 0)
			return NULL;
	return dump->sum;
}

/* ---- one entry ----------------------------------------------------------- */

static void put_value(struct dump *dump, const struct weir_type *type, const uint8_t *bytes)
{
	const struct weir_table *table = dump->table;

	if (dump->opts->json)
		weir_value_json(type, bytes, &table->env, &dump->out);
	else
		weir_value_write(type, bytes, &table->env, &dump->out);
}

static void put_each_cpu(struct dump *dump, const uint8_t *value)
{
	const struct weir_table *table = dump->table;
	bool json = dump->opts->json;

	weir_buf_text(&dump->out, json ? "[" : "percpu");
	for (unsigned int cpu = 0; cpu < table->cpus; cpu++) {
		if (!json || cpu)
			weir_buf_char(&dump->out, json ? ',' : ' ');
		put_value(dump, table->value, weir_cpu_value(table, value, cpu));
	}
	if (json)
		weir_buf_char(&dump->out, ']');
}

static void put_values(struct dump *dump, const uint8_t *value)
{
	const struct weir_table *table = dump->table;
	const uint8_t *one = dump->opts->percpu && table->cpus > 1 ? NULL : one_value(dump, value);

	if (table->ref != WEIR_REF_NONE) {
		weir_buf_text(&dump->out, dump->opts->json ? "{\"id\":" : "id ");
		put_value(dump, table->value, value);
		if (dump->opts->json)
			weir_buf_char(&dump->out, '}');
		return;
	}
	if (!one) {
		if (dump->opts->json)
			weir_buf_text(&dump->out, "{\"percpu\":");
		put_each_cpu(dump, value);
		if (dump->opts->json)
			weir_buf_char(&dump->out, '}');
		return;
	}
	put_value(dump, table->value, one);
}

static void put_fields(struct dump *dump, const uint8_t *key, const uint8_t *value)
{
	const struct weir_table *table = dump->table;
	bool json = dump->opts->json;

	for (size_t i = 0; i < dump->select.n_fields; i++) {
		const struct weir_place *place = &dump->select.fields[i];
		const uint8_t *bytes = place->of_key ? key : value;

		if (i)
			weir_buf_char(&dump->out, json ? ',' : ' ');
		if (json) {
			weir_json_quote(&dump->out, place->name, strlen(place->name));
			weir_buf_char(&dump->out, ':');
			weir_field_json(&place->field, bytes, &table->env, &dump->out);
		} else {
			weir_field_write(&place->field, bytes, &table->env, &dump->out);
		}
	}
}

static void put_entry(struct dump *dump, const uint8_t *key, const uint8_t *value)
{
	const char *space = dump->opts->pretty ? " " : "";
	const uint8_t *one = dump->select.n_fields ? one_value(dump, value) : value;

	if (dump->opts->json) {
		weir_buf_text(&dump->out, !dump->n ? "" : dump->opts->pretty ? ",\n" : ",");
		weir_buf_text(&dump->out, dump->opts->pretty ? "    {" : "{");
	}
	dump->n++;
	if (dump->select.n_fields) {
		put_fields(dump, key, one ? one : value);
	} else if (dump->opts->json) {
		if (dump->table->map.key_size_bytes) {
			weir_buf_text(&dump->out, "\"key\":");
			weir_buf_text(&dump->out, space);
			put_value(dump, dump->table->key, key);
			weir_buf_char(&dump->out, ',');
			weir_buf_text(&dump->out, space);
		}
		weir_buf_text(&dump->out, "\"value\":");
		weir_buf_text(&dump->out, space);
		put_values(dump, value);
	} else {
		put_value(dump, dump->table->key, key);
		weir_buf_char(&dump->out, ' ');
		put_values(dump, value);
	}
	weir_buf_char(&dump->out, dump->opts->json ? '}' : '\n');
}

/* ---- all of them --------------------------------------------------------- */

static int keep(struct dump *dump, const uint8_t *key, const uint8_t *value)
{
	size_t key_bytes = dump->table->map.key_size_bytes;
	uint8_t *to;

	if (dump->n_kept == dump->room_kept) {
		size_t room = dump->room_kept ? 2 * dump->room_kept : 256;
		uint8_t *kept = reallocarray(dump->kept, room, dump->entry_bytes);

		if (!kept)
			return weir_fail(-ENOMEM, "%s: out of memory for sorting",
					 dump->table->label);
		dump->kept = kept;
		dump->room_kept = room;
	}
	to = dump->kept + dump->n_kept++ * dump->entry_bytes;
	memcpy(to, key, key_bytes);
	memcpy(to + key_bytes, value, dump->entry_bytes - key_bytes);
	return 0;
}

static int dump_some(const void *keys, const void *values, size_t n, void *ctx)
{
	struct dump *dump = ctx;
	size_t key_bytes = dump->table->map.key_size_bytes;
	size_t value_bytes = weir_table_value_bytes(dump->table);
	bool all = !dump->select.n_tests && !dump->select.has_within;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		const uint8_t *key = (const uint8_t *)keys + i * key_bytes;
		const uint8_t *value = (const uint8_t *)values + i * value_bytes;

		if (!all) {
			const uint8_t *one = one_value(dump, value);

			if (!weir_select_takes(dump->table, &dump->select, key, one ? one : value))
				continue;
		}
		if (dump->select.has_sort) {
			err = keep(dump, key, value);
			continue;
		}
		if (dump->opts->limit && dump->n == dump->opts->limit)
			return 1;
		put_entry(dump, key, value);
		err = dump->out.err;
	}
	return err;
}

static int by_place(const void *a, const void *b, void *ctx)
{
	struct dump *dump = ctx;
	size_t key_bytes = dump->table->map.key_size_bytes;
	const uint8_t *left = a, *right = b, *one;
	uint8_t left_sum[256];
	const uint8_t *left_value = left + key_bytes, *right_value = right + key_bytes;
	int order;

	/* sums of CPUs: both are needed at once */
	if (dump->table->cpus > 1 && dump->table->map.value_size_bytes <= sizeof(left_sum)) {
		one = one_value(dump, left_value);
		if (one) {
			memcpy(left_sum, one, dump->table->map.value_size_bytes);
			left_value = left_sum;
		}
		one = one_value(dump, right_value);
		right_value = one ? one : right_value;
	}
	order = weir_place_compare(&dump->select.sort, left, left_value, right, right_value);
	if (!order)
		order = memcmp(left, right, key_bytes);
	return dump->select.descending ? -order : order;
}

static void put_sorted(struct dump *dump)
{
	size_t key_bytes = dump->table->map.key_size_bytes;

	if (!dump->n_kept)
		return;
	qsort_r(dump->kept, dump->n_kept, dump->entry_bytes, by_place, dump);
	for (size_t i = 0; i < dump->n_kept && !(dump->opts->limit && i == dump->opts->limit);
	     i++) {
		const uint8_t *entry = dump->kept + i * dump->entry_bytes;

		put_entry(dump, entry, entry + key_bytes);
	}
}

static int begin(struct dump *dump, const struct weir_table *table,
		 const struct weir_dump_opts *opts, int fd)
{
	*dump = (struct dump){.table = table, .opts = opts};
	dump->entry_bytes = table->map.key_size_bytes + weir_table_value_bytes(table);
	weir_buf_init(&dump->out, fd);
	dump->sum = malloc(table->map.value_size_bytes + 16);
	if (!dump->sum)
		return weir_fail(-ENOMEM, "%s: out of memory", table->label);
	return weir_select_make(table, opts, &dump->select);
}

static void end(struct dump *dump)
{
	weir_select_free(&dump->select);
	weir_buf_free(&dump->out);
	free(dump->kept);
	free(dump->sum);
}

int64_t weir_table_dump(const struct weir_table *table, const struct weir_dump_opts *opts, int fd)
{
	struct dump dump;
	int err = begin(&dump, table, opts, fd);

	if (!err && opts->json)
		weir_buf_text(&dump.out, opts->pretty ? "[\n" : "[");
	if (!err)
		err = weir_table_each(table, dump_some, &dump);
	if (err == 1)
		err = 0; /* the limit */
	/* what was read of a map that changes too fast is whole in itself */
	if (!err || err == -EAGAIN)
		put_sorted(&dump);
	if ((!err || err == -EAGAIN) && opts->json)
		weir_buf_text(&dump.out, opts->pretty && dump.n ? "\n]\n" : "]\n");
	if (weir_buf_flush(&dump.out) && !err)
		err = dump.out.err;
	end(&dump);
	return err ? err : (int64_t)dump.n;
}

int weir_table_print(const struct weir_table *table, const struct weir_dump_opts *opts,
		     const void *key, const void *value, int fd)
{
	struct dump dump;
	int err = begin(&dump, table, opts, fd);

	if (!err)
		put_entry(&dump, key, value);
	if (!err && opts->json)
		weir_buf_char(&dump.out, '\n');
	if (!err)
		err = weir_buf_flush(&dump.out);
	end(&dump);
	return err;
}

int weir_table_entry_text(const struct weir_table *table, const struct weir_dump_opts *opts,
			  const void *key, const void *value, char **out)
{
	struct dump dump;
	int err = begin(&dump, table, opts, -1);

	if (!err) {
		put_entry(&dump, key, value);
		if (!opts->json && dump.out.len)
			dump.out.len--; /* the line's end */
		err = weir_buf_string(&dump.out) ? 0 : -ENOMEM;
	}
	if (!err) {
		*out = dump.out.bytes;
		dump.out.bytes = NULL;
	}
	end(&dump);
	return err;
}
