/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Sampling: what bpf/sample.bpf.c does and `weir capture` asks for. Compiles for both.
 *
 * Of the packets of a hook, those that match are counted down: one in N goes to a ring buffer
 * with what is known of it. A packet matches when its verdict is wanted (XDP only) and the
 * expression takes it. N packets that match on a CPU are a block, and one of each block is
 * taken, at a place drawn anew for each block: so traffic that repeats itself is not aliased,
 * and after any number of packets a CPU has taken that number divided by N, or one more.
 *
 * At XDP the sampler is attached in the place of the program whose verdicts it shows, and runs
 * it first: by a tail call out of a function, which returns with that program's verdict. What
 * is sampled is the packet as that program left it. The expression is a program of its own
 * (cli/capture/expr.h), called the same way; it answers 0 or not. Slot 0 of "weir_wrapped" and
 * of "weir_expression" hold the two. Tail calls that those programs make come on top: of the
 * kernel's 33 in a row two are ours.
 *
 * At tc the sampler stands before the other programs, and no verdict is known. A VLAN tag that
 * is beside the frame there goes into the record as such. An aggregate (GSO, GRO) is one
 * packet, and has the bytes that it has: no wire carries it.
 *
 * Records come in a few sizes, since what is reserved in a ring buffer must be a constant.
 */
#ifndef WEIR_MAPS_SAMPLE_H
#define WEIR_MAPS_SAMPLE_H

#include <linux/types.h>

#include "maps/layout.h"

#define WEIR_SAMPLE_SNAP_MAX 65536 /* bytes of a packet: XDP helpers read no further */

#define WEIR_SAMPLE_SNAP_OLD 4096 /* copied in a loop, from a buffer of a page */

/* Key of map "weir_sample": what became of packets. */
enum weir_sample_reason {
	WEIR_SAMPLE_SEEN, /* all that came to the hook, */
	WEIR_SAMPLE_UNMATCHED,
	WEIR_SAMPLE_SAMPLED,	     /* of those that match, one in N */
	WEIR_SAMPLE_LOST,	     /* would have been, and the ring was full */
	WEIR_SAMPLE_DROP_NO_PROGRAM, /* the wrapped program is gone, so nothing may pass */
	WEIR_SAMPLE_REASONS
};

enum weir_sample_hook { WEIR_SAMPLE_XDP, WEIR_SAMPLE_INGRESS, WEIR_SAMPLE_EGRESS };

/* Constants of the program. */
struct weir_sample_consts {
	__u32 one_in;	  /* 1: every packet */
	__u32 snap_bytes; /* of a packet that are kept: 64, or above, a multiple of 8 */
	__u32 hook;	  /* enum weir_sample_hook */
	__u32 wraps;	  /* there is a program to be run first */
	__u32 has_expression;
	__u32 verdicts; /* bits by their numbers; 0: all */
	/* XDP: bpf_xdp_load_bytes(), Linux 5.18; without it at most WEIR_SAMPLE_SNAP_OLD */
	__u32 has_load_bytes;
	__u32 wakeup_bytes; /* the reader is woken when a CPU has put so many */
};

/* Of a CPU, key 0 of map "weir_sample_state". User space draws the first seed and place. */
struct weir_sample_state {
	__u32 skip; /* packets that match up to the next that is taken */
	__u32 rest; /* packets of its block behind it */
	__u32 seed;
	__u32 quiet_bytes; /* put since the reader was woken */
};

/* A record of ring buffer "weir_samples". */
struct weir_sample {
	__u64 time_ns;	  /* CLOCK_MONOTONIC */
	__u32 len_bytes;  /* of the frame, without a tag that is beside it */
	__u32 kept_bytes; /* of bytes[] */
	__u32 ifindex;
	__u32 queue;	      /* that it was received by, from 0 */
	__s32 verdict;	      /* XDP */
	__u16 segments;	      /* tc: of an aggregate; else 0 or 1 */
	__u16 hook;	      /* enum weir_sample_hook */
	__be16 vlan_proto_be; /* tc: of the tag beside the frame; 0: none */
	__u16 vlan_tci;
	__u32 reserved;
	__u8 bytes[];
};

/* A generator of numbers (Numerical Recipes), whose upper half is good enough, as a place
 * below @n. */
static inline __u32 weir_sample_place(__u32 *seed, __u32 n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (__u32)((__u64)*seed * n >> 32);
}

#endif
