// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What weir top shows of a board: rows in their order, what a filter, a fold and an order leave
 * of them, their names and numbers, sparklines.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top/rows.h"
#include "cli/top/spark.h"
#include "cli/top/values.h"

/* ---- a board ------------------------------------------------------------- */

static uint32_t add_map(struct weir_snap *snap, uint32_t id, const char *name)
{
	struct weir_snap_map *map = weir_snap_add_map(snap);

	map->id = id;
	map->name = weir_snap_add_text(snap, name);
	map->type = weir_snap_add_text(snap, "hash");
	map->has_packets = map->has_bytes = true;
	map->first_series = snap->n_series;
	return snap->n_maps - 1;
}

static void add_series(struct weir_snap *snap, const char *name, uint64_t packets, uint64_t bytes)
{
	struct weir_snap_series *series = weir_snap_add_series(snap);

	series->name = weir_snap_add_text(snap, name);
	series->packets = packets;
	series->bytes = bytes;
	snap->maps[snap->n_maps - 1].n_series++;
}

static void add_dev(struct weir_snap *snap, int32_t ifindex, const char *name, uint64_t rx_packets)
{
	struct weir_snap_dev *dev = weir_snap_add_dev(snap);

	dev->ifindex = ifindex;
	dev->name = weir_snap_add_text(snap, name);
	dev->up = true;
	dev->rx_packets = rx_packets;
	dev->first_prog = snap->n_progs;
}

static void add_prog(struct weir_snap *snap, const char *hook, uint32_t id, uint32_t map,
		     uint64_t runs)
{
	struct weir_snap_prog *prog = weir_snap_add_prog(snap);

	prog->hook = weir_snap_add_text(snap, hook);
	prog->how = weir_snap_add_text(snap, "native");
	prog->name = weir_snap_add_text(snap, "p");
	prog->dev = snap->n_devs - 1;
	prog->id = id;
	prog->has_runs = true;
	prog->runs = runs;
	prog->run_time_ns = runs * 100;
	prog->first_ref = snap->n_refs;
	prog->n_refs = 1;
	assert_int_equal(weir_snap_add_ref(snap, map), 0);
	snap->devs[prog->dev].n_progs++;
}

/* eth0 with two programs that share "flows", eth1 with two queues, "lone" of no interface. @more:
 * packets since the first look. */
static void fill(struct weir_snap *snap, double at_s, uint64_t more)
{
	uint32_t flows, queues;

	assert_int_equal(weir_snap_begin(snap), 0);
	snap->time_ns = (uint64_t)(at_s * 1e9);
	snap->time_s = at_s;
	flows = add_map(snap, 7, "flows");
	add_series(snap, "b10", 5, 500);
	add_series(snap, "b9", 100 + more, 9000 + more * 90);
	add_series(snap, "zero", 0, 0);
	add_map(snap, 8, "lone");
	add_series(snap, "x", 1, 1);
	queues = add_map(snap, WEIR_SNAP_QUEUES | 4, "queues");
	add_series(snap, "rx_0", 30, 3);
	add_series(snap, "rx_1", 12, 3);
	add_dev(snap, 3, "eth0", 50);
	add_prog(snap, "xdp", 21, flows, 10 + 100 * more);
	add_prog(snap, "ingress", 22, flows, 10);
	add_dev(snap, 4, "eth1", 42 + 2 * more);
	snap->devs[1].queues = queues + 1;
}

struct ground {
	struct weir_board board;
	struct weir_runs runs;
	struct weir_view view;
	struct weir_rows rows;
};

static int setup(void **state)
{
	struct ground *g = calloc(1, sizeof(*g));
	struct weir_snap next = {0};

	for (int i = 0; i < 2; i++) {
		fill(&next, 100 + i * 2, i ? 20 : 0);
		assert_int_equal(weir_runs_take(&g->runs, &next), 0);
		assert_int_equal(weir_board_take(&g->board, &next), 0);
	}
	weir_snap_free(&next);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct ground *g = *state;

	weir_board_free(&g->board);
	weir_runs_free(&g->runs);
	weir_view_free(&g->view);
	weir_rows_free(&g->rows);
	free(g);
	return 0;
}

/* The rows' names, one a line, with a blank for each depth. */
static const char *listed(struct ground *g)
{
	static char text[4096];
	char name[256];
	size_t len = 0;

	assert_int_equal(weir_rows_build(&g->rows, &g->board, &g->view), 0);
	text[0] = '\0';
	for (uint32_t i = 0; i < g->rows.n; i++) {
		const struct weir_row *row = &g->rows.rows[i];

		weir_row_name(&g->board, row, name, sizeof(name));
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%*s%s%s\n",
					(int)row->depth, "", row->folded ? "+" : "", name);
	}
	return text;
}

static uint32_t find(struct ground *g, const char *name)
{
	char is[256];

	for (uint32_t i = 0; i < g->rows.n; i++) {
		weir_row_name(&g->board, &g->rows.rows[i], is, sizeof(is));
		if (!strncmp(is, name, strlen(name)))
			return i;
	}
	fail_msg("no row %s", name);
	return 0;
}

/* ---- tests --------------------------------------------------------------- */

static void test_order(void **state)
{
	struct ground *g = *state;

	/* numbers in names as people order them; what is zero is left out */
	assert_string_equal(listed(g), "eth0 rx\n"
				       "eth0 tx\n"
				       " xdp p, 100 ns/run, id 21, native\n"
				       "  flows hash\n"
				       "   b9\n"
				       "   b10\n"
				       " ingress p, 100 ns/run, id 22, native, flows above\n"
				       "eth1 rx\n"
				       "eth1 tx\n"
				       " queues hash\n"
				       "  rx_0\n"
				       "  rx_1\n"
				       "maps of no interface here\n"
				       " lone hash\n"
				       "  x\n");
	g->view.zeros = true;
	assert_non_null(strstr(listed(g), "   zero\n"));
	g->view.zeros = false;
	g->view.sort = WEIR_BY_TOTAL;
	assert_non_null(strstr(listed(g), "   b9\n   b10\n"));
	assert_int_equal(strncmp(listed(g), "eth1 rx\n", 8), 0);
	g->view.reversed = true;
	assert_non_null(strstr(listed(g), "   b10\n   b9\n"));
}

static void test_filter(void **state)
{
	struct ground *g = *state;

	snprintf(g->view.filter, sizeof(g->view.filter), "b9");
	assert_string_equal(listed(g), "eth0 rx\n"
				       "eth0 tx\n"
				       " xdp p, 100 ns/run, id 21, native\n"
				       "  flows hash\n"
				       "   b9\n");
	snprintf(g->view.filter, sizeof(g->view.filter), "lone");
	assert_string_equal(listed(g), "maps of no interface here\n lone hash\n  x\n");
	/* hooks, modes and types, in either case */
	snprintf(g->view.filter, sizeof(g->view.filter), "INGRESS");
	assert_string_equal(listed(g), "eth0 rx\n"
				       "eth0 tx\n"
				       " ingress p, 100 ns/run, id 22, native, flows above\n");
	snprintf(g->view.filter, sizeof(g->view.filter), "Nativ");
	assert_non_null(strstr(listed(g), " xdp p"));
	snprintf(g->view.filter, sizeof(g->view.filter), "hash");
	assert_non_null(strstr(listed(g), " lone hash\n"));
	snprintf(g->view.filter, sizeof(g->view.filter), "nothing has this");
	assert_string_equal(listed(g), "");
}

static void test_fold(void **state)
{
	struct ground *g = *state;
	uint64_t key;

	listed(g);
	key = g->rows.rows[find(g, "flows")].key;
	assert_int_equal(weir_view_fold(&g->view, key, true), 0);
	assert_null(strstr(listed(g), "b9"));
	assert_non_null(strstr(listed(g), "  +flows hash\n"));
	assert_int_equal(weir_rows_find(&g->rows, key), 3);
	/* a filter finds the way to what is hidden */
	snprintf(g->view.filter, sizeof(g->view.filter), "b9");
	assert_non_null(strstr(listed(g), "  +flows hash\n"));
	g->view.filter[0] = '\0';
	assert_int_equal(weir_view_fold(&g->view, key, false), 0);
	assert_non_null(strstr(listed(g), "b9"));
	assert_int_equal(weir_rows_find(&g->rows, 12345), WEIR_ROW_NONE);
}

/* The same program many times at one place, and filters without an id: each is a row of its own
 * that stays what it is. */
static void test_same(void **state)
{
	struct ground *g = *state;
	struct weir_snap next = {0};
	uint64_t keys[6];

	for (int round = 0; round < 2; round++) {
		fill(&next, 200 + round, 0);
		for (uint32_t i = 0; i < 6; i++)
			add_prog(&next, "egress", i % 3 == 1 ? 0 : 30, 0, 0);
		assert_int_equal(weir_board_take(&g->board, &next), 0);
		listed(g);
		for (uint32_t i = 0, n = 0; i < g->rows.n; i++) {
			if (g->rows.rows[i].kind != WEIR_ROW_PROG || g->rows.rows[i].at < 2)
				continue;
			assert_int_equal(weir_rows_find(&g->rows, g->rows.rows[i].key), i);
			if (round)
				assert_true(g->rows.rows[i].key == keys[n]);
			keys[n++] = g->rows.rows[i].key;
		}
	}
	weir_snap_free(&next);
}

static struct weir_values values_of(struct ground *g, const char *name)
{
	return weir_row_values(&g->board, &g->runs, &g->rows.rows[find(g, name)]);
}

static void test_values(void **state)
{
	struct ground *g = *state;
	struct weir_values values;
	float points[8];
	uint32_t n;

	listed(g);
	values = values_of(g, "b9");
	assert_true(values.has_packets && values.has_bytes && values.has_rates);
	assert_int_equal(values.packets, 120);
	assert_int_equal(values.bytes, 10800);
	assert_int_equal((int)values.packets_rate, 10);
	assert_int_equal((int)values.bytes_rate, 900);
	/* a map is the sum of all of its counters, queues are none */
	assert_int_equal(values_of(g, "flows").packets, 125);
	assert_false(values_of(g, "queues").has_packets);
	assert_int_equal(values_of(g, "rx_0").packets, 30);
	assert_int_equal((int)values_of(g, "eth1 rx").packets_rate, 20);
	assert_int_equal(values_of(g, "xdp p").packets, 2010);
	assert_int_equal((int)values_of(g, "xdp p").packets_rate, 1000);
	assert_int_equal((int)values_of(g, "ingress p").packets_rate, 0);
	assert_false(values_of(g, "maps of").has_packets);
	n = weir_row_points(&g->board, 0, &g->rows.rows[find(g, "b9")], points, 8);
	assert_int_equal(n, 1);
	assert_int_equal((int)points[0], 10);
	assert_int_equal(weir_row_points(&g->board, 0, &g->rows.rows[find(g, "queues")], points, 8),
			 0);
}

static void test_spark(void **state)
{
	const float points[] = {0, 1, 50, 100, NAN, -1};
	char buf[WEIR_SPARK_LEN(6)];

	(void)state;
	/* what is not zero does not look like zero */
	assert_string_equal(weir_spark(points, 6, false, buf), "_.=@__");
	assert_string_equal(weir_spark(points, 6, true, buf), "▁▂▄█▁▁");
	assert_string_equal(weir_spark(points, 1, false, buf), "_");
	assert_string_equal(weir_spark(points, 0, false, buf), "");
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_order),  TEST(test_filter),
					   TEST(test_fold),   TEST(test_same),
					   TEST(test_values), cmocka_unit_test(test_spark)};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
