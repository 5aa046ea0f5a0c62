// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns detaching: which rooms are asked, and what is said about the programs
 * of others that stay.
 *
 * In: an interface and a selection. Out: how many programs went. Repeating it
 * is harmless; what a killed call left over, the repeated one clears.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loader/attach.h"
#include "loader/log.h"
#include "loader/owner.h"

void weir_detach_leave(struct weir_detaching *de, const char *place, const char *kind,
		       const struct weir_prog *prog, const char *remedy)
{
	if (de->left)
		return;
	de->left = true;
	snprintf(de->left_place, sizeof(de->left_place), "%s", place);
	snprintf(de->left_kind, sizeof(de->left_kind), "%s", kind ? kind : "");
	snprintf(de->left_remedy, sizeof(de->left_remedy), "%s", remedy);
	if (prog)
		de->left_prog = *prog;
}

static int check_options(const struct weir_detach_opts *opts)
{
	if (!opts->dev || !*opts->dev)
		return weir_fail(-EINVAL, "detach: no interface given");
	if (opts->hook > WEIR_HOOK_EGRESS)
		return weir_fail(-EINVAL, "%s: detach: no such hook", opts->dev);
	if (opts->mode > WEIR_XDP_OFFLOAD)
		return weir_fail(-EINVAL, "%s: detach: no such mode of XDP", opts->dev);
	return 0;
}

/* pref, handle and tcx select among tc programs, a mode among XDP programs. */
static bool wants_hook(const struct weir_detach_opts *opts, enum weir_hook hook)
{
	bool tc_only = opts->pref || opts->handle || opts->name || opts->tcx;

	if (opts->hook != WEIR_HOOK_NONE)
		return opts->hook == hook;
	return hook == WEIR_HOOK_XDP ? !tc_only : opts->mode == WEIR_XDP_BEST;
}

static int detach_hook(struct weir_detaching *de)
{
	int err = 0;

	if (de->hook == WEIR_HOOK_XDP)
		return weir_xdp_detach(de);
	if (!de->opts.pref && !de->opts.handle)
		err = weir_tcx_detach(de);
	if (!err && !de->opts.tcx)
		err = weir_tc_detach(de);
	return err;
}

int weir_detach(struct weir_net *net, const struct weir_detach_opts *opts)
{
	struct weir_detaching de = {.net = net};
	int err = weir_opts_take(&de.opts, sizeof(de.opts), opts, "detach");

	if (!err)
		err = check_options(&de.opts);
	if (err)
		return err;
	de.dev = de.opts.dev;
	de.ifindex = weir_net_ifindex(net, de.dev);
	if (de.ifindex < 0)
		return de.ifindex;
	for (de.hook = WEIR_HOOK_XDP; de.hook <= WEIR_HOOK_EGRESS; de.hook++) {
		if (wants_hook(&de.opts, de.hook))
			err = detach_hook(&de);
		if (err)
			return err;
	}
	if (de.opts.hook != WEIR_HOOK_NONE && !de.removed && de.left)
		return weir_owner_refuse(-EPERM, de.dev, de.left_place, de.left_kind, &de.left_prog,
					 de.left_remedy);
	return de.removed;
}
