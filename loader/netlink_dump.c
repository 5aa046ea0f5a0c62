// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the reading of links and qdiscs.
 *
 * In: answers of rtnetlink. Out: the structs of netlink.h, by callback once an
 * answer is complete.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "loader/netlink_in.h"

/* ALTIFNAMSIZ, linux/if.h, Linux 5.5: alternative names of interfaces. */
#define ALTNAME_BYTES 128

uint32_t weir_nl_attr_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ? mnl_attr_get_u32(attr) : 0;
}

void weir_nl_attr_str(const struct nlattr *attr, char *out, size_t len)
{
	size_t n = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	n = n < len ? n : len - 1;
	memcpy(out, mnl_attr_get_payload(attr), n);
	out[n] = '\0';
}

/* ---- one message --------------------------------------------------------- */

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
			sole_id = weir_nl_attr_u32(attr);
			break;
		case IFLA_XDP_DRV_PROG_ID:
			link->xdp_native_id = weir_nl_attr_u32(attr);
			break;
		case IFLA_XDP_SKB_PROG_ID:
			link->xdp_generic_id = weir_nl_attr_u32(attr);
			break;
		case IFLA_XDP_HW_PROG_ID:
			link->xdp_offload_id = weir_nl_attr_u32(attr);
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
			weir_nl_attr_str(attr, link.name, sizeof(link.name));
		else if (mnl_attr_get_type(attr) == IFLA_XDP)
			parse_xdp(attr, &link);
		else if (mnl_attr_get_type(attr) == IFLA_PARENT_DEV_NAME)
			weir_nl_attr_str(attr, link.parent, sizeof(link.parent));
		else if (mnl_attr_get_type(attr) == IFLA_PHYS_PORT_NAME)
			weir_nl_attr_str(attr, link.port, sizeof(link.port));
	}
	*out = link;
	return 0;
}

int weir_nl_qdisc_parse(const struct nlmsghdr *msg, struct weir_tc_qdisc *out)
{
	const struct tcmsg *head = mnl_nlmsg_get_payload(msg);
	struct weir_tc_qdisc qdisc = {0};
	const struct nlattr *attr;

	if ((msg->nlmsg_type != RTM_NEWQDISC && msg->nlmsg_type != RTM_DELQDISC) ||
	    mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return -EBADMSG;
	qdisc.ifindex = head->tcm_ifindex;
	qdisc.handle = head->tcm_handle;
	qdisc.parent = head->tcm_parent;
	qdisc.refcnt = head->tcm_info;
	if (msg->nlmsg_type == RTM_DELQDISC)
		qdisc.event = WEIR_TC_DELETED;
	else if (msg->nlmsg_flags & (NLM_F_CREATE | NLM_F_REPLACE))
		qdisc.event = msg->nlmsg_flags & NLM_F_REPLACE ? WEIR_TC_REPLACED : WEIR_TC_ADDED;
	mnl_attr_for_each(attr, msg, sizeof(*head))
	{
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			weir_nl_attr_str(attr, qdisc.kind, sizeof(qdisc.kind));
			break;
		case TCA_INGRESS_BLOCK:
			qdisc.ingress_block = weir_nl_attr_u32(attr);
			break;
		case TCA_EGRESS_BLOCK:
			qdisc.egress_block = weir_nl_attr_u32(attr);
			break;
		case TCA_HW_OFFLOAD:
			qdisc.offloaded =
				mnl_attr_get_payload_len(attr) >= 1 && mnl_attr_get_u8(attr);
			break;
		default:
			break;
		}
	}
	*out = qdisc;
	return 0;
}

/* ---- whole answers ------------------------------------------------------- */

int weir_nl_links(struct weir_net *net, weir_link_fn fn, void *ctx)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = weir_nl_request(buf, sizeof(buf), RTM_GETLINK, NLM_F_DUMP,
					       sizeof(struct ifinfomsg));
	struct weir_nl_answer answer = {0};
	const struct nlmsghdr *msg;
	struct weir_link link;
	struct weir_ack ack;
	int left, err;

	/* Counters are most of a link's bytes, and nobody here reads them. */
	mnl_attr_put_u32(ask, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = weir_nl_dump(net, ask, &answer, &ack);
	if (err)
		goto out;
	weir_nl_for_each(msg, left, &answer)
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

static int ask_link(struct weir_net *net, struct nlmsghdr *ask, struct weir_link *out)
{
	struct weir_nl_answer answer = {0};
	struct weir_ack ack;
	int err = weir_nl_ask(net, ask, &answer, &ack);

	if (!err)
		err = answer.len_bytes ? weir_nl_link_parse((const void *)answer.bytes, out)
				       : -EBADMSG;
	weir_nl_answer_free(&answer);
	return err;
}

int weir_nl_link_in(struct weir_net *net, int ifindex, int nsid, struct weir_link *out)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask =
		weir_nl_request(buf, sizeof(buf), RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(ask);

	head->ifi_index = ifindex;
	mnl_attr_put_u32(ask, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (nsid >= 0)
		mnl_attr_put_u32(ask, IFLA_TARGET_NETNSID, (uint32_t)nsid);
	return ask_link(net, ask, out);
}

int weir_nl_link(struct weir_net *net, const char *name, int ifindex, struct weir_link *out)
{
	uint8_t buf[64 + ALTNAME_BYTES] __attribute__((aligned(4)));
	struct nlmsghdr *ask =
		weir_nl_request(buf, sizeof(buf), RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(ask);
	int err;

	head->ifi_index = ifindex;
	mnl_attr_put_u32(ask, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name) {
		if (!*name || strlen(name) >= ALTNAME_BYTES)
			return -ENODEV;
		mnl_attr_put_strz(ask, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME,
				  name);
	}
	err = ask_link(net, ask, out);
	/* The kernel's policy refuses names that no interface can have. */
	return name && (err == -EINVAL || err == -ERANGE) ? -ENODEV : err;
}

int weir_nl_qdisc_dump(struct weir_net *net, int ifindex, weir_tc_qdisc_fn fn, void *ctx,
		       struct weir_ack *ack)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask =
		weir_nl_request(buf, sizeof(buf), RTM_GETQDISC, NLM_F_DUMP, sizeof(struct tcmsg));
	struct tcmsg *head = mnl_nlmsg_get_payload(ask);
	struct weir_nl_answer answer = {0};
	const struct nlmsghdr *msg;
	struct weir_tc_qdisc qdisc;
	int left, err;

	head->tcm_ifindex = ifindex;
	err = weir_nl_dump(net, ask, &answer, ack);
	if (err)
		goto out;
	weir_nl_for_each(msg, left, &answer)
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

struct hooks {
	weir_tc_qdisc_fn fn;
	void *ctx;
};

static int tell_hooks(const struct weir_tc_qdisc *qdisc, void *ctx)
{
	const struct hooks *hooks = ctx;

	if (strcmp(qdisc->kind, "clsact") != 0 && strcmp(qdisc->kind, "ingress") != 0)
		return 0;
	return hooks->fn(qdisc, hooks->ctx);
}

int weir_nl_qdiscs(struct weir_net *net, int ifindex, weir_tc_qdisc_fn fn, void *ctx)
{
	struct hooks hooks = {fn, ctx};
	struct weir_ack ack;

	return weir_nl_qdisc_dump(net, ifindex, tell_hooks, &hooks, &ack);
}
