/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rooms behind weir_attach() and weir_detach(): XDP, clsact filters, tcx
 * links. attach.c and detach.c own the transaction and call each room.
 */
#ifndef WEIR_LOADER_ATTACH_H
#define WEIR_LOADER_ATTACH_H

#include "loader/netlink.h"
#include "loader/weir.h"
#include "maps/undo.h"

/* Length of a filter's name with its NUL: CLS_BPF_NAME_LEN, net/sched/cls_bpf.c. */
#define WEIR_SLOT_BYTES	  256
/* How often a lost race is looked at anew before it counts as an error. */
#define WEIR_ATTACH_TRIES 16

/* One call of weir_attach(). */
struct weir_attaching {
	struct weir_net *net;
	struct weir_attach_opts opts;
	const char *dev;
	int ifindex;
	char slot[WEIR_SLOT_BYTES];
	int prog_fd; /* -1 until loaded */
	struct weir_prog prog;
	bool on_device; /* offloaded XDP, or skip_sw */
	struct weir_undo *undo;
	struct weir_attach_result result;
};

/*
 * look: before loading, whether the hook can be had; refusals are logged.
 * attach: with prog_fd, prog; fills result.
 */
int weir_xdp_look(struct weir_attaching *at);
int weir_xdp_attach(struct weir_attaching *at);
int weir_tc_look(struct weir_attaching *at);
int weir_tc_attach(struct weir_attaching *at);
/* -EOPNOTSUPP, not logged: this kernel has no tcx. */
int weir_tcx_look(struct weir_attaching *at);
int weir_tcx_attach(struct weir_attaching *at);

/* One hook of one call of weir_detach(). */
struct weir_detaching {
	struct weir_net *net;
	struct weir_detach_opts opts;
	const char *dev;
	int ifindex;
	enum weir_hook hook; /* never NONE */
	int removed;
	/* the first one that was left alone: for the refusal */
	bool left;
	char left_place[80];
	char left_kind[16];
	char left_remedy[128];
	struct weir_prog left_prog;
};

int weir_xdp_detach(struct weir_detaching *de);
int weir_tc_detach(struct weir_detaching *de);
int weir_tcx_detach(struct weir_detaching *de);
/* Notes somebody else's program that stays. @prog, @kind may be NULL. */
void weir_detach_leave(struct weir_detaching *de, const char *place, const char *kind,
		       const struct weir_prog *prog, const char *remedy);

/* Copies an options struct of the caller's size; -E2BIG, logged: it is of a
 * newer library and uses what this one does not know. */
int weir_opts_take(void *dst, size_t len, const void *src, const char *what);

/* "native", "generic", ...; the XDP_FLAGS_* bit of a mode. */
const char *weir_xdp_mode_name(enum weir_xdp_mode mode);

/* Logs "DEV: PLACE: TEXT; HINT" with the kernel's own text @ext, if any. */
int weir_attach_fail(int err, const char *dev, const char *place, const char *ext);
/* The same of the program that was to be attached: where the kernel has no text, what a
 * device's refusal means. */
int weir_attach_refused(const struct weir_attaching *at, int err, const char *place,
			const char *ext);

/* ---- clsact.c: the qdisc ------------------------------------------------- */

/* What is there; kind "" when none. Not logged. */
int weir_clsact_find(struct weir_net *net, int ifindex, struct weir_tc_qdisc *out);
/* Makes it unless it is there; marked as ours, recorded in @undo. Logged. */
int weir_clsact_ensure(struct weir_net *net, const char *dev, int ifindex, struct weir_undo *undo);
/* Removes it when it is marked as ours and nothing uses it. */
int weir_clsact_release(struct weir_net *net, int ifindex);

#endif
