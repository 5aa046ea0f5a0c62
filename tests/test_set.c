// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which counter each rule has, while sets change: cli/rules/set.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cli/rules/set.h"

static bool is_fresh(const uint64_t *fresh, unsigned int counter)
{
	return fresh[counter / 64] >> counter % 64 & 1;
}

/* A set of rules about the ports from @first on, in the order of ports. */
static void make(struct weir_set *set, unsigned int first, unsigned int n)
{
	*set = (struct weir_set){0};
	for (unsigned int i = 0; i < n; i++) {
		char port[16], why[160];
		const struct weir_rule_words words = {.dport = port};
		struct weir_filter_rule rule;

		snprintf(port, sizeof(port), "%u", first + i);
		assert_int_equal(weir_rule_read(&words, true, &rule, why), 0);
		assert_int_equal(weir_set_append(set, &rule, 0), 0);
	}
	assert_int_equal(weir_set_settle(set, "test"), 0);
	assert_int_equal(set->n_rules, n);
}

static uint32_t counter_of(const struct weir_set *set, unsigned int port)
{
	char text[16], why[160];
	const struct weir_rule_words words = {.dport = text};
	struct weir_filter_rule like, rule = {0};

	snprintf(text, sizeof(text), "%u", port);
	assert_int_equal(weir_rule_read(&words, true, &like, why), 0);
	assert_true(weir_set_find(set, &like, &rule));
	return rule.counter;
}

static void rules_that_stay(void **state)
{
	uint64_t fresh[WEIR_FILTER_COUNTERS / 64] = {0}, again[WEIR_FILTER_COUNTERS / 64] = {0};
	struct weir_set old, set;

	(void)state;
	make(&old, 1, 3);
	weir_set_number(&old, NULL, fresh);
	make(&set, 3, 2);
	weir_set_number(&set, &old, again);
	assert_int_equal(counter_of(&set, 3), counter_of(&old, 3));
	assert_true(is_fresh(fresh, counter_of(&old, 3)));
	assert_false(is_fresh(again, counter_of(&set, 3)));
	/* that of one that goes is nobody's */
	assert_true(is_fresh(again, counter_of(&set, 4)));
	assert_int_not_equal(counter_of(&set, 4), counter_of(&old, 1));
	assert_int_not_equal(counter_of(&set, 4), counter_of(&old, 2));
	weir_set_free(&old);
	weir_set_free(&set);
}

/* More rules go and come than there are counters for both: those that go give theirs. */
static void all_counters(void **state)
{
	const unsigned int n = WEIR_FILTER_COUNTERS - WEIR_SHARED_COUNTERS;
	static uint64_t fresh[WEIR_FILTER_COUNTERS / 64], seen[WEIR_FILTER_COUNTERS / 64];
	struct weir_set old = {0}, set = {0};

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		char text[32], why[160];
		const struct weir_rule_words words = {.src = text};
		struct weir_filter_rule rule;

		snprintf(text, sizeof(text), "10.0.%u.%u", i / 256, i % 256);
		assert_int_equal(weir_rule_read(&words, true, &rule, why), 0);
		assert_int_equal(weir_set_append(&old, &rule, 0), 0);
		snprintf(text, sizeof(text), "10.1.%u.%u", i / 256, i % 256);
		assert_int_equal(weir_rule_read(&words, true, &rule, why), 0);
		assert_int_equal(weir_set_append(&set, &rule, 0), 0);
	}
	assert_int_equal(weir_set_settle(&old, "test"), 0);
	assert_int_equal(weir_set_settle(&set, "test"), 0);
	weir_set_number(&old, NULL, fresh);
	weir_set_number(&set, &old, fresh);
	for (size_t i = 0; i < set.n_list; i++) {
		unsigned int counter = set.list[i].prefix.counter;

		assert_true(counter >= WEIR_SHARED_COUNTERS);
		assert_false(is_fresh(seen, counter));
		seen[counter / 64] |= 1ULL << counter % 64;
	}
	weir_set_free(&old);
	weir_set_free(&set);
}

static void shared_texts(void **state)
{
	char text[WEIR_RULE_TEXT_MAX];

	(void)state;
	assert_string_equal(weir_shared_text(0, text), "allow src ipv4");
	assert_string_equal(weir_shared_text(WEIR_SHARED_COUNTERS - 1, text), "deny dst ipv6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_that_stay),
		cmocka_unit_test(all_counters),
		cmocka_unit_test(shared_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
