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
		char *ext, size_t ext_len);
/* The same for dumps, again until undisturbed. -EAGAIN: never was. */
int weir_nl_dump(struct weir_net *net, struct nlmsghdr *msg, struct weir_nl_answer *answer);

/* Kernel's error number and text of NLMSG_ERROR or NLMSG_DONE. -EBADMSG. */
int weir_nl_ack_parse(const struct nlmsghdr *msg, char *ext, size_t ext_len);

/* -EBADMSG: another message, or too short; -ENOENT: nothing of ours in it (a
 * qdisc of another kind). Attributes of wrong size count as absent. libmnl
 * takes messages as padded to 4 bytes, so those of an answer are. */
int weir_nl_link_parse(const struct nlmsghdr *msg, struct weir_link *out);
int weir_nl_qdisc_parse(const struct nlmsghdr *msg, struct weir_qdisc *out);
int weir_nl_filter_parse(const struct nlmsghdr *msg, struct weir_filter *out);

#endif
