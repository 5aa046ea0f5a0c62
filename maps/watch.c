// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A map looked at again and again. In: its entries now and then. Out: which are new, gone
 * or changed, and how fast their numbers grow. Entries are kept sorted by their keys'
 * bytes, so that two looks are compared in one pass.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/table.h"

struct look {
	uint8_t *entries; /* key and value each */
	size_t n, room;
};

struct weir_watch {
	const struct weir_table *table;
	size_t entry_bytes, key_bytes;
	struct look last, now;
	bool began;
};

int weir_watch_open(const struct weir_table *table, struct weir_watch **out)
{
	struct weir_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return weir_fail(-ENOMEM, "%s: out of memory", table->label);
	watch->table = table;
	watch->key_bytes = table->map.key_size_bytes;
	watch->entry_bytes = watch->key_bytes + weir_table_value_bytes(table);
	*out = watch;
	return 0;
}

void weir_watch_close(struct weir_watch *watch)
{
	if (!watch)
		return;
	free(watch->last.entries);
	free(watch->now.entries);
	free(watch);
}

static int keep_some(const void *keys, const void *values, size_t n, void *ctx)
{
	struct weir_watch *watch = ctx;
	struct look *look = &watch->now;
	size_t value_bytes = watch->entry_bytes - watch->key_bytes;

	if (look->n + n > look->room) {
		size_t room = 2 * (look->n + n);
		uint8_t *entries = reallocarray(look->entries, room, watch->entry_bytes);

		if (!entries)
			return weir_fail(-ENOMEM, "%s: out of memory", watch->table->label);
		look->entries = entries;
		look->room = room;
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t *to = look->entries + look->n++ * watch->entry_bytes;

		memcpy(to, (const uint8_t *)keys + i * watch->key_bytes, watch->key_bytes);
		memcpy(to + watch->key_bytes, (const uint8_t *)values + i * value_bytes,
		       value_bytes);
	}
	return 0;
}

static int by_key(const void *a, const void *b, void *ctx)
{
	const struct weir_watch *watch = ctx;

	return memcmp(a, b, watch->key_bytes);
}

static int64_t compare(struct weir_watch *watch, weir_difference_fn fn, void *ctx)
{
	size_t key_bytes = watch->key_bytes, len = watch->entry_bytes, i = 0, k = 0;
	int64_t n = 0;
	int err = 0;

	while (!err && (i < watch->last.n || k < watch->now.n)) {
		const uint8_t *old = i < watch->last.n ? watch->last.entries + i * len : NULL;
		const uint8_t *now = k < watch->now.n ? watch->now.entries + k * len : NULL;
		int order = !old ? 1 : !now ? -1 : memcmp(old, now, key_bytes);

		i += order <= 0;
		k += order >= 0;
		if (!order && !memcmp(old, now, len))
			continue;
		n++;
		err = fn(order <= 0 ? old : now, order <= 0 ? old + key_bytes : NULL,
			 order >= 0 ? now + key_bytes : NULL, ctx);
	}
	return err ? err : n;
}

int64_t weir_watch_look(struct weir_watch *watch, weir_difference_fn fn, void *ctx)
{
	struct look swap = watch->last;
	bool first = !watch->began;
	int err;

	watch->last = watch->now;
	watch->now = swap;
	watch->now.n = 0;
	err = weir_table_each(watch->table, keep_some, watch);
	if (err)
		return err;
	if (watch->now.n)
		qsort_r(watch->now.entries, watch->now.n, watch->entry_bytes, by_key, watch);
	watch->began = true;
	return first ? 0 : compare(watch, fn, ctx);
}

/* ---- rates --------------------------------------------------------------- */

/* A number that is smaller than before was made anew: it started from zero. */
static uint64_t growth(const struct weir_table *table, const struct weir_field *f, const void *old,
		       const void *now)
{
	uint64_t sum = 0;

	for (unsigned int cpu = 0; cpu < table->cpus; cpu++) {
		uint64_t before = weir_bits_load(f, weir_cpu_value(table, old, cpu)).low;
		uint64_t after = weir_bits_load(f, weir_cpu_value(table, now, cpu)).low;

		sum += after >= before ? after - before : after;
	}
	return sum;
}

static void rate_of(const struct weir_table *table, const struct weir_type *type,
		    uint32_t bit_offset, const void *old, const void *now, double seconds,
		    void *rate)
{
	for (uint32_t i = 0; type->form == WEIR_FORM_ARRAY && i < type->n_elements; i++)
		rate_of(table, type->element, bit_offset + i * type->element->size_bytes * 8, old,
			now, seconds, rate);
	for (size_t i = 0; type->form == WEIR_FORM_STRUCT && i < type->n_fields; i++) {
		struct weir_field f = type->fields[i];

		f.bit_offset += bit_offset;
		if (f.hidden)
			continue;
		if (f.bit_size)
			weir_bits_store(
				&f,
				(struct weir_u128){
					.low = (uint64_t)((double)growth(table, &f, old, now) /
							  seconds)},
				rate);
		else
			rate_of(table, f.type, f.bit_offset, old, now, seconds, rate);
	}
	if (weir_form_is_number(type->form)) {
		struct weir_field f = {.type = (struct weir_type *)type, .bit_offset = bit_offset};
		double each = (double)growth(table, &f, old, now) / seconds;

		weir_bits_store(&f, (struct weir_u128){.low = (uint64_t)(each + 0.5)}, rate);
	}
}

int weir_table_rate(const struct weir_table *table, const void *old, const void *now,
		    double seconds, void *rate)
{
	if (!weir_type_sums(table->value) || seconds <= 0)
		return -EMEDIUMTYPE;
	memset(rate, 0, table->map.value_size_bytes);
	rate_of(table, table->value, 0, old, now, seconds, rate);
	return 0;
}

void weir_table_value_text(const struct weir_table *table, const void *value, char *buf, size_t len)
{
	struct weir_buf text;
	const char *written;

	weir_buf_init(&text, -1);
	weir_value_write(table->value, value, &table->env, &text);
	written = weir_buf_string(&text);
	snprintf(buf, len, "%s", written ? written : "");
	weir_buf_free(&text);
}
