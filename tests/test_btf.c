// SPDX-License-Identifier: LGPL-2.1-or-later
/* BTF that is taken, and BTF that is refused before libbpf meets it; names; the note. */
#include "tests/mapobj.h"

#include <elf.h>
#include <errno.h>
#include <linux/btf.h>

#include "loader/btf_check.h"

/* The raw bytes of @btf, for a test to damage. */
static uint8_t *raw_of(const struct btf *btf, uint32_t *len)
{
	const void *raw = btf__raw_data(btf, len);
	uint8_t *copy = malloc(*len);

	assert_non_null(raw);
	assert_non_null(copy);
	memcpy(copy, raw, *len);
	return copy;
}

static struct btf_type *type_in(uint8_t *raw, const struct btf *btf, uint32_t id)
{
	uint32_t len;
	const uint8_t *base = btf__raw_data(btf, &len);
	const struct btf_header *hdr = (const void *)base;
	size_t at = sizeof(*hdr);

	/* The types of the fresh BTF stand in the order of their ids. */
	for (uint32_t i = 1; i < id; i++) {
		const struct btf_type *t = (const void *)(base + at);

		at += sizeof(*t);
		if (btf_is_int(t) || btf_is_var(t) || btf_is_decl_tag(t))
			at += 4;
		else if (btf_is_array(t) || btf_is_composite(t) || btf_is_datasec(t))
			at += 12 * (size_t)(btf_is_array(t) ? 1 : btf_vlen(t));
		else if (btf_is_enum(t) || btf_is_func_proto(t))
			at += 8 * (size_t)btf_vlen(t);
	}
	return (struct btf_type *)(raw + at);
}

enum {
	T_INT = 1,
	T_PTR,
	T_ARRAY,
	T_STRUCT,
	T_TYPEDEF,
	T_PROTO,
	T_FUNC,
	T_VAR,
	T_DATASEC,
	T_ENUM,
	T_CONST,
};

static struct btf *sample(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), T_INT);
	assert_int_equal(btf__add_ptr(btf, T_STRUCT), T_PTR);
	assert_int_equal(btf__add_array(btf, T_INT, T_INT, 3), T_ARRAY);
	assert_int_equal(btf__add_struct(btf, "s", 24), T_STRUCT);
	assert_int_equal(btf__add_field(btf, "next", T_PTR, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "a", T_ARRAY, 64, 0), 0);
	assert_int_equal(btf__add_typedef(btf, "s_t", T_STRUCT), T_TYPEDEF);
	assert_int_equal(btf__add_func_proto(btf, T_INT), T_PROTO);
	assert_int_equal(btf__add_func_param(btf, "ctx", T_PTR), 0);
	assert_int_equal(btf__add_func(btf, "f", BTF_FUNC_GLOBAL, T_PROTO), T_FUNC);
	assert_int_equal(btf__add_var(btf, "v", BTF_VAR_STATIC, T_TYPEDEF), T_VAR);
	assert_int_equal(btf__add_datasec(btf, ".data", 24), T_DATASEC);
	assert_int_equal(btf__add_datasec_var_info(btf, T_VAR, 0, 24), 0);
	assert_int_equal(btf__add_enum(btf, "e", 4), T_ENUM);
	assert_int_equal(btf__add_enum_value(btf, "E", 1), 0);
	assert_int_equal(btf__add_const(btf, T_PTR), T_CONST);
	return btf;
}

/* Expects that the damage done at @type is found, for a reason with @why. */
#define refused(raw, len, why)                                                \
	do {                                                                  \
		struct weir_btf_fault fault_ = {0};                           \
		assert_int_equal(weir_btf_check(raw, len, &fault_), -EINVAL); \
		assert_non_null(strstr(fault_.cause, why));                   \
	} while (0)

struct damage {
	uint32_t id;
	size_t at; /* bytes into the type */
	uint32_t value;
	const char *why;
};

#define TYPE_AT	 offsetof(struct btf_type, type)
#define EXTRA_AT sizeof(struct btf_type)

static const struct damage damages[] = {
	{T_INT, 0, 1u << 20, "name"},
	{T_INT, offsetof(struct btf_type, info), 31u << 24, "kind"},
	{T_INT, offsetof(struct btf_type, info), 1u << 30 | BTF_KIND_INT << 24, "kind"},
	{T_INT, TYPE_AT, 17, "range"},		 /* bytes */
	{T_INT, EXTRA_AT, 64, "range"},		 /* more bits than bytes */
	{T_PTR, TYPE_AT, 99, "range"},		 /* no such type */
	{T_PTR, TYPE_AT, T_PTR, "without end"},	 /* pointer to itself */
	{T_CONST, TYPE_AT, T_CONST, "itself"},	 /* const of itself */
	{T_ARRAY, EXTRA_AT, T_ARRAY, "itself"},	 /* array of itself */
	{T_ARRAY, EXTRA_AT, T_STRUCT, "itself"}, /* through the struct */
	{T_ARRAY, EXTRA_AT, 0, "range"},	 /* array of void */
	{T_ARRAY, EXTRA_AT + 4, 99, "range"},	 /* its index */
	{T_ARRAY, EXTRA_AT + 8, 5, "beyond"},	 /* one element too many */
	{T_ARRAY, EXTRA_AT + 8, UINT32_MAX, "beyond"},
	{T_STRUCT, TYPE_AT, 19, "beyond"},
	{T_STRUCT, EXTRA_AT, 1u << 20, "range"}, /* member's name */
	{T_STRUCT, EXTRA_AT + 4, 0, "range"},	 /* member's type */
	{T_STRUCT, EXTRA_AT + 8, 3u << 30, "beyond"},
	{T_TYPEDEF, TYPE_AT, T_TYPEDEF, "itself"},
	{T_PROTO, TYPE_AT, T_PROTO, "without end"},
	{T_PROTO, EXTRA_AT + 4, 99, "range"}, /* parameter */
	{T_FUNC, TYPE_AT, T_INT, "range"},    /* no prototype */
	{T_VAR, TYPE_AT, 0, "range"},
	{T_VAR, EXTRA_AT, 7, "range"},	       /* linkage */
	{T_DATASEC, EXTRA_AT, T_INT, "range"}, /* no variable */
	{T_DATASEC, EXTRA_AT + 4, 8, "range"}, /* beyond the section */
	{T_ENUM, TYPE_AT, 3, "range"},
	{T_ENUM, EXTRA_AT, 1u << 20, "range"},
	{T_CONST, offsetof(struct btf_type, info), BTF_KIND_INT << 24, "cut off"},
};

static void refuses_damage(void **state)
{
	struct btf *btf = sample();

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *damage = &damages[i];
		struct weir_btf_fault fault = {0};
		uint32_t len;
		uint8_t *raw = raw_of(btf, &len);

		assert_int_equal(weir_btf_check(raw, len, &fault), 0);
		memcpy((uint8_t *)type_in(raw, btf, damage->id) + damage->at, &damage->value,
		       sizeof(damage->value));
		if (weir_btf_check(raw, len, &fault) != -EINVAL)
			fail_msg("damage %zu was not found", i);
		if (!strstr(fault.cause, damage->why))
			fail_msg("damage %zu: %s", i, fault.cause);
		free(raw);
	}
	btf__free(btf);
}

static void refuses_headers(void **state)
{
	struct btf *btf = sample();
	struct btf_header *hdr;
	uint32_t len;
	uint8_t *raw = raw_of(btf, &len);

	(void)state;
	hdr = (void *)raw;
	for (uint32_t cut = 0; cut < len; cut++) {
		struct weir_btf_fault fault = {0};
		uint8_t *part = malloc(cut + 1);

		memcpy(part, raw, cut);
		assert_int_equal(weir_btf_check(part, cut, &fault), -EINVAL);
		free(part);
	}
	hdr->hdr_len += 2;
	refused(raw, len, "length");
	hdr->hdr_len = len + 4;
	refused(raw, len, "length");
	hdr->hdr_len = sizeof(*hdr);
	hdr->str_len++;
	refused(raw, len, "sections");
	hdr->str_len--;
	hdr->type_len = UINT32_MAX - 3;
	refused(raw, len, "sections");
	hdr->type_len = hdr->str_off;
	hdr->magic = 0x9feb;
	refused(raw, len, "version 1");
	hdr->magic = BTF_MAGIC;
	raw[len - 1] = 'x';
	refused(raw, len, "NUL");
	free(raw);
	btf__free(btf);
}

/* Numbers of map definitions are arrays behind pointers, up to 2^32 - 1 long. */
static void takes_large_numbers(void **state)
{
	struct weir_btf_fault fault = {0};
	struct btf *btf = sample();
	uint32_t len;
	const void *raw;

	(void)state;
	assert_true(btf__add_array(btf, T_INT, T_INT, UINT32_MAX) > 0);
	raw = btf__raw_data(btf, &len);
	assert_int_equal(weir_btf_check(raw, len, &fault), 0);
	btf__free(btf);
}

/* A chain far deeper than any stack would bear by recursion. */
static void takes_long_chains(void **state)
{
	struct weir_btf_fault fault = {0};
	struct btf *btf = btf__new_empty();
	char *name = NULL;
	uint32_t len;
	const void *raw;

	(void)state;
	assert_int_equal(btf__add_int(btf, "int", 4, 0), 1);
	for (int i = 1; i < 200000; i++)
		assert_int_equal(btf__add_const(btf, i), i + 1);
	raw = btf__raw_data(btf, &len);
	assert_int_equal(weir_btf_check(raw, len, &fault), 0);
	assert_int_equal(weir_btf_type_name(btf, 200000, &name), -E2BIG);
	btf__free(btf);
}

static void opens_or_not(void **state)
{
	struct mapobj *obj = *state;
	struct weir_elf_section *section;
	struct btf *btf = NULL;

	mapobj_open(obj, "maps_elf");
	assert_null(obj->btf);
	mapobj_open(obj, "maps_elf_g");
	assert_non_null(obj->btf);
	/* damaged and not needed: left out, and said */
	section = &obj->elf->sections[weir_elf_find(obj->elf, ".BTF")];
	section->data[0] ^= 1;
	btf = obj->btf;
	assert_int_equal(weir_btf_open(obj->elf, "x", &btf), 0);
	assert_null(btf);
	assert_non_null(strstr(obj->log, "going on without it"));
	/* damaged and needed */
	mapobj_open(obj, "maps_btf");
	section = &obj->elf->sections[weir_elf_find(obj->elf, ".BTF")];
	section->data[0] ^= 1;
	assert_int_equal(weir_btf_open(obj->elf, "x", &btf), -EINVAL);
	assert_non_null(strstr(obj->log, "section .maps needs it"));
}

static void names(void **state)
{
	struct btf *btf = sample();
	const struct {
		int id;
		const char *name;
	} want[] = {
		{0, "void"},
		{T_INT, "int"},
		{T_PTR, "struct s *"},
		{T_ARRAY, "int[3]"},
		{T_STRUCT, "struct s"},
		{T_TYPEDEF, "s_t"},
		{T_ENUM, "enum e"},
		{T_CONST, "struct s *const"},
		{btf__add_array(btf, T_INT, T_ARRAY, 2), "int[2][3]"},
		{btf__add_volatile(btf, T_INT), "volatile int"},
		{btf__add_ptr(btf, T_PTR), "struct s **"},
		{btf__add_union(btf, NULL, 4), "union {...}"},
		{btf__add_fwd(btf, "u", BTF_FWD_UNION), "union u"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char *name = NULL;

		assert_int_equal(weir_btf_type_name(btf, (uint32_t)want[i].id, &name), 0);
		assert_string_equal(name, want[i].name);
		free(name);
	}
	assert_int_equal(weir_btf_type_name(btf, 9999, &(char *){NULL}), -EINVAL);
	btf__free(btf);
}

static void note(void **state)
{
	char object[16], section[4];
	struct btf *btf = sample();
	const void *raw;
	uint32_t len;

	(void)state;
	raw = btf__raw_data(btf, &len);
	assert_false(
		weir_btf_note_find(raw, len, object, sizeof(object), section, sizeof(section)));
	assert_int_equal(weir_btf_note_add(btf, "a.o", "xdp/longer"), 0);
	raw = btf__raw_data(btf, &len);
	assert_true(weir_btf_note_find(raw, len, object, sizeof(object), section, sizeof(section)));
	assert_string_equal(object, "a.o");
	assert_string_equal(section, "xdp");
	for (uint32_t cut = 0; cut < len; cut++) {
		uint8_t *part = malloc(cut + 1);

		memcpy(part, raw, cut);
		assert_false(weir_btf_note_find(part, cut, object, sizeof(object), section,
						sizeof(section)));
		free(part);
	}
	btf__free(btf);
}

static void stores(void **state)
{
	struct mapobj *obj = *state;
	const struct weir_elf_section *section;
	const void *raw;
	uint32_t len;

	mapobj_open(obj, "maps_kv");
	assert_int_equal(weir_btf_note_add(obj->btf, "maps_kv.o", "xdp"), 0);
	assert_int_equal(weir_btf_store(obj->elf, obj->btf, "x"), 0);
	section = &obj->elf->sections[weir_elf_find(obj->elf, ".BTF")];
	raw = btf__raw_data(obj->btf, &len);
	assert_int_equal(section->size_bytes, len);
	assert_memory_equal(section->data, raw, len);
	assert_int_equal(section->n_rels, 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, mapobj_setup, mapobj_teardown)
	const struct CMUnitTest tests[] = {
		CASE(refuses_damage),
		CASE(refuses_headers),
		CASE(takes_large_numbers),
		CASE(takes_long_chains),
		CASE(opens_or_not),
		CASE(names),
		CASE(note),
		CASE(stores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
