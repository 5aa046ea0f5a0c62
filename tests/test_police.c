// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rates, sizes and policies out of words, and what buckets are made of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cli/police/policy.h"
#include "cli/police/rate.h"

struct case_of {
	const char *text;
	uint64_t value;
	bool packets;
	const char *again; /* as it is printed */
};

static void rates(void **state)
{
	/* units of tc(8): bps are bytes, k of a rate is 1000 */
	static const struct case_of cases[] = {
		{"0", 0, false, "0bit"},
		{"8000", 8000, false, "8kbit"},
		{"8kbit", 8000, false, "8kbit"},
		{"1.5mbit", 1500000, false, "1500kbit"},
		{"10Mbit", 10000000, false, "10mbit"},
		{"100gbit", 100000000000, false, "100gbit"},
		{"1kibit", 1024, false, "1024bit"},
		{"100kbps", 800000, false, "800kbit"},
		{"1mibps", 8388608, false, "8388608bit"},
		{"1bps", 8, false, "8bit"},
		{"10tbit", 10000000000000, false, "10tbit"},
		{"1pps", 1, true, "1pps"},
		{"2.5kpps", 2500, true, "2500pps"},
		{"3mpps", 3000000, true, "3mpps"},
	};
	static const char *const others[] = {"",	"mbit",	   "-1",     "+1mbit", " 1mbit",
					     "1 mbit",	"1.",	   "1.mbit", ".5mbit", "1e3",
					     "0x10bit", "1mbit/s", "1..5",   "1kk",    "1p"};
	char text[WEIR_RATE_TEXT_MAX];
	uint64_t value;
	bool packets;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(weir_rate_read(cases[i].text, &value, &packets), 0);
		assert_int_equal(value, cases[i].value);
		assert_int_equal(packets, cases[i].packets);
		assert_string_equal(weir_rate_text(value, packets, text), cases[i].again);
		assert_int_equal(weir_rate_read(text, &value, &packets), 0);
		assert_int_equal(value, cases[i].value);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(weir_rate_read(others[i], &value, &packets), -EINVAL);
	assert_int_equal(weir_rate_read("11tbit", &value, &packets), -ERANGE);
	assert_int_equal(weir_rate_read("10001mpps", &value, &packets), -ERANGE);
	assert_int_equal(weir_rate_read("0.5pps", &value, &packets), -ERANGE);
	assert_int_equal(weir_rate_read("99999999999999999999", &value, &packets), -ERANGE);
}

static void sizes(void **state)
{
	static const struct case_of cases[] = {
		{"1500", 1500, false, "1500b"},	    {"1500b", 1500, false, "1500b"},
		{"64k", 65536, false, "64k"},	    {"64KB", 65536, false, "64k"},
		{"2mb", 2097152, false, "2m"},	    {"1.5k", 1536, false, "1536b"},
		{"8kbit", 1024, false, "1k"},	    {"100p", 100, true, "100p"},
		{"1gbit", 134217728, false, "128m"}};
	char text[WEIR_RATE_TEXT_MAX];
	uint64_t value;
	bool packets;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(weir_size_read(cases[i].text, &value, &packets), 0);
		assert_int_equal(value, cases[i].value);
		assert_int_equal(packets, cases[i].packets);
		assert_string_equal(weir_size_text(value, packets, text), cases[i].again);
	}
	assert_int_equal(weir_size_read("1pps", &value, &packets), -EINVAL);
	assert_int_equal(weir_size_read("2000g", &value, &packets), -ERANGE);
}

static int read_words(const struct weir_policy_words *words, struct weir_policy *out)
{
	char why[160] = "";
	int err = weir_policy_read(words, out, why);

	assert_true(!err == !why[0]);
	return err;
}

/* A second at the rate costs a second, whatever the rate; no product passes 64 bits. */
static void costs(void **state)
{
	static const char *const all[] = {"1bit", "8kbit", "10mbit", "100gbit", "10tbit",
					  "1pps", "7pps",  "1kpps",  "1mpps",	"10000mpps"};
	struct weir_policy policy;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const struct weir_policy_words words = {.rate = all[i], .burst = NULL};
		double second;

		assert_int_equal(read_words(&words, &policy), 0);
		assert_true(policy.mult < 1ULL << WEIR_COST_MULT_BITS);
		assert_true(policy.shift <= WEIR_COST_SHIFT_MAX);
		second = (double)policy.mult / (double)(1ULL << policy.shift) *
			 (double)policy.rate / (policy.unit == WEIR_POLICE_BYTES ? 8 : 1);
		assert_true(second > 64e9 * 0.999999 && second < 64e9 * 1.000001);
	}
}

static void bursts(void **state)
{
	struct weir_policy policy;

	(void)state;
	assert_int_equal(read_words(&(struct weir_policy_words){.rate = "1gbit"}, &policy), 0);
	assert_int_equal(policy.burst_given, 1250000); /* 10 ms */
	assert_int_equal(policy.burst, 640000000);
	assert_true(policy.quantum > 0 && policy.quantum <= policy.burst / 8);
	assert_int_equal(read_words(&(struct weir_policy_words){.rate = "8kbit"}, &policy), 0);
	assert_int_equal(policy.burst_given, 5 * 1514);
	assert_int_equal(read_words(&(struct weir_policy_words){.rate = "1pps"}, &policy), 0);
	assert_int_equal(policy.burst_given, 5);
	assert_int_equal(policy.quantum, 0);
	assert_int_equal(
		read_words(&(struct weir_policy_words){.rate = "1gbit", .per = "src"}, &policy), 0);
	assert_true(policy.quantum > 0 && policy.quantum <= policy.burst / 8);
	assert_int_equal(
		read_words(
			&(struct weir_policy_words){.rate = "1gbit", .burst = "1g", .per = "src"},
			&policy),
		0);
	/* what a place loses */
	assert_int_equal(policy.quantum, WEIR_KEY_QUANTUM_NS << WEIR_TIME_BITS);
	assert_int_equal(
		read_words(&(struct weir_policy_words){.rate = "1bit", .burst = "1g"}, &policy),
		-EINVAL);
}

static void policies(void **state)
{
	static const struct {
		struct weir_policy_words words;
		const char *text;
	} cases[] = {
		{{.rate = "1mbit", .burst = "64k"}, "rate 1mbit burst 64k"},
		{{.rate = "1kpps", .burst = "9p", .per = "src"}, "rate 1kpps burst 9p per src"},
		{{.rate = "1kpps", .burst = "9p", .per = "dst/24"},
		 "rate 1kpps burst 9p per dst/24,64"},
		{{.rate = "1kpps", .burst = "9p", .per = "src/0,128"},
		 "rate 1kpps burst 9p per src/0,128"},
		{{.rate = "1kpps", .burst = "9p", .per = "FLOW", .exceed = true, .drop = true},
		 "rate 1kpps burst 9p per flow"},
		{{.rate = "1kpps", .burst = "9p", .exceed = true, .dscp = "AF41"},
		 "rate 1kpps burst 9p exceed dscp 34"},
		{{.rate = "1kpps", .burst = "9p", .exceed = true, .dscp = "cs1"},
		 "rate 1kpps burst 9p exceed dscp 8"},
		{{.rate = "1kpps", .burst = "9p", .exceed = true, .mark = "0x10"},
		 "rate 1kpps burst 9p exceed mark 16"},
		{{.rate = "1mbit", .exceed = true, .pace = true},
		 "rate 1mbit burst 0b exceed pace"},
	};
	static const struct weir_policy_words others[] = {
		{.burst = "9p"},
		{.rate = "1kpps", .burst = "9k"},
		{.rate = "1mbit", .burst = "9p"},
		{.rate = "1mbit", .burst = "0"},
		{.rate = "1mbit", .per = "src/33"},
		{.rate = "1mbit", .per = "src/24,129"},
		{.rate = "1mbit", .per = "src/"},
		{.rate = "1mbit", .per = "src/24,"},
		{.rate = "1mbit", .per = "flow/24"},
		{.rate = "1mbit", .per = "sources"},
		{.rate = "1mbit", .exceed = true},
		{.rate = "1mbit", .drop = true},
		{.rate = "1mbit", .exceed = true, .drop = true, .pace = true},
		{.rate = "1mbit", .exceed = true, .dscp = "64"},
		{.rate = "1mbit", .exceed = true, .dscp = "af44"},
		{.rate = "1mbit", .exceed = true, .dscp = "cs8"},
		{.rate = "1mbit", .exceed = true, .mark = "-1"},
		{.rate = "1mbit", .exceed = true, .mark = "4294967296"},
	};
	struct weir_policy policy;
	char text[WEIR_POLICY_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_words(&cases[i].words, &policy), 0);
		assert_string_equal(weir_policy_text(&policy, text), cases[i].text);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(read_words(&others[i], &policy), -EINVAL);
}

static void masks(void **state)
{
	struct weir_policy policy;

	(void)state;
	assert_int_equal(read_words(&(struct weir_policy_words){.rate = "1pps", .per = "src/24,72"},
				    &policy),
			 0);
	assert_int_equal(policy.mask4, 0xffffff00);
	assert_true(policy.mask6_hi == UINT64_MAX && policy.mask6_lo == 0xffULL << 56);
	assert_int_equal(
		read_words(&(struct weir_policy_words){.rate = "1pps", .per = "src/0,0"}, &policy),
		0);
	assert_true(!policy.mask4 && !policy.mask6_hi && !policy.mask6_lo);
	assert_int_equal(
		read_words(&(struct weir_policy_words){.rate = "1pps", .per = "dst"}, &policy), 0);
	assert_true(policy.mask4 == UINT32_MAX && policy.mask6_hi == UINT64_MAX &&
		    policy.mask6_lo == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates),  cmocka_unit_test(sizes),    cmocka_unit_test(costs),
		cmocka_unit_test(bursts), cmocka_unit_test(policies), cmocka_unit_test(masks),
	};

	return cmocka_run_group_tests_name("police", tests, NULL, NULL);
}
