// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The list of all pins: which paths a program, map or link has. In: every
 * bpffs in the mount table. Out: a sorted list, searched by kind and id.
 *
 * Kernel rules: a bpffs is a tree of directories, links and pins; a mount may
 * be hidden by a later one, which shows in st_dev. Iterator files
 * (maps.debug) refuse BPF_OBJ_GET and are passed over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/mounts.h"
#include "maps/pin.h"

/* Against trees that somebody makes endless: nothing real comes near. */
#define DEPTH_MAX 32
#define PINS_MAX  (1u << 20)

struct pin {
	enum weir_pin_kind kind;
	uint32_t id;
	char *path;
};

struct weir_pins {
	struct pin *list;
	size_t n, cap;
	dev_t *seen; /* superblocks, while reading */
	size_t n_seen;
	char *unread; /* the first path that could not be read; NULL */
	int unread_err;
};

static void note_unread(struct weir_pins *pins, const char *path, int err)
{
	if (!pins->unread_err)
		pins->unread = strdup(path); /* NULL: without its name */
	pins->unread_err = pins->unread_err ?: err;
}

static int add_pin(struct weir_pins *pins, enum weir_pin_kind kind, uint32_t id, const char *path)
{
	char *copy;

	if (pins->n == PINS_MAX)
		return -EOVERFLOW;
	if (pins->n == pins->cap) {
		size_t cap = pins->cap ? pins->cap * 2 : 64;
		struct pin *list = reallocarray(pins->list, cap, sizeof(*list));

		if (!list)
			return -ENOMEM;
		pins->list = list;
		pins->cap = cap;
	}
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	pins->list[pins->n++] = (struct pin){.kind = kind, .id = id, .path = copy};
	return 0;
}

static int read_pin(struct weir_pins *pins, const char *path)
{
	int fd = weir_pin_get(path), kind, err;
	uint32_t id;

	/* EACCES: also of a file that is no pin */
	if (fd < 0 && fd != -ENOENT && fd != -EACCES)
		note_unread(pins, path, fd);
	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	kind = weir_pin_kind_of(fd);
	err = kind < 0 ? kind : weir_pin_id_of(fd, (enum weir_pin_kind)kind, &id);
	(void)close(fd);
	if (!err)
		return add_pin(pins, (enum weir_pin_kind)kind, id, path);
	/* ENODEV: of a map whose device is gone, which has no id any more */
	if (err != -EINVAL && err != -ENODEV)
		note_unread(pins, path, err);
	return 0;
}

static int read_dir(struct weir_pins *pins, char path[PATH_MAX], unsigned int depth);

static int read_entry(struct weir_pins *pins, char path[PATH_MAX], const char *name,
		      unsigned int depth)
{
	size_t len = strlen(path);
	int n = snprintf(path + len, PATH_MAX - len, "%s%s", path[len - 1] == '/' ? "" : "/", name);
	struct stat st;
	int err = 0;

	if (n > 0 && (size_t)n < PATH_MAX - len && lstat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			err = read_dir(pins, path, depth + 1);
		else if (S_ISREG(st.st_mode))
			err = read_pin(pins, path);
	}
	path[len] = '\0';
	return err;
}

static int read_dir(struct weir_pins *pins, char path[PATH_MAX], unsigned int depth)
{
	struct dirent *entry;
	DIR *dir;
	int err = 0;

	if (depth > DEPTH_MAX)
		return 0;
	dir = opendir(path);
	if (!dir && errno != ENOENT)
		note_unread(pins, path, -errno);
	if (!dir)
		return errno == ENOMEM ? -ENOMEM : 0;
	while (!err && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			err = read_entry(pins, path, entry->d_name, depth);
	(void)closedir(dir);
	return err;
}

/* true the first time that a superblock is met. */
static int note_superblock(struct weir_pins *pins, dev_t dev)
{
	dev_t *seen;

	for (size_t i = 0; i < pins->n_seen; i++)
		if (pins->seen[i] == dev)
			return 0;
	seen = reallocarray(pins->seen, pins->n_seen + 1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	seen[pins->n_seen++] = dev;
	pins->seen = seen;
	return 1;
}

static int read_mount(struct weir_pins *pins, const struct weir_mount *mount)
{
	char path[PATH_MAX];
	struct stat st;
	int ret;

	if (strcmp(mount->type, "bpf") != 0 || strlen(mount->target) >= sizeof(path))
		return 0;
	if (stat(mount->target, &st) || st.st_dev != mount->dev)
		return 0;
	ret = note_superblock(pins, mount->dev);
	if (ret <= 0)
		return ret;
	memcpy(path, mount->target, strlen(mount->target) + 1);
	return read_dir(pins, path, 0);
}

static int read_whole_mount(const struct weir_mount *mount, void *ctx)
{
	return strcmp(mount->root, "/") == 0 ? read_mount(ctx, mount) : 0;
}

static int read_any_mount(const struct weir_mount *mount, void *ctx)
{
	return read_mount(ctx, mount);
}

static int compare_key(const struct pin *a, const struct pin *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct pin *a = left, *b = right;
	int order = compare_key(a, b);

	return order ? order : strcmp(a->path, b->path);
}

int weir_pins_read(struct weir_pins **out)
{
	struct weir_pins *pins = calloc(1, sizeof(*pins));
	int err;

	if (!pins)
		return weir_fail(-ENOMEM, "pins: out of memory; free some");
	/* Whole mounts first: a bind of a subdirectory shows only some of the pins. */
	err = weir_mounts_walk(NULL, read_whole_mount, pins);
	if (!err)
		err = weir_mounts_walk(NULL, read_any_mount, pins);
	if (err == -ENOMEM) {
		weir_pins_free(pins);
		return weir_fail(err, "pins: out of memory; free some");
	}
	if (err == -EOVERFLOW)
		weir_log(WEIR_LOG_NOTICE, "pins: more than %u; the rest is not shown", PINS_MAX);
	else if (err)
		weir_log(WEIR_LOG_NOTICE, "pins: /proc/self/mountinfo cannot be read; "
					  "no pins are shown");
	if (err)
		note_unread(pins, "/proc/self/mountinfo", err);
	if (pins->n)
		qsort(pins->list, pins->n, sizeof(*pins->list), compare);
	*out = pins;
	return 0;
}

void weir_pins_free(struct weir_pins *pins)
{
	if (!pins)
		return;
	for (size_t i = 0; i < pins->n; i++)
		free(pins->list[i].path);
	free(pins->list);
	free(pins->seen);
	free(pins->unread);
	free(pins);
}

int weir_pins_check_whole(const struct weir_pins *pins)
{
	if (!pins->unread_err)
		return 0;
	return weir_fail(pins->unread_err, "%s: %s; pins below it would be missed",
			 pins->unread ?: "pins", weir_errstr(pins->unread_err));
}

const char *weir_pins_path(const struct weir_pins *pins, enum weir_pin_kind kind, uint32_t id,
			   size_t nth)
{
	const struct pin want = {.kind = kind, .id = id};
	size_t low = 0, high = pins->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_key(&pins->list[mid], &want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (nth >= pins->n - low || compare_key(&pins->list[low + nth], &want) != 0)
		return NULL;
	return pins->list[low + nth].path;
}
