// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps made: from types as people write them, and like others. In: what they are to be.
 * Out: an fd of the new map, which lives as long as that or a pin.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/check.h"
#include "maps/needs.h"
#include "maps/table.h"

/* ---- from types ---------------------------------------------------------- */

static int fail_create(const char *label, uint32_t type, int err)
{
	const char *hint = weir_errhint(err), *since = weir_needs_map_type(type);

	if (since)
		return weir_fail(-EOPNOTSUPP, "%s: maps of type %s need Linux %s", label,
				 weir_map_type_name(type), since);
	return weir_fail(err, "%s: the kernel does not make this map: %s%s%s", label,
			 weir_errstr(err),
			 err == -EINVAL ? "; check sizes, entries and flags against its type" : "",
			 err != -EINVAL && hint ? hint : "");
}

/* BTF with both types; NULL: the map is made without. */
static struct btf *describe(const struct weir_type *key, const struct weir_type *value, int *key_id,
			    int *value_id)
{
	struct btf *btf = btf__new_empty();
	libbpf_print_fn_t print = libbpf_set_print(NULL); /* a refusal is no error */

	*key_id = btf ? weir_type_to_btf(btf, key) : -ENOMEM;
	*value_id = *key_id > 0 ? weir_type_to_btf(btf, value) : -ENOMEM;
	if (*value_id < 0 || btf__load_into_kernel(btf)) {
		btf__free(btf);
		btf = NULL;
	}
	libbpf_set_print(print);
	return btf;
}

static int create_typed(const struct weir_create_opts *opts, const struct weir_type *key,
			const struct weir_type *value)
{
	LIBBPF_OPTS(bpf_map_create_opts, create, .map_flags = opts->flags,
		    .inner_map_fd = opts->inner_fd > 0 ? (uint32_t)opts->inner_fd : 0);
	uint32_t key_bytes = key ? key->size_bytes : 0, value_bytes = value ? value->size_bytes : 0;
	struct btf *btf = NULL;
	int key_id, value_id, fd;

	if (opts->type == BPF_MAP_TYPE_LPM_TRIE)
		create.map_flags |= BPF_F_NO_PREALLOC; /* the kernel demands it */
	if (key && value && weir_map_is_plain(opts->type))
		btf = describe(key, value, &key_id, &value_id);
	if (btf) {
		create.btf_fd = (uint32_t)btf__fd(btf);
		create.btf_key_type_id = (uint32_t)key_id;
		create.btf_value_type_id = (uint32_t)value_id;
	}
	fd = bpf_map_create(opts->type, opts->name, key_bytes, value_bytes, opts->max_entries,
			    &create);
	if (fd < 0 && btf) {
		/* types that this map, or this kernel, has no use for */
		create.btf_fd = create.btf_key_type_id = create.btf_value_type_id = 0;
		fd = bpf_map_create(opts->type, opts->name, key_bytes, value_bytes,
				    opts->max_entries, &create);
	}
	btf__free(btf);
	return fd < 0 ? fail_create(opts->name, opts->type, fd) : fd;
}

int weir_map_create(const struct weir_create_opts *opts)
{
	struct weir_type *key = NULL, *value = NULL;
	int ret = 0;

	if (opts->key_type)
		ret = weir_type_from_text(opts->key_type, opts->name, &key);
	if (!ret && opts->value_type)
		ret = weir_type_from_text(opts->value_type, opts->name, &value);
	if (!ret)
		ret = create_typed(opts, key, value);
	weir_type_free(key);
	weir_type_free(value);
	return ret;
}

/* ---- like others --------------------------------------------------------- */

int weir_map_create_like(const struct weir_map *like, uint32_t max_entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, create, .map_flags = like->flags);
	int btf_fd = like->btf_id ? bpf_btf_get_fd_by_id(like->btf_id) : -1, fd;

	if (btf_fd >= 0) {
		create.btf_fd = (uint32_t)btf_fd;
		create.btf_key_type_id = like->key_type_id;
		create.btf_value_type_id = like->value_type_id;
	}
	fd = bpf_map_create(like->type, like->name, like->key_size_bytes, like->value_size_bytes,
			    max_entries ? max_entries : like->max_entries, &create);
	if (btf_fd >= 0)
		close(btf_fd);
	return fd < 0 ? fail_create(*like->name ? like->name : "map", like->type, fd) : fd;
}

/* ---- swapped ------------------------------------------------------------- */

/* The map that is in the slot now. */
static int inner_of(const struct weir_table *outer, const void *key)
{
	uint32_t id;
	int err = weir_table_get(outer, key, &id);

	return err ? err : weir_map_open_id_quiet(id);
}

/* As the present one, and large enough for the file where programs take another size: of an
 * array they know its length. */
static int make_filled(struct weir_table *old, struct weir_source *src,
		       const struct weir_table_opts *types)
{
	const struct weir_map *map = &old->map;
	struct weir_table *table = NULL;
	struct weir_checked checked;
	int fd, err = weir_check_source(src, &checked);

	if (err)
		return err;
	fd = weir_map_create_like(map, !old->is_array && checked.n > map->max_entries
					       ? (uint32_t)checked.n
					       : map->max_entries);
	if (fd < 0)
		return fd;
	err = weir_table_open(fd, types, &table);
	err = err ?: weir_import_checked(table, src, &checked);
	weir_table_close(table);
	if (err)
		close(fd);
	return err ? err : fd;
}

static int fill_new(int old_fd, const char *path, const struct weir_bulk_opts *opts,
		    const struct weir_table_opts *types)
{
	struct weir_table *old;
	struct weir_source src;
	int err = weir_table_open(old_fd, types, &old), fd;

	if (err)
		return err;
	err = weir_source_open(old, path, opts, &src);
	fd = err ? err : make_filled(old, &src, types);
	weir_source_close(&src);
	weir_table_close(old);
	return fd;
}

int weir_table_swap(const struct weir_table *outer, const void *key, const char *path,
		    const struct weir_bulk_opts *opts, const struct weir_table_opts *types)
{
	int old_fd, fd, err;

	if (outer->ref != WEIR_REF_MAP)
		return weir_fail(-EINVAL, "%s: not a map of maps", outer->label);
	old_fd = inner_of(outer, key);
	if (old_fd < 0)
		return old_fd;
	fd = fill_new(old_fd, path, opts, types);
	close(old_fd);
	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(outer->fd, key, &fd, BPF_ANY);
	close(fd);
	return err ? weir_fail(err, "%s: the slot does not take it: %s", outer->label,
			       weir_errstr(err))
		   : 0;
}
