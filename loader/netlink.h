/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The door to rtnetlink: requests built and answers parsed with libmnl, in
 * this file's neighbourhood only. Everything else speaks in these structs.
 */
#ifndef WEIR_LOADER_NETLINK_H
#define WEIR_LOADER_NETLINK_H

#include <libmnl/libmnl.h>

#include "loader/weir.h"

/* Link, from RTM_GETLINK. */
struct weir_link {
	int ifindex;
	char name[IFNAMSIZ];
	uint8_t xdp_attached; /* XDP_ATTACHED_*: 0 none, 1 native, 2 generic, 3 offload, 4 multi */
	uint32_t xdp_native_id, xdp_generic_id, xdp_offload_id;
	char parent[64]; /* bus name of the device below, Linux 5.14; "" */
	char port[32];	 /* name of the port as its driver has it; "" */
};

/* Requests into a buffer of @len bytes at @buf; golden-tested. Return the
 * message, or NULL when it does not fit. */
struct nlmsghdr *weir_nl_xdp_request(void *buf, size_t len, int ifindex, int prog_fd,
				     uint32_t flags, int expected_fd);
struct nlmsghdr *weir_nl_qdisc_request(void *buf, size_t len, enum weir_tc_op op,
				       const struct weir_tc_qdisc *qdisc);
struct nlmsghdr *weir_nl_filter_request(void *buf, size_t len, enum weir_tc_op op,
					const struct weir_tc_filter *filter);
struct nlmsghdr *weir_nl_filter_dump(void *buf, size_t len, const struct weir_tc_filter *which);
struct nlmsghdr *weir_nl_action_request(void *buf, size_t len, enum weir_tc_op op,
					const struct weir_tc_action *actions, size_t n);
struct nlmsghdr *weir_nl_action_dump(void *buf, size_t len, const char *kind);
struct nlmsghdr *weir_nl_action_flush(void *buf, size_t len, const char *kind);

/* Sends, waits for the answer. *ext (may be NULL) receives the kernel's
 * extended ack text, "" without one. Not logged: the caller knows the object.
 * Returns -errno of the kernel. */
struct weir_net;
int weir_nl_talk(struct weir_net *net, struct nlmsghdr *msg, char *ext, size_t ext_len);
/* The same, with the kernel's whole answer. */
int weir_nl_talk_ack(struct weir_net *net, struct nlmsghdr *msg, struct weir_ack *ack);
/* As talk, with NLM_F_ECHO: the kernel's echo of the created filter in @out,
 * without instructions and actions. */
int weir_nl_filter_talk(struct weir_net *net, struct nlmsghdr *msg, struct weir_tc_filter *out,
			char *ext, size_t ext_len);

typedef int (*weir_link_fn)(const struct weir_link *link, void *ctx);

/* A dump that was interrupted (NLM_F_DUMP_INTR) starts again: callbacks run
 * only once the whole answer is there. @ifindex 0: all. */
int weir_nl_links(struct weir_net *net, weir_link_fn fn, void *ctx);
int weir_nl_link(struct weir_net *net, const char *name, int ifindex, struct weir_link *out);
/* In the namespace that is @nsid in @net (Linux 4.15), -1: in @net. */
int weir_nl_link_in(struct weir_net *net, int ifindex, int nsid, struct weir_link *out);
/* Qdiscs of every kind. */
int weir_nl_qdisc_dump(struct weir_net *net, int ifindex, weir_tc_qdisc_fn fn, void *ctx,
		       struct weir_ack *ack);
/* The clsact and ingress qdiscs. */
int weir_nl_qdiscs(struct weir_net *net, int ifindex, weir_tc_qdisc_fn fn, void *ctx);
/* The filters of one hook, without the lines that stand for a pref. */
int weir_nl_filters(struct weir_net *net, int ifindex, uint32_t parent, weir_tc_filter_fn fn,
		    void *ctx);

/* ---- namespace ----------------------------------------------------------- */

/* For bpf(2) calls that resolve an ifindex: the calling thread enters @net's
 * network namespace (no-op when it is its own) until leave. */
int weir_net_enter(struct weir_net *net);
void weir_net_leave(struct weir_net *net);
/* Names the namespace in pins: SO_NETNS_COOKIE (Linux 5.14), else the inode. */
uint64_t weir_net_cookie(struct weir_net *net);
/* SIOCETHTOOL with @request (struct ethtool_...) on @dev. -errno, not logged. */
int weir_net_ethtool(struct weir_net *net, const char *dev, void *request);

#endif
