// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table section name -> program type, attach type, direction. iproute2
 * takes the type from the command and libbpf from exact names; people's
 * objects carry names of both worlds and of older ones ("xdp_prog", "cls").
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "loader/section.h"
#include "loader/uapi.h"

struct row {
	const char *name;
	bool prefix; /* may be followed by one of "/_.-" and anything */
	struct weir_section_kind kind;
};

/* First match wins: longer names stand before their prefixes. */
static const struct row rows[] = {
	{"xdp/devmap", true, {BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, WEIR_HOOK_NONE, false, false}},
	{"xdp.frags/devmap",
	 true,
	 {BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, WEIR_HOOK_NONE, true, false}},
	{"xdp/cpumap", true, {BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, WEIR_HOOK_NONE, false, false}},
	{"xdp.frags/cpumap",
	 true,
	 {BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, WEIR_HOOK_NONE, true, false}},
	{"xdp.frags", true, {BPF_PROG_TYPE_XDP, BPF_XDP, WEIR_HOOK_XDP, true, true}},
	{"xdp", true, {BPF_PROG_TYPE_XDP, BPF_XDP, WEIR_HOOK_XDP, false, true}},
	{"tcx/ingress",
	 false,
	 {BPF_PROG_TYPE_SCHED_CLS, WEIR_BPF_TCX_INGRESS, WEIR_HOOK_INGRESS, false, true}},
	{"tcx/egress",
	 false,
	 {BPF_PROG_TYPE_SCHED_CLS, WEIR_BPF_TCX_EGRESS, WEIR_HOOK_EGRESS, false, true}},
	{"tc", true, {BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_NONE, false, true}},
	{"classifier", true, {BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_NONE, false, true}},
	{"cls", true, {BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_NONE, false, true}},
	{"ingress", true, {BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_INGRESS, false, true}},
	{"egress", true, {BPF_PROG_TYPE_SCHED_CLS, 0, WEIR_HOOK_EGRESS, false, true}},
	{"action", true, {BPF_PROG_TYPE_SCHED_ACT, 0, WEIR_HOOK_NONE, false, true}},
	{"act", true, {BPF_PROG_TYPE_SCHED_ACT, 0, WEIR_HOOK_NONE, false, true}},
};

static bool row_matches(const struct row *row, const char *section)
{
	size_t len = strlen(row->name);

	if (strncmp(section, row->name, len) != 0)
		return false;
	if (section[len] == '\0')
		return true;
	return row->prefix && strchr("/_.-", section[len]);
}

enum weir_hook weir_name_direction(const char *name)
{
	if (strstr(name, "ingress"))
		return WEIR_HOOK_INGRESS;
	return strstr(name, "egress") ? WEIR_HOOK_EGRESS : WEIR_HOOK_NONE;
}

struct weir_section_kind weir_section_kind(const char *section)
{
	struct weir_section_kind kind = {0};
	enum bpf_attach_type attach_type;
	enum bpf_prog_type prog_type;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!row_matches(&rows[i], section))
			continue;
		kind = rows[i].kind;
		if (kind.prog_type == BPF_PROG_TYPE_SCHED_CLS && !kind.hook)
			kind.hook = weir_name_direction(section);
		return kind;
	}
	/* kprobe/..., socket, lwt_in: libbpf's own table. */
	if (libbpf_prog_type_by_name(section, &prog_type, &attach_type) == 0) {
		kind.prog_type = prog_type;
		kind.attach_type = attach_type;
	}
	return kind;
}

const char *weir_section_of_type(uint32_t prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_SCHED_CLS:
		return "classifier";
	case BPF_PROG_TYPE_SCHED_ACT:
		return "action";
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
		return "prog";
	default:
		return NULL;
	}
}

static bool read_u32(const char *text, char **end, uint32_t *out)
{
	unsigned long value;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, end, 0);
	if (errno || *end == text || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

bool weir_section_is_tail(const char *section, uint32_t *id, uint32_t *key)
{
	uint32_t left, right;
	char *end;

	if (!read_u32(section, &end, &left) || *end != '/')
		return false;
	if (!read_u32(end + 1, &end, &right))
		return false;
	*id = left;
	*key = right;
	return true;
}
