// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prefixes merged: each address finds the value that it found before, in a file of no more
 * entries, and merging what is merged changes nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "maps/check.h"

#define BITS	7u /* the last ones of an address: all others are 10.0.0.0's */
#define ENTRIES 200u

struct entry {
	uint32_t len; /* of the 32 bits */
	uint32_t address, value;
};

struct set {
	struct entry list[ENTRIES];
	size_t n;
};

static struct weir_table table;

static int setup(void **state)
{
	(void)state;
	table = (struct weir_table){.fd = -1, .cpus = 1, .stride_bytes = 4, .is_lpm = true};
	table.map.key_size_bytes = 8;
	table.map.value_size_bytes = 4;
	return weir_type_from_text("prefix ipv4", "t", &table.key) ||
	       weir_type_from_text("u32", "t", &table.value);
}

static int teardown(void **state)
{
	(void)state;
	weir_type_free(table.key);
	weir_type_free(table.value);
	return 0;
}

/* ---- files --------------------------------------------------------------- */

static void write_set(int fd, const struct set *set)
{
	for (size_t i = 0; i < set->n; i++)
		dprintf(fd, "10.0.0.%u/%u %u\n", set->list[i].address, set->list[i].len,
			set->list[i].value);
}

/* What is left of the text of @fd; returns what weir_check_source does. */
static int merge(int fd, struct set *out)
{
	struct weir_bulk_opts opts = {.size = sizeof(opts), .merge = true};
	struct weir_checked checked;
	struct weir_source src;
	uint8_t key[8];
	uint32_t value;
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	out->n = 0;
	err = weir_source_open(&table, path, &opts, &src);
	err = err ? err : weir_check_source(&src, &checked);
	while (!err && weir_source_next(&src, key, &value) > 0) {
		struct entry *to = &out->list[out->n++];

		memcpy(&to->len, key, sizeof(to->len));
		to->address = key[7];
		to->value = value;
	}
	if (!err)
		assert_int_equal(out->n, checked.n);
	weir_source_close(&src);
	return err;
}

static int merge_set(const struct set *set, struct set *out)
{
	int fd = memfd_create("prefixes", MFD_CLOEXEC), err;

	assert_true(fd >= 0);
	write_set(fd, set);
	err = merge(fd, out);
	close(fd);
	return err;
}

/* ---- laws ---------------------------------------------------------------- */

static const struct entry *find(const struct set *set, uint32_t address)
{
	const struct entry *best = NULL;

	for (size_t i = 0; i < set->n; i++) {
		const struct entry *at = &set->list[i];
		uint32_t shift = 32 - at->len;

		if (shift > 8)
			shift = 8;
		if (address >> shift == at->address >> shift && (!best || at->len > best->len))
			best = at;
	}
	return best;
}

static bool has(const struct set *set, uint32_t address, uint32_t len)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->list[i].address == address && set->list[i].len == len)
			return true;
	return false;
}

static void fill(struct set *set)
{
	size_t n = 1 + (size_t)rand() % (ENTRIES - 1);

	set->n = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t len = 32 - BITS + (uint32_t)rand() % (BITS + 1);
		uint32_t mask = 0xffu << (32 - len), address = (uint32_t)rand() % 128 & mask;

		if (!has(set, address, len))
			set->list[set->n++] =
				(struct entry){len, address, 1 + (uint32_t)rand() % 2};
	}
}

static void test_laws(void **state)
{
	struct set set, merged, again;

	(void)state;
	srand(4711);
	for (int round = 0; round < 300; round++) {
		fill(&set);
		assert_int_equal(merge_set(&set, &merged), 0);
		assert_true(merged.n <= set.n);
		for (uint32_t address = 0; address < 256; address++) {
			const struct entry *was = find(&set, address), *is = find(&merged, address);

			assert_int_equal(was ? was->value : 0, is ? is->value : 0);
		}
		assert_int_equal(merge_set(&merged, &again), 0);
		assert_int_equal(again.n, merged.n);
		assert_memory_equal(again.list, merged.list, merged.n * sizeof(*merged.list));
	}
}

/* ---- cases --------------------------------------------------------------- */

static const struct {
	const char *text, *merged; /* NULL: refused */
} cases[] = {
	{"10.0.0.0/25 1\n10.0.0.128/25 1\n", "0/24=1"},
	{"10.0.0.0/25 1\n10.0.0.128/25 2\n", "0/25=1 128/25=2"},
	{"10.0.0.0/24 1\n10.0.0.7/32 1\n", "0/24=1"},
	{"10.0.0.0/24 1\n10.0.0.0/25 2\n10.0.0.7/32 1\n", "0/24=1 0/25=2 7/32=1"},
	/* the halves say all that the whole could */
	{"10.0.0.0/24 1\n10.0.0.0/25 2\n10.0.0.128/25 2\n", "0/24=2"},
	{"10.0.0.8/30 1\n10.0.0.8/30 1\n", "8/30=1"},
	{"10.0.0.8/30 1\n10.0.0.8/30 2\n", NULL},
	{"10.0.0.0-10.0.0.127 3\n10.0.0.128-10.0.0.255 3\n", "0/24=3"},
	{"", ""},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int fd = memfd_create("prefixes", MFD_CLOEXEC), err;
		char text[256] = "";
		struct set out;

		assert_true(fd >= 0);
		dprintf(fd, "%s", cases[i].text);
		err = merge(fd, &out);
		close(fd);
		assert_int_equal(!err, cases[i].merged != NULL);
		for (size_t n = 0; !err && n < out.n; n++) {
			size_t used = strlen(text);

			snprintf(text + used, sizeof(text) - used, "%s%u/%u=%u", n ? " " : "",
				 out.list[n].address, out.list[n].len, out.list[n].value);
		}
		if (!err)
			assert_string_equal(text, cases[i].merged);
	}
}

static void test_only_prefixes(void **state)
{
	struct set none = {0}, out;

	(void)state;
	table.is_lpm = false;
	assert_int_not_equal(merge_set(&none, &out), 0);
	table.is_lpm = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_laws),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_only_prefixes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
