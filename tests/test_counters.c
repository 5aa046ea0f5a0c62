// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which maps count what, under which names: maps/counter_type.c, key_names.c, keyset.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "maps/counter_type.h"
#include "maps/key_names.h"
#include "maps/keyset.h"
#include "maps/type.h"

struct ground {
	struct btf *btf;
	int u32, u64, s32;
	struct weir_map map;
};

static int setup(void **state)
{
	struct ground *g = calloc(1, sizeof(*g));

	g->btf = btf__new_empty();
	g->u32 = btf__add_int(g->btf, "unsigned int", 4, 0);
	g->u64 = btf__add_int(g->btf, "unsigned long long", 8, 0);
	g->s32 = btf__add_int(g->btf, "int", 4, BTF_INT_SIGNED);
	g->map = (struct weir_map){
		.id = 1,
		.type = BPF_MAP_TYPE_PERCPU_ARRAY,
		.key_size_bytes = 4,
		.value_size_bytes = 16,
		.max_entries = 3,
		.btf_id = 1,
		.value_type_id = 1,
	};
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct ground *g = *state;

	btf__free(g->btf);
	free(g);
	return 0;
}

static void assert_name(const struct weir_key_names *names, const void *key, const char *want)
{
	char *text = malloc(weir_key_names_room(names)); /* exact, for the sanitizer */

	assert_non_null(text);
	weir_key_names_write(names, key, text);
	assert_string_equal(text, want);
	free(text);
}

static void assert_word_name(const struct weir_key_names *names, uint32_t key, const char *want)
{
	assert_name(names, &key, want);
}

static int add_enum(struct ground *g, const char *name)
{
	int id = btf__add_enum(g->btf, name, 4);

	assert_true(id > 0);
	assert_int_equal(btf__add_enum_value(g->btf, "X_COUNT_TCP", 0), 0);
	assert_int_equal(btf__add_enum_value(g->btf, "X_COUNT_UDP", 1), 0);
	assert_int_equal(btf__add_enum_value(g->btf, "X_COUNT_ALSO_UDP", 1), 0);
	assert_int_equal(btf__add_enum_value(g->btf, "KEYS", 3), 0);
	return id;
}

/* The end mark shares no prefix; it is no index and so does not matter. */
static void test_enum_key(void **state)
{
	struct ground *g = *state;
	struct weir_key_names *names;

	g->map.key_type_id = (uint32_t)add_enum(g, "x_key");
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_word_name(names, 0, "tcp");
	assert_word_name(names, 1, "udp");
	assert_word_name(names, 2, "2");
	assert_word_name(names, 3, "3");
	assert_word_name(names, UINT32_MAX, "4294967295");
	weir_key_names_free(names);
}

static void test_typedef_key(void **state)
{
	struct ground *g = *state;
	struct weir_key_names *names;
	int inner;

	add_enum(g, "x_key");
	inner = btf__add_typedef(g->btf, "__u32", g->u32);
	g->map.key_type_id = (uint32_t)btf__add_typedef(g->btf, "x_key", inner);
	g->map.key_type_id = (uint32_t)btf__add_const(g->btf, (int)g->map.key_type_id);
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_word_name(names, 1, "udp");
	weir_key_names_free(names);

	/* an integer that names no enum */
	g->map.key_type_id = (uint32_t)inner;
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_word_name(names, 1, "1");
	weir_key_names_free(names);
}

static void test_hash_takes_all(void **state)
{
	struct ground *g = *state;
	struct weir_key_names *names;

	g->map.type = BPF_MAP_TYPE_HASH;
	g->map.key_type_id = (uint32_t)add_enum(g, "x_key");
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_word_name(names, 3, "keys");
	assert_word_name(names, 0, "x_count_tcp");
	weir_key_names_free(names);
}

static void one_enum(struct ground *g, const char *a, const char *b, const char *want_a,
		     const char *want_b)
{
	struct weir_key_names *names;
	int id = btf__add_enum(g->btf, "e", 4);

	assert_int_equal(btf__add_enum_value(g->btf, a, 0), 0);
	if (b)
		assert_int_equal(btf__add_enum_value(g->btf, b, 1), 0);
	g->map.key_type_id = (uint32_t)id;
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_word_name(names, 0, want_a);
	if (b)
		assert_word_name(names, 1, want_b);
	weir_key_names_free(names);
}

static void test_prefixes(void **state)
{
	one_enum(*state, "A_B_C", "A_B_D", "c", "d");
	one_enum(*state, "A_BX", "A_BY", "bx", "by"); /* only up to a '_' */
	one_enum(*state, "A_", "A_B", "a_", "a_b");   /* nothing would be left */
	one_enum(*state, "A_B", "A_B_C", "b", "b_c");
	one_enum(*state, "ONLY_ONE", NULL, "only_one", NULL);
	one_enum(*state, "Pass", "DROP", "Pass", "DROP"); /* not all upper case */
	one_enum(*state, "X", "Y", "x", "y");
}

static void test_signed_numbers(void **state)
{
	struct ground *g = *state;
	struct weir_key_names *names;

	g->map.key_type_id = (uint32_t)g->s32;
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_word_name(names, (uint32_t)-5, "-5");
	weir_key_names_free(names);
}

static void test_wide_numbers(void **state)
{
	struct ground *g = *state;
	struct weir_key_names *names;
	uint64_t key = UINT64_MAX;

	g->map.type = BPF_MAP_TYPE_HASH;
	g->map.key_size_bytes = 8;
	g->map.key_type_id = (uint32_t)g->u64;
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_name(names, &key, "18446744073709551615");
	weir_key_names_free(names);
}

static void test_bytes(void **state)
{
	struct ground *g = *state;
	struct weir_key_names *names;

	g->map.type = BPF_MAP_TYPE_HASH;
	g->map.key_size_bytes = 5;
	g->map.key_type_id = 0;
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_name(names, "\x0a\xff\x00\x01\x7f", "0a ff 00 01 7f");
	weir_key_names_free(names);

	/* an array counts its entries, typed or not */
	g->map.type = BPF_MAP_TYPE_ARRAY;
	g->map.key_size_bytes = 4;
	assert_int_equal(weir_key_names_new(g->btf, &g->map, &names), 0);
	assert_word_name(names, 7, "7");
	weir_key_names_free(names);
}

static int find(struct ground *g, int value_type_id, struct weir_counter_type *out)
{
	struct weir_type *type = NULL;
	int err;

	assert_int_equal(weir_type_from_btf(g->btf, (uint32_t)value_type_id, false, &type), 0);
	if (!type || type->size_bytes != g->map.value_size_bytes) {
		weir_type_free(type);
		return -EMEDIUMTYPE; /* as maps/types.c does */
	}
	err = weir_counter_type_find(type, &g->map, false, out);
	weir_type_free(type);
	return err;
}

static int add_struct(struct ground *g, uint32_t size, const char *a, int a_id, const char *b,
		      int b_id)
{
	int id = btf__add_struct(g->btf, "s", size);

	assert_true(id > 0);
	assert_int_equal(btf__add_field(g->btf, a, a_id, 0, 0), 0);
	assert_int_equal(btf__add_field(g->btf, b, b_id, size * 8 - 64, 0), 0);
	return id;
}

static void test_counter_type(void **state)
{
	struct ground *g = *state;
	int wide = btf__add_typedef(g->btf, "__u64", g->u64);
	struct weir_counter_type type;
	int id;

	assert_int_equal(find(g, add_struct(g, 16, "packets", wide, "bytes", wide), &type), 0);
	assert_int_equal(type.packets.offset_bytes, 0);
	assert_int_equal(type.bytes.offset_bytes, 8);
	/* any order, other members, typedef and const around */
	g->map.value_size_bytes = 24;
	id = btf__add_const(g->btf, add_struct(g, 24, "bytes", wide, "packets", g->u64));
	id = btf__add_typedef(g->btf, "t", id);
	assert_int_equal(find(g, id, &type), 0);
	assert_int_equal(type.packets.offset_bytes, 16);
	assert_int_equal(type.bytes.offset_bytes, 0);
	/* one of them, and names that others give them */
	id = add_struct(g, 24, "hits", wide, "rx_bytes", g->u64);
	assert_int_equal(find(g, id, &type), 0);
	assert_int_equal(type.packets.offset_bytes, 0);
	assert_int_equal(type.bytes.offset_bytes, 16);
	id = add_struct(g, 24, "last_seen", wide, "octets", g->u64);
	assert_int_equal(find(g, id, &type), 0);
	assert_int_equal(type.packets.size_bytes, 0);
	assert_int_equal(type.bytes.offset_bytes, 16);
	/* of packets that went out bytes that came in are no part */
	id = add_struct(g, 24, "tx_packets", wide, "rx_bytes", wide);
	assert_int_equal(find(g, id, &type), 0);
	assert_int_equal(type.packets.size_bytes, 8);
	assert_int_equal(type.bytes.size_bytes, 0);
	/* of 32 bits */
	id = add_struct(g, 24, "pkts", g->u32, "x", g->u64);
	assert_int_equal(find(g, id, &type), 0);
	assert_int_equal(type.packets.size_bytes, 4);
}

/* A number alone counts when the map is called so. */
static void test_counter_alone(void **state)
{
	static const struct {
		const char *name;
		bool packets, bytes;
	} cases[] = {
		{"rx_count", true, false},  {"rxcnt", true, false},
		{"stats", true, false},	    {"port_bytes", false, true},
		{"account", false, false},  {"statistics", false, false},
		{"config", false, false},   {"drop_cnt", true, false},
		{"counting", false, false},
	};
	struct ground *g = *state;
	struct weir_counter_type type;

	g->map.value_size_bytes = 8;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool is = cases[i].packets || cases[i].bytes;

		snprintf(g->map.name, sizeof(g->map.name), "%s", cases[i].name);
		assert_int_equal(find(g, g->u64, &type), is ? 0 : -EMEDIUMTYPE);
		if (!is)
			continue;
		assert_int_equal(type.packets.size_bytes, cases[i].packets ? 8 : 0);
		assert_int_equal(type.bytes.size_bytes, cases[i].bytes ? 8 : 0);
	}
	snprintf(g->map.name, sizeof(g->map.name), "stats");
	assert_int_equal(find(g, g->u32, &type), -EMEDIUMTYPE); /* another size */
	assert_int_equal(find(g, btf__add_int(g->btf, "long", 8, BTF_INT_SIGNED), &type),
			 -EMEDIUMTYPE);
	g->map.name[0] = '\0';
}

static void test_not_a_counter(void **state)
{
	struct ground *g = *state;
	struct weir_counter_type type = {.packets.size_bytes = 99};
	int id;

	assert_int_equal(find(g, 0, &type), -EMEDIUMTYPE);
	assert_int_equal(find(g, 12345, &type), -EMEDIUMTYPE);
	assert_int_equal(find(g, g->u64, &type), -EMEDIUMTYPE);
	id = add_struct(g, 16, "weight", g->u64, "age", g->u64);
	assert_int_equal(find(g, id, &type), -EMEDIUMTYPE);
	id = add_struct(g, 16, "weight", g->u64, "bytes", btf__add_ptr(g->btf, g->u64));
	assert_int_equal(find(g, id, &type), -EMEDIUMTYPE);
	/* a struct that the value has no room for */
	id = add_struct(g, 24, "weight", g->u64, "bytes", g->u64);
	assert_int_equal(find(g, id, &type), -EMEDIUMTYPE);
	/* a bit field */
	id = btf__add_struct(g->btf, "s", 16);
	assert_int_equal(btf__add_field(g->btf, "packets", g->u64, 0, 60), 0);
	assert_int_equal(btf__add_field(g->btf, "age", g->u64, 64, 64), 0);
	assert_int_equal(find(g, id, &type), -EMEDIUMTYPE);
	assert_int_equal(type.packets.size_bytes, 99);
}

/* A type that somebody gives needs no name that counts. */
static void test_told(void **state)
{
	struct ground *g = *state;
	struct weir_type *type = weir_type_new(WEIR_FORM_UINT, 8);
	struct weir_counter_type found;

	g->map.value_size_bytes = 8;
	snprintf(g->map.name, sizeof(g->map.name), "config");
	assert_int_equal(weir_counter_type_find(type, &g->map, false, &found), -EMEDIUMTYPE);
	assert_int_equal(weir_counter_type_find(type, &g->map, true, &found), 0);
	assert_int_equal(found.packets.size_bytes, 8);
	/* network byte order does not count up */
	type->big_endian = true;
	assert_int_equal(weir_counter_type_find(type, &g->map, true, &found), -EMEDIUMTYPE);
	weir_type_free(type);
	g->map.name[0] = '\0';
}

static void test_growth(void **state)
{
	const uint64_t top = UINT32_MAX;

	(void)state;
	assert_int_equal(weir_count_growth(17, 7, false), 10);
	assert_int_equal(weir_count_growth(7, 7, true), 0);
	/* from zero */
	assert_int_equal(weir_count_growth(5, 17, false), 5);
	assert_int_equal(weir_count_growth(5, 17, true), 5);
	assert_int_equal(weir_count_growth(0, UINT64_MAX, false), 0);
	/* an update was lost, or a CPU's part */
	assert_int_equal(weir_count_growth(999999999999, 1000000000000, false), 0);
	assert_int_equal(weir_count_growth(60, 100, true), 0);
	/* round on one CPU of two, and on both */
	assert_int_equal(weir_count_growth(4294967005, 8589934290, true), 11);
	assert_int_equal(weir_count_growth(20, 2 * top, true), 20);
	/* on the only one: no more than that */
	assert_int_equal(weir_count_growth(10, top - 5, true), 10);
	assert_int_equal(weir_count_growth(top - 5, 2 * top - 10, true), 6);
}

static void test_given(void **state)
{
	char late[] = "late", early[] = "early";
	const struct weir_entry_name list[] = {{700, late}, {3, early}, {700, "again"}};
	struct weir_key_names *names;

	(void)state;
	assert_int_equal(weir_key_names_given(list, 3, &names), 0);
	late[0] = early[0] = 'x';
	assert_string_equal(weir_key_names_find(names, 3), "early");
	assert_string_equal(weir_key_names_find(names, 700), "late");
	assert_null(weir_key_names_find(names, 0));
	assert_null(weir_key_names_find(names, 4));
	assert_null(weir_key_names_find(names, 701));
	assert_int_equal(weir_key_names_end(names), 701);
	weir_key_names_free(names);
	assert_int_equal(weir_key_names_given(NULL, 0, &names), 0);
	assert_null(weir_key_names_find(names, 0));
	assert_int_equal(weir_key_names_end(names), 0);
	weir_key_names_free(names);
}

static void test_keyset(void **state)
{
	struct weir_keyset *set;

	(void)state;
	assert_int_equal(weir_keyset_new(sizeof(uint32_t), &set), 0);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 5000; i++)
			assert_int_equal(weir_keyset_add(set, &i), 1);
		for (uint32_t i = 0; i < 5000; i++)
			assert_int_equal(weir_keyset_add(set, &i), 0);
		weir_keyset_clear(set);
	}
	weir_keyset_free(set);
	weir_keyset_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_enum_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_typedef_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hash_takes_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prefixes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signed_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wide_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counter_type, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counter_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_a_counter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_told, setup, teardown),
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_keyset),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
