// SPDX-License-Identifier: LGPL-2.1-or-later
/* What section names say: loader/section.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/bpf.h>

#include "loader/section.h"
#include "loader/uapi.h"

struct kind_row {
	const char *section;
	uint32_t prog_type;
	uint32_t attach_type;
	enum weir_hook hook;
	bool frags;
	bool on_interface;
};

static const struct kind_row kind_rows[] = {
	{"xdp", BPF_PROG_TYPE_XDP, BPF_XDP, WEIR_HOOK_XDP, false, true},
	{"xdp/drop", BPF_PROG_TYPE_XDP, BPF_XDP, WEIR_HOOK_XDP, false, true},
	{"xdp_pass", BPF_PROG_TYPE_XDP, BPF_XDP, WEIR_HOOK_XDP, false, true},
	{"xdp.frags", BPF_PROG_TYPE_XDP, BPF_XDP, WEIR_HOOK_XDP, true, true},
	{"xdp.frags/x", BPF_PROG_TYPE_XDP, BPF_XDP, WEIR_HOOK_XDP, true, true},
	{"xdp/devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, WEIR_HOOK_NONE, false, false},
	{"xdp.frags/cpumap", BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, WEIR_HOOK_NONE, true, false},
	{"tc", BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_NONE, false, true},
	{"tc/ingress", BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_INGRESS, false, true},
	{"tc_egress", BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_EGRESS, false, true},
	{"tcx/egress", BPF_PROG_TYPE_SCHED_CLS, WEIR_BPF_TCX_EGRESS, WEIR_HOOK_EGRESS, false, true},
	{"classifier", BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_NONE, false, true},
	{"classifier/ingress", BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_INGRESS, false, true},
	{"ingress", BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_INGRESS, false, true},
	{"action", BPF_PROG_TYPE_SCHED_ACT, 0, WEIR_HOOK_NONE, false, true},
	{"socket", BPF_PROG_TYPE_SOCKET_FILTER, 0, WEIR_HOOK_NONE, false, false},
	{"prog", 0, 0, WEIR_HOOK_NONE, false, false},
	{"xdpish", 0, 0, WEIR_HOOK_NONE, false, false},
	{".text", 0, 0, WEIR_HOOK_NONE, false, false},
	{"1/0", 0, 0, WEIR_HOOK_NONE, false, false},
	{"", 0, 0, WEIR_HOOK_NONE, false, false},
};

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kind_rows) / sizeof(kind_rows[0]); i++) {
		const struct kind_row *row = &kind_rows[i];
		struct weir_section_kind kind = weir_section_kind(row->section);

		if (kind.prog_type != row->prog_type || kind.attach_type != row->attach_type ||
		    kind.hook != row->hook || kind.frags != row->frags ||
		    kind.on_interface != row->on_interface)
			fail_msg("section '%s': type %u attach %u hook %d frags %d interface %d",
				 row->section, kind.prog_type, kind.attach_type, kind.hook,
				 kind.frags, kind.on_interface);
	}
}

struct tail_row {
	const char *section;
	bool is_tail;
	uint32_t id, key;
};

static const struct tail_row tail_rows[] = {
	{"1/0", true, 1, 0},
	{"0/3", true, 0, 3},
	{"0x10/0x0a", true, 16, 10},
	{"010/7", true, 8, 7},
	{"4294967295/4294967295", true, UINT32_MAX, UINT32_MAX},
	{"2/5-trailing", true, 2, 5},
	{"4294967296/0", false, 0, 0},
	{"1/", false, 0, 0},
	{"/1", false, 0, 0},
	{"1", false, 0, 0},
	{"-1/0", false, 0, 0},
	{" 1/0", false, 0, 0},
	{"1/-1", false, 0, 0},
	{"xdp/1", false, 0, 0},
	{"", false, 0, 0},
};

static void test_tails(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tail_rows) / sizeof(tail_rows[0]); i++) {
		const struct tail_row *row = &tail_rows[i];
		uint32_t id = 77, key = 77;
		bool is_tail = weir_section_is_tail(row->section, &id, &key);

		if (is_tail != row->is_tail)
			fail_msg("section '%s': %d", row->section, is_tail);
		assert_int_equal(id, is_tail ? row->id : 77);
		assert_int_equal(key, is_tail ? row->key : 77);
	}
}

static void test_defaults(void **state)
{
	(void)state;
	assert_string_equal(weir_section_of_type(BPF_PROG_TYPE_SCHED_CLS), "classifier");
	assert_string_equal(weir_section_of_type(BPF_PROG_TYPE_SCHED_ACT), "action");
	assert_string_equal(weir_section_of_type(BPF_PROG_TYPE_XDP), "prog");
	assert_null(weir_section_of_type(BPF_PROG_TYPE_KPROBE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_tails),
		cmocka_unit_test(test_defaults),
	};

	return cmocka_run_group_tests_name("section", tests, NULL, NULL);
}
