// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns tcx (Linux 6.6): programs on ingress or egress by BPF links.
 *
 * In: a loaded program. Out: a link, kept alive by its pin
 *   BPFFS/weir/tcx/<netns cookie>-<ifindex>-<ingress|egress>-<slot>
 * whose name is the slot. A link without a pin dies with this process, so a
 * kill before pinning leaves the old state. BPF_LINK_UPDATE with the old
 * program (BPF_F_REPLACE) is the compare and swap; the link keeps its place in
 * the order of the hook. A link whose device is gone has ifindex 0.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/attach.h"
#include "loader/error.h"
#include "loader/log.h"
#include "loader/object.h"
#include "loader/owner.h"
#include "loader/prog.h"
#include "loader/sys.h"
#include "loader/tcx_pin.h"
#include "maps/bpffs.h"
#include "maps/weir_map.h"

#define PATH_BYTES 4096

static int query(struct weir_net *net, int ifindex, enum weir_hook hook, struct weir_tcx *out)
{
	int err = weir_net_enter(net);

	if (err)
		return err;
	err = weir_sys_tcx_query(ifindex, hook, out);
	weir_net_leave(net);
	return err;
}

static void place_text(enum weir_hook hook, uint32_t link_id, char *buf, size_t len)
{
	if (link_id)
		snprintf(buf, len, "%s tcx link id %u", weir_hook_name(hook), link_id);
	else
		snprintf(buf, len, "%s tcx", weir_hook_name(hook));
}

/* A tcx link that was detached, or whose interface is gone. */
static bool is_dead(int link_fd)
{
	struct weir_uapi_link_info info;

	return !weir_sys_link_info(link_fd, &info) && info.type == WEIR_BPF_LINK_TYPE_TCX &&
	       !info.ifindex;
}

/* Removes the pins of dead links. When an interface went, nothing else would
 * ever meet them again, since a new interface gets a new index. */
static void sweep(const char *mnt)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/" WEIR_TCX_PIN_DIR, mnt) >= PATH_BYTES)
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		int fd;

		if (*entry->d_name == '.' ||
		    snprintf(path, sizeof(path), "%s/" WEIR_TCX_PIN_DIR "/%s", mnt,
			     entry->d_name) >= PATH_BYTES)
			continue;
		fd = bpf_obj_get(path);
		if (fd < 0)
			continue;
		if (is_dead(fd))
			unlink(path);
		close(fd);
	}
	if (dir)
		closedir(dir);
}

/* ---- the slot ------------------------------------------------------------ */

/* The link pinned for the slot. */
struct plan {
	int link_fd; /* -1: the slot is free */
	uint32_t link_id;
	int prog_fd; /* of the program that runs now */
	struct weir_prog prog;
};

static void plan_close(struct plan *plan)
{
	if (plan->link_fd >= 0)
		close(plan->link_fd);
	if (plan->prog_fd >= 0)
		close(plan->prog_fd);
	plan->link_fd = plan->prog_fd = -1;
}

static int pin_path(const struct weir_attaching *at, const char *mnt, char *path)
{
	char name[WEIR_TCX_PIN_BYTES];

	weir_tcx_pin_name(weir_net_cookie(at->net), at->ifindex, at->opts.hook, at->slot, name);
	return snprintf(path, PATH_BYTES, "%s/" WEIR_TCX_PIN_DIR "/%s", mnt, name) < PATH_BYTES
		       ? 0
		       : -ENAMETOOLONG;
}

static int refuse_slot(const struct weir_attaching *at, const struct plan *plan)
{
	char place[80], remedy[160];

	place_text(at->opts.hook, plan->link_id, place, sizeof(place));
	snprintf(remedy, sizeof(remedy),
		 "`weir detach dev %s %s tcx force` removes it, force on attach replaces it",
		 at->dev, weir_hook_name(at->opts.hook));
	return weir_owner_refuse(-EEXIST, at->dev, place, NULL, &plan->prog, remedy);
}

/* Fills @plan from the pin at @path. A dead link's pin is removed. */
static int open_slot(const struct weir_attaching *at, const char *path, struct plan *plan)
{
	struct weir_uapi_link_info info;
	int err;

	*plan = (struct plan){.link_fd = bpf_obj_get(path), .prog_fd = -1};
	if (plan->link_fd == -ENOENT)
		return 0;
	if (plan->link_fd < 0)
		return weir_attach_fail(plan->link_fd, at->dev, path, NULL);
	err = weir_sys_link_info(plan->link_fd, &info);
	if (err || info.type != WEIR_BPF_LINK_TYPE_TCX || info.ifindex != (uint32_t)at->ifindex) {
		plan_close(plan);
		if (unlink(path) && errno != ENOENT)
			return weir_attach_fail(-errno, at->dev, path, NULL);
		return 0;
	}
	plan->link_id = info.id;
	err = weir_prog_read_id(info.prog_id, &plan->prog, &plan->prog_fd);
	if (err == -ENOENT)
		return -EAGAIN;
	if (err)
		return weir_attach_fail(err, at->dev, path, NULL);
	if (plan->prog.ours || at->opts.force || plan->prog.id == at->prog.id)
		return 0;
	return refuse_slot(at, plan);
}

static int look_at(const struct weir_attaching *at, const char *mnt)
{
	char path[PATH_BYTES];
	struct plan plan = {.link_fd = -1, .prog_fd = -1};
	int err = pin_path(at, mnt, path);

	if (!err)
		err = open_slot(at, path, &plan);
	plan_close(&plan);
	return err == -EAGAIN ? 0 : err;
}

static int find_bpffs(const struct weir_attaching *at, char *mnt)
{
	if (at->opts.object)
		return weir_object_bpffs(at->opts.object, mnt, PATH_BYTES);
	return weir_bpffs_find(NULL, mnt, PATH_BYTES);
}

int weir_tcx_look(struct weir_attaching *at)
{
	char mnt[PATH_BYTES];
	struct weir_tcx tcx;
	int err = query(at->net, at->ifindex, at->opts.hook, &tcx);

	if (err == -EINVAL)
		return -EOPNOTSUPP;
	if (err)
		return weir_attach_fail(err, at->dev, weir_hook_name(at->opts.hook), NULL);
	return at->opts.unpinned || find_bpffs(at, mnt) ? 0 : look_at(at, mnt);
}

/* ---- attach -------------------------------------------------------------- */

static int make_link(const struct weir_attaching *at)
{
	int err = weir_net_enter(at->net), fd;

	if (err)
		return err;
	fd = weir_sys_tcx_link(at->ifindex, at->opts.hook, at->prog_fd, at->opts.first);
	weir_net_leave(at->net);
	return fd < 0 ? weir_attach_fail(fd, at->dev, weir_hook_name(at->opts.hook), NULL) : fd;
}

static int attach_unpinned(struct weir_attaching *at)
{
	int fd = make_link(at);

	if (fd < 0)
		return fd;
	at->result.tcx = true;
	at->result.prog_id = at->prog.id;
	at->result.link_fd = fd;
	return 0;
}

/* -EAGAIN, not logged: somebody pinned a link of this slot meanwhile. */
static int create(struct weir_attaching *at, const char *path)
{
	int fd = make_link(at), err;

	if (fd < 0)
		return fd;
	err = bpf_obj_pin(fd, path);
	/* A detach may have met the link before it had a pin to be removed. */
	if (!err && is_dead(fd)) {
		unlink(path);
		err = -EEXIST;
	}
	close(fd);
	if (err == -EEXIST)
		return -EAGAIN;
	return err ? weir_attach_fail(err, at->dev, path, NULL) : 0;
}

/* -EAGAIN, not logged: the link has another program by now, or died. */
static int update(struct weir_attaching *at, const struct plan *plan)
{
	struct bpf_link_update_opts opts = {
		.sz = sizeof(opts), .flags = BPF_F_REPLACE, .old_prog_fd = (uint32_t)plan->prog_fd};
	int err = bpf_link_update(plan->link_fd, at->prog_fd, &opts);

	if (err == -EPERM || err == -ENOLINK)
		return -EAGAIN;
	return err ? weir_attach_fail(err, at->dev, weir_hook_name(at->opts.hook), NULL) : 0;
}

static int attach_once(struct weir_attaching *at, const char *path)
{
	struct plan plan;
	int err = open_slot(at, path, &plan);

	if (!err) {
		at->result.unchanged = plan.link_fd >= 0 && plan.prog.id == at->prog.id;
		if (plan.link_fd < 0)
			err = create(at, path);
		else if (!at->result.unchanged)
			err = update(at, &plan);
	}
	if (!err) {
		at->result.tcx = true;
		at->result.prog_id = at->prog.id;
		at->result.replaced_prog_id = at->result.unchanged ? 0 : plan.prog.id;
	}
	plan_close(&plan);
	return err;
}

int weir_tcx_attach(struct weir_attaching *at)
{
	char mnt[PATH_BYTES], path[PATH_BYTES];
	bool found;
	int err;

	if (at->opts.unpinned)
		return attach_unpinned(at);
	found = !find_bpffs(at, mnt);
	err = weir_bpffs_ensure(found ? mnt : NULL, mnt, sizeof(mnt), at->undo);
	if (!err)
		err = weir_bpffs_mkdirs(mnt, WEIR_TCX_PIN_DIR, at->undo);
	if (err)
		return err;
	err = pin_path(at, mnt, path);
	if (err)
		return weir_attach_fail(err, at->dev, mnt, NULL);
	sweep(mnt);
	err = -EAGAIN;
	for (int i = 0; i < WEIR_ATTACH_TRIES && err == -EAGAIN; i++)
		err = attach_once(at, path);
	if (err == -EAGAIN)
		weir_fail(err, "%s: %s: somebody keeps changing the link; try again", at->dev,
			  weir_hook_name(at->opts.hook));
	return err;
}

/* ---- detach -------------------------------------------------------------- */

/* The pin goes first: a kill in between then ends the link with our fd. */
static int detach_link(struct weir_detaching *de, uint32_t link_id, const struct weir_pins *pins)
{
	int fd = bpf_link_get_fd_by_id(link_id), err;
	const char *path;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	for (size_t i = 0; (path = weir_pins_path(pins, WEIR_PIN_OF_LINK, link_id, i)); i++)
		if (weir_tcx_pin_is_ours(path))
			unlink(path);
	err = bpf_link_detach(fd);
	close(fd);
	if (!err)
		de->removed++;
	return err;
}

static int detach_prog(struct weir_detaching *de, int prog_fd)
{
	int err = weir_net_enter(de->net);

	if (err)
		return err;
	err = weir_sys_tcx_detach(de->ifindex, de->hook, prog_fd);
	weir_net_leave(de->net);
	if (!err)
		de->removed++;
	return err == -ENOENT ? 0 : err;
}

static void leave(struct weir_detaching *de, uint32_t link_id, const struct weir_prog *prog)
{
	char place[80], remedy[128];

	place_text(de->hook, link_id, place, sizeof(place));
	snprintf(remedy, sizeof(remedy), "`weir detach dev %s %s tcx force` removes it", de->dev,
		 weir_hook_name(de->hook));
	weir_detach_leave(de, place, NULL, prog, remedy);
}

static bool selected(const struct weir_detaching *de, uint32_t link_id,
		     const struct weir_pins *pins)
{
	char name[WEIR_TCX_PIN_BYTES];
	const char *path, *base;

	if (!de->opts.name)
		return true;
	weir_tcx_pin_name(weir_net_cookie(de->net), de->ifindex, de->hook, de->opts.name, name);
	for (size_t i = 0; (path = weir_pins_path(pins, WEIR_PIN_OF_LINK, link_id, i)); i++) {
		base = strrchr(path, '/');
		if (base && weir_tcx_pin_is_ours(path) && !strcmp(base + 1, name))
			return true;
	}
	return false;
}

static int detach_nth(struct weir_detaching *de, const struct weir_tcx *tcx, uint32_t nth,
		      const struct weir_pins *pins)
{
	uint32_t link_id = tcx->link_ids[nth];
	struct weir_prog prog = {.id = tcx->prog_ids[nth]};
	int prog_fd = -1, err;

	if (!selected(de, link_id, pins))
		return 0;
	err = weir_prog_read_id(prog.id, &prog, &prog_fd);
	if (err == -ENOENT)
		return 0;
	if (!err && !prog.ours && !de->opts.force)
		leave(de, link_id, &prog);
	else if (!err)
		err = link_id ? detach_link(de, link_id, pins) : detach_prog(de, prog_fd);
	if (prog_fd >= 0)
		close(prog_fd);
	return err;
}

int weir_tcx_detach(struct weir_detaching *de)
{
	struct weir_pins *pins = NULL;
	char place[80], mnt[PATH_BYTES];
	struct weir_tcx tcx = {0};
	int err = query(de->net, de->ifindex, de->hook, &tcx);

	if (err == -EINVAL || err == -ENODEV)
		return 0;
	if (!err && tcx.n)
		err = weir_pins_read(&pins);
	for (uint32_t i = 0; !err && i < tcx.n; i++)
		err = detach_nth(de, &tcx, i, pins);
	/* An attach at the same time may have pinned a link that is dead now. */
	if (tcx.n && !weir_bpffs_find(NULL, mnt, sizeof(mnt)))
		sweep(mnt);
	weir_pins_free(pins);
	place_text(de->hook, 0, place, sizeof(place));
	return err ? weir_attach_fail(err, de->dev, place, NULL) : 0;
}
