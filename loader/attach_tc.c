// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns clsact filters: a slot, found by name or by pref and handle, gets a new
 * program; filters of weir are removed.
 *
 * In: a loaded program. Out: one filter of kind bpf with direct action. A
 * request without NLM_F_CREATE at the pref and handle of a filter replaces its
 * program in one step (cls_bpf_change(), net/sched/cls_bpf.c); one with
 * CREATE|EXCL never touches what is there. Between looking and changing
 * somebody may act: an ENOENT or EEXIST means that, and all is looked at anew.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/attach.h"
#include "loader/error.h"
#include "loader/log.h"
#include "loader/owner.h"
#include "loader/prog.h"

/* A filter on the hook, and whose it is. */
struct entry {
	struct weir_tc_filter filter;
	struct weir_prog prog;
	bool known; /* prog is filled */
};

struct entries {
	struct entry *list;
	size_t n, room;
	bool stale; /* a program went away since the kernel named it */
};

static uint32_t parent_of(enum weir_hook hook)
{
	return hook == WEIR_HOOK_EGRESS ? WEIR_TC_PARENT_EGRESS : WEIR_TC_PARENT_INGRESS;
}

static int add_entry(const struct weir_tc_filter *filter, void *ctx)
{
	struct entries *all = ctx;
	struct entry *entry;
	int err;

	if (all->n == all->room) {
		size_t room = all->room * 2 + 16;
		struct entry *list = realloc(all->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		all->list = list;
		all->room = room;
	}
	entry = &all->list[all->n];
	*entry = (struct entry){.filter = *filter};
	/* A program that went away goes with its filter, or was replaced; EPERM is not ours. */
	err = filter->prog_id ? weir_prog_read_id(filter->prog_id, &entry->prog, NULL) : -EPERM;
	entry->known = !err;
	all->stale |= err == -ENOENT;
	if (!entry->known)
		entry->prog.id = filter->prog_id;
	all->n++;
	return 0;
}

static int read_entries(struct weir_net *net, int ifindex, enum weir_hook hook, struct entries *all)
{
	int err = 0;

	*all = (struct entries){.stale = true};
	for (int i = 0; i < WEIR_ATTACH_TRIES && all->stale && !err; i++) {
		all->n = 0;
		all->stale = false;
		err = weir_nl_filters(net, ifindex, parent_of(hook), add_entry, all);
	}
	return err;
}

static bool is_bpf(const struct entry *entry)
{
	return !strcmp(entry->filter.kind, "bpf");
}

static void place_text(enum weir_hook hook, const struct weir_tc_filter *filter, char *buf,
		       size_t len)
{
	snprintf(buf, len, "%s filter pref %u handle 0x%x", weir_hook_name(hook), filter->pref,
		 filter->handle);
}

static void remedy_text(const char *dev, enum weir_hook hook, const struct weir_tc_filter *filter,
			const char *tail, char *buf, size_t len)
{
	snprintf(buf, len, "`weir detach dev %s %s pref %u handle 0x%x force` removes it%s", dev,
		 weir_hook_name(hook), filter->pref, filter->handle, tail);
}

static int filter_talk(struct weir_net *net, enum weir_tc_op op, struct weir_tc_filter *filter,
		       char *ext, size_t ext_len)
{
	uint8_t buf[1024] __attribute__((aligned(4)));
	struct nlmsghdr *msg = weir_nl_filter_request(buf, sizeof(buf), op, filter);

	if (op == WEIR_TC_DEL)
		return weir_nl_talk(net, msg, ext, ext_len);
	return weir_nl_filter_talk(net, msg, filter, ext, ext_len);
}

/* ---- which filter is the slot -------------------------------------------- */

struct plan {
	enum weir_tc_op op;
	struct weir_tc_filter filter; /* the request */
	uint32_t replaced_id;
	bool unchanged;
	struct entries all;
};

static void plan_close(struct plan *plan)
{
	free(plan->all.list);
	plan->all = (struct entries){0};
}

/* Does @entry sit in the slot? Chains other than 0 are reached by goto only
 * and never hold a slot. With a handle the place is the slot, else the name. */
static bool in_slot(const struct weir_attaching *at, const struct entry *entry)
{
	const struct weir_tc_filter *filter = &entry->filter;

	if (filter->chain)
		return false;
	if (at->opts.handle)
		return filter->pref == at->opts.pref && filter->handle == at->opts.handle;
	if (!is_bpf(entry) || strcmp(filter->name, at->slot) != 0)
		return false;
	return !at->opts.pref || filter->pref == at->opts.pref;
}

/* Ours goes first, then the one that runs first: every weir that sees the same
 * filters comes to the same answer. */
static bool is_better(const struct entry *entry, const struct entry *best)
{
	if (!best || entry->prog.ours != best->prog.ours)
		return !best || entry->prog.ours;
	if (entry->filter.pref != best->filter.pref)
		return entry->filter.pref < best->filter.pref;
	return entry->filter.handle < best->filter.handle;
}

static const struct entry *find_slot(const struct weir_attaching *at, const struct entries *all)
{
	const struct entry *best = NULL;

	for (size_t i = 0; i < all->n; i++)
		if (in_slot(at, &all->list[i]) && is_better(&all->list[i], best))
			best = &all->list[i];
	return best;
}

static int refuse_entry(const struct weir_attaching *at, const struct entry *entry)
{
	char place[80], remedy[160];

	place_text(at->opts.hook, &entry->filter, place, sizeof(place));
	remedy_text(at->dev, at->opts.hook, &entry->filter,
		    is_bpf(entry) ? ", force on attach replaces it"
				  : "; a pref holds filters of one kind: choose another",
		    remedy, sizeof(remedy));
	return weir_owner_refuse(-EEXIST, at->dev, place, entry->filter.kind, &entry->prog, remedy);
}

/* The kernel exchanges a filter of the device's for one of the host's in no way
 * (cls_bpf_offload_cmd(), net/sched/cls_bpf.c): EINVAL. */
static int refuse_move(const struct weir_attaching *at, const struct entry *entry)
{
	char place[80];

	place_text(at->opts.hook, &entry->filter, place, sizeof(place));
	return weir_fail(
		-EINVAL,
		"%s: %s: it is attached%s, and the kernel cannot exchange the two without a "
		"gap; `weir detach dev %s %s pref %u handle 0x%x%s` comes first",
		at->dev, place,
		entry->filter.flags_gen & TCA_CLS_FLAGS_SKIP_SW	  ? " with skip_sw"
		: entry->filter.flags_gen & TCA_CLS_FLAGS_SKIP_HW ? " with skip_hw"
								  : " without skip_sw and skip_hw",
		at->dev, weir_hook_name(at->opts.hook), entry->filter.pref, entry->filter.handle,
		entry->prog.ours ? "" : " force");
}

static int plan_replace(const struct weir_attaching *at, const struct entry *entry,
			struct plan *plan)
{
	uint32_t places = TCA_CLS_FLAGS_SKIP_SW | TCA_CLS_FLAGS_SKIP_HW;

	plan->unchanged = at->prog.id && at->prog.id == entry->filter.prog_id &&
			  entry->filter.direct_action && !strcmp(entry->filter.name, at->slot);
	if (!is_bpf(entry) || (!entry->prog.ours && !at->opts.force && !plan->unchanged))
		return refuse_entry(at, entry);
	if ((entry->filter.flags_gen ^ plan->filter.flags_gen) & places)
		return refuse_move(at, entry);
	plan->op = WEIR_TC_CHANGE;
	plan->filter.pref = entry->filter.pref;
	plan->filter.handle = entry->filter.handle;
	plan->filter.protocol_be = entry->filter.protocol_be;
	plan->replaced_id = entry->filter.prog_id;
	return 0;
}

static void plan_start(const struct weir_attaching *at, struct plan *plan)
{
	*plan = (struct plan){
		.op = WEIR_TC_ADD,
		.filter =
			{
				.ifindex = at->ifindex,
				.parent = parent_of(at->opts.hook),
				.pref = at->opts.pref,
				.handle = at->opts.handle,
				.protocol_be = htons(ETH_P_ALL),
				.kind = "bpf",
				.has_options = true,
				.prog_fd = at->prog_fd,
				.direct_action = true,
				.flags_gen = at->opts.skip_sw	? TCA_CLS_FLAGS_SKIP_SW
					     : at->opts.skip_hw ? TCA_CLS_FLAGS_SKIP_HW
								: 0,
			},
	};
	snprintf(plan->filter.name, sizeof(plan->filter.name), "%s", at->slot);
}

/* Can this hook of this interface have filters at all? */
static int check_qdisc(const struct weir_attaching *at)
{
	const char *hook = weir_hook_name(at->opts.hook);
	bool egress = at->opts.hook == WEIR_HOOK_EGRESS;
	struct weir_tc_qdisc qdisc;
	uint32_t block;
	int err = weir_clsact_find(at->net, at->ifindex, &qdisc);

	if (err)
		return weir_attach_fail(err, at->dev, hook, NULL);
	if (egress && !strcmp(qdisc.kind, "ingress"))
		return weir_fail(-EOPNOTSUPP,
				 "%s: egress: the interface has an \"ingress\" qdisc, which has no "
				 "egress hook and excludes clsact; `tc qdisc del dev %s ingress` "
				 "removes it with its filters",
				 at->dev, at->dev);
	block = egress ? qdisc.egress_block : qdisc.ingress_block;
	if (block)
		return weir_fail(-EOPNOTSUPP,
				 "%s: %s: the hook uses shared block %u, and its filters belong to "
				 "all interfaces of the block; `tc filter add block %u` adds one",
				 at->dev, hook, block, block);
	return 0;
}

/* The pref before all others; 0, the kernel's choice, where there is none. */
static uint32_t pref_before(const struct entries *all)
{
	uint32_t lowest = 0;

	for (size_t i = 0; all->list && i < all->n; i++)
		if (!lowest || all->list[i].filter.pref < lowest)
			lowest = all->list[i].filter.pref;
	return lowest > 1 ? lowest - 1 : 0;
}

static int decide(const struct weir_attaching *at, struct plan *plan)
{
	const struct entry *entry;
	int err;

	plan_start(at, plan);
	err = check_qdisc(at);
	if (err)
		return err;
	err = read_entries(at->net, at->ifindex, at->opts.hook, &plan->all);
	if (err)
		weir_attach_fail(err, at->dev, weir_hook_name(at->opts.hook), NULL);
	entry = err ? NULL : find_slot(at, &plan->all);
	if (entry)
		err = plan_replace(at, entry, plan);
	else if (!err && at->opts.first)
		plan->filter.pref = pref_before(&plan->all);
	if (err)
		plan_close(plan);
	return err;
}

int weir_tc_look(struct weir_attaching *at)
{
	struct plan plan;
	int err = decide(at, &plan);

	if (!err)
		plan_close(&plan);
	return err;
}

/* ---- attach -------------------------------------------------------------- */

static bool same_place(const struct weir_tc_filter *a, const struct weir_tc_filter *b)
{
	return a->pref == b->pref && a->handle == b->handle;
}

static void remove_twin(const struct weir_attaching *at, struct weir_tc_filter *twin)
{
	if (!filter_talk(at->net, WEIR_TC_DEL, twin, NULL, 0))
		weir_log(WEIR_LOG_INFO, "%s: %s filter pref %u handle 0x%x: duplicate removed",
			 at->dev, weir_hook_name(at->opts.hook), twin->pref, twin->handle);
}

/* The slot's other filters of ours: from before a change of pref, or twins. */
static void remove_twins(const struct weir_attaching *at, const struct entries *all,
			 const struct weir_tc_filter *kept)
{
	for (size_t i = 0; i < all->n && !at->opts.handle; i++) {
		struct entry *entry = &all->list[i];

		if (is_bpf(entry) && entry->prog.ours && !entry->filter.chain &&
		    !strcmp(entry->filter.name, at->slot) && !same_place(&entry->filter, kept))
			remove_twin(at, &entry->filter);
	}
}

/*
 * Two calls that both found the slot free have now added a filter each. Each
 * of them keeps the one that runs first, so that exactly one stays.
 */
static void settle_race(struct weir_attaching *at)
{
	struct entries all;
	const struct entry *first;

	if (!at->opts.pref && !read_entries(at->net, at->ifindex, at->opts.hook, &all)) {
		first = find_slot(at, &all);
		if (first && first->prog.ours) {
			remove_twins(at, &all, &first->filter);
			at->result.pref = first->filter.pref;
			at->result.handle = first->filter.handle;
			at->result.prog_id = first->filter.prog_id;
		}
		free(all.list);
	}
}

static void report(struct weir_attaching *at, const struct plan *plan)
{
	at->result.pref = plan->filter.pref;
	at->result.handle = plan->filter.handle;
	at->result.prog_id = at->prog.id;
	at->result.replaced_prog_id = plan->unchanged ? 0 : plan->replaced_id;
	at->result.unchanged = plan->unchanged;
	at->result.in_hw = plan->filter.flags_gen & TCA_CLS_FLAGS_IN_HW;
}

/* A detach at the same time may have taken the empty qdisc away again; and another attach have made
 * it anew, so that only the kernel's answer (net/sched/cls_api.c) tells. */
static bool qdisc_gone(const struct weir_attaching *at, const char *ext)
{
	struct weir_tc_qdisc qdisc;

	if (!strncmp(ext, "Parent Qdisc doesn't exist", strlen("Parent Qdisc doesn't exist")))
		return true;
	return !weir_clsact_find(at->net, at->ifindex, &qdisc) && !*qdisc.kind;
}

/* -EAGAIN, not logged: the filters or the qdisc changed under us. */
static int attach_once(struct weir_attaching *at, struct plan *plan, char *ext, size_t ext_len)
{
	int err = 0;

	if (!plan->unchanged && plan->op == WEIR_TC_ADD)
		err = weir_clsact_ensure(at->net, at->dev, at->ifindex, at->undo);
	if (err)
		return err;
	if (!plan->unchanged)
		err = filter_talk(at->net, plan->op, &plan->filter, ext, ext_len);
	if (err == -EEXIST || (err == -ENOENT && plan->op == WEIR_TC_CHANGE) ||
	    (err && qdisc_gone(at, ext)))
		return -EAGAIN;
	if (err)
		return weir_attach_refused(at, err, weir_hook_name(at->opts.hook), ext);
	report(at, plan);
	remove_twins(at, &plan->all, &plan->filter);
	if (plan->op == WEIR_TC_ADD)
		settle_race(at);
	return 0;
}

int weir_tc_attach(struct weir_attaching *at)
{
	char ext[256] = "";
	struct plan plan;
	int err = -EAGAIN;

	for (int i = 0; i < WEIR_ATTACH_TRIES && err == -EAGAIN; i++) {
		err = decide(at, &plan);
		if (err)
			return err;
		err = attach_once(at, &plan, ext, sizeof(ext));
		plan_close(&plan);
	}
	if (err == -EAGAIN)
		return weir_attach_fail(-EEXIST, at->dev, weir_hook_name(at->opts.hook), ext);
	return err;
}

/* ---- detach -------------------------------------------------------------- */

static bool selected(const struct weir_detaching *de, const struct entry *entry)
{
	const struct weir_detach_opts *opts = &de->opts;

	if (opts->pref && opts->pref != entry->filter.pref)
		return false;
	if (opts->handle && opts->handle != entry->filter.handle)
		return false;
	return !opts->name || (is_bpf(entry) && !strcmp(opts->name, entry->filter.name));
}

static void leave_entry(struct weir_detaching *de, const struct entry *entry)
{
	char place[80], remedy[128];

	place_text(de->hook, &entry->filter, place, sizeof(place));
	remedy_text(de->dev, de->hook, &entry->filter, "", remedy, sizeof(remedy));
	weir_detach_leave(de, place, entry->filter.kind, &entry->prog, remedy);
}

static int detach_entry(struct weir_detaching *de, struct entry *entry)
{
	char ext[256], place[80];
	int err;

	if (!entry->prog.ours && !de->opts.force) {
		leave_entry(de, entry);
		return 0;
	}
	err = filter_talk(de->net, WEIR_TC_DEL, &entry->filter, ext, sizeof(ext));
	if (err == -ENOENT || err == -EINVAL || err == -ENODEV)
		return 0; /* went with its pref, qdisc or device */
	if (err) {
		place_text(de->hook, &entry->filter, place, sizeof(place));
		return weir_attach_fail(err, de->dev, place, ext);
	}
	de->removed++;
	return 0;
}

/* On a qdisc "ingress" the kernel shows its filters at both hooks; on a shared
 * block they belong to other interfaces as well. */
static int detachable(struct weir_detaching *de)
{
	struct weir_tc_qdisc qdisc;
	bool egress = de->hook == WEIR_HOOK_EGRESS;
	int err = weir_clsact_find(de->net, de->ifindex, &qdisc);

	if (err)
		return weir_attach_fail(err, de->dev, weir_hook_name(de->hook), NULL);
	if (!*qdisc.kind || (egress && !strcmp(qdisc.kind, "ingress")))
		return 0;
	return egress ? !qdisc.egress_block : !qdisc.ingress_block;
}

int weir_tc_detach(struct weir_detaching *de)
{
	struct entries all = {0};
	int err = detachable(de);

	if (err > 0) {
		err = read_entries(de->net, de->ifindex, de->hook, &all);
		if (err)
			weir_attach_fail(err, de->dev, weir_hook_name(de->hook), NULL);
	}
	for (size_t i = 0; i < all.n && !err; i++)
		if (selected(de, &all.list[i]))
			err = detach_entry(de, &all.list[i]);
	free(all.list);
	if (!err) {
		err = weir_clsact_release(de->net, de->ifindex);
		if (err)
			weir_attach_fail(err, de->dev, "clsact qdisc", NULL);
	}
	return err;
}
