/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * What bpf/gate.bpf.c is told about the steps that it calls, in their order. Compiles for
 * both sides.
 */
#ifndef WEIR_MAPS_GATE_H
#define WEIR_MAPS_GATE_H

#include <linux/types.h>

#define WEIR_GATE_STEPS 3

/* Section .rodata, written before it is loaded. */
struct weir_gate_consts {
	struct {
		__u32 lost_reason; /* key of the step's counters: its slot is empty */
		__u32 lost_drops;
	} step[WEIR_GATE_STEPS];
};

#endif
