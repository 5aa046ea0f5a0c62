// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the places of programs in borrowed requests of tc: a filter's options,
 * and those of each action, whatever the filter's kind.
 *
 * In: a request with stand-ins (WEIR_STAND_IN_BYTECODE). Out: the same with
 * TCA_BPF_FD and _NAME where OPS_LEN and OPS stood, as tc itself would have sent
 * it for a program.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_bpf.h>
#include <string.h>

#include "loader/borrow.h"
#include "loader/log.h"

struct swap {
	size_t skip; /* stand-ins to pass over */
	bool done;
	int prog_fd;
	const char *name;
};

/* Attributes of options that hold a program, and a list of actions; 0: none. */
struct options {
	uint16_t ops_len, ops, fd, name;
	uint16_t actions;
};

static const struct options of_action = {TCA_ACT_BPF_OPS_LEN, TCA_ACT_BPF_OPS, TCA_ACT_BPF_FD,
					 TCA_ACT_BPF_NAME, 0};

/* Where filters of each kind keep their actions, include/uapi/linux/pkt_cls.h. */
static const struct {
	const char *kind;
	struct options options;
} of_filters[] = {
	{"bpf", {TCA_BPF_OPS_LEN, TCA_BPF_OPS, TCA_BPF_FD, TCA_BPF_NAME, TCA_BPF_ACT}},
	{"basic", {.actions = TCA_BASIC_ACT}},
	{"cgroup", {.actions = TCA_CGROUP_ACT}},
	{"flow", {.actions = TCA_FLOW_ACT}},
	{"flower", {.actions = TCA_FLOWER_ACT}},
	{"fw", {.actions = TCA_FW_ACT}},
	{"matchall", {.actions = TCA_MATCHALL_ACT}},
	{"route", {.actions = TCA_ROUTE4_ACT}},
	{"u32", {.actions = TCA_U32_ACT}},
};

/* @kind: an attribute that may not be terminated. */
static bool is_kind(const struct nlattr *kind, const char *word)
{
	size_t len = strlen(word);

	return kind && mnl_attr_get_payload_len(kind) >= len &&
	       !memcmp(mnl_attr_get_payload(kind), word, len) &&
	       (mnl_attr_get_payload_len(kind) == len ||
		!((const char *)mnl_attr_get_payload(kind))[len]);
}

static const struct options *options_of(const struct nlattr *kind)
{
	static const struct options none;

	for (size_t i = 0; i < sizeof(of_filters) / sizeof(*of_filters); i++)
		if (is_kind(kind, of_filters[i].kind))
			return &of_filters[i].options;
	return &none;
}

static bool redo_options(struct weir_redo *redo, const struct nlattr *attr,
			 const struct options *options, struct swap *swap);

/* ---- actions ------------------------------------------------------------- */

static bool redo_action(struct weir_redo *redo, const struct nlattr *action, struct swap *swap)
{
	struct nlattr *nest = weir_nl_nest(redo->to, redo->room_bytes, action->nla_type);
	const struct nlattr *attr;
	struct weir_attrs attrs;
	bool good = nest && weir_attrs_in(action, &attrs), is_bpf;
	int left;

	if (!good)
		return false;
	is_bpf = is_kind(weir_attrs_find(&attrs, TCA_ACT_KIND), "bpf");
	weir_attrs_for_each(attr, left, &attrs) good =
		good && (is_bpf && mnl_attr_get_type(attr) == TCA_ACT_OPTIONS
				 ? redo_options(redo, attr, &of_action, swap)
				 : weir_redo_copy(redo, attr));
	return good && weir_redo_end(redo, nest);
}

static bool redo_actions(struct weir_redo *redo, const struct nlattr *list, struct swap *swap)
{
	struct nlattr *nest = weir_nl_nest(redo->to, redo->room_bytes, list->nla_type);
	const struct nlattr *attr;
	struct weir_attrs attrs;
	bool good = nest && weir_attrs_in(list, &attrs);
	int left;

	if (!good)
		return false;
	weir_attrs_for_each(attr, left, &attrs) good = good && redo_action(redo, attr, swap);
	return good && weir_redo_end(redo, nest);
}

/* ---- options ------------------------------------------------------------- */

static bool is_stand_in(const struct nlattr *ops)
{
	/* WEIR_STAND_IN_BYTECODE: "1,6 0 0 4294967294" */
	static const struct sock_filter stand_in = {6, 0, 0, 4294967294u};

	return ops && mnl_attr_get_payload_len(ops) == sizeof(stand_in) &&
	       !memcmp(mnl_attr_get_payload(ops), &stand_in, sizeof(stand_in));
}

/* Is the program of these options the one that is meant? */
static bool take_turn(const struct weir_attrs *attrs, const struct options *options,
		      struct swap *swap)
{
	if (!options->ops || swap->done || !is_stand_in(weir_attrs_find(attrs, options->ops)))
		return false;
	if (swap->skip) {
		swap->skip--;
		return false;
	}
	swap->done = true;
	return true;
}

static bool redo_option(struct weir_redo *redo, const struct nlattr *attr,
			const struct options *options, bool mine, struct swap *swap)
{
	uint16_t type = mnl_attr_get_type(attr);

	if (options->actions && type == options->actions)
		return redo_actions(redo, attr, swap);
	if (mine && type == options->ops_len)
		return true;
	if (mine && type == options->ops)
		return weir_redo_prog(redo, options->fd, options->name, swap->prog_fd, swap->name);
	return weir_redo_copy(redo, attr);
}

/* OPS_LEN stands before OPS, and so decides; tc puts actions before both. */
static bool redo_options(struct weir_redo *redo, const struct nlattr *attr,
			 const struct options *options, struct swap *swap)
{
	struct nlattr *nest = weir_nl_nest(redo->to, redo->room_bytes, attr->nla_type);
	const struct nlattr *option;
	struct weir_attrs attrs;
	bool good = nest && weir_attrs_in(attr, &attrs), mine = false;
	int left;

	if (!good)
		return false;
	weir_attrs_for_each(option, left, &attrs)
	{
		if (options->ops_len && mnl_attr_get_type(option) == options->ops_len)
			mine = take_turn(&attrs, options, swap);
		good = good && redo_option(redo, option, options, mine, swap);
	}
	return good && weir_redo_end(redo, nest);
}

/* ---- requests ------------------------------------------------------------ */

static bool redo_filter(struct weir_redo *redo, const struct weir_attrs *from, void *ctx)
{
	const struct options *options = options_of(weir_attrs_find(from, TCA_KIND));
	const struct nlattr *attr;
	bool good = true;
	int left;

	weir_attrs_for_each(attr, left, from) good =
		good &&
		(mnl_attr_get_type(attr) == TCA_OPTIONS ? redo_options(redo, attr, options, ctx)
							: weir_redo_copy(redo, attr));
	return good;
}

static bool redo_action_request(struct weir_redo *redo, const struct weir_attrs *from, void *ctx)
{
	const struct nlattr *attr;
	bool good = true;
	int left;

	weir_attrs_for_each(attr, left, from) good =
		good && (mnl_attr_get_type(attr) == TCA_ACT_TAB ? redo_actions(redo, attr, ctx)
								: weir_redo_copy(redo, attr));
	return good;
}

int weir_borrowed_prog(struct weir_borrowed *req, size_t nth, int prog_fd, const char *name)
{
	struct swap swap = {.skip = nth, .prog_fd = prog_fd, .name = name};
	int err = 0;

	if (weir_borrowed_type(req) == RTM_NEWTFILTER)
		err = weir_borrowed_redo(req, redo_filter, &swap);
	else if (weir_borrowed_type(req) == RTM_NEWACTION)
		err = weir_borrowed_redo(req, redo_action_request, &swap);
	if (!err && !swap.done)
		err = weir_fail(-ENOENT, "borrowed request: program %zu has no place in it", nth);
	return err;
}
