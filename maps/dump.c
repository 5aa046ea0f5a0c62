// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A map printed. In: a map, what of it. Out: its entries as text. Without sorting they
 * pass through in the batches they come in, so memory does not grow with the map.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/print.h"

struct dump {
	struct weir_print print;
	struct weir_select select;
	/* sorting: entries that are kept, key and value each */
	uint8_t *kept, *left_sum;
	size_t n_kept, room_kept, entry_bytes;
	uint64_t n_read;
};

/* ---- chosen -------------------------------------------------------------- */

static int keep(struct dump *dump, const uint8_t *key, const uint8_t *value)
{
	size_t key_bytes = dump->print.table->map.key_size_bytes;
	uint8_t *to;

	if (dump->n_kept == dump->room_kept) {
		size_t room = dump->room_kept ? 2 * dump->room_kept : 256;
		uint8_t *kept = reallocarray(dump->kept, room, dump->entry_bytes);

		if (!kept)
			return weir_fail(-ENOMEM, "%s: out of memory for sorting",
					 dump->print.table->label);
		dump->kept = kept;
		dump->room_kept = room;
	}
	to = dump->kept + dump->n_kept++ * dump->entry_bytes;
	memcpy(to, key, key_bytes);
	memcpy(to + key_bytes, value, dump->entry_bytes - key_bytes);
	return 0;
}

/* By the value that stands for all CPUs; where there is none, by any of theirs. */
static bool takes(const struct dump *dump, const uint8_t *key, const uint8_t *value)
{
	const struct weir_table *table = dump->print.table;
	const uint8_t *one;

	if (!dump->select.n_tests && !dump->select.has_within)
		return true;
	one = weir_print_one_value(&dump->print, value);
	if (one)
		return weir_select_takes(table, &dump->select, key, one);
	for (unsigned int cpu = 0; cpu < table->cpus; cpu++)
		if (weir_select_takes(table, &dump->select, key, weir_cpu_value(table, value, cpu)))
			return true;
	return false;
}

static int dump_some(const void *keys, const void *values, size_t n, void *ctx)
{
	struct dump *dump = ctx;
	const struct weir_dump_opts *opts = dump->print.opts;
	size_t key_bytes = dump->print.table->map.key_size_bytes;
	size_t value_bytes = weir_table_value_bytes(dump->print.table);
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		const uint8_t *key = (const uint8_t *)keys + i * key_bytes;
		const uint8_t *value = (const uint8_t *)values + i * value_bytes;

		if (!takes(dump, key, value))
			continue;
		if (dump->select.has_sort)
			err = keep(dump, key, value);
		else if (opts->limit && dump->print.n == opts->limit)
			return 1;
		else
			err = weir_print_entry(&dump->print, key, value);
	}
	dump->n_read += n;
	if (opts->progress)
		opts->progress("reading", dump->n_read, 0, opts->ctx);
	return err;
}

/* ---- sorted -------------------------------------------------------------- */

static int by_place(const void *a, const void *b, void *ctx)
{
	struct dump *dump = ctx;
	const struct weir_table *table = dump->print.table;
	size_t key_bytes = table->map.key_size_bytes;
	const uint8_t *left = a, *right = b;
	const uint8_t *left_value = weir_print_one_value(&dump->print, left + key_bytes);
	const uint8_t *right_value;
	int order;

	/* sums of CPUs: both are needed at once */
	if (left_value && table->cpus > 1)
		left_value = memcpy(dump->left_sum, left_value, table->map.value_size_bytes);
	right_value = weir_print_one_value(&dump->print, right + key_bytes);
	order = weir_place_compare(&dump->select.sort, left,
				   left_value ? left_value : left + key_bytes, right,
				   right_value ? right_value : right + key_bytes);
	if (!order)
		order = memcmp(left, right, key_bytes);
	return dump->select.descending ? -order : order;
}

static int put_sorted(struct dump *dump)
{
	size_t key_bytes = dump->print.table->map.key_size_bytes, n = dump->n_kept;
	uint64_t limit = dump->print.opts->limit;
	int err = 0;

	if (!n)
		return 0;
	qsort_r(dump->kept, n, dump->entry_bytes, by_place, dump);
	if (limit && n > limit)
		n = limit;
	for (size_t i = 0; i < n && !err; i++) {
		const uint8_t *entry = dump->kept + i * dump->entry_bytes;

		err = weir_print_entry(&dump->print, entry, entry + key_bytes);
	}
	return err;
}

/* ---- all of them --------------------------------------------------------- */

static int begin(struct dump *dump, const struct weir_table *table,
		 const struct weir_dump_opts *opts, int fd)
{
	int err;

	*dump = (struct dump){.entry_bytes = table->map.key_size_bytes};
	dump->entry_bytes += weir_table_value_bytes(table);
	err = weir_print_start(&dump->print, table, opts, fd);
	dump->left_sum = malloc(table->map.value_size_bytes + 16);
	if (!err && !dump->left_sum)
		err = weir_fail(-ENOMEM, "%s: out of memory", table->label);
	err = err ?: weir_select_make(table, opts, &dump->select);
	return err ?: weir_print_open(&dump->print, &dump->select);
}

static void end(struct dump *dump)
{
	weir_select_free(&dump->select);
	weir_print_end(&dump->print);
	free(dump->kept);
	free(dump->left_sum);
}

int64_t weir_table_dump(const struct weir_table *table, const struct weir_dump_opts *opts, int fd)
{
	struct dump dump;
	int err = begin(&dump, table, opts, fd), sorted;

	err = err ?: weir_table_each(table, dump_some, &dump);
	if (err == 1)
		err = 0; /* the limit */
	/* what was read of a map that changes too fast is whole in itself */
	if (!err || err == -EAGAIN) {
		sorted = put_sorted(&dump);
		err = sorted ? sorted : err;
	}
	if (!err || err == -EAGAIN)
		weir_print_close(&dump.print);
	if (weir_buf_flush(&dump.print.out) && !err)
		err = dump.print.out.err;
	end(&dump);
	return err ? err : (int64_t)dump.print.n;
}

/* One entry, without what stands around all. */
static int print_one(struct weir_print *print, const struct weir_table *table,
		     const struct weir_dump_opts *opts, const void *key, const void *value, int fd)
{
	int err = weir_print_start(print, table, opts, fd);

	return err ?: weir_print_entry(print, key, value);
}

int weir_table_print(const struct weir_table *table, const struct weir_dump_opts *opts,
		     const void *key, const void *value, int fd)
{
	struct weir_print print;
	int err = print_one(&print, table, opts, key, value, fd);

	if (!err && opts->json)
		weir_buf_char(&print.out, '\n');
	err = err ?: weir_buf_flush(&print.out);
	weir_print_end(&print);
	return err;
}

int weir_table_entry_text(const struct weir_table *table, const struct weir_dump_opts *opts,
			  const void *key, const void *value, char **out)
{
	struct weir_print print;
	int err = print_one(&print, table, opts, key, value, -1);

	if (!err) {
		if (!opts->json && print.out.len)
			print.out.len--; /* the line's end */
		err = weir_buf_string(&print.out) ? 0 : -ENOMEM;
	}
	if (!err) {
		*out = print.out.bytes;
		print.out.bytes = NULL;
	}
	weir_print_end(&print);
	return err;
}
