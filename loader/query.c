// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the question "what is attached?".
 *
 * In: an interface, or none for all. Out: attachments by callback, in the
 * order in which packets meet them: XDP, then on ingress tcx before clsact,
 * then the same on egress. Interfaces and programs that go away meanwhile are
 * passed over; a program that this user may not open is listed by id.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "loader/attach.h"
#include "loader/error.h"
#include "loader/log.h"
#include "loader/prog.h"
#include "loader/sys.h"
#include "loader/tcx_pin.h"
#include "maps/weir_map.h"

struct xdp_link {
	uint32_t ifindex, prog_id, link_id;
};

struct walk {
	struct weir_net *net;
	weir_attachment_fn fn;
	void *ctx;
	struct weir_link *links;
	size_t n_links;
	struct weir_tc_qdisc *qdiscs;
	size_t n_qdiscs;
	struct xdp_link *xdp_links;
	size_t n_xdp_links;
	bool xdp_links_read;
	bool no_tcx;  /* this kernel has none */
	bool stopped; /* by the caller's function */
	struct weir_pins *pins;
	const struct weir_attachment *known;
	size_t n_known;
	/* the one being told */
	const struct weir_link *link;
	enum weir_hook hook;
};

/* Makes room for one more; doubles at powers of two. */
static int grow(void **list, size_t n, size_t item_bytes)
{
	void *more;

	if (n & (n - 1))
		return 0;
	more = reallocarray(*list, n ? n * 2 : 1, item_bytes);
	if (!more)
		return -ENOMEM;
	*list = more;
	return 0;
}

static int take_link(const struct weir_link *link, void *ctx)
{
	struct walk *walk = ctx;
	int err = grow((void **)&walk->links, walk->n_links, sizeof(*link));

	if (!err)
		walk->links[walk->n_links++] = *link;
	return err;
}

static int take_qdisc(const struct weir_tc_qdisc *qdisc, void *ctx)
{
	struct walk *walk = ctx;
	int err = grow((void **)&walk->qdiscs, walk->n_qdiscs, sizeof(*qdisc));

	if (!err)
		walk->qdiscs[walk->n_qdiscs++] = *qdisc;
	return err;
}

static int take_xdp_link(int fd, const struct weir_uapi_link_info *info, void *ctx)
{
	struct walk *walk = ctx;
	int err;

	(void)fd;
	if (info->type != BPF_LINK_TYPE_XDP || !info->ifindex)
		return 0;
	err = grow((void **)&walk->xdp_links, walk->n_xdp_links, sizeof(*walk->xdp_links));
	if (!err)
		walk->xdp_links[walk->n_xdp_links++] =
			(struct xdp_link){info->ifindex, info->prog_id, info->id};
	return err;
}

/* A link does not tell its namespace: interface and program together do, but
 * for one program on equal ifindexes of two namespaces. Not being allowed to
 * walk links (EPERM) leaves the id unknown. */
static uint32_t find_xdp_link(struct walk *walk, uint32_t prog_id)
{
	if (!walk->xdp_links_read) {
		weir_sys_links(take_xdp_link, walk);
		walk->xdp_links_read = true;
	}
	for (size_t i = 0; i < walk->n_xdp_links; i++)
		if (walk->xdp_links[i].ifindex == (uint32_t)walk->link->ifindex &&
		    walk->xdp_links[i].prog_id == prog_id)
			return walk->xdp_links[i].link_id;
	return 0;
}

static void start(const struct walk *walk, struct weir_attachment *at)
{
	*at = (struct weir_attachment){.ifindex = walk->link->ifindex, .hook = walk->hook};
	memcpy(at->dev, walk->link->name, sizeof(at->dev));
}

/* Of a known program only its runs can have changed, and where its device is: the kernel
 * gives no id twice. */
static int read_prog(const struct walk *walk, uint32_t id, struct weir_prog *out)
{
	struct weir_prog brief;
	size_t i = 0;
	int err;

	while (i < walk->n_known && !(walk->known[i].has_prog && walk->known[i].prog.id == id))
		i++;
	if (i == walk->n_known)
		return weir_prog_read_id(id, out, NULL);
	err = weir_prog_brief_by_id(id, &brief);
	if (err)
		return err;
	*out = walk->known[i].prog;
	out->run_count = brief.run_count;
	out->run_time_ns = brief.run_time_ns;
	out->ifindex = brief.ifindex;
	out->netns_ino = brief.netns_ino;
	return 0;
}

static int tell(struct walk *walk, struct weir_attachment *at, uint32_t prog_id)
{
	int err = prog_id ? read_prog(walk, prog_id, &at->prog) : 0;

	if (err == -ENOENT)
		return 0; /* detached meanwhile */
	at->has_prog = prog_id && !err;
	if (!at->has_prog)
		at->prog.id = prog_id;
	err = walk->fn(at, walk->ctx);
	walk->stopped = err;
	return err;
}

static int tell_xdp(struct walk *walk)
{
	const uint32_t ids[] = {
		[WEIR_XDP_NATIVE] = walk->link->xdp_native_id,
		[WEIR_XDP_GENERIC] = walk->link->xdp_generic_id,
		[WEIR_XDP_OFFLOAD] = walk->link->xdp_offload_id,
	};
	struct weir_attachment at;
	int ret = 0;

	for (int mode = WEIR_XDP_NATIVE; mode <= WEIR_XDP_OFFLOAD && !ret; mode++) {
		if (!ids[mode])
			continue;
		start(walk, &at);
		at.mode = (enum weir_xdp_mode)mode;
		at.link_id = find_xdp_link(walk, ids[mode]);
		at.via = at.link_id ? WEIR_VIA_LINK : WEIR_VIA_NETLINK;
		ret = tell(walk, &at, ids[mode]);
	}
	return ret;
}

/* The slot of a tcx link is in its pin's name. */
static void name_slot(struct walk *walk, struct weir_attachment *at)
{
	const char *path;

	if (!walk->pins && weir_pins_read(&walk->pins))
		return;
	for (size_t i = 0; (path = weir_pins_path(walk->pins, WEIR_PIN_OF_LINK, at->link_id, i));
	     i++)
		if (weir_tcx_pin_is_ours(path))
			weir_tcx_pin_slot(path, at->filter_name, sizeof(at->filter_name));
}

static int tell_tcx(struct walk *walk)
{
	struct weir_attachment at;
	struct weir_tcx tcx;
	int ret = walk->no_tcx ? -EINVAL : weir_net_enter(walk->net);

	if (!ret) {
		ret = weir_sys_tcx_query(walk->link->ifindex, walk->hook, &tcx);
		weir_net_leave(walk->net);
	}
	walk->no_tcx = ret == -EINVAL;
	/* Nothing to be seen: no tcx, no such interface any more, no right to look. */
	if (ret)
		return 0;
	for (uint32_t i = 0; i < tcx.n && !ret; i++) {
		start(walk, &at);
		at.tcx = true;
		at.link_id = tcx.link_ids[i];
		at.via = at.link_id ? WEIR_VIA_LINK : WEIR_VIA_PROG;
		if (at.link_id)
			name_slot(walk, &at);
		ret = tell(walk, &at, tcx.prog_ids[i]);
	}
	return ret;
}

static int tell_filter(const struct weir_tc_filter *filter, void *ctx)
{
	struct walk *walk = ctx;
	struct weir_attachment at;

	start(walk, &at);
	at.via = WEIR_VIA_NETLINK;
	memcpy(at.kind, filter->kind, sizeof(at.kind));
	at.pref = filter->pref;
	at.handle = filter->handle;
	at.chain = filter->chain;
	at.protocol_be = filter->protocol_be;
	at.direct_action = filter->direct_action;
	at.flags_gen = filter->flags_gen;
	memcpy(at.filter_name, filter->name, sizeof(at.filter_name));
	memcpy(at.prog.tag, filter->tag, sizeof(at.prog.tag));
	return tell(walk, &at, filter->prog_id);
}

/* A qdisc "ingress" would show its filters a second time at egress. */
static bool has_filters(const struct walk *walk)
{
	for (size_t i = 0; i < walk->n_qdiscs; i++)
		if (walk->qdiscs[i].ifindex == walk->link->ifindex)
			return walk->hook == WEIR_HOOK_INGRESS ||
			       !strcmp(walk->qdiscs[i].kind, "clsact");
	return false;
}

static int tell_filters(struct walk *walk)
{
	int ret;

	if (!has_filters(walk))
		return 0;
	ret = weir_nl_filters(walk->net, walk->link->ifindex,
			      walk->hook == WEIR_HOOK_EGRESS ? WEIR_TC_PARENT_EGRESS
							     : WEIR_TC_PARENT_INGRESS,
			      tell_filter, walk);
	if (ret && !walk->stopped)
		weir_fail(ret, "%s: %s filters: %s", walk->link->name, weir_hook_name(walk->hook),
			  weir_errstr(ret));
	return ret;
}

static int tell_interface(struct walk *walk)
{
	int ret;

	walk->hook = WEIR_HOOK_XDP;
	ret = tell_xdp(walk);
	for (walk->hook = WEIR_HOOK_INGRESS; !ret && walk->hook <= WEIR_HOOK_EGRESS; walk->hook++) {
		ret = tell_tcx(walk);
		if (!ret)
			ret = tell_filters(walk);
	}
	return ret;
}

static int read_interfaces(struct walk *walk, const char *dev, bool with_qdiscs)
{
	struct weir_link link;
	int err;

	if (!dev)
		err = weir_nl_links(walk->net, take_link, walk);
	else if (!(err = weir_nl_link(walk->net, dev, 0, &link)))
		err = take_link(&link, walk);
	if (err == -ENODEV)
		return weir_fail(err, "%s: no such interface; `ip link` lists them", dev);
	if (!err && with_qdiscs)
		err = weir_nl_qdiscs(walk->net, dev ? link.ifindex : 0, take_qdisc, walk);
	return err ? weir_fail(err, "%s: %s", dev ? dev : "interfaces", weir_errstr(err)) : 0;
}

int weir_query(struct weir_net *net, const char *dev, weir_attachment_fn fn, void *ctx)
{
	return weir_query_again(net, dev, NULL, 0, fn, ctx);
}

int weir_query_again(struct weir_net *net, const char *dev, const struct weir_attachment *known,
		     size_t n_known, weir_attachment_fn fn, void *ctx)
{
	struct walk walk = {.net = net, .fn = fn, .ctx = ctx, .known = known, .n_known = n_known};
	int ret = read_interfaces(&walk, dev, true);

	for (size_t i = 0; i < walk.n_links && !ret; i++) {
		walk.link = &walk.links[i];
		ret = tell_interface(&walk);
	}
	weir_pins_free(walk.pins);
	free(walk.links);
	free(walk.qdiscs);
	free(walk.xdp_links);
	return ret;
}

int weir_query_xdp(struct weir_net *net, const char *dev, weir_attachment_fn fn, void *ctx)
{
	struct walk walk = {.net = net, .fn = fn, .ctx = ctx, .hook = WEIR_HOOK_XDP};
	int ret = read_interfaces(&walk, dev, false);

	for (size_t i = 0; i < walk.n_links && !ret; i++) {
		walk.link = &walk.links[i];
		ret = tell_xdp(&walk);
	}
	free(walk.links);
	free(walk.xdp_links);
	return ret;
}

int weir_query_tcx(struct weir_net *net, int ifindex, enum weir_hook hook, weir_attachment_fn fn,
		   void *ctx)
{
	struct weir_tcx tcx;
	int ret = weir_net_enter(net);

	if (ret)
		return ret;
	ret = weir_sys_tcx_query(ifindex, hook, &tcx);
	weir_net_leave(net);
	if (ret == -EINVAL)
		return 0;
	for (uint32_t i = 0; !ret && i < tcx.n; i++) {
		struct weir_attachment at = {
			.ifindex = ifindex,
			.hook = hook,
			.tcx = true,
			.via = tcx.link_ids[i] ? WEIR_VIA_LINK : WEIR_VIA_PROG,
			.link_id = tcx.link_ids[i],
			.prog.id = tcx.prog_ids[i],
		};

		at.has_prog = !weir_prog_brief_by_id(tcx.prog_ids[i], &at.prog);
		ret = fn(&at, ctx);
	}
	return ret;
}

bool weir_query_is_blind(void)
{
	uint32_t id;

	return bpf_map_get_next_id(0, &id) == -EPERM;
}
