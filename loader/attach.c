// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the transaction of an attach: look, load, attach, else take back.
 *
 * In: an interface, a hook, an object or a loaded program. Out: the program at
 * the hook, or the machine as before. Who holds the hook is decided before
 * anything is loaded, so that a refusal costs nothing; the exchange itself is
 * a single step of the kernel, so that a kill leaves the old or the new state.
 */
#include "loader/attach.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "loader/device.h"
#include "loader/error.h"
#include "loader/log.h"
#include "loader/object.h"

struct room {
	int (*look)(struct weir_attaching *at);
	int (*attach)(struct weir_attaching *at);
	uint32_t prog_type;
};

static const struct room xdp = {weir_xdp_look, weir_xdp_attach, BPF_PROG_TYPE_XDP};
static const struct room tc = {weir_tc_look, weir_tc_attach, BPF_PROG_TYPE_SCHED_CLS};
static const struct room tcx = {weir_tcx_look, weir_tcx_attach, BPF_PROG_TYPE_SCHED_CLS};

int weir_opts_take(void *dst, size_t len, const void *src, const char *what)
{
	const uint8_t *bytes = src;
	size_t sz;

	if (!src)
		return weir_fail(-EINVAL, "%s: no options given", what);
	memcpy(&sz, src, sizeof(sz));
	if (sz < sizeof(sz))
		return weir_fail(-EINVAL, "%s: size of the options is not set", what);
	for (size_t i = len; i < sz; i++)
		if (bytes[i])
			return weir_fail(-E2BIG, "%s: options of a newer libweir", what);
	memset(dst, 0, len);
	memcpy(dst, src, sz < len ? sz : len);
	return 0;
}

int weir_attach_fail(int err, const char *dev, const char *place, const char *ext)
{
	const char *hint = weir_errhint(err), *known;
	char buf[256];

	if (err == -ENODEV)
		hint = "the interface is gone";
	known = weir_device_hint(ext, dev, buf, sizeof(buf));
	if (known)
		hint = known;
	return weir_fail(err, "%s: %s: %s%s%s", dev, place, ext && *ext ? ext : weir_errstr(err),
			 hint ? "; " : "", hint ? hint : "");
}

int weir_attach_refused(const struct weir_attaching *at, int err, const char *place,
			const char *ext)
{
	const char *why = ext;
	char buf[256];

	if (!at->on_device || err == -ENODEV || err == -EPERM ||
	    weir_device_hint(ext, at->dev, buf, sizeof(buf)))
		return weir_attach_fail(err, at->dev, place, ext);
	if (!*why && at->opts.hook == WEIR_HOOK_EGRESS && err == -EOPNOTSUPP)
		why = "the driver takes programs of tc at ingress only";
	else if (!*why)
		why = "the driver does not take the program";
	return weir_fail(err, "%s: %s: %s (%s); attach it without %s, or add fallback", at->dev,
			 place, why, weir_errstr(err),
			 at->opts.hook == WEIR_HOOK_XDP ? "offload" : "skip_sw");
}

static bool wants_device(const struct weir_attach_opts *opts)
{
	return opts->hook == WEIR_HOOK_XDP ? opts->mode == WEIR_XDP_OFFLOAD : opts->skip_sw;
}

static int check_options(const struct weir_attach_opts *opts)
{
	if (!opts->dev || !*opts->dev)
		return weir_fail(-EINVAL, "attach: no interface given");
	if (opts->hook < WEIR_HOOK_XDP || opts->hook > WEIR_HOOK_EGRESS)
		return weir_fail(-EINVAL, "%s: attach: no such hook", opts->dev);
	if (opts->mode > WEIR_XDP_OFFLOAD)
		return weir_fail(-EINVAL, "%s: attach: no such mode of XDP", opts->dev);
	if ((opts->skip_sw || opts->skip_hw) && (opts->hook == WEIR_HOOK_XDP || opts->tcx))
		return weir_fail(-EINVAL, "%s: attach: skip_sw and skip_hw are of clsact filters",
				 opts->dev);
	if (opts->skip_sw && opts->skip_hw)
		return weir_fail(-EINVAL, "%s: attach: skip_sw and skip_hw exclude each other",
				 opts->dev);
	if (opts->fallback && !(opts->object && wants_device(opts)))
		return weir_fail(-EINVAL,
				 "%s: attach: fallback is for an object that goes to the device",
				 opts->dev);
	if (!opts->object == (opts->prog_fd <= 0))
		return weir_fail(-EINVAL, "%s: attach: an object or a program, one of both",
				 opts->dev);
	if (opts->pref > 0xffff)
		return weir_fail(-ERANGE, "%s: attach: pref %u: the range is 1 to 65535", opts->dev,
				 opts->pref);
	if (opts->handle && !opts->pref)
		return weir_fail(-EINVAL,
				 "%s: attach: handle 0x%x: handles count within a pref; "
				 "give pref, too",
				 opts->dev, opts->handle);
	if (opts->exact && (opts->hook != WEIR_HOOK_XDP || !opts->prog_fd))
		return weir_fail(-EINVAL, "%s: attach: who expects a program brings one, at xdp",
				 opts->dev);
	if ((opts->first || opts->unpinned) && !opts->tcx)
		return weir_fail(-EINVAL, "%s: attach: first and unpinned are of tcx", opts->dev);
	if (opts->tcx && (opts->pref || opts->handle))
		return weir_fail(-EINVAL, "%s: attach: tcx has no pref and no handle", opts->dev);
	return 0;
}

static int name_slot(struct weir_attaching *at)
{
	const char *name = at->opts.name ? at->opts.name : at->opts.prog_label;
	int err = 0;

	if (at->opts.object && !at->opts.name)
		err = weir_object_label(at->opts.object, at->slot, sizeof(at->slot));
	else if (!name || !*name)
		name = at->prog.name;
	if (err)
		return err;
	if (at->opts.object && !at->opts.name)
		return 0;
	if (strlen(name) >= sizeof(at->slot))
		return weir_fail(-ENAMETOOLONG, "%s: name of %zu bytes: at most %zu", at->dev,
				 strlen(name), sizeof(at->slot) - 1);
	memcpy(at->slot, name, strlen(name) + 1);
	return 0;
}

/* The program that the caller brought, or the one just loaded. */
static int take_program(struct weir_attaching *at, int prog_fd, uint32_t want_type)
{
	const char *have, *want;
	int err = weir_prog_by_fd(prog_fd, &at->prog);

	if (err)
		return err;
	at->prog_fd = prog_fd;
	if (at->prog.type == want_type)
		return 0;
	have = weir_prog_type_name(at->prog.type);
	want = weir_prog_type_name(want_type);
	return weir_fail(-EINVAL, "%s: %s: program %s (id %u) is of type %s; this hook takes %s",
			 at->dev, weir_hook_name(at->opts.hook), at->prog.name, at->prog.id,
			 have ? have : "unknown", want ? want : "another");
}

/*
 * A program that the caller brought was made for a device or for the host, and runs there
 * only. Kernels take a device's program in a tcx link all the same, and warn of a bug in
 * themselves at the first packet (seen on 6.12 and 7.2).
 */
static int check_made_for(struct weir_attaching *at)
{
	const char *hook = weir_hook_name(at->opts.hook);
	const struct weir_prog *prog = &at->prog;

	if (!prog->ifindex && wants_device(&at->opts))
		return weir_fail(
			-EINVAL,
			"%s: %s: program %s (id %u) was made for the host; load it for the "
			"device: give obj FILE",
			at->dev, hook, prog->name, prog->id);
	if (!prog->ifindex)
		return 0;
	if (at->opts.tcx)
		return weir_fail(-EINVAL,
				 "%s: %s: program %s (id %u) was made for a device, and tcx runs "
				 "programs on the host; leave out tcx",
				 at->dev, hook, prog->name, prog->id);
	if (at->opts.skip_hw || (at->opts.hook == WEIR_HOOK_XDP && at->opts.mode != WEIR_XDP_BEST &&
				 at->opts.mode != WEIR_XDP_OFFLOAD))
		return weir_fail(
			-EINVAL,
			"%s: %s: program %s (id %u) was made for a device and runs nowhere "
			"else; load it for the host: give obj FILE",
			at->dev, hook, prog->name, prog->id);
	if (at->opts.hook == WEIR_HOOK_XDP)
		at->opts.mode = WEIR_XDP_OFFLOAD;
	else
		at->opts.skip_sw = true;
	return 0;
}

static int load(struct weir_attaching *at, uint32_t want_type)
{
	struct weir_load_opts opts = {.sz = sizeof(opts), .net = at->net};
	int err;

	if (!at->opts.object)
		return 0;
	if (at->on_device)
		opts.ifindex = (uint32_t)at->ifindex;
	err = weir_object_load_undoable(at->opts.object, &opts, at->undo);
	return err ? err : take_program(at, weir_object_prog_fd(at->opts.object), want_type);
}

static int choose_room(struct weir_attaching *at, const struct room **room)
{
	int err;

	*room = at->opts.hook == WEIR_HOOK_XDP ? &xdp : at->opts.tcx ? &tcx : &tc;
	err = (*room)->look(at);
	if (err != -EOPNOTSUPP || *room != &tcx)
		return err;
	*room = &tc;
	return tc.look(at);
}

static int load_and_attach(struct weir_attaching *at, const struct room *room)
{
	int err = load(at, room->prog_type);

	return err ?: room->attach(at);
}

/* To the device, else to the host: all that the first try made goes before the second. What
 * stands against both (the interface is gone, no rights) the second says again. */
static int attach_or_fall_back(struct weir_attaching *at, const struct room *room)
{
	const char *hook = weir_hook_name(at->opts.hook);
	bool is_xdp = at->opts.hook == WEIR_HOOK_XDP;
	char why[512];
	int err;

	weir_log_hold(why, sizeof(why));
	err = load_and_attach(at, room);
	weir_log_release();
	if (!err)
		return 0;
	weir_undo_rollback(at->undo);
	weir_object_unload(at->opts.object);
	at->prog_fd = -1;
	at->prog = (struct weir_prog){0};
	at->on_device = at->opts.skip_sw = false;
	if (is_xdp)
		at->opts.mode = WEIR_XDP_NATIVE;
	err = choose_room(at, &room);
	err = err ?: load_and_attach(at, room);
	if (!err)
		weir_log(WEIR_LOG_NOTICE, "%s: %s: not on the device, but %s: %s", at->dev, hook,
			 is_xdp ? "native" : "in the host's filter", why);
	else
		weir_log(WEIR_LOG_DETAIL, "%s: %s: on the device: %s", at->dev, hook, why);
	return err;
}

static int transact(struct weir_attaching *at)
{
	const struct room *room = NULL;
	int err = 0;

	if (!at->opts.object) {
		err = take_program(at, at->opts.prog_fd,
				   at->opts.hook == WEIR_HOOK_XDP ? xdp.prog_type : tc.prog_type);
		err = err ?: check_made_for(at);
	}
	if (!err)
		err = name_slot(at);
	at->on_device = wants_device(&at->opts);
	/* who holds the hook is no matter of where the program runs */
	if (!err)
		err = choose_room(at, &room);
	if (err)
		return err;
	err = at->opts.fallback ? attach_or_fall_back(at, room) : load_and_attach(at, room);
	if (!err && at->opts.tcx && room == &tc)
		weir_log(WEIR_LOG_NOTICE, "%s: %s: tcx needs Linux 6.6: attached through clsact",
			 at->dev, weir_hook_name(at->opts.hook));
	return err;
}

int weir_attach(struct weir_net *net, const struct weir_attach_opts *opts,
		struct weir_attach_result *result)
{
	struct weir_attaching at = {.net = net, .prog_fd = -1};
	size_t sz = result ? result->sz : 0;
	int err = weir_opts_take(&at.opts, sizeof(at.opts), opts, "attach");

	if (!err)
		err = check_options(&at.opts);
	if (err)
		return err;
	at.dev = at.opts.dev;
	at.ifindex = weir_net_ifindex(net, at.dev);
	if (at.ifindex < 0)
		return at.ifindex;
	err = weir_undo_new(&at.undo);
	if (err)
		return weir_attach_fail(err, at.dev, "attach", NULL);
	at.result.ifindex = at.ifindex;
	at.result.link_fd = -1;
	err = transact(&at);
	at.result.in_hw |= !err && at.on_device;
	if (err)
		weir_undo_rollback(at.undo);
	else
		weir_undo_commit(at.undo);
	weir_undo_free(at.undo);
	if (!err && sz >= sizeof(sz)) {
		at.result.sz = sz;
		memcpy(result, &at.result, sz < sizeof(at.result) ? sz : sizeof(at.result));
	}
	return err;
}
