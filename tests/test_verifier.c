// SPDX-License-Identifier: LGPL-2.1-or-later
/* The lines of a verifier log that matter: loader/verifier.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "loader/device.h"
#include "loader/log.h"
#include "loader/verifier.h"

static const char packet_log[] =
	"func#0 @0\n"
	"reg type unsupported for arg#0 function drop#5\n"
	"0: R1=ctx() R10=fp0\n"
	"; void *data = (void *)(long)ctx->data; @ bad.c:9\n"
	"0: (61) r1 = *(u32 *)(r1 +0)          ; R1_w=pkt(r=0)\n"
	"; return *(char *)data; @ bad.c:11\n"
	"1: (71) r0 = *(u8 *)(r1 +0)\n"
	"invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)\n"
	"R1 offset is outside of the packet\n"
	"processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 "
	"mark_read 0\n";

static const char state_last_log[] = "0: (b7) r0 = 0\n"
				     "from 3 to 7: R0=0 R10=fp0\n"
				     "7: (79) r1 = *(u64 *)(r0 +0)\n"
				     "R0 invalid mem access 'map_value_or_null'\n"
				     "verification time 19 usec\n"
				     "stack depth 8\n"
				     "processed 8 insns (limit 1000000)\n";

static void check(const char *log, const char *message, const char *insn, const char *source)
{
	struct weir_verifier_verdict got;

	assert_int_equal(weir_verifier_read(log, &got), 0);
	assert_int_equal(got.message_len, strlen(message));
	assert_memory_equal(got.message, message, strlen(message));
	assert_int_equal(got.insn != NULL, insn != NULL);
	if (insn)
		assert_memory_equal(got.insn, insn, strlen(insn));
	assert_int_equal(got.source != NULL, source != NULL);
	if (source)
		assert_memory_equal(got.source, source, strlen(source));
}

static void test_packet(void **state)
{
	(void)state;
	check(packet_log, "invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)",
	      "1: (71) r0 = *(u8 *)(r1 +0)", "return *(char *)data; @ bad.c:11");
}

static void test_states_are_no_message(void **state)
{
	(void)state;
	check(state_last_log, "R0 invalid mem access 'map_value_or_null'",
	      "7: (79) r1 = *(u64 *)(r0 +0)", NULL);
}

static void test_short_logs(void **state)
{
	struct weir_verifier_verdict got;

	(void)state;
	check("unreachable insn 4", "unreachable insn 4", NULL, NULL);
	check("unreachable insn 4\n\n\n", "unreachable insn 4", NULL, NULL);
	assert_int_not_equal(weir_verifier_read("", &got), 0);
	assert_int_not_equal(weir_verifier_read("\n\n", &got), 0);
	assert_int_not_equal(weir_verifier_read("processed 1 insns\n", &got), 0);
	assert_int_not_equal(weir_verifier_read("; x\n0: (b7) r0 = 0\n", &got), 0);
}

static void test_hints(void **state)
{
	const char *hint;

	(void)state;
	hint = weir_verifier_hint("R0 invalid mem access 'map_value_or_null'", 41);
	assert_non_null(hint);
	assert_non_null(strstr(hint, "NULL"));
	assert_null(weir_verifier_hint("something new", 13));
	/* not NUL-terminated: nothing beyond the length counts */
	assert_null(weir_verifier_hint("unreachable insn", 5));
}

struct heard {
	int errors, details;
	char error[512];
};

static void hear(void *ctx, enum weir_log_level level, const char *line)
{
	struct heard *heard = ctx;

	if (level == WEIR_LOG_ERROR) {
		heard->errors++;
		snprintf(heard->error, sizeof(heard->error), "%s", line);
	}
	heard->details += level == WEIR_LOG_DETAIL;
}

static void test_report(void **state)
{
	struct heard heard = {0};

	(void)state;
	weir_log_to(hear, &heard, WEIR_LOG_DETAIL);
	assert_int_equal(weir_verifier_report(-13, "bad.o", "drop", packet_log), -13);
	assert_int_equal(heard.errors, 1);
	assert_int_equal(heard.details, 3);
	assert_non_null(strstr(heard.error, "bad.o: program drop"));
	assert_non_null(strstr(heard.error, "invalid access to packet"));
	assert_non_null(strstr(heard.error, "data_end"));
	weir_log_to(NULL, NULL, WEIR_LOG_ERROR);
}

/* Of nfp_bpf_check_helper_call(), and what netdevsim says to every program. */
static void test_drivers(void **state)
{
	static const struct {
		const char *log, *words;
	} cases[] = {
		{"5: (85) call bpf_ktime_get_ns#5\n[nfp] unsupported function id: 5\n"
		 "processed 6 insns (limit 1000000)\n",
		 "[nfp] unsupported function id: 5 (ktime_get_ns)"},
		{"5: (85) call 4095\n[nfp] unsupported function id: 4095\n",
		 "[nfp] unsupported function id: 4095"},
		{"[netdevsim] Hello from netdevsim!\n", "[netdevsim] Hello from netdevsim!"},
		{packet_log, NULL},
	};
	struct weir_verifier_verdict verdict;
	char words[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(weir_verifier_read(cases[i].log, &verdict), 0);
		assert_int_equal(weir_device_words(&verdict, words, sizeof(words)),
				 cases[i].words != NULL);
		if (cases[i].words)
			assert_string_equal(words, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet),	   cmocka_unit_test(test_states_are_no_message),
		cmocka_unit_test(test_short_logs), cmocka_unit_test(test_hints),
		cmocka_unit_test(test_report),	   cmocka_unit_test(test_drivers),
	};

	return cmocka_run_group_tests_name("verifier", tests, NULL, NULL);
}
