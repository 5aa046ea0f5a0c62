// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The map declarations of an object as one list.
 *
 * In: the ELF model and its BTF. Out: struct weir_mapdefs. The two readers
 * stand in mapdef_elf.c and mapdef_btf.c; here is what holds for both: no two
 * maps at one place, types of keys and values, and iproute2's rule which inner
 * map goes into which slot (reference: lib/bpf_legacy.c, third pass of
 * bpf_maps_attach_all()).
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

bool weir_map_type_is_outer(uint32_t map_type)
{
	return map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map_type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

uint32_t weir_btf_strip(const struct btf *btf, uint32_t type_id)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t))) {
		type_id = t->type;
		t = btf__type_by_id(btf, type_id);
	}
	return type_id;
}

int weir_mapdefs_add(struct weir_mapdefs *defs, const struct weir_mapdef *def, const char *name)
{
	struct weir_mapdef *list = reallocarray(defs->list, defs->n + 1, sizeof(*list));

	if (!list)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	defs->list = list;
	list[defs->n++] = *def;
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct weir_mapdef *l = a, *r = b;

	if (l->section != r->section)
		return l->section < r->section ? -1 : 1;
	if (l->offset_bytes != r->offset_bytes)
		return l->offset_bytes < r->offset_bytes ? -1 : 1;
	return l->symbol < r->symbol ? -1 : l->symbol > r->symbol;
}

void weir_mapdefs_sort(struct weir_mapdef *list, size_t n)
{
	if (n)
		qsort(list, n, sizeof(*list), by_place);
}

static int check_places(const struct weir_mapdefs *defs, const char *name)
{
	for (size_t i = 1; i < defs->n; i++) {
		const struct weir_mapdef *former = &defs->list[i - 1], *def = &defs->list[i];

		if (former->section == def->section &&
		    def->offset_bytes < former->offset_bytes + former->len_bytes)
			return weir_fail(
				-EINVAL,
				"%s: maps '%s' and '%s' overlap in section '%s'; give each a "
				"variable of its own",
				name, former->decl.name, def->decl.name, def->decl.section);
	}
	return 0;
}

/* ---- BPF_ANNOTATE_KV_PAIR ------------------------------------------------ */

/* The annotation of @def: struct ____btf_map_NAME of exactly key and value. */
static const struct btf_type *annotation_of(const struct btf *btf, const struct weir_mapdef *def)
{
	const struct btf_type *t;
	char *want;
	int32_t id;

	if (asprintf(&want, "____btf_map_%s", def->decl.name) < 0)
		return NULL;
	id = btf__find_by_name_kind(btf, want, BTF_KIND_STRUCT);
	free(want);
	t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	if (!t || btf_vlen(t) != 2 ||
	    strcmp(btf__name_by_offset(btf, btf_members(t)[0].name_off), "key") != 0 ||
	    strcmp(btf__name_by_offset(btf, btf_members(t)[1].name_off), "value") != 0)
		return NULL;
	return t;
}

static void annotate(const struct btf *btf, struct weir_mapdef *def, const char *name)
{
	const struct btf_type *t = annotation_of(btf, def);
	int64_t key_bytes, value_bytes;

	if (!t)
		return;
	key_bytes = btf__resolve_size(btf, btf_members(t)[0].type);
	value_bytes = btf__resolve_size(btf, btf_members(t)[1].type);
	if (key_bytes != def->decl.key_size_bytes || value_bytes != def->decl.value_size_bytes) {
		weir_log(WEIR_LOG_NOTICE,
			 "%s: map '%s': annotated key and value have %lld and %lld bytes, the map "
			 "%u "
			 "and %u; types ignored",
			 name, def->decl.name, (long long)key_bytes, (long long)value_bytes,
			 def->decl.key_size_bytes, def->decl.value_size_bytes);
		return;
	}
	def->key_type_id = btf_members(t)[0].type;
	def->value_type_id = btf_members(t)[1].type;
}

static int spell_types(const struct btf *btf, struct weir_mapdef *def)
{
	int err = 0;

	if (def->key_type_id)
		err = weir_btf_type_name(btf, def->key_type_id, &def->key_type);
	if (!err && def->value_type_id)
		err = weir_btf_type_name(btf, def->value_type_id, &def->value_type);
	/* A name too deep to spell is no reason to refuse the map. */
	if (err && err != -ENOMEM)
		err = 0;
	def->decl.key_type = def->key_type;
	def->decl.value_type = def->value_type;
	return err;
}

static int add_types(const struct btf *btf, struct weir_mapdefs *defs, const char *name)
{
	for (size_t i = 0; btf && i < defs->n; i++) {
		if (defs->list[i].decl.style == WEIR_MAP_ELF)
			annotate(btf, &defs->list[i], name);
		if (spell_types(btf, &defs->list[i]))
			return weir_fail(-ENOMEM, "%s: out of memory", name);
	}
	return 0;
}

/* ---- slots --------------------------------------------------------------- */

static bool is_wanted_inside(const struct weir_mapdefs *defs, const struct weir_map_decl *decl)
{
	for (size_t i = 0; i < defs->n; i++)
		if (defs->list[i].decl.inner_id == decl->id)
			return true;
	return false;
}

/* A slot is meant only where an outer map asks for this id; elsewhere the
 * record's inner_idx is merely zero. */
static void settle_slots(struct weir_mapdefs *defs)
{
	for (size_t i = 0; i < defs->n; i++) {
		struct weir_map_decl *decl = &defs->list[i].decl;

		if (!decl->id || decl->inner_id || !is_wanted_inside(defs, decl))
			decl->inner_idx = UINT32_MAX;
	}
}

int weir_mapdefs_collect(const struct weir_elf *elf, const struct btf *btf, const char *name,
			 struct weir_mapdefs *out)
{
	struct weir_mapdefs defs = {0};
	int err;

	err = weir_mapdefs_read_elf(elf, btf, name, &defs);
	err = err ?: weir_mapdefs_read_btf(elf, btf, name, &defs);
	err = err ?: check_places(&defs, name);
	err = err ?: add_types(btf, &defs, name);
	if (err) {
		weir_mapdefs_free(&defs);
		return err;
	}
	settle_slots(&defs);
	*out = defs;
	return 0;
}

void weir_mapdefs_free(struct weir_mapdefs *defs)
{
	if (!defs)
		return;
	for (size_t i = 0; i < defs->n; i++) {
		free(defs->list[i].key_type);
		free(defs->list[i].value_type);
		free(defs->list[i].former_name);
	}
	free(defs->list);
	*defs = (struct weir_mapdefs){0};
}
