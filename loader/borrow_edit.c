// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns a request that was borrowed: programs are put where stand-ins are.
 *
 * In: a message of another program. Out: the same message with other attributes.
 * An edit copies the message attribute by attribute, nest by nest, and so keeps
 * all lengths right. Nests are told by place, since iproute2 does not flag them.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_local.h>
#include <linux/tc_act/tc_bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/borrow.h"
#include "loader/log.h"
#include "loader/netlink_in.h"

/* Names and fds add little to what a stand-in takes. */
#define GROWTH_BYTES 1024

struct weir_borrowed {
	uint8_t *bytes;
	size_t room_bytes;
};

static struct nlmsghdr *message(const struct weir_borrowed *req)
{
	return (void *)req->bytes;
}

/* Family header between nlmsghdr and attributes. */
static size_t head_bytes(const struct nlmsghdr *msg)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_SETLINK:
		return sizeof(struct ifinfomsg);
	case RTM_NEWROUTE:
		return sizeof(struct rtmsg);
	case RTM_NEWTFILTER:
		return sizeof(struct tcmsg);
	case RTM_NEWACTION:
		return sizeof(struct tcamsg);
	default:
		return 0;
	}
}

int weir_borrowed_new(const void *bytes, size_t len_bytes, struct weir_borrowed **out)
{
	struct weir_borrowed *req = calloc(1, sizeof(*req));
	const struct nlmsghdr *head = bytes;

	if (!req)
		return weir_fail(-ENOMEM, "borrowed request: out of memory");
	if (len_bytes < sizeof(*head) || head->nlmsg_len > len_bytes || !head_bytes(head) ||
	    head->nlmsg_len < MNL_NLMSG_HDRLEN + MNL_ALIGN(head_bytes(head))) {
		free(req);
		return weir_fail(-EBADMSG, "borrowed request: not one that can be edited");
	}
	req->room_bytes = MNL_ALIGN(head->nlmsg_len) + GROWTH_BYTES;
	req->bytes = calloc(1, req->room_bytes);
	if (!req->bytes) {
		free(req);
		return weir_fail(-ENOMEM, "borrowed request: out of memory");
	}
	memcpy(req->bytes, bytes, head->nlmsg_len);
	*out = req;
	return 0;
}

void weir_borrowed_free(struct weir_borrowed *req)
{
	if (!req)
		return;
	free(req->bytes);
	free(req);
}

const void *weir_borrowed_bytes(const struct weir_borrowed *req, size_t *len_bytes)
{
	*len_bytes = message(req)->nlmsg_len;
	return req->bytes;
}

/* ---- rewriting ---------------------------------------------------------------------- */

/* One pass over a message: what is read, what is written. */
struct edit {
	struct nlmsghdr *to;
	size_t room;
	size_t skip; /* stand-ins to pass over */
	bool done;
	int prog_fd;
	const char *name;
};

/* Where an attribute stands decides what is inside. */
enum place {
	IN_FILTER,     /* top of RTM_NEWTFILTER */
	IN_BPF,	       /* options of a filter of kind bpf */
	IN_ACTION_TOP, /* top of RTM_NEWACTION */
	IN_ACTIONS,    /* 1..n */
	IN_ACTION,     /* one of them */
	IN_ACT_BPF,    /* options of an action of kind bpf */
};

static bool copy_attrs(struct edit *edit, const struct nlattr *attr, int len, enum place place);

static bool is_stand_in(const struct nlattr *ops)
{
	/* WEIR_STAND_IN_BYTECODE: "1,6 0 0 4294967294" */
	static const struct sock_filter stand_in = {6, 0, 0, 4294967294u};

	return mnl_attr_get_payload_len(ops) == sizeof(stand_in) &&
	       !memcmp(mnl_attr_get_payload(ops), &stand_in, sizeof(stand_in));
}

static bool put_program(struct edit *edit, uint16_t fd_type, uint16_t name_type)
{
	edit->done = true;
	return mnl_attr_put_u32_check(edit->to, edit->room, fd_type, (uint32_t)edit->prog_fd) &&
	       mnl_attr_put_strz_check(edit->to, edit->room, name_type, edit->name);
}

static bool copy_one(struct edit *edit, const struct nlattr *attr)
{
	return mnl_attr_put_check(edit->to, edit->room, attr->nla_type,
				  mnl_attr_get_payload_len(attr), mnl_attr_get_payload(attr));
}

static bool copy_nest(struct edit *edit, const struct nlattr *attr, enum place inside)
{
	struct nlattr *nest = weir_nl_nest(edit->to, edit->room, attr->nla_type);

	if (!nest || !copy_attrs(edit, mnl_attr_get_payload(attr),
				 (int)mnl_attr_get_payload_len(attr), inside))
		return false;
	mnl_attr_nest_end(edit->to, nest);
	return true;
}

/* The length stands before the instructions and goes with them. */
static bool copy_ops(struct edit *edit, const struct nlattr *len, const struct nlattr *ops,
		     enum place place)
{
	bool filter = place == IN_BPF;

	if (!edit->done && is_stand_in(ops)) {
		if (!edit->skip)
			return put_program(edit, filter ? TCA_BPF_FD : TCA_ACT_BPF_FD,
					   filter ? TCA_BPF_NAME : TCA_ACT_BPF_NAME);
		edit->skip--;
	}
	return (!len || copy_one(edit, len)) && copy_one(edit, ops);
}

static bool copy_attr(struct edit *edit, const struct nlattr *attr, enum place place)
{
	uint16_t type = mnl_attr_get_type(attr);

	switch (place) {
	case IN_FILTER:
		return type == TCA_OPTIONS ? copy_nest(edit, attr, IN_BPF) : copy_one(edit, attr);
	case IN_BPF:
		return type == TCA_BPF_ACT ? copy_nest(edit, attr, IN_ACTIONS)
					   : copy_one(edit, attr);
	case IN_ACTION_TOP:
		return type == TCA_ACT_TAB ? copy_nest(edit, attr, IN_ACTIONS)
					   : copy_one(edit, attr);
	case IN_ACTIONS:
		return copy_nest(edit, attr, IN_ACTION);
	case IN_ACTION:
		return type == TCA_ACT_OPTIONS ? copy_nest(edit, attr, IN_ACT_BPF)
					       : copy_one(edit, attr);
	default:
		return copy_one(edit, attr);
	}
}

static bool is_ops_len(const struct nlattr *attr, enum place place)
{
	uint16_t type = mnl_attr_get_type(attr);

	return (place == IN_BPF && type == TCA_BPF_OPS_LEN) ||
	       (place == IN_ACT_BPF && type == TCA_ACT_BPF_OPS_LEN);
}

static bool is_ops(const struct nlattr *attr, enum place place)
{
	uint16_t type = mnl_attr_get_type(attr);

	return (place == IN_BPF && type == TCA_BPF_OPS) ||
	       (place == IN_ACT_BPF && type == TCA_ACT_BPF_OPS);
}

/* Options of actions of other kinds are copied as they are: nothing in them has
 * the stand-in's instruction at the place of instructions. */
static bool copy_attrs(struct edit *edit, const struct nlattr *attr, int len, enum place place)
{
	const struct nlattr *ops_len = NULL;

	for (; mnl_attr_ok(attr, len);
	     len -= MNL_ALIGN(attr->nla_len), attr = mnl_attr_next(attr)) {
		if (is_ops_len(attr, place)) {
			ops_len = attr;
			continue;
		}
		if (is_ops(attr, place) ? !copy_ops(edit, ops_len, attr, place)
					: !copy_attr(edit, attr, place))
			return false;
	}
	return true;
}

/* A new buffer with the old head; NULL: out of memory. */
static uint8_t *begin(const struct weir_borrowed *req, size_t room)
{
	const struct nlmsghdr *from = message(req);
	size_t head = MNL_NLMSG_HDRLEN + MNL_ALIGN(head_bytes(from));
	uint8_t *bytes = calloc(1, room);

	if (bytes) {
		memcpy(bytes, req->bytes, head);
		((struct nlmsghdr *)(void *)bytes)->nlmsg_len = (uint32_t)head;
	}
	return bytes;
}

static const struct nlattr *first_attr(const struct nlmsghdr *msg, int *len)
{
	size_t head = MNL_NLMSG_HDRLEN + MNL_ALIGN(head_bytes(msg));

	*len = (int)(msg->nlmsg_len - head);
	return (const void *)((const uint8_t *)msg + head);
}

static void finish(struct weir_borrowed *req, uint8_t *bytes, size_t room)
{
	free(req->bytes);
	req->bytes = bytes;
	req->room_bytes = room;
}

int weir_borrowed_prog(struct weir_borrowed *req, size_t nth, int prog_fd, const char *name)
{
	size_t room = req->room_bytes + GROWTH_BYTES;
	struct edit edit = {.room = room, .skip = nth, .prog_fd = prog_fd, .name = name};
	uint8_t *bytes = begin(req, room);
	const struct nlattr *attr;
	int len;

	if (!bytes)
		return weir_fail(-ENOMEM, "borrowed request: out of memory");
	edit.to = (void *)bytes;
	attr = first_attr(message(req), &len);
	if (!copy_attrs(&edit, attr, len,
			message(req)->nlmsg_type == RTM_NEWACTION ? IN_ACTION_TOP : IN_FILTER) ||
	    !edit.done) {
		free(bytes);
		return weir_fail(-ENOENT, "borrowed request: program %zu has no place in it", nth);
	}
	finish(req, bytes, room);
	return 0;
}

/* ---- links ---------------------------------------------------------------------------- */

static bool put_xdp(struct nlmsghdr *msg, size_t room, int prog_fd, uint32_t flags)
{
	struct nlattr *nest = weir_nl_nest(msg, room, IFLA_XDP);

	if (!nest || !mnl_attr_put_u32_check(msg, room, IFLA_XDP_FD, (uint32_t)prog_fd) ||
	    (flags && !mnl_attr_put_u32_check(msg, room, IFLA_XDP_FLAGS, flags)))
		return false;
	mnl_attr_nest_end(msg, nest);
	return true;
}

/* WEIR_STAND_IN_LINK: "numtxqueues 2147483646" */
static bool is_link_stand_in(const struct nlattr *attr)
{
	return mnl_attr_get_type(attr) == IFLA_NUM_TX_QUEUES &&
	       weir_nl_attr_u32(attr) == 2147483646u;
}

int weir_borrowed_xdp(struct weir_borrowed *req, int prog_fd, uint32_t flags)
{
	size_t room = req->room_bytes + GROWTH_BYTES;
	uint8_t *bytes = begin(req, room);
	struct nlmsghdr *to = (void *)bytes;
	const struct nlattr *attr;
	bool good = true, found = false;
	int len;

	if (!bytes)
		return weir_fail(-ENOMEM, "borrowed request: out of memory");
	for (attr = first_attr(message(req), &len); good && mnl_attr_ok(attr, len);
	     len -= MNL_ALIGN(attr->nla_len), attr = mnl_attr_next(attr)) {
		if (!found && is_link_stand_in(attr))
			good = found = put_xdp(to, room, prog_fd, flags);
		else
			good = mnl_attr_put_check(to, room, attr->nla_type,
						  mnl_attr_get_payload_len(attr),
						  mnl_attr_get_payload(attr));
	}
	if (!good || !found) {
		free(bytes);
		return weir_fail(-ENOENT, "borrowed request: the program has no place in it");
	}
	finish(req, bytes, room);
	return 0;
}

/* ---- routes --------------------------------------------------------------------------- */

typedef bool (*put_encap_fn)(struct nlmsghdr *msg, size_t room, const void *arg);

struct encap {
	uint16_t type; /* LWTUNNEL_ENCAP_* */
	put_encap_fn put;
	const void *arg;
	bool done;
};

static bool copy_route_attr(struct nlmsghdr *to, size_t room, const struct nlattr *attr,
			    struct encap *encap)
{
	uint16_t type = mnl_attr_get_type(attr);
	struct nlattr *nest;

	if (type == RTA_ENCAP_TYPE)
		return mnl_attr_put_u16_check(to, room, attr->nla_type, encap->type);
	if (type != RTA_ENCAP)
		return mnl_attr_put_check(to, room, attr->nla_type, mnl_attr_get_payload_len(attr),
					  mnl_attr_get_payload(attr));
	encap->done = true;
	nest = weir_nl_nest(to, room, attr->nla_type);
	if (!nest || !encap->put(to, room, encap->arg))
		return false;
	mnl_attr_nest_end(to, nest);
	return true;
}

static int replace_encap(struct weir_borrowed *req, struct encap *encap)
{
	size_t room = req->room_bytes + GROWTH_BYTES;
	uint8_t *bytes = begin(req, room);
	const struct nlattr *attr;
	bool good = true;
	int len;

	if (!bytes)
		return weir_fail(-ENOMEM, "borrowed request: out of memory");
	for (attr = first_attr(message(req), &len); good && mnl_attr_ok(attr, len);
	     len -= MNL_ALIGN(attr->nla_len), attr = mnl_attr_next(attr))
		good = copy_route_attr((void *)bytes, room, attr, encap);
	if (!good || !encap->done) {
		free(bytes);
		return weir_fail(-ENOENT, "borrowed request: it has no encapsulation to replace");
	}
	finish(req, bytes, room);
	return 0;
}

static bool put_prog(struct nlmsghdr *msg, size_t room, uint16_t type, uint16_t fd_type,
		     uint16_t name_type, const struct weir_lwt_prog *prog)
{
	struct nlattr *nest = weir_nl_nest(msg, room, type);

	if (!nest || !mnl_attr_put_u32_check(msg, room, fd_type, (uint32_t)prog->prog_fd) ||
	    !mnl_attr_put_strz_check(msg, room, name_type, prog->name))
		return false;
	mnl_attr_nest_end(msg, nest);
	return true;
}

struct lwt {
	const struct weir_lwt_prog *progs;
	size_t n;
	uint32_t headroom_bytes;
};

static bool put_lwt(struct nlmsghdr *msg, size_t room, const void *arg)
{
	const struct lwt *lwt = arg;

	for (size_t i = 0; i < lwt->n; i++)
		if (!put_prog(msg, room, lwt->progs[i].attr, LWT_BPF_PROG_FD, LWT_BPF_PROG_NAME,
			      &lwt->progs[i]))
			return false;
	return !lwt->headroom_bytes ||
	       mnl_attr_put_u32_check(msg, room, LWT_BPF_XMIT_HEADROOM, lwt->headroom_bytes);
}

int weir_borrowed_lwt(struct weir_borrowed *req, const struct weir_lwt_prog *progs, size_t n,
		      uint32_t headroom_bytes)
{
	const struct lwt lwt = {progs, n, headroom_bytes};
	struct encap encap = {.type = LWTUNNEL_ENCAP_BPF, .put = put_lwt, .arg = &lwt};

	return replace_encap(req, &encap);
}

static bool put_seg6local(struct nlmsghdr *msg, size_t room, const void *arg)
{
	return mnl_attr_put_u32_check(msg, room, SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_BPF) &&
	       put_prog(msg, room, SEG6_LOCAL_BPF, SEG6_LOCAL_BPF_PROG, SEG6_LOCAL_BPF_PROG_NAME,
			arg);
}

int weir_borrowed_seg6local(struct weir_borrowed *req, int prog_fd, const char *name)
{
	const struct weir_lwt_prog prog = {.prog_fd = prog_fd, .name = name};
	struct encap encap = {
		.type = LWTUNNEL_ENCAP_SEG6_LOCAL,
		.put = put_seg6local,
		.arg = &prog,
	};

	return replace_encap(req, &encap);
}

/* ---- sending -------------------------------------------------------------------------- */

int weir_borrowed_send(struct weir_net *net, struct weir_borrowed *req, struct weir_ack *ack)
{
	struct nlmsghdr *msg = message(req);

	*ack = (struct weir_ack){0};
	msg->nlmsg_flags |= NLM_F_ACK;
	return weir_nl_talk_ack(net, msg, ack);
}
