// SPDX-License-Identifier: LGPL-2.1-or-later
/* What of maps/bpffs.c, mounts.c and lookup.c needs no bpffs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "loader/log.h"
#include "maps/bpffs.h"
#include "maps/mounts.h"
#include "maps/weir_map.h"

static char top[32];
static char last_error[1024];
static unsigned int errors;

static void keep(void *ctx, enum weir_log_level level, const char *line)
{
	(void)ctx;
	if (level != WEIR_LOG_ERROR)
		return;
	(void)snprintf(last_error, sizeof(last_error), "%s", line);
	errors++;
}

static int setup(void **state)
{
	(void)state;
	errors = 0;
	weir_log_to(keep, NULL, WEIR_LOG_DEBUG);
	(void)strcpy(top, "/tmp/weir-bpffs-XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static const char *below(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(below(name), "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void test_escape(void **state)
{
	char name[] = ".a.b_c.";

	(void)state;
	weir_bpffs_escape(name);
	assert_string_equal(name, "_a_b_c_");
}

static void test_find_wanted(void **state)
{
	char buf[PATH_MAX], tiny[4], want[PATH_MAX];

	(void)state;
	(void)snprintf(want, sizeof(want), "%s//", top);
	assert_int_equal(weir_bpffs_find(want, buf, sizeof(buf)), -ENOENT);
	assert_string_equal(buf, top); /* where it would be mounted */
	assert_int_equal(weir_bpffs_find(below("none"), buf, sizeof(buf)), -ENOENT);
	assert_string_equal(buf, below("none"));
	assert_int_equal(weir_bpffs_find(top, tiny, sizeof(tiny)), -ENAMETOOLONG);
	write_file("file", "");
	assert_int_equal(weir_bpffs_find(below("file"), buf, sizeof(buf)), -ENOTDIR);
	assert_int_equal(weir_bpffs_find(below("file/x"), buf, sizeof(buf)), -ENOTDIR);
	assert_int_equal(chdir(top), 0);
	assert_int_equal(weir_bpffs_find("none", buf, sizeof(buf)), -ENOENT);
	assert_string_equal(buf, below("none"));
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(errors, 0);
}

static void test_ensure_refuses(void **state)
{
	struct weir_undo *undo;
	char buf[PATH_MAX] = "untouched";

	(void)state;
	assert_int_equal(weir_undo_new(&undo), 0);
	write_file("file", "");
	assert_int_equal(weir_bpffs_ensure(below("file"), buf, sizeof(buf), undo), -ENOTDIR);
	assert_int_equal(errors, 1);
	/* a directory in use is not covered by a mount */
	assert_true(weir_bpffs_ensure(top, buf, sizeof(buf), undo) < 0);
	assert_int_equal(errors, 2);
	assert_non_null(strstr(last_error, "--bpffs"));
	/* only the last component is made */
	assert_true(weir_bpffs_ensure(below("a/b"), buf, sizeof(buf), undo) < 0);
	assert_int_equal(errors, 3);
	assert_int_not_equal(access(below("a"), F_OK), 0);
	assert_string_equal(buf, "untouched");
	weir_undo_free(undo);
	assert_int_equal(access(below("file"), F_OK), 0);
}

static void test_mkdirs(void **state)
{
	struct weir_undo *undo;
	struct stat st;

	(void)state;
	assert_int_equal(weir_undo_new(&undo), 0);
	assert_int_equal(mkdir(below("old"), 0755), 0);
	assert_int_equal(weir_bpffs_mkdirs(top, "/old//a/b/", undo), 0);
	assert_int_equal(stat(below("old/a/b"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(weir_bpffs_mkdirs(top, "old/a/b", undo), 0);
	assert_int_equal(weir_bpffs_mkdirs(top, "", undo), 0);
	weir_undo_rollback(undo);
	assert_int_not_equal(access(below("old/a"), F_OK), 0);
	assert_int_equal(access(below("old"), F_OK), 0);
	weir_undo_free(undo);
}

static void test_mkdirs_refuses(void **state)
{
	static const char *const climbing[] = {"..", "a/..", "../a", "a/../b"};
	struct weir_undo *undo;
	char deep[2 * PATH_MAX];

	(void)state;
	assert_int_equal(weir_undo_new(&undo), 0);
	for (size_t i = 0; i < sizeof(climbing) / sizeof(climbing[0]); i++)
		assert_int_equal(weir_bpffs_mkdirs(top, climbing[i], undo), -EINVAL);
	assert_int_equal(errors, 4);
	assert_int_equal(weir_bpffs_mkdirs(top, "..a/b..", undo), 0);
	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(weir_bpffs_mkdirs(top, deep, undo), -ENAMETOOLONG);
	write_file("file", "");
	assert_int_equal(weir_bpffs_mkdirs(top, "file", undo), -ENOTDIR);
	assert_int_equal(weir_bpffs_mkdirs(top, "file/x", undo), -ENOTDIR);
	assert_non_null(strstr(last_error, "file"));
	assert_int_equal(errors, 7);
	weir_undo_free(undo);
}

struct seen {
	unsigned int n;
	bool bpf, shared, escaped;
};

static int see(const struct weir_mount *mount, void *ctx)
{
	struct seen *seen = ctx;

	seen->n++;
	if (strcmp(mount->type, "bpf") == 0) {
		seen->bpf = true;
		assert_int_equal(mount->id, 40);
		assert_int_equal(mount->dev, makedev(0, 300));
		assert_string_equal(mount->root, "/tc");
		assert_string_equal(mount->target, "/a b\\\\c");
		assert_false(mount->shared);
	}
	seen->shared |= strcmp(mount->target, "/s") == 0 && mount->shared;
	return mount->id == 99 ? 7 : 0;
}

static void test_mounts(void **state)
{
	struct seen seen = {0};

	(void)state;
	write_file("mountinfo",
		   "22 27 0:21 / /s rw,relatime master:3 shared:1 - proc proc rw\n"
		   "nonsense\n"
		   "1 2 3\n"
		   "23 27 0 / /x rw - proc proc rw\n"
		   "24 27 0:1 / /x rw proc proc rw\n"
		   "25 27 0:1 / /x rw -\n"
		   "40 27 0:300 /tc /a\\040b\\134\\134c rw,relatime - bpf bpf rw,mode=700\n"
		   "99 27 0:1 / /y rw - proc proc rw\n"
		   "100 27 0:1 / /z rw - proc proc rw");
	assert_int_equal(weir_mounts_walk(below("mountinfo"), see, &seen), 7);
	assert_int_equal(seen.n, 3);
	assert_true(seen.bpf);
	assert_true(seen.shared);
	assert_int_equal(weir_mounts_walk(below("none"), see, &seen), -ENOENT);
}

static void test_open_refuses(void **state)
{
	static const char *const bad_ids[] = {"id 0",  "id x",		"id ",
					      "id -1", "id 4294967296", "id 1x"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad_ids) / sizeof(bad_ids[0]); i++)
		assert_int_equal(weir_map_open(bad_ids[i], NULL), -EINVAL);
	assert_int_equal(errors, 6);
	assert_int_equal(weir_map_open("", NULL), -EINVAL);
	assert_int_equal(weir_map_open("name", top), -ENOENT);
	assert_non_null(strstr(last_error, top));
	assert_int_equal(errors, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test_setup_teardown(test_find_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ensure_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mkdirs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mkdirs_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_refuses, setup, teardown),
	};

	return cmocka_run_group_tests_name("bpffs", tests, NULL, NULL);
}
