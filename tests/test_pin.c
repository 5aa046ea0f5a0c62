// SPDX-License-Identifier: LGPL-2.1-or-later
/* Custom pin ids, shapes, hashes: what of maps/pin*.c and shape.c needs no kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/log.h"
#include "maps/pin.h"

static char notes[4096];
static unsigned int n_notices, n_details, n_errors;

static void keep(void *ctx, enum weir_log_level level, const char *line)
{
	(void)ctx;
	n_notices += level == WEIR_LOG_NOTICE;
	n_details += level == WEIR_LOG_DETAIL;
	n_errors += level == WEIR_LOG_ERROR;
	(void)strncat(notes, line, sizeof(notes) - strlen(notes) - 2);
	(void)strcat(notes, "\n");
}

static int setup(void **state)
{
	(void)state;
	n_notices = n_details = n_errors = 0;
	*notes = '\0';
	weir_log_to(keep, NULL, WEIR_LOG_DEBUG);
	return 0;
}

static int custom(const char *text, uint32_t id, char *buf, size_t len)
{
	char path[] = "/tmp/weir-pin-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	ret = weir_pin_custom_dir_in(path, id, buf, len);
	assert_int_equal(unlink(path), 0);
	return ret;
}

struct custom_row {
	const char *text;
	uint32_t id;
	const char *dir; /* NULL: not listed */
	unsigned int notices;
};

static const struct custom_row custom_rows[] = {
	{"3 foo\n", 3, "foo", 0},
	{"# c\n\n  \n \t3\t/foo/bar  # x\n", 3, "/foo/bar", 0},
	{"0x10 hex\n", 16, "hex", 0},
	{"010 octal\n", 8, "octal", 0},
	{"4294967295 last", UINT32_MAX, "last", 0},
	{"3 old\n3 new\n", 3, "new", 0},
	{"3 foo\n", 4, NULL, 0},
	{"", 3, NULL, 0},
	{"0 a\n1 b\n2 c\n3 d\n", 3, "d", 3},
	{"2 c\n", 2, NULL, 1},
	{"3 good\nbad line\n3 later\n", 3, "good", 1},
	{"bad\n3 later\n", 3, NULL, 1},
	{"3\n3 later\n", 3, NULL, 1},
	{"3 # nothing\n3 later\n", 3, NULL, 1},
	{"-3 minus\n", 3, NULL, 1},
	{"4294967296 big\n", 0, NULL, 1},
	{"3x foo\n", 3, NULL, 1},
	{"3foo\n", 3, NULL, 1},
};

static void test_custom(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(custom_rows) / sizeof(custom_rows[0]); i++) {
		const struct custom_row *row = &custom_rows[i];
		char buf[64] = "untouched";
		int ret;

		setup(NULL);
		ret = custom(row->text, row->id, buf, sizeof(buf));
		if (ret != (row->dir ? 0 : -ENOENT) || n_notices != row->notices || n_errors ||
		    strcmp(buf, row->dir ? row->dir : "untouched") != 0)
			fail_msg("row %zu: %d, '%s', %u notices", i, ret, buf, n_notices);
	}
}

static void test_custom_limits(void **state)
{
	char buf[4], text[PATH_MAX + 64];

	(void)state;
	assert_int_equal(custom("3 four\n", 3, buf, sizeof(buf)), -ENAMETOOLONG);
	assert_int_equal(n_errors, 1);
	assert_int_equal(weir_pin_custom_dir_in("/nonexistent/x", 3, buf, sizeof(buf)), -ENOENT);
	assert_int_equal(n_notices, 0);
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "3 ", 2);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(custom(text, 3, buf, sizeof(buf)), -ENOENT);
	assert_int_equal(n_notices, 1);
}

static const struct weir_map_shape hash10 = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size_bytes = 4,
	.value_size_bytes = 8,
	.max_entries = 10,
};

static void test_shape_each_field(void **state)
{
	struct weir_map_shape other = {
		.type = BPF_MAP_TYPE_ARRAY,
		.key_size_bytes = 8,
		.value_size_bytes = 16,
		.max_entries = 20,
		.flags = BPF_F_NO_PREALLOC,
	};

	(void)state;
	assert_int_equal(weir_shape_differ("", &hash10, &hash10), 0);
	assert_int_equal(n_details, 0);
	assert_int_equal(weir_shape_differ("", &hash10, &other), 5);
	assert_int_equal(n_details, 5);
	assert_string_equal(notes, "type: object hash, pin array\n"
				   "key_size: object 4, pin 8\n"
				   "value_size: object 8, pin 16\n"
				   "max_entries: object 10, pin 20\n"
				   "flags: object 0, pin 0x1\n");
	*notes = '\0';
	other = hash10;
	other.type = 1000; /* a kernel newer than us */
	assert_int_equal(weir_shape_differ("inner map ", &hash10, &other), 1);
	assert_string_equal(notes, "inner map type: object hash, pin 1000\n");
}

static void test_shape_devmap(void **state)
{
	struct weir_map_shape want = hash10, have = hash10;

	(void)state;
	want.type = have.type = BPF_MAP_TYPE_DEVMAP;
	have.flags = BPF_F_RDONLY_PROG;
	assert_int_equal(weir_shape_differ("", &want, &have), 0);
	want.type = have.type = BPF_MAP_TYPE_DEVMAP_HASH;
	assert_int_equal(weir_shape_differ("", &want, &have), 0);
	want.type = have.type = BPF_MAP_TYPE_HASH;
	assert_int_equal(weir_shape_differ("", &want, &have), 1);
	want.type = have.type = BPF_MAP_TYPE_DEVMAP;
	have.flags |= BPF_F_NUMA_NODE;
	assert_int_equal(weir_shape_differ("", &want, &have), 1);
}

static void test_shape_inner(void **state)
{
	struct weir_map_shape a = hash10, b = hash10;

	(void)state;
	b.max_entries = 20;
	assert_true(weir_shape_inner_fits(&a, &b));
	a.type = b.type = BPF_MAP_TYPE_ARRAY;
	assert_false(weir_shape_inner_fits(&a, &b));
	a.flags = b.flags = BPF_F_INNER_MAP;
	assert_true(weir_shape_inner_fits(&a, &b));
	b.flags = 0;
	assert_false(weir_shape_inner_fits(&a, &b));
	b = a;
	b.value_size_bytes = 4;
	assert_false(weir_shape_inner_fits(&a, &b));
}

static void test_kind(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct weir_map map = {.id = 77};

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(weir_pin_kind_of(fd), -EINVAL);
	assert_int_equal(weir_map_by_fd(fd, &map), -EINVAL);
	assert_int_equal(n_errors, 1);
	assert_int_equal(map.id, 77);
	assert_int_equal(close(fd), 0);
	assert_int_equal(weir_pin_kind_of(fd), -ENOENT);
	assert_string_equal(weir_pin_kind_name(WEIR_PIN_OF_LINK), "link");
}

static void test_sha1(void **state)
{
	char hex[41];

	(void)state;
	/* FIPS 180-1, appendix A, and the empty message */
	weir_pin_sha1("abc", 3, hex);
	assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	weir_pin_sha1(NULL, 0, hex);
	assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static void test_pins_without_pins(void **state)
{
	struct weir_pins *pins;

	(void)state;
	assert_int_equal(weir_pins_read(&pins), 0);
	assert_null(weir_pins_path(pins, WEIR_PIN_OF_MAP, UINT32_MAX, 0));
	assert_null(weir_pins_path(pins, WEIR_PIN_OF_PROG, 0, 5));
	weir_pins_free(pins);
	weir_pins_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_custom, setup),
		cmocka_unit_test_setup(test_custom_limits, setup),
		cmocka_unit_test_setup(test_shape_each_field, setup),
		cmocka_unit_test_setup(test_shape_devmap, setup),
		cmocka_unit_test_setup(test_shape_inner, setup),
		cmocka_unit_test_setup(test_kind, setup),
		cmocka_unit_test_setup(test_sha1, setup),
		cmocka_unit_test_setup(test_pins_without_pins, setup),
	};

	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
