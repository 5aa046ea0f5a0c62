// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kernel constants as words. In: a number of <linux/bpf.h>. Out: a static name,
 * or NULL. The kernel only ever appends to these lists, so a number keeps its
 * meaning; what the libbpf and headers of the build are too old to know is
 * here by number, with the kernel version that brought it.
 */
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stddef.h>

#include "loader/weir.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *weir_hook_name(enum weir_hook hook)
{
	switch (hook) {
	case WEIR_HOOK_XDP:
		return "xdp";
	case WEIR_HOOK_INGRESS:
		return "ingress";
	case WEIR_HOOK_EGRESS:
		return "egress";
	case WEIR_HOOK_NONE:
		break;
	}
	return "none";
}

const char *weir_map_type_name(uint32_t map_type)
{
	switch (map_type) {
	case 33: /* Linux 6.9 */
		return "arena";
	case 34: /* Linux 6.19 */
		return "insn_array";
	default:
		return libbpf_bpf_map_type_str((enum bpf_map_type)map_type);
	}
}

const char *weir_prog_type_name(uint32_t prog_type)
{
	if (prog_type == 32) /* Linux 6.4 */
		return "netfilter";
	return libbpf_bpf_prog_type_str((enum bpf_prog_type)prog_type);
}

const char *weir_helper_name(uint32_t helper)
{
#define HELPER_NAME(x) [BPF_FUNC_##x] = #x
	static const char *const names[] = {__BPF_FUNC_MAPPER(HELPER_NAME)};
#undef HELPER_NAME

	if (helper && helper < COUNT(names))
		return names[helper];
	switch (helper) {
	case 210: /* Linux 6.2, the last helper: kfuncs came instead */
		return "cgrp_storage_get";
	case 211:
		return "cgrp_storage_delete";
	default:
		return NULL;
	}
}

static const char *tc_verdict_name(int32_t verdict)
{
	static const char *const names[] = {
		[TC_ACT_OK] = "TC_ACT_OK",	   [TC_ACT_RECLASSIFY] = "TC_ACT_RECLASSIFY",
		[TC_ACT_SHOT] = "TC_ACT_SHOT",	   [TC_ACT_PIPE] = "TC_ACT_PIPE",
		[TC_ACT_STOLEN] = "TC_ACT_STOLEN", [TC_ACT_QUEUED] = "TC_ACT_QUEUED",
		[TC_ACT_REPEAT] = "TC_ACT_REPEAT", [TC_ACT_REDIRECT] = "TC_ACT_REDIRECT",
		[TC_ACT_TRAP] = "TC_ACT_TRAP",
	};

	if (verdict == TC_ACT_UNSPEC)
		return "TC_ACT_UNSPEC";
	return verdict >= 0 && (size_t)verdict < COUNT(names) ? names[verdict] : NULL;
}

const char *weir_verdict_name(uint32_t prog_type, int32_t verdict)
{
	static const char *const xdp[] = {
		[XDP_ABORTED] = "XDP_ABORTED",	 [XDP_DROP] = "XDP_DROP",
		[XDP_PASS] = "XDP_PASS",	 [XDP_TX] = "XDP_TX",
		[XDP_REDIRECT] = "XDP_REDIRECT",
	};

	if (prog_type == BPF_PROG_TYPE_SCHED_CLS || prog_type == BPF_PROG_TYPE_SCHED_ACT)
		return tc_verdict_name(verdict);
	if (prog_type != BPF_PROG_TYPE_XDP || verdict < 0 || (size_t)verdict >= COUNT(xdp))
		return NULL;
	return xdp[verdict];
}
