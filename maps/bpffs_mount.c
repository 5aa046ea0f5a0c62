// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mounts a BPF file system where none is. In: an absolute path. Out: exactly
 * one new mount that stays in this mount namespace, and a way back.
 *
 * Kernel rules: a mount below a shared mount propagates to its peers, so
 * such a target is first bound onto itself and that bind made private; a mount
 * on a mount hides it, pins and all, so two callers must not both mount.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/bpffs.h"
#include "maps/bpffs_mount.h"
#include "maps/mounts.h"

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* In a bpffs only the kernel makes names with dots (maps.debug, progs.debug;
 * Linux 5.12): they are in every new one. */
static bool has_dot(const char *name)
{
	return strchr(name, '.');
}

static bool is_empty(const char *path, bool (*is_nothing)(const char *name))
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool empty = dir;

	while (dir && empty && (entry = readdir(dir)))
		empty = is_nothing(entry->d_name);
	if (dir)
		(void)closedir(dir);
	return empty;
}

/* Pins that somebody else has put there meanwhile would be lost: then it stays. */
static void unmount_empty(void *path)
{
	if (is_empty(path, has_dot))
		(void)umount2(path, MNT_DETACH);
}

static void unmount(void *path)
{
	(void)umount2(path, MNT_DETACH);
}

/* Takes a bind mount away again, unless something was mounted upon it. */
static void unmount_bind(void *path)
{
	if (weir_bpffs_is_mounted(path) == 0)
		(void)umount2(path, MNT_DETACH);
}

/* mount(2), recorded. */
static int mount_undoable(const char *source, const char *target, const char *type,
			  unsigned long flags, const char *options, void (*undo_fn)(void *data),
			  struct weir_undo *undo)
{
	char *copy = strdup(target);
	int err;

	if (!copy)
		return -ENOMEM;
	err = weir_undo_reserve(undo);
	if (err) {
		free(copy);
		return err;
	}
	err = mount(source, target, type, flags, options) ? -errno : 0;
	weir_undo_push(undo, undo_fn, free, copy);
	if (err)
		weir_undo_pop(undo);
	return err;
}

int weir_bpffs_bind(const char *from, const char *to, struct weir_undo *undo)
{
	return mount_undoable(from, to, NULL, MS_BIND, NULL, unmount, undo);
}

struct look {
	const char *target;
	int id;	   /* in: of a mount */
	size_t at; /* out: bpffs mounts at target */
};

static int is_shared(const struct weir_mount *mount, void *ctx)
{
	const struct look *look = ctx;

	return mount->id == look->id && mount->shared;
}

/* Is what gets mounted at @target seen in other namespaces? When the kernel
 * cannot say (before Linux 5.8), assume so. */
static bool propagates(const char *target)
{
	struct look look = {0};
	struct statx stx;

	if (statx(AT_FDCWD, target, 0, STATX_MNT_ID, &stx) || !(stx.stx_mask & STATX_MNT_ID))
		return true;
	look.id = (int)stx.stx_mnt_id;
	return weir_mounts_walk(NULL, is_shared, &look) != 0;
}

static int count_bpffs(const struct weir_mount *mount, void *ctx)
{
	struct look *look = ctx;

	look->at += strcmp(mount->type, "bpf") == 0 && strcmp(mount->target, look->target) == 0;
	return 0;
}

static bool is_stacked(const char *target)
{
	char real[PATH_MAX];
	struct look look = {.target = realpath(target, real)};

	return look.target && weir_mounts_walk(NULL, count_bpffs, &look) == 0 && look.at > 1;
}

static int mount_private(const char *target, struct weir_undo *undo)
{
	int err;

	if (propagates(target)) {
		err = mount_undoable(target, target, NULL, MS_BIND, NULL, unmount_bind, undo);
		if (err)
			return err;
		if (mount(NULL, target, NULL, MS_PRIVATE, NULL))
			return -errno;
	}
	err = mount_undoable("bpf", target, "bpf", 0, "mode=0700", unmount_empty, undo);
	if (err)
		return err;
	/* iproute2 takes no lock: it may have mounted since we looked. */
	if (is_stacked(target)) {
		(void)umount2(target, MNT_DETACH);
		weir_undo_pop(undo);
		return 0;
	}
	weir_log(WEIR_LOG_NOTICE, "%s: no BPF file system was mounted; mounted one here", target);
	return 0;
}

/* Mounts under a lock on the directory below, so that callers of the same
 * target come one by one, and all but the first find it mounted. */
static int mount_locked(const char *target, struct weir_undo *undo)
{
	int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX))
		ret = -errno;
	else
		ret = weir_bpffs_is_mounted(target);
	if (ret == 0)
		ret = is_empty(target, is_dot) ? mount_private(target, undo) : -ENOTEMPTY;
	(void)close(fd);
	return ret < 0 ? ret : 0;
}

static int make_target(const char *target, struct weir_undo *undo)
{
	int err = weir_undo_rmdir(undo, target);

	if (err || mkdir(target, 0700) == 0)
		return err;
	err = -errno;
	weir_undo_pop(undo);
	/* Something is there, whatever else hinders mkdir (read-only, sysfs). */
	return err == -EEXIST || access(target, F_OK) == 0 ? 0 : err;
}

int weir_bpffs_mount(const char *target, struct weir_undo *undo)
{
	int err = make_target(target, undo);

	if (!err)
		err = mount_locked(target, undo);
	switch (err) {
	case 0:
		return 0;
	case -ENOTEMPTY:
		return weir_fail(err,
				 "%s: not a BPF file system, and not empty, so none is "
				 "mounted here; give an empty directory with --bpffs DIR",
				 target);
	case -ENODEV:
		return weir_fail(err,
				 "%s: this kernel has no BPF file system; use one with "
				 "CONFIG_BPF_SYSCALL",
				 target);
	default:
		return weir_fail(err,
				 "%s: no BPF file system is mounted, and mounting one here "
				 "failed: %s; as root: mount -t bpf bpf /sys/fs/bpf, or give "
				 "a mounted one with --bpffs DIR",
				 target, weir_errstr(err));
	}
}
