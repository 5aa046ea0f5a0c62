// SPDX-License-Identifier: LGPL-2.1-or-later
/* One line a call, levels, and error numbers as words: loader/log.c, error.c, names.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "loader/error.h"
#include "loader/log.h"

static char last[4096];
static enum weir_log_level last_level;
static unsigned int lines;

static void keep(void *ctx, enum weir_log_level level, const char *line)
{
	assert_ptr_equal(ctx, &lines);
	(void)snprintf(last, sizeof(last), "%s", line);
	last_level = level;
	lines++;
	errno = ENOTTY; /* a callback may */
}

static int setup(void **state)
{
	(void)state;
	lines = 0;
	*last = '\0';
	weir_log_to(keep, &lines, WEIR_LOG_INFO);
	return 0;
}

static void test_levels(void **state)
{
	(void)state;
	weir_log(WEIR_LOG_INFO, "%s %d", "heard", 1);
	assert_string_equal(last, "heard 1");
	assert_int_equal(last_level, WEIR_LOG_INFO);
	weir_log(WEIR_LOG_DEBUG, "not heard");
	assert_int_equal(lines, 1);
	assert_true(weir_log_wants(WEIR_LOG_INFO));
	assert_false(weir_log_wants(WEIR_LOG_DEBUG));
}

static void test_fail(void **state)
{
	(void)state;
	assert_int_equal(weir_fail(-ENOENT, "%s: gone", "x"), -ENOENT);
	assert_string_equal(last, "x: gone");
	assert_int_equal(last_level, WEIR_LOG_ERROR);
}

static void test_silent_without_callback(void **state)
{
	(void)state;
	weir_log_to(NULL, NULL, WEIR_LOG_DEBUG);
	assert_false(weir_log_wants(WEIR_LOG_ERROR));
	assert_int_equal(weir_fail(-EINVAL, "nobody"), -EINVAL);
	assert_int_equal(lines, 0);
}

/* A name in a hostile file may not make lines or move the cursor. */
static void test_one_line(void **state)
{
	(void)state;
	weir_log(WEIR_LOG_INFO, "a\nb\x1b[2Jc\td\x7f\xc3\xa4\n\n");
	assert_string_equal(last, "a?b?[2Jc\td?\xc3\xa4");
	assert_int_equal(lines, 1);
}

static void test_long_line(void **state)
{
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	weir_log(WEIR_LOG_INFO, "%s", text);
	assert_string_equal(last, text);
}

static void test_errno_kept(void **state)
{
	(void)state;
	errno = EBUSY;
	weir_log(WEIR_LOG_INFO, "x");
	assert_int_equal(errno, EBUSY);
}

static void test_errstr(void **state)
{
	(void)state;
	assert_string_equal(weir_errstr(-ENOENT), strerror(ENOENT));
	assert_string_equal(weir_errstr(ENOENT), strerror(ENOENT));
	assert_null(strstr(weir_errstr(-ENOTSUPP), "524"));
	assert_non_null(strstr(weir_errstr(-4000), "libelf")); /* LIBBPF_ERRNO__LIBELF */
	assert_non_null(weir_errstr(INT_MIN));
	assert_non_null(weir_errstr(INT_MAX));
	assert_non_null(weir_errstr(-99999));
}

static void test_errhint(void **state)
{
	(void)state;
	assert_non_null(strstr(weir_errhint(-EPERM), "CAP_BPF"));
	assert_string_equal(weir_errhint(EPERM), weir_errhint(-EPERM));
	assert_null(weir_errhint(-ENOENT));
	assert_null(weir_errhint(INT_MIN));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(weir_map_type_name(BPF_MAP_TYPE_PERCPU_ARRAY), "percpu_array");
	assert_string_equal(weir_map_type_name(33), "arena");
	assert_string_equal(weir_map_type_name(34), "insn_array");
	assert_null(weir_map_type_name(100000));
	assert_null(weir_map_type_name(UINT32_MAX));
	assert_string_equal(weir_prog_type_name(BPF_PROG_TYPE_SCHED_CLS), "sched_cls");
	assert_string_equal(weir_prog_type_name(32), "netfilter");
	assert_null(weir_prog_type_name(UINT32_MAX));
	assert_string_equal(weir_helper_name(BPF_FUNC_map_lookup_elem), "map_lookup_elem");
	assert_string_equal(weir_helper_name(209), "user_ringbuf_drain");
	assert_string_equal(weir_helper_name(210), "cgrp_storage_get");
	assert_string_equal(weir_helper_name(211), "cgrp_storage_delete");
	assert_null(weir_helper_name(0));
	assert_null(weir_helper_name(212));
	assert_null(weir_helper_name(UINT32_MAX));
	assert_string_equal(weir_hook_name(WEIR_HOOK_NONE), "none");
	assert_string_equal(weir_hook_name(WEIR_HOOK_EGRESS), "egress");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_levels, setup),
		cmocka_unit_test_setup(test_fail, setup),
		cmocka_unit_test_setup(test_silent_without_callback, setup),
		cmocka_unit_test_setup(test_one_line, setup),
		cmocka_unit_test_setup(test_long_line, setup),
		cmocka_unit_test_setup(test_errno_kept, setup),
		cmocka_unit_test(test_errstr),
		cmocka_unit_test(test_errhint),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
