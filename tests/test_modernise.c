// SPDX-License-Identifier: LGPL-2.1-or-later
/* Every shape of map, rewritten, as libbpf reads it: weir_maps_modernise(). */
#include "tests/mapobj.h"

#include <bpf/bpf.h>
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>

static int modernise(struct mapobj *obj, const char *prog, bool static_slots)
{
	const struct weir_modern_opts opts = {.static_slots = static_slots};
	int err = mapobj_collect(obj, prog);

	return err ? err : weir_maps_modernise(obj->elf, &obj->btf, &obj->defs, &opts, prog);
}

/* Modernises, writes and opens with libbpf, which is strict about members. */
static void open_modern(struct mapobj *obj, const char *prog, bool static_slots)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "x");

	if (modernise(obj, prog, static_slots))
		fail_msg("%s: %s", prog, obj->log);
	assert_int_equal(weir_elf_write(obj->elf, &obj->image, &obj->image_len), 0);
	obj->bpf = bpf_object__open_mem(obj->image, obj->image_len, &opts);
	if (!obj->bpf)
		fail_msg("%s: libbpf refuses it: %s", prog, strerror(errno));
}

static struct bpf_map *map_of(struct mapobj *obj, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj->bpf, name);

	if (!map)
		fail_msg("libbpf sees no map %s", name);
	return map;
}

static void same(const struct weir_map_decl *decl, const struct bpf_map *map)
{
	assert_int_equal(bpf_map__type(map), decl->type);
	assert_int_equal(bpf_map__key_size(map), decl->key_size_bytes);
	assert_int_equal(bpf_map__value_size(map), decl->value_size_bytes);
	assert_int_equal(bpf_map__max_entries(map), decl->max_entries);
	assert_int_equal(bpf_map__map_flags(map), decl->flags);
}

static const char *const good[] = {
	"maps_elf",	"maps_elf_g",	   "maps_def20",      "maps_def20_g", "maps_def28",
	"maps_def28_g", "maps_16",	   "maps_24",	      "maps_40zero",  "maps_40zero_g",
	"maps_split",	"maps_split_g",	   "maps_both",	      "maps_static",  "maps_static_g",
	"maps_data",	"maps_data_g",	   "maps_inner",      "maps_inner_g", "maps_inner2",
	"maps_outer2",	"maps_inner_none", "maps_kv",	      "maps_perf",    "maps_perf_g",
	"maps_pins",	"maps_btf",	   "maps_btf_values", "maps_tail",    "maps_tail_btf",
	"maps_many",
};

/* libbpf sees each map as it was declared, in both forms. */
static void all_shapes(void **state)
{
	struct mapobj *obj = *state;

	for (size_t i = 0; i < 2 * sizeof(good) / sizeof(good[0]); i++) {
		open_modern(obj, good[i / 2], i % 2);
		for (size_t k = 0; k < obj->defs.n; k++)
			same(&obj->defs.list[k].decl, map_of(obj, obj->defs.list[k].decl.name));
		assert_int_equal(weir_elf_find(obj->elf, "maps"), -ENOENT);
	}
}

/* The rewritten object is itself an object that nothing has to be done to. */
static void twice_is_once(void **state)
{
	const struct weir_modern_opts opts = {.static_slots = true};
	struct mapobj *obj = *state, again = {0};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		open_modern(obj, good[i], true);
		assert_int_equal(weir_elf_read(obj->image, obj->image_len, "again", &again.elf), 0);
		assert_int_equal(weir_btf_open(again.elf, "again", &again.btf), 0);
		assert_non_null(again.btf);
		assert_int_equal(weir_mapdefs_collect(again.elf, again.btf, "again", &again.defs),
				 0);
		assert_int_equal(again.defs.n, obj->defs.n);
		for (size_t k = 0; k < obj->defs.n; k++) {
			const struct weir_map_decl *l = &obj->defs.list[k].decl;
			const struct weir_mapdef *r = mapobj_def(&again, l->name);

			assert_int_equal(l->type, r->decl.type);
			assert_int_equal(l->max_entries, r->decl.max_entries);
			assert_int_equal(r->decl.id, 0);
			assert_false(r->extended);
		}
		assert_int_equal(
			weir_maps_modernise(again.elf, &again.btf, &again.defs, &opts, "again"), 0);
		mapobj_reset(&again);
	}
}

static int key_kind(struct mapobj *obj, const char *name)
{
	const struct weir_mapdef *def = mapobj_def(obj, name);
	const struct btf_type *t = btf__type_by_id(obj->btf, def->var_id);
	const struct btf_member *m;

	t = btf__type_by_id(obj->btf, t->type);
	m = btf_members(t);
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(obj->btf, m[i].name_off), "key")) {
			t = btf__type_by_id(obj->btf, m[i].type);
			return btf_kind(btf__type_by_id(obj->btf, t->type));
		}
	return -ENOENT;
}

static void annotated_types(void **state)
{
	struct mapobj *obj = *state;
	const struct btf *btf;
	int id;

	open_modern(obj, "maps_kv", false);
	btf = bpf_object__btf(obj->bpf);
	assert_int_not_equal(bpf_map__btf_value_type_id(map_of(obj, "kv_stats")), 0);
	assert_int_equal(key_kind(obj, "kv_stats"), BTF_KIND_TYPEDEF);
	assert_int_equal(key_kind(obj, "kv_flows"), BTF_KIND_STRUCT);
	assert_int_equal(key_kind(obj, "kv_lpm"), BTF_KIND_STRUCT);
	assert_int_equal(key_kind(obj, "kv_wrong"), -ENOENT);
	id = btf__find_by_name_kind(btf, "kv_reason", BTF_KIND_TYPEDEF);
	assert_true(id > 0);
	assert_true(btf_is_int(btf__type_by_id(btf, btf__type_by_id(btf, (uint32_t)id)->type)));
	assert_true(btf__find_by_name_kind(btf, "kv_reason", BTF_KIND_ENUM) > 0);

	open_modern(obj, "maps_btf", false);
	assert_int_equal(key_kind(obj, "btf_pin1"), BTF_KIND_TYPEDEF);
}

static void pins(void **state)
{
	struct mapobj *obj = *state;

	open_modern(obj, "maps_pins", false);
	assert_null(bpf_map__pin_path(map_of(obj, "pin_global")));
	open_modern(obj, "maps_btf", false);
	assert_null(bpf_map__pin_path(map_of(obj, "btf_pin1")));

	open_modern(obj, "maps_pins", true);
	assert_null(bpf_map__pin_path(map_of(obj, "pin_none")));
	assert_null(bpf_map__pin_path(map_of(obj, "pin_object")));
	assert_non_null(bpf_map__pin_path(map_of(obj, "pin_global")));
	assert_null(bpf_map__pin_path(map_of(obj, "pin_custom")));
	open_modern(obj, "maps_btf", true);
	assert_non_null(bpf_map__pin_path(map_of(obj, "btf_pin1")));
	assert_non_null(bpf_map__pin_path(map_of(obj, "btf_pin2")));
	assert_null(bpf_map__pin_path(map_of(obj, "btf_pin3")));
}

static void same_inner(struct mapobj *obj, const char *outer, const char *inner)
{
	struct bpf_map *template = bpf_map__inner_map(map_of(obj, outer));

	assert_non_null(template);
	same(&mapobj_def(obj, inner)->decl, template);
}

static void templates(void **state)
{
	struct mapobj *obj = *state;

	open_modern(obj, "maps_inner", false);
	same_inner(obj, "outer", "inner");
	open_modern(obj, "maps_inner2", true);
	same_inner(obj, "outer_array", "inner_three");
	open_modern(obj, "maps_outer2", true);
	same_inner(obj, "outer_one", "shared_inner");
	same_inner(obj, "outer_two", "shared_inner");
	open_modern(obj, "maps_def28", false);
	same_inner(obj, "samples_outer", "samples_inner");
	open_modern(obj, "maps_btf", true);
	same_inner(obj, "btf_outer", "btf_inner");
	open_modern(obj, "maps_btf_values", false);
	same_inner(obj, "values_outer", "values_a");
}

/* The map that slot @slot of @outer is relocated to; NULL: none. */
static const char *slot(struct mapobj *obj, const char *outer, uint32_t slot_nth, uint32_t slots)
{
	const struct weir_mapdef *def = mapobj_def(obj, outer);
	const struct weir_elf_section *section = &obj->elf->sections[def->section];
	uint64_t at = def->offset_bytes + def->len_bytes - 8 * (uint64_t)(slots - slot_nth);

	for (size_t i = 0; i < section->n_rels; i++)
		if (section->rels[i].offset == at)
			return obj->elf->symbols[section->rels[i].symbol].name;
	return NULL;
}

static void static_slots(void **state)
{
	struct mapobj *obj = *state;

	open_modern(obj, "maps_inner2", true);
	assert_null(slot(obj, "outer_array", 0, 5));
	assert_string_equal(slot(obj, "outer_array", 3, 5), "inner_three");
	assert_string_equal(slot(obj, "outer_array", 4, 5), "inner_four");
	open_modern(obj, "maps_outer2", true);
	assert_string_equal(slot(obj, "outer_one", 1, 2), "shared_inner");
	assert_string_equal(slot(obj, "outer_two", 1, 2), "shared_inner");
	open_modern(obj, "maps_inner_none", true);
	assert_int_equal(obj->elf->sections[weir_elf_find(obj->elf, ".maps")].n_rels, 0);
	open_modern(obj, "maps_inner2", false);
	assert_int_equal(obj->elf->sections[weir_elf_find(obj->elf, ".maps")].n_rels, 0);
	/* what the object says itself stays in either form */
	open_modern(obj, "maps_btf_values", false);
	assert_string_equal(slot(obj, "values_outer", 1, 4), "values_a");
	assert_string_equal(slot(obj, "values_outer", 3, 4), "values_b");
}

/* libbpf creates maps in the section's order and fills slots at once. */
static void inner_before_outer(void **state)
{
	struct mapobj *obj = *state;

	open_modern(obj, "maps_inner", true);
	assert_true(mapobj_def(obj, "inner")->offset_bytes <
		    mapobj_def(obj, "outer")->offset_bytes);
	open_modern(obj, "maps_outer2", true);
	assert_string_equal(bpf_map__name(bpf_object__next_map(obj->bpf, NULL)), "shared_inner");
}

static void slot_too_far(void **state)
{
	const struct weir_modern_opts opts = {.static_slots = true};
	struct mapobj *obj = *state;

	assert_int_equal(mapobj_collect(obj, "maps_inner2"), 0);
	mapobj_def(obj, "inner_four")->decl.inner_idx = 4096;
	mapobj_def(obj, "inner_three")->decl.inner_idx = 8;
	assert_int_equal(weir_maps_modernise(obj->elf, &obj->btf, &obj->defs, &opts, "x"), 0);
	assert_non_null(strstr(obj->log, "slot 4096 for 'inner_four' is not expressed"));
	assert_non_null(strstr(obj->log, "slot 8 for 'inner_three' is not expressed"));
	assert_int_equal(obj->elf->sections[weir_elf_find(obj->elf, ".maps")].n_rels, 0);
}

static void refuses_outer_alone(void **state)
{
	const struct weir_modern_opts opts = {0};
	struct mapobj *obj = *state;

	assert_int_equal(modernise(obj, "maps_inner_missing", false), -EINVAL);
	assert_non_null(strstr(obj->log, "'lonely_outer' has inner_id 9"));
	assert_int_equal(mapobj_collect(obj, "maps_inner"), 0);
	mapobj_def(obj, "outer")->decl.inner_id = 0;
	assert_int_equal(weir_maps_modernise(obj->elf, &obj->btf, &obj->defs, &opts, "x"), -EINVAL);
	assert_non_null(strstr(obj->log, "names no inner map"));
	assert_null(obj->btf);
}

/* Every reference is to a global symbol of the right map, without an addend. */
static void static_references(void **state)
{
	static const char *const want[] = {"static_one", "static_two", "static_three",
					   "static_four"};
	struct mapobj *obj = *state;
	const struct weir_elf_section *xdp;

	open_modern(obj, "maps_static_g", false);
	xdp = &obj->elf->sections[weir_elf_find(obj->elf, "xdp")];
	assert_int_equal(xdp->n_rels, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct weir_elf_symbol *sym = &obj->elf->symbols[xdp->rels[i].symbol];
		const struct bpf_insn *insn = (const void *)(xdp->data + xdp->rels[i].offset);

		assert_string_equal(sym->name, want[i]);
		assert_int_equal(sym->bind, STB_GLOBAL);
		assert_int_equal(insn->imm, 0);
	}
}

/* Two static maps of one name, as bpftool's linker leaves them. */
static void equal_names(void **state)
{
	const struct weir_modern_opts opts = {0};
	struct mapobj *obj = *state;
	struct weir_mapdef *two;

	assert_int_equal(mapobj_collect(obj, "maps_static"), 0);
	two = mapobj_def(obj, "static_two");
	free(obj->elf->symbols[two->symbol].name);
	obj->elf->symbols[two->symbol].name = strdup("static_one");
	two->decl.name = obj->elf->symbols[two->symbol].name;
	assert_int_equal(weir_maps_modernise(obj->elf, &obj->btf, &obj->defs, &opts, "x"), 0);
	assert_string_equal(two->decl.name, "static_one_2");
	assert_string_equal(two->former_name, "static_one");
	assert_int_equal(weir_elf_write(obj->elf, &obj->image, &obj->image_len), 0);
	obj->bpf = bpf_object__open_mem(obj->image, obj->image_len, NULL);
	assert_non_null(obj->bpf);
	assert_int_equal(bpf_map__max_entries(map_of(obj, "static_one_2")), 2);
}

/* Without BTF the functions get theirs, and a .BTF.ext that names them. */
static void functions_without_btf(void **state)
{
	struct mapobj *obj = *state;
	const struct btf *btf;
	struct btf_ext *ext;
	int id, at;

	open_modern(obj, "maps_tail", false);
	btf = bpf_object__btf(obj->bpf);
	assert_non_null(btf);
	id = btf__find_by_name_kind(btf, "tail_eight", BTF_KIND_FUNC);
	assert_true(id > 0);
	assert_int_equal(btf_vlen(btf__type_by_id(btf, (uint32_t)id)), BTF_FUNC_GLOBAL);
	at = weir_elf_find(obj->elf, ".BTF.ext");
	assert_true(at >= 0);
	ext = btf_ext__new(obj->elf->sections[at].data,
			   (uint32_t)obj->elf->sections[at].size_bytes);
	assert_non_null(ext);
	btf_ext__free(ext);
	/* header, then one function in each of five sections: func_info and line_info */
	assert_int_equal(obj->elf->sections[at].size_bytes,
			 32 + 4 + 5 * (8 + 8) + 4 + 5 * (8 + 16));
}

/* Damaged BTF that nothing needs gives way to ours. */
static void damaged_btf(void **state)
{
	const struct weir_modern_opts opts = {0};
	struct mapobj *obj = *state;

	assert_int_equal(mapobj_collect(obj, "maps_elf_g"), 0);
	weir_mapdefs_free(&obj->defs);
	btf__free(obj->btf);
	obj->elf->sections[weir_elf_find(obj->elf, ".BTF")].data[0] ^= 1;
	assert_int_equal(weir_btf_open(obj->elf, "x", &obj->btf), 0);
	assert_null(obj->btf);
	assert_int_equal(weir_mapdefs_collect(obj->elf, NULL, "x", &obj->defs), 0);
	assert_int_equal(weir_maps_modernise(obj->elf, &obj->btf, &obj->defs, &opts, "x"), 0);
	assert_int_equal(weir_elf_write(obj->elf, &obj->image, &obj->image_len), 0);
	obj->bpf = bpf_object__open_mem(obj->image, obj->image_len, NULL);
	assert_non_null(obj->bpf);
	assert_true(btf__find_by_name_kind(bpf_object__btf(obj->bpf), "elf_xdp", BTF_KIND_FUNC) >
		    0);
}

/* Ids and names of an object's own types are as before. */
static void types_stay(void **state)
{
	struct mapobj *obj = *state;
	struct btf *before = NULL;
	struct weir_elf *elf = NULL;

	open_modern(obj, "maps_kv", true);
	assert_int_equal(weir_elf_read(obj->bytes, obj->len, "x", &elf), 0);
	assert_int_equal(weir_btf_open(elf, "x", &before), 0);
	weir_elf_free(elf);
	for (uint32_t i = 1; i < btf__type_cnt(before); i++) {
		const struct btf_type *l = btf__type_by_id(before, i);
		const struct btf_type *r = btf__type_by_id(obj->btf, i);

		if (btf_is_datasec(l) || btf_is_var(l))
			continue;
		assert_int_equal(l->name_off, r->name_off);
		assert_int_equal(l->info, r->info);
		assert_int_equal(l->size, r->size);
	}
	btf__free(before);
}

static void reference_beside_a_map(void **state)
{
	const struct weir_modern_opts opts = {0};
	struct mapobj *obj = *state;
	struct weir_elf_section *xdp;
	struct bpf_insn *insn;

	assert_int_equal(mapobj_collect(obj, "maps_static"), 0);
	xdp = &obj->elf->sections[weir_elf_find(obj->elf, "xdp")];
	insn = (void *)(xdp->data + xdp->rels[0].offset);
	insn->imm += 4;
	assert_int_equal(weir_maps_modernise(obj->elf, &obj->btf, &obj->defs, &opts, "x"), -EINVAL);
	assert_non_null(strstr(obj->log, "no map begins there"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, mapobj_setup, mapobj_teardown)
	const struct CMUnitTest tests[] = {
		CASE(all_shapes),
		CASE(twice_is_once),
		CASE(annotated_types),
		CASE(pins),
		CASE(templates),
		CASE(static_slots),
		CASE(inner_before_outer),
		CASE(slot_too_far),
		CASE(refuses_outer_alone),
		CASE(static_references),
		CASE(equal_names),
		CASE(functions_without_btf),
		CASE(damaged_btf),
		CASE(types_stay),
		CASE(reference_beside_a_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
