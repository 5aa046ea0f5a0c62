/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between expr_translate.c, which walks classic BPF, and expr_load.c, which reads packets. */
#ifndef WEIR_CLI_CAPTURE_EXPR_EMIT_H
#define WEIR_CLI_CAPTURE_EXPR_EMIT_H

#include <stdbool.h>

#include <linux/bpf.h>

#include "cli/capture/expr.h"

/* Registers that helpers keep, and the two of classic BPF. */
enum { R_CTX = BPF_REG_6, R_A = BPF_REG_8, R_X = BPF_REG_9 };

/* Below the frame pointer. */
enum {
	STACK_BYTES = -8, /* what a helper copied */
	STACK_HIGH = -16, /* of a frame whose tag is beside it: bytes 8 to 15 as they would be, */
	STACK_LOW = -24,  /* and 16 to 18, from the top */
	STACK_MEM = -88,  /* M[0], 4 bytes each */
};

#define EMIT_NO_MATCH UINT32_MAX
/* Room for the longest that becomes of a classic instruction, twice, and for what is around. */
#define EMIT_EACH_MAX 128
#define EMIT_AROUND   128

/* A jump whose target is not known yet: a classic instruction, or EMIT_NO_MATCH. */
struct emit_jump {
	uint32_t at, to;
};

struct emit {
	enum weir_expr_kind kind;
	bool tagged; /* the tag is beside the frame */
	struct bpf_insn *insns;
	uint32_t n, room;
	struct emit_jump *jumps;
	uint32_t n_jumps;
	bool too_long;
};

void emit(struct emit *e, uint8_t code, unsigned int dst, unsigned int src, int16_t off,
	  int32_t imm);
/* A jump that is resolved at the end. */
void emit_jump(struct emit *e, uint8_t code, unsigned int dst, unsigned int src, int32_t imm,
	       uint32_t to);
/* A jump forward, and where it lands. */
uint32_t emit_forward(struct emit *e, uint8_t code, unsigned int dst, unsigned int src,
		      int32_t imm);
void emit_land(struct emit *e, uint32_t from);

/* What the packets of the copy that follows share. */
void emit_prepare_tagged(struct emit *e);
/* @size bytes at @k, or at @k plus X, as a number to @dst. */
void emit_load(struct emit *e, unsigned int dst, uint32_t k, bool indexed, unsigned int size);
/* Length of the frame to @dst. */
void emit_length(struct emit *e, unsigned int dst);

#endif
