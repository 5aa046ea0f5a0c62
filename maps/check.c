// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files checked before they are written. In: a source. Out: whether each entry can be
 * read and no key stands twice, in memory that does not grow with the file.
 *
 * Duplicates: a bit for each hash of a key shows which hashes come again. Among those
 * few there are the true duplicates, and they alone are looked at once more, by key.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/check.h"
#include "maps/merge.h"

#define WRONG_MAX     20u	 /* lines said */
#define BITS_MIN_LOG2 16u	 /* 8 KiB */
#define BITS_MAX_LOG2 25u	 /* 4 MiB */
#define SUSPECTS_MAX  (1u << 20) /* hashes that came again */

struct suspect {
	uint64_t hash;
	uint64_t line; /* of the first key with it; 0: not met again yet */
	uint8_t *key;  /* and its value */
};

struct check {
	struct weir_source *src;
	uint8_t *key, *value;
	uint8_t *bits;
	uint32_t bits_log2;
	struct suspect *suspects; /* a hash table of room, which is a power of two */
	size_t n_suspects, room;
	struct weir_checked *out;
};

/* FNV-1a, 64 bits, then mixed. */
static uint64_t hash_of(const uint8_t *key, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ key[i]) * 0x100000001b3ull;
	hash ^= hash >> 32;
	return (hash * 0x9e3779b97f4a7c15ull) | 1;
}

static struct suspect *find_suspect(const struct check *check, uint64_t hash)
{
	size_t at = (size_t)(hash >> 20) & (check->room - 1);

	while (check->suspects[at].hash && check->suspects[at].hash != hash)
		at = (at + 1) & (check->room - 1);
	return &check->suspects[at];
}

static int grow(struct check *check)
{
	struct suspect *old = check->suspects;
	size_t old_room = check->room;

	check->room = old_room ? 2 * old_room : 1024;
	check->suspects = calloc(check->room, sizeof(*check->suspects));
	if (!check->suspects) {
		check->suspects = old;
		check->room = old_room;
		return -ENOMEM;
	}
	for (size_t i = 0; i < old_room; i++)
		if (old[i].hash)
			*find_suspect(check, old[i].hash) = old[i];
	free(old);
	return 0;
}

static int add_suspect(struct check *check, uint64_t hash)
{
	struct suspect *place;

	if (2 * check->n_suspects >= check->room && grow(check))
		return -ENOMEM;
	place = find_suspect(check, hash);
	check->n_suspects += !place->hash;
	place->hash = hash;
	return check->n_suspects > SUSPECTS_MAX ? -E2BIG : 0;
}

static int note_hash(struct check *check)
{
	uint64_t hash = hash_of(check->key, check->src->table->map.key_size_bytes);
	uint64_t bit = hash >> (64 - check->bits_log2);

	if (check->bits[bit / 8] >> (bit % 8) & 1)
		return add_suspect(check, hash);
	check->bits[bit / 8] |= (uint8_t)(1u << (bit % 8));
	return 0;
}

/* ---- first look ---------------------------------------------------------- */

static bool count_wrong(struct check *check)
{
	return ++check->out->n_wrong < WRONG_MAX;
}

static int check_index(struct check *check)
{
	const struct weir_table *table = check->src->table;
	uint32_t index;

	if (!table->is_array)
		return 0;
	memcpy(&index, check->key, sizeof(index));
	if (index < table->map.max_entries)
		return 0;
	return weir_fail(-ERANGE, "%s: %u: out of range; indexes are from 0 to %u",
			 weir_source_label(check->src), index, table->map.max_entries - 1);
}

/* In lines and tables one wrong line does not hide the next. */
static bool can_go_on(const struct check *check, int err)
{
	return check->src->form != WEIR_SOURCE_JSON && (err == -EINVAL || err == -ERANGE);
}

static int first_look(struct check *check)
{
	int ret, err;

	for (;;) {
		ret = weir_source_next(check->src, check->key, check->value);
		if (!ret)
			return 0;
		err = ret < 0 ? ret : check_index(check);
		if (err) {
			if (!count_wrong(check) || !can_go_on(check, err))
				return err;
			continue;
		}
		weir_progress(check->src->opts, "reading", ++check->out->n, 0);
		err = note_hash(check);
		if (err)
			return weir_fail(err, "%s: too many keys come again", check->src->name);
	}
}

/* ---- duplicates ---------------------------------------------------------- */

static int keep_first(struct check *check, struct suspect *place, size_t key_bytes)
{
	size_t value_bytes = weir_table_value_bytes(check->src->table);

	place->line = check->src->line;
	place->key = malloc(key_bytes + value_bytes + 1);
	if (!place->key)
		return weir_fail(-ENOMEM, "%s: out of memory", check->src->name);
	memcpy(place->key, check->key, key_bytes);
	memcpy(place->key + key_bytes, check->value, value_bytes);
	return 0;
}

/* What is merged may come again with the same value. */
static bool may_come_again(const struct check *check, const struct suspect *place, size_t key_bytes)
{
	return check->src->opts->merge && !memcmp(place->key + key_bytes, check->value,
						  weir_table_value_bytes(check->src->table));
}

/* Several keys may share a suspected hash: then the later ones stay unknown to us, and the
 * map's own order decides, as without this check. 64 bits make that a rare thing. */
static int second_look(struct check *check)
{
	size_t key_bytes = check->src->table->map.key_size_bytes;
	struct suspect *place;
	int ret;

	while ((ret = weir_source_next(check->src, check->key, check->value))) {
		if (ret < 0)
			return ret;
		place = find_suspect(check, hash_of(check->key, key_bytes));
		if (!place->hash)
			continue;
		if (!place->key) {
			if (keep_first(check, place, key_bytes))
				return -ENOMEM;
		} else if (!memcmp(place->key, check->key, key_bytes) &&
			   !may_come_again(check, place, key_bytes)) {
			weir_fail(-EINVAL, "%s: the same key as in line %llu",
				  weir_source_label(check->src), (unsigned long long)place->line);
			if (!count_wrong(check))
				return -EINVAL;
		}
	}
	return 0;
}

/* The first look only gave hashes that come again after the first: a hash is a suspect when
 * its bit was set before. All keys with such a bit are looked at. */
static int look_for_duplicates(struct check *check)
{
	int err;

	/* wrong lines first: this look would name them again */
	if (!check->n_suspects || check->out->n_wrong)
		return 0;
	err = weir_source_rewind(check->src);
	return err ?: second_look(check);
}

static uint32_t bits_for(const struct weir_source *src)
{
	uint64_t bytes = weir_source_bytes(src);
	uint32_t log2 = BITS_MIN_LOG2;

	/* some sixteen bits for each of the shortest lines there can be */
	while (log2 < BITS_MAX_LOG2 && 1ull << log2 < 4 * bytes)
		log2++;
	return log2;
}

static int merge(struct weir_source *src, struct weir_checked *out)
{
	int err = weir_merge_source(src, &src->merged);

	if (!err)
		out->n = weir_merged_count(src->merged);
	return err;
}

int weir_check_source(struct weir_source *src, struct weir_checked *out)
{
	struct check check = {.src = src, .out = out, .bits_log2 = bits_for(src)};
	int err;

	*out = (struct weir_checked){0};
	check.key = calloc(1, src->table->map.key_size_bytes + 1);
	check.value = calloc(1, weir_table_value_bytes(src->table) + 8);
	check.bits = calloc(1, 1ull << (check.bits_log2 - 3));
	err = check.key && check.value && check.bits && !grow(&check) ? 0 : -ENOMEM;
	if (err)
		weir_fail(err, "%s: out of memory", src->name);
	err = err ?: first_look(&check);
	err = err ?: look_for_duplicates(&check);
	err = err ?: out->n_wrong ? -EINVAL : 0;
	for (size_t i = 0; i < check.room; i++)
		free(check.suspects[i].key);
	free(check.suspects);
	free(check.key);
	free(check.value);
	free(check.bits);
	if (out->n_wrong >= WRONG_MAX)
		weir_fail(-EINVAL, "%s: more lines are wrong", src->name);
	err = err ?: weir_source_rewind(src);
	return !err && src->opts->merge ? merge(src, out) : err;
}
