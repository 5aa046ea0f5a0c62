// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads counter maps, again and again. In: a map's fd. Out: for each entry its
 * name and its sums over all CPUs. Memory grows with the map and is kept,
 * so that a reading of an unchanged map allocates nothing. A per-CPU array that is read again
 * and again is added up by a program in the kernel, where that can be.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/counters_in.h"
#include "maps/map_types.h"
#include "maps/types.h"

#define TYPED_ROOM 160 /* bytes of a key's text */
#define ENOUGH	   1   /* ends a walk before its end, */
#define ENDED	   2   /* or behind the last that counts */
#define WALKS_MAX  3   /* then it is worth a program */

static int fail_memory(const struct weir_map *map)
{
	return weir_fail(-ENOMEM, "map id %u (%s): out of memory; free some", map->id, map->name);
}

/* Enumerators that the BTF of arrays cannot name by itself, else by the key's type. */
static int name_keys(struct weir_counters *ctrs, struct weir_types *types)
{
	if ((!types->key || types->key_from_btf) && types->btf &&
	    weir_key_names_new(types->btf, &ctrs->map, &ctrs->names))
		return fail_memory(&ctrs->map);
	if (ctrs->names && weir_key_names_any(ctrs->names))
		return 0;
	ctrs->key = types->key ?: weir_types_key_by_shape(&ctrs->map);
	types->key = NULL;
	return ctrs->key ? 0 : fail_memory(&ctrs->map);
}

static int fail_unseen(const struct weir_map *map, int err)
{
	const char *hint = weir_errhint(err);

	return weir_fail(err, "map id %u (%s): its types cannot be read: %s%s%s", map->id,
			 map->name, weir_errstr(err), hint ? "; " : "", hint ? hint : "");
}

static int load_types(struct weir_counters *ctrs, const struct weir_table_opts *opts)
{
	struct weir_types types;
	char label[32];
	int err;

	snprintf(label, sizeof(label), "map id %u", ctrs->map.id);
	err = weir_types_find(&ctrs->map, *ctrs->map.name ? ctrs->map.name : label, opts, &types);
	if (err)
		return err;
	if (!types.value)
		err = types.btf_err ? fail_unseen(&ctrs->map, types.btf_err) : -EMEDIUMTYPE;
	err = err
		      ?: weir_counter_type_find(types.value, &ctrs->map, opts->value_type != NULL,
						&ctrs->type);
	err = err ?: name_keys(ctrs, &types);
	weir_types_free(&types);
	return err;
}

int weir_counters_open(int fd, const struct weir_table_opts *types, struct weir_counters **out)
{
	static const struct weir_table_opts none = {.size = sizeof(none)};
	struct weir_counters *ctrs;
	struct weir_map map;
	int err = weir_map_by_fd(fd, &map);

	if (err)
		return err;
	if (!weir_map_is_plain(map.type))
		return -EMEDIUMTYPE;
	weir_map_borrow_types(&map);
	ctrs = calloc(1, sizeof(*ctrs));
	if (!ctrs)
		return fail_memory(&map);
	ctrs->map = map;
	ctrs->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (ctrs->fd < 0)
		err = weir_fail(-errno, "map id %u (%s): %s; %s", map.id, map.name,
				weir_errstr(errno), weir_errhint(EMFILE));
	types = types ? types : &none;
	ctrs->env = (struct weir_value_env){types->ifname, types->ifindex, types->ctx, false};
	if (!err)
		err = load_types(ctrs, types);
	if (!err)
		err = weir_walk_new(ctrs->fd, &ctrs->map, &ctrs->walk);
	if (err) {
		weir_counters_close(ctrs);
		return err;
	}
	ctrs->text_room = ctrs->key ? TYPED_ROOM : weir_key_names_room(ctrs->names);
	*out = ctrs;
	return 0;
}

void weir_counters_close(struct weir_counters *ctrs)
{
	if (!ctrs)
		return;
	weir_walk_free(ctrs->walk);
	weir_sums_free(ctrs->sums);
	weir_key_names_free(ctrs->entries);
	weir_key_names_free(ctrs->names);
	weir_type_free(ctrs->key);
	free(ctrs->keys);
	free(ctrs->counts);
	free(ctrs->texts);
	if (ctrs->fd >= 0)
		(void)close(ctrs->fd);
	free(ctrs);
}

const struct weir_map *weir_counters_map(const struct weir_counters *ctrs)
{
	return &ctrs->map;
}

static int grow(struct weir_counters *ctrs, size_t need)
{
	size_t cap = ctrs->cap * 2 > need ? ctrs->cap * 2 : need;
	uint8_t *keys = reallocarray(ctrs->keys, cap, ctrs->map.key_size_bytes);
	struct weir_count *counts;
	char *texts;

	if (!keys)
		return fail_memory(&ctrs->map);
	ctrs->keys = keys;
	counts = reallocarray(ctrs->counts, cap, sizeof(*counts));
	if (!counts)
		return fail_memory(&ctrs->map);
	ctrs->counts = counts;
	texts = reallocarray(ctrs->texts, cap, ctrs->text_room);
	if (!texts)
		return fail_memory(&ctrs->map);
	ctrs->texts = texts;
	ctrs->cap = cap;
	return 0;
}

static uint64_t load(const uint8_t *value, const struct weir_counter_at *at)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;

	/* values need not be aligned */
	if (at->size_bytes == sizeof(wide))
		memcpy(&wide, value + at->offset_bytes, sizeof(wide));
	else if (at->size_bytes)
		memcpy(&narrow, value + at->offset_bytes, sizeof(narrow));
	return wide + narrow;
}

static struct weir_count sum(const struct weir_counters *ctrs, const uint8_t *value)
{
	size_t step = weir_walk_stride_bytes(ctrs->walk) / weir_walk_cpus(ctrs->walk);
	struct weir_count total = {0};

	for (unsigned int cpu = 0; cpu < weir_walk_cpus(ctrs->walk); cpu++, value += step) {
		total.packets += load(value, &ctrs->type.packets);
		total.bytes += load(value, &ctrs->type.bytes);
	}
	return total;
}

/* The text of a key that is where it was stays. */
static void keep_key(struct weir_counters *ctrs, size_t nth, const uint8_t *key)
{
	size_t size = ctrs->map.key_size_bytes;
	uint8_t *at = ctrs->keys + nth * size;

	if (nth < ctrs->n_keys && !memcmp(at, key, size))
		return;
	memcpy(at, key, size);
	ctrs->texts[nth * ctrs->text_room] = '\0';
	if (nth >= ctrs->n_keys)
		ctrs->n_keys = nth + 1;
}

static int take(const void *keys, const void *values, size_t n, void *ctx)
{
	struct weir_counters *ctrs = ctx;
	size_t stride = weir_walk_stride_bytes(ctrs->walk), more = 0;
	const uint8_t *value = values;

	if (n > ctrs->max - ctrs->n) {
		more = n - (ctrs->max - ctrs->n);
		n -= more;
	}
	if (ctrs->n + n > ctrs->cap && grow(ctrs, ctrs->n + n))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++, value += stride) {
		keep_key(ctrs, ctrs->n + i, (const uint8_t *)keys + i * ctrs->map.key_size_bytes);
		ctrs->counts[ctrs->n + i] = sum(ctrs, value);
	}
	ctrs->n += n;
	if (more && !ctrs->whole)
		return ENOUGH;
	ctrs->rest += more;
	return 0;
}

/* Entries of an array that are of interest: the first ones. */
static uint32_t n_wanted(const struct weir_counters *ctrs)
{
	uint64_t end = ctrs->entries ? weir_key_names_end(ctrs->entries) : UINT64_MAX;

	return end < ctrs->map.max_entries ? (uint32_t)end : ctrs->map.max_entries;
}

/* The same of those that have names; the keys of an array come in order. */
static int take_named(const void *keys, const void *values, size_t n, void *ctx)
{
	struct weir_counters *ctrs = ctx;
	size_t stride = weir_walk_stride_bytes(ctrs->walk);
	uint32_t end = n_wanted(ctrs);
	const uint32_t *index = keys;
	const uint8_t *value = values;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++, index++, value += stride) {
		if (weir_key_names_find(ctrs->entries, *index))
			err = take(index, value, 1, ctx);
		if (!err && *index + 1 >= end)
			err = ENDED;
	}
	return err;
}

bool weir_counters_by_ifindex(const struct weir_counters *ctrs)
{
	return ctrs->key && ctrs->key->form == WEIR_FORM_IFINDEX && weir_map_is_array(&ctrs->map);
}

bool weir_counters_have_packets(const struct weir_counters *ctrs)
{
	return ctrs->type.packets.size_bytes;
}

bool weir_counters_have_bytes(const struct weir_counters *ctrs)
{
	return ctrs->type.bytes.size_bytes;
}

bool weir_counters_narrow_packets(const struct weir_counters *ctrs)
{
	return ctrs->type.packets.size_bytes == sizeof(uint32_t);
}

bool weir_counters_narrow_bytes(const struct weir_counters *ctrs)
{
	return ctrs->type.bytes.size_bytes == sizeof(uint32_t);
}

int weir_counters_read(struct weir_counters *ctrs)
{
	return weir_counters_read_first(ctrs, SIZE_MAX, true);
}

size_t weir_counters_rest(const struct weir_counters *ctrs)
{
	return ctrs->rest;
}

/* Made once, at the reading behind the last one that is a walk. */
static bool has_sums(struct weir_counters *ctrs)
{
	unsigned int cpus = weir_walk_cpus(ctrs->walk);
	uint32_t n = n_wanted(ctrs);

	if (ctrs->walks == WALKS_MAX && weir_sums_pay(&ctrs->map, cpus, n))
		(void)weir_sums_new(ctrs->fd, &ctrs->type, cpus, n, &ctrs->sums);
	if (ctrs->walks <= WALKS_MAX)
		ctrs->walks++;
	return ctrs->sums;
}

/* The keys of an array are its indexes. */
static int take_sums(struct weir_counters *ctrs)
{
	uint32_t n = n_wanted(ctrs);
	size_t room = n < ctrs->max ? n : ctrs->max;
	const struct weir_sum *sums;
	int err = weir_sums_read(ctrs->sums, &sums);

	if (err)
		return err;
	if (room > ctrs->cap && grow(ctrs, room))
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		if (ctrs->entries && !weir_key_names_find(ctrs->entries, i))
			continue;
		if (ctrs->n == ctrs->max) {
			ctrs->rest++;
			continue;
		}
		keep_key(ctrs, ctrs->n, (const uint8_t *)&i);
		ctrs->counts[ctrs->n++] = (struct weir_count){sums[i].packets, sums[i].bytes};
	}
	return 0;
}

static int take_all(struct weir_counters *ctrs)
{
	size_t rest = ctrs->rest;
	int err;

	ctrs->n = ctrs->rest = 0;
	if (has_sums(ctrs)) {
		err = take_sums(ctrs);
		if (!err)
			return 0;
		ctrs->n = ctrs->rest = 0;
		weir_sums_free(ctrs->sums);
		ctrs->sums = NULL;
	}
	err = weir_walk_run(ctrs->walk, ctrs->entries ? take_named : take, ctrs);
	if (err == ENOUGH)
		ctrs->rest = rest;
	err = err > 0 ? 0 : err;
	if (!err && ctrs->n > INT32_MAX)
		err = weir_fail(-EOVERFLOW, "map id %u (%s): too many entries", ctrs->map.id,
				ctrs->map.name);
	return err;
}

int weir_counters_read_first(struct weir_counters *ctrs, size_t max, bool whole)
{
	struct timespec now;
	int err;

	ctrs->max = max;
	ctrs->whole = whole;
	err = take_all(ctrs);
	if (err) {
		ctrs->n = 0;
		return err;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ctrs->time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return (int)ctrs->n;
}

struct weir_count weir_counters_value(const struct weir_counters *ctrs, size_t nth)
{
	return nth < ctrs->n ? ctrs->counts[nth] : (struct weir_count){0};
}

uint64_t weir_counters_time_ns(const struct weir_counters *ctrs)
{
	return ctrs->time_ns;
}

uint64_t weir_count_growth(uint64_t now, uint64_t before, bool narrow)
{
	uint64_t fell = before - now, round = (uint32_t)(now - before);

	if (now >= before)
		return now - before;
	if (narrow && fell > UINT32_MAX / 2)
		return round < now ? round : now;
	return fell > before / 2 ? now : 0;
}
