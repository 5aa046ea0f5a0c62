// SPDX-License-Identifier: LGPL-2.1-or-later
/* Map declarations as the object has them: weir_mapdefs_collect(). */
#include "tests/mapobj.h"

#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>

#define NO_SLOT UINT32_MAX

struct row {
	const char *prog, *map;
	uint32_t type, key, value, max, flags, id, pinning, inner_id, inner_idx;
};

static const struct row rows[] = {
	{"maps_elf", "elf_array", BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0, 0, 0, 0, NO_SLOT},
	{"maps_elf", "elf_hash", BPF_MAP_TYPE_HASH, 4, 8, 100, 1, 0, 0, 0, NO_SLOT},
	{"maps_elf_g", "elf_hash", BPF_MAP_TYPE_HASH, 4, 8, 100, 1, 0, 0, 0, NO_SLOT},
	{"maps_def20", "def_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 6, 1, 0, 0, 0, NO_SLOT},
	{"maps_def20_g", "def_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 6, 1, 0, 0, 0, NO_SLOT},
	{"maps_16", "short_two", BPF_MAP_TYPE_HASH, 4, 8, 9, 0, 0, 0, 0, NO_SLOT},
	{"maps_24", "id_one", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 11, 0, 0, NO_SLOT},
	{"maps_40zero", "long_one", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 0, 2, 0, NO_SLOT},
	{"maps_40zero_g", "long_one", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 0, 2, 0, NO_SLOT},
	{"maps_split", "split_one", BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0, 0, 0, 0, NO_SLOT},
	{"maps_split_g", "split_two", BPF_MAP_TYPE_HASH, 4, 8, 2, 0, 0, 2, 0, NO_SLOT},
	{"maps_both", "both_old", BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0, 0, 2, 0, NO_SLOT},
	{"maps_both", "both_new", BPF_MAP_TYPE_HASH, 4, 8, 4, 0, 0, 0, 0, NO_SLOT},
	{"maps_static", "static_two", BPF_MAP_TYPE_HASH, 4, 8, 2, 0, 0, 0, 0, NO_SLOT},
	{"maps_static_g", "static_one", BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0, 0, 0, 0, NO_SLOT},
	{"maps_static_g", "static_four", BPF_MAP_TYPE_HASH, 4, 8, 4, 0, 0, 0, 0, NO_SLOT},
	{"maps_inner", "outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, 0, 0, 1, NO_SLOT},
	{"maps_inner_g", "inner", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 1, 0, 0, 0},
	{"maps_inner2", "inner_three", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 7, 0, 0, 3},
	{"maps_inner2", "inner_four", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 7, 0, 0, 4},
	{"maps_outer2", "outer_two", BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 2, 0, 0, 0, 5, NO_SLOT},
	{"maps_inner_none", "template", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 1, 0, 0, NO_SLOT},
	{"maps_perf", "perf_events", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0, 0, 0, 0, 0, NO_SLOT},
	{"maps_pins", "pin_object", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 0, 1, 0, NO_SLOT},
	{"maps_pins", "pin_custom", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 0, 3, 0, NO_SLOT},
	{"maps_pins", "pin_unknown", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 0, 4242, 0, NO_SLOT},
	{"maps_btf", "btf_inner", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 21, 0, 0, 2},
	{"maps_btf", "btf_outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, 0, 0, 21, NO_SLOT},
	{"maps_btf", "btf_pin1", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 0, 1, 0, NO_SLOT},
	{"maps_btf", "btf_pin2", BPF_MAP_TYPE_HASH, 4, 8, 2, 0, 0, 2, 0, NO_SLOT},
	{"maps_btf", "btf_pin3", BPF_MAP_TYPE_HASH, 4, 8, 2, 0, 0, 3, 0, NO_SLOT},
	{"maps_tail", "jumps", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 16, 0, 10, 2, 0, NO_SLOT},
	{"maps_tail_btf", "btf_jumps", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 12, 1, 0, NO_SLOT},
	{"maps_many", "many_96", BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0, 0, 0, 0, NO_SLOT},
};

static void declarations(void **state)
{
	struct mapobj *obj = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *want = &rows[i];
		const struct weir_map_decl *is;

		if (mapobj_collect(obj, want->prog))
			fail_msg("%s: %s", want->prog, obj->log);
		is = &mapobj_def(obj, want->map)->decl;
		assert_int_equal(is->type, want->type);
		assert_int_equal(is->key_size_bytes, want->key);
		assert_int_equal(is->value_size_bytes, want->value);
		assert_int_equal(is->max_entries, want->max);
		assert_int_equal(is->flags, want->flags);
		assert_int_equal(is->id, want->id);
		assert_int_equal(is->pinning, want->pinning);
		assert_int_equal(is->inner_id, want->inner_id);
		assert_int_equal(is->inner_idx, want->inner_idx);
	}
}

/* The kernel samples' layout: with BTF by name, without by the outer map. */
static void samples_layout(void **state)
{
	static const char *const progs[] = {"maps_def28", "maps_def28_g"};
	struct mapobj *obj = *state;

	for (int i = 0; i < 2; i++) {
		const struct weir_map_decl *outer, *inner, *numa;

		assert_int_equal(mapobj_collect(obj, progs[i]), 0);
		outer = &mapobj_def(obj, "samples_outer")->decl;
		inner = &mapobj_def(obj, "samples_inner")->decl;
		numa = &mapobj_def(obj, "samples_numa")->decl;
		assert_int_not_equal(outer->inner_id, 0);
		assert_int_equal(outer->inner_id, inner->id);
		assert_int_equal(inner->inner_idx, NO_SLOT);
		assert_int_equal(numa->id, 0);
		assert_int_equal(numa->flags, BPF_F_NUMA_NODE);
		assert_int_equal(numa->pinning, 0);
	}
}

/* Legacy before BTF, each by place; the style and section as they were. */
static void order(void **state)
{
	struct mapobj *obj = *state;

	assert_int_equal(mapobj_collect(obj, "maps_static_g"), 0);
	assert_int_equal(obj->defs.n, 4);
	assert_string_equal(obj->defs.list[0].decl.name, "static_one");
	assert_string_equal(obj->defs.list[1].decl.name, "static_two");
	assert_string_equal(obj->defs.list[2].decl.name, "static_three");
	assert_int_equal(obj->defs.list[1].decl.style, WEIR_MAP_ELF);
	assert_int_equal(obj->defs.list[2].decl.style, WEIR_MAP_BTF);
	assert_string_equal(obj->defs.list[2].decl.section, ".maps");
	assert_int_equal(mapobj_collect(obj, "maps_many"), 0);
	assert_int_equal(obj->defs.n, 70);
	assert_int_equal(mapobj_collect(obj, "maps_split"), 0);
	assert_string_equal(mapobj_def(obj, "split_two")->decl.section, "maps/two");
}

static void key_and_value_types(void **state)
{
	struct mapobj *obj = *state;
	const struct weir_map_decl *decl;

	assert_int_equal(mapobj_collect(obj, "maps_kv"), 0);
	decl = &mapobj_def(obj, "kv_stats")->decl;
	assert_string_equal(decl->key_type, "enum kv_reason");
	assert_string_equal(decl->value_type, "struct kv_counter");
	assert_string_equal(mapobj_def(obj, "kv_lpm")->decl.value_type, "__u32");
	assert_null(mapobj_def(obj, "kv_wrong")->decl.key_type);
	assert_non_null(strstr(obj->log, "'kv_wrong': annotated key and value have 4 and 8"));
	assert_int_equal(mapobj_collect(obj, "maps_btf"), 0);
	assert_string_equal(mapobj_def(obj, "btf_pin1")->decl.key_type, "enum btf_slot");
	assert_true(mapobj_def(obj, "btf_pin2")->extended);
	assert_false(mapobj_def(obj, "btf_pin1")->extended);
	assert_int_equal(mapobj_collect(obj, "maps_btf_values"), 0);
	assert_int_not_equal(mapobj_def(obj, "values_outer")->values_type_id, 0);
}

/* ---- refusals ------------------------------------------------------------ */

static void refused(struct mapobj *obj, const char *why)
{
	obj->log[0] = '\0';
	assert_int_equal(weir_mapdefs_collect(obj->elf, obj->btf, "x", &obj->defs), -EINVAL);
	assert_null(obj->defs.list);
	if (!strstr(obj->log, why))
		fail_msg("'%s' is not in: %s", why, obj->log);
}

static struct weir_elf_symbol *symbol(struct mapobj *obj, const char *name)
{
	for (size_t i = 0; i < obj->elf->n_symbols; i++)
		if (!strcmp(obj->elf->symbols[i].name, name))
			return &obj->elf->symbols[i];
	fail_msg("no symbol %s", name);
	return NULL;
}

static void refuses_sizes(void **state)
{
	struct mapobj *obj = *state;

	mapobj_open(obj, "maps_40bad");
	refused(obj, "'bad_one': its record of 40 bytes says something at byte 36");
	mapobj_open(obj, "maps_mixed");
	refused(obj, "map 'mixed_short' has 16 bytes, map 'mixed_long' 36");
	mapobj_open(obj, "maps_elf");
	symbol(obj, "elf_array")->size_bytes = 12;
	symbol(obj, "elf_hash")->size_bytes = 12;
	refused(obj, "has 12 bytes, no map record");
	symbol(obj, "elf_array")->size_bytes = 30;
	symbol(obj, "elf_hash")->size_bytes = 30;
	refused(obj, "has 30 bytes, no map record");
}

static void refuses_places(void **state)
{
	struct mapobj *obj = *state;

	mapobj_open(obj, "maps_elf");
	symbol(obj, "elf_hash")->value = 4;
	refused(obj, "overlap");
	symbol(obj, "elf_hash")->value = 40;
	refused(obj, "lies outside section 'maps'");
	symbol(obj, "elf_hash")->value = UINT64_MAX;
	refused(obj, "lies outside section 'maps'");
	symbol(obj, "elf_hash")->dropped = true;
	symbol(obj, "elf_array")->dropped = true;
	refused(obj, "no symbol of a map");
	mapobj_open(obj, "maps_elf");
	memset(obj->elf->sections[weir_elf_find(obj->elf, "maps")].data, 0, 4);
	refused(obj, "'elf_array' has no type");
}

static void refuses_btf(void **state)
{
	struct mapobj *obj = *state;
	struct btf *btf;

	mapobj_open(obj, "maps_btf");
	btf = obj->btf;
	obj->btf = NULL;
	refused(obj, "compile it with -g");
	obj->btf = btf__new_empty();
	refused(obj, "does not describe section .maps");
	btf__free(obj->btf);
	obj->btf = btf;
	symbol(obj, "btf_inner")->size_bytes = 8;
	refused(obj, "the variable 8");
	symbol(obj, "btf_inner")->dropped = true;
	refused(obj, "no symbol there");
}

/* A definition made of @member of type @type_id beside a type; true: accepted. */
static bool takes_member(struct mapobj *obj, const char *member, bool number, uint32_t n)
{
	struct weir_elf_symbol *sym;
	int id, array, ptr, err;

	mapobj_open(obj, "maps_both");
	sym = symbol(obj, "both_new");
	id = btf__add_int(obj->btf, "int", 4, BTF_INT_SIGNED);
	array = btf__add_array(obj->btf, id, id, n);
	ptr = btf__add_ptr(obj->btf, array);
	id = btf__add_struct(obj->btf, NULL, 16);
	assert_int_equal(btf__add_field(obj->btf, "type", ptr, 0, 0), 0);
	assert_int_equal(btf__add_field(obj->btf, member, number ? ptr : array, 64, 0), 0);
	for (uint32_t i = 1; i < btf__type_cnt(obj->btf); i++) {
		struct btf_type *t = (struct btf_type *)btf__type_by_id(obj->btf, i);

		if (btf_is_var(t) && !strcmp(btf__name_by_offset(obj->btf, t->name_off), sym->name))
			t->type = (uint32_t)id;
	}
	obj->log[0] = '\0';
	err = weir_mapdefs_collect(obj->elf, obj->btf, "x", &obj->defs);
	assert_true(err == 0 || err == -EINVAL);
	return err == 0;
}

static void members(void **state)
{
	struct mapobj *obj = *state;

	assert_true(takes_member(obj, "map_extra", true, 1));
	assert_true(takes_member(obj, "inner_idx", true, 1));
	assert_true(takes_member(obj, "unheard_of", false, 1));
	assert_non_null(strstr(obj->log, "unknown member 'unheard_of' ignored"));
	assert_false(takes_member(obj, "max_entries", false, 1));
	assert_false(takes_member(obj, "key", false, 1));
	assert_false(takes_member(obj, "values", true, 1));
	assert_false(takes_member(obj, "flags", true, 0)); /* and then the type is 0 */
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, mapobj_setup, mapobj_teardown)
	const struct CMUnitTest tests[] = {
		CASE(declarations),	   CASE(samples_layout), CASE(order),
		CASE(key_and_value_types), CASE(refuses_sizes),	 CASE(refuses_places),
		CASE(refuses_btf),	   CASE(members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
