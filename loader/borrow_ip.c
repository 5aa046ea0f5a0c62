// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the places of programs in borrowed requests of ip: XDP of a link, and
 * encapsulations of routes, of each of their next hops, and of next hop objects.
 *
 * In: a request with stand-ins (WEIR_STAND_IN_LINK, WEIR_STAND_IN_ENCAP). Out: the
 * same with what ip itself would have sent for a program at that place.
 */
#include <endian.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_local.h>
#include <string.h>

#include "loader/borrow.h"
#include "loader/log.h"

/* ---- links --------------------------------------------------------------- */

struct xdp {
	int prog_fd;
	uint32_t flags;
	bool done;
};

/* WEIR_STAND_IN_LINK: "numtxqueues 2147483646" */
static bool is_link_stand_in(const struct nlattr *attr)
{
	return mnl_attr_get_type(attr) == IFLA_NUM_TX_QUEUES &&
	       weir_nl_attr_u32(attr) == 2147483646u;
}

static bool put_xdp(struct weir_redo *redo, const struct xdp *xdp)
{
	struct nlattr *nest = weir_nl_nest(redo->to, redo->room_bytes, IFLA_XDP);

	return nest &&
	       mnl_attr_put_u32_check(redo->to, redo->room_bytes, IFLA_XDP_FD,
				      (uint32_t)xdp->prog_fd) &&
	       (!xdp->flags ||
		mnl_attr_put_u32_check(redo->to, redo->room_bytes, IFLA_XDP_FLAGS, xdp->flags)) &&
	       weir_redo_end(redo, nest);
}

static bool redo_link(struct weir_redo *redo, const struct weir_attrs *from, void *ctx)
{
	const struct nlattr *attr;
	struct xdp *xdp = ctx;
	bool good = true;
	int left;

	weir_attrs_for_each(attr, left, from)
	{
		if (!xdp->done && is_link_stand_in(attr))
			good = good && (xdp->done = put_xdp(redo, xdp));
		else
			good = good && weir_redo_copy(redo, attr);
	}
	return good;
}

int weir_borrowed_xdp(struct weir_borrowed *req, int prog_fd, uint32_t flags)
{
	struct xdp xdp = {.prog_fd = prog_fd, .flags = flags};
	uint16_t type = weir_borrowed_type(req);
	int err = 0;

	if (type == RTM_NEWLINK || type == RTM_SETLINK)
		err = weir_borrowed_redo(req, redo_link, &xdp);
	if (!err && !xdp.done)
		err = weir_fail(-ENOENT, "borrowed request: the program has no place in it");
	return err;
}

/* ---- encapsulations ------------------------------------------------------ */

struct encap;
typedef bool (*put_encap_fn)(struct weir_redo *redo, const struct encap *encap);

/* What stands in the place of the stand-in; `put` writes what is in the nest. */
struct encap {
	uint16_t attr, type_attr; /* of the request's kind */
	uint16_t type;		  /* LWTUNNEL_ENCAP_* */
	put_encap_fn put;
	const struct weir_lwt_prog *progs;
	size_t n;
	uint32_t headroom_bytes;
	bool counters;
	bool done;
};

/* WEIR_STAND_IN_ENCAP: an id that says "weir in" cannot be the user's own by chance. */
#define STAND_IN_ID 0x7765697220696e21ull

static bool is_encap_stand_in(const struct nlattr *attr)
{
	const struct nlattr *id = NULL;
	struct weir_attrs attrs;
	uint64_t id_be;

	if (attr && weir_attrs_in(attr, &attrs))
		id = weir_attrs_find(&attrs, LWTUNNEL_IP_ID);
	if (!id || mnl_attr_get_payload_len(id) != sizeof(id_be))
		return false;
	memcpy(&id_be, mnl_attr_get_payload(id), sizeof(id_be));
	return id_be == htobe64(STAND_IN_ID);
}

static bool redo_encap(struct weir_redo *redo, const struct nlattr *attr, const struct encap *encap)
{
	struct nlattr *nest = weir_nl_nest(redo->to, redo->room_bytes, attr->nla_type);

	return nest && encap->put(redo, encap) && weir_redo_end(redo, nest);
}

static bool redo_route(struct weir_redo *redo, const struct weir_attrs *from, void *ctx);

/* A next hop: struct rtnexthop, then attributes, then padding (linux/rtnetlink.h). */
static bool redo_nexthop(struct weir_redo *redo, const struct rtnexthop *hop, struct encap *encap)
{
	uint8_t *start = mnl_nlmsg_get_payload_tail(redo->to);
	struct weir_attrs attrs;
	size_t len_bytes;

	if (redo->to->nlmsg_len + sizeof(*hop) > redo->room_bytes ||
	    !weir_attrs_of(hop + 1, hop->rtnh_len - sizeof(*hop), &attrs))
		return false;
	memcpy(start, hop, sizeof(*hop));
	redo->to->nlmsg_len += sizeof(*hop);
	if (!redo_route(redo, &attrs, encap))
		return false;
	len_bytes = (size_t)((uint8_t *)mnl_nlmsg_get_payload_tail(redo->to) - start);
	if (len_bytes > UINT16_MAX)
		return false;
	((struct rtnexthop *)(void *)start)->rtnh_len = (uint16_t)len_bytes;
	return true;
}

static bool redo_nexthops(struct weir_redo *redo, const struct nlattr *attr, struct encap *encap)
{
	struct nlattr *nest = weir_nl_nest(redo->to, redo->room_bytes, attr->nla_type);
	const struct rtnexthop *hop = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr), step;

	if (!nest)
		return false;
	for (; left >= sizeof(*hop); left -= step) {
		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > left ||
		    !redo_nexthop(redo, hop, encap))
			return false;
		step = RTNH_ALIGN(hop->rtnh_len);
		if (step > left)
			step = left;
		hop = (const void *)((const uint8_t *)hop + step);
	}
	return !left && weir_redo_end(redo, nest);
}

/* The type stands beside the encapsulation, before or behind. */
static bool redo_route(struct weir_redo *redo, const struct weir_attrs *from, void *ctx)
{
	const struct nlattr *attr;
	struct encap *encap = ctx;
	bool mine = !encap->done && is_encap_stand_in(weir_attrs_find(from, encap->attr));
	bool good = true;
	int left;

	encap->done |= mine;
	weir_attrs_for_each(attr, left, from)
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (!good)
			break;
		if (mine && type == encap->attr)
			good = redo_encap(redo, attr, encap);
		else if (mine && type == encap->type_attr)
			good = mnl_attr_put_u16_check(redo->to, redo->room_bytes, attr->nla_type,
						      encap->type);
		else if (type == RTA_MULTIPATH && encap->attr == RTA_ENCAP)
			good = redo_nexthops(redo, attr, encap);
		else
			good = weir_redo_copy(redo, attr);
	}
	return good;
}

static int replace_encap(struct weir_borrowed *req, struct encap *encap)
{
	bool is_route = weir_borrowed_type(req) == RTM_NEWROUTE;
	int err = 0;

	encap->attr = is_route ? RTA_ENCAP : NHA_ENCAP;
	encap->type_attr = is_route ? RTA_ENCAP_TYPE : NHA_ENCAP_TYPE;
	if (is_route || weir_borrowed_type(req) == RTM_NEWNEXTHOP)
		err = weir_borrowed_redo(req, redo_route, encap);
	if (!err && !encap->done)
		err = weir_fail(-ENOENT, "borrowed request: it has no encapsulation to replace");
	return err;
}

/* In encapsulations ip does flag its nests. */
static bool put_prog(struct weir_redo *redo, uint16_t type, uint16_t fd_type, uint16_t name_type,
		     const struct weir_lwt_prog *prog)
{
	struct nlattr *nest = weir_nl_nest(redo->to, redo->room_bytes, type | NLA_F_NESTED);

	return nest && weir_redo_prog(redo, fd_type, name_type, prog->prog_fd, prog->name) &&
	       weir_redo_end(redo, nest);
}

static bool put_lwt(struct weir_redo *redo, const struct encap *encap)
{
	for (size_t i = 0; i < encap->n; i++)
		if (!put_prog(redo, encap->progs[i].attr, LWT_BPF_PROG_FD, LWT_BPF_PROG_NAME,
			      &encap->progs[i]))
			return false;
	return !encap->headroom_bytes ||
	       mnl_attr_put_u32_check(redo->to, redo->room_bytes, LWT_BPF_XMIT_HEADROOM,
				      encap->headroom_bytes);
}

int weir_borrowed_lwt(struct weir_borrowed *req, const struct weir_lwt_prog *progs, size_t n,
		      uint32_t headroom_bytes)
{
	struct encap encap = {
		.type = LWTUNNEL_ENCAP_BPF,
		.put = put_lwt,
		.progs = progs,
		.n = n,
		.headroom_bytes = headroom_bytes,
	};

	return replace_encap(req, &encap);
}

/* The kernel starts counters at zero whatever is sent (Linux 5.14). */
static bool put_counters(struct weir_redo *redo)
{
	static const uint16_t counters[] = {SEG6_LOCAL_CNT_PACKETS, SEG6_LOCAL_CNT_BYTES,
					    SEG6_LOCAL_CNT_ERRORS};
	struct nlattr *nest =
		weir_nl_nest(redo->to, redo->room_bytes, SEG6_LOCAL_COUNTERS | NLA_F_NESTED);
	bool good = nest;

	for (size_t i = 0; good && i < sizeof(counters) / sizeof(*counters); i++)
		good = mnl_attr_put_u64_check(redo->to, redo->room_bytes, counters[i], 0);
	return good && weir_redo_end(redo, nest);
}

static bool put_seg6local(struct weir_redo *redo, const struct encap *encap)
{
	return mnl_attr_put_u32_check(redo->to, redo->room_bytes, SEG6_LOCAL_ACTION,
				      SEG6_LOCAL_ACTION_END_BPF) &&
	       put_prog(redo, SEG6_LOCAL_BPF, SEG6_LOCAL_BPF_PROG, SEG6_LOCAL_BPF_PROG_NAME,
			encap->progs) &&
	       (!encap->counters || put_counters(redo));
}

int weir_borrowed_seg6local(struct weir_borrowed *req, int prog_fd, const char *name, bool counters)
{
	const struct weir_lwt_prog prog = {.prog_fd = prog_fd, .name = name};
	struct encap encap = {
		.type = LWTUNNEL_ENCAP_SEG6_LOCAL,
		.put = put_seg6local,
		.progs = &prog,
		.counters = counters,
	};

	return replace_encap(req, &encap);
}
