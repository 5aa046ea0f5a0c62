/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/* What user space tells harness.bpf.c. Compiles for BPF and for the host. */
#ifndef WEIR_CLI_PACKETS_HARNESS_H
#define WEIR_CLI_PACKETS_HARNESS_H

#include <linux/types.h>

#define WEIR_HARNESS_WORDS 16 /* of 8 bytes: how much of a packet is put back */

struct weir_harness {
	__u32 flows;	 /* 0: the packet as it is */
	__u32 next;	 /* flow of the next run */
	__u32 source_at; /* offset of the four bytes that make the flow */
	__u32 restores;	 /* words */
	__u64 head[WEIR_HARNESS_WORDS];
};

/* The source of flow @n: each another one, spread over all addresses (Knuth 6.4). */
static inline __attribute__((always_inline)) __u32 weir_harness_source(__u32 n)
{
	return n * 2654435761u;
}

#endif
