// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types of maps that have none. In: a map in a device's memory, for which the kernel takes
 * no BTF. Out: the BTF of a program that uses it, where its definition is a variable of the
 * map's name whose members key and value point to the types.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maps/map_types.h"

#define MAPS_MAX 64 /* MAX_USED_MAPS of the kernel */

/* BTF of program @id when that uses @map_id; 0. A program whose device is gone tells nothing. */
static uint32_t btf_of_user(uint32_t id, uint32_t map_id)
{
	uint32_t ids[MAPS_MAX] = {0}, len;
	struct bpf_prog_info info = {.nr_map_ids = MAPS_MAX, .map_ids = (uintptr_t)ids};
	int fd = bpf_prog_get_fd_by_id(id), err;

	if (fd < 0)
		return 0;
	len = sizeof(info);
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	for (uint32_t i = 0; !err && i < info.nr_map_ids && i < MAPS_MAX; i++)
		if (ids[i] == map_id)
			return info.btf_id;
	return 0;
}

/* What member @name of @def points to; 0: there is none. */
static uint32_t pointed(const struct btf *btf, const struct btf_type *def, const char *name)
{
	for (uint32_t i = 0; i < btf_vlen(def); i++) {
		const struct btf_member *member = btf_members(def) + i;
		const struct btf_type *type = btf__type_by_id(btf, member->type);

		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return btf_is_ptr(type) ? type->type : 0;
	}
	return 0;
}

/* The kernel keeps 15 characters of a map's name. */
static bool is_called(const struct btf *btf, const struct btf_type *var, const char *name)
{
	const char *whole = btf__name_by_offset(btf, var->name_off);

	return !strncmp(whole, name, BPF_OBJ_NAME_LEN - 1);
}

static bool find_definition(const struct btf *btf, struct weir_map *map)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *var = btf__type_by_id(btf, id), *def;

		if (!btf_is_var(var) || !is_called(btf, var, map->name))
			continue;
		def = btf__type_by_id(btf, var->type);
		if (!btf_is_struct(def))
			continue;
		map->key_type_id = pointed(btf, def, "key");
		map->value_type_id = pointed(btf, def, "value");
		if (map->value_type_id)
			return true;
	}
	return false;
}

void weir_map_borrow_types(struct weir_map *map)
{
	uint32_t id = 0;

	if (!map->ifindex || map->btf_id || !*map->name)
		return;
	while (!bpf_prog_get_next_id(id, &id)) {
		uint32_t btf_id = btf_of_user(id, map->id);
		struct btf *btf = btf_id ? btf__load_from_kernel_by_id(btf_id) : NULL;
		bool found = btf && find_definition(btf, map);

		btf__free(btf);
		if (found) {
			map->btf_id = btf_id;
			return;
		}
	}
}
