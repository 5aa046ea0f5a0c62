// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opens a map with its types. In: an fd, what the caller says of types. Out: struct
 * weir_table, by which entries are read and written as text.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/map_types.h"
#include "maps/schema.h"
#include "maps/table.h"
#include "maps/types.h"

/* ---- what it is ---------------------------------------------------------- */

static bool is_percpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

static enum weir_ref ref_of(uint32_t type)
{
	if (type == BPF_MAP_TYPE_PROG_ARRAY)
		return WEIR_REF_PROG;
	if (type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS)
		return WEIR_REF_MAP;
	return WEIR_REF_NONE;
}

static int find_types(struct weir_table *table, const struct weir_table_opts *opts)
{
	struct weir_types types;
	int err = weir_types_find(&table->map, table->label, opts, &types);

	if (err)
		return err;
	table->has_btf = types.btf;
	table->key = types.key ?: weir_types_key_by_shape(&table->map);
	table->value = types.value ?: weir_types_value_by_shape(&table->map);
	types.key = types.value = NULL;
	weir_types_free(&types);
	if (!table->key || !table->value)
		return weir_fail(-ENOMEM, "%s: out of memory", table->label);
	return 0;
}

/* ---- opened, closed ------------------------------------------------------ */

static int count_cpus(struct weir_table *table)
{
	int cpus = 1;

	table->stride_bytes = table->map.value_size_bytes;
	table->percpu = is_percpu(table->map.type);
	if (table->percpu) {
		cpus = libbpf_num_possible_cpus();
		table->stride_bytes = (table->stride_bytes + 7) & ~(size_t)7;
	}
	if (cpus < 0)
		return weir_fail(cpus,
				 "%s: the number of CPUs is not known: %s; mount sysfs at /sys",
				 table->label, weir_errstr(cpus));
	table->cpus = (unsigned int)cpus;
	return 0;
}

static int fill(struct weir_table *table, int fd, const struct weir_table_opts *opts)
{
	int err = weir_map_by_fd(fd, &table->map);

	if (err)
		return err;
	weir_map_borrow_types(&table->map);
	table->ref = ref_of(table->map.type);
	table->is_array = weir_map_is_array(&table->map);
	table->is_lpm = table->map.type == BPF_MAP_TYPE_LPM_TRIE;
	table->env = (struct weir_value_env){opts->ifname, opts->ifindex, opts->ctx, opts->mask};
	if (opts->label)
		snprintf(table->label, sizeof(table->label), "%s", opts->label);
	else if (*table->map.name)
		snprintf(table->label, sizeof(table->label), "%s", table->map.name);
	else
		snprintf(table->label, sizeof(table->label), "map id %u", table->map.id);
	err = count_cpus(table);
	err = err ?: find_types(table, opts);
	if (err)
		return err;
	table->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return table->fd < 0 ? weir_fail(-errno, "%s: %s", table->label, weir_errstr(errno)) : 0;
}

int weir_table_open(int fd, const struct weir_table_opts *opts, struct weir_table **out)
{
	static const struct weir_table_opts none = {.size = sizeof(none)};
	struct weir_table *table = calloc(1, sizeof(*table));
	int err;

	if (!table)
		return weir_fail(-ENOMEM, "map: out of memory");
	table->fd = -1;
	err = fill(table, fd, opts ? opts : &none);
	if (err) {
		weir_table_close(table);
		return err;
	}
	*out = table;
	return 0;
}

void weir_table_close(struct weir_table *table)
{
	if (!table)
		return;
	if (table->fd >= 0)
		close(table->fd);
	weir_type_free(table->key);
	weir_type_free(table->value);
	free(table);
}

const struct weir_map *weir_table_map(const struct weir_table *table)
{
	return &table->map;
}

size_t weir_table_key_bytes(const struct weir_table *table)
{
	return table->map.key_size_bytes;
}

size_t weir_table_value_bytes(const struct weir_table *table)
{
	return table->cpus * table->stride_bytes;
}

unsigned int weir_table_cpus(const struct weir_table *table)
{
	return table->cpus;
}

const char *weir_table_key_label(const struct weir_table *table, const void *key, char *buf,
				 size_t len)
{
	struct weir_buf text;
	const char *written;

	weir_buf_init(&text, -1);
	weir_value_write(table->key, key, &table->env, &text);
	written = weir_buf_string(&text);
	snprintf(buf, len, "%s: %.200s", table->label, written ? written : "?");
	weir_buf_free(&text);
	return buf;
}

const char *weir_table_name(const struct weir_table *table)
{
	return *table->map.name ? table->map.name : table->label;
}

int weir_table_keep_types(const struct weir_table *table, const struct weir_table_opts *opts)
{
	char key[WEIR_TYPE_TEXT_MAX], value[WEIR_TYPE_TEXT_MAX];
	struct weir_schema schema = {.key = opts->key_type ? key : NULL,
				     .value = opts->value_type ? value : NULL};

	if (!schema.key && !schema.value)
		return weir_fail(-EINVAL,
				 "%s: keep: key TYPE or value TYPE says what is to be kept",
				 table->label);
	weir_table_type_text(table, true, key, sizeof(key));
	weir_table_type_text(table, false, value, sizeof(value));
	if (strlen(key) == sizeof(key) - 1 || strlen(value) == sizeof(value) - 1)
		return weir_fail(-E2BIG, "%s: keep: a type of more than %zu characters",
				 table->label, sizeof(key) - 2);
	return weir_schema_keep(opts->schema, weir_table_name(table), &schema);
}

void weir_table_type_text(const struct weir_table *table, bool of_key, char *buf, size_t len)
{
	struct weir_buf text;
	const char *written;

	weir_buf_init(&text, -1);
	weir_type_write(of_key ? table->key : table->value, &text);
	written = weir_buf_string(&text);
	snprintf(buf, len, "%s", written ? written : "");
	weir_buf_free(&text);
}
