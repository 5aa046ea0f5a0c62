// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns tc actions as bytes: `TCA_ACT_TAB { 1..n { kind, options } }`, alone or
 * inside a filter.
 *
 * In: plain structs, or the kernel's answers. Out: requests, the same bytes that
 * iproute2 sends; plain structs. Actions of kind bpf are read as a whole, of
 * others only the kind and what all kinds share.
 */
#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_bpf.h>
#include <string.h>

#include "loader/netlink_in.h"

/* TCA_ACT_OPTIONS is the one nest to which iproute2 gives the flag. */
#define ACT_OPTIONS (TCA_ACT_OPTIONS | NLA_F_NESTED)

/* struct tc_act_bpf: tc_gen of linux/pkt_cls.h. */
struct parms {
	uint32_t index;
	uint32_t capab;
	int32_t action;
	int32_t refcnt;
	int32_t bindcnt;
};

/* ---- requests ------------------------------------------------------------ */

static bool put_program(struct nlmsghdr *msg, size_t len, const struct weir_tc_action *action)
{
	if (action->prog_fd > 0)
		return mnl_attr_put_u32_check(msg, len, TCA_ACT_BPF_FD,
					      (uint32_t)action->prog_fd) &&
		       mnl_attr_put_strz_check(msg, len, TCA_ACT_BPF_NAME, action->name);
	if (!action->n_ops)
		return true;
	return mnl_attr_put_u16_check(msg, len, TCA_ACT_BPF_OPS_LEN, action->n_ops) &&
	       mnl_attr_put_check(msg, len, TCA_ACT_BPF_OPS, action->n_ops * sizeof(*action->ops),
				  action->ops);
}

static bool put_action(struct nlmsghdr *msg, size_t len, const struct weir_tc_action *action)
{
	const struct parms parms = {.index = action->index, .action = action->control};
	struct nlattr *options;

	if (!mnl_attr_put_strz_check(msg, len, TCA_ACT_KIND, action->kind))
		return false;
	options = weir_nl_nest(msg, len, ACT_OPTIONS);
	if (!options || !put_program(msg, len, action) ||
	    !mnl_attr_put_check(msg, len, TCA_ACT_BPF_PARMS, sizeof(parms), &parms))
		return false;
	mnl_attr_nest_end(msg, options);
	return !action->cookie_bytes ||
	       mnl_attr_put_check(msg, len, TCA_ACT_COOKIE, action->cookie_bytes, action->cookie);
}

bool weir_nl_put_actions(struct nlmsghdr *msg, size_t len, const struct weir_tc_action *actions,
			 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct nlattr *nest = weir_nl_nest(msg, len, (uint16_t)(i + 1));

		if (!nest || !put_action(msg, len, &actions[i]))
			return false;
		mnl_attr_nest_end(msg, nest);
	}
	return true;
}

/* get, del: an action is named by kind and index. */
static bool put_names(struct nlmsghdr *msg, size_t len, const struct weir_tc_action *actions,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct nlattr *nest = weir_nl_nest(msg, len, (uint16_t)(i + 1));

		if (!nest || !mnl_attr_put_strz_check(msg, len, TCA_ACT_KIND, actions[i].kind) ||
		    !mnl_attr_put_u32_check(msg, len, TCA_ACT_INDEX, actions[i].index))
			return false;
		mnl_attr_nest_end(msg, nest);
	}
	return true;
}

struct nlmsghdr *weir_nl_action_request(void *buf, size_t len, enum weir_tc_op op,
					const struct weir_tc_action *actions, size_t n)
{
	static const struct {
		uint16_t type, flags;
	} heads[] = {
		[WEIR_TC_ADD] = {RTM_NEWACTION, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL},
		[WEIR_TC_REPLACE] = {RTM_NEWACTION, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE},
		[WEIR_TC_CHANGE] = {RTM_NEWACTION, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE},
		[WEIR_TC_DEL] = {RTM_DELACTION, NLM_F_ACK},
		[WEIR_TC_GET] = {RTM_GETACTION, 0},
	};
	struct nlmsghdr *msg =
		weir_nl_request(buf, len, heads[op].type, heads[op].flags, sizeof(struct tcamsg));
	struct nlattr *tab = msg ? weir_nl_nest(msg, len, TCA_ACT_TAB) : NULL;
	bool by_name = op == WEIR_TC_DEL || op == WEIR_TC_GET;

	if (!tab)
		return NULL;
	if (by_name ? !put_names(msg, len, actions, n) : !weir_nl_put_actions(msg, len, actions, n))
		return NULL;
	mnl_attr_nest_end(msg, tab);
	return msg;
}

/* list and flush: the kind, and the wish for answers of any size. */
static struct nlmsghdr *all_of_kind(void *buf, size_t len, uint16_t type, uint16_t flags,
				    const char *kind)
{
	const struct nla_bitfield32 large = {TCA_FLAG_LARGE_DUMP_ON, TCA_FLAG_LARGE_DUMP_ON};
	struct nlmsghdr *msg = weir_nl_request(buf, len, type, flags, sizeof(struct tcamsg));
	struct nlattr *tab = msg ? weir_nl_nest(msg, len, TCA_ACT_TAB) : NULL;
	struct nlattr *nest = tab ? weir_nl_nest(msg, len, 1) : NULL;

	if (!nest || !mnl_attr_put_strz_check(msg, len, TCA_ACT_KIND, kind))
		return NULL;
	mnl_attr_nest_end(msg, nest);
	mnl_attr_nest_end(msg, tab);
	return mnl_attr_put_check(msg, len, TCA_ROOT_FLAGS, sizeof(large), &large) ? msg : NULL;
}

struct nlmsghdr *weir_nl_action_dump(void *buf, size_t len, const char *kind)
{
	return all_of_kind(buf, len, RTM_GETACTION, NLM_F_DUMP, kind);
}

struct nlmsghdr *weir_nl_action_flush(void *buf, size_t len, const char *kind)
{
	return all_of_kind(buf, len, RTM_DELACTION, NLM_F_ACK | NLM_F_ROOT, kind);
}

/* ---- answers ------------------------------------------------------------- */

static void parse_parms(const struct nlattr *attr, struct weir_tc_action *action)
{
	struct parms parms;

	if (mnl_attr_get_payload_len(attr) < sizeof(parms))
		return;
	memcpy(&parms, mnl_attr_get_payload(attr), sizeof(parms));
	action->index = parms.index;
	action->control = parms.action;
	action->refcnt = parms.refcnt;
	action->bindcnt = parms.bindcnt;
}

static void parse_times(const struct nlattr *attr, struct weir_tc_action *action)
{
	struct tcf_t times;

	if (mnl_attr_get_payload_len(attr) < sizeof(times))
		return;
	memcpy(&times, mnl_attr_get_payload(attr), sizeof(times));
	action->has_times = true;
	action->installed_ticks = times.install;
	action->lastuse_ticks = times.lastuse;
	action->expires_ticks = times.expires;
	action->firstuse_ticks = times.firstuse;
}

static void parse_ops(const struct nlattr *attr, struct weir_tc_action *action)
{
	action->ops = mnl_attr_get_payload(attr);
	action->n_ops = (uint16_t)(mnl_attr_get_payload_len(attr) / sizeof(*action->ops));
}

static void parse_options(const struct nlattr *nest, struct weir_tc_action *action)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_ACT_BPF_PARMS:
			parse_parms(attr, action);
			break;
		case TCA_ACT_BPF_OPS:
			parse_ops(attr, action);
			break;
		case TCA_ACT_BPF_NAME:
			weir_nl_attr_str(attr, action->name, sizeof(action->name));
			break;
		case TCA_ACT_BPF_ID:
			action->prog_id = weir_nl_attr_u32(attr);
			break;
		case TCA_ACT_BPF_TM:
			parse_times(attr, action);
			break;
		case TCA_ACT_BPF_TAG:
			action->has_tag = mnl_attr_get_payload_len(attr) == sizeof(action->tag);
			if (action->has_tag)
				memcpy(action->tag, mnl_attr_get_payload(attr),
				       sizeof(action->tag));
			break;
		default:
			break;
		}
	}
}

static void parse_stats(const struct nlattr *nest, struct weir_tc_action *action)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		const void *payload = mnl_attr_get_payload(attr);
		size_t len = mnl_attr_get_payload_len(attr);
		struct gnet_stats_basic basic = {0};
		struct gnet_stats_queue queue = {0};

		/* bytes and packets; the struct's padding does not always come */
		if (mnl_attr_get_type(attr) == TCA_STATS_BASIC && len >= 12) {
			memcpy(&basic, payload, len < sizeof(basic) ? len : sizeof(basic));
			action->has_stats = true;
			action->bytes = basic.bytes;
			action->packets = basic.packets;
		} else if (mnl_attr_get_type(attr) == TCA_STATS_QUEUE && len >= sizeof(queue)) {
			memcpy(&queue, payload, sizeof(queue));
			action->drops = queue.drops;
			action->overlimits = queue.overlimits;
			action->requeues = queue.requeues;
			action->backlog_bytes = queue.backlog;
			action->backlog_packets = queue.qlen;
		}
	}
}

static void parse_cookie(const struct nlattr *attr, struct weir_tc_action *action)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > sizeof(action->cookie))
		return;
	action->cookie_bytes = (uint8_t)len;
	memcpy(action->cookie, mnl_attr_get_payload(attr), len);
}

static struct weir_tc_bits parse_bits(const struct nlattr *attr)
{
	struct nla_bitfield32 bits = {0};

	if (mnl_attr_get_payload_len(attr) >= sizeof(bits))
		memcpy(&bits, mnl_attr_get_payload(attr), sizeof(bits));
	return (struct weir_tc_bits){.value = bits.value, .known = bits.selector};
}

static void parse_action(const struct nlattr *nest, struct weir_tc_action *action)
{
	const struct nlattr *attr, *options = NULL;

	*action = (struct weir_tc_action){.order = mnl_attr_get_type(nest), .prog_fd = -1};
	mnl_attr_for_each_nested(attr, nest)
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_ACT_KIND:
			weir_nl_attr_str(attr, action->kind, sizeof(action->kind));
			break;
		case TCA_ACT_OPTIONS:
			options = attr;
			break;
		case TCA_ACT_STATS:
			parse_stats(attr, action);
			break;
		case TCA_ACT_COOKIE:
			parse_cookie(attr, action);
			break;
		case TCA_ACT_INDEX:
			action->index = weir_nl_attr_u32(attr);
			break;
		case TCA_ACT_FLAGS:
			action->flags = parse_bits(attr);
			break;
		case TCA_ACT_HW_STATS:
			action->hw_stats = parse_bits(attr);
			break;
		case TCA_ACT_USED_HW_STATS:
			action->used_hw_stats = parse_bits(attr);
			break;
		case TCA_ACT_IN_HW_COUNT:
			action->has_hw_count = true;
			action->in_hw_count = weir_nl_attr_u32(attr);
			break;
		default:
			break;
		}
	}
	if (options && !strcmp(action->kind, "bpf"))
		parse_options(options, action);
}

size_t weir_nl_actions_count(const struct nlattr *nest)
{
	const struct nlattr *attr;
	size_t n = 0;

	mnl_attr_for_each_nested(attr, nest) n++;
	return n;
}

size_t weir_nl_actions_parse(const struct nlattr *nest, struct weir_tc_action *out, size_t max)
{
	const struct nlattr *attr;
	size_t n = 0;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (n < max)
			parse_action(attr, &out[n++]);
	}
	return n;
}
