/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions of pcap-filter(7) as programs of the kernel. libpcap compiles them to classic
 * BPF; that is translated here, instruction by instruction, into a program of XDP or tc that
 * answers 0 or not. What classic BPF reads beyond the frame ends it with 0, as does a division
 * by 0.
 *
 * A VLAN tag that the stack keeps beside the frame (tc) is read as if it were in the frame, where
 * it is in the capture that is written: the same expression finds the same packets in both.
 */
#ifndef WEIR_CLI_CAPTURE_EXPR_H
#define WEIR_CLI_CAPTURE_EXPR_H

#include <stddef.h>
#include <stdint.h>

/* An instruction of classic BPF; pcap/bpf.h and linux/bpf.h call different ones bpf_insn. */
struct weir_classic {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

#define WEIR_CLASSIC_MAX 4096 /* BPF_MAXINSNS */

struct weir_classic_program {
	struct weir_classic insns[WEIR_CLASSIC_MAX];
	size_t n;
};

enum weir_expr_kind { WEIR_EXPR_XDP, WEIR_EXPR_XDP_FRAGS, WEIR_EXPR_TC };

struct bpf_insn; /* of linux/bpf.h */

/* Compiles @text for Ethernet. -EINVAL: libpcap's cause in @why; -ENOMEM. */
int weir_expr_compile(const char *text, struct weir_classic_program *out, char *why,
		      size_t why_len);
/* free()d by the caller. -E2BIG: jumps get too long; -ELOOP: some go back, as those of
 * protochain do; -EINVAL: not a program. */
int weir_expr_translate(const struct weir_classic_program *program, enum weir_expr_kind kind,
			struct bpf_insn **out, size_t *n);

#endif
