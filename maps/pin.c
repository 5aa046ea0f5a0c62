// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns pins: opening one, telling what it is, making one. In: a path in a
 * bpffs, or an fd. Out: fds that the caller closes, kernel ids, shapes.
 *
 * Kernel rules: BPF_OBJ_GET hands out whatever is pinned; only the fd's link in
 * /proc says which kind it is, and BPF_OBJ_GET_INFO_BY_FD answers with a
 * struct of that kind without a word. A pin is made whole or not at all.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/bpffs.h"
#include "maps/pin.h"

int weir_pin_get(const char *path)
{
	struct bpf_obj_get_opts read_only = {.sz = sizeof(read_only), .file_flags = BPF_F_RDONLY};
	int fd = bpf_obj_get(path), again;

	if (fd != -EACCES && fd != -EPERM)
		return fd;
	again = bpf_obj_get_opts(path, &read_only);
	return again >= 0 ? again : fd;
}

const char *weir_pin_kind_name(enum weir_pin_kind kind)
{
	static const char *const names[] = {
		[WEIR_PIN_OF_PROG] = "program",
		[WEIR_PIN_OF_MAP] = "map",
		[WEIR_PIN_OF_LINK] = "link",
	};

	return names[kind];
}

int weir_pin_kind_of(int fd)
{
	/* names given by kernel/bpf/syscall.c, "bpf_link" since Linux 5.7 */
	static const struct {
		const char *text;
		enum weir_pin_kind kind;
	} kinds[] = {
		{"anon_inode:bpf-prog", WEIR_PIN_OF_PROG},
		{"anon_inode:bpf-map", WEIR_PIN_OF_MAP},
		{"anon_inode:bpf_link", WEIR_PIN_OF_LINK},
		{"anon_inode:bpf-link", WEIR_PIN_OF_LINK},
	};
	char link[64], text[64];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, text, sizeof(text) - 1);
	if (len < 0)
		return -errno;
	text[len] = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(text, kinds[i].text) == 0)
			return kinds[i].kind;
	return -EINVAL;
}

uint32_t weir_pin_fdinfo(int fd, const char *mark)
{
	char path[64], line[128];
	uint32_t number = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, mark, strlen(mark)))
			number = (uint32_t)strtoul(line + strlen(mark), NULL, 10);
	if (file)
		(void)fclose(file);
	return number;
}

int weir_pin_id_of(int fd, enum weir_pin_kind kind, uint32_t *id)
{
	struct bpf_prog_info prog = {0};
	struct bpf_map_info map = {0};
	struct bpf_link_info link = {0};
	void *const infos[] = {
		[WEIR_PIN_OF_PROG] = &prog,
		[WEIR_PIN_OF_MAP] = &map,
		[WEIR_PIN_OF_LINK] = &link,
	};
	const uint32_t sizes[] = {
		[WEIR_PIN_OF_PROG] = sizeof(prog),
		[WEIR_PIN_OF_MAP] = sizeof(map),
		[WEIR_PIN_OF_LINK] = sizeof(link),
	};
	uint32_t len = sizes[kind];
	int err = bpf_obj_get_info_by_fd(fd, infos[kind], &len);

	/* Of a program or map whose device is gone the kernel tells nothing but this. */
	if (err == -ENODEV && kind != WEIR_PIN_OF_LINK) {
		prog.id = weir_pin_fdinfo(fd, "prog_id:");
		map.id = weir_pin_fdinfo(fd, "map_id:");
		err = prog.id || map.id ? 0 : err;
	}
	if (err)
		return err;
	*id = kind == WEIR_PIN_OF_PROG ? prog.id : kind == WEIR_PIN_OF_MAP ? map.id : link.id;
	return 0;
}

int weir_pin_id_at(const char *path, enum weir_pin_kind kind, const char *what, uint32_t *id)
{
	int fd = weir_pin_get(path), err;

	if (fd < 0)
		return weir_fail(fd, "%s: %s: %s", what, path, weir_errstr(fd));
	err = weir_pin_kind_of(fd);
	if (err != (int)kind)
		err = weir_fail(-EINVAL, "%s: %s: not a pin of a %s", what, path,
				weir_pin_kind_name(kind));
	else
		err = weir_pin_id_of(fd, kind, id);
	(void)close(fd);
	return err;
}

int weir_map_shape_of(int fd, struct weir_map_shape *out, uint32_t *map_id)
{
	struct weir_map map;
	int err = weir_map_by_fd(fd, &map);

	if (err)
		return err;
	*out = (struct weir_map_shape){
		.type = map.type,
		.key_size_bytes = map.key_size_bytes,
		.value_size_bytes = map.value_size_bytes,
		.max_entries = map.max_entries,
		.flags = map.flags,
		.ifindex = map.ifindex,
		.netns_ino = map.netns_ino,
	};
	if (map_id)
		*map_id = map.id;
	return 0;
}

static int fail_get(int err, const char *path, const char *map)
{
	const char *hint = weir_errhint(err);
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return weir_fail(-EEXIST,
				 "%s: %s, where this map is to be pinned, is a directory; "
				 "remove it, or rename the map",
				 map, path);
	if (err == -EACCES && geteuid() == 0)
		return weir_fail(-EEXIST,
				 "%s: %s, where this map is to be pinned, is not a pin; "
				 "remove it, or rename the map",
				 map, path);
	return weir_fail(err, "%s: opening the pin %s failed: %s%s%s", map, path, weir_errstr(err),
			 hint ? "; " : "", hint ? hint : "");
}

static int check_kind(int fd, const char *path, const char *map)
{
	int kind = weir_pin_kind_of(fd);
	uint32_t id = 0;

	if (kind == WEIR_PIN_OF_MAP)
		return 0;
	if (kind < 0)
		return weir_fail(kind,
				 "%s: what is pinned at %s is not known: %s; "
				 "mount proc at /proc",
				 map, path, weir_errstr(kind));
	(void)weir_pin_id_of(fd, (enum weir_pin_kind)kind, &id);
	return weir_fail(-EEXIST,
			 "%s: %s, where this map is to be pinned, is a pin of %s id %u; "
			 "remove that pin (rm %s), or rename the map",
			 map, path, weir_pin_kind_name((enum weir_pin_kind)kind), id, path);
}

/* Is the device of the map behind @fd still there? */
static int check_device(int fd, const char *path, const char *map,
			const struct weir_map_shape *want)
{
	uint32_t id;

	if (weir_pin_id_of(fd, WEIR_PIN_OF_MAP, &id) != -ENODEV)
		return 0;
	if (want->ifindex)
		return -ENODEV;
	return weir_fail(
		-EEXIST,
		"%s: %s, where this map is to be pinned, is a pin of a map in a device that "
		"is gone; remove that pin (rm %s)",
		map, path, path);
}

int weir_pin_open_map(const char *path, const char *map, const struct weir_map_shape *want)
{
	int fd = bpf_obj_get(path), err;

	if (fd == -ENOENT)
		return fd;
	if (fd < 0)
		return fail_get(fd, path, map);
	err = check_kind(fd, path, map);
	if (!err)
		err = check_device(fd, path, map, want);
	if (!err)
		err = weir_pin_compare(fd, path, map, want);
	if (!err)
		return fd;
	(void)close(fd);
	return err;
}

/* The kernel says EPERM to a dot, to another file system, and to too few rights. */
static int fail_pin(int err, const char *path)
{
	const char *hint = weir_errhint(err), *name = strrchr(path, '/');
	char dir[PATH_MAX];

	if (err == -EPERM && name && strchr(name, '.'))
		return weir_fail(err,
				 "%s: a BPF file system refuses names with dots; "
				 "choose another name",
				 path);
	(void)snprintf(dir, sizeof(dir), "%.*s", name ? (int)(name - path) : 0, path);
	if (weir_bpffs_is_mounted(*dir ? dir : name ? "/" : ".") == 0)
		return weir_fail(err,
				 "%s: pins can only be made in a BPF file system; "
				 "choose a path below its mount point",
				 path);
	return weir_fail(err, "%s: pinning failed: %s%s%s", path, weir_errstr(err),
			 hint ? "; " : "", hint ? hint : "");
}

int weir_pin_make(int fd, const char *path, struct weir_undo *undo)
{
	int err = weir_undo_unlink(undo, path);

	if (err)
		return fail_pin(err, path);
	err = bpf_obj_pin(fd, path);
	if (!err)
		return 0;
	weir_undo_pop(undo);
	return err == -EEXIST ? err : fail_pin(err, path);
}

struct dropped {
	int fd;
	char path[PATH_MAX];
};

static void drop_undo(void *data)
{
	struct dropped *dropped = data;

	(void)bpf_obj_pin(dropped->fd, dropped->path);
}

static void drop_free(void *data)
{
	struct dropped *dropped = data;

	if (dropped && dropped->fd >= 0)
		(void)close(dropped->fd);
	free(dropped);
}

int weir_pin_drop(const char *path, struct weir_undo *undo)
{
	struct dropped *dropped = malloc(sizeof(*dropped));
	int err = dropped ? weir_undo_reserve(undo) : -ENOMEM;

	if (dropped)
		dropped->fd = -1;
	if (!err) {
		(void)snprintf(dropped->path, sizeof(dropped->path), "%s", path);
		dropped->fd = bpf_obj_get(path);
		err = dropped->fd < 0 ? dropped->fd : unlink(path) ? -errno : 0;
	}
	if (err) {
		drop_free(dropped);
		return weir_fail(err, "%s: removing the pin of a map whose device is gone: %s",
				 path, weir_errstr(err));
	}
	weir_undo_push(undo, drop_undo, drop_free, dropped);
	weir_log(WEIR_LOG_INFO, "%s: pinned anew: the device of the map here is gone", path);
	return 0;
}

void weir_pin_sha1(const void *bytes, size_t len, char hex[41])
{
	(void)SHA1Data(len ? bytes : "", len, hex);
}
