// SPDX-License-Identifier: LGPL-2.1-or-later
/* Taking back what a call has made: maps/undo.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maps/undo.h"

static char trace[64];
static unsigned int drops;

static void undo_letter(void *data)
{
	(void)strncat(trace, data, 1);
}

static void drop_letter(void *data)
{
	(void)data;
	drops++;
}

static void push(struct weir_undo *undo, char *letter)
{
	assert_int_equal(weir_undo_reserve(undo), 0);
	weir_undo_push(undo, undo_letter, drop_letter, letter);
}

static int setup(void **state)
{
	*trace = '\0';
	drops = 0;
	return weir_undo_new((struct weir_undo **)state);
}

static int teardown(void **state)
{
	weir_undo_free(*state);
	return 0;
}

static void test_newest_first(void **state)
{
	push(*state, "a");
	push(*state, "b");
	push(*state, "c");
	weir_undo_rollback(*state);
	assert_string_equal(trace, "cba");
	assert_int_equal(drops, 3);
}

static void test_commit_forgets(void **state)
{
	push(*state, "a");
	weir_undo_commit(*state);
	push(*state, "b");
	weir_undo_rollback(*state);
	assert_string_equal(trace, "b");
	assert_int_equal(drops, 2);
}

static void test_pop(void **state)
{
	push(*state, "a");
	push(*state, "b");
	weir_undo_pop(*state);
	assert_int_equal(drops, 1);
	weir_undo_rollback(*state);
	assert_string_equal(trace, "a");
}

/* A step reserves, then calls steps that record many of their own. */
static void test_reserved_outlives_others(void **state)
{
	assert_int_equal(weir_undo_reserve(*state), 0);
	for (int i = 0; i < 40; i++)
		push(*state, "b");
	weir_undo_push(*state, undo_letter, NULL, "a");
	weir_undo_rollback(*state);
	assert_int_equal(strlen(trace), 41);
	assert_int_equal(trace[0], 'a');
}

static void test_full_with_open_reservations(void **state)
{
	enum { N = 33 };

	for (int i = 0; i < N; i++)
		assert_int_equal(weir_undo_reserve(*state), 0);
	for (int i = 0; i < N; i++)
		weir_undo_push(*state, undo_letter, NULL, "x");
	weir_undo_rollback(*state);
	assert_int_equal(strlen(trace), N);
}

static void test_free_rolls_back(void **state)
{
	struct weir_undo *undo;

	(void)state;
	assert_int_equal(weir_undo_new(&undo), 0);
	push(undo, "z");
	weir_undo_free(undo);
	assert_string_equal(trace, "z");
	weir_undo_free(NULL);
}

static void make_file(const char *path)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
}

static void test_paths(void **state)
{
	char top[] = "/tmp/weir-undo-XXXXXX", dir[64], file[96], other[96];

	assert_non_null(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/d", top);
	(void)snprintf(file, sizeof(file), "%s/f", dir);
	(void)snprintf(other, sizeof(other), "%s/g", dir);
	assert_int_equal(weir_undo_rmdir(*state, dir), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(weir_undo_unlink(*state, file), 0);
	make_file(file);
	make_file(other);
	weir_undo_rollback(*state);
	assert_int_not_equal(access(file, F_OK), 0);
	/* somebody else's file: the directory stays */
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(unlink(other), 0);

	assert_int_equal(weir_undo_rmdir(*state, dir), 0);
	weir_undo_rollback(*state);
	assert_int_not_equal(access(dir, F_OK), 0);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_newest_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_commit_forgets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reserved_outlives_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_with_open_reservations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_free_rolls_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
	};

	return cmocka_run_group_tests_name("undo", tests, NULL, NULL);
}
