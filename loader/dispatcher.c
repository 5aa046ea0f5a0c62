// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns what weir knows of libxdp's dispatcher: a program whose functions are replaced by
 * the programs that share an interface (BPF_PROG_TYPE_EXT). libxdp pins those, not the
 * dispatcher, in BPFFS/xdp/dispatch-IFINDEX-PROGID/ and holds flock(2) on BPFFS/xdp
 * meanwhile (its lib/libxdp/protocol.org).
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "loader/dispatcher.h"
#include "loader/error.h"
#include "loader/log.h"
#include "loader/sys.h"
#include "loader/weir.h"
#include "maps/mounts.h"

/* ---- components ----------------------------------------------------------- */

struct part {
	struct weir_prog_part part;
	uint32_t function; /* BTF id of what it replaces */
};

struct search {
	uint32_t prog_id;
	struct part *found;
	size_t n;
};

/* The parts of struct bpf_link_info under "tracing", where weir_uapi_link_info has those
 * of interfaces: attach_type (ifindex; 0: freplace, while fentry and fexit only watch),
 * target_obj_id and target_btf_id, Linux 5.13. */
static int take_part(int fd, const struct weir_uapi_link_info *info, void *ctx)
{
	struct search *search = ctx;
	struct part *longer;

	(void)fd;
	if (info->type != BPF_LINK_TYPE_TRACING || info->ifindex ||
	    info->attach_type != search->prog_id)
		return 0;
	longer = reallocarray(search->found, search->n + 1, sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	search->found = longer;
	longer[search->n++] =
		(struct part){{.prog_id = info->prog_id, .link_id = info->id}, info->reserved[0]};
	return 0;
}

static int by_function(const void *a, const void *b)
{
	const struct part *one = a, *other = b;

	return one->function < other->function ? -1 : one->function > other->function;
}

int weir_prog_parts(uint32_t prog_id, struct weir_prog_part *parts, size_t max)
{
	struct search search = {.prog_id = prog_id};
	int err = weir_sys_links(take_part, &search);

	if (search.n)
		qsort(search.found, search.n, sizeof(*search.found), by_function);
	for (size_t i = 0; i < search.n && i < max; i++) {
		struct weir_prog prog;

		parts[i] = search.found[i].part;
		if (!weir_prog_read_id(parts[i].prog_id, &prog, NULL))
			snprintf(parts[i].name, sizeof(parts[i].name), "%s", prog.name);
	}
	free(search.found);
	return err < 0 ? err : (int)search.n;
}

/* ---- pins ----------------------------------------------------------------- */

struct removal {
	const char *dev;
	int ifindex;
	uint32_t prog_id;
};

/* Empties and removes @dir, relative to @at. Returns how many files there were. */
static int remove_dir(int at, const char *dir)
{
	int fd = openat(at, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), n = 0, err = 0;
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!list) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(list))) {
		if (*entry->d_name == '.')
			continue;
		err = unlinkat(fd, entry->d_name, 0) ? -errno : 0;
		n++;
	}
	closedir(list);
	if (!err && unlinkat(at, dir, AT_REMOVEDIR))
		err = -errno;
	return err ? err : n;
}

static int remove_pins(const struct weir_mount *mount, void *ctx)
{
	const struct removal *removal = ctx;
	char dir[PATH_MAX];
	int fd, n;

	if (strcmp(mount->type, "bpf") != 0)
		return 0;
	snprintf(dir, sizeof(dir), "%s/xdp", mount->target);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	snprintf(dir, sizeof(dir), "dispatch-%d-%u", removal->ifindex, removal->prog_id);
	n = flock(fd, LOCK_EX) ? -errno : remove_dir(fd, dir);
	close(fd);
	if (n >= 0)
		weir_log(WEIR_LOG_NOTICE,
			 "%s: libxdp's dispatcher is gone, and its programs with their pins in "
			 "%s/xdp/%s",
			 removal->dev, mount->target, dir);
	else if (n != -ENOENT)
		weir_log(WEIR_LOG_NOTICE,
			 "%s: pins of libxdp's stay in %s/xdp/%s: %s; `xdp-loader clean` removes "
			 "them",
			 removal->dev, mount->target, dir, weir_errstr(n));
	return n == -ENOENT ? 0 : 1;
}

void weir_dispatcher_removed(const struct weir_prog *prog, const char *dev, int ifindex)
{
	struct removal removal = {dev, ifindex, prog->id};

	if (!strcmp(prog->name, "xdp_dispatcher"))
		weir_mounts_walk(NULL, remove_pins, &removal);
}
