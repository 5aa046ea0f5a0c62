// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An object as a modern compiler would have made it (DESIGN D1).
 *
 * In: the ELF model, its BTF and map declarations. Out: the same with every
 * map defined by BTF in one section ".maps". Read weir_maps_modernise() at the
 * end first: BTF, templates, types (modern_type.c), places (modern_place.c),
 * variables. libbpf reads maps from the first DATASEC ".maps", whose variables
 * must be global (bpf_object__init_user_btf_map()).
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/btf.h"
#include "loader/log.h"
#include "loader/mapdef_read.h"
#include "loader/modern.h"

/* Slots that a converted object may have in its .maps section: 32 KiB a map. */
#define STATIC_SLOTS_MAX 4096u

/* Writes to a type go through here: libbpf has no setters. Valid until a type is added. */
static struct btf_type *writable(struct btf *btf, uint32_t type_id)
{
	return (struct btf_type *)btf__type_by_id(btf, type_id);
}

/* ---- templates and slots ------------------------------------------------- */

static const struct weir_mapdef *first_with_id(const struct weir_mapdefs *defs, uint32_t id)
{
	for (size_t i = 0; id && i < defs->n; i++)
		if (defs->list[i].decl.id == id)
			return &defs->list[i];
	return NULL;
}

static int find_template(const struct weir_mapdefs *defs, const struct weir_mapdef *outer,
			 struct weir_modern_map *map, const char *name)
{
	const struct weir_map_decl *decl = &outer->decl;
	const struct weir_mapdef *inner;

	if (!weir_map_type_is_outer(decl->type) || outer->values_type_id)
		return 0;
	if (!decl->inner_id)
		return weir_fail(-EINVAL,
				 "%s: map '%s' holds maps but names no inner map; give it the "
				 "inner_id of one",
				 name, decl->name);
	inner = first_with_id(defs, decl->inner_id);
	if (!inner)
		return weir_fail(-EINVAL,
				 "%s: map '%s' has inner_id %u, but no map has the id %u; add that "
				 "map",
				 name, decl->name, decl->inner_id, decl->inner_id);
	if (weir_map_type_is_outer(inner->decl.type))
		return weir_fail(
			-EINVAL,
			"%s: map '%s' has inner_id %u, which is '%s', itself a map of maps; "
			"the kernel nests maps once",
			name, decl->name, decl->inner_id, inner->decl.name);
	map->inner = inner;
	return 0;
}

static int find_templates(const struct weir_mapdefs *defs, struct weir_modern_map *maps,
			  const char *name)
{
	int err = 0;

	for (size_t i = 0; i < defs->n && !err; i++)
		err = find_template(defs, &defs->list[i], &maps[i], name);
	return err;
}

/* Why slot @idx of @outer cannot be written as an element of "values"; NULL: it can. */
static const char *slot_obstacle(const struct weir_map_decl *outer, uint32_t idx)
{
	if (idx >= STATIC_SLOTS_MAX)
		return "the slot number is above 4095";
	if (outer->type == BPF_MAP_TYPE_HASH_OF_MAPS && outer->key_size_bytes != sizeof(uint32_t))
		return "its keys have not 4 bytes";
	if (outer->type == BPF_MAP_TYPE_ARRAY_OF_MAPS && idx >= outer->max_entries)
		return "it has fewer entries";
	return NULL;
}

static void count_slots(const struct weir_mapdefs *defs, const struct weir_map_decl *outer,
			struct weir_modern_map *map, const char *name)
{
	for (size_t i = 0; i < defs->n; i++) {
		const struct weir_map_decl *inner = &defs->list[i].decl;
		const char *obstacle;

		if (inner->id != outer->inner_id || inner->inner_idx == UINT32_MAX)
			continue;
		obstacle = slot_obstacle(outer, inner->inner_idx);
		if (obstacle)
			weir_log(WEIR_LOG_NOTICE,
				 "%s: map '%s': slot %u for '%s' is not expressed: %s", name,
				 outer->name, inner->inner_idx, inner->name, obstacle);
		else if (map->slots <= inner->inner_idx)
			map->slots = inner->inner_idx + 1;
	}
}

/* ---- names --------------------------------------------------------------- */

static bool is_name_taken(const struct weir_mapdefs *defs, const char *map_name, size_t but)
{
	for (size_t i = 0; i < defs->n; i++)
		if (i != but && !strcmp(defs->list[i].decl.name, map_name))
			return true;
	return false;
}

/* Static maps of two linked files may share a name; as global symbols they cannot. */
static int rename_map(struct weir_elf *elf, struct btf *btf, struct weir_mapdefs *defs, size_t nth,
		      const char *name)
{
	struct weir_mapdef *def = &defs->list[nth];
	struct weir_elf_symbol *sym = &elf->symbols[def->symbol];
	char *fresh = NULL;

	for (unsigned int i = 2; !fresh; i++) {
		if (asprintf(&fresh, "%s_%u", sym->name, i) < 0)
			return weir_fail(-ENOMEM, "%s: out of memory", name);
		if (is_name_taken(defs, fresh, nth)) {
			free(fresh);
			fresh = NULL;
		}
	}
	weir_log(WEIR_LOG_NOTICE, "%s: second map '%s' becomes '%s'", name, sym->name, fresh);
	def->former_name = sym->name;
	def->decl.name = sym->name = fresh;
	if (def->var_id) {
		int name_off = btf__add_str(btf, fresh);

		if (name_off < 0)
			return weir_fail(name_off, "%s: out of memory", name);
		writable(btf, def->var_id)->name_off = (uint32_t)name_off;
	}
	return 0;
}

static int separate_names(struct weir_elf *elf, struct btf *btf, struct weir_mapdefs *defs,
			  const char *name)
{
	int err = 0;

	for (size_t i = 1; i < defs->n && !err; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(defs->list[i].decl.name, defs->list[k].decl.name)) {
				err = rename_map(elf, btf, defs, i, name);
				break;
			}
	return err;
}

/* ---- BTF ----------------------------------------------------------------- */

static bool is_maps_datasec(const struct btf *btf, const struct btf_type *t)
{
	const char *sec;

	if (!btf_is_datasec(t))
		return false;
	sec = btf__name_by_offset(btf, t->name_off);
	return !strcmp(sec, WEIR_MAPS_SECTION) || !strcmp(sec, "maps") || !strncmp(sec, "maps/", 5);
}

/*
 * A DATASEC cannot be taken out without renumbering all types behind it. As a
 * struct of as many numbers, all at its start, it has the same length (12 bytes
 * each, struct btf_var_secinfo and struct btf_member alike) and no effect.
 */
static void neutralise(struct btf_type *t, uint32_t int_id)
{
	struct btf_member *member = (struct btf_member *)(t + 1);

	for (uint32_t i = 0; i < btf_vlen(t); i++)
		member[i] = (struct btf_member){.type = int_id};
	t->name_off = 0;
	t->info = BTF_KIND_STRUCT << 24 | btf_vlen(t);
	t->size = sizeof(uint32_t);
}

static int neutralise_all(struct btf *btf)
{
	int int_id = weir_modern_int(btf, true);

	/* Whether added or found: from here on the types are writable. */
	if (int_id < 0 || btf__add_str(btf, WEIR_MAPS_SECTION) < 0)
		return -ENOMEM;
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++)
		if (is_maps_datasec(btf, btf__type_by_id(btf, id)))
			neutralise(writable(btf, id), (uint32_t)int_id);
	return 0;
}

/* A global variable of the map's new type: its own one, or a new one. */
static int set_var(struct btf *btf, struct weir_mapdef *def, const struct weir_modern_map *map)
{
	struct btf_type *var;
	int id;

	if (!def->var_id) {
		id = btf__add_var(btf, def->decl.name, BTF_VAR_GLOBAL_ALLOCATED,
				  (int)map->struct_id);
		if (id < 0)
			return id;
		def->var_id = (uint32_t)id;
		return 0;
	}
	var = writable(btf, def->var_id);
	var->type = map->struct_id;
	btf_var(var)->linkage = BTF_VAR_GLOBAL_ALLOCATED;
	return 0;
}

/* Lists the variables in DATASEC ".maps", by offset: outer maps stand last. */
static int add_datasec(struct btf *btf, const struct weir_mapdefs *defs,
		       const struct weir_modern_map *maps)
{
	uint64_t total = 0;
	int err = 0, id;

	for (size_t i = 0; i < defs->n; i++)
		if (maps[i].offset_bytes + maps[i].len_bytes > total)
			total = maps[i].offset_bytes + maps[i].len_bytes;
	id = btf__add_datasec(btf, WEIR_MAPS_SECTION, (uint32_t)total);
	if (id < 0)
		return id;
	for (size_t k = 0; k < 2 * defs->n && !err; k++) {
		size_t i = k % defs->n;

		if (weir_map_type_is_outer(defs->list[i].decl.type) == (k >= defs->n))
			err = btf__add_datasec_var_info(btf, (int)defs->list[i].var_id,
							(uint32_t)maps[i].offset_bytes,
							(uint32_t)maps[i].len_bytes);
	}
	return err;
}

static int set_vars(struct btf *btf, struct weir_mapdefs *defs, const struct weir_modern_map *maps,
		    const char *name)
{
	int err = 0;

	for (size_t i = 0; i < defs->n && !err; i++)
		err = set_var(btf, &defs->list[i], &maps[i]);
	if (!err && defs->n)
		err = add_datasec(btf, defs, maps);
	return err ? weir_fail(err, "%s: map variables cannot be described in BTF", name) : 0;
}

/* Scopes that libbpf's pinning by name can express: global in either style. */
static bool is_pinned_by_name(const struct weir_map_decl *decl)
{
	return decl->pinning == 2 || (decl->style == WEIR_MAP_BTF && decl->pinning == 1);
}

static int make_types(struct btf *btf, const struct weir_mapdefs *defs,
		      struct weir_modern_map *maps, const struct weir_modern_opts *opts,
		      const char *name)
{
	for (size_t i = 0; i < defs->n; i++) {
		const struct weir_mapdef *def = &defs->list[i];
		int err;

		if (opts->static_slots && def->decl.inner_id)
			count_slots(defs, &def->decl, &maps[i], name);
		err = weir_modern_type(
			btf, def, opts->static_slots && is_pinned_by_name(&def->decl), &maps[i]);
		if (err)
			return weir_fail(err, "%s: map '%s' cannot be described in BTF", name,
					 def->decl.name);
	}
	return 0;
}

static int modernise(struct weir_elf *elf, struct btf *btf, struct weir_mapdefs *defs,
		     struct weir_modern_map *maps, const struct weir_modern_opts *opts,
		     const char *name)
{
	int err;

	err = find_templates(defs, maps, name);
	err = err ?: neutralise_all(btf);
	err = err ?: separate_names(elf, btf, defs, name);
	err = err ?: make_types(btf, defs, maps, opts, name);
	err = err ?: weir_modern_place(elf, defs, maps, name);
	err = err ?: set_vars(btf, defs, maps, name);
	return err ?: weir_btf_store(elf, btf, name);
}

static int make_btf(struct weir_elf *elf, struct btf **out, const char *name)
{
	struct btf *btf = btf__new_empty();
	int err;

	if (!btf)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	btf__set_pointer_size(btf, sizeof(uint64_t));
	err = weir_modern_funcs(elf, btf, name);
	if (err)
		btf__free(btf);
	else
		*out = btf;
	return err;
}

int weir_maps_modernise(struct weir_elf *elf, struct btf **btf, struct weir_mapdefs *defs,
			const struct weir_modern_opts *opts, const char *name)
{
	struct weir_modern_map *maps = calloc(defs->n + 1, sizeof(*maps));
	struct btf *made = NULL;
	int err = 0;

	if (!maps)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	if (!*btf)
		err = make_btf(elf, &made, name);
	err = err ?: modernise(elf, made ? made : *btf, defs, maps, opts, name);
	if (!err && made) {
		*btf = made;
		made = NULL;
	}
	btf__free(made);
	free(maps);
	return err;
}
