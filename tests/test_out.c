// SPDX-License-Identifier: LGPL-2.1-or-later
/* cli/out.c: JSON byte for byte, and text that is safe for terminals. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/out.h"
#include "cli/say.h"
#include "cli/stat.h"

static char *text;
static size_t text_len;

static void begin(struct weir_json *json, bool pretty)
{
	FILE *file = open_memstream(&text, &text_len);

	assert_non_null(file);
	weir_json_start(json, file, pretty);
}

static void expect(struct weir_json *json, const char *expected)
{
	fclose(json->file);
	assert_string_equal(text, expected);
	free(text);
}

static void out_empty(void **state)
{
	struct weir_json json;

	(void)state;
	begin(&json, false);
	weir_json_array(&json, NULL);
	weir_json_array_end(&json);
	weir_json_end(&json);
	expect(&json, "[]\n");
	begin(&json, true);
	weir_json_object(&json, NULL);
	weir_json_object_end(&json);
	weir_json_end(&json);
	expect(&json, "{}\n");
}

static void put_sample(struct weir_json *json)
{
	weir_json_object(json, NULL);
	weir_json_string(json, "a", "x");
	weir_json_array(json, "b");
	weir_json_u64(json, NULL, 1);
	weir_json_object(json, NULL);
	weir_json_object_end(json);
	weir_json_array(json, NULL);
	weir_json_array_end(json);
	weir_json_array_end(json);
	weir_json_bool(json, "c", false);
	weir_json_string(json, "d", NULL);
	weir_json_object_end(json);
	weir_json_end(json);
}

static void out_nested(void **state)
{
	struct weir_json json;

	(void)state;
	begin(&json, false);
	put_sample(&json);
	expect(&json, "{\"a\":\"x\",\"b\":[1,{},[]],\"c\":false,\"d\":null}\n");
	begin(&json, true);
	put_sample(&json);
	expect(&json, "{\n    \"a\": \"x\",\n    \"b\": [\n        1,\n        {},\n        []\n"
		      "    ],\n    \"c\": false,\n    \"d\": null\n}\n");
}

/* One value a line, without a comma between them. */
static void out_stream(void **state)
{
	struct weir_json json;
	int i;

	(void)state;
	begin(&json, false);
	for (i = 0; i < 2; i++) {
		weir_json_object(&json, NULL);
		weir_json_bool(&json, "k", true);
		weir_json_object_end(&json);
		weir_json_end(&json);
	}
	expect(&json, "{\"k\":true}\n{\"k\":true}\n");
}

static void expect_text(const char *value, const char *expected)
{
	struct weir_json json;

	begin(&json, false);
	weir_json_string(&json, NULL, value);
	expect(&json, expected);
}

static void out_escapes(void **state)
{
	(void)state;
	expect_text("", "\"\"");
	expect_text("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	expect_text("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
	expect_text("\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"");
}

#define BAD "\xef\xbf\xbd"

static void out_utf8(void **state)
{
	(void)state;
	expect_text("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9f",
		    "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9f\"");
	expect_text("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");    /* U+10FFFF */
	expect_text("\xff", "\"" BAD "\"");			    /* never valid */
	expect_text("\x80x", "\"" BAD "x\"");			    /* no start */
	expect_text("\xc0\x80", "\"" BAD BAD "\"");		    /* overlong NUL */
	expect_text("\xe0\x9f\xbf", "\"" BAD BAD BAD "\"");	    /* overlong */
	expect_text("\xed\xa0\x80", "\"" BAD BAD BAD "\"");	    /* surrogate */
	expect_text("\xf0\x8f\xbf\xbf", "\"" BAD BAD BAD BAD "\""); /* overlong */
	expect_text("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""); /* above U+10FFFF */
	expect_text("\xe2\x82", "\"" BAD BAD "\"");		    /* cut off */
	expect_text("\xe2\x82\"", "\"" BAD BAD "\\\"\"");	    /* cut by a quote */
}

/* Names of counters: two that differ stay two. */
static void out_names(void **state)
{
	struct weir_json json;

	(void)state;
	begin(&json, false);
	weir_json_name(&json, NULL, "a\xff\xfe\xc3\xa9\"");
	expect(&json, "\"a\\\\xff\\\\xfe\xc3\xa9\\\"\"");
}

static void out_columns(void **state)
{
	(void)state;
	assert_int_equal(weir_text_columns(""), 0);
	assert_int_equal(weir_text_columns("abc"), 3);
	assert_int_equal(weir_text_columns("\xff\xfe"
					   "c"),
			 9);
	assert_int_equal(weir_text_columns("a\x1b\x7f"), 9);
	assert_int_equal(weir_text_columns("\xc2\x85"), 8);		    /* C1 */
	assert_int_equal(weir_text_columns("\xc3\xa9"), 1);		    /* e acute */
	assert_int_equal(weir_text_columns("e\xcc\x81"), 1);		    /* combining */
	assert_int_equal(weir_text_columns("\xe6\x97\xa5\xe6\x9c\xac"), 4); /* wide */
}

static void out_numbers(void **state)
{
	struct weir_json json;

	(void)state;
	begin(&json, false);
	weir_json_array(&json, NULL);
	weir_json_u64(&json, NULL, 0);
	weir_json_u64(&json, NULL, UINT64_MAX);
	weir_json_double(&json, NULL, 0.5);
	weir_json_double(&json, NULL, 1e300);
	weir_json_double(&json, NULL, 123456789.25);
	weir_json_double(&json, NULL, INFINITY);
	weir_json_double(&json, NULL, NAN);
	weir_json_array_end(&json);
	expect(&json, "[0,18446744073709551615,0.5,1e+300,123456789.25,null,null]");
}

static void expect_printed(const char *value, const char *expected)
{
	FILE *file = open_memstream(&text, &text_len);

	assert_non_null(file);
	weir_text_print(file, value);
	fclose(file);
	assert_string_equal(text, expected);
	free(text);
}

static void out_text(void **state)
{
	(void)state;
	expect_printed("eth0", "eth0");
	expect_printed(NULL, "-");
	expect_printed("a\tb", "a\tb");
	expect_printed("\x1b[31m\n", "\\x1b[31m\\x0a");
	expect_printed("\x7f\xff", "\\x7f\\xff");
	expect_printed("\xc2\x9b", "\\xc2\\x9b"); /* CSI as one C1 character */
	expect_printed("\xc3\xa9", "\xc3\xa9");
}

static void out_si(void **state)
{
	static const struct {
		double value;
		const char *expected;
	} rows[] = {
		{0, "0"},	  {0.4, "0"},	     {999, "999"},     {999.6, "1.00k"},
		{1000, "1.00k"},  {1254, "1.25k"},   {12540, "12.5k"}, {99960, "100k"},
		{999499, "999k"}, {999600, "1.00M"}, {1e10, "10.0G"},  {2.5e13, "25.0T"},
		{1e21, "1000E"},
	};
	char buf[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(weir_text_si(rows[i].value, buf, sizeof(buf)),
				    rows[i].expected);
}

static void out_age(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(weir_text_age(0, buf, sizeof(buf)), "0s");
	assert_string_equal(weir_text_age(59, buf, sizeof(buf)), "59s");
	assert_string_equal(weir_text_age(65, buf, sizeof(buf)), "1m05s");
	assert_string_equal(weir_text_age(3600 * 4 + 420, buf, sizeof(buf)), "4h07m");
	assert_string_equal(weir_text_age(86400 * 12 + 3 * 3600, buf, sizeof(buf)), "12d03h");
}

static void out_hex(void **state)
{
	const uint8_t tag[] = {0x00, 0x9f, 0xff};
	char buf[7];

	(void)state;
	assert_string_equal(weir_text_hex(tag, sizeof(tag), buf), "009fff");
	assert_string_equal(weir_text_hex(tag, 0, buf), "");
}

/* A full disk is a failure, told in one line. */
static void out_full(void **state)
{
	FILE *real_out = stdout, *real_err = stderr;
	FILE *memory;
	int err;

	(void)state;
	weir_say_reset();
	stdout = fopen("/dev/full", "w");
	memory = open_memstream(&text, &text_len);
	stderr = memory;
	fputs("x", stdout);
	err = weir_out_finish();
	fclose(stdout);
	stdout = real_out;
	stderr = real_err;
	fclose(memory);
	assert_true(err < 0);
	assert_true(weir_say_had_error());
	assert_string_equal(text, "weir: standard output: No space left on device\n");
	free(text);
}

static void out_reading(void **state)
{
	char *names[] = {"tcp", "udp", "arp"};
	struct weir_count counts[] = {{1, 10}, {2, 20}, {3, 30}};
	struct weir_reading reading = {.n = 3, .names = names, .counts = counts};

	(void)state;
	assert_int_equal(weir_reading_find(&reading, 1, "udp").packets, 2);
	/* the entries have moved, or are new */
	assert_int_equal(weir_reading_find(&reading, 0, "arp").bytes, 30);
	assert_int_equal(weir_reading_find(&reading, 9, "tcp").packets, 1);
	assert_int_equal(weir_reading_find(&reading, 2, "udp").packets, 2);
	assert_int_equal(weir_reading_find(&reading, 0, "sctp").packets, 0);
	free(reading.by_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_empty),  cmocka_unit_test(out_nested),
		cmocka_unit_test(out_stream), cmocka_unit_test(out_escapes),
		cmocka_unit_test(out_utf8),   cmocka_unit_test(out_numbers),
		cmocka_unit_test(out_names),  cmocka_unit_test(out_columns),
		cmocka_unit_test(out_text),   cmocka_unit_test(out_si),
		cmocka_unit_test(out_age),    cmocka_unit_test(out_hex),
		cmocka_unit_test(out_full),   cmocka_unit_test(out_reading),
	};

	return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
