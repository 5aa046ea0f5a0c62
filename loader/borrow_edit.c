// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns a request that was borrowed, and how it is rewritten.
 *
 * In: a message of another program. Out: the same message with other attributes.
 * An edit writes a new message attribute by attribute, nest by nest, and so keeps
 * all lengths right; a message whose attributes are not whole is not edited. Nests
 * are told by place (borrow_tc.c, borrow_ip.c), since iproute2 does not flag them.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "loader/borrow.h"
#include "loader/log.h"

/* fds and a name of 255 bytes add less to what a stand-in takes. */
#define GROWTH_BYTES 1024

struct weir_borrowed {
	struct nlmsghdr *msg;
	size_t room_bytes;
	struct weir_nl_answer answer;
};

/* Family header between nlmsghdr and attributes; 0: no request that is edited. */
static size_t head_bytes(const struct nlmsghdr *msg)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_SETLINK:
		return sizeof(struct ifinfomsg);
	case RTM_NEWROUTE:
		return sizeof(struct rtmsg);
	case RTM_NEWNEXTHOP:
		return sizeof(struct nhmsg);
	case RTM_NEWTFILTER:
		return sizeof(struct tcmsg);
	case RTM_NEWACTION:
		return sizeof(struct tcamsg);
	default:
		return 0;
	}
}

static size_t attrs_offset(const struct nlmsghdr *msg)
{
	return MNL_NLMSG_HDRLEN + MNL_ALIGN(head_bytes(msg));
}

static int out_of_memory(void)
{
	return weir_fail(-ENOMEM, "borrowed request: out of memory");
}

/* ---- the request --------------------------------------------------------- */

int weir_borrowed_new(const void *bytes, size_t len_bytes, struct weir_borrowed **out)
{
	struct weir_borrowed *req;
	struct nlmsghdr head = {0};

	if (len_bytes >= sizeof(head))
		memcpy(&head, bytes, sizeof(head));
	if (len_bytes < sizeof(head) || head.nlmsg_len > len_bytes || !head_bytes(&head) ||
	    head.nlmsg_len < attrs_offset(&head))
		return weir_fail(-EBADMSG, "borrowed request: not one that can be edited");
	req = calloc(1, sizeof(*req));
	if (!req)
		return out_of_memory();
	req->room_bytes = MNL_ALIGN(head.nlmsg_len);
	req->msg = calloc(1, req->room_bytes);
	if (!req->msg) {
		free(req);
		return out_of_memory();
	}
	memcpy(req->msg, bytes, head.nlmsg_len);
	*out = req;
	return 0;
}

void weir_borrowed_free(struct weir_borrowed *req)
{
	if (!req)
		return;
	weir_nl_answer_free(&req->answer);
	free(req->msg);
	free(req);
}

const void *weir_borrowed_bytes(const struct weir_borrowed *req, size_t *len_bytes)
{
	*len_bytes = req->msg->nlmsg_len;
	return req->msg;
}

uint16_t weir_borrowed_type(const struct weir_borrowed *req)
{
	return req->msg->nlmsg_type;
}

int weir_borrowed_send(struct weir_net *net, struct weir_borrowed *req, bool echo,
		       struct weir_ack *ack)
{
	*ack = (struct weir_ack){0};
	req->msg->nlmsg_flags |= NLM_F_ACK | (echo ? NLM_F_ECHO : 0);
	return weir_nl_ask(net, req->msg, &req->answer, ack);
}

const void *weir_borrowed_answer(const struct weir_borrowed *req, size_t *len_bytes)
{
	*len_bytes = req->answer.len_bytes;
	return req->answer.bytes;
}

/* ---- attributes ---------------------------------------------------------- */

bool weir_attrs_of(const void *bytes, size_t len_bytes, struct weir_attrs *out)
{
	const struct weir_attrs attrs = {bytes, (int)len_bytes};
	const struct nlattr *attr;
	int left;

	weir_attrs_for_each(attr, left, &attrs);
	*out = attrs;
	/* Padding behind the last one may be missing, and then left is negative. */
	return left <= 0;
}

bool weir_attrs_in(const struct nlattr *nest, struct weir_attrs *out)
{
	return weir_attrs_of(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), out);
}

const struct nlattr *weir_attrs_find(const struct weir_attrs *attrs, uint16_t type)
{
	const struct nlattr *attr;
	int left;

	weir_attrs_for_each(attr, left, attrs) if (mnl_attr_get_type(attr) == type) return attr;
	return NULL;
}

bool weir_redo_copy(struct weir_redo *redo, const struct nlattr *attr)
{
	return mnl_attr_put_check(redo->to, redo->room_bytes, attr->nla_type,
				  mnl_attr_get_payload_len(attr), mnl_attr_get_payload(attr));
}

bool weir_redo_end(struct weir_redo *redo, struct nlattr *nest)
{
	const uint8_t *tail = mnl_nlmsg_get_payload_tail(redo->to);

	if (tail - (const uint8_t *)nest > UINT16_MAX)
		return false;
	mnl_attr_nest_end(redo->to, nest);
	return true;
}

bool weir_redo_prog(struct weir_redo *redo, uint16_t fd_type, uint16_t name_type, int prog_fd,
		    const char *name)
{
	return mnl_attr_put_u32_check(redo->to, redo->room_bytes, fd_type, (uint32_t)prog_fd) &&
	       mnl_attr_put_strz_check(redo->to, redo->room_bytes, name_type, name);
}

/* ---- rewriting ----------------------------------------------------------- */

int weir_borrowed_redo(struct weir_borrowed *req, weir_redo_fn fn, void *ctx)
{
	size_t offset = attrs_offset(req->msg);
	struct weir_redo redo = {.room_bytes = req->room_bytes + GROWTH_BYTES};
	struct weir_attrs from;

	if (!weir_attrs_of((const uint8_t *)req->msg + offset, req->msg->nlmsg_len - offset, &from))
		return weir_fail(-EBADMSG, "borrowed request: its attributes are damaged");
	redo.to = calloc(1, redo.room_bytes);
	if (!redo.to)
		return out_of_memory();
	memcpy(redo.to, req->msg, offset);
	redo.to->nlmsg_len = (uint32_t)offset;
	if (!fn(&redo, &from, ctx)) {
		free(redo.to);
		return weir_fail(-EBADMSG, "borrowed request: its attributes are damaged, or too "
					   "many");
	}
	free(req->msg);
	req->msg = redo.to;
	req->room_bytes = redo.room_bytes;
	return 0;
}
