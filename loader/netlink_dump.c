// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the reading of links, qdiscs and filters.
 *
 * In: answers of rtnetlink. Out: the structs of netlink.h, by callback once an
 * answer is complete. Filter dumps hold one message with handle 0 for each
 * pref before its filters (net/sched/cls_api.c, tcf_chain_dump()); those are
 * passed over here.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "loader/netlink_in.h"

/* ALTIFNAMSIZ, linux/if.h, Linux 5.5: alternative names of interfaces. */
#define ALTNAME_BYTES 128

static uint32_t attr_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ? mnl_attr_get_u32(attr) : 0;
}

static void attr_str(const struct nlattr *attr, char *out, size_t len)
{
	size_t n = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	n = n < len ? n : len - 1;
	memcpy(out, mnl_attr_get_payload(attr), n);
	out[n] = '\0';
}

/* ---- one message ----------------------------------------------------------- */

static void parse_xdp(const struct nlattr *nest, struct weir_link *link)
{
	const struct nlattr *attr;
	uint32_t sole_id = 0;

	mnl_attr_for_each_nested(attr, nest)
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_XDP_ATTACHED:
			if (mnl_attr_get_payload_len(attr) >= 1)
				link->xdp_attached = mnl_attr_get_u8(attr);
			break;
		case IFLA_XDP_PROG_ID:
			sole_id = attr_u32(attr);
			break;
		case IFLA_XDP_DRV_PROG_ID:
			link->xdp_native_id = attr_u32(attr);
			break;
		case IFLA_XDP_SKB_PROG_ID:
			link->xdp_generic_id = attr_u32(attr);
			break;
		case IFLA_XDP_HW_PROG_ID:
			link->xdp_offload_id = attr_u32(attr);
			break;
		default:
			break;
		}
	}
	/* Before Linux 4.19 there is only the one id. */
	if (link->xdp_attached == XDP_ATTACHED_DRV && !link->xdp_native_id)
		link->xdp_native_id = sole_id;
	if (link->xdp_attached == XDP_ATTACHED_SKB && !link->xdp_generic_id)
		link->xdp_generic_id = sole_id;
	if (link->xdp_attached == XDP_ATTACHED_HW && !link->xdp_offload_id)
		link->xdp_offload_id = sole_id;
}

int weir_nl_link_parse(const struct nlmsghdr *msg, struct weir_link *out)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);
	struct weir_link link = {0};
	const struct nlattr *attr;

	if (msg->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return -EBADMSG;
	link.ifindex = head->ifi_index;
	mnl_attr_for_each(attr, msg, sizeof(*head))
	{
		if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			attr_str(attr, link.name, sizeof(link.name));
		else if (mnl_attr_get_type(attr) == IFLA_XDP)
			parse_xdp(attr, &link);
	}
	*out = link;
	return 0;
}

int weir_nl_qdisc_parse(const struct nlmsghdr *msg, struct weir_qdisc *out)
{
	const struct tcmsg *head = mnl_nlmsg_get_payload(msg);
	struct weir_qdisc qdisc = {0};
	const struct nlattr *attr;

	if (msg->nlmsg_type != RTM_NEWQDISC || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return -EBADMSG;
	qdisc.ifindex = head->tcm_ifindex;
	mnl_attr_for_each(attr, msg, sizeof(*head))
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			attr_str(attr, qdisc.kind, sizeof(qdisc.kind));
			break;
		case TCA_INGRESS_BLOCK:
			qdisc.ingress_block = attr_u32(attr);
			break;
		case TCA_EGRESS_BLOCK:
			qdisc.egress_block = attr_u32(attr);
			break;
		default:
			break;
		}
	}
	if (strcmp(qdisc.kind, "clsact") != 0 && strcmp(qdisc.kind, "ingress") != 0)
		return -ENOENT;
	*out = qdisc;
	return 0;
}

static void parse_bpf_options(const struct nlattr *nest, struct weir_filter *filter)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_BPF_NAME:
			attr_str(attr, filter->name, sizeof(filter->name));
			break;
		case TCA_BPF_ID:
			filter->prog_id = attr_u32(attr);
			break;
		case TCA_BPF_TAG:
			if (mnl_attr_get_payload_len(attr) == sizeof(filter->tag))
				memcpy(filter->tag, mnl_attr_get_payload(attr),
				       sizeof(filter->tag));
			break;
		case TCA_BPF_FLAGS:
			filter->direct_action = attr_u32(attr) & TCA_BPF_FLAG_ACT_DIRECT;
			break;
		case TCA_BPF_FLAGS_GEN:
			filter->flags_gen = attr_u32(attr);
			break;
		default:
			break;
		}
	}
}

int weir_nl_filter_parse(const struct nlmsghdr *msg, struct weir_filter *out)
{
	const struct tcmsg *head = mnl_nlmsg_get_payload(msg);
	struct weir_filter filter = {.prog_fd = -1};
	const struct nlattr *attr, *options = NULL;

	if (msg->nlmsg_type != RTM_NEWTFILTER || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return -EBADMSG;
	filter.ifindex = head->tcm_ifindex;
	filter.parent = head->tcm_parent;
	filter.handle = head->tcm_handle;
	filter.pref = TC_H_MAJ(head->tcm_info) >> 16;
	filter.protocol_be = (uint16_t)TC_H_MIN(head->tcm_info);
	mnl_attr_for_each(attr, msg, sizeof(*head))
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			attr_str(attr, filter.kind, sizeof(filter.kind));
			break;
		case TCA_CHAIN:
			filter.chain = attr_u32(attr);
			break;
		case TCA_OPTIONS:
			options = attr;
			break;
		default:
			break;
		}
	}
	if (options && !strcmp(filter.kind, "bpf"))
		parse_bpf_options(options, &filter);
	*out = filter;
	return 0;
}

/* ---- whole answers --------------------------------------------------------- */

static struct nlmsghdr *ask_for(void *buf, uint16_t type, uint16_t flags, size_t head_bytes)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);

	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	mnl_nlmsg_put_extra_header(msg, head_bytes);
	return msg;
}

/* mnl_nlmsg_ok() and _next() count in int; an answer of 2 GiB is none. */
#define for_each_message(msg, left, answer)                                            \
	for ((msg) = (const void *)(answer)->bytes, (left) = (int)(answer)->len_bytes; \
	     (left) > 0 && mnl_nlmsg_ok((msg), (left)); (msg) = mnl_nlmsg_next((msg), &(left)))

int weir_nl_links(struct weir_net *net, weir_link_fn fn, void *ctx)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = ask_for(buf, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	struct weir_nl_answer answer = {0};
	const struct nlmsghdr *msg;
	struct weir_link link;
	int left, err;

	/* Counters are most of a link's bytes, and nobody here reads them. */
	mnl_attr_put_u32(ask, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = weir_nl_dump(net, ask, &answer);
	if (err)
		goto out;
	for_each_message(msg, left, &answer)
	{
		if (!weir_nl_link_parse(msg, &link))
			err = fn(&link, ctx);
		if (err)
			break;
	}
out:
	weir_nl_answer_free(&answer);
	return err;
}

int weir_nl_link(struct weir_net *net, const char *name, int ifindex, struct weir_link *out)
{
	uint8_t buf[64 + ALTNAME_BYTES] __attribute__((aligned(4))) = {0};
	struct nlmsghdr *ask = ask_for(buf, RTM_GETLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(ask);
	struct weir_nl_answer answer = {0};
	int err;

	head->ifi_index = ifindex;
	mnl_attr_put_u32(ask, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name) {
		if (!*name || strlen(name) >= ALTNAME_BYTES)
			return -ENODEV;
		mnl_attr_put_strz(ask, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME,
				  name);
	}
	err = weir_nl_ask(net, ask, &answer, NULL, 0);
	/* The kernel's policy refuses names that no interface can have. */
	if (name && (err == -EINVAL || err == -ERANGE))
		err = -ENODEV;
	if (!err)
		err = answer.len_bytes ? weir_nl_link_parse((const void *)answer.bytes, out)
				       : -EBADMSG;
	weir_nl_answer_free(&answer);
	return err;
}

int weir_nl_qdiscs(struct weir_net *net, int ifindex, weir_qdisc_fn fn, void *ctx)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = ask_for(buf, RTM_GETQDISC, NLM_F_DUMP, sizeof(struct tcmsg));
	struct tcmsg *head = mnl_nlmsg_get_payload(ask);
	struct weir_nl_answer answer = {0};
	const struct nlmsghdr *msg;
	struct weir_qdisc qdisc;
	int left, err;

	head->tcm_ifindex = ifindex;
	err = weir_nl_dump(net, ask, &answer);
	if (err)
		goto out;
	for_each_message(msg, left, &answer)
	{
		/* The kernel answers for all interfaces, whatever was asked. */
		if (!weir_nl_qdisc_parse(msg, &qdisc) && (!ifindex || qdisc.ifindex == ifindex))
			err = fn(&qdisc, ctx);
		if (err)
			break;
	}
out:
	weir_nl_answer_free(&answer);
	return err;
}

int weir_nl_filters(struct weir_net *net, int ifindex, uint32_t parent, weir_filter_fn fn,
		    void *ctx)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = ask_for(buf, RTM_GETTFILTER, NLM_F_DUMP, sizeof(struct tcmsg));
	struct tcmsg *head = mnl_nlmsg_get_payload(ask);
	struct weir_nl_answer answer = {0};
	const struct nlmsghdr *msg;
	struct weir_filter filter;
	int left, err;

	head->tcm_ifindex = ifindex;
	head->tcm_parent = parent;
	err = weir_nl_dump(net, ask, &answer);
	if (err)
		goto out;
	for_each_message(msg, left, &answer)
	{
		if (!weir_nl_filter_parse(msg, &filter) && filter.handle)
			err = fn(&filter, ctx);
		if (err)
			break;
	}
out:
	weir_nl_answer_free(&answer);
	return err;
}

int weir_nl_filter_talk(struct weir_net *net, struct nlmsghdr *msg, struct weir_filter *out,
			char *ext, size_t ext_len)
{
	struct weir_nl_answer answer = {0};
	int err;

	if (!msg)
		return -EMSGSIZE;
	msg->nlmsg_flags |= NLM_F_ECHO;
	err = weir_nl_ask(net, msg, &answer, ext, ext ? ext_len : 0);
	if (!err)
		err = answer.len_bytes ? weir_nl_filter_parse((const void *)answer.bytes, out)
				       : -EBADMSG;
	weir_nl_answer_free(&answer);
	return err;
}
