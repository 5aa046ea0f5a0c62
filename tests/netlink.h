/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of rtnetlink as the kernel would send them, made for tests. Each is in one room: the
 * next takes it.
 */
#ifndef WEIR_TESTS_NETLINK_H
#define WEIR_TESTS_NETLINK_H

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>

#include "loader/net.h"
#include "loader/netlink_in.h"

static uint8_t room[70000] __attribute__((aligned(4)));

static inline struct nlmsghdr *begin(uint16_t type, uint16_t flags, size_t head_bytes)
{
	struct nlmsghdr *msg;

	memset(room, 0, sizeof(room));
	msg = mnl_nlmsg_put_header(room);
	msg->nlmsg_type = type;
	msg->nlmsg_flags = flags;
	mnl_nlmsg_put_extra_header(msg, head_bytes);
	return msg;
}

static inline struct nlmsghdr *link_msg(int ifindex, const char *name, uint16_t flags)
{
	struct nlmsghdr *msg = begin(RTM_NEWLINK, flags, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);
	struct nlattr *nest;

	head->ifi_index = ifindex;
	mnl_attr_put_strz(msg, IFLA_IFNAME, name);
	nest = mnl_attr_nest_start(msg, IFLA_XDP);
	mnl_attr_put_u8(msg, IFLA_XDP_ATTACHED, XDP_ATTACHED_MULTI);
	mnl_attr_put_u32(msg, IFLA_XDP_DRV_PROG_ID, 11);
	mnl_attr_put_u32(msg, IFLA_XDP_SKB_PROG_ID, 12);
	mnl_attr_put_u32(msg, IFLA_XDP_HW_PROG_ID, 13);
	mnl_attr_nest_end(msg, nest);
	return msg;
}

static inline struct nlmsghdr *filter_msg(uint32_t handle, const char *name)
{
	struct nlmsghdr *msg = begin(RTM_NEWTFILTER, 0, sizeof(struct tcmsg));
	struct tcmsg *head = mnl_nlmsg_get_payload(msg);
	static const uint8_t tag[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct nlattr *nest;

	head->tcm_ifindex = 5;
	head->tcm_handle = handle;
	head->tcm_parent = WEIR_TC_PARENT_EGRESS;
	head->tcm_info = TC_H_MAKE(49152u << 16, htons(0x0003));
	mnl_attr_put_strz(msg, TCA_KIND, "bpf");
	mnl_attr_put_u32(msg, TCA_CHAIN, 7);
	if (!handle)
		return msg;
	nest = mnl_attr_nest_start(msg, TCA_OPTIONS);
	mnl_attr_put_strz(msg, TCA_BPF_NAME, name);
	mnl_attr_put_u32(msg, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_put_u32(msg, TCA_BPF_FLAGS_GEN, TCA_CLS_FLAGS_NOT_IN_HW);
	mnl_attr_put(msg, TCA_BPF_TAG, sizeof(tag), tag);
	mnl_attr_put_u32(msg, TCA_BPF_ID, 99);
	mnl_attr_nest_end(msg, nest);
	return msg;
}

static inline struct nlmsghdr *done_msg(int err, uint16_t flags, const char *text)
{
	struct nlmsghdr *msg = begin(NLMSG_DONE, flags | NLM_F_MULTI, sizeof(int));

	memcpy(mnl_nlmsg_get_payload(msg), &err, sizeof(err));
	if (text)
		mnl_attr_put_strz(msg, NLMSGERR_ATTR_MSG, text);
	return msg;
}

/* @echoed: bytes of the request behind the nlmsghdr that the error repeats. */
static inline struct nlmsghdr *error_msg(int err, uint16_t flags, size_t echoed, const char *text)
{
	size_t head = sizeof(struct nlmsgerr) + (flags & NLM_F_CAPPED ? 0 : echoed);
	struct nlmsghdr *msg = begin(NLMSG_ERROR, flags, head);
	struct nlmsgerr *error = mnl_nlmsg_get_payload(msg);

	error->error = err;
	error->msg.nlmsg_len = (uint32_t)(sizeof(error->msg) + echoed);
	if (text)
		mnl_attr_put_strz(msg, NLMSGERR_ATTR_MSG, text);
	return msg;
}

#endif
