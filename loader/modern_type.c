// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The BTF struct of a map definition.
 *
 * In: struct weir_mapdef. Out: the id of a struct that libbpf reads as this
 * map. libbpf 1.1 (parse_btf_map_def()) knows a fixed set of members, refuses
 * others unless its caller is lenient, wants "values" last, and none of
 * "pinning" and "values" in the template of inner maps. Types of the object
 * are never changed, since others may refer to them.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "loader/mapdef_read.h"
#include "loader/modern.h"

#define POINTER_BYTES 8u /* of the BPF machine */
#define PIN_BY_NAME   1u /* LIBBPF_PIN_BY_NAME of bpf_helpers.h, which is for BPF programs */

enum member {
	M_TYPE,
	M_KEY_SIZE,
	M_KEY,
	M_VALUE_SIZE,
	M_VALUE,
	M_MAX_ENTRIES,
	M_MAP_FLAGS,
	M_NUMA_NODE,
	M_MAP_EXTRA,
	M_PINNING,
	M_VALUES,
	N_MEMBERS,
};

static const char *const member_names[N_MEMBERS] = {
	[M_TYPE] = "type",
	[M_KEY_SIZE] = "key_size",
	[M_KEY] = "key",
	[M_VALUE_SIZE] = "value_size",
	[M_VALUE] = "value",
	[M_MAX_ENTRIES] = "max_entries",
	[M_MAP_FLAGS] = "map_flags",
	[M_NUMA_NODE] = "numa_node",
	[M_MAP_EXTRA] = "map_extra",
	[M_PINNING] = "pinning",
	[M_VALUES] = "values",
};

/* A struct in the making: the type of each member, 0 where it has none. */
struct shape {
	int type_id[N_MEMBERS];
	uint32_t from;	     /* struct that it was read from; 0: none */
	uint32_t from_bytes; /* its size without "values" */
	bool changed;	     /* differs from that struct */
};

/* ---- types of members ---------------------------------------------------- */

static int int_of(struct btf *btf, const char *name, uint32_t size_bytes, int encoding)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_INT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	if (t && t->size == size_bytes && btf_int_bits(t) == size_bytes * 8 && !btf_int_offset(t))
		return id;
	return btf__add_int(btf, name, size_bytes, encoding);
}

int weir_modern_int(struct btf *btf, bool is_signed)
{
	if (is_signed)
		return int_of(btf, "int", sizeof(uint32_t), BTF_INT_SIGNED);
	return int_of(btf, "unsigned int", sizeof(uint32_t), 0);
}

/* What __uint(NAME, @value) declares: a pointer to an array of @value numbers. */
static int add_number(struct btf *btf, uint32_t value)
{
	int index, element, array;

	index = element = weir_modern_int(btf, true);
	/* The kernel refuses arrays beyond 4 GiB: btf_array_resolve(). */
	if (value > UINT32_MAX / sizeof(uint32_t))
		element = int_of(btf, "unsigned char", 1, 0);
	if (index < 0 || element < 0)
		return index < 0 ? index : element;
	array = btf__add_array(btf, index, element, value);
	return array < 0 ? array : btf__add_ptr(btf, array);
}

static int put_number(struct btf *btf, struct shape *shape, enum member member, uint32_t value)
{
	if (!value)
		return 0;
	shape->type_id[member] = add_number(btf, value);
	return shape->type_id[member] < 0 ? shape->type_id[member] : 0;
}

/* ---- keys and values ----------------------------------------------------- */

static bool is_array_type(uint32_t map_type)
{
	return map_type == BPF_MAP_TYPE_ARRAY || map_type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* Map types whose keys and values the kernel takes by BTF type. */
static bool takes_types(uint32_t map_type)
{
	switch (map_type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
		return true;
	default:
		return false;
	}
}

/* array_map_check_btf(): an INT of 32 bits, and not another kind of 4 bytes. */
static bool is_array_key(const struct btf *btf, uint32_t key_id)
{
	const struct btf_type *t = btf__type_by_id(btf, weir_btf_strip(btf, key_id));

	return t && btf_is_int(t) && btf_int_bits(t) == 32 && !btf_int_offset(t);
}

/* trie_check_btf(): a struct. */
static bool kernel_takes_key(const struct btf *btf, uint32_t map_type, uint32_t key_id)
{
	const struct btf_type *t = btf__type_by_id(btf, weir_btf_strip(btf, key_id));

	if (is_array_type(map_type))
		return is_array_key(btf, key_id);
	return map_type != BPF_MAP_TYPE_LPM_TRIE || (t && btf_is_struct(t));
}

static bool is_enum_key(const struct btf *btf, uint32_t key_id)
{
	const struct btf_type *t = btf__type_by_id(btf, weir_btf_strip(btf, key_id));

	return t && btf_is_enum(t) && t->size == sizeof(uint32_t);
}

/* The name a reader of the source would use for @key_id: of a typedef, else of the enum. */
static const char *enum_name(const struct btf *btf, uint32_t key_id)
{
	const struct btf_type *t = btf__type_by_id(btf, key_id);

	while (t && btf_is_mod(t))
		t = btf__type_by_id(btf, t->type);
	return t ? btf__name_by_offset(btf, t->name_off) : NULL;
}

static int find_typedef_of_int(const struct btf *btf, const char *name)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_typedef(t) && is_array_key(btf, id) &&
		    !strcmp(btf__name_by_offset(btf, t->name_off), name))
			return (int)id;
	}
	return -ENOENT;
}

/*
 * An array's key of an enum type: a typedef of that name for a plain number,
 * which the kernel takes. The enum stays, and is found by its name.
 */
static int enum_as_int(struct btf *btf, uint32_t key_id)
{
	const char *name = enum_name(btf, key_id);
	int number, id;
	char *copy;

	if (!name || !*name)
		return weir_modern_int(btf, false);
	/* An addition may move the strings that @name points into. */
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	number = weir_modern_int(btf, false);
	id = find_typedef_of_int(btf, copy);
	if (id < 0)
		id = number < 0 ? number : btf__add_typedef(btf, copy, number);
	free(copy);
	return id;
}

static int put_pointer(struct btf *btf, struct shape *shape, enum member member, int to)
{
	shape->type_id[member] = to < 0 ? to : btf__add_ptr(btf, to);
	return shape->type_id[member] < 0 ? shape->type_id[member] : 0;
}

static int put_key(struct btf *btf, struct shape *shape, const struct weir_mapdef *def)
{
	const struct weir_map_decl *decl = &def->decl;

	if (def->key_type_id && is_array_type(decl->type) && is_enum_key(btf, def->key_type_id))
		return put_pointer(btf, shape, M_KEY, enum_as_int(btf, def->key_type_id));
	if (def->key_type_id && def->value_type_id && takes_types(decl->type) &&
	    kernel_takes_key(btf, decl->type, def->key_type_id))
		return put_pointer(btf, shape, M_KEY, (int)def->key_type_id);
	return put_number(btf, shape, M_KEY_SIZE, decl->key_size_bytes);
}

/* Key and value types go together: the kernel refuses the one without the other. */
static int put_value(struct btf *btf, struct shape *shape, const struct weir_mapdef *def)
{
	if (shape->type_id[M_KEY] && def->value_type_id)
		return put_pointer(btf, shape, M_VALUE, (int)def->value_type_id);
	return put_number(btf, shape, M_VALUE_SIZE, def->decl.value_size_bytes);
}

/* ---- shapes -------------------------------------------------------------- */

static int shape_of_record(struct btf *btf, const struct weir_mapdef *def, struct shape *shape)
{
	const struct weir_map_decl *decl = &def->decl;
	int err;

	*shape = (struct shape){.changed = true};
	err = put_number(btf, shape, M_TYPE, decl->type);
	err = err ?: put_key(btf, shape, def);
	err = err ?: put_value(btf, shape, def);
	err = err ?: put_number(btf, shape, M_MAX_ENTRIES, decl->max_entries);
	err = err ?: put_number(btf, shape, M_MAP_FLAGS, decl->flags);
	if (decl->flags & BPF_F_NUMA_NODE)
		err = err ?: put_number(btf, shape, M_NUMA_NODE, decl->numa_node);
	return err;
}

static int member_by_name(const char *name)
{
	for (int i = 0; i < N_MEMBERS; i++)
		if (!strcmp(name, member_names[i]))
			return i;
	return -ENOENT;
}

/* Only what libbpf knows; the last of two members of one name, as libbpf does. */
static void shape_of_struct(const struct btf *btf, uint32_t struct_id, struct shape *shape)
{
	const struct btf_type *t = btf__type_by_id(btf, struct_id);
	const struct btf_member *m = btf_members(t);

	*shape = (struct shape){.from = struct_id, .from_bytes = t->size};
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		int member = member_by_name(btf__name_by_offset(btf, m[i].name_off));

		if (member < 0 || shape->type_id[member])
			shape->changed = true;
		if (member < 0)
			continue;
		shape->type_id[member] = (int)m[i].type;
		if (member == M_VALUES) {
			shape->from_bytes = btf_member_bit_offset(t, i) / 8;
			shape->changed |= i + 1 != btf_vlen(t);
		}
	}
}

static int add_struct(struct btf *btf, const struct shape *shape)
{
	uint32_t n = 0, at = 0;
	int id, err = 0;

	for (int i = 0; i < M_VALUES; i++)
		n += shape->type_id[i] != 0;
	id = btf__add_struct(btf, NULL, n * POINTER_BYTES);
	if (id < 0)
		return id;
	for (int i = 0; i < N_MEMBERS && !err; i++) {
		if (!shape->type_id[i])
			continue;
		err = btf__add_field(btf, member_names[i], shape->type_id[i], at * 8, 0);
		at += POINTER_BYTES;
	}
	return err ? err : id;
}

static int shape_id(struct btf *btf, const struct shape *shape)
{
	return shape->changed ? add_struct(btf, shape) : (int)shape->from;
}

/* Leaves out a member that must not be there. */
static void omit(struct shape *shape, enum member member)
{
	if (shape->type_id[member])
		shape->changed = true;
	shape->type_id[member] = 0;
}

static uint32_t struct_of(const struct btf *btf, const struct weir_mapdef *def)
{
	return weir_btf_strip(btf, btf__type_by_id(btf, def->var_id)->type);
}

/* ---- inner maps ---------------------------------------------------------- */

/* Array of no elements, each a pointer to @template_id: __array(values, ...). */
static int add_values(struct btf *btf, int template_id)
{
	int index = weir_modern_int(btf, true), ptr;

	if (template_id < 0 || index < 0)
		return template_id < 0 ? template_id : index;
	ptr = btf__add_ptr(btf, template_id);
	return ptr < 0 ? ptr : btf__add_array(btf, index, ptr, 0);
}

static int template_id(struct btf *btf, struct shape *shape)
{
	omit(shape, M_PINNING);
	omit(shape, M_VALUES);
	return shape_id(btf, shape);
}

static int shape_of(struct btf *btf, const struct weir_mapdef *def, struct shape *shape)
{
	if (def->decl.style == WEIR_MAP_ELF)
		return shape_of_record(btf, def, shape);
	shape_of_struct(btf, struct_of(btf, def), shape);
	/* An array by enum would lose its types in the kernel. */
	if (def->key_type_id && is_array_type(def->decl.type) &&
	    is_enum_key(btf, def->key_type_id)) {
		shape->changed = true;
		return put_pointer(btf, shape, M_KEY, enum_as_int(btf, def->key_type_id));
	}
	return 0;
}

static int put_inner(struct btf *btf, struct shape *shape, const struct weir_mapdef *inner)
{
	struct shape template;
	int err = shape_of(btf, inner, &template);

	if (err)
		return err;
	shape->type_id[M_VALUES] = add_values(btf, template_id(btf, &template));
	shape->changed = true;
	return shape->type_id[M_VALUES] < 0 ? shape->type_id[M_VALUES] : 0;
}

/* The template that a definition of .maps brings along may name what libbpf refuses. */
static int clean_values(struct btf *btf, struct shape *shape)
{
	const struct btf_type *t = btf__type_by_id(btf, (uint32_t)shape->type_id[M_VALUES]);
	struct shape template;
	uint32_t id;

	t = t && btf_is_array(t) ? btf__type_by_id(btf, weir_btf_strip(btf, btf_array(t)->type))
				 : NULL;
	id = t && btf_is_ptr(t) ? weir_btf_strip(btf, t->type) : 0;
	t = btf__type_by_id(btf, id);
	if (!t || !btf_is_struct(t)) /* a program array's slots are functions */
		return 0;
	shape_of_struct(btf, id, &template);
	omit(&template, M_PINNING);
	if (!template.changed)
		return 0;
	shape->type_id[M_VALUES] = add_values(btf, shape_id(btf, &template));
	shape->changed = true;
	return shape->type_id[M_VALUES] < 0 ? shape->type_id[M_VALUES] : 0;
}

int weir_modern_type(struct btf *btf, const struct weir_mapdef *def, bool pinning,
		     struct weir_modern_map *map)
{
	struct shape shape;
	int err, id;

	err = shape_of(btf, def, &shape);
	if (err)
		return err;
	if (!pinning || !shape.from || def->decl.pinning != PIN_BY_NAME)
		omit(&shape, M_PINNING);
	if (pinning && !shape.type_id[M_PINNING]) {
		err = put_number(btf, &shape, M_PINNING, PIN_BY_NAME);
		shape.changed = true;
	}
	if (!err && map->inner)
		err = put_inner(btf, &shape, map->inner);
	else if (!err && shape.type_id[M_VALUES])
		err = clean_values(btf, &shape);
	if (err)
		return err;
	id = shape_id(btf, &shape);
	if (id < 0)
		return id;
	map->struct_id = (uint32_t)id;
	map->struct_bytes =
		shape.changed ? btf__type_by_id(btf, (uint32_t)id)->size : shape.from_bytes;
	map->old_struct_bytes = shape.from_bytes;
	return 0;
}
