// SPDX-License-Identifier: LGPL-2.1-or-later
/* The steps that there are. */
#include <stddef.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "cli/step/step.h"

/* Linux 5.18. */
#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

const struct weir_step *const weir_steps[] = {&weir_step_filter, &weir_step_police,
					      &weir_step_forward, NULL};

uint32_t weir_step_prog_type(enum weir_step_kind kind)
{
	return kind == WEIR_STEP_TC ? BPF_PROG_TYPE_SCHED_CLS : BPF_PROG_TYPE_XDP;
}

static bool kernel_has_frags(void)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 /* XDP_PASS */},
		{.code = BPF_JMP | BPF_EXIT}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "weir_probe", "GPL", pass, 2, &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

enum weir_step_kind weir_step_kind_at(enum weir_hook hook)
{
	if (hook != WEIR_HOOK_XDP)
		return WEIR_STEP_TC;
	return kernel_has_frags() ? WEIR_STEP_XDP_FRAGS : WEIR_STEP_XDP;
}
