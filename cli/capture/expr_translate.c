// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Classic BPF, instruction by instruction. A and X are kept in registers with nothing in their
 * upper halves. For tc there are two copies: of frames that are whole, and of those whose
 * VLAN tag is beside them.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/capture/expr_emit.h"

/* Of linux/filter.h's classic BPF what linux/bpf_common.h leaves out. */
enum { CLASSIC_RET_A = 0x10, CLASSIC_MISC_TXA = 0x80 };
#define CLASSIC_MEM_WORDS 16

/* ---- instructions ----------------------------------------------------------------------- */

void emit(struct emit *e, uint8_t code, unsigned int dst, unsigned int src, int16_t off,
	  int32_t imm)
{
	if (e->n == e->room) {
		e->too_long = true;
		return;
	}
	e->insns[e->n++] = (struct bpf_insn){
		.code = code, .dst_reg = dst & 15, .src_reg = src & 15, .off = off, .imm = imm};
}

void emit_jump(struct emit *e, uint8_t code, unsigned int dst, unsigned int src, int32_t imm,
	       uint32_t to)
{
	if (e->n == e->room) {
		e->too_long = true;
		return;
	}
	e->jumps[e->n_jumps++] = (struct emit_jump){e->n, to};
	emit(e, code, dst, src, 0, imm);
}

uint32_t emit_forward(struct emit *e, uint8_t code, unsigned int dst, unsigned int src, int32_t imm)
{
	uint32_t from = e->n;

	emit(e, code, dst, src, 0, imm);
	return from;
}

void emit_land(struct emit *e, uint32_t from)
{
	if (!e->too_long)
		e->insns[from].off = (int16_t)(e->n - from - 1);
}

/* ---- classic BPF ------------------------------------------------------------------------ */

static unsigned int load_size(uint16_t code)
{
	return BPF_SIZE(code) == BPF_B ? 1 : BPF_SIZE(code) == BPF_H ? 2 : 4;
}

static int translate_load(struct emit *e, const struct weir_classic *in, unsigned int dst)
{
	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
		emit(e, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, (int32_t)in->k);
		return 0;
	case BPF_MEM:
		if (in->k >= CLASSIC_MEM_WORDS)
			return -EINVAL;
		emit(e, BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_10,
		     (int16_t)(STACK_MEM + 4 * (int)in->k), 0);
		return 0;
	case BPF_LEN:
		emit_length(e, dst);
		return 0;
	case BPF_ABS:
	case BPF_IND:
		emit_load(e, dst, in->k, BPF_MODE(in->code) == BPF_IND, load_size(in->code));
		return 0;
	case BPF_MSH:
		emit_load(e, dst, in->k, false, 1);
		emit(e, BPF_ALU | BPF_AND | BPF_K, dst, 0, 0, 0xf);
		emit(e, BPF_ALU | BPF_LSH | BPF_K, dst, 0, 0, 2);
		return 0;
	default:
		return -EINVAL;
	}
}

/* Shifts by 32 and more, of X, leave nothing. */
static int translate_shift(struct emit *e, const struct weir_classic *in)
{
	uint32_t less, done;

	if (BPF_SRC(in->code) == BPF_K) {
		if (in->k > 31)
			return -EINVAL;
		emit(e, (uint8_t)in->code, R_A, 0, 0, (int32_t)in->k);
	} else {
		less = emit_forward(e, BPF_JMP | BPF_JLT | BPF_K, R_X, 0, 32);
		emit(e, BPF_ALU | BPF_MOV | BPF_K, R_A, 0, 0, 0);
		done = emit_forward(e, BPF_JMP | BPF_JA, 0, 0, 0);
		emit_land(e, less);
		emit(e, (uint8_t)in->code, R_A, R_X, 0, 0);
		emit_land(e, done);
	}
	return 0;
}

/* The codes are eBPF's of 32 bits. */
static int translate_alu(struct emit *e, const struct weir_classic *in)
{
	bool by_x = BPF_SRC(in->code) == BPF_X;

	switch (BPF_OP(in->code)) {
	case BPF_LSH:
	case BPF_RSH:
		return translate_shift(e, in);
	case BPF_DIV:
	case BPF_MOD:
		if (by_x) {
			emit_jump(e, BPF_JMP | BPF_JEQ | BPF_K, R_X, 0, 0, EMIT_NO_MATCH);
		} else if (!in->k) {
			emit_jump(e, BPF_JMP | BPF_JA, 0, 0, 0, EMIT_NO_MATCH);
			return 0;
		}
		break;
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
		break;
	case BPF_NEG:
		emit(e, BPF_ALU | BPF_NEG, R_A, 0, 0, 0);
		return 0;
	default:
		return -EINVAL;
	}
	emit(e, (uint8_t)in->code, R_A, by_x ? R_X : 0, 0, by_x ? 0 : (int32_t)in->k);
	return 0;
}

static int translate_jump(struct emit *e, const struct weir_classic *in, uint32_t next)
{
	bool by_x = BPF_SRC(in->code) == BPF_X;

	switch (BPF_OP(in->code)) {
	case BPF_JA:
		emit_jump(e, BPF_JMP | BPF_JA, 0, 0, 0, next + in->k);
		return 0;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		break;
	default:
		return -EINVAL;
	}
	emit_jump(e, (uint8_t)(BPF_JMP32 | BPF_OP(in->code) | BPF_SRC(in->code)), R_A,
		  by_x ? R_X : 0, by_x ? 0 : (int32_t)in->k, next + in->jt);
	if (in->jf)
		emit_jump(e, BPF_JMP | BPF_JA, 0, 0, 0, next + in->jf);
	return 0;
}

static int translate_insn(struct emit *e, const struct weir_classic *in, uint32_t next)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		return translate_load(e, in, R_A);
	case BPF_LDX:
		return translate_load(e, in, R_X);
	case BPF_ST:
	case BPF_STX:
		if (in->k >= CLASSIC_MEM_WORDS)
			return -EINVAL;
		emit(e, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10,
		     BPF_CLASS(in->code) == BPF_ST ? R_A : R_X,
		     (int16_t)(STACK_MEM + 4 * (int)in->k), 0);
		return 0;
	case BPF_ALU:
		return translate_alu(e, in);
	case BPF_JMP:
		return translate_jump(e, in, next);
	case BPF_RET:
		if (in->code & CLASSIC_RET_A)
			emit(e, BPF_ALU | BPF_MOV | BPF_X, BPF_REG_0, R_A, 0, 0);
		else
			emit(e, BPF_ALU | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, in->k != 0);
		emit(e, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		return 0;
	default: /* BPF_MISC */
		if (in->code & CLASSIC_MISC_TXA)
			emit(e, BPF_ALU | BPF_MOV | BPF_X, R_A, R_X, 0, 0);
		else
			emit(e, BPF_ALU | BPF_MOV | BPF_X, R_X, R_A, 0, 0);
		return 0;
	}
}

/* ---- programs --------------------------------------------------------------------------- */

/* The verifier refuses what nothing leads to. */
static int find_reachable(const struct weir_classic_program *program, bool *reached)
{
	reached[0] = true;
	for (uint32_t i = 0; i < program->n; i++) {
		const struct weir_classic *in = &program->insns[i];
		bool jumps = BPF_CLASS(in->code) == BPF_JMP;
		uint64_t to[2] = {(uint64_t)i + 1, (uint64_t)i + 1};

		if (!reached[i] || BPF_CLASS(in->code) == BPF_RET)
			continue;
		/* a division by 0 is the end */
		if ((BPF_CLASS(in->code) == BPF_ALU) && BPF_SRC(in->code) == BPF_K && !in->k &&
		    (BPF_OP(in->code) == BPF_DIV || BPF_OP(in->code) == BPF_MOD))
			continue;
		if (jumps && BPF_OP(in->code) == BPF_JA) {
			to[0] = to[1] = (uint64_t)i + 1 + in->k;
		} else if (jumps) {
			to[0] += in->jt;
			to[1] += in->jf;
		}
		/* as a number of 32 bits that is below 0 */
		if (jumps && BPF_OP(in->code) == BPF_JA && in->k > INT32_MAX)
			return -ELOOP;
		if (to[0] >= program->n || to[1] >= program->n)
			return -EINVAL;
		reached[to[0]] = reached[to[1]] = true;
	}
	return 0;
}

static int resolve(struct emit *e, uint32_t first_jump, const uint32_t *places, uint32_t no_match)
{
	for (uint32_t i = first_jump; i < e->n_jumps; i++) {
		const struct emit_jump *jump = &e->jumps[i];
		int64_t off = (int64_t)(jump->to == EMIT_NO_MATCH ? no_match : places[jump->to]) -
			      jump->at - 1;

		if (off > INT16_MAX)
			return -E2BIG;
		e->insns[jump->at].off = (int16_t)off;
	}
	return 0;
}

static bool has_no_match(const struct emit *e, uint32_t first_jump)
{
	for (uint32_t i = first_jump; i < e->n_jumps; i++)
		if (e->jumps[i].to == EMIT_NO_MATCH)
			return true;
	return false;
}

static void clear_registers(struct emit *e)
{
	emit(e, BPF_ALU | BPF_MOV | BPF_K, R_A, 0, 0, 0);
	emit(e, BPF_ALU | BPF_MOV | BPF_K, R_X, 0, 0, 0);
}

static int translate_copy(struct emit *e, const struct weir_classic_program *program,
			  const bool *reached)
{
	uint32_t *places = calloc(program->n, sizeof(*places)), first_jump = e->n_jumps, no_match;
	int err = places ? 0 : -ENOMEM;

	if (!err && e->tagged)
		emit_prepare_tagged(e);
	clear_registers(e);
	for (uint32_t i = 0; !err && i < program->n; i++) {
		places[i] = e->n;
		if (reached[i])
			err = translate_insn(e, &program->insns[i], i + 1);
	}
	no_match = e->n;
	if (!err && has_no_match(e, first_jump)) {
		emit(e, BPF_ALU | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
		emit(e, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	if (!err && e->too_long)
		err = -E2BIG;
	err = err ? err : resolve(e, first_jump, places, no_match);
	free(places);
	return err;
}

static void emit_start(struct emit *e, const struct weir_classic_program *program)
{
	bool loads[CLASSIC_MEM_WORDS] = {0};

	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, R_CTX, BPF_REG_1, 0, 0);
	for (size_t i = 0; i < program->n; i++) {
		const struct weir_classic *in = &program->insns[i];

		if ((BPF_CLASS(in->code) == BPF_LD || BPF_CLASS(in->code) == BPF_LDX) &&
		    BPF_MODE(in->code) == BPF_MEM && in->k < CLASSIC_MEM_WORDS)
			loads[in->k] = true;
	}
	for (int i = 0; i < CLASSIC_MEM_WORDS; i++)
		if (loads[i])
			emit(e, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0,
			     (int16_t)(STACK_MEM + 4 * i), 0);
}

static int translate(struct emit *e, const struct weir_classic_program *program)
{
	bool *reached = calloc(program->n + 1, sizeof(*reached));
	int err = reached ? find_reachable(program, reached) : -ENOMEM;
	uint32_t tagged;

	if (!err)
		emit_start(e, program);
	if (!err && e->kind == WEIR_EXPR_TC) {
		emit(e, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, R_CTX,
		     offsetof(struct __sk_buff, vlan_present), 0);
		tagged = emit_forward(e, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2, 0, 0);
		err = translate_copy(e, program, reached);
		if (!err && e->n - tagged - 1 > INT16_MAX)
			err = -E2BIG;
		emit_land(e, tagged);
		e->tagged = true;
	}
	err = err ? err : translate_copy(e, program, reached);
	free(reached);
	return err;
}

int weir_expr_translate(const struct weir_classic_program *program, enum weir_expr_kind kind,
			struct bpf_insn **out, size_t *n)
{
	uint32_t room = EMIT_AROUND + EMIT_EACH_MAX * (uint32_t)program->n;
	struct emit e = {
		.kind = kind,
		.room = room,
		.insns = calloc(room, sizeof(*e.insns)),
		.jumps = calloc(room, sizeof(*e.jumps)),
	};
	int err = e.insns && e.jumps ? 0 : -ENOMEM;

	if (!err && !program->n)
		err = -EINVAL;
	err = err ? err : translate(&e, program);
	free(e.jumps);
	if (err) {
		free(e.insns);
		return err;
	}
	*out = e.insns;
	*n = e.n;
	return 0;
}
