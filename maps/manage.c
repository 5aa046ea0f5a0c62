// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps as objects: listed, pinned, frozen. In: ids, fds, paths. Out: pins. A plain
 * name is one below BPFFS/tc/globals, where iproute2 and weir look it up.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/bpffs.h"
#include "maps/pin.h"
#include "maps/weir_map.h"

/* ---- ids ----------------------------------------------------------------- */

static int next_id(int err, const char *what)
{
	if (!err || err == -ENOENT)
		return err;
	return weir_fail(err, "%ss: cannot list them: %s%s", what, weir_errstr(err),
			 err == -EPERM ? "; run as root" : "");
}

int weir_map_next_id(uint32_t id, uint32_t *next)
{
	return next_id(bpf_map_get_next_id(id, next), "map");
}

int weir_prog_next_id(uint32_t id, uint32_t *next)
{
	return next_id(bpf_prog_get_next_id(id, next), "program");
}

int weir_map_open_id_quiet(uint32_t id)
{
	return bpf_map_get_fd_by_id(id);
}

int weir_map_open_id_readonly(uint32_t id)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, opts, .open_flags = BPF_F_RDONLY);

	return bpf_map_get_fd_by_id_opts(id, &opts);
}

bool weir_map_is_plain(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
		return true;
	default:
		return false;
	}
}

bool weir_map_is_array(const struct weir_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* ---- pins ---------------------------------------------------------------- */

/* The whole path of a plain name, with the folders made when @undo is given. */
static int whole_path(const char *path, const char *bpffs, struct weir_undo *undo, char *buf)
{
	char mnt[PATH_MAX - 300], name[256];
	int err;

	if (strchr(path, '/'))
		return snprintf(buf, PATH_MAX, "%s", path) < PATH_MAX
			       ? 0
			       : weir_fail(-ENAMETOOLONG, "%.40s...: too long", path);
	err = undo ? weir_bpffs_ensure(bpffs, mnt, sizeof(mnt), undo)
		   : weir_bpffs_find(bpffs, mnt, sizeof(mnt));
	if (err == -ENOENT)
		return weir_fail(err, "%s: no BPF file system is mounted, so there are no pins",
				 path);
	if (err)
		return undo ? err : weir_fail(err, "%s: %s", path, weir_errstr(err));
	if (strlen(path) >= sizeof(name))
		return weir_fail(-ENAMETOOLONG, "%.40s...: too long", path);
	snprintf(name, sizeof(name), "%s", path);
	weir_bpffs_escape(name);
	snprintf(buf, PATH_MAX, "%s/tc/globals/%s", mnt, name);
	return 0;
}

int weir_bpffs_directory(const char *bpffs, const char *relative, char *buf, size_t len)
{
	struct weir_undo *undo;
	char mnt[PATH_MAX];
	int err = weir_undo_new(&undo);

	if (err)
		return weir_fail(err, "%s: out of memory", relative);
	err = weir_bpffs_ensure(bpffs, mnt, sizeof(mnt), undo);
	err = err ?: weir_bpffs_mkdirs(mnt, relative, undo);
	if (!err && (size_t)snprintf(buf, len, "%s/%s", mnt, relative) >= len)
		err = weir_fail(-ENAMETOOLONG, "%s/%s: too long", mnt, relative);
	if (err)
		weir_undo_rollback(undo);
	else
		weir_undo_commit(undo);
	weir_undo_free(undo);
	return err;
}

static int pin_at(int fd, const char *path)
{
	int err = bpf_obj_pin(fd, path);

	if (err == -EEXIST)
		return weir_fail(err, "%s: something is here already; weir map unpin removes a pin",
				 path);
	if (err)
		return weir_fail(
			err, "%s: pinning failed: %s%s", path, weir_errstr(err),
			err == -EINVAL || err == -EPERM ? "; pins stand on a BPF file system" : "");
	return 0;
}

int weir_map_pin(int fd, const char *path, const char *bpffs)
{
	struct weir_undo *undo;
	char whole[PATH_MAX];
	int err = weir_undo_new(&undo);

	if (err)
		return weir_fail(err, "%s: out of memory", path);
	err = whole_path(path, bpffs, undo, whole);
	err = err ?: pin_at(fd, whole);
	if (err)
		weir_undo_rollback(undo);
	else
		weir_undo_commit(undo);
	weir_undo_free(undo);
	return err;
}

int weir_map_unpin(const char *path, const char *bpffs)
{
	char whole[PATH_MAX];
	int err = whole_path(path, bpffs, NULL, whole), fd, kind;

	if (err)
		return err;
	fd = weir_pin_get(whole);
	if (fd < 0)
		return weir_fail(fd, "%s: %s", whole,
				 fd == -ENOENT ? "no such pin; weir map list shows the present ones"
					       : weir_errstr(fd));
	kind = weir_pin_kind_of(fd);
	close(fd);
	if (kind != WEIR_PIN_OF_MAP)
		return weir_fail(-EINVAL, "%s: not a pin of a map", whole);
	return unlink(whole) ? weir_fail(-errno, "%s: %s", whole, weir_errstr(errno)) : 0;
}

int weir_map_freeze(int fd)
{
	struct weir_map map;
	int err = weir_map_by_fd(fd, &map);

	if (err)
		return err;
	if (!bpf_map_freeze(fd))
		return 0;
	err = -errno;
	/* EPERM: frozen; EBUSY, too, and also mapped. Linux 5.2. */
	if (err == -EBUSY || (err == -EPERM && !geteuid()))
		return weir_fail(err, "map id %u: it is frozen, or mapped for writing", map.id);
	return weir_fail(err, "map id %u: freezing failed: %s", map.id, weir_errstr(err));
}
