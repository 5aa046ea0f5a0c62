/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the verifier should not remember of a packet, and what it must be told once more. In: a
 * value. Out: the value.
 */
#ifndef WEIR_BPF_FORGET_H
#define WEIR_BPF_FORGET_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* @value again, of which the verifier then knows nothing: else it would walk the rest of the
 * program for each value that can be. What it knows of an XOR with @unknown, of which it knows
 * nothing either, a length or an address, is nothing. */
static __always_inline __u64 forget_by(__u64 value, __u64 unknown)
{
	__u64 mixed = value ^ unknown;

	asm volatile("" : "+r"(mixed));
	return mixed ^ unknown;
}

/* @index, which is below @size, a power of two. The compiler, who knows that, would leave the mask
 * out; the verifier of Linux 6.1 does not know, and refuses the access. */
static __always_inline __u32 bounded_by(__u32 index, __u32 size)
{
	asm volatile("" : "+r"(index));
	return index & (size - 1);
}

#endif
