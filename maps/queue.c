// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps of values without keys. In: a queue or a stack (Linux 4.20), a bloom filter (Linux
 * 5.16). Out: values put in, taken out, looked at.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/table.h"

static bool is_queue(const struct weir_table *table)
{
	return table->map.type == BPF_MAP_TYPE_QUEUE || table->map.type == BPF_MAP_TYPE_STACK;
}

static bool is_filter(const struct weir_table *table)
{
	return table->map.type == BPF_MAP_TYPE_BLOOM_FILTER;
}

static int fail_type(const struct weir_table *table, const char *types)
{
	return weir_fail(-EINVAL, "%s: not a %s", table->label, types);
}

static int fail_value(const struct weir_table *table, const char *verb, int err)
{
	switch (err) {
	case -E2BIG:
		return weir_fail(err, "%s: the map is full; it has room for %u values",
				 table->label, table->map.max_entries);
	case -EPERM:
		return weir_fail(err, "%s: %s is not permitted; %s", table->label, verb,
				 geteuid() ? "run as root, or with CAP_BPF"
					   : "the map is frozen, or read-only for user space");
	default:
		return weir_fail(err, "%s: %s failed: %s", table->label, verb, weir_errstr(err));
	}
}

int weir_table_push(const struct weir_table *table, const void *value)
{
	int err;

	if (!is_queue(table) && !is_filter(table))
		return fail_type(table, "queue, a stack or a bloom filter; set is for others");
	err = bpf_map_update_elem(table->fd, NULL, value, BPF_ANY);
	return err ? fail_value(table, "push", err) : 0;
}

int weir_table_pop(const struct weir_table *table, void *value)
{
	int err;

	if (!is_queue(table))
		return fail_type(table, "queue or a stack");
	err = bpf_map_lookup_and_delete_elem(table->fd, NULL, value);
	return err && err != -ENOENT ? fail_value(table, "pop", err) : err;
}

int weir_table_first(const struct weir_table *table, void *value)
{
	int err;

	if (!is_queue(table))
		return fail_type(table, is_filter(table)
						? "queue or a stack; a value is to be looked for"
						: "queue or a stack; get is for others");
	err = bpf_map_lookup_elem(table->fd, NULL, value);
	return err && err != -ENOENT ? fail_value(table, "peek", err) : err;
}

int weir_table_may_have(const struct weir_table *table, const void *value)
{
	uint8_t copy[4096];
	int err;

	if (!is_filter(table))
		return fail_type(table, "bloom filter; only one of these is asked for a value");
	if (table->map.value_size_bytes > sizeof(copy))
		return fail_value(table, "peek", -E2BIG);
	memcpy(copy, value, table->map.value_size_bytes);
	err = bpf_map_lookup_elem(table->fd, NULL, copy);
	return !err ? 1 : err == -ENOENT ? 0 : fail_value(table, "peek", err);
}
