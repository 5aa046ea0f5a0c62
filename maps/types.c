// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Finds out what a map's keys and values are. In: a map, words, a file of types that were told
 * once. Out: types, from whoever says it first: the words, the file, the map's BTF; or what its
 * shape tells.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/schema.h"
#include "maps/types.h"

/* ---- shapes -------------------------------------------------------------- */

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

struct weir_type *weir_types_value_by_shape(const struct weir_map *map)
{
	if (map->type == BPF_MAP_TYPE_DEVMAP || map->type == BPF_MAP_TYPE_DEVMAP_HASH)
		return with_prog("ifindex", WEIR_FORM_IFINDEX, map->value_size_bytes);
	if (map->type == BPF_MAP_TYPE_CPUMAP)
		return with_prog("qsize", WEIR_FORM_UINT, map->value_size_bytes);
	return by_size(map->value_size_bytes);
}

struct weir_type *weir_types_key_by_shape(const struct weir_map *map)
{
	if (map->type == BPF_MAP_TYPE_LPM_TRIE && map->key_size_bytes > 4)
		return weir_type_prefix(map->key_size_bytes);
	return by_size(map->key_size_bytes);
}

/* ---- words, a file ------------------------------------------------------- */

static int take_word(const char *label, const char *part, const char *word, uint32_t size,
		     struct weir_type **out)
{
	struct weir_type *type;
	int err = weir_type_from_text(word, label, &type);

	if (err)
		return err;
	if (type->size_bytes != size) {
		weir_fail(-EINVAL, "%s: the type of its %s has %u bytes, the map's has %u", label,
			  part, type->size_bytes, size);
		weir_type_free(type);
		return -EINVAL;
	}
	*out = type;
	return 0;
}

/* Kept types are of the map's name, and another map may have it: those that do not fit are
 * not meant. */
static int take_kept(const struct weir_map *map, const char *name, const char *path,
		     struct weir_types *types)
{
	struct weir_type **to[] = {&types->key, &types->value};
	const uint32_t sizes[] = {map->key_size_bytes, map->value_size_bytes};
	struct weir_schema kept;
	int err = weir_schema_find(path, name, &kept);
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

/* ---- BTF ----------------------------------------------------------------- */

static bool is_prescribed(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP:
		return true;
	default:
		return false;
	}
}

/* BTF that does not fit the map is none. */
static int take_btf(const struct btf *btf, uint32_t type_id, uint32_t size, bool is_lpm,
		    struct weir_type **out)
{
	int err = type_id ? weir_type_from_btf(btf, type_id, is_lpm, out) : 0;

	if (!err && *out && (*out)->size_bytes != size) {
		weir_type_free(*out);
		*out = NULL;
	}
	return err;
}

static int ask_btf(const struct weir_map *map, struct weir_types *types)
{
	bool is_lpm = map->type == BPF_MAP_TYPE_LPM_TRIE;
	int err = 0;

	types->btf = map->btf_id ? btf__load_from_kernel_by_id(map->btf_id) : NULL;
	if (!types->btf) {
		types->btf_err = map->btf_id ? -errno : 0;
		return types->btf_err == -ENOMEM ? -ENOMEM : 0;
	}
	if (!types->key) {
		err = take_btf(types->btf, map->key_type_id, map->key_size_bytes, is_lpm,
			       &types->key);
		types->key_from_btf = types->key;
	}
	if (!err && !types->value && !is_prescribed(map->type))
		err = take_btf(types->btf, map->value_type_id, map->value_size_bytes, false,
			       &types->value);
	return err;
}

/* ---- all ----------------------------------------------------------------- */

int weir_types_find(const struct weir_map *map, const char *label,
		    const struct weir_table_opts *opts, struct weir_types *out)
{
	const char *name = *map->name ? map->name : label;
	struct weir_types types = {0};
	int err = 0;

	if (opts->key_type)
		err = take_word(label, "key", opts->key_type, map->key_size_bytes, &types.key);
	if (!err && opts->value_type)
		err = take_word(label, "value", opts->value_type, map->value_size_bytes,
				&types.value);
	if (!err && opts->schema && (!types.key || !types.value))
		err = take_kept(map, name, opts->schema, &types);
	if (!err && (!types.key || !types.value))
		err = ask_btf(map, &types);
	if (err) {
		weir_types_free(&types);
		return err == -ENOMEM ? weir_fail(err, "%s: out of memory", label) : err;
	}
	*out = types;
	return 0;
}

void weir_types_free(struct weir_types *types)
{
	weir_type_free(types->key);
	weir_type_free(types->value);
	btf__free(types->btf);
}
