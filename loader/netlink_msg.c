// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the bytes of requests: XDP on a link, and the ingress and clsact qdiscs;
 * those of filters and actions are in netlink_filter.c and netlink_action.c.
 *
 * In: plain structs. Out: a message in the caller's buffer, the same bytes
 * that iproute2 6.1 sends (tests/test_netlink.c holds both against each
 * other); only XDP_FLAGS_REPLACE with IFLA_XDP_EXPECTED_FD, the kernel's
 * compare and swap (Linux 5.7), is something iproute2 never uses. The nested
 * attributes carry no NLA_F_NESTED, as iproute2's do not.
 */
#include "loader/netlink_in.h"

#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct nlmsghdr *weir_nl_request(void *buf, size_t len, uint16_t type, uint16_t flags,
				 size_t head_bytes)
{
	struct nlmsghdr *msg;

	if (len < MNL_NLMSG_HDRLEN + MNL_ALIGN(head_bytes))
		return NULL;
	/* libmnl 1.0.4 leaves the padding behind strings as it finds it. */
	memset(buf, 0, len);
	msg = mnl_nlmsg_put_header(buf);
	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	mnl_nlmsg_put_extra_header(msg, head_bytes);
	return msg;
}

struct nlattr *weir_nl_nest(struct nlmsghdr *msg, size_t len, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(msg, len, type);

	if (nest)
		nest->nla_type = type;
	return nest;
}

struct nlmsghdr *weir_nl_xdp_request(void *buf, size_t len, int ifindex, int prog_fd,
				     uint32_t flags, int expected_fd)
{
	struct nlmsghdr *msg =
		weir_nl_request(buf, len, RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	struct ifinfomsg *head;
	struct nlattr *nest;

	if (!msg)
		return NULL;
	head = mnl_nlmsg_get_payload(msg);
	head->ifi_index = ifindex;
	nest = weir_nl_nest(msg, len, IFLA_XDP);
	if (!nest || !mnl_attr_put_u32_check(msg, len, IFLA_XDP_FD, (uint32_t)prog_fd))
		return NULL;
	if (flags && !mnl_attr_put_u32_check(msg, len, IFLA_XDP_FLAGS, flags))
		return NULL;
	if ((flags & XDP_FLAGS_REPLACE) &&
	    !mnl_attr_put_u32_check(msg, len, IFLA_XDP_EXPECTED_FD, (uint32_t)expected_fd))
		return NULL;
	mnl_attr_nest_end(msg, nest);
	return msg;
}

static uint16_t qdisc_flags(enum weir_tc_op op)
{
	if (op == WEIR_TC_ADD)
		return NLM_F_CREATE | NLM_F_EXCL;
	return op == WEIR_TC_DEL ? 0 : NLM_F_CREATE | NLM_F_REPLACE;
}

struct nlmsghdr *weir_nl_qdisc_request(void *buf, size_t len, enum weir_tc_op op,
				       const struct weir_tc_qdisc *qdisc)
{
	struct nlmsghdr *msg =
		weir_nl_request(buf, len, op == WEIR_TC_DEL ? RTM_DELQDISC : RTM_NEWQDISC,
				NLM_F_ACK | qdisc_flags(op), sizeof(struct tcmsg));
	struct tcmsg *head;

	if (!msg)
		return NULL;
	head = mnl_nlmsg_get_payload(msg);
	head->tcm_ifindex = qdisc->ifindex;
	head->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	head->tcm_parent = TC_H_CLSACT;
	if (!mnl_attr_put_strz_check(msg, len, TCA_KIND, qdisc->kind))
		return NULL;
	if (qdisc->ingress_block &&
	    !mnl_attr_put_u32_check(msg, len, TCA_INGRESS_BLOCK, qdisc->ingress_block))
		return NULL;
	if (qdisc->egress_block &&
	    !mnl_attr_put_u32_check(msg, len, TCA_EGRESS_BLOCK, qdisc->egress_block))
		return NULL;
	return msg;
}
