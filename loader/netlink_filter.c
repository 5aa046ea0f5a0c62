// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns tc filters as bytes.
 *
 * In: plain structs, or the kernel's answers. Out: requests, the same bytes that
 * iproute2 sends; plain structs, by callback once an answer is complete. A dump
 * holds one message with handle 0 for each pref before its filters
 * (net/sched/cls_api.c, tcf_chain_dump()).
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "loader/netlink_in.h"

/* ---- requests ------------------------------------------------------------ */

/* include/uapi/linux/rtnetlink.h: tcm_parent is then a block's index. */
#define IFINDEX_OF_BLOCK ((int)TCM_IFINDEX_MAGIC_BLOCK)

static bool put_actions(struct nlmsghdr *msg, size_t len, const struct weir_tc_filter *filter)
{
	struct nlattr *nest;

	if (!filter->n_actions)
		return true;
	nest = weir_nl_nest(msg, len, TCA_BPF_ACT);
	if (!nest || !weir_nl_put_actions(msg, len, filter->actions, filter->n_actions))
		return false;
	mnl_attr_nest_end(msg, nest);
	return true;
}

static bool put_classid(struct nlmsghdr *msg, size_t len, const struct weir_tc_filter *filter)
{
	return (!filter->classid && !filter->has_classid) ||
	       mnl_attr_put_u32_check(msg, len, TCA_BPF_CLASSID, filter->classid);
}

static bool put_program(struct nlmsghdr *msg, size_t len, const struct weir_tc_filter *filter)
{
	if (filter->prog_fd > 0)
		return mnl_attr_put_u32_check(msg, len, TCA_BPF_FD, (uint32_t)filter->prog_fd) &&
		       mnl_attr_put_strz_check(msg, len, TCA_BPF_NAME, filter->name);
	/* Without any program tc sends bytecode of no length. */
	return mnl_attr_put_u16_check(msg, len, TCA_BPF_OPS_LEN, filter->n_ops) &&
	       mnl_attr_put_check(msg, len, TCA_BPF_OPS, filter->n_ops * sizeof(*filter->ops),
				  filter->ops);
}

static bool put_options(struct nlmsghdr *msg, size_t len, const struct weir_tc_filter *filter)
{
	struct nlattr *nest = weir_nl_nest(msg, len, TCA_OPTIONS);

	if (!nest)
		return false;
	if (!filter->classid_after_actions && !put_classid(msg, len, filter))
		return false;
	if (!put_actions(msg, len, filter))
		return false;
	if (filter->classid_after_actions && !put_classid(msg, len, filter))
		return false;
	if (!put_program(msg, len, filter))
		return false;
	if (filter->flags_gen &&
	    !mnl_attr_put_u32_check(msg, len, TCA_BPF_FLAGS_GEN, filter->flags_gen))
		return false;
	if (filter->direct_action &&
	    !mnl_attr_put_u32_check(msg, len, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT))
		return false;
	mnl_attr_nest_end(msg, nest);
	return true;
}

static struct nlmsghdr *filter_head(void *buf, size_t len, uint16_t type, uint16_t flags,
				    const struct weir_tc_filter *filter)
{
	struct nlmsghdr *msg = weir_nl_request(buf, len, type, flags, sizeof(struct tcmsg));
	struct tcmsg *head;

	if (!msg)
		return NULL;
	head = mnl_nlmsg_get_payload(msg);
	head->tcm_ifindex = filter->block ? IFINDEX_OF_BLOCK : filter->ifindex;
	head->tcm_handle = filter->handle;
	head->tcm_parent = filter->block ?: filter->parent;
	head->tcm_info = TC_H_MAKE(filter->pref << 16, filter->protocol_be);
	if ((filter->chain || filter->has_chain) &&
	    !mnl_attr_put_u32_check(msg, len, TCA_CHAIN, filter->chain))
		return NULL;
	return msg;
}

struct nlmsghdr *weir_nl_filter_request(void *buf, size_t len, enum weir_tc_op op,
					const struct weir_tc_filter *filter)
{
	static const struct {
		uint16_t type, flags;
	} heads[] = {
		[WEIR_TC_ADD] = {RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL},
		[WEIR_TC_REPLACE] = {RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE},
		[WEIR_TC_CHANGE] = {RTM_NEWTFILTER, NLM_F_ACK},
		[WEIR_TC_DEL] = {RTM_DELTFILTER, NLM_F_ACK},
		[WEIR_TC_GET] = {RTM_GETTFILTER, NLM_F_ECHO},
	};
	struct nlmsghdr *msg = filter_head(buf, len, heads[op].type, heads[op].flags, filter);

	if (!msg)
		return NULL;
	if (*filter->kind && !mnl_attr_put_strz_check(msg, len, TCA_KIND, filter->kind))
		return NULL;
	if (op != WEIR_TC_DEL && op != WEIR_TC_GET && filter->has_options &&
	    !put_options(msg, len, filter))
		return NULL;
	return msg;
}

struct nlmsghdr *weir_nl_filter_dump(void *buf, size_t len, const struct weir_tc_filter *which)
{
	return filter_head(buf, len, RTM_GETTFILTER, NLM_F_DUMP, which);
}

/* ---- answers ------------------------------------------------------------- */

static void parse_bpf_options(const struct nlattr *nest, struct weir_tc_filter *filter,
			      struct weir_tc_action *actions)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_BPF_NAME:
			weir_nl_attr_str(attr, filter->name, sizeof(filter->name));
			break;
		case TCA_BPF_ID:
			filter->prog_id = weir_nl_attr_u32(attr);
			break;
		case TCA_BPF_TAG:
			filter->has_tag = mnl_attr_get_payload_len(attr) == sizeof(filter->tag);
			if (filter->has_tag)
				memcpy(filter->tag, mnl_attr_get_payload(attr),
				       sizeof(filter->tag));
			break;
		case TCA_BPF_FLAGS:
			filter->direct_action = weir_nl_attr_u32(attr) & TCA_BPF_FLAG_ACT_DIRECT;
			break;
		case TCA_BPF_FLAGS_GEN:
			filter->flags_gen = weir_nl_attr_u32(attr);
			break;
		case TCA_BPF_CLASSID:
			filter->classid = weir_nl_attr_u32(attr);
			break;
		case TCA_BPF_OPS:
			filter->ops = mnl_attr_get_payload(attr);
			filter->n_ops =
				(uint16_t)(mnl_attr_get_payload_len(attr) / sizeof(*filter->ops));
			break;
		case TCA_BPF_POLICE:
			filter->has_police = true;
			break;
		case TCA_BPF_ACT:
			if (actions) {
				filter->actions = actions;
				filter->n_actions =
					weir_nl_actions_parse(attr, actions, WEIR_TC_ACTIONS_MAX);
			}
			break;
		default:
			break;
		}
	}
}

/* As iproute2 words an echo: REPLACE without CREATE|EXCL is a replacement. */
static enum weir_tc_event event_of(const struct nlmsghdr *msg)
{
	uint16_t flags = msg->nlmsg_flags;

	if (msg->nlmsg_type == RTM_DELTFILTER)
		return WEIR_TC_DELETED;
	if (!(flags & NLM_F_CREATE))
		return WEIR_TC_IS;
	return flags & NLM_F_EXCL ? WEIR_TC_ADDED : WEIR_TC_REPLACED;
}

int weir_nl_filter_parse(const struct nlmsghdr *msg, struct weir_tc_filter *out,
			 struct weir_tc_action *actions)
{
	const struct tcmsg *head = mnl_nlmsg_get_payload(msg);
	struct weir_tc_filter filter = {.prog_fd = -1};
	const struct nlattr *attr, *options = NULL;

	if ((msg->nlmsg_type != RTM_NEWTFILTER && msg->nlmsg_type != RTM_DELTFILTER) ||
	    mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return -EBADMSG;
	filter.event = event_of(msg);
	filter.handle = head->tcm_handle;
	filter.pref = TC_H_MAJ(head->tcm_info) >> 16;
	filter.protocol_be = (uint16_t)TC_H_MIN(head->tcm_info);
	if (head->tcm_ifindex == IFINDEX_OF_BLOCK) {
		filter.block = head->tcm_parent;
	} else {
		filter.ifindex = head->tcm_ifindex;
		filter.parent = head->tcm_parent;
	}
	mnl_attr_for_each(attr, msg, sizeof(*head))
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			weir_nl_attr_str(attr, filter.kind, sizeof(filter.kind));
			break;
		case TCA_CHAIN:
			filter.has_chain = true;
			filter.chain = weir_nl_attr_u32(attr);
			break;
		case TCA_OPTIONS:
			options = attr;
			break;
		default:
			break;
		}
	}
	filter.has_options = options != NULL;
	if (options && !strcmp(filter.kind, "bpf"))
		parse_bpf_options(options, &filter, actions);
	*out = filter;
	return 0;
}

struct weir_tc_filter_list {
	struct weir_nl_answer answer;
};

int weir_tc_filter_list_get(struct weir_net *net, const struct weir_tc_filter *which,
			    struct weir_tc_filter_list **out, struct weir_ack *ack)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = weir_nl_filter_dump(buf, sizeof(buf), which);
	struct weir_tc_filter_list *list = calloc(1, sizeof(*list));
	int err;

	*ack = (struct weir_ack){0};
	if (!list)
		return -ENOMEM;
	err = weir_nl_dump(net, ask, &list->answer, ack);
	if (err) {
		weir_tc_filter_list_free(list);
		return err;
	}
	*out = list;
	return 0;
}

int weir_tc_filter_list_each(const struct weir_tc_filter_list *list, weir_tc_filter_fn fn,
			     void *ctx)
{
	struct weir_tc_action actions[WEIR_TC_ACTIONS_MAX];
	const struct nlmsghdr *msg;
	struct weir_tc_filter filter;
	int left, ret;

	weir_nl_for_each(msg, left, &list->answer)
	{
		ret = weir_nl_filter_parse(msg, &filter, actions) ? 0 : fn(&filter, ctx);
		if (ret)
			return ret;
	}
	return 0;
}

void weir_tc_filter_list_free(struct weir_tc_filter_list *list)
{
	if (list)
		weir_nl_answer_free(&list->answer);
	free(list);
}

struct heads_left_out {
	weir_tc_filter_fn fn;
	void *ctx;
};

static int leave_out_heads(const struct weir_tc_filter *filter, void *ctx)
{
	const struct heads_left_out *walk = ctx;

	return filter->handle ? walk->fn(filter, walk->ctx) : 0;
}

int weir_nl_filters(struct weir_net *net, int ifindex, uint32_t parent, weir_tc_filter_fn fn,
		    void *ctx)
{
	const struct weir_tc_filter which = {.ifindex = ifindex, .parent = parent};
	struct heads_left_out walk = {fn, ctx};
	struct weir_tc_filter_list *list;
	struct weir_ack ack;
	int ret = weir_tc_filter_list_get(net, &which, &list, &ack);

	if (ret)
		return ret;
	ret = weir_tc_filter_list_each(list, leave_out_heads, &walk);
	weir_tc_filter_list_free(list);
	return ret;
}

int weir_nl_filter_talk(struct weir_net *net, struct nlmsghdr *msg, struct weir_tc_filter *out,
			char *ext, size_t ext_len)
{
	struct weir_nl_answer answer = {0};
	struct weir_ack ack = {0};
	int err;

	if (!msg)
		return -EMSGSIZE;
	msg->nlmsg_flags |= NLM_F_ECHO;
	err = weir_nl_ask(net, msg, &answer, &ack);
	if (ext && ext_len)
		memccpy(ext, ack.text, '\0',
			ext_len < sizeof(ack.text) ? ext_len : sizeof(ack.text));
	if (!err)
		err = answer.len_bytes ? weir_nl_filter_parse((const void *)answer.bytes, out, NULL)
				       : -EBADMSG;
	if (!err)
		out->ops = NULL, out->n_ops = 0;
	weir_nl_answer_free(&answer);
	return err;
}
