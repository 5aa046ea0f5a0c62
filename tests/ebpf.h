/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small machine for what cli/capture/expr.h emits: runs it over a frame, as the kernel would,
 * and fails on whatever the kernel would not take. Written from the instruction set's
 * specification, apart from the emitter.
 */
#ifndef WEIR_TESTS_EBPF_H
#define WEIR_TESTS_EBPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/bpf.h>

#define EBPF_BAD (-1)

struct ebpf_frame {
	const uint8_t *bytes;
	size_t len;    /* of the frame */
	size_t linear; /* of that in the first buffer */
	bool is_skb, has_tag;
	uint16_t vlan_proto_be, vlan_tci;
};

struct ebpf {
	const struct ebpf_frame *frame;
	uint64_t ctx; /* its address stands for the context's */
	uint64_t r[11];
	uint8_t stack[512];
};

static inline uint64_t ebpf_ctx(const struct ebpf *m, uint64_t off, bool *ok)
{
	const struct ebpf_frame *f = m->frame;
	uint64_t start = (uint64_t)(uintptr_t)f->bytes;

	if (!f->is_skb && off == offsetof(struct xdp_md, data))
		return start;
	if (!f->is_skb && off == offsetof(struct xdp_md, data_end))
		return start + f->linear;
	if (f->is_skb && off == offsetof(struct __sk_buff, data))
		return start;
	if (f->is_skb && off == offsetof(struct __sk_buff, data_end))
		return start + f->linear;
	if (f->is_skb && off == offsetof(struct __sk_buff, len))
		return f->len;
	if (f->is_skb && off == offsetof(struct __sk_buff, vlan_present))
		return f->has_tag;
	if (f->is_skb && f->has_tag && off == offsetof(struct __sk_buff, vlan_proto))
		return f->vlan_proto_be;
	if (f->is_skb && f->has_tag && off == offsetof(struct __sk_buff, vlan_tci))
		return f->vlan_tci;
	*ok = false;
	return 0;
}

static inline unsigned int ebpf_size(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

static inline bool ebpf_in_stack(const struct ebpf *m, uint64_t at, unsigned int size)
{
	uint64_t start = (uint64_t)(uintptr_t)m->stack;

	return at >= start && at + size <= start + sizeof(m->stack) && !(at % size);
}

static inline uint64_t ebpf_read(const struct ebpf *m, uint64_t at, unsigned int size, bool *ok)
{
	uint64_t start = (uint64_t)(uintptr_t)m->frame->bytes, value = 0;

	if (!ebpf_in_stack(m, at, size) && (at < start || at + size > start + m->frame->linear))
		*ok = false;
	else
		memcpy(&value, (const void *)(uintptr_t)at, size);
	return value;
}

static inline bool ebpf_call(struct ebpf *m, int32_t helper)
{
	const struct ebpf_frame *f = m->frame;
	uint64_t off = m->r[2], n = m->r[4];

	if (m->r[1] != (uint64_t)(uintptr_t)&m->ctx)
		return false;
	if (helper == 188 && !f->is_skb) {
		m->r[0] = f->len;
	} else if (helper == (f->is_skb ? BPF_FUNC_skb_load_bytes : 189)) {
		if (!n || n > 8 || !ebpf_in_stack(m, m->r[3] & ~7ULL, 8))
			return false;
		m->r[0] = off > 0xffff || off + n > f->len ? (uint64_t)-14 : 0;
		if (m->r[0])
			memset((void *)(uintptr_t)m->r[3], 0, n);
		else
			memcpy((void *)(uintptr_t)m->r[3], f->bytes + off, n);
	} else {
		return false;
	}
	/* nobody may count on them */
	for (int i = 1; i < 6; i++)
		m->r[i] = 0xdeadbeefdeadbeefULL;
	return true;
}

static inline bool ebpf_swap(uint64_t *a, int32_t bits)
{
	switch (bits) {
	case 16:
		*a = __builtin_bswap16((uint16_t)*a);
		return true;
	case 32:
		*a = __builtin_bswap32((uint32_t)*a);
		return true;
	case 64:
		*a = __builtin_bswap64(*a);
		return true;
	default:
		return false;
	}
}

/* Of @bits; a division by 0 and a shift too far are errors here. */
static inline bool ebpf_compute(uint8_t op, uint64_t *a, uint64_t b, unsigned int bits)
{
	switch (op) {
	case BPF_ADD:
		*a += b;
		return true;
	case BPF_SUB:
		*a -= b;
		return true;
	case BPF_MUL:
		*a *= b;
		return true;
	case BPF_DIV:
		*a = b ? *a / b : 0;
		return b;
	case BPF_MOD:
		*a = b ? *a % b : 0;
		return b;
	case BPF_OR:
		*a |= b;
		return true;
	case BPF_AND:
		*a &= b;
		return true;
	case BPF_XOR:
		*a ^= b;
		return true;
	case BPF_LSH:
		*a = b < bits ? *a << b : 0;
		return b < bits;
	case BPF_RSH:
		*a = b < bits ? *a >> b : 0;
		return b < bits;
	case BPF_NEG:
		*a = -*a;
		return true;
	case BPF_MOV:
		*a = b;
		return true;
	default:
		return false;
	}
}

static inline bool ebpf_alu(struct ebpf *m, const struct bpf_insn *in)
{
	bool wide = BPF_CLASS(in->code) == BPF_ALU64;
	uint64_t a = m->r[in->dst_reg];
	uint64_t b = BPF_SRC(in->code) == BPF_X ? m->r[in->src_reg] : (uint64_t)(int64_t)in->imm;

	if (BPF_OP(in->code) == BPF_END)
		return ebpf_swap(&m->r[in->dst_reg], in->imm);
	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	if (!ebpf_compute(BPF_OP(in->code), &a, b, wide ? 64 : 32))
		return false;
	m->r[in->dst_reg] = wide ? a : (uint32_t)a;
	return true;
}

static inline bool ebpf_jumps(const struct ebpf *m, const struct bpf_insn *in)
{
	uint64_t a = m->r[in->dst_reg];
	uint64_t b = BPF_SRC(in->code) == BPF_X ? m->r[in->src_reg] : (uint64_t)(int64_t)in->imm;

	if (BPF_CLASS(in->code) == BPF_JMP32) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (BPF_OP(in->code)) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	default: /* BPF_JSET */
		return a & b;
	}
}

static inline bool ebpf_memory(struct ebpf *m, const struct bpf_insn *in)
{
	unsigned int size = ebpf_size(in->code);
	bool ok = true, loads = BPF_CLASS(in->code) == BPF_LDX;
	uint64_t at = m->r[loads ? in->src_reg : in->dst_reg] + (uint64_t)(int64_t)in->off;
	uint64_t value =
		BPF_CLASS(in->code) == BPF_STX ? m->r[in->src_reg] : (uint64_t)(int64_t)in->imm;

	if (loads && m->r[in->src_reg] == (uint64_t)(uintptr_t)&m->ctx) {
		m->r[in->dst_reg] = ebpf_ctx(m, (uint64_t)in->off, &ok);
	} else if (loads) {
		m->r[in->dst_reg] = ebpf_read(m, at, size, &ok);
	} else {
		ok = ebpf_in_stack(m, at, size);
		if (ok)
			memcpy((void *)(uintptr_t)at, &value, size);
	}
	return ok;
}

/* What the program answers, or EBPF_BAD. */
static inline int64_t ebpf_run(const struct bpf_insn *insns, size_t n,
			       const struct ebpf_frame *frame)
{
	struct ebpf m = {.frame = frame};
	size_t pc = 0;

	memset(m.stack, 0xa5, sizeof(m.stack));
	m.r[1] = (uint64_t)(uintptr_t)&m.ctx;
	m.r[10] = (uint64_t)(uintptr_t)(m.stack + sizeof(m.stack));
	while (pc < n) {
		const struct bpf_insn *in = &insns[pc++];
		bool ok = true;

		switch (BPF_CLASS(in->code)) {
		case BPF_ALU:
		case BPF_ALU64:
			ok = ebpf_alu(&m, in);
			break;
		case BPF_JMP:
		case BPF_JMP32:
			if (in->code == (BPF_JMP | BPF_EXIT))
				return (uint32_t)m.r[0];
			if (in->code == (BPF_JMP | BPF_CALL))
				ok = ebpf_call(&m, in->imm);
			else if (in->off < 0)
				ok = false;
			else if (ebpf_jumps(&m, in))
				pc += (size_t)in->off;
			break;
		default:
			ok = ebpf_memory(&m, in);
		}
		if (!ok)
			return EBPF_BAD;
	}
	return EBPF_BAD;
}

#endif
