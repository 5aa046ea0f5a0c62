// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bytes of a packet for a translated expression: in place where they lie in the first buffer,
 * else copied by a helper, else there is no match. Pointers are read anew for each load: so the
 * verifier forgets how far the last one was checked, and each path through the program looks
 * the same to it.
 */
#include <stddef.h>

#include "cli/capture/expr_emit.h"

#define IN_PLACE_MAX		0x7ff0 /* below MAX_PACKET_OFF and what an instruction's offset holds */
#define HELPER_MAX		0xffff /* bpf_xdp_load_bytes(), bpf_skb_load_bytes() read no further */

/* Linux 5.18. */
#define HELPER_XDP_GET_BUFF_LEN 188
#define HELPER_XDP_LOAD_BYTES	189

enum { TAG_AT = 12, TAG_BYTES = 4, TAG_END = TAG_AT + TAG_BYTES };

static void emit_ctx(struct emit *e, unsigned int dst, size_t xdp_off, size_t skb_off)
{
	emit(e, BPF_LDX | BPF_MEM | BPF_W, dst, R_CTX,
	     (int16_t)(e->kind == WEIR_EXPR_TC ? skb_off : xdp_off), 0);
}

static void emit_data(struct emit *e, unsigned int dst)
{
	emit_ctx(e, dst, offsetof(struct xdp_md, data), offsetof(struct __sk_buff, data));
}

static void emit_data_end(struct emit *e, unsigned int dst)
{
	emit_ctx(e, dst, offsetof(struct xdp_md, data_end), offsetof(struct __sk_buff, data_end));
}

static uint8_t width(unsigned int size)
{
	return size == 1 ? BPF_B : size == 2 ? BPF_H : BPF_W;
}

static void emit_to_host(struct emit *e, unsigned int dst, unsigned int size)
{
	if (size > 1)
		emit(e, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, (int32_t)(8 * size));
}

/* helper(ctx, r2, stack, @size); r0 is 0 when it did. */
static void emit_copy(struct emit *e, unsigned int size)
{
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, R_CTX, 0, 0);
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_10, 0, 0);
	emit(e, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, STACK_BYTES);
	emit(e, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, (int32_t)size);
	emit(e, BPF_JMP | BPF_CALL, 0, 0, 0,
	     e->kind == WEIR_EXPR_TC ? BPF_FUNC_skb_load_bytes : HELPER_XDP_LOAD_BYTES);
}

/* From the frame as it is. The offset is @k, or in r2. */
static void emit_plain(struct emit *e, unsigned int dst, uint32_t k, bool in_r2, unsigned int size)
{
	bool in_place = in_r2 || k <= IN_PLACE_MAX, copies = e->kind != WEIR_EXPR_XDP;
	uint32_t far = 0, beyond = 0, done = 0;

	if (!in_r2 && (k > HELPER_MAX || (!copies && !in_place))) {
		/* always, but so that the verifier sees a way to what follows */
		emit(e, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 0);
		emit_jump(e, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_2, 0, 0, EMIT_NO_MATCH);
		return;
	}
	if (in_place) {
		if (in_r2)
			far = emit_forward(e, BPF_JMP | BPF_JGT | BPF_K, BPF_REG_2, 0,
					   IN_PLACE_MAX);
		emit_data(e, BPF_REG_1);
		emit_data_end(e, BPF_REG_3);
		if (in_r2)
			emit(e, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
		emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_4, BPF_REG_1, 0, 0);
		emit(e, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_4, 0, 0,
		     (int32_t)((in_r2 ? 0 : k) + size));
		beyond = emit_forward(e, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, 0);
		emit(e, (uint8_t)(BPF_LDX | BPF_MEM | width(size)), dst, BPF_REG_1,
		     (int16_t)(in_r2 ? 0 : k), 0);
		done = emit_forward(e, BPF_JMP | BPF_JA, 0, 0, 0);
		if (in_r2)
			emit_land(e, far);
		emit_land(e, beyond);
	}
	if (copies) {
		if (in_r2)
			emit_jump(e, BPF_JMP | BPF_JGT | BPF_K, BPF_REG_2, 0, HELPER_MAX,
				  EMIT_NO_MATCH);
		else
			emit(e, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, (int32_t)k);
		emit_copy(e, size);
		emit_jump(e, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 0, EMIT_NO_MATCH);
		emit(e, (uint8_t)(BPF_LDX | BPF_MEM | width(size)), dst, BPF_REG_10, STACK_BYTES,
		     0);
	} else {
		emit_jump(e, BPF_JMP | BPF_JA, 0, 0, 0, EMIT_NO_MATCH);
	}
	if (in_place)
		emit_land(e, done);
	emit_to_host(e, dst, size);
}

/* ---- a tag beside the frame ----------------------------------------------------------- */

void emit_prepare_tagged(struct emit *e)
{
	uint32_t all, done;

	/* bytes 16 to 18: the frame's 12 to 14, of which the last may not be there */
	emit(e, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, STACK_BYTES, 0);
	emit(e, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, TAG_AT);
	emit_copy(e, 3);
	all = emit_forward(e, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0);
	/* a helper that fails clears what it was given */
	emit(e, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, STACK_BYTES, 0);
	emit(e, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, TAG_AT);
	emit_copy(e, 2);
	done = emit_forward(e, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0);
	emit_jump(e, BPF_JMP | BPF_JA, 0, 0, 0, EMIT_NO_MATCH);
	emit_land(e, all);
	emit_land(e, done);
	emit(e, BPF_LDX | BPF_MEM | BPF_DW, R_A, BPF_REG_10, STACK_BYTES, 0);
	emit(e, BPF_ALU | BPF_END | BPF_TO_BE, R_A, 0, 0, 64);
	emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, R_A, STACK_LOW, 0);
	/* bytes 8 to 15: four of the frame's, then the tag */
	emit_plain(e, R_A, TAG_AT - 4, false, 4);
	emit(e, BPF_ALU64 | BPF_LSH | BPF_K, R_A, 0, 0, 32);
	emit_ctx(e, BPF_REG_2, 0, offsetof(struct __sk_buff, vlan_proto));
	emit_to_host(e, BPF_REG_2, 2);
	emit(e, BPF_ALU64 | BPF_LSH | BPF_K, BPF_REG_2, 0, 0, 16);
	emit(e, BPF_ALU64 | BPF_OR | BPF_X, R_A, BPF_REG_2, 0, 0);
	emit_ctx(e, BPF_REG_2, 0, offsetof(struct __sk_buff, vlan_tci));
	emit(e, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	emit(e, BPF_ALU64 | BPF_OR | BPF_X, R_A, BPF_REG_2, 0, 0);
	emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, R_A, STACK_HIGH, 0);
}

/* Some of bytes 9 to 18, the first in r2: of both words the part from there on. */
static void emit_around_tag(struct emit *e, unsigned int dst, unsigned int size)
{
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_4, BPF_REG_2, 0, 0);
	emit(e, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_4, 0, 0, (int32_t)size - TAG_BYTES);
	emit_ctx(e, BPF_REG_3, 0, offsetof(struct __sk_buff, len));
	emit_jump(e, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, 0, EMIT_NO_MATCH);
	emit(e, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -8);
	emit(e, BPF_ALU64 | BPF_LSH | BPF_K, BPF_REG_2, 0, 0, 3);
	emit(e, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_10, STACK_HIGH, 0);
	emit(e, BPF_ALU64 | BPF_LSH | BPF_X, BPF_REG_0, BPF_REG_2, 0, 0);
	emit(e, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, 64);
	emit(e, BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	emit(e, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_4, BPF_REG_10, STACK_LOW, 0);
	emit(e, BPF_ALU64 | BPF_RSH | BPF_X, BPF_REG_4, BPF_REG_3, 0, 0);
	emit(e, BPF_ALU64 | BPF_OR | BPF_X, BPF_REG_0, BPF_REG_4, 0, 0);
	emit(e, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_0, 0, 0, (int32_t)(64 - 8 * size));
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, dst, BPF_REG_0, 0, 0);
}

static void emit_tagged_at(struct emit *e, unsigned int dst, uint32_t k, unsigned int size)
{
	if (k >= TAG_END) {
		emit_plain(e, dst, k - TAG_BYTES, false, size);
	} else if (k + size <= TAG_AT) {
		emit_plain(e, dst, k, false, size);
	} else {
		emit(e, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, (int32_t)k);
		emit_around_tag(e, dst, size);
	}
}

static void emit_tagged_indexed(struct emit *e, unsigned int dst, unsigned int size)
{
	uint32_t before, around, done;

	before = emit_forward(e, BPF_JMP | BPF_JLE | BPF_K, BPF_REG_2, 0, (int32_t)(TAG_AT - size));
	around = emit_forward(e, BPF_JMP | BPF_JLT | BPF_K, BPF_REG_2, 0, TAG_END);
	emit(e, BPF_ALU64 | BPF_SUB | BPF_K, BPF_REG_2, 0, 0, TAG_BYTES);
	emit_land(e, before);
	emit_plain(e, dst, 0, true, size);
	done = emit_forward(e, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_land(e, around);
	emit_around_tag(e, dst, size);
	emit_land(e, done);
}

/* ---- loads ---------------------------------------------------------------------------- */

void emit_load(struct emit *e, unsigned int dst, uint32_t k, bool indexed, unsigned int size)
{
	if (!indexed && e->tagged) {
		emit_tagged_at(e, dst, k, size);
	} else if (!indexed) {
		emit_plain(e, dst, k, false, size);
	} else {
		/* neither wraps around in 32 bits: so far no frame goes */
		emit(e, BPF_ALU | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, (int32_t)k);
		emit(e, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, R_X, 0, 0);
		if (e->tagged)
			emit_tagged_indexed(e, dst, size);
		else
			emit_plain(e, dst, 0, true, size);
	}
}

void emit_length(struct emit *e, unsigned int dst)
{
	if (e->kind == WEIR_EXPR_TC) {
		emit_ctx(e, dst, 0, offsetof(struct __sk_buff, len));
		if (e->tagged)
			emit(e, BPF_ALU | BPF_ADD | BPF_K, dst, 0, 0, TAG_BYTES);
	} else if (e->kind == WEIR_EXPR_XDP_FRAGS) {
		emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, R_CTX, 0, 0);
		emit(e, BPF_JMP | BPF_CALL, 0, 0, 0, HELPER_XDP_GET_BUFF_LEN);
		emit(e, BPF_ALU64 | BPF_MOV | BPF_X, dst, BPF_REG_0, 0, 0);
	} else {
		emit_data_end(e, dst);
		emit_data(e, BPF_REG_1);
		emit(e, BPF_ALU64 | BPF_SUB | BPF_X, dst, BPF_REG_1, 0, 0);
	}
}
