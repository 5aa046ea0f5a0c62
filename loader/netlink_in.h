/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between netlink.c and netlink_dump.c: whole answers, and their parsers,
 * which are also what the tests feed with damaged messages. */
#ifndef WEIR_LOADER_NETLINK_IN_H
#define WEIR_LOADER_NETLINK_IN_H

#include "loader/netlink.h"

/* The messages of one answer, one behind the other. */
struct weir_nl_answer {
	uint8_t *bytes;
	size_t len_bytes;
	size_t room_bytes;
	bool disturbed; /* NLM_F_DUMP_INTR was seen */
};

void weir_nl_answer_free(struct weir_nl_answer *answer);

/* Sends and collects until NLMSG_ERROR (an ack is one) or NLMSG_DONE. */
int weir_nl_ask(struct weir_net *net, struct nlmsghdr *msg, struct weir_nl_answer *answer,
		struct weir_ack *ack);
/* The same for dumps, asked again when it was disturbed; after many times the
 * last one counts, each of whose messages is whole. */
int weir_nl_dump(struct weir_net *net, struct nlmsghdr *msg, struct weir_nl_answer *answer,
		 struct weir_ack *ack);

/* Kernel's error number and text of NLMSG_ERROR or NLMSG_DONE. -EBADMSG. */
int weir_nl_ack_parse(const struct nlmsghdr *msg, struct weir_ack *ack);

/* mnl_nlmsg_ok() and _next() count in int; an answer of 2 GiB is none. */
#define weir_nl_for_each(msg, left, answer)                                            \
	for ((msg) = (const void *)(answer)->bytes, (left) = (int)(answer)->len_bytes; \
	     (left) > 0 && mnl_nlmsg_ok((msg), (left)); (msg) = mnl_nlmsg_next((msg), &(left)))

/* An attribute's 32-bit value, 0 when its size is another. */
uint32_t weir_nl_attr_u32(const struct nlattr *attr);
/* An attribute's string, cut to @len with its NUL. */
void weir_nl_attr_str(const struct nlattr *attr, char *out, size_t len);

/* A request of @type at the start of a zeroed @buf; NULL: no room. */
struct nlmsghdr *weir_nl_request(void *buf, size_t len, uint16_t type, uint16_t flags,
				 size_t head_bytes);
/* iproute2 leaves NLA_F_NESTED out but for TCA_ACT_OPTIONS; @type says all. */
struct nlattr *weir_nl_nest(struct nlmsghdr *msg, size_t len, uint16_t type);

/* Writes `1..n { kind, options }` at the end of @msg. False: no room. */
bool weir_nl_put_actions(struct nlmsghdr *msg, size_t len, const struct weir_tc_action *actions,
			 size_t n);
/* How many are in such a nest: a list of all actions of a kind knows no
 * WEIR_TC_ACTIONS_MAX (TCA_FLAG_LARGE_DUMP_ON, Linux 4.14). */
size_t weir_nl_actions_count(const struct nlattr *nest);
/* Reads at most @max of them; returns how many. */
size_t weir_nl_actions_parse(const struct nlattr *nest, struct weir_tc_action *out, size_t max);

/* -EBADMSG: another message, or too short. Attributes of wrong size count as
 * absent. libmnl takes messages as padded to 4 bytes, so those of an answer are. */
int weir_nl_link_parse(const struct nlmsghdr *msg, struct weir_link *out);
int weir_nl_link_stats_parse(const struct nlmsghdr *msg, struct weir_link_stats *out);
int weir_nl_link_info_parse(const struct nlmsghdr *msg, struct weir_link_info *out);
int weir_nl_link_counters_parse(const struct nlmsghdr *msg, struct weir_link_stats *out);
int weir_nl_qdisc_parse(const struct nlmsghdr *msg, struct weir_tc_qdisc *out);
/* @actions: room for WEIR_TC_ACTIONS_MAX, NULL: they are not wanted. What out
 * points to lives as long as @msg and @actions. */
int weir_nl_filter_parse(const struct nlmsghdr *msg, struct weir_tc_filter *out,
			 struct weir_tc_action *actions);

#endif
