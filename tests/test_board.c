// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Snapshots over time: rates of series that stay, come, go, begin anew; history that does not
 * grow; snapshots through a pipe, whole or refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/board/board.h"
#include "cli/board/shares.h"

struct count {
	const char *name;
	uint64_t packets, bytes;
};

/* A map of @n counters, and an interface that has received as many packets as all of them. */
static void fill(struct weir_snap *snap, double at_s, uint32_t map_id, const char *pin,
		 const struct count *counts, size_t n)
{
	struct weir_snap_map *map;
	struct weir_snap_dev *dev;
	uint64_t sum = 0;

	assert_int_equal(weir_snap_begin(snap), 0);
	snap->time_ns = (uint64_t)(at_s * 1e9);
	snap->time_s = at_s;
	map = weir_snap_add_map(snap);
	map->id = map_id;
	map->pin = weir_snap_add_text(snap, pin);
	map->name = weir_snap_add_text(snap, "m");
	map->has_packets = map->has_bytes = true;
	map->n_series = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		struct weir_snap_series *series = weir_snap_add_series(snap);

		series->name = weir_snap_add_text(snap, counts[i].name);
		series->packets = counts[i].packets;
		series->bytes = counts[i].bytes;
		sum += counts[i].packets;
	}
	dev = weir_snap_add_dev(snap);
	dev->ifindex = 3;
	dev->name = weir_snap_add_text(snap, "eth0");
	dev->rx_packets = sum;
}

static void take(struct weir_board *board, double at_s, uint32_t map_id, const char *pin,
		 const struct count *counts, size_t n)
{
	struct weir_snap snap = {0};

	fill(&snap, at_s, map_id, pin, counts, n);
	assert_int_equal(weir_board_take(board, &snap), 0);
	weir_snap_free(&snap);
}

/* Packets by the second of @name; -1: there is none. */
static int rate_of(const struct weir_board *board, const char *name)
{
	for (uint32_t i = 0; i < board->snap.n_series; i++)
		if (!strcmp(weir_snap_str(&board->snap, board->snap.series[i].name), name))
			return (int)board->series[i].packets;
	return -1;
}

#define COUNTS(...)                          \
	(const struct count[]){__VA_ARGS__}, \
		sizeof((struct count[]){__VA_ARGS__}) / sizeof(struct count)

static void test_rates(void **state)
{
	struct weir_board board = {0};

	(void)state;
	take(&board, 100, 1, "/p", COUNTS({"a", 50, 1000}, {"b", 7, 7}));
	assert_int_equal(rate_of(&board, "a"), 0); /* of one look there is no rate */
	take(&board, 102, 1, "/p", COUNTS({"a", 150, 3000}, {"b", 7, 7}));
	assert_int_equal(rate_of(&board, "a"), 50);
	assert_int_equal(rate_of(&board, "b"), 0);
	assert_int_equal((int)board.series[0].bytes, 1000);
	assert_int_equal((int)board.rx[0].packets, 50);
	/* a hash gives its entries in another order; new ones began from zero */
	take(&board, 103, 1, "/p", COUNTS({"c", 9, 9}, {"b", 17, 7}, {"a", 151, 3000}));
	assert_int_equal(rate_of(&board, "a"), 1);
	assert_int_equal(rate_of(&board, "b"), 10);
	assert_int_equal(rate_of(&board, "c"), 9);
	/* gone, and there again */
	take(&board, 104, 1, "/p", COUNTS({"b", 17, 7}));
	assert_int_equal(rate_of(&board, "a"), -1);
	/* reset */
	take(&board, 105, 1, "/p", COUNTS({"b", 5, 7}));
	assert_int_equal(rate_of(&board, "b"), 5);
	/* another map at the same pin goes on, and its counts are not all of one second */
	take(&board, 106, 2, "/p", COUNTS({"b", 5000000, 7}, {"d", 1000000, 7}));
	assert_int_equal(rate_of(&board, "b"), 0);
	assert_int_equal(rate_of(&board, "d"), 0);
	assert_int_equal((int)board.series[0].past->packets[0][board.tiers[0].newest - 1], 5);
	take(&board, 107, 2, "/p", COUNTS({"b", 5000020, 7}, {"d", 1000000, 7}));
	assert_int_equal(rate_of(&board, "b"), 20);
	/* without a pin another id is another map */
	take(&board, 108, 3, "", COUNTS({"b", 1000, 7}));
	assert_int_equal(rate_of(&board, "b"), 0);
	weir_board_free(&board);
}

/* Readings of one a second, whose rate is the number of the reading. */
static void test_history(void **state)
{
	const unsigned int n = 3 * 720 + 7;
	struct weir_board board = {0};
	const struct weir_past *past;
	uint64_t packets = 0;

	(void)state;
	/* the first reading of all has no rate, and is no point */
	take(&board, 100, 1, "/p", COUNTS({"a", 0, 0}, {"zero", 5, 5}));
	assert_int_equal(board.tiers[0].n_points, 0);
	for (unsigned int i = 1; i <= n; i++) {
		packets += i;
		take(&board, 100 + i, 1, "/p", COUNTS({"a", packets, 0}, {"zero", 5, 5}));
		assert_int_equal(board.tiers[0].n_points, i < WEIR_POINTS ? i : WEIR_POINTS);
		assert_int_equal(board.tiers[1].n_points,
				 i / 30 < WEIR_POINTS ? i / 30 : WEIR_POINTS);
		assert_int_equal(board.tiers[2].n_points, i / 720);
	}
	past = board.series[0].past;
	for (uint32_t t = 0; t < WEIR_TIERS; t++) {
		uint32_t every = weir_tier_readings[t];

		for (uint32_t nth = 0; nth < board.tiers[t].n_points; nth++) {
			uint32_t at = weir_board_point(&board.tiers[t], nth);
			unsigned int last = (unsigned int)board.tiers[t].times_s[at] - 100;

			/* it ends where its time says, and is the mean of so many */
			assert_int_equal(last % every, 0);
			assert_int_equal((int)(2 * past->packets[t][at]), 2 * last - every + 1);
		}
	}
	assert_int_equal((int)board.tiers[0].times_s[board.tiers[0].newest], 100 + n);
	/* what never moves has no past to keep */
	assert_null(board.series[1].past);
	weir_board_free(&board);
}

/* Names that change places take their past along; one that is gone and comes again has none. */
static void test_moving_past(void **state)
{
	struct weir_board board = {0};

	(void)state;
	take(&board, 100, 1, "/p", COUNTS({"a", 0, 0}, {"b", 0, 0}));
	take(&board, 101, 1, "/p", COUNTS({"a", 7, 0}, {"b", 0, 0}));
	take(&board, 102, 1, "/p", COUNTS({"b", 3, 0}, {"a", 7, 0}));
	assert_int_equal((int)board.series[1].past->packets[0][0], 7);
	assert_int_equal((int)board.series[1].past->packets[0][1], 0);
	assert_int_equal((int)board.series[0].past->packets[0][0], 0);
	assert_int_equal((int)board.series[0].past->packets[0][1], 3);
	take(&board, 103, 1, "/p", COUNTS({"b", 3, 0}));
	take(&board, 104, 1, "/p", COUNTS({"b", 3, 0}, {"a", 7, 0}));
	assert_int_equal((int)board.series[1].past->packets[0][0], 0);
	assert_int_equal((int)board.series[1].past->packets[0][3], 7);
	weir_board_free(&board);
}

/* Of a map that is cut other entries may come into view, which counted before. */
static void test_cut(void **state)
{
	const struct count first[] = {{"a", 5, 5}, {"b", 1000, 7}}, then[] = {{"c", 1000000, 7}};
	struct weir_board board = {0};
	struct weir_snap next = {0};

	(void)state;
	fill(&next, 100, 1, "/p", first, 2);
	next.maps[0].n_cut = 1;
	assert_int_equal(weir_board_take(&board, &next), 0);
	fill(&next, 101, 1, "/p", then, 1);
	assert_int_equal(weir_board_take(&board, &next), 0);
	assert_int_equal(rate_of(&board, "c"), 0);
	weir_snap_free(&next);
	weir_board_free(&board);
}

/* Names of counters leave room for those of interfaces. */
static void test_long_names(void **state)
{
	static char name[1u << 20];
	struct weir_snap snap = {0};
	size_t n = 0;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	assert_int_equal(weir_snap_begin(&snap), 0);
	for (; weir_snap_has_room_for(&snap, name) && n < 100; n++)
		assert_int_not_equal(weir_snap_add_text(&snap, name), 0);
	assert_in_range(n, 50, 63);
	assert_int_not_equal(weir_snap_add_text(&snap, "eth0"), 0);
	weir_snap_free(&snap);
}

static void test_shares(void **state)
{
	struct weir_share shares[] = {{.wanted = 1000000}, {.wanted = 45}, {.wanted = 0},
				      {.wanted = 5000},	   {.wanted = 1},  {.wanted = 700000}};
	uint32_t sum = 0;

	(void)state;
	/* enough for all */
	weir_shares_divide(shares, 6, 2000000);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(shares[i].has, shares[i].wanted);
	/* small ones have all, large ones even parts, and nothing is left */
	weir_shares_divide(shares, 6, 10000);
	assert_int_equal(shares[1].has, 45);
	assert_int_equal(shares[2].has, 0);
	assert_int_equal(shares[4].has, 1);
	for (size_t i = 0; i < 6; i++)
		sum += shares[i].has;
	assert_int_equal(sum, 10000);
	assert_true(shares[0].has >= 3318 && shares[3].has >= 3318 && shares[5].has >= 3318);
	/* fewer than there are maps, and none */
	weir_shares_divide(shares, 6, 3);
	assert_int_equal(
		shares[0].has + shares[1].has + shares[3].has + shares[4].has + shares[5].has, 3);
	weir_shares_divide(shares, 6, 0);
	assert_int_equal(shares[4].has, 0);
	weir_shares_divide(shares, 0, 10);
}

#define DAY_S 86400

/* What is allocated; of the sanitizer's allocator when there is one. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
static size_t allocated_bytes(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

/* A week of seconds: each hour another map at the pin, each minute an entry more or fewer, each
 * day counts from zero. */
static void test_week(void **state)
{
	struct weir_board board = {0};
	struct weir_snap next = {0};
	size_t first_day = 0;

	(void)state;
	for (unsigned int s = 0; s < 7 * DAY_S; s++) {
		uint64_t packets = s % DAY_S * 10ull;
		const struct count counts[] = {
			{"a", packets, packets * 60}, {"b", 5, 5}, {"c", packets / 2, 0}};

		fill(&next, 100 + s, 1 + s / 3600, "/p", counts, s / 60 % 2 ? 3 : 2);
		assert_int_equal(weir_board_take(&board, &next), 0);
		if (s % DAY_S > 1 && s % 3600)
			assert_int_equal(rate_of(&board, "a"), 10);
		if (s == DAY_S - 1)
			first_day = allocated_bytes();
	}
	for (uint32_t t = 0; t < WEIR_TIERS; t++)
		assert_int_equal(board.tiers[t].n_points, WEIR_POINTS);
	assert_true(allocated_bytes() <= first_day + 4096);
	weir_snap_free(&next);
	weir_board_free(&board);
}

static void test_pipe(void **state)
{
	struct weir_snap snap = {0}, got = {0};
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	fill(&snap, 100, 1, "/p", COUNTS({"a", 5, 6}));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(weir_snap_write(&snap, pipes[1]), 0);
		assert_int_equal(weir_snap_read(&got, pipes[0]), 1);
		assert_int_equal(got.n_series, 1);
		assert_int_equal(got.series[0].packets, 5);
		assert_string_equal(weir_snap_str(&got, got.series[0].name), "a");
		assert_string_equal(weir_snap_str(&got, got.maps[0].pin), "/p");
		assert_true(got.time_ns == snap.time_ns);
	}
	/* one that ends in the middle, and none */
	assert_int_equal(
		write(pipes[1], "wrong magic, and then something else, long enough for a head", 60),
		60);
	close(pipes[1]);
	assert_int_equal(weir_snap_read(&got, pipes[0]), -EBADMSG);
	while (read(pipes[0], &(char){0}, 1) > 0)
		;
	assert_int_equal(weir_snap_read(&got, pipes[0]), 0);
	close(pipes[0]);
	weir_snap_free(&snap);
	weir_snap_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),	    cmocka_unit_test(test_history),
		cmocka_unit_test(test_moving_past), cmocka_unit_test(test_week),
		cmocka_unit_test(test_pipe),	    cmocka_unit_test(test_cut),
		cmocka_unit_test(test_shares),	    cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
