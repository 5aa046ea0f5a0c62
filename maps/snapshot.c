// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pinned maps kept in a directory, and put back. In: every pinned map that has entries of
 * its own. Out: a file of JSON for each, and "index", a line a map: file, pin, type, sizes,
 * entries there may be, flags, and the types of key and value. The directory is there
 * whole or not at all; each map is put back whole or left as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/pin.h"
#include "maps/table.h"

#define TYPE_TEXT_MAX 2048

/* ---- snapshot ------------------------------------------------------------ */

struct snapshot {
	const char *dir;
	FILE *index;
	uint32_t n;
};

static int keep_entries(const struct weir_table *table, const char *path)
{
	const struct weir_dump_opts opts = {.size = sizeof(opts), .json = true, .percpu = true};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int64_t n;

	if (fd < 0)
		return weir_fail(-errno, "%s: %s", path, weir_errstr(errno));
	n = weir_table_dump(table, &opts, fd);
	if (close(fd) && n >= 0)
		n = weir_fail(-errno, "%s: %s", path, weir_errstr(errno));
	return n < 0 ? (int)n : 0;
}

static int keep_map(struct snapshot *snap, const struct weir_table *table, const char *pin)
{
	const struct weir_map *map = &table->map;
	char path[PATH_MAX], key[TYPE_TEXT_MAX], value[TYPE_TEXT_MAX], file[32];
	int err;

	snprintf(file, sizeof(file), "%u.json", snap->n);
	snprintf(path, sizeof(path), "%.3900s/%s", snap->dir, file);
	err = keep_entries(table, path);
	if (err)
		return err;
	weir_table_type_text(table, true, key, sizeof(key));
	weir_table_type_text(table, false, value, sizeof(value));
	fprintf(snap->index, "%s\t%s\t%s\t%u\t%u\t%u\t%u\t0x%x\t%s\t%s\n", file, pin, map->name,
		map->type, map->key_size_bytes, map->value_size_bytes, map->max_entries, map->flags,
		key, value);
	snap->n++;
	return ferror(snap->index) ? weir_fail(-EIO, "%s: index: cannot be written", snap->dir) : 0;
}

static int keep_pinned(struct snapshot *snap, const struct weir_pins *pins, uint32_t id)
{
	const char *pin = weir_pins_path(pins, WEIR_PIN_OF_MAP, id, 0);
	const struct weir_table_opts opts = {.size = sizeof(opts), .label = pin};
	struct weir_table *table = NULL;
	struct weir_map map;
	int fd, err;

	if (!pin || strpbrk(pin, "\t\n"))
		return 0;
	fd = weir_map_open_id_quiet(id);
	if (fd == -ENOENT)
		return 0; /* gone meanwhile */
	if (fd < 0)
		return weir_fail(fd, "%s: %s", pin, weir_errstr(fd));
	err = weir_map_by_fd(fd, &map);
	if (!err && map.ifindex) {
		weir_log(WEIR_LOG_NOTICE, "%s: a map in a device's memory is not kept", pin);
	} else if (!err && weir_map_is_plain(map.type)) {
		err = weir_table_open(fd, &opts, &table);
		err = err ?: keep_map(snap, table, pin);
		weir_table_close(table);
	} else if (!err) {
		weir_log(WEIR_LOG_NOTICE, "%s: a map of this type is not kept", pin);
	}
	close(fd);
	return err;
}

static int keep_all(struct snapshot *snap)
{
	char path[PATH_MAX];
	struct weir_pins *pins;
	uint32_t id = 0;
	int err = weir_pins_read(&pins);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%.3900s/index", snap->dir);
	snap->index = fopen(path, "wxe");
	err = weir_pins_check_whole(pins);
	if (!err && !snap->index)
		err = weir_fail(-errno, "%s: %s", path, weir_errstr(errno));
	while (!err && !(err = weir_map_next_id(id, &id)))
		err = keep_pinned(snap, pins, id);
	if (snap->index && fclose(snap->index) && (!err || err == -ENOENT))
		err = weir_fail(-errno, "%s: %s", path, weir_errstr(errno));
	weir_pins_free(pins);
	return err == -ENOENT ? 0 : err;
}

static void remove_dir(const struct snapshot *snap)
{
	char path[PATH_MAX];

	for (uint32_t i = 0; i <= snap->n; i++) {
		snprintf(path, sizeof(path), "%.3900s/%u.json", snap->dir, i);
		(void)unlink(path);
	}
	snprintf(path, sizeof(path), "%.3900s/index", snap->dir);
	(void)unlink(path);
	(void)rmdir(snap->dir);
}

int64_t weir_maps_snapshot(const char *dir)
{
	char part[PATH_MAX];
	struct snapshot snap = {.dir = part};
	int err;

	if (snprintf(part, sizeof(part), "%s.XXXXXX", dir) >= 3900)
		return weir_fail(-ENAMETOOLONG, "%.40s...: too long", dir);
	if (!access(dir, F_OK))
		return weir_fail(-EEXIST, "%s: it exists; give another name", dir);
	if (!mkdtemp(part))
		return weir_fail(-errno, "%s: %s", dir, weir_errstr(errno));
	err = keep_all(&snap);
	if (!err && rename(part, dir))
		err = weir_fail(-errno, "%s: %s", dir, weir_errstr(errno));
	if (err)
		remove_dir(&snap);
	return err ? err : (int64_t)snap.n;
}

/* ---- restore ------------------------------------------------------------- */

/* A line of the index. */
struct kept {
	char *file, *pin, *name, *key_type, *value_type;
	struct weir_create_opts create;
	uint32_t key_bytes, value_bytes;
};

static bool read_line(char *line, struct kept *out)
{
	char *cells[10], *at = line;
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (n < 10 && (cells[n] = strsep(&at, "\t")))
		n++;
	if (n != 10 || at || strchr(cells[0], '/'))
		return false;
	*out = (struct kept){.file = cells[0],
			     .pin = cells[1],
			     .name = cells[2],
			     .key_type = cells[8],
			     .value_type = cells[9]};
	out->create = (struct weir_create_opts){
		.size = sizeof(out->create),
		.name = out->name,
		.type = (uint32_t)strtoul(cells[3], NULL, 10),
		.key_type = out->key_type,
		.value_type = out->value_type,
		.max_entries = (uint32_t)strtoul(cells[6], NULL, 10),
		.flags = (uint32_t)strtoul(cells[7], NULL, 16),
	};
	out->key_bytes = (uint32_t)strtoul(cells[4], NULL, 10);
	out->value_bytes = (uint32_t)strtoul(cells[5], NULL, 10);
	return true;
}

/* The pinned map, or a new one that is pinned there. */
static int open_kept(const struct kept *kept, bool create)
{
	int fd = weir_pin_get(kept->pin), err;

	if (fd == -ENOENT && create) {
		fd = weir_map_create(&kept->create);
		err = fd < 0 ? fd : weir_map_pin(fd, kept->pin, NULL);
		if (err && fd >= 0)
			close(fd);
		return err ? err : fd;
	}
	if (fd == -ENOENT)
		return weir_fail(fd, "%s: no such pin; the word create makes the map", kept->pin);
	return fd < 0 ? weir_fail(fd, "%s: %s", kept->pin, weir_errstr(fd)) : fd;
}

static int fill(const char *dir, const struct kept *kept, int fd)
{
	struct weir_table_opts opts = {.size = sizeof(opts), .label = kept->pin};
	const struct weir_bulk_opts bulk = {.size = sizeof(bulk)};
	struct weir_table *table = NULL;
	char path[PATH_MAX];
	int64_t n = 0;
	int err;

	err = weir_table_open(fd, &opts, &table);
	if (!err && (table->map.key_size_bytes != kept->key_bytes ||
		     table->map.value_size_bytes != kept->value_bytes))
		err = weir_fail(-EINVAL, "%s: the map's keys or values have another size now",
				kept->pin);
	snprintf(path, sizeof(path), "%.3900s/%.100s", dir, kept->file);
	if (!err)
		n = weir_table_apply(table, path, &bulk);
	weir_table_close(table);
	return err ?: n < 0 ? (int)n : 0;
}

/* How the kept maps find the maps that they are written to. */
struct target {
	bool create;
	int (*fd_of)(const char *pin, void *ctx);
	void *ctx;
};

/* 1: it is filled, 0: passed over. */
static int restore_one(const char *dir, const struct kept *kept, const struct target *target)
{
	int fd, err;

	if (target->fd_of) {
		fd = target->fd_of(kept->pin, target->ctx);
		err = fd < 0 ? fd : fill(dir, kept, fd);
		return fd == -ENOENT ? 0 : err ?: 1;
	}
	fd = open_kept(kept, target->create);
	if (fd < 0)
		return fd;
	err = fill(dir, kept, fd);
	close(fd);
	return err ?: 1;
}

static int64_t restore(const char *dir, const struct target *target)
{
	char path[PATH_MAX], line[2 * TYPE_TEXT_MAX + PATH_MAX + 256];
	struct kept kept;
	int64_t n = 0;
	FILE *index;
	int got, err = 0;

	snprintf(path, sizeof(path), "%.3900s/index", dir);
	index = fopen(path, "re");
	if (!index)
		return weir_fail(-errno, "%s: %s", path, weir_errstr(errno));
	while (fgets(line, sizeof(line), index)) {
		got = read_line(line, &kept) ? restore_one(dir, &kept, target)
					     : weir_fail(-EINVAL, "%s: not an index of maps", path);
		/* one that cannot be put back does not hinder the others */
		if (got < 0)
			err = err ?: got;
		else
			n += got;
	}
	(void)fclose(index);
	return err ? err : n;
}

int64_t weir_maps_restore(const char *dir, bool create)
{
	const struct target target = {.create = create};

	return restore(dir, &target);
}

int64_t weir_maps_fill(const char *dir, int (*fd_of)(const char *pin, void *ctx), void *ctx)
{
	const struct target target = {.fd_of = fd_of, .ctx = ctx};

	return restore(dir, &target);
}
