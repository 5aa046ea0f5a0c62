// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cli/capture/expr.h against libpcap's own interpreter: the same answer for every expression and
 * frame, wherever the first buffer ends, and with a VLAN tag in the frame or beside it; and for
 * programs made by chance, which use what no expression does.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/capture/expr.h"
#include "tests/ebpf.h"
#include "tests/expressions.h"
#include "tests/mutate.h"
#include "tests/pkt.h"

/* Of pcap/bpf.h, which cannot be included beside linux/bpf.h. Its instructions are laid out as
 * struct weir_classic. */
unsigned int bpf_filter(const struct weir_classic *insns, const unsigned char *bytes,
			unsigned int wire_len, unsigned int len);
int bpf_validate(const struct weir_classic *insns, int n);

#define MUTATIONS 6
#define PROGRAMS  10000

struct translated {
	struct bpf_insn *insns;
	size_t n;
};

static struct weir_classic_program classic;
static struct translated kinds[3];
static uint64_t seed = 20260101;

static void translate_all(const char *what)
{
	for (int kind = 0; kind < 3; kind++) {
		int err = weir_expr_translate(&classic, (enum weir_expr_kind)kind,
					      &kinds[kind].insns, &kinds[kind].n);

		if (err)
			fail_msg("%s: kind %d: %s", what, kind, strerror(-err));
	}
}

static void free_all(void)
{
	for (int kind = 0; kind < 3; kind++)
		free(kinds[kind].insns);
}

static void check(const char *what, int kind, const struct ebpf_frame *frame, unsigned int want)
{
	int64_t got = ebpf_run(kinds[kind].insns, kinds[kind].n, frame);

	/* constants are answered by 1 */
	if (got == EBPF_BAD || !got != !want)
		fail_msg("%s: kind %d, %zu bytes, %zu in the first buffer, tag %d: %lld, wanted %u",
			 what, kind, frame->len, frame->linear, frame->has_tag, (long long)got,
			 want);
}

static bool has_tag(const uint8_t *bytes, size_t len)
{
	unsigned int type = len >= 18 ? pkt_get16(bytes + 12) : 0;

	return type == 0x8100 || type == 0x88a8;
}

/* One frame, in all the ways in which it can lie. @bytes ends where its memory does. */
static void check_frame(const char *what, const uint8_t *bytes, size_t len)
{
	unsigned int want = bpf_filter(classic.insns, bytes, (unsigned int)len, (unsigned int)len);
	struct ebpf_frame frame = {.bytes = bytes, .len = len, .linear = len};
	uint8_t *bare;

	check(what, WEIR_EXPR_XDP, &frame, want);
	frame.linear = 14 + mutate_random(&seed) % (len - 13);
	check(what, WEIR_EXPR_XDP_FRAGS, &frame, want);
	frame.is_skb = true;
	check(what, WEIR_EXPR_TC, &frame, want);
	if (!has_tag(bytes, len))
		return;
	bare = malloc(len - 4);
	assert_non_null(bare);
	memcpy(bare, bytes, 12);
	memcpy(bare + 12, bytes + 16, len - 16);
	frame.bytes = bare;
	frame.len = len - 4;
	frame.linear = 14 + mutate_random(&seed) % (len - 17);
	frame.has_tag = true;
	memcpy(&frame.vlan_proto_be, bytes + 12, 2);
	frame.vlan_tci = (uint16_t)pkt_get16(bytes + 14);
	check(what, WEIR_EXPR_TC, &frame, want);
	free(bare);
}

static void check_row(const char *what, const struct pkt_row *row, bool mutate)
{
	static struct pkt pkt;
	uint8_t *bytes;

	if (pkt_build_row(&pkt, row) || pkt.len < 14)
		return;
	memcpy(pkt.bytes + 6, "\2\0\0\0\0\2", 6);
	if (mutate)
		pkt.len = mutate_packet(pkt.bytes, pkt.len, &seed);
	bytes = malloc(pkt.len);
	assert_non_null(bytes);
	memcpy(bytes, pkt.bytes, pkt.len);
	check_frame(what, bytes, pkt.len);
	free(bytes);
}

static void expressions_answer_alike(void **state)
{
	char why[256];

	(void)state;
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		if (weir_expr_compile(expressions[i], &classic, why, sizeof(why)))
			fail_msg("%s: %s", expressions[i], why);
		translate_all(expressions[i]);
		for (size_t row = 0; row < PKT_ROWS; row++)
			for (int m = 0; m <= MUTATIONS; m++)
				check_row(expressions[i], &pkt_table[row], m > 0);
		free_all();
	}
}

static void expressions_are_refused(void **state)
{
	static const char *const bad[] = {"tcpp", "port", "ip[", "host 1.2.3.4.5", "len >", "("};
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*why = '\0';
		assert_int_equal(weir_expr_compile(bad[i], &classic, why, sizeof(why)), -EINVAL);
		assert_true(*why);
	}
}

/* ---- programs by chance ----------------------------------------------------------------- */

static uint32_t chance(uint32_t below)
{
	return (uint32_t)(mutate_random(&seed) % below);
}

static uint32_t any_number(void)
{
	static const uint32_t edges[] = {0,	     1,		 2,    31, 32,	   33,
					 8,	     12,	 14,   16, 0x7fff, 0x80000000,
					 0xffffffff, 0xfffffff0, 0xff, 40};

	return chance(3) ? edges[chance(16)] : (uint32_t)mutate_random(&seed);
}

static struct weir_classic any_insn(uint32_t left)
{
	static const uint16_t plain[] = {BPF_LD | BPF_IMM,
					 BPF_LD | BPF_W | BPF_LEN,
					 BPF_LD | BPF_W | BPF_ABS,
					 BPF_LD | BPF_H | BPF_ABS,
					 BPF_LD | BPF_B | BPF_ABS,
					 BPF_LD | BPF_W | BPF_IND,
					 BPF_LD | BPF_H | BPF_IND,
					 BPF_LD | BPF_B | BPF_IND,
					 BPF_LD | BPF_MEM,
					 BPF_LDX | BPF_IMM,
					 BPF_LDX | BPF_W | BPF_LEN,
					 BPF_LDX | BPF_B | BPF_MSH,
					 BPF_LDX | BPF_MEM,
					 BPF_ST,
					 BPF_STX,
					 BPF_MISC,
					 BPF_MISC | 0x80,
					 BPF_ALU | BPF_NEG};
	static const uint16_t alus[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,
					BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR};
	static const uint16_t jumps[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	uint16_t by = chance(2) ? BPF_X : BPF_K;
	struct weir_classic in = {.k = any_number()};

	switch (chance(4)) {
	case 0:
		in.code = (uint16_t)(BPF_ALU | alus[chance(10)] | by);
		if (by == BPF_K && (BPF_OP(in.code) == BPF_LSH || BPF_OP(in.code) == BPF_RSH))
			in.k %= 32; /* more is undefined */
		if (by == BPF_K && !in.k)
			in.k = 1; /* bpf_validate() */
		return in;
	case 1:
		in.code = (uint16_t)(BPF_JMP | jumps[chance(4)] | by);
		in.jt = (uint8_t)chance(left < 8 ? left : 8);
		in.jf = (uint8_t)chance(left < 8 ? left : 8);
		return in;
	default:
		in.code = plain[chance(sizeof(plain) / sizeof(plain[0]))];
	}
	if (in.code == BPF_ST || in.code == BPF_STX || BPF_MODE(in.code) == BPF_MEM)
		in.k = chance(16);
	else if (BPF_CLASS(in.code) <= BPF_LDX && BPF_MODE(in.code) != BPF_IMM && chance(8))
		in.k = chance(40);
	if (BPF_CLASS(in.code) == BPF_MISC || in.code == (BPF_ALU | BPF_NEG))
		in.k = 0;
	return in;
}

static void make_program(void)
{
	uint32_t n = 18 + chance(40);

	/* the interpreter does not clear M[] */
	for (uint32_t i = 0; i < 16; i++)
		classic.insns[i] = (struct weir_classic){.code = BPF_ST, .k = i};
	for (uint32_t i = 16; i < n; i++)
		classic.insns[i] = any_insn(n - i);
	classic.insns[n] = (struct weir_classic){.code = BPF_RET | 0x10 /* A */};
	classic.n = n + 1;
}

static void programs_answer_alike(void **state)
{
	unsigned int valid = 0;

	(void)state;
	for (int i = 0; i < PROGRAMS; i++) {
		char what[40];

		make_program();
		if (!bpf_validate(classic.insns, (int)classic.n))
			continue;
		valid++;
		snprintf(what, sizeof(what), "program %d", i);
		translate_all(what);
		for (int m = 0; m < 12; m++)
			check_row(what, &pkt_table[chance(PKT_ROWS)], m & 1);
		free_all();
	}
	assert_true(valid > PROGRAMS / 2);
}

static void what_is_no_program(void **state)
{
	static const struct weir_classic bad[] = {
		{.code = BPF_JMP | BPF_JA, .k = 7}, {.code = BPF_JMP | BPF_JEQ, .jf = 1},
		{.code = BPF_LD | BPF_IMM}, /* and no end */
		{.code = BPF_ST, .k = 16},	    {.code = BPF_ALU | BPF_LSH, .k = 32},
		{.code = BPF_ALU | 0xf0},	    {.code = BPF_LD | 0xe0},
	};
	struct translated out;
	char why[256];

	(void)state;
	classic.n = 0;
	assert_int_equal(weir_expr_translate(&classic, WEIR_EXPR_XDP, &out.insns, &out.n), -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		classic.insns[0] = bad[i];
		classic.n = 1;
		assert_int_equal(weir_expr_translate(&classic, WEIR_EXPR_TC, &out.insns, &out.n),
				 -EINVAL);
	}
	assert_int_equal(weir_expr_compile("ip6 protochain 17", &classic, why, sizeof(why)), 0);
	assert_int_equal(weir_expr_translate(&classic, WEIR_EXPR_XDP, &out.insns, &out.n), -ELOOP);
}

/* No jump of a program is too far: or it is refused. */
static void long_programs(void **state)
{
	struct translated out;
	int err;

	(void)state;
	for (size_t i = 0; i < WEIR_CLASSIC_MAX - 1; i++)
		classic.insns[i] = (struct weir_classic){.code = BPF_LD | BPF_W | BPF_IND};
	classic.insns[WEIR_CLASSIC_MAX - 1] = (struct weir_classic){.code = BPF_RET};
	classic.n = WEIR_CLASSIC_MAX;
	err = weir_expr_translate(&classic, WEIR_EXPR_TC, &out.insns, &out.n);
	assert_int_equal(err, -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_answer_alike),
		cmocka_unit_test(expressions_are_refused),
		cmocka_unit_test(programs_answer_alike),
		cmocka_unit_test(what_is_no_program),
		cmocka_unit_test(long_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
