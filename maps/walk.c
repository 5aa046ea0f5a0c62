// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads a map from end to end. In: its fd and shape. Out: runs of keys and
 * values.
 *
 * Kernel rules: BPF_MAP_LOOKUP_BATCH is Linux 5.6 for hash and array, 5.13 for
 * the per-CPU array; kernels without it answer EINVAL, maps without it
 * ENOTSUPP (524). It answers ENOENT with the last entries. A hash gives whole buckets and
 * so no entry twice, but ENOSPC when one does not fit. BPF_MAP_GET_NEXT_KEY, and the
 * batches of other maps, which are made of it, start again from the first key when the
 * former one is gone. An LPM trie has an order of its own, so there a key that is not
 * behind the last one was seen already; for others the keys seen are kept. A per-CPU
 * value has every possible CPU, each rounded up to 8 bytes.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/keyset.h"
#include "maps/walk.h"

#define BATCH_BYTES 262144u /* of values a call: faster than less, no slower than more */
#define BATCH_MAX   65536u  /* entries */
#define TRIES_MAX   16u	    /* EINTR of the kernel: an entry vanished thrice in a row */

struct weir_walk {
	int fd;
	struct weir_map map;
	size_t stride;
	unsigned int cpus;
	bool elementwise;
	uint32_t room; /* entries in the buffers */
	uint8_t *keys, *values;
	uint8_t *cursor, *next_cursor; /* of batches: a key or a 32-bit bucket number */
	struct weir_keyset *seen;      /* NULL until a walk is elementwise */
	uint8_t *last;		       /* LPM trie: the key that was told last */
	bool has_last;
};

static bool is_percpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_ARRAY;
}

/* ---- order of an LPM trie ------------------------------------------------ */

static bool bit_of(const uint8_t *key, uint32_t bit)
{
	return key[4 + bit / 8] >> (7 - bit % 8) & 1;
}

/* kernel/bpf/lpm_trie.c: left branch, right branch, then the node itself. */
static int lpm_order(const uint8_t *a, const uint8_t *b)
{
	uint32_t len_a, len_b;

	memcpy(&len_a, a, sizeof(len_a));
	memcpy(&len_b, b, sizeof(len_b));
	for (uint32_t bit = 0; bit < len_a && bit < len_b; bit++)
		if (bit_of(a, bit) != bit_of(b, bit))
			return bit_of(a, bit) ? 1 : -1;
	return len_a > len_b ? -1 : len_a < len_b;
}

/* Is @key new? It is the last one told then. */
static bool lpm_advance(struct weir_walk *walk, const uint8_t *key)
{
	if (walk->has_last && lpm_order(key, walk->last) <= 0)
		return false;
	memcpy(walk->last, key, walk->map.key_size_bytes);
	walk->has_last = true;
	return true;
}

/* Tells the entries of a batch, without those that come again. *fresh: how many are new. */
static int tell_batch(struct weir_walk *walk, uint32_t n, weir_walk_fn fn, void *ctx,
		      uint32_t *fresh)
{
	size_t key_bytes = walk->map.key_size_bytes;
	uint32_t from = 0, i;
	int ret = 0;

	*fresh = n;
	if (!walk->last)
		return fn(walk->keys, walk->values, n, ctx);
	*fresh = 0;
	for (i = 0; i < n && !ret; i++) {
		if (lpm_advance(walk, walk->keys + i * key_bytes)) {
			++*fresh;
			continue;
		}
		if (i > from)
			ret = fn(walk->keys + from * key_bytes, walk->values + from * walk->stride,
				 i - from, ctx);
		from = i + 1;
	}
	if (!ret && i > from)
		ret = fn(walk->keys + from * key_bytes, walk->values + from * walk->stride,
			 i - from, ctx);
	return ret;
}

/* ---- made ---------------------------------------------------------------- */

static int resize(struct weir_walk *walk, uint32_t room)
{
	uint8_t *keys = reallocarray(walk->keys, room, walk->map.key_size_bytes);
	uint8_t *values;

	if (!keys)
		return -ENOMEM;
	walk->keys = keys;
	values = reallocarray(walk->values, room, walk->stride);
	if (!values)
		return -ENOMEM;
	walk->values = values;
	walk->room = room;
	return 0;
}

/* Of other maps nothing is known about the order and the buckets of batches. */
static bool has_order(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return true;
	default:
		return is_array(type);
	}
}

static uint32_t first_room(const struct weir_walk *walk)
{
	size_t room = BATCH_BYTES / walk->stride;

	if (room > BATCH_MAX)
		room = BATCH_MAX;
	/* one more than there are: then the batch that has the last one says so */
	if (room > walk->map.max_entries)
		room = (size_t)walk->map.max_entries + 1;
	return room ? (uint32_t)room : 1;
}

int weir_walk_new(int fd, const struct weir_map *map, struct weir_walk **out)
{
	size_t cursor_size =
		map->key_size_bytes > sizeof(uint32_t) ? map->key_size_bytes : sizeof(uint32_t);
	struct weir_walk *walk;
	int cpus = 1;

	if (!map->key_size_bytes || !map->value_size_bytes)
		return weir_fail(-EINVAL, "map id %u: a map of this type has no entries to read",
				 map->id);
	if (is_percpu(map->type))
		cpus = libbpf_num_possible_cpus();
	if (cpus < 0)
		return weir_fail(cpus,
				 "map id %u: the number of CPUs is not known: %s; "
				 "mount sysfs at /sys",
				 map->id, weir_errstr(cpus));
	walk = calloc(1, sizeof(*walk));
	if (!walk)
		return weir_fail(-ENOMEM, "map id %u: out of memory; free some", map->id);
	walk->fd = fd;
	walk->map = *map;
	walk->cpus = (unsigned int)cpus;
	walk->elementwise = !has_order(map->type);
	walk->stride = map->value_size_bytes;
	if (is_percpu(map->type))
		walk->stride = ((walk->stride + 7) & ~(size_t)7) * walk->cpus;
	walk->cursor = malloc(cursor_size);
	walk->next_cursor = malloc(cursor_size);
	if (map->type == BPF_MAP_TYPE_LPM_TRIE && map->key_size_bytes > 4)
		walk->last = malloc(map->key_size_bytes);
	if (!walk->cursor || !walk->next_cursor || resize(walk, first_room(walk))) {
		weir_walk_free(walk);
		return weir_fail(-ENOMEM, "map id %u: out of memory; free some", map->id);
	}
	*out = walk;
	return 0;
}

int weir_walk_batch(struct weir_walk *walk, uint32_t n)
{
	uint32_t room = first_room(walk);

	if (n < room)
		room = n ? n : 1;
	return resize(walk, room);
}

void weir_walk_free(struct weir_walk *walk)
{
	if (!walk)
		return;
	weir_keyset_free(walk->seen);
	free(walk->keys);
	free(walk->values);
	free(walk->cursor);
	free(walk->next_cursor);
	free(walk->last);
	free(walk);
}

size_t weir_walk_stride_bytes(const struct weir_walk *walk)
{
	return walk->stride;
}

unsigned int weir_walk_cpus(const struct weir_walk *walk)
{
	return walk->cpus;
}

void weir_walk_elementwise(struct weir_walk *walk)
{
	walk->elementwise = true;
}

static int fail_walk(const struct weir_walk *walk, int err)
{
	const char *hint = err == -ENODEV ? "the device is gone that it was in" : weir_errhint(err);

	return weir_fail(err, "map id %u (%s): reading its entries failed: %s%s%s", walk->map.id,
			 walk->map.name, weir_errstr(err), hint ? "; " : "", hint ? hint : "");
}

/* One batch after @in (NULL: from the start). *n entries are in the buffers;
 * -ENOENT: they are the last. */
static int read_batch(struct weir_walk *walk, void *in, uint32_t *n)
{
	int err;

	for (;;) {
		*n = walk->room;
		err = bpf_map_lookup_batch(walk->fd, in, walk->next_cursor, walk->keys,
					   walk->values, n, NULL);
		if (err != -ENOSPC || walk->room / 2 >= walk->map.max_entries)
			return err;
		/* A bucket has more entries than there is room for. */
		if (resize(walk, walk->room > UINT32_MAX / 2 ? UINT32_MAX : walk->room * 2))
			return -ENOMEM;
	}
}

static bool is_unsupported(int err)
{
	return err == -ENOTSUPP || err == -EOPNOTSUPP || err == -EINVAL;
}

/* Said, since what was told is not all. */
static int unfinished(const struct weir_walk *walk)
{
	return weir_fail(-EAGAIN,
			 "map id %u (%s): it changes faster than it can be read; not all entries "
			 "were",
			 walk->map.id, walk->map.name);
}

/* The entries of a batch that ended with @err. *idle: batches without a new entry: one that
 * vanished thrice in a row (EINTR), or a walk that begins again, and is where it was after
 * as many batches as the map has. */
static int take_batch(struct weir_walk *walk, int err, uint32_t n, weir_walk_fn fn, void *ctx,
		      uint32_t *idle)
{
	uint32_t fresh = 0;
	int ret;

	if (err && err != -ENOENT && err != -EINTR)
		return fail_walk(walk, err);
	ret = n ? tell_batch(walk, n, fn, ctx, &fresh) : 0;
	*idle = fresh ? 0 : *idle + 1;
	if (!ret && err != -ENOENT && *idle > TRIES_MAX + walk->map.max_entries / walk->room)
		return unfinished(walk);
	return ret;
}

/* *supported = false: nothing was read, since there are no batches. */
static int run_batches(struct weir_walk *walk, weir_walk_fn fn, void *ctx, bool *supported)
{
	void *in = NULL;
	uint32_t n, idle = 0;
	int err, ret;

	for (;;) {
		uint8_t *swap = walk->cursor;

		err = read_batch(walk, in, &n);
		*supported = in || !is_unsupported(err);
		if (!*supported)
			return err;
		ret = take_batch(walk, err, n, fn, ctx, &idle);
		if (ret || err == -ENOENT)
			return ret;
		if (err == -EINTR && !n)
			continue;
		walk->cursor = walk->next_cursor;
		walk->next_cursor = swap;
		in = walk->cursor;
	}
}

static int show_element(struct weir_walk *walk, const void *key, weir_walk_fn fn, void *ctx)
{
	int ret = 1;

	/* An array has no entries that vanish, so it never starts again. */
	if (walk->last)
		ret = lpm_advance(walk, key);
	else if (!is_array(walk->map.type))
		ret = weir_keyset_add(walk->seen, key);
	if (ret < 0)
		return fail_walk(walk, ret);
	if (!ret)
		return 0;
	ret = bpf_map_lookup_elem(walk->fd, key, walk->values);
	if (ret)
		return ret == -ENOENT ? 0 : fail_walk(walk, ret);
	return fn(key, walk->values, 1, ctx);
}

static int run_elements(struct weir_walk *walk, weir_walk_fn fn, void *ctx)
{
	/* A map that changes faster than it can be walked must not hold us. */
	uint64_t steps = 4 * (uint64_t)walk->map.max_entries + 64;
	void *prev = NULL;
	int err;

	if (!walk->seen && weir_keyset_new(walk->map.key_size_bytes, &walk->seen))
		return fail_walk(walk, -ENOMEM);
	weir_keyset_clear(walk->seen);
	while (steps--) {
		uint8_t *swap = walk->cursor;

		err = bpf_map_get_next_key(walk->fd, prev, walk->next_cursor);
		if (err)
			return err == -ENOENT ? 0 : fail_walk(walk, err);
		err = show_element(walk, walk->next_cursor, fn, ctx);
		if (err)
			return err;
		walk->cursor = walk->next_cursor;
		walk->next_cursor = swap;
		prev = walk->cursor;
	}
	return unfinished(walk);
}

int weir_walk_run(struct weir_walk *walk, weir_walk_fn fn, void *ctx)
{
	bool supported;
	int ret;

	walk->has_last = false;
	if (!walk->elementwise) {
		ret = run_batches(walk, fn, ctx, &supported);
		if (supported)
			return ret;
		walk->elementwise = true;
	}
	return run_elements(walk, fn, ctx);
}
