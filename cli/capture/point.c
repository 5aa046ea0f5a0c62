// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sampler on an interface: at XDP by xdp.c; at tc before the others, by a tcx link that goes
 * with this process, or by a clsact filter.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/capture/capture.h"
#include "cli/capture/xdp.h"
#include "cli/say.h"

#define SLOT "weir-capture" /* tc: the filter's name */

void weir_capture_point_init(struct weir_capture_point *point, const struct weir_globals *globals,
			     const struct weir_capture_config *cfg)
{
	*point = (struct weir_capture_point){
		.globals = globals,
		.cfg = cfg,
		.hook = cfg->hook ? (enum weir_hook)cfg->hook : WEIR_HOOK_XDP,
		.place = {.fd = -1},
		.wrapped_fd = -1,
		.link_fd = -1,
	};
}

int weir_capture_point_open(struct weir_capture_point *point)
{
	int err = weir_net_open(point->globals->netns, &point->net);

	if (err)
		return err;
	point->ifindex = weir_net_ifindex(point->net, point->cfg->dev);
	return point->ifindex < 0 ? point->ifindex : 0;
}

void weir_capture_point_close(struct weir_capture_point *point)
{
	if (point->link_fd >= 0)
		close(point->link_fd);
	if (point->wrapped_fd >= 0)
		close(point->wrapped_fd);
	weir_sampler_close(&point->sampler);
	/* while the sampler is there, so is what it needs */
	if (!point->attached)
		weir_capture_place_free(&point->place);
	weir_net_close(point->net);
}

/* ---- tc -------------------------------------------------------------------------------------- */

struct search {
	const struct weir_capture_point *point;
	unsigned int before;
	bool found;
};

/* Counts those that packets meet before the sampler. */
static int take_tc(const struct weir_attachment *at, void *ctx)
{
	struct search *search = ctx;

	if (at->hook != search->point->hook)
		return 0;
	if (at->has_prog && at->prog.id == search->point->sampler.prog_id)
		search->found = true;
	else if (!search->found)
		search->before++;
	return 0;
}

static int detach_tc(const struct weir_capture_point *point)
{
	const struct weir_detach_opts opts = {
		.sz = sizeof(opts), .dev = point->cfg->dev, .hook = point->hook, .name = SLOT};

	return weir_detach(point->net, &opts);
}

static int attach_tc(struct weir_capture_point *point, struct weir_sampler_opts *opts)
{
	struct weir_attach_opts attach = {
		.sz = sizeof(attach),
		.dev = point->cfg->dev,
		.hook = point->hook,
		.tcx = true,
		.first = true,
		.unpinned = true,
		.name = SLOT,
	};
	struct weir_attach_result result = {.sz = sizeof(result)};
	struct search search = {.point = point};
	int err;

	opts->kind = WEIR_STEP_TC;
	err = weir_sampler_load(opts, &point->sampler);
	/* a filter that a killed capture left */
	if (!err)
		err = detach_tc(point);
	if (err < 0)
		return err;
	attach.prog_fd = point->sampler.prog_fd;
	err = weir_attach(point->net, &attach, &result);
	if (err)
		return err;
	point->link_fd = result.link_fd;
	point->pref = result.pref;
	point->handle = result.handle;
	if (!weir_query(point->net, point->cfg->dev, take_tc, &search))
		point->before = search.before;
	return 0;
}

/* One capture at a time. */
static int lock(struct weir_capture_point *point)
{
	int err = weir_capture_place_lock(point->globals->bpffs, point->net, point->ifindex,
					  point->hook, &point->place);

	if (err == -EBUSY)
		weir_say_error(
			"%s: %s is captured from by another weir capture; end that one first",
			point->cfg->dev, weir_hook_name(point->hook));
	return err;
}

/* ---- all hooks ---------------------------------------------------------------------------------
 */

int weir_capture_point_attach(struct weir_capture_point *point,
			      const struct weir_sampler_opts *wanted)
{
	struct weir_sampler_opts opts = *wanted;
	int err = lock(point);

	opts.wrapped_fd = -1;
	if (err)
		return err;
	if (point->hook == WEIR_HOOK_XDP)
		err = weir_capture_xdp_attach(point, &opts);
	else
		err = attach_tc(point, &opts);
	point->attached = !err;
	return err;
}

static bool is_gone(const struct weir_capture_point *point)
{
	char name[IFNAMSIZ];

	return weir_net_ifname(point->net, point->ifindex, name) == -ENODEV;
}

static bool is_there(const struct weir_capture_point *point)
{
	struct search search = {.point = point};
	struct weir_prog prog;

	/* what cannot be known is taken for there */
	if (point->hook == WEIR_HOOK_XDP)
		return weir_capture_xdp_look(point, &prog) || prog.id == point->sampler.prog_id;
	return weir_query(point->net, point->cfg->dev, take_tc, &search) || search.found;
}

int weir_capture_point_check(const struct weir_capture_point *point)
{
	if (is_gone(point)) {
		weir_say_error("%s: the interface is gone", point->cfg->dev);
		return -ENODEV;
	}
	if (is_there(point))
		return 0;
	weir_say_error("%s: %s: the capture was taken off by somebody else", point->cfg->dev,
		       weir_hook_name(point->hook));
	return -ESTALE;
}

int weir_capture_point_detach(struct weir_capture_point *point)
{
	int err = 0;

	if (!point->attached)
		return 0;
	if (is_gone(point)) {
		/* and with it all that was there */
	} else if (point->hook == WEIR_HOOK_XDP) {
		err = weir_capture_xdp_put_back(point);
	} else if (point->link_fd >= 0) {
		close(point->link_fd);
		point->link_fd = -1;
	} else {
		err = detach_tc(point);
		err = err < 0 ? err : 0;
	}
	point->attached = err != 0;
	return err;
}

void weir_capture_point_text(const struct weir_capture_point *point, char *buf, size_t len)
{
	const char *hook = weir_hook_name(point->hook);
	int used;

	if (point->hook == WEIR_HOOK_XDP) {
		used = snprintf(buf, len, "%s %s", hook,
				point->mode == WEIR_XDP_GENERIC ? "generic" : "native");
		if (point->wrapped.id && used < (int)len)
			snprintf(buf + used, len - (size_t)used, ", program %s id %u",
				 point->wrapped.name, point->wrapped.id);
		return;
	}
	if (point->link_fd >= 0)
		used = snprintf(buf, len, "%s tcx", hook);
	else
		used = snprintf(buf, len, "%s clsact pref %u", hook, point->pref);
	if (used >= (int)len)
		return;
	if (point->before)
		snprintf(buf + used, len - (size_t)used, ", behind %u other%s", point->before,
			 point->before > 1 ? "s" : "");
	else
		snprintf(buf + used, len - (size_t)used, ", before all others");
}

/* ---- off
 * ----------------------------------------------------------------------------------------- */

/* A filter of a capture that was killed. A living one is left alone. */
static int off_tc(struct weir_capture_point *point)
{
	int err = lock(point);

	err = err ? err : detach_tc(point);
	return err < 0 ? err : err ? 0 : -ENOENT;
}

int weir_capture_point_off(struct weir_capture_point *point)
{
	int err = point->hook == WEIR_HOOK_XDP ? weir_capture_xdp_off(point) : off_tc(point);

	if (err == -ENOENT)
		weir_say_error("%s: %s: no capture is there", point->cfg->dev,
			       weir_hook_name(point->hook));
	if (err || point->hook != WEIR_HOOK_XDP)
		return err;
	/* the place goes with a killed capture; a living one keeps it for a moment */
	(void)weir_capture_place_lock(point->globals->bpffs, point->net, point->ifindex,
				      point->hook, &point->place);
	return 0;
}
