// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the bytes of requests: XDP on a link, the clsact qdisc, filters.
 *
 * In: plain structs. Out: a message in the caller's buffer, the same bytes
 * that iproute2 6.1 sends (tests/test_netlink.c holds both against each
 * other); only XDP_FLAGS_REPLACE with IFLA_XDP_EXPECTED_FD, the kernel's
 * compare and swap (Linux 5.7), is something iproute2 never uses. The nested
 * attributes carry no NLA_F_NESTED, as iproute2's do not.
 */
#include "loader/netlink.h"

#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

static struct nlmsghdr *request(void *buf, size_t len, uint16_t type, uint16_t flags,
				size_t head_bytes)
{
	struct nlmsghdr *msg;

	if (len < MNL_NLMSG_HDRLEN + MNL_ALIGN(head_bytes))
		return NULL;
	/* libmnl 1.0.4 leaves the padding behind strings as it finds it. */
	memset(buf, 0, len);
	msg = mnl_nlmsg_put_header(buf);
	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	mnl_nlmsg_put_extra_header(msg, head_bytes);
	return msg;
}

static struct nlattr *nest_start(struct nlmsghdr *msg, size_t len, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(msg, len, type);

	if (nest)
		nest->nla_type = type;
	return nest;
}

struct nlmsghdr *weir_nl_xdp_request(void *buf, size_t len, int ifindex, int prog_fd,
				     uint32_t flags, int expected_fd)
{
	struct nlmsghdr *msg = request(buf, len, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *head;
	struct nlattr *nest;

	if (!msg)
		return NULL;
	head = mnl_nlmsg_get_payload(msg);
	head->ifi_index = ifindex;
	nest = nest_start(msg, len, IFLA_XDP);
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

struct nlmsghdr *weir_nl_qdisc_request(void *buf, size_t len, bool add, int ifindex,
				       const char *kind)
{
	struct nlmsghdr *msg = request(buf, len, add ? RTM_NEWQDISC : RTM_DELQDISC,
				       add ? NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(struct tcmsg));
	struct tcmsg *head;

	if (!msg)
		return NULL;
	head = mnl_nlmsg_get_payload(msg);
	head->tcm_ifindex = ifindex;
	head->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	head->tcm_parent = TC_H_CLSACT;
	return mnl_attr_put_strz_check(msg, len, TCA_KIND, kind) ? msg : NULL;
}

static bool put_bpf_options(struct nlmsghdr *msg, size_t len, const struct weir_filter *filter)
{
	struct nlattr *nest = nest_start(msg, len, TCA_OPTIONS);

	if (!nest || !mnl_attr_put_u32_check(msg, len, TCA_BPF_FD, (uint32_t)filter->prog_fd) ||
	    !mnl_attr_put_strz_check(msg, len, TCA_BPF_NAME, filter->name))
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

struct nlmsghdr *weir_nl_filter_request(void *buf, size_t len, enum weir_filter_op op,
					const struct weir_filter *filter)
{
	struct nlmsghdr *msg = request(
		buf, len, op == WEIR_FILTER_DEL ? RTM_DELTFILTER : RTM_NEWTFILTER,
		op == WEIR_FILTER_ADD ? NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(struct tcmsg));
	struct tcmsg *head;

	if (!msg)
		return NULL;
	head = mnl_nlmsg_get_payload(msg);
	head->tcm_ifindex = filter->ifindex;
	head->tcm_handle = filter->handle;
	head->tcm_parent = filter->parent;
	head->tcm_info = TC_H_MAKE(filter->pref << 16, filter->protocol_be);
	if (filter->chain && !mnl_attr_put_u32_check(msg, len, TCA_CHAIN, filter->chain))
		return NULL;
	if (!mnl_attr_put_strz_check(msg, len, TCA_KIND, filter->kind))
		return NULL;
	if (op != WEIR_FILTER_DEL && !put_bpf_options(msg, len, filter))
		return NULL;
	return msg;
}
