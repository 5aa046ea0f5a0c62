// SPDX-License-Identifier: LGPL-2.1-or-later
/* What entries of counter maps are called: by their owner, by their enum, by their type. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "maps/counters_in.h"

#define HASH_TEXT 10	      /* "~0123abcd" */
#define FNV_START 0x811c9dc5u /* FNV-1a, 32 bits */
#define FNV_PRIME 0x01000193u

static uint32_t hash_key(const uint8_t *key, size_t size)
{
	uint32_t hash = FNV_START;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ key[i]) * FNV_PRIME;
	return hash;
}

static void write_typed(const struct weir_counters *ctrs, const void *key, char *text)
{
	struct weir_buf out;
	const char *written;

	weir_buf_init(&out, -1);
	weir_value_write(ctrs->key, key, &ctrs->env, &out);
	written = weir_buf_string(&out);
	snprintf(text, ctrs->text_room, "%s", written ? written : "?");
	/* what is cut must not make two keys the same one */
	if (written && strlen(written) >= ctrs->text_room)
		snprintf(text + ctrs->text_room - HASH_TEXT, HASH_TEXT, "~%08x",
			 hash_key(key, ctrs->map.key_size_bytes));
	weir_buf_free(&out);
}

static uint32_t index_of(const struct weir_counters *ctrs, size_t nth)
{
	uint32_t index;

	memcpy(&index, ctrs->keys + nth * sizeof(index), sizeof(index));
	return index;
}

const char *weir_counters_name(const struct weir_counters *ctrs, size_t nth)
{
	char *text;

	if (nth >= ctrs->n)
		return NULL;
	if (ctrs->entries)
		return weir_key_names_find(ctrs->entries, index_of(ctrs, nth));
	/* Written when asked for: most readings of big maps want only some. */
	text = ctrs->texts + nth * ctrs->text_room;
	if (!*text && ctrs->key)
		write_typed(ctrs, ctrs->keys + nth * ctrs->map.key_size_bytes, text);
	else if (!*text)
		weir_key_names_write(ctrs->names, ctrs->keys + nth * ctrs->map.key_size_bytes,
				     text);
	return text;
}

int weir_counters_name_entries(struct weir_counters *ctrs, const struct weir_entry_name *names,
			       size_t n)
{
	struct weir_key_names *entries;
	int err;

	if (!weir_map_is_array(&ctrs->map))
		return -EMEDIUMTYPE;
	err = weir_key_names_given(names, n, &entries);
	if (!err && weir_walk_batch(ctrs->walk, (uint32_t)weir_key_names_end(entries))) {
		weir_key_names_free(entries);
		err = -ENOMEM;
	}
	if (err)
		return err;
	weir_key_names_free(ctrs->entries);
	ctrs->entries = entries;
	ctrs->n = ctrs->rest = 0;
	/* others may be wanted now */
	weir_sums_free(ctrs->sums);
	ctrs->sums = NULL;
	ctrs->walks = 0;
	return 0;
}
