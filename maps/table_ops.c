// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries read, written and removed. Kernel rules: an array has all its entries and
 * removes none; programs and maps go in as fds and come out as ids; a batch of
 * BPF_MAP_LOOKUP_AND_DELETE_BATCH (Linux 5.6) empties a hash fastest; an LPM trie
 * looks up the longest prefix that covers a key.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/pin.h"
#include "maps/table.h"
#include "maps/walk.h"

#define BATCH_ENTRIES 8192u

/* ---- errors -------------------------------------------------------------- */

static int fail_entry(const struct weir_table *table, const void *key, int err, const char *verb)
{
	uint32_t max = table->map.max_entries;
	char label[320];

	(void)weir_table_key_label(table, key, label, sizeof(label));
	switch (err) {
	case -ENOENT:
		if (table->is_array)
			return weir_fail(err, "%s: out of range; indexes are from 0 to %u", label,
					 max - 1);
		return weir_fail(err, "%s: no such entry; weir map dump lists them", label);
	case -EEXIST:
		if (table->is_array)
			return weir_fail(err, "%s: entries of an array exist; set changes one",
					 label);
		return weir_fail(err, "%s: it exists; set or replace changes it", label);
	case -E2BIG:
	case -ENOSPC:
		if (table->is_array)
			return weir_fail(err, "%s: out of range; indexes are from 0 to %u", label,
					 max - 1);
		return weir_fail(err, "%s: the map is full; it has room for %u entries", label,
				 max);
	case -EPERM:
		return weir_fail(err, "%s: %s it is not permitted; %s", label, verb,
				 geteuid() ? "run as root, or with CAP_BPF"
					   : "the map is frozen, or read-only for user space");
	case -ENODEV:
		return weir_fail(err, "%s: %s it failed: the device is gone that the map was in",
				 label, verb);
	case -EINVAL:
		if (table->is_array && !strcmp(verb, "removing"))
			return weir_fail(err, "%s: entries of an array stay; set it to 0", label);
		break;
	default:
		break;
	}
	return weir_fail(err, "%s: %s it failed: %s", label, verb, weir_errstr(err));
}

/* ---- programs and maps by id --------------------------------------------- */

static int ref_fd(const struct weir_table *table, uint32_t id)
{
	int fd = table->ref == WEIR_REF_PROG ? bpf_prog_get_fd_by_id(id) : bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return weir_fail(fd, "%s: %s id %u: %s", table->label,
				 table->ref == WEIR_REF_PROG ? "program" : "map", id,
				 weir_errstr(fd));
	if (table->ref == WEIR_REF_PROG && weir_prog_refuse_device(fd, table->label)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

/* struct bpf_devmap_val, bpf_cpumap_val: the program behind the first member. */
static int prog_member_fd(const struct weir_table *table, const void *value)
{
	bool has = (table->map.type == BPF_MAP_TYPE_DEVMAP ||
		    table->map.type == BPF_MAP_TYPE_DEVMAP_HASH ||
		    table->map.type == BPF_MAP_TYPE_CPUMAP) &&
		   table->map.value_size_bytes == 8;
	uint32_t id;
	int fd;

	if (!has)
		return -1;
	memcpy(&id, (const uint8_t *)value + 4, sizeof(id));
	fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	if (id && fd < 0)
		return weir_fail(-ENOENT, "%s: program id %u: %s", table->label, id,
				 weir_errstr(fd));
	return fd;
}

/* ---- one ----------------------------------------------------------------- */

int weir_table_peek(const struct weir_table *table, const void *key, void *value)
{
	int err = bpf_map_lookup_elem(table->fd, key, value);

	return err && err != -ENOENT ? fail_entry(table, key, err, "reading") : err;
}

int weir_table_get(const struct weir_table *table, const void *key, void *value)
{
	int err = weir_table_peek(table, key, value);

	return err == -ENOENT ? fail_entry(table, key, err, "reading") : err;
}

static int put_with_prog(const struct weir_table *table, const void *key, const void *value, int fd,
			 uint64_t flags)
{
	uint8_t copy[8];
	int32_t prog_fd = fd;

	memcpy(copy, value, sizeof(copy));
	memcpy(copy + 4, &prog_fd, sizeof(prog_fd));
	return bpf_map_update_elem(table->fd, key, copy, flags);
}

int weir_table_put(const struct weir_table *table, const void *key, const void *value,
		   enum weir_put how)
{
	static const uint64_t flags[] = {BPF_ANY, BPF_NOEXIST, BPF_EXIST};
	uint32_t id;
	int fd = -1, err;

	if (table->ref != WEIR_REF_NONE) {
		memcpy(&id, value, sizeof(id));
		fd = ref_fd(table, id);
		if (fd < 0)
			return fd;
		err = bpf_map_update_elem(table->fd, key, &fd, flags[how]);
	} else {
		fd = prog_member_fd(table, value);
		if (fd < -1)
			return fd;
		if (table->map.value_size_bytes == 8 && fd >= 0)
			err = put_with_prog(table, key, value, fd, flags[how]);
		else
			err = bpf_map_update_elem(table->fd, key, value, flags[how]);
	}
	if (fd >= 0)
		close(fd);
	return err ? fail_entry(table, key, err, "writing") : 0;
}

int weir_table_del(const struct weir_table *table, const void *key)
{
	int err = bpf_map_delete_elem(table->fd, key);

	return err ? fail_entry(table, key, err, "removing") : 0;
}

/* ---- all ----------------------------------------------------------------- */

static int fail_no_entries(const struct weir_table *table)
{
	const char *instead = "";

	if (table->map.type == BPF_MAP_TYPE_QUEUE || table->map.type == BPF_MAP_TYPE_STACK)
		instead = "; weir map peek and pop read it";
	else if (table->map.type == BPF_MAP_TYPE_RINGBUF)
		instead = "; weir map events reads its records";
	else if (table->map.type == BPF_MAP_TYPE_BLOOM_FILTER)
		instead = "; weir map peek asks it for a value";
	return weir_fail(-EINVAL, "%s: a map of this type has no entries to read%s", table->label,
			 instead);
}

int weir_table_each(const struct weir_table *table, weir_entries_fn fn, void *ctx)
{
	struct weir_walk *walk;
	int err;

	if (!table->map.key_size_bytes)
		return fail_no_entries(table);
	err = weir_walk_new(table->fd, &table->map, &walk);

	if (err)
		return err;
	err = weir_walk_run(walk, fn, ctx);
	weir_walk_free(walk);
	return err;
}

struct clearing {
	const struct weir_table *table;
	void *zeroes;
};

static int zero_some(const void *keys, const void *values, size_t n, void *ctx)
{
	const struct clearing *clear = ctx;
	const struct weir_table *table = clear->table;
	uint32_t count = (uint32_t)n;
	int err;

	(void)values;
	err = bpf_map_update_batch(table->fd, keys, clear->zeroes, &count, NULL);
	if (!err)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *key = (const uint8_t *)keys + i * table->map.key_size_bytes;

		err = bpf_map_update_elem(table->fd, key, clear->zeroes, BPF_ANY);
		if (err)
			return fail_entry(table, key, err, "writing");
	}
	return 0;
}

static int zero_all(const struct weir_table *table)
{
	/* as many as weir_walk gives at most: 64 Ki entries or 256 KiB */
	struct clearing clear = {.table = table,
				 .zeroes = calloc(65536, weir_table_value_bytes(table))};
	int err = clear.zeroes ? weir_table_each(table, zero_some, &clear)
			       : weir_fail(-ENOMEM, "%s: out of memory", table->label);

	free(clear.zeroes);
	return err;
}

static int delete_some(const void *keys, const void *values, size_t n, void *ctx)
{
	const struct weir_table *table = ctx;

	(void)values;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *key = (const uint8_t *)keys + i * table->map.key_size_bytes;
		int err = bpf_map_delete_elem(table->fd, key);

		if (err && err != -ENOENT)
			return fail_entry(table, key, err, "removing");
	}
	return 0;
}

/* *done: the kernel has it, and nothing is left. */
static int delete_batches(const struct weir_table *table, bool *done)
{
	size_t key_bytes = table->map.key_size_bytes, value_bytes = weir_table_value_bytes(table);
	uint32_t room = BATCH_ENTRIES, n;
	uint8_t *keys = NULL, *values = NULL, cursor[512];
	void *in = NULL;
	int err = 0;

	*done = false;
	if (key_bytes > sizeof(cursor))
		return 0;
	for (;;) {
		if (!keys || err == -ENOSPC) {
			room = keys ? room * 2 : room;
			free(keys);
			free(values);
			keys = malloc(room * key_bytes);
			values = malloc(room * value_bytes);
			if (!keys || !values) {
				err = weir_fail(-ENOMEM, "%s: out of memory", table->label);
				break;
			}
		}
		n = room;
		err = bpf_map_lookup_and_delete_batch(table->fd, in, cursor, keys, values, &n,
						      NULL);
		if (err == -ENOENT) {
			*done = true;
			err = 0;
			break;
		}
		if (err && err != -ENOSPC && err != -EINTR) {
			err = 0; /* not for this map, or this kernel: one by one */
			break;
		}
		in = err == -ENOSPC ? in : cursor;
	}
	free(keys);
	free(values);
	return err;
}

int weir_table_clear(const struct weir_table *table)
{
	bool done;
	int err;

	if (table->is_array)
		return zero_all(table);
	err = delete_batches(table, &done);
	return err || done ? err : weir_table_each(table, delete_some, (void *)table);
}

/* ---- longest prefix ------------------------------------------------------ */

/* The kernel's walk begins anew behind a key that is not there, so only one that is
 * there is followed by another than the first. */
static bool exists(const struct weir_table *table, const void *key, const void *first)
{
	uint8_t next[512];
	int err = bpf_map_get_next_key(table->fd, key, next);

	return err == -ENOENT || (!err && memcmp(next, first, table->map.key_size_bytes) != 0);
}

int weir_table_match(const struct weir_table *table, const void *key, void *found)
{
	size_t size = table->map.key_size_bytes;
	uint8_t first[512], *at = found;
	uint32_t len;

	if (size > sizeof(first) || bpf_map_get_next_key(table->fd, NULL, first))
		return -ENOENT;
	memcpy(found, key, size);
	memcpy(&len, key, sizeof(len));
	for (;; len--) {
		memcpy(at, &len, sizeof(len));
		if (exists(table, at, first))
			return 0;
		if (!len)
			return -ENOENT;
		at[4 + (len - 1) / 8] &= (uint8_t) ~(0x80u >> ((len - 1) % 8));
	}
}
