/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the verifier should not remember of a packet. In: a value. Out: the value.
 */
#ifndef WEIR_BPF_FORGET_H
#define WEIR_BPF_FORGET_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "lib/bucket.h"

/* @value again, of which the verifier then knows nothing: else it would walk the rest of the
 * program for each packet that can be. What it knows of an XOR with a length is nothing. */
static __always_inline __u64 forget(__u64 value, __u32 len_bytes)
{
	__u64 mixed = value ^ len_bytes;

	if (!police.has_rules)
		return value; /* nothing was walked that differs */
	asm volatile("" : "+r"(mixed));
	return mixed ^ len_bytes;
}

#endif
