// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From what a user calls a map to an fd. In: a path, "id N", or the name of a
 * pin. Out: the one map meant. Names are tried in rings, the first ring that
 * has the name decides: BPFFS/tc/globals (where iproute2 pins), BPFFS/tc/<any>
 * (its object and custom directories), BPFFS/tc/dev/<device>/<any> (maps in devices'
 * memory), BPFFS and BPFFS/<any>. Symbolic links are not followed: BPFFS/xdp is BPFFS/tc
 * under another name.
 */
#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/bpffs.h"
#include "maps/pin.h"
#include "maps/weir_map.h"

/* Candidates of one ring. */
struct ring {
	const char *name;
	int fd; /* the first map; -1: none */
	uint32_t id;
	char path[PATH_MAX]; /* of the first map */
	unsigned int others; /* further maps; they are listed when met */
	bool denied;	     /* a place could not be looked into */
};

static void list_candidate(uint32_t id, const char *path)
{
	weir_log(WEIR_LOG_DETAIL, "%s: map id %u", path, id);
}

/* Takes ownership of @fd. */
static void take_candidate(struct ring *ring, int fd, uint32_t id, const char *path)
{
	if (ring->fd < 0) {
		ring->fd = fd;
		ring->id = id;
		(void)snprintf(ring->path, sizeof(ring->path), "%s", path);
		return;
	}
	if (id != ring->id) {
		if (!ring->others++)
			list_candidate(ring->id, ring->path);
		list_candidate(id, path);
	}
	(void)close(fd);
}

static void try_dir(struct ring *ring, const char *dir)
{
	char path[PATH_MAX];
	uint32_t id;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, ring->name) >= (int)sizeof(path))
		return;
	fd = weir_pin_get(path);
	if (fd < 0) {
		ring->denied |= fd == -EPERM || (fd == -EACCES && access(path, R_OK) != 0);
		return;
	}
	if (weir_pin_kind_of(fd) == WEIR_PIN_OF_MAP &&
	    weir_pin_id_of(fd, WEIR_PIN_OF_MAP, &id) == 0)
		take_candidate(ring, fd, id, path);
	else
		(void)close(fd);
}

/* @depth: levels of directories above those that are looked into. */
static void try_subdirs(struct ring *ring, const char *dir, unsigned int depth)
{
	DIR *stream = opendir(dir);
	char path[PATH_MAX];
	struct dirent *entry;
	struct stat st;

	if (!stream) { /* of devices there may be none */
		ring->denied |= errno == EACCES || errno == EPERM;
		return;
	}
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path))
			continue;
		if (lstat(path, &st) || !S_ISDIR(st.st_mode))
			continue;
		if (depth)
			try_subdirs(ring, path, depth - 1);
		else
			try_dir(ring, path);
	}
	(void)closedir(stream);
}

#define RINGS 4

static void try_ring(struct ring *ring, const char *mnt, unsigned int nth)
{
	static const char *const below[RINGS] = {"/tc/globals", "/tc", "/tc/dev", ""};
	char dir[PATH_MAX];

	if (snprintf(dir, sizeof(dir), "%s%s", mnt, below[nth]) >= (int)sizeof(dir))
		return;
	switch (nth) {
	case 0:
		try_dir(ring, dir);
		break;
	case 1:
		try_subdirs(ring, dir, 0);
		break;
	case 2:
		try_subdirs(ring, dir, 1);
		break;
	default:
		try_dir(ring, dir);
		try_subdirs(ring, dir, 0);
		break;
	}
}

/* A map that has the name, but no pin here; 0: none. */
static uint32_t find_named(const char *name)
{
	struct weir_map map;
	uint32_t id = 0, found = 0;

	while (!found && !bpf_map_get_next_id(id, &id)) {
		int fd = weir_map_open_id_quiet(id);

		if (fd >= 0 && !weir_map_by_fd(fd, &map) && !strcmp(map.name, name))
			found = id;
		if (fd >= 0)
			close(fd);
	}
	return found;
}

static int fail_lookup(const struct ring *ring, const char *mnt)
{
	uint32_t id;

	if (ring->denied)
		return weir_fail(-EACCES, "%s: pins below %s cannot be read; %s", ring->name, mnt,
				 weir_errhint(EPERM));
	id = find_named(ring->name);
	if (id)
		return weir_fail(-ENOENT,
				 "%s: no map is pinned under this name below %s; map id %u has the "
				 "name: give id %u",
				 ring->name, mnt, id, id);
	return weir_fail(-ENOENT,
			 "%s: no map is pinned under this name below %s; "
			 "give its path, or id N",
			 ring->name, mnt);
}

static int open_name(const char *spec, const char *bpffs)
{
	char mnt[PATH_MAX], name[NAME_MAX + 1];
	struct ring ring = {.name = name, .fd = -1};
	int err = weir_bpffs_find(bpffs, mnt, sizeof(mnt));

	if (err == -ENOENT)
		return weir_fail(err,
				 "%s: no BPF file system is mounted at %s, so there are no pins; "
				 "give id N, or the mount point with --bpffs DIR",
				 spec, mnt);
	if (err)
		return weir_fail(err,
				 "%s: no BPF file system: %s; give another place with "
				 "--bpffs DIR",
				 bpffs ? bpffs : spec, weir_errstr(err));
	if (strlen(spec) >= sizeof(name))
		return weir_fail(-ENOENT, "%s: no pin has so long a name; give its path, or id N",
				 spec);
	memcpy(name, spec, strlen(spec) + 1);
	weir_bpffs_escape(name);
	for (unsigned int nth = 0; nth < RINGS && ring.fd < 0; nth++)
		try_ring(&ring, mnt, nth);
	if (ring.fd < 0)
		return fail_lookup(&ring, mnt);
	if (ring.others) {
		(void)close(ring.fd);
		return weir_fail(-ENOTUNIQ,
				 "%s: several maps are pinned under this name; "
				 "give the path of one, or its id",
				 spec);
	}
	return ring.fd;
}

static int open_path(const char *path)
{
	int fd = weir_pin_get(path), kind;
	const char *hint = weir_errhint(fd);
	uint32_t id = 0;

	if (fd == -EACCES && access(path, R_OK) == 0)
		return weir_fail(fd, "%s: not a pin; give the path of a pinned map", path);
	if (fd == -ENOENT)
		return weir_fail(fd, "%s: no such pin; weir map list shows the present ones", path);
	if (fd < 0)
		return weir_fail(fd, "%s: opening this pin failed: %s%s%s", path, weir_errstr(fd),
				 hint ? "; " : "", hint ? hint : "");
	kind = weir_pin_kind_of(fd);
	if (kind == WEIR_PIN_OF_MAP)
		return fd;
	if (kind >= 0)
		(void)weir_pin_id_of(fd, (enum weir_pin_kind)kind, &id);
	(void)close(fd);
	if (kind < 0)
		return weir_fail(kind,
				 "%s: what is pinned here is not known: %s; mount proc at /proc",
				 path, weir_errstr(kind));
	return weir_fail(-EINVAL, "%s: a pin of %s id %u; give the path of a pinned map", path,
			 weir_pin_kind_name((enum weir_pin_kind)kind), id);
}

static int open_id(const char *text)
{
	unsigned long id;
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	errno = 0;
	id = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || !id || id > UINT32_MAX)
		return weir_fail(-EINVAL, "id %s: not a map id; give a number from 1 on", text);
	return weir_map_open_id((uint32_t)id);
}

int weir_map_open(const char *spec, const char *bpffs)
{
	if (strncmp(spec, "id", 2) == 0 && isspace((unsigned char)spec[2]))
		return open_id(spec + 3);
	if (!*spec)
		return weir_fail(-EINVAL,
				 "map: an empty name; give a pin's name, its path, or id N");
	return strchr(spec, '/') ? open_path(spec) : open_name(spec, bpffs);
}
