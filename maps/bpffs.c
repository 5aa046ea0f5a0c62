// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns where the BPF file system is and which directories it has. In: what the
 * user asked for, $TC_BPF_MNT, the mount table. Out: a mount point with
 * iproute2's layout in it; what was made on the way is in the journal.
 *
 * Kernel rules: a mount made below a shared one appears in every peer mount
 * namespace; bpffs refuses names with dots (-EPERM), and symbolic links
 * before Linux 4.10.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/bpffs.h"
#include "maps/weir_map.h"
#include "maps/bpffs_mount.h"
#include "maps/mounts.h"

#define DEFAULT_MOUNT "/sys/fs/bpf"

int weir_bpffs_is_mounted(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) || stat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return (unsigned int)fs.f_type == BPF_FS_MAGIC;
}

/* Absolute, since symbolic links in the bpffs will name it; no '/' at the end. */
static int copy_path(const char *path, char *buf, size_t len)
{
	char cwd[PATH_MAX] = "";
	int n;

	if (*path != '/' && !getcwd(cwd, sizeof(cwd)))
		return -errno;
	n = snprintf(buf, len, "%s%s%s", cwd, *cwd ? "/" : "", path);
	if (n < 0 || (size_t)n >= len)
		return -ENAMETOOLONG;
	while (n > 1 && buf[n - 1] == '/')
		buf[--n] = '\0';
	return 0;
}

struct found {
	char *buf;
	size_t len;
};

static int take_bpffs(const struct weir_mount *mount, void *ctx)
{
	struct found *found = ctx;

	/* Asked again, since another mount may lie on top of it. */
	if (strcmp(mount->type, "bpf") != 0 || weir_bpffs_is_mounted(mount->target) <= 0)
		return 0;
	return copy_path(mount->target, found->buf, found->len) ? 0 : 1;
}

static int find_wanted(const char *want, char *buf, size_t len)
{
	int ret = copy_path(want, buf, len);

	if (!ret)
		ret = weir_bpffs_is_mounted(buf);
	if (ret < 0)
		return ret;
	return ret ? 0 : -ENOENT;
}

int weir_bpffs_find(const char *want, char *buf, size_t len)
{
	static const char *const places[] = {DEFAULT_MOUNT, "/bpf"};
	const char *env = secure_getenv("TC_BPF_MNT");
	struct found found = {.buf = buf, .len = len};
	int err;

	if (want && *want)
		return find_wanted(want, buf, len);
	if (env && !*env)
		env = NULL;
	if (env && weir_bpffs_is_mounted(env) > 0)
		return copy_path(env, buf, len);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (weir_bpffs_is_mounted(places[i]) > 0)
			return copy_path(places[i], buf, len);
	if (weir_mounts_walk(NULL, take_bpffs, &found) == 1)
		return 0;
	err = copy_path(env ? env : DEFAULT_MOUNT, buf, len);
	return err ? err : -ENOENT;
}

/* mkdir, recorded. A directory that is there already is as good. */
static int make_dir(const char *path, struct weir_undo *undo)
{
	struct stat st;
	int err = weir_undo_rmdir(undo, path);

	if (err)
		return err;
	if (mkdir(path, 0700) == 0)
		return 0;
	err = -errno;
	weir_undo_pop(undo);
	if (err == -EEXIST && stat(path, &st) == 0)
		err = S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	return err;
}

static int fail_dir(int err, const char *path)
{
	const char *hint = weir_errhint(err), *name = strrchr(path, '/');

	if (err == -EPERM && name && strchr(name, '.'))
		return weir_fail(err,
				 "%s: a BPF file system refuses names with dots; "
				 "choose another name",
				 path);
	return weir_fail(err, "%s: making this directory failed: %s%s%s", path, weir_errstr(err),
			 hint ? "; " : "", hint ? hint : "");
}

static bool climbs(const char *relative)
{
	for (const char *at = relative; (at = strstr(at, "..")); at += 2)
		if ((at == relative || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return true;
	return false;
}

int weir_bpffs_mkdirs(const char *mnt, const char *relative, struct weir_undo *undo)
{
	char path[PATH_MAX];
	size_t mnt_len = strlen(mnt);
	int n, err = 0;

	if (climbs(relative))
		return weir_fail(-EINVAL,
				 "%s: this directory leaves the BPF file system %s; "
				 "use a path without \"..\"",
				 relative, mnt);
	n = snprintf(path, sizeof(path), "%s/%s/", mnt, relative);
	if (n < 0 || (size_t)n >= sizeof(path))
		return weir_fail(-ENAMETOOLONG, "%s: this path is too long; use a shorter one",
				 relative);
	for (char *at = path + mnt_len + 1; !err && *at; at++) {
		if (*at != '/' || at[-1] == '/')
			continue;
		*at = '\0';
		err = make_dir(path, undo);
		if (err)
			return fail_dir(err, path);
		*at = '/';
	}
	return 0;
}

/*
 * MNT/xdp, MNT/ip: links to MNT/tc, so that every program type shares globals.
 * libxdp makes MNT/xdp a directory of its own; it then gets a globals
 * directory, as from iproute2, whose maps are not those of tc.
 */
static int make_alias(const char *mnt, const char *alias, struct weir_undo *undo)
{
	char path[PATH_MAX], target[PATH_MAX], globals[NAME_MAX];
	struct stat st;
	int err;

	if (snprintf(path, sizeof(path), "%s/%s", mnt, alias) >= (int)sizeof(path) ||
	    snprintf(target, sizeof(target), "%s/tc/", mnt) >= (int)sizeof(target))
		return weir_fail(-ENAMETOOLONG, "%s: this path is too long; use a shorter one",
				 mnt);
	err = weir_undo_unlink(undo, path);
	if (!err && symlink(target, path) == 0)
		return 0;
	if (!err) {
		err = -errno;
		weir_undo_pop(undo);
	}
	if (err == -EEXIST && lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return 0;
	if (err == -EEXIST) {
		(void)snprintf(globals, sizeof(globals), "%s/globals", alias);
		return weir_bpffs_mkdirs(mnt, globals, undo);
	}
	if (err == -EPERM && make_dir(path, undo) == 0 && weir_bpffs_bind(target, path, undo) == 0)
		return 0;
	return weir_fail(err, "%s: making this link to %s failed: %s%s%s", path, target,
			 weir_errstr(err), weir_errhint(err) ? "; " : "",
			 weir_errhint(err) ? weir_errhint(err) : "");
}

int weir_bpffs_ensure(const char *want, char *buf, size_t len, struct weir_undo *undo)
{
	static const char *const aliases[] = {"xdp", "ip"};
	char mnt[PATH_MAX];
	int err = weir_bpffs_find(want, mnt, sizeof(mnt));

	if (err == -ENOENT)
		err = weir_bpffs_mount(mnt, undo);
	else if (err)
		err = weir_fail(err,
				"%s: no BPF file system can be there: %s; "
				"give another place with --bpffs DIR",
				want && *want ? want : mnt, weir_errstr(err));
	if (!err && strlen(mnt) >= len)
		err = weir_fail(-ENAMETOOLONG,
				"%s: this path is too long; mount the BPF file "
				"system at a shorter one",
				mnt);
	if (!err)
		err = weir_bpffs_mkdirs(mnt, "tc/globals", undo);
	for (size_t i = 0; !err && i < sizeof(aliases) / sizeof(aliases[0]); i++)
		err = make_alias(mnt, aliases[i], undo);
	if (!err)
		memcpy(buf, mnt, strlen(mnt) + 1);
	return err;
}

void weir_bpffs_escape(char *name)
{
	for (; *name; name++)
		if (*name == '.')
			*name = '_';
}

int weir_bpffs_path(const char *bpffs, char *buf, size_t len)
{
	return weir_bpffs_find(bpffs, buf, len);
}
