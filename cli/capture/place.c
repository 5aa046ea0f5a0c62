// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * BPFFS/weir/capture/<namespace>-<ifindex>-<hook>/: locked by the capture that is there, with
 * the program array through which its sampler runs another program. An array loses its
 * programs with its last pin or fd; so the pin must stand as long as the sampler does, and does
 * when the command is killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cli/capture/capture.h"
#include "cli/say.h"

#define PLACES "weir/capture"
#define PIN    "wrapped"

/* Whoever frees a place removes the directory that others may have opened before. */
static bool is_removed(int fd, const char *dir)
{
	struct stat opened, now;

	return fstat(fd, &opened) || stat(dir, &now) || opened.st_ino != now.st_ino;
}

/* -EWOULDBLOCK: somebody has it. -EAGAIN: it went. */
static int lock(const char *dir, int *out)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	else if (is_removed(fd, dir))
		err = -EAGAIN;
	if (err)
		close(fd);
	else
		*out = fd;
	return err;
}

static bool is_pin_used(const char *dir)
{
	char pin[2 * PATH_MAX];
	struct weir_map map;
	int fd, used;

	snprintf(pin, sizeof(pin), "%s/" PIN, dir);
	fd = bpf_obj_get(pin);
	if (fd < 0)
		return fd != -ENOENT;
	used = weir_map_by_fd(fd, &map) ? 1 : weir_slot_is_used(map.id);
	close(fd);
	return used != 0; /* what cannot be known stays */
}

static void remove_dir(const char *dir)
{
	char pin[2 * PATH_MAX];

	snprintf(pin, sizeof(pin), "%s/" PIN, dir);
	(void)unlink(pin);
	(void)rmdir(dir);
}

/* Places whose sampler went with its interface after the command had been killed. */
static void sweep(const char *places)
{
	char dir[PATH_MAX + 1 + NAME_MAX + 1];
	struct dirent *entry;
	DIR *open = opendir(places);
	int fd = -1;

	while (open && (entry = readdir(open))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", places, entry->d_name);
		if (strlen(dir) >= PATH_MAX || lock(dir, &fd))
			continue;
		if (!is_pin_used(dir))
			remove_dir(dir);
		close(fd);
	}
	if (open)
		(void)closedir(open);
}

int weir_capture_place_lock(const char *bpffs, struct weir_net *net, int ifindex,
			    enum weir_hook hook, struct weir_capture_place *out)
{
	char relative[200];
	int err;

	err = weir_bpffs_directory(bpffs, PLACES, out->dir, sizeof(out->dir));
	if (err)
		return err;
	sweep(out->dir);
	snprintf(relative, sizeof(relative), PLACES "/%" PRIu64 "-%d-%s", weir_net_inode(net),
		 ifindex, weir_hook_name(hook));
	do {
		err = weir_bpffs_directory(bpffs, relative, out->dir, sizeof(out->dir));
		if (err)
			return err;
		err = lock(out->dir, &out->fd);
	} while (err == -EAGAIN);
	if (err && err != -EBUSY)
		weir_say_error("%s: cannot be locked: %s", out->dir, strerror(-err));
	return err;
}

int weir_capture_place_pin(const struct weir_capture_place *place, int map_fd)
{
	char pin[2 * PATH_MAX];
	int err;

	snprintf(pin, sizeof(pin), "%s/" PIN, place->dir);
	(void)unlink(pin); /* of a capture that was killed; its sampler is gone by now */
	err = bpf_obj_pin(map_fd, pin);
	if (err)
		weir_say_error("%s: pinning failed: %s", pin, strerror(-err));
	return err;
}

void weir_capture_place_free(struct weir_capture_place *place)
{
	if (place->fd < 0)
		return;
	remove_dir(place->dir);
	close(place->fd);
	place->fd = -1;
}
