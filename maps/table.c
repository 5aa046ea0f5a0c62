// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opens a map with its types. In: an fd, what the caller says of types. Out: struct
 * weir_table, by which entries are read and written as text.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
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
#include "maps/schema.h"
#include "maps/table.h"

/* ---- shapes -------------------------------------------------------------- */

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

/* struct bpf_devmap_val and bpf_cpumap_val of linux/bpf.h: a program follows. */
static struct weir_type *with_prog(const char *name, enum weir_form form, uint32_t size)
{
	struct weir_type *type = weir_type_new(WEIR_FORM_STRUCT, size);

	if (size == 4) {
		weir_type_free(type);
		return weir_type_new(form, size);
	}
	if (type && weir_type_add(type, name, weir_type_new(form, 4), 0, 0) &&
	    weir_type_add(type, "prog", weir_type_new(WEIR_FORM_PROG, 4), 32, 0))
		return type;
	weir_type_free(type);
	return NULL;
}

static struct weir_type *by_size(uint32_t size)
{
	bool number = size == 1 || size == 2 || size == 4 || size == 8;

	return weir_type_new(number ? WEIR_FORM_UINT : WEIR_FORM_BYTES, size);
}

static struct weir_type *value_by_shape(const struct weir_map *map)
{
	if (map->type == BPF_MAP_TYPE_DEVMAP || map->type == BPF_MAP_TYPE_DEVMAP_HASH)
		return with_prog("ifindex", WEIR_FORM_IFINDEX, map->value_size_bytes);
	if (map->type == BPF_MAP_TYPE_CPUMAP)
		return with_prog("qsize", WEIR_FORM_UINT, map->value_size_bytes);
	return by_size(map->value_size_bytes);
}

static struct weir_type *key_by_shape(const struct weir_map *map)
{
	if (map->type == BPF_MAP_TYPE_LPM_TRIE && map->key_size_bytes > 4)
		return weir_type_prefix(map->key_size_bytes);
	return by_size(map->key_size_bytes);
}

/* ---- types --------------------------------------------------------------- */

static int fit(const struct weir_table *table, const char *part, struct weir_type *type,
	       uint32_t size, struct weir_type **out)
{
	if (type->size_bytes != size) {
		weir_fail(-EINVAL, "%s: the type of its %s has %u bytes, the map's has %u",
			  table->label, part, type->size_bytes, size);
		weir_type_free(type);
		return -EINVAL;
	}
	*out = type;
	return 0;
}

static int types_from_btf(struct weir_table *table)
{
	const struct weir_map *map = &table->map;
	bool keep_value = table->ref == WEIR_REF_NONE && map->type != BPF_MAP_TYPE_DEVMAP &&
			  map->type != BPF_MAP_TYPE_DEVMAP_HASH && map->type != BPF_MAP_TYPE_CPUMAP;
	struct btf *btf = map->btf_id ? btf__load_from_kernel_by_id(map->btf_id) : NULL;
	int err = 0;

	/* gone, or not for us to see: the shape is left */
	if (!btf)
		return map->btf_id && errno == ENOMEM ? -ENOMEM : 0;
	table->has_btf = true;
	if (!table->key && map->key_type_id)
		err = weir_type_from_btf(btf, map->key_type_id, table->is_lpm, &table->key);
	if (!err && !table->value && map->value_type_id && keep_value)
		err = weir_type_from_btf(btf, map->value_type_id, false, &table->value);
	btf__free(btf);
	/* BTF that does not fit the map is none. */
	if (table->key && table->key->size_bytes != map->key_size_bytes) {
		weir_type_free(table->key);
		table->key = NULL;
	}
	if (table->value && table->value->size_bytes != map->value_size_bytes) {
		weir_type_free(table->value);
		table->value = NULL;
	}
	return err;
}

static int types_from_words(struct weir_table *table, const char *key, const char *value)
{
	struct weir_type *type;
	int err = 0;

	if (key) {
		err = weir_type_from_text(key, table->label, &type);
		err = err ?: fit(table, "key", type, table->map.key_size_bytes, &table->key);
	}
	if (!err && value) {
		err = weir_type_from_text(value, table->label, &type);
		err = err ?: fit(table, "value", type, table->map.value_size_bytes, &table->value);
	}
	return err;
}

/* Kept types are of the map's name, and another map may have it: those that do not fit are
 * not meant. */
static int types_kept(struct weir_table *table, const char *path)
{
	struct weir_type **to[] = {&table->key, &table->value};
	const uint32_t sizes[] = {table->map.key_size_bytes, table->map.value_size_bytes};
	struct weir_schema kept;
	int err = weir_schema_find(path, weir_table_name(table), &kept);
	const char *words[] = {kept.key, kept.value};

	for (size_t i = 0; i < 2 && !err; i++) {
		struct weir_type *type;

		if (*to[i] || !words[i])
			continue;
		err = weir_type_from_text(words[i], path, &type);
		if (!err && type->size_bytes == sizes[i])
			*to[i] = type;
		else if (!err)
			weir_type_free(type);
	}
	weir_schema_free(&kept);
	return err;
}

static int find_types(struct weir_table *table, const struct weir_table_opts *opts)
{
	int err = types_from_words(table, opts->key_type, opts->value_type);

	if (!err && opts->schema && (!table->key || !table->value))
		err = types_kept(table, opts->schema);
	if (!err && (!table->key || !table->value))
		err = types_from_btf(table);
	if (!err && !table->key)
		table->key = key_by_shape(&table->map);
	if (!err && !table->value)
		table->value = value_by_shape(&table->map);
	if (!err && (!table->key || !table->value))
		err = -ENOMEM;
	return err == -ENOMEM ? weir_fail(err, "%s: out of memory", table->label) : err;
}

/* ---- opened, closed ------------------------------------------------------ */

static int count_cpus(struct weir_table *table)
{
	int cpus = 1;

	table->stride_bytes = table->map.value_size_bytes;
	if (is_percpu(table->map.type)) {
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
