// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An open-addressed hash set. In: keys of one size. Out: whether each was
 * there. Keys lie packed in order of arrival, the table holds their numbers.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "maps/keyset.h"

struct weir_keyset {
	size_t key_size;
	uint8_t *keys;
	size_t n;
	size_t *table;	/* 0: free, else number of the key + 1 */
	size_t n_table; /* power of two, at least twice n */
};

int weir_keyset_new(size_t key_size_bytes, struct weir_keyset **out)
{
	struct weir_keyset *set = calloc(1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	set->key_size = key_size_bytes;
	*out = set;
	return 0;
}

void weir_keyset_free(struct weir_keyset *set)
{
	if (!set)
		return;
	free(set->keys);
	free(set->table);
	free(set);
}

void weir_keyset_clear(struct weir_keyset *set)
{
	set->n = 0;
	if (set->table)
		memset(set->table, 0, set->n_table * sizeof(*set->table));
}

/* FNV-1a, 64 bits: offset basis and prime from the authors' page. */
static uint64_t hash(const uint8_t *key, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ key[i]) * 0x100000001b3u;
	return sum ^ sum >> 32;
}

/* Place of @key in the table, or the free one where it belongs. */
static size_t find(const struct weir_keyset *set, const void *key)
{
	size_t at = hash(key, set->key_size) & (set->n_table - 1);

	while (set->table[at] &&
	       memcmp(set->keys + (set->table[at] - 1) * set->key_size, key, set->key_size) != 0)
		at = (at + 1) & (set->n_table - 1);
	return at;
}

static int grow(struct weir_keyset *set)
{
	size_t n_table = set->n_table ? set->n_table * 2 : 256;
	uint8_t *keys = reallocarray(set->keys, n_table / 2, set->key_size);
	size_t *table;

	if (!keys)
		return -ENOMEM;
	set->keys = keys;
	table = calloc(n_table, sizeof(*table));
	if (!table)
		return -ENOMEM;
	free(set->table);
	set->table = table;
	set->n_table = n_table;
	for (size_t i = 0; i < set->n; i++)
		table[find(set, keys + i * set->key_size)] = i + 1;
	return 0;
}

int weir_keyset_add(struct weir_keyset *set, const void *key)
{
	size_t at;

	if (set->n >= set->n_table / 2 && grow(set))
		return -ENOMEM;
	at = find(set, key);
	if (set->table[at])
		return 0;
	memcpy(set->keys + set->n * set->key_size, key, set->key_size);
	set->table[at] = ++set->n;
	return 1;
}
