// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sampler at XDP, in the place of the program that is there, which it runs. Each exchange is a
 * compare and swap, so that a program that somebody else puts there meanwhile is never lost.
 */
#include "cli/capture/xdp.h"

#include <errno.h>
#include <unistd.h>

#include "cli/say.h"

/* What is there, but for a network card's own program, which comes before. */
static int take_xdp(const struct weir_attachment *at, void *ctx)
{
	struct weir_prog *prog = ctx;

	if (at->mode == WEIR_XDP_OFFLOAD)
		return 0;
	if (!at->has_prog)
		return -EIO;
	*prog = at->prog;
	return 0;
}

int weir_capture_xdp_look(const struct weir_capture_point *point, struct weir_prog *out)
{
	*out = (struct weir_prog){0};
	return weir_query_xdp(point->net, point->cfg->dev, take_xdp, out);
}

static int find_xdp(const struct weir_capture_point *point, struct weir_prog *out)
{
	int err = weir_capture_xdp_look(point, out);

	if (err == -EIO)
		weir_say_error("%s: xdp holds a program that cannot be read", point->cfg->dev);
	return err;
}

/* Program @former (fd; -1: none) in the place of sampler @id. */
static int exchange(const struct weir_capture_point *point, uint32_t id, int former_fd)
{
	const struct weir_attach_opts attach = {
		.sz = sizeof(attach),
		.dev = point->cfg->dev,
		.hook = WEIR_HOOK_XDP,
		.exact = true,
		.expected_id = id,
		.prog_fd = former_fd,
	};
	const struct weir_detach_opts detach = {
		.sz = sizeof(detach), .dev = point->cfg->dev, .hook = WEIR_HOOK_XDP, .prog_id = id};
	struct weir_attach_result result = {.sz = sizeof(result)};
	int err;

	if (former_fd >= 0)
		return weir_attach(point->net, &attach, &result);
	err = weir_detach(point->net, &detach);
	return err < 0 ? err : 0;
}

/* Puts back what capture @sampler runs. */
static int end_capture(const struct weir_capture_point *point, const struct weir_prog *sampler)
{
	struct weir_prog former;
	int err = weir_prog_captured(sampler, &former), fd = -1;

	if (err && err != -ENOENT)
		return err;
	if (!err) {
		fd = weir_prog_open_id(former.id);
		if (fd < 0)
			return fd;
	}
	err = exchange(point, sampler->id, fd);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Which is there now; what a killed capture left is put back first. The place is ours, so no
 * living one is there. */
static int settle_xdp(struct weir_capture_point *point)
{
	int err = find_xdp(point, &point->wrapped);

	if (err || !weir_prog_is_capture(&point->wrapped))
		return err;
	err = end_capture(point, &point->wrapped);
	if (err)
		return err;
	weir_say_note("%s: what a killed capture had left is put back", point->cfg->dev);
	return find_xdp(point, &point->wrapped);
}

static int refuse_kind(const struct weir_capture_point *point)
{
	weir_say_error("%s: xdp holds program %s (id %u), which the kernel lets no other program "
		       "call: it is made for a device, or of a kind of its own; capture at ingress",
		       point->cfg->dev, point->wrapped.name, point->wrapped.id);
	return -EXDEV;
}

/* Program arrays hold what is alike: with frags or without, with an attach type or, from old
 * loaders, without. The kernel tells neither. */
static int load_beside(struct weir_capture_point *point, struct weir_sampler_opts *opts)
{
	bool frags = opts->kind == WEIR_STEP_XDP_FRAGS;
	int err = -EXDEV;

	if (point->wrapped.ours)
		frags = point->wrapped.frags;
	for (int i = 0; i < 4 && err == -EXDEV; i++) {
		opts->kind = frags ^ (i >> 1) ? WEIR_STEP_XDP_FRAGS : WEIR_STEP_XDP;
		opts->no_attach_type = i & 1;
		/* a kernel without frags */
		if (opts->kind == WEIR_STEP_XDP_FRAGS && !opts->consts.has_load_bytes)
			continue;
		err = weir_sampler_load(opts, &point->sampler);
	}
	return err == -EXDEV ? refuse_kind(point) : err;
}

static int load_for_xdp(struct weir_capture_point *point, struct weir_sampler_opts *opts)
{
	opts->kind = weir_step_kind_at(WEIR_HOOK_XDP);
	/* both of Linux 5.18 */
	opts->consts.has_load_bytes = opts->kind == WEIR_STEP_XDP_FRAGS;
	if (!opts->consts.has_load_bytes && opts->consts.snap_bytes > WEIR_SAMPLE_SNAP_OLD)
		opts->consts.snap_bytes = WEIR_SAMPLE_SNAP_OLD;
	opts->consts.wraps = point->wrapped.id != 0;
	if (!point->wrapped.id)
		return weir_sampler_load(opts, &point->sampler);
	point->wrapped_fd = weir_prog_open_id(point->wrapped.id);
	if (point->wrapped_fd < 0)
		return point->wrapped_fd;
	opts->wrapped_fd = point->wrapped_fd;
	return load_beside(point, opts);
}

int weir_capture_xdp_attach(struct weir_capture_point *point, struct weir_sampler_opts *opts)
{
	struct weir_attach_opts attach = {
		.sz = sizeof(attach),
		.dev = point->cfg->dev,
		.hook = WEIR_HOOK_XDP,
		.mode = (enum weir_xdp_mode)point->cfg->mode,
		.force = point->cfg->force,
		.exact = true,
	};
	struct weir_attach_result result = {.sz = sizeof(result)};
	int err = settle_xdp(point);

	err = err ? err : load_for_xdp(point, opts);
	if (!err && point->wrapped.id)
		err = weir_capture_place_pin(&point->place, point->sampler.wrapped_map_fd);
	if (err)
		return err;
	attach.prog_fd = point->sampler.prog_fd;
	attach.expected_id = point->wrapped.id;
	err = weir_attach(point->net, &attach, &result);
	point->mode = result.mode;
	return err;
}

int weir_capture_xdp_put_back(const struct weir_capture_point *point)
{
	char why[512];
	int err;

	weir_say_catch(why, sizeof(why));
	err = exchange(point, point->sampler.prog_id, point->wrapped_fd);
	weir_say_release();
	if (err == -ESTALE)
		return 0;
	if (err)
		weir_say_error("%s; `weir capture dev %s off` puts back what was there", why,
			       point->cfg->dev);
	return err;
}

int weir_capture_xdp_off(struct weir_capture_point *point)
{
	struct weir_prog prog;
	int err = find_xdp(point, &prog);

	if (!err && !weir_prog_is_capture(&prog))
		err = -ENOENT;
	return err ? err : end_capture(point, &prog);
}
