// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What weir serve tells, from snapshots alone: texts whose parts are kept from one to the next
 * say what the present snapshot has, clients keep a text as long as they need it, and a week
 * of seconds takes no more memory than its first day.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "cli/interval.h"
#include "cli/serve/state.h"

#define DAY_S	  86400
#define SECOND_NS 1000000000ull

struct count {
	const char *name;
	uint64_t packets;
};

static void fill(struct weir_snap *snap, unsigned int at_s, uint32_t map_id, const char *devs,
		 const struct count *counts, size_t n)
{
	struct weir_snap_map *map;
	struct weir_snap_dev *dev;

	assert_int_equal(weir_snap_begin(snap), 0);
	snap->time_ns = at_s * SECOND_NS;
	snap->time_s = at_s;
	map = weir_snap_add_map(snap);
	map->id = map_id;
	map->name = weir_snap_add_text(snap, "m");
	map->devs = weir_snap_add_text(snap, devs);
	map->has_packets = true;
	map->n_series = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		struct weir_snap_series *series = weir_snap_add_series(snap);

		series->name = weir_snap_add_text(snap, counts[i].name);
		series->packets = counts[i].packets;
	}
	dev = weir_snap_add_dev(snap);
	dev->ifindex = 3;
	dev->name = weir_snap_add_text(snap, devs);
	dev->rx_packets = at_s;
}

#define COUNTS(...)                          \
	(const struct count[]){__VA_ARGS__}, \
		sizeof((struct count[]){__VA_ARGS__}) / sizeof(struct count)

static void take(struct weir_state *state, unsigned int at_s, uint32_t map_id, const char *devs,
		 const struct count *counts, size_t n)
{
	struct weir_snap snap = {0};

	fill(&snap, at_s, map_id, devs, counts, n);
	assert_int_equal(weir_state_take(state, &snap), 0);
	weir_snap_free(&snap);
}

/* The lines of @page that are counters of maps. */
static const char *counters(const struct weir_page *page)
{
	static char text[4096];
	const char *from = strstr(page->text.bytes, "\nweir_packets_total{");
	const char *to = strstr(page->text.bytes, "# HELP weir_bytes_total");

	snprintf(text, sizeof(text), "%.*s", from ? (int)(to - from - 1) : 0, from ? from + 1 : "");
	return text;
}

static void expect(struct weir_state *state, const char *lines)
{
	struct weir_page *page = weir_state_view(state, WEIR_VIEW_METRICS);

	assert_non_null(page);
	assert_string_equal(counters(page), lines);
	weir_page_release(page);
}

static void test_labels(void **unused)
{
	struct weir_state state;

	(void)unused;
	assert_int_equal(weir_state_start(&state), 0);
	assert_null(weir_state_view(&state, WEIR_VIEW_METRICS));
	take(&state, 1, 7, "e", COUNTS({"a", 1}, {"b", 2}));
	expect(&state, "weir_packets_total{map=\"m\",dev=\"e\",id=\"7\",key=\"a\"} 1\n"
		       "weir_packets_total{map=\"m\",dev=\"e\",id=\"7\",key=\"b\"} 2\n");
	/* other numbers of the same, longer ones, too */
	take(&state, 2, 7, "e", COUNTS({"a", 12345}, {"b", 2}));
	expect(&state, "weir_packets_total{map=\"m\",dev=\"e\",id=\"7\",key=\"a\"} 12345\n"
		       "weir_packets_total{map=\"m\",dev=\"e\",id=\"7\",key=\"b\"} 2\n");
	/* other places; texts of the same length */
	take(&state, 3, 7, "e", COUNTS({"b", 2}, {"a", 12345}));
	expect(&state, "weir_packets_total{map=\"m\",dev=\"e\",id=\"7\",key=\"b\"} 2\n"
		       "weir_packets_total{map=\"m\",dev=\"e\",id=\"7\",key=\"a\"} 12345\n");
	/* another map, another interface, fewer, none */
	take(&state, 4, 8, "f", COUNTS({"b", 2}));
	expect(&state, "weir_packets_total{map=\"m\",dev=\"f\",id=\"8\",key=\"b\"} 2\n");
	take(&state, 5, 8, "f", NULL, 0);
	expect(&state, "");
	take(&state, 6, 8, "f", COUNTS({"a\xff\"\\\n", 2}));
	expect(&state, "weir_packets_total{map=\"m\",dev=\"f\",id=\"8\",key="
		       "\"a\\\\xff\\\"\\\\\\\\x0a\"} 2\n");
	weir_state_end(&state);
}

/* One that is slow to read has its text until it is done. */
static void test_holders(void **unused)
{
	struct weir_page *slow, *other;
	struct weir_state state;
	char before[4096];

	(void)unused;
	assert_int_equal(weir_state_start(&state), 0);
	take(&state, 1, 7, "e", COUNTS({"a", 1}));
	slow = weir_state_view(&state, WEIR_VIEW_METRICS);
	other = weir_state_view(&state, WEIR_VIEW_METRICS);
	assert_ptr_equal(slow, other);
	assert_int_equal(slow->sequence, 1);
	weir_page_release(other);
	snprintf(before, sizeof(before), "%s", slow->text.bytes);
	for (unsigned int s = 2; s < 9; s++) {
		take(&state, s, 7, "e", COUNTS({"a", s}));
		other = weir_state_view(&state, WEIR_VIEW_METRICS);
		assert_ptr_not_equal(slow, other);
		assert_string_equal(slow->text.bytes, before);
		weir_page_release(other);
	}
	weir_state_end(&state);
	assert_string_equal(slow->text.bytes, before);
	weir_page_release(slow);
}

/* Many that are: there are so many versions, and no more, and room again when one is done. */
static void test_versions(void **unused)
{
	struct weir_page *held[WEIR_VERSIONS + 1];
	struct weir_state state;

	(void)unused;
	assert_int_equal(weir_state_start(&state), 0);
	for (unsigned int i = 0; i <= WEIR_VERSIONS; i++) {
		take(&state, i + 1, 7, "e", COUNTS({"a", i + 1}));
		held[i] = weir_state_view(&state, WEIR_VIEW_METRICS);
		assert_non_null(held[i]);
	}
	assert_ptr_equal(held[WEIR_VERSIONS], held[WEIR_VERSIONS - 1]);
	assert_int_equal(held[WEIR_VERSIONS]->sequence, WEIR_VERSIONS);
	assert_true(state.crowded_ns > 0);
	weir_page_release(held[0]);
	held[0] = weir_state_view(&state, WEIR_VIEW_METRICS);
	assert_int_equal(held[0]->sequence, WEIR_VERSIONS + 1);
	for (unsigned int i = 0; i <= WEIR_VERSIONS; i++)
		weir_page_release(held[i]);
	weir_state_end(&state);
}

/* Of five intervals; before the first one nothing is. */
static void test_stale(void **unused)
{
	struct weir_snap snap = {0};
	struct weir_state state;

	(void)unused;
	assert_int_equal(weir_state_start(&state), 0);
	state.interval_ns = 3 * SECOND_NS;
	assert_false(weir_state_is_stale(&state));
	for (unsigned int ago_s = 12; ago_s <= 18; ago_s += 6) {
		fill(&snap, 1, 7, "e", NULL, 0);
		snap.time_ns = weir_now_ns() - ago_s * SECOND_NS;
		assert_int_equal(weir_state_take(&state, &snap), 0);
		assert_int_equal(weir_state_is_stale(&state), ago_s > 15);
	}
	weir_snap_free(&snap);
	weir_state_end(&state);
}

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
static size_t allocated_bytes(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

static void ask(struct weir_state *state, enum weir_view view)
{
	struct weir_page *page = weir_state_view(state, view);

	assert_non_null(page);
	weir_page_release(page);
}

/* Scraped every 15 seconds, the page opened every hour; maps and entries come and go. */
static void test_week(void **unused)
{
	struct weir_state state;
	struct weir_snap next = {0};
	size_t first_day = 0;

	(void)unused;
	assert_int_equal(weir_state_start(&state), 0);
	for (unsigned int s = 1; s <= 7 * DAY_S; s++) {
		const struct count counts[] = {{"a", s}, {"b", 5}, {"c", s % DAY_S}};

		fill(&next, s, 1 + s / 3600, s / 7200 % 2 ? "eth0" : "eth1", counts,
		     s / 60 % 2 ? 3 : 2);
		assert_int_equal(weir_state_take(&state, &next), 0);
		if (s % 15 == 0)
			ask(&state, WEIR_VIEW_METRICS);
		for (int view = 0; s % 3600 == 1800 && view < WEIR_VIEWS; view++)
			ask(&state, (enum weir_view)view);
		if (s == DAY_S)
			first_day = allocated_bytes();
	}
	assert_true(allocated_bytes() <= first_day + 4096);
	weir_snap_free(&next);
	weir_state_end(&state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),	 cmocka_unit_test(test_holders),
		cmocka_unit_test(test_versions), cmocka_unit_test(test_stale),
		cmocka_unit_test(test_week),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
