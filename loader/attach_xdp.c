// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns XDP on an interface: attach, replace, detach by netlink.
 *
 * In: a loaded program. Out: the interface's program, exchanged in one step.
 * XDP_FLAGS_REPLACE with IFLA_XDP_EXPECTED_FD (Linux 5.7) makes each exchange
 * a compare and swap; an EEXIST or EBUSY means that somebody was faster, and
 * the state is looked at anew. Native and generic exclude each other in the
 * kernel (dev_xdp_attach(), net/core/dev.c), so a change of mode cannot be
 * without a gap and is left to the user.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader/attach.h"
#include "loader/dispatcher.h"
#include "loader/error.h"
#include "loader/log.h"
#include "loader/owner.h"
#include "loader/prog.h"

/* What is to be replaced. */
struct plan {
	enum weir_xdp_mode mode;
	bool mode_is_free; /* BEST, and nothing is attached: generic may stand in */
	uint32_t prog_id;  /* 0: nothing is there */
	int prog_fd;	   /* of prog_id; -1 */
	struct weir_prog prog;
};

static const struct {
	const char *name;
	uint32_t flag;
} modes[] = {
	[WEIR_XDP_NATIVE] = {"native", XDP_FLAGS_DRV_MODE},
	[WEIR_XDP_GENERIC] = {"generic", XDP_FLAGS_SKB_MODE},
	[WEIR_XDP_OFFLOAD] = {"offload", XDP_FLAGS_HW_MODE},
};

const char *weir_xdp_mode_name(enum weir_xdp_mode mode)
{
	if (mode == WEIR_XDP_BEST)
		return "best";
	return mode == WEIR_XDP_MULTI ? "multi" : modes[mode].name;
}

static const char *place_of(enum weir_xdp_mode mode)
{
	static const char *const places[] = {"xdp", "xdp native", "xdp generic", "xdp offload"};

	return places[mode];
}

static uint32_t id_in_mode(const struct weir_link *link, enum weir_xdp_mode mode)
{
	switch (mode) {
	case WEIR_XDP_NATIVE:
		return link->xdp_native_id;
	case WEIR_XDP_GENERIC:
		return link->xdp_generic_id;
	case WEIR_XDP_OFFLOAD:
		return link->xdp_offload_id;
	default:
		return 0;
	}
}

static int set_program(struct weir_net *net, int ifindex, int prog_fd, uint32_t flags,
		       int expected_fd, char *ext, size_t ext_len)
{
	uint8_t buf[128] __attribute__((aligned(4)));

	return weir_nl_talk(
		net, weir_nl_xdp_request(buf, sizeof(buf), ifindex, prog_fd, flags, expected_fd),
		ext, ext_len);
}

/*
 * Whether a BPF link holds the hook. No query tells it, but replacing the
 * program by itself does: the kernel checks for a link first (EBUSY) and does
 * nothing when the program stays the same.
 */
static bool held_by_link(struct weir_net *net, int ifindex, enum weir_xdp_mode mode, int prog_fd)
{
	return set_program(net, ifindex, prog_fd, modes[mode].flag | XDP_FLAGS_REPLACE, prog_fd,
			   NULL, 0) == -EBUSY;
}

static void plan_close(struct plan *plan)
{
	if (plan->prog_fd >= 0)
		close(plan->prog_fd);
	plan->prog_fd = -1;
}

/* -EAGAIN: the program went away between the query and now. */
static int open_current(struct plan *plan, uint32_t id, const char *dev)
{
	int err;

	plan->prog_id = id;
	plan->prog_fd = -1;
	if (!id)
		return 0;
	err = weir_prog_read_id(id, &plan->prog, &plan->prog_fd);
	if (err == -ENOENT)
		return -EAGAIN;
	return err ? weir_attach_fail(err, dev, place_of(plan->mode), NULL) : 0;
}

static int refuse_mode(const struct weir_attaching *at, enum weir_xdp_mode other, uint32_t id)
{
	struct weir_prog prog = {.id = id};
	char text[512];

	if (weir_prog_read_id(id, &prog, NULL))
		snprintf(text, sizeof(text), "program id %u", id);
	else
		weir_owner_text(&prog, text, sizeof(text));
	return weir_fail(-EEXIST,
			 "%s: xdp %s: %s is attached in %s mode, and the kernel cannot exchange "
			 "the two modes without a gap; `weir detach dev %s xdp%s` comes first",
			 at->dev, modes[at->opts.mode].name, text, modes[other].name, at->dev,
			 prog.ours ? "" : " force");
}

static int choose_mode(const struct weir_attaching *at, const struct weir_link *link,
		       struct plan *plan)
{
	enum weir_xdp_mode want = at->opts.mode;

	plan->mode_is_free = false;
	plan->mode = want;
	if (want == WEIR_XDP_NATIVE && link->xdp_generic_id)
		return refuse_mode(at, WEIR_XDP_GENERIC, link->xdp_generic_id);
	if (want == WEIR_XDP_GENERIC && link->xdp_native_id)
		return refuse_mode(at, WEIR_XDP_NATIVE, link->xdp_native_id);
	if (want != WEIR_XDP_BEST)
		return 0;
	plan->mode_is_free = !link->xdp_native_id && !link->xdp_generic_id;
	plan->mode = link->xdp_generic_id ? WEIR_XDP_GENERIC : WEIR_XDP_NATIVE;
	return 0;
}

static int refuse_foreign(const struct weir_attaching *at, const struct plan *plan)
{
	char remedy[160] = "force runs it all the same, behind another";

	if (!at->opts.exact)
		snprintf(remedy, sizeof(remedy),
			 "`weir detach dev %s xdp force` removes it, force on attach replaces it",
			 at->dev);
	return weir_owner_refuse(-EEXIST, at->dev, place_of(plan->mode), NULL, &plan->prog, remedy);
}

/* A program that is wrapped would be lost with what wraps it. */
static int refuse_captured(const char *dev, const struct plan *plan)
{
	return weir_fail(
		-EBUSY,
		"%s: %s: is captured from by weir capture (program %s, id %u); end that, or "
		"`weir capture dev %s off` does",
		dev, place_of(plan->mode), plan->prog.name, plan->prog.id, dev);
}

static int refuse_stale(const struct weir_attaching *at, const struct plan *plan)
{
	return weir_fail(-ESTALE,
			 "%s: %s: holds program id %u, not %u: somebody was faster; try again",
			 at->dev, place_of(plan->mode), plan->prog_id, at->opts.expected_id);
}

/* May what is there go? */
static int judge_current(const struct weir_attaching *at, const struct plan *plan)
{
	if (held_by_link(at->net, at->ifindex, plan->mode, plan->prog_fd))
		return weir_owner_refuse_link(-EBUSY, at->dev, place_of(plan->mode), at->ifindex,
					      &plan->prog);
	if (at->opts.force || plan->prog_id == at->prog.id)
		return 0;
	if (!plan->prog.ours)
		return refuse_foreign(at, plan);
	if (!at->opts.exact && weir_prog_is_capture(&plan->prog))
		return refuse_captured(at->dev, plan);
	return 0;
}

/* Looks at the interface and decides. Refusals are logged; -EAGAIN is not. */
static int decide(const struct weir_attaching *at, struct plan *plan)
{
	struct weir_link link;
	int err = weir_nl_link(at->net, NULL, at->ifindex, &link);

	plan->prog_fd = -1;
	if (err)
		return weir_attach_fail(err, at->dev, place_of(at->opts.mode), NULL);
	err = choose_mode(at, &link, plan);
	if (!err)
		err = open_current(plan, id_in_mode(&link, plan->mode), at->dev);
	if (!err && at->opts.exact && plan->prog_id != at->opts.expected_id)
		err = refuse_stale(at, plan);
	if (!err && plan->prog_id)
		err = judge_current(at, plan);
	if (err)
		plan_close(plan);
	return err;
}

static int decide_settled(const struct weir_attaching *at, struct plan *plan)
{
	int err = -EAGAIN;

	for (int i = 0; i < WEIR_ATTACH_TRIES && err == -EAGAIN; i++)
		err = decide(at, plan);
	if (err == -EAGAIN)
		weir_fail(err, "%s: %s: somebody keeps changing the program; try again", at->dev,
			  place_of(at->opts.mode));
	return err;
}

int weir_xdp_look(struct weir_attaching *at)
{
	struct plan plan;
	int err = decide_settled(at, &plan);

	if (!err)
		plan_close(&plan);
	return err;
}

/* What a driver may say that cannot or will not; the rest is about us. */
static bool driver_refused(int err)
{
	return err != -EPERM && err != -EACCES && err != -ENODEV && err != -EEXIST &&
	       err != -EBUSY && err != -EBADF;
}

static int set_planned(const struct weir_attaching *at, const struct plan *plan, char *ext,
		       size_t ext_len)
{
	uint32_t swap = plan->prog_id ? XDP_FLAGS_REPLACE : XDP_FLAGS_UPDATE_IF_NOEXIST;

	return set_program(at->net, at->ifindex, at->prog_fd, modes[plan->mode].flag | swap,
			   plan->prog_fd, ext, ext_len);
}

/* Native was refused: the same in generic mode, and why. */
static int set_generic(const struct weir_attaching *at, struct plan *plan, int native_err,
		       const char *native_ext)
{
	const char *why = *native_ext ? native_ext : weir_errstr(native_err);
	char ext[256];
	int err;

	plan->mode = WEIR_XDP_GENERIC;
	err = set_planned(at, plan, ext, sizeof(ext));
	if (err == -EEXIST || err == -EBUSY)
		return -EAGAIN;
	if (err)
		return weir_fail(err, "%s: xdp: native: %s; generic: %s", at->dev, why,
				 *ext ? ext : weir_errstr(err));
	weir_log(WEIR_LOG_NOTICE, "%s: xdp generic: the driver refused native mode: %s", at->dev,
		 why);
	return 0;
}

/* -EAGAIN, not logged: somebody was faster, or something refuses for good. */
static int attach_once(struct weir_attaching *at, struct plan *plan, char *ext, size_t ext_len)
{
	int err = set_planned(at, plan, ext, ext_len);

	if (err && plan->mode_is_free && driver_refused(err))
		return set_generic(at, plan, err, ext);
	if (err == -EEXIST || err == -EBUSY)
		return -EAGAIN;
	return err ? weir_attach_refused(at, err, place_of(plan->mode), ext) : 0;
}

static void report(struct weir_attaching *at, const struct plan *plan, bool unchanged)
{
	at->result.mode = plan->mode;
	at->result.prog_id = at->prog.id;
	at->result.replaced_prog_id = unchanged ? 0 : plan->prog_id;
	at->result.unchanged = unchanged;
}

int weir_xdp_attach(struct weir_attaching *at)
{
	struct plan plan = {.prog_fd = -1};
	uint32_t former_id = UINT32_MAX;
	char ext[256] = "";
	int err = -EAGAIN;

	for (int i = 0; i < WEIR_ATTACH_TRIES && err == -EAGAIN; i++) {
		err = decide_settled(at, &plan);
		if (err)
			return err;
		if (plan.prog_id == at->prog.id) {
			report(at, &plan, true);
			plan_close(&plan);
			return 0;
		}
		/* Twice refused with the same state: that was no race. */
		if (plan.prog_id == former_id && i > 2) {
			plan_close(&plan);
			err = -EAGAIN;
			break;
		}
		former_id = plan.prog_id;
		err = attach_once(at, &plan, ext, sizeof(ext));
		/* what expects a program goes on running it */
		if (!err && plan.prog_id && !at->opts.exact)
			weir_dispatcher_removed(&plan.prog, at->dev, at->ifindex);
		plan_close(&plan);
	}
	if (err == -EAGAIN)
		return weir_attach_fail(-EEXIST, at->dev, place_of(plan.mode), ext);
	if (!err)
		report(at, &plan, false);
	return err;
}

/* ---- detach -------------------------------------------------------------- */

/* -EAGAIN: another program is there now, or *@ext says what else the kernel has against it. */
static int detach_once(struct weir_detaching *de, const struct plan *plan, char *ext,
		       size_t ext_len)
{
	char remedy[128];
	int err;

	if (de->opts.prog_id && plan->prog_id != de->opts.prog_id)
		return 0;
	if (held_by_link(de->net, de->ifindex, plan->mode, plan->prog_fd) &&
	    (de->opts.force || plan->prog.ours))
		return weir_owner_refuse_link(-EBUSY, de->dev, place_of(plan->mode), de->ifindex,
					      &plan->prog);
	if (!plan->prog.ours && !de->opts.force) {
		snprintf(remedy, sizeof(remedy), "`weir detach dev %s xdp force` removes it",
			 de->dev);
		weir_detach_leave(de, place_of(plan->mode), NULL, &plan->prog, remedy);
		return 0;
	}
	if (!de->opts.force && !de->opts.prog_id && weir_prog_is_capture(&plan->prog))
		return refuse_captured(de->dev, plan);
	err = set_program(de->net, de->ifindex, -1, modes[plan->mode].flag | XDP_FLAGS_REPLACE,
			  plan->prog_fd, ext, ext_len);
	if (err == -EEXIST)
		return -EAGAIN;
	if (err)
		return weir_attach_fail(err, de->dev, place_of(plan->mode), ext);
	de->removed++;
	weir_dispatcher_removed(&plan->prog, de->dev, de->ifindex);
	return 0;
}

static int detach_mode(struct weir_detaching *de, enum weir_xdp_mode mode)
{
	struct plan plan = {.mode = mode, .prog_fd = -1};
	struct weir_link link;
	uint32_t former_id = 0;
	char ext[256] = "";
	int err = -EAGAIN, same = 0;

	for (int i = 0; i < WEIR_ATTACH_TRIES && err == -EAGAIN; i++) {
		*ext = '\0';
		err = weir_nl_link(de->net, NULL, de->ifindex, &link);
		if (err == -ENODEV)
			return 0;
		if (err)
			return weir_attach_fail(err, de->dev, place_of(mode), NULL);
		err = open_current(&plan, id_in_mode(&link, mode), de->dev);
		same = plan.prog_id == former_id ? same + 1 : 0;
		former_id = plan.prog_id;
		if (!err && plan.prog_id)
			err = detach_once(de, &plan, ext, sizeof(ext));
		plan_close(&plan);
	}
	/* The same program all along: no race. An interface above this one has a program, too. */
	if (err == -EAGAIN && same > 1 && *ext)
		return weir_attach_fail(-EEXIST, de->dev, place_of(mode), ext);
	if (err == -EAGAIN)
		weir_fail(err, "%s: %s: somebody keeps changing the program; try again", de->dev,
			  place_of(mode));
	return err;
}

int weir_xdp_detach(struct weir_detaching *de)
{
	for (enum weir_xdp_mode mode = WEIR_XDP_NATIVE; mode <= WEIR_XDP_OFFLOAD; mode++) {
		int err = 0;

		if (de->opts.mode == WEIR_XDP_BEST || de->opts.mode == mode)
			err = detach_mode(de, mode);
		if (err)
			return err;
	}
	return 0;
}
