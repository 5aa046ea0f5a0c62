// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prefixes of a file merged. In: a checked source of an LPM trie's entries. Out: fewer
 * entries by which every address finds the same value: two halves of a prefix with one
 * value become that prefix, and what lies in a prefix of the same value goes.
 *
 * Halves are joined from the longest length to the shortest, each length sorted by address;
 * then the rest is walked from the outside in, with the prefixes around on a stack. All
 * entries are in memory meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/merge.h"

struct weir_merged {
	uint8_t *records; /* key and value each */
	size_t key_bytes, record_bytes;
	uint32_t *order; /* numbers of records */
	uint32_t n, room, at;
};

struct lists {
	uint32_t *level, *joined, *next; /* of one length; joined to it; joined to the shorter */
	uint32_t n_joined, n_next;
	uint32_t *kept;
	uint32_t n_kept;
};

static uint8_t *record_of(const struct weir_merged *all, uint32_t i)
{
	return all->records + i * all->record_bytes;
}

static uint32_t length_of(const struct weir_merged *all, uint32_t i)
{
	uint32_t len;

	memcpy(&len, record_of(all, i), sizeof(len));
	return len;
}

static bool same_value(const struct weir_merged *all, uint32_t a, uint32_t b)
{
	return !memcmp(record_of(all, a) + all->key_bytes, record_of(all, b) + all->key_bytes,
		       all->record_bytes - all->key_bytes);
}

static int by_address(const struct weir_merged *all, uint32_t a, uint32_t b)
{
	return memcmp(record_of(all, a) + 4, record_of(all, b) + 4, all->key_bytes - 4);
}

/* ---- read ---------------------------------------------------------------- */

static int grow(struct weir_merged *all)
{
	uint32_t room = all->room ? 2 * all->room : 1024;
	uint8_t *records =
		room > all->room ? reallocarray(all->records, room, all->record_bytes) : NULL;

	if (!records)
		return -ENOMEM;
	all->records = records;
	all->room = room;
	return 0;
}

/* No bits behind the length, so that equal prefixes are equal bytes. */
static int cut_bits(const struct weir_merged *all, const struct weir_source *src, uint8_t *key)
{
	uint32_t len, bits = (uint32_t)(all->key_bytes - 4) * 8;

	memcpy(&len, key, sizeof(len));
	if (len > bits)
		return weir_fail(-EINVAL, "%s: line %llu: a prefix of more than %u bits", src->name,
				 (unsigned long long)src->line, bits);
	for (; len < bits; len += 8 - len % 8)
		key[4 + len / 8] &= (uint8_t) ~(0xffu >> (len % 8));
	return 0;
}

/* @entry: room for one. A range's prefixes come one by one, with the value that is in it. */
static int read_all(struct weir_source *src, struct weir_merged *all, uint8_t *entry)
{
	int ret;

	while ((ret = weir_source_next(src, entry, entry + all->key_bytes)) > 0) {
		ret = cut_bits(all, src, entry);
		if (ret)
			return ret;
		if (all->n == all->room && grow(all))
			return -ENOMEM;
		memcpy(record_of(all, all->n++), entry, all->record_bytes);
	}
	return ret;
}

/* ---- halves -------------------------------------------------------------- */

/* From the longest, then by address. */
static int by_length(const void *a, const void *b, void *ctx)
{
	const struct weir_merged *all = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint32_t len_x = length_of(all, x), len_y = length_of(all, y);

	if (len_x != len_y)
		return len_x > len_y ? -1 : 1;
	return by_address(all, x, y);
}

static bool are_halves(const struct weir_merged *all, uint32_t a, uint32_t b, uint32_t len)
{
	const uint8_t *left = record_of(all, a) + 4, *right = record_of(all, b) + 4;
	uint32_t last = (len - 1) / 8, whole = (len + 7) / 8;
	uint8_t bit = (uint8_t)(0x80u >> ((len - 1) % 8));

	return !memcmp(left, right, last) && (left[last] ^ right[last]) == bit &&
	       whole <= all->key_bytes - 4;
}

/* The entries of one length, @n of them at @from, with those joined to it: of two for the
 * same prefix the joined one says all that the other could. */
static uint32_t take_level(const struct weir_merged *all, struct lists *lists, const uint32_t *from,
			   uint32_t n)
{
	uint32_t i = 0, j = 0, len = 0;

	while (i < n || j < lists->n_joined) {
		int order = i == n		   ? 1
			    : j == lists->n_joined ? -1
						   : by_address(all, from[i], lists->joined[j]);

		if (order < 0)
			lists->level[len++] = from[i++];
		else
			lists->level[len++] = lists->joined[j++];
		i += !order;
	}
	return len;
}

static void join_level(const struct weir_merged *all, struct lists *lists, uint32_t n, uint32_t len)
{
	uint32_t shorter = len - 1;

	lists->n_next = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t a = lists->level[i], b = i + 1 < n ? lists->level[i + 1] : a;

		if (a == b || !len || !are_halves(all, a, b, len) || !same_value(all, a, b)) {
			lists->kept[lists->n_kept++] = a;
			continue;
		}
		memcpy(record_of(all, a), &shorter, sizeof(shorter));
		lists->next[lists->n_next++] = a;
		i++;
	}
}

/* Those that come again, with the same value. */
static void drop_doubles(struct weir_merged *all)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < all->n; i++)
		if (!n || by_length(&all->order[n - 1], &all->order[i], all))
			all->order[n++] = all->order[i];
	all->n = n;
}

static void join_halves(const struct weir_merged *all, struct lists *lists)
{
	uint32_t from = 0, to, n, *swap;

	for (uint32_t len = (uint32_t)(all->key_bytes - 4) * 8;; len--) {
		for (to = from; to < all->n && length_of(all, all->order[to]) == len; to++)
			;
		n = take_level(all, lists, all->order + from, to - from);
		join_level(all, lists, n, len);
		swap = lists->joined;
		lists->joined = lists->next;
		lists->n_joined = lists->n_next;
		lists->next = swap;
		from = to;
		if (!len)
			break;
	}
}

/* ---- what lies inside ---------------------------------------------------- */

/* By address, the shortest first. */
static int by_place(const void *a, const void *b, void *ctx)
{
	const struct weir_merged *all = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = by_address(all, x, y);

	return order ? order : length_of(all, x) < length_of(all, y) ? -1 : 1;
}

static bool covers(const struct weir_merged *all, uint32_t outer, uint32_t inner)
{
	const uint8_t *a = record_of(all, outer) + 4, *b = record_of(all, inner) + 4;
	uint32_t len = length_of(all, outer), whole = len / 8, rest = len % 8;

	if (len > length_of(all, inner) || memcmp(a, b, whole) != 0)
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

/* @stack has room for a prefix of each length. */
static void drop_inner(struct weir_merged *all, struct lists *lists, uint32_t *stack)
{
	uint32_t depth = 0;

	qsort_r(lists->kept, lists->n_kept, sizeof(*lists->kept), by_place, all);
	all->n = 0;
	for (uint32_t i = 0; i < lists->n_kept; i++) {
		uint32_t entry = lists->kept[i];

		while (depth && !covers(all, stack[depth - 1], entry))
			depth--;
		if (depth && same_value(all, stack[depth - 1], entry))
			continue;
		stack[depth++] = entry;
		all->order[all->n++] = entry;
	}
}

/* ---- all ----------------------------------------------------------------- */

static int merge(struct weir_merged *all)
{
	size_t n = (size_t)all->n + 1, n_lengths = (all->key_bytes - 4) * 8 + 1;
	struct lists lists = {0};
	uint32_t *room = calloc(4 * n + n_lengths, sizeof(*room));

	all->order = calloc(n, sizeof(*all->order));
	if (!room || !all->order) {
		free(room);
		return -ENOMEM;
	}
	lists.level = room;
	lists.joined = room + n;
	lists.next = room + 2 * n;
	lists.kept = room + 3 * n;
	for (uint32_t i = 0; i < all->n; i++)
		all->order[i] = i;
	qsort_r(all->order, all->n, sizeof(*all->order), by_length, all);
	drop_doubles(all);
	join_halves(all, &lists);
	drop_inner(all, &lists, room + 4 * n);
	free(room);
	return 0;
}

int weir_merge_source(struct weir_source *src, struct weir_merged **out)
{
	const struct weir_table *table = src->table;
	struct weir_merged *all;
	uint8_t *entry;
	int err;

	if (!table->is_lpm)
		return weir_fail(-EINVAL, "%s: merge: the map is not one of prefixes (lpm_trie)",
				 src->name);
	all = calloc(1, sizeof(*all));
	if (!all)
		return weir_fail(-ENOMEM, "%s: out of memory for merging", src->name);
	all->key_bytes = table->map.key_size_bytes;
	all->record_bytes = all->key_bytes + weir_table_value_bytes(table);
	entry = calloc(1, all->record_bytes);
	err = entry ? read_all(src, all, entry) : -ENOMEM;
	free(entry);
	err = err ?: merge(all);
	if (err == -ENOMEM)
		weir_fail(err, "%s: out of memory for merging", src->name);
	if (err) {
		weir_merged_free(all);
		return err;
	}
	*out = all;
	return 0;
}

void weir_merged_free(struct weir_merged *all)
{
	if (!all)
		return;
	free(all->records);
	free(all->order);
	free(all);
}

uint32_t weir_merged_count(const struct weir_merged *all)
{
	return all->n;
}

void weir_merged_rewind(struct weir_merged *all)
{
	all->at = 0;
}

int weir_merged_next(struct weir_merged *all, void *key, void *value)
{
	const uint8_t *record;

	if (all->at == all->n)
		return 0;
	record = record_of(all, all->order[all->at++]);
	memcpy(key, record, all->key_bytes);
	memcpy(value, record + all->key_bytes, all->record_bytes - all->key_bytes);
	return 1;
}
