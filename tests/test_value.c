// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types, and values as text: what is written is read again and gives the same bytes,
 * and what is wrong is said.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/weir.h"
#include "maps/value.h"

static char said[512];

static void hear(void *ctx, enum weir_log_level level, const char *text)
{
	(void)ctx;
	if (level == WEIR_LOG_ERROR)
		snprintf(said, sizeof(said), "%s", text);
}

static struct weir_type *type_of(const char *text)
{
	struct weir_type *type = NULL;

	if (weir_type_from_text(text, "t", &type))
		fail_msg("%s: %s", text, said);
	return type;
}

static int ifname(uint32_t ifindex, char *name, void *ctx)
{
	(void)ctx;
	strcpy(name, "eth7");
	return ifindex == 7 ? 0 : -1;
}

static int ifindex(const char *name, uint32_t *out, void *ctx)
{
	(void)ctx;
	*out = 7;
	return strcmp(name, "eth7") != 0;
}

static struct weir_value_env env = {.ifname = ifname, .ifindex = ifindex};

/* ---- there and back ------------------------------------------------------ */

static const struct {
	const char *type, *in;
	const char *text; /* NULL: as @in */
	const char *json;
} values[] = {
	{"u8", "255", NULL, "255"},
	{"u32", "0x10", "16", "16"},
	{"u32", "0b101", "5", "5"},
	{"u32", "0o17", "15", "15"},
	{"u64", "18446744073709551615", NULL, "18446744073709551615"},
	{"u128", "0x10000000000000000", NULL, "\"0x10000000000000000\""},
	{"u128", "7", NULL, "7"},
	{"s8", "-128", NULL, "-128"},
	{"s64", "-9223372036854775808", NULL, "-9223372036854775808"},
	{"s32", "-1", NULL, "-1"},
	{"be16", "53", NULL, "53"},
	{"be32", "1", NULL, "1"},
	{"bool", "true", NULL, "true"},
	{"bool", "0", "false", "false"},
	{"bool", "2", "2", "2"},
	{"double", "1.5", NULL, "1.5"},
	{"float", "0.25", NULL, "0.25"},
	{"ipv4", "10.0.0.1", NULL, "\"10.0.0.1\""},
	{"ipv6", "2001:db8::1", NULL, "\"2001:db8::1\""},
	{"ipv6", "\"::\"", "::", "\"::\""},
	{"mac", "2:0:0:a:0:ff", "02:00:00:0a:00:ff", "\"02:00:00:0a:00:ff\""},
	{"proto", "tcp", NULL, "\"tcp\""},
	{"proto", "17", "udp", "\"udp\""},
	{"proto", "253", NULL, "253"},
	{"ethertype", "arp", NULL, "\"arp\""},
	{"ethertype", "0x1234", NULL, "4660"},
	{"ifindex", "eth7", NULL, "\"eth7\""},
	{"ifindex", "9", NULL, "9"},
	{"char[8]", "abc", NULL, "\"abc\""},
	{"char[8]", "\"a b\"", NULL, "\"a b\""},
	{"char[8]", "\"\"", NULL, "\"\""},
	{"char[8]", "\"a\\\"\\\\\\x01\"", NULL, "\"a\\\"\\\\\\u0001\""},
	{"char[3]", "0x610061", NULL, "\"0x610061\""},
	{"char[4]", "\"0xab\"", NULL, "\"0x30786162\""},
	{"char[4]", "\"\\u00e9\"", "\"\xc3\xa9\"", "\"\xc3\xa9\""},
	{"char[2]", "0xff00", "\"\xff\"", "\"0xff00\""},
	{"bytes[3]", "0x0a0b0c", NULL, "\"0x0a0b0c\""},
	{"bytes[3]", "0a0b0c", "0x0a0b0c", "\"0x0a0b0c\""},
	{"prefix ipv4", "10.1.2.0/24", NULL, "\"10.1.2.0/24\""},
	{"prefix ipv4", "10.1.2.3", "10.1.2.3/32", "\"10.1.2.3/32\""},
	{"prefix ipv4", "0.0.0.0/0", NULL, "\"0.0.0.0/0\""},
	{"prefix ipv6", "fd00::/8", NULL, "\"fd00::/8\""},
	{"prefix ipv4", "0x18000000ff000000", "255.0.0.0/24", NULL},
	{"prefix ipv4", "0x180000000a010203", "0x180000000a010203", NULL},
	{"u16[3]", "[1,2,3]", NULL, "[1,2,3]"},
	{"u16[3]", "[ 1 , 2 , 3 ]", "[1,2,3]", "[1,2,3]"},
	{"u16[3]", "[1]=5", "[0,5,0]", "[0,5,0]"},
	{"u8[2][2]", "[[1,2],[3,4]]", NULL, "[[1,2],[3,4]]"},
	{"{u32 prio; u64 hits}", "prio=1,hits=2", NULL, "{\"prio\":1,\"hits\":2}"},
	{"{u32 prio; u64 hits}", "{\"hits\": 2, \"prio\": 1}", "prio=1,hits=2", NULL},
	{"{u32 prio; u64 hits}", "hits=2", "prio=0,hits=2", NULL},
	{"{u32 prio; u64 hits}", "{}", "prio=0,hits=0", NULL},
	{"{ipv4 addr}", "10.0.0.1", "addr=10.0.0.1", "{\"addr\":\"10.0.0.1\"}"},
	{"{ipv4 addr}", "addr=10.0.0.1", NULL, NULL},
	{"{ipv6 addr}", "fe80::1", "addr=fe80::1", NULL},
	{"{ipv4 src; {port sport; port dport} l4; mac m[2]}",
	 "src=10.0.0.1,l4={sport=1,dport=2},m=[00:00:00:00:00:01,00:00:00:00:00:02]", NULL,
	 "{\"src\":\"10.0.0.1\",\"l4\":{\"sport\":1,\"dport\":2},"
	 "\"m\":[\"00:00:00:00:00:01\",\"00:00:00:00:00:02\"]}"},
	{"{ipv4 src; {port sport; port dport} l4; u8 m[2]}", "l4.dport=7,m[1]=3",
	 "src=0.0.0.0,l4={sport=0,dport=7},m=[0,3]", NULL},
	{"{u8 a; u8 b}", "0", "a=0,b=0", NULL},
	/* padding that is set is not lost */
	{"{u8 a; u32 b}", "0x0100000002000000", "a=1,b=2", NULL},
	{"{u8 a; u32 b}", "0x01ff000002000000", "0x01ff000002000000", "\"0x01ff000002000000\""},
	{"{packed u8 a; u32 b}", "a=1,b=2", NULL, NULL},
};

static void value_round(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const char *want = values[i].text ?: values[i].in, *got;
		struct weir_type *type = type_of(values[i].type);
		uint8_t *bytes = calloc(1, type->size_bytes), *again = calloc(1, type->size_bytes);
		struct weir_buf text;

		if (weir_value_read(type, values[i].in, strlen(values[i].in), "t", &env, bytes))
			fail_msg("%s %s: %s", values[i].type, values[i].in, said);
		weir_buf_init(&text, -1);
		weir_value_write(type, bytes, &env, &text);
		got = weir_buf_string(&text);
		assert_non_null(got);
		if (strcmp(got, want) != 0)
			fail_msg("%s %s: %s", values[i].type, values[i].in, got);
		if (weir_value_word_end(got, got + strlen(got)) != got + strlen(got))
			fail_msg("%s: not one word: %s", values[i].type, got);
		if (weir_value_read(type, got, strlen(got), "t", &env, again))
			fail_msg("%s: own text %s: %s", values[i].type, got, said);
		assert_memory_equal(bytes, again, type->size_bytes);
		weir_buf_free(&text);

		weir_buf_init(&text, -1);
		weir_value_json(type, bytes, &env, &text);
		got = weir_buf_string(&text);
		assert_non_null(got);
		if (values[i].json && strcmp(got, values[i].json) != 0)
			fail_msg("%s %s: json %s", values[i].type, values[i].in, got);
		memset(again, 0, type->size_bytes);
		if (weir_value_read(type, got, strlen(got), "t", &env, again))
			fail_msg("%s: own json %s: %s", values[i].type, got, said);
		assert_memory_equal(bytes, again, type->size_bytes);
		weir_buf_free(&text);
		free(bytes);
		free(again);
		weir_type_free(type);
	}
}

/* ---- wrong --------------------------------------------------------------- */

static const struct {
	const char *type, *in, *says;
} wrong[] = {
	{"u8", "256", "t: 256: out of range; from 0 to 255"},
	{"u8", "-1", "t: -1: out of range; from 0 to 255"},
	{"s8", "128", "t: 128: out of range; from -128 to 127"},
	{"u64", "18446744073709551616",
	 "t: 18446744073709551616: out of range; from 0 to 18446744073709551615"},
	{"u32", "x", "t: x: not a number"},
	{"u32", "1x", "t: 1x: not a number"},
	{"u32", "0x", "t: 0x: not a number"},
	{"u32", "010", "t: 010: leading zero; 0o is octal, 0x hexadecimal"},
	{"u32", "", "t: a value is missing at the end"},
	{"u32", "1 2", "t: \"2\" is left over behind the value"},
	{"bool", "maybe", "t: maybe: not a number; true or false"},
	{"proto", "frob", "t: frob: not a number or name of an IP protocol"},
	{"ifindex", "eth9", "t: eth9: no such interface; `ip link` lists them"},
	{"ipv4", "10.0.0", "t: 10.0.0: not an IPv4 address"},
	{"ipv6", "10.0.0.1", "t: 10.0.0.1: not an IPv6 address"},
	{"mac", "00:11:22", "t: 00:11:22: not a MAC address"},
	{"char[2]", "abc", "t: a text of 3 bytes; there is room for 2"},
	{"char[9]", "\"abc", "t: a quote without its end"},
	{"bytes[2]", "0x01", "t: 2 digits; 2 bytes have 4"},
	{"bytes[1]", "zz", "t: zz: not hexadecimal bytes"},
	{"prefix ipv4", "10.1.2.3/24",
	 "t: 10.1.2.3/24: bits are set behind the prefix; 10.1.2.0/24, or the word mask"},
	{"prefix ipv4", "10.0.0.0/33", "t: 10.0.0.0/33: a length from 0 to 32 follows the slash"},
	{"prefix ipv4", "10.0.0.0/", "t: 10.0.0.0/: a length from 0 to 32 follows the slash"},
	{"u8[2]", "[1]", "t: 1 elements; there must be 2, or give one as [N]="},
	{"u8[2]", "[1,2,3]", "t: more than 2 elements"},
	{"u8[2]", "[1,2", "t: \"]\" is missing at the end"},
	{"u8[2]", "1", "t: \"[\" is expected before \"1\""},
	{"{u8 a; u8 b}", "c=1", "t: no field c; there are a, b"},
	{"{u8 a; u8 b}", "a=1,b=300", "t: b: 300: out of range; from 0 to 255"},
	{"{u8 a; {u8 x} b}", "b={x=y}", "t: b: x: y: not a number"},
	{"{u8 a; u8 b}", "a", "t: \"=\" is missing at the end"},
	{"{u8 a; u8 b}", "{a=1", "t: \"}\" is missing at the end"},
	{"{u8 a; u8 b}", "7", "t: no field 7; there are a, b"},
};

static void value_wrong(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct weir_type *type = type_of(wrong[i].type);

		*said = '\0';
		if (!weir_value_read(type, wrong[i].in, strlen(wrong[i].in), "t", &env, bytes))
			fail_msg("%s takes %s", wrong[i].type, wrong[i].in);
		if (strcmp(said, wrong[i].says) != 0)
			fail_msg("%s %s: %s", wrong[i].type, wrong[i].in, said);
		weir_type_free(type);
	}
}

static void value_mask(void **state)
{
	struct weir_value_env masking = {.mask = true};
	struct weir_type *type = type_of("prefix ipv4");
	const uint8_t want[] = {10, 1, 2, 0};
	uint8_t bytes[8];

	(void)state;
	assert_int_equal(weir_value_read(type, "10.1.2.3/24", 11, "t", &masking, bytes), 0);
	assert_memory_equal(bytes + 4, want, 4);
	weir_type_free(type);
}

/* ---- types --------------------------------------------------------------- */

static const char *const bad_types[] = {
	"",	  "u33",	"char",	    "u32[",	    "u32[0]",	     "u32[x]",
	"{",	  "{}",		"{u32}",    "{u32 a",	    "{u32 a u32 b}", "u32 u32",
	"prefix", "prefix mac", "{char c}", "u8[99999999]", "{u32 a; u8 a}",
};

static void type_text(void **state)
{
	struct weir_type *type;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_types) / sizeof(*bad_types); i++) {
		*said = '\0';
		if (weir_type_from_text(bad_types[i], "t", &type) != -EINVAL || !*said)
			fail_msg("%s is a type", bad_types[i]);
	}
	type = type_of("{u8 a; u64 b; u16 c}");
	assert_int_equal(type->size_bytes, 24);
	assert_int_equal(type->fields[1].bit_offset, 64);
	assert_non_null(type->gaps);
	weir_type_free(type);
	type = type_of("struct { __be16 port; ipv4 addr[2]; }");
	assert_int_equal(type->size_bytes, 12);
	weir_type_free(type);
}

/* ---- bits ---------------------------------------------------------------- */

static void value_bits(void **state)
{
	uint8_t bytes[12] = {0}, zero[12] = {0};
	struct weir_type u32 = {.form = WEIR_FORM_UINT, .size_bytes = 4};
	struct weir_type s32 = {.form = WEIR_FORM_INT, .size_bytes = 4};

	(void)state;
	for (uint32_t offset = 0; offset < 40; offset++)
		for (uint32_t size = 1; size <= 32; size++) {
			struct weir_field f = {
				.type = &u32, .bit_offset = offset, .bit_size = size};
			uint64_t all = (1ull << size) - 1;

			memset(bytes, 0, sizeof(bytes));
			weir_bits_store(&f, (struct weir_u128){.low = all}, bytes);
			assert_true(weir_bits_load(&f, bytes).low == all);
			f.type = &s32;
			assert_true((int64_t)weir_bits_load(&f, bytes).low == -1);
			weir_bits_store(&f, (struct weir_u128){0}, bytes);
			assert_memory_equal(bytes, zero, sizeof(bytes));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_round), cmocka_unit_test(value_wrong),
		cmocka_unit_test(value_mask),  cmocka_unit_test(type_text),
		cmocka_unit_test(value_bits),
	};

	weir_log_to(hear, NULL, WEIR_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
