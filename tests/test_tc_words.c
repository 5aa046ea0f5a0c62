// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words of `weir tc`: whose a line is, and what a filter's line says. Nothing reaches
 * the kernel.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "cli/tc_filter.h"

static char text[1024];
static char *words[128];

static char **words_of(const char *line)
{
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *at = strtok(text, " "); at; at = strtok(NULL, " "))
		words[n++] = at;
	words[n] = NULL;
	return words;
}

/* ---- whose --------------------------------------------------------------- */

static const struct {
	const char *line;
	bool ours;
	bool stats;
} lines[] = {
	{"qdisc add dev v0 clsact", true},
	{"q a dev v0 clsact", true},
	{"qdisc replace dev v0 ingress_block 5 egress_block 6 clsact", true},
	{"qdisc del dev v0 ingress", true},
	{"qdisc show dev v0 clsact", true},
	{"qdisc show dev v0 clsact", false, .stats = true},
	{"qdisc show dev v0", false},
	{"qdisc add dev v0 root pfifo", false},
	{"qdisc add dev clsact root pfifo", false},
	{"qdisc change dev v0 clsact", false},
	{"qdisc", false},
	{"class add dev v0 clsact", false},
	{"filter add dev v0 ingress bpf da obj F", true},
	{"f a dev v0 parent ffff: pri 3 prot ip ch 5 handle 1 bpf", true},
	{"filter add block 5 bpf bytecode X", true},
	{"filter add dev v0 ingress u32 match ip dst 1.2.3.4/32", false},
	{"filter add dev bpf ingress u32 match ip dst 1.2.3.4/32", false},
	{"filter add dev v0 ingress u32 action bpf bytecode X", false},
	{"filter add dev v0 ingress u32 match x action bpf obj F sec a", true},
	{"filter add dev v0 ingress matchall action gact ok action bpf pinned P", true},
	{"filter add dev v0 ingress matchall action bpf run obj F", true},
	{"filter add dev v0 ingress matchall bpf", false},
	{"filter add dev v0", false},
	{"filter add dev", true},
	{"filter add dev v0 pref", true},
	{"filter del dev v0 ingress", true},
	{"filter del dev v0 ingress pref 5 u32", false},
	{"filter get dev v0 ingress pref 5 handle 1 bpf", true},
	{"filter show dev v0", true},
	{"filter ls", true},
	{"filter foo", false},
	{"filter", false},
	{"chain add dev v0 ingress", false},
	{"actions add action bpf obj F", true},
	{"act ls action bpf", true},
	{"actions ls action gact", false},
	{"actions", false},
	{"monitor", false},
	{"exec bpf debug", true},
	{"e b import U", true},
	{"exec foo", false},
	{"exec", false},
	{"help", false},
};

static void tc_whose(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct weir_compat c = {.program = "tc", .stats = lines[i].stats};

		if (weir_tc_is_ours(&c, words_of(lines[i].line)) != lines[i].ours)
			fail_msg("%s: ours: %d wanted", lines[i].line, lines[i].ours);
	}
}

/* ---- what a filter's line says ------------------------------------------- */

static void parse(const char *line, struct weir_filter_line *out)
{
	int status = weir_filter_parse(words_of(line), out);

	if (status)
		fail_msg("%s: status %d", line, status);
}

static void tc_filter_place(void **state)
{
	struct weir_filter_line line;

	(void)state;
	parse("filter add dev v0 egress pref 0x6 protocol ip chain 7 handle 0x10 bpf da obj F sec "
	      "S",
	      &line);
	assert_int_equal(line.op, WEIR_TC_ADD);
	assert_string_equal(line.dev, "v0");
	assert_int_equal(line.filter.parent, WEIR_TC_PARENT_EGRESS);
	assert_int_equal(line.filter.pref, 6);
	assert_int_equal(line.filter.protocol_be, htons(ETH_P_IP));
	assert_int_equal(line.filter.chain, 7);
	assert_int_equal(line.filter.handle, 16);
	assert_true(line.filter.direct_action);
	assert_true(line.has_spec);
	assert_int_equal(line.spec.kind, WEIR_SPEC_OBJECT);
	assert_string_equal(line.spec.file, "F");
	assert_string_equal(line.spec.section, "S");
	weir_filter_line_free(&line);

	parse("filter change block 5 bpf pinned P", &line);
	assert_int_equal(line.op, WEIR_TC_CHANGE);
	assert_int_equal(line.filter.block, 5);
	assert_null(line.dev);
	assert_int_equal(line.filter.protocol_be, 0);
	weir_filter_line_free(&line);

	/* add and replace mean all protocols when none is given */
	parse("filter replace dev v0 ingress bpf pinned P", &line);
	assert_int_equal(line.filter.protocol_be, htons(ETH_P_ALL));
	weir_filter_line_free(&line);
}

static void tc_filter_options(void **state)
{
	struct weir_filter_line line;

	(void)state;
	parse("filter add dev v0 ingress bpf skip_hw flowid none obj F", &line);
	assert_int_equal(line.filter.flags_gen, TCA_CLS_FLAGS_SKIP_HW);
	assert_true(line.filter.has_classid);
	assert_int_equal(line.filter.classid, 0);
	assert_null(line.actions.list);
	weir_filter_line_free(&line);

	parse("filter add dev v0 ingress bpf obj F action bpf obj G drop index 9 action bpf obj H "
	      "classid 1:2",
	      &line);
	assert_int_equal(line.actions.n, 2);
	assert_int_equal(line.actions.list[0].control, TC_ACT_SHOT);
	assert_int_equal(line.actions.list[0].index, 9);
	assert_string_equal(line.actions.specs[1].file, "H");
	assert_int_equal(line.filter.classid, 0x10002);
	assert_true(line.filter.classid_after_actions);
	assert_false(line.actions.foreign);
	weir_filter_line_free(&line);

	parse("filter add dev v0 ingress bpf obj F action bpf obj G action mirred egress", &line);
	assert_true(line.actions.foreign);
	weir_filter_line_free(&line);
	parse("filter add dev v0 ingress bpf obj F police rate 1mbit", &line);
	assert_true(line.has_police);
	weir_filter_line_free(&line);
}

static void tc_filter_show(void **state)
{
	struct weir_filter_line line;

	(void)state;
	parse("filter show dev v0 ingress pref 3 protocol 802.1Q chain 0", &line);
	assert_true(line.show);
	assert_int_equal(line.filter.pref, 3);
	assert_int_equal(line.filter.protocol_be, htons(ETH_P_8021Q));
	assert_true(line.filter.has_chain);
	weir_filter_line_free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tc_whose),
		cmocka_unit_test(tc_filter_place),
		cmocka_unit_test(tc_filter_options),
		cmocka_unit_test(tc_filter_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
