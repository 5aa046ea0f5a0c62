// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps of a load: those that are pinned are reused, new ones are pinned. In: an opened
 * image. Out: maps with fds or pins; what was made is in the caller's undo journal.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "loader/device.h"
#include "loader/error.h"
#include "loader/log.h"
#include "loader/object_state.h"
#include "maps/bpffs.h"
#include "maps/pin.h"

/* libbpf has adjusted sizes (ring buffers to pages) by now. */
static struct weir_map_shape shape_of(const struct weir_object *obj, const struct bpf_map *map)
{
	struct weir_map_shape shape = {
		.type = bpf_map__type(map),
		.key_size_bytes = bpf_map__key_size(map),
		.value_size_bytes = bpf_map__value_size(map),
		.max_entries = bpf_map__max_entries(map),
		.flags = bpf_map__map_flags(map),
	};

	if (shape.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && !shape.max_entries)
		shape.max_entries = (uint32_t)libbpf_num_possible_cpus();
	if (shape.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || shape.type == BPF_MAP_TYPE_HASH_OF_MAPS)
		shape.value_size_bytes = sizeof(uint32_t);
	if (obj->device && !weir_map_stays_with_host(shape.type)) {
		shape.ifindex = (uint32_t)obj->device->ifindex;
		shape.netns_ino = obj->device->netns_ino;
	}
	return shape;
}

static int reuse_map(struct weir_object *obj, size_t nth, struct weir_undo *undo)
{
	const struct weir_map_decl *decl = &obj->defs.list[nth].decl;
	struct bpf_map *map = weir_object_map(obj, nth), *inner;
	struct weir_map_shape shape, inner_shape;
	int fd, err;

	obj->reused[nth] = false;
	if (!map)
		return weir_fail(-ENOENT, "%s: map %s was lost in the modern form", obj->name,
				 decl->name);
	if (!decl->pin_path || obj->unused[nth])
		return 0;
	shape = shape_of(obj, map);
	inner = bpf_map__inner_map(map);
	if (inner) {
		inner_shape = shape_of(obj, inner);
		shape.inner = &inner_shape;
	}
	fd = weir_pin_open_map(decl->pin_path, decl->name, &shape);
	if (fd == -ENOENT)
		return 0;
	if (fd == -ENODEV) /* of a device that is gone: nobody will ever read it */
		return weir_pin_drop(decl->pin_path, undo);
	if (fd < 0)
		return fd;
	err = bpf_map__reuse_fd(map, fd);
	close(fd);
	if (err)
		return weir_fail(err, "%s: map %s: cannot use its pin %s: %s", obj->name,
				 decl->name, decl->pin_path, weir_errstr(err));
	obj->reused[nth] = true;
	return 0;
}

int weir_object_reuse_maps(struct weir_object *obj, struct weir_undo *undo)
{
	for (size_t i = 0; i < obj->defs.n; i++) {
		int err = reuse_map(obj, i, undo);

		if (err)
			return err;
	}
	return 0;
}

int weir_object_pin_maps(struct weir_object *obj, struct weir_undo *undo, bool *raced)
{
	for (size_t i = 0; i < obj->defs.n; i++) {
		const struct weir_map_decl *decl = &obj->defs.list[i].decl;
		int err;

		if (!decl->pin_path || obj->reused[i] || obj->unused[i])
			continue;
		err = weir_pin_make(bpf_map__fd(weir_object_map(obj, i)), decl->pin_path, undo);
		if (err == -EEXIST)
			*raced = true;
		if (err)
			return err;
	}
	return 0;
}

static bool wants_pins(const struct weir_object *obj)
{
	for (size_t i = 0; i < obj->defs.n; i++)
		if (obj->defs.list[i].decl.pin_path && !obj->unused[i])
			return true;
	return false;
}

int weir_object_make_pin_dirs(struct weir_object *obj, struct weir_undo *undo)
{
	char mnt[PATH_MAX];
	size_t mnt_len;
	int err;

	if (!wants_pins(obj))
		return 0;
	err = weir_bpffs_ensure(obj->bpffs, mnt, sizeof(mnt), undo);
	mnt_len = strlen(mnt);
	for (size_t i = 0; !err && i < obj->defs.n; i++) {
		const char *path = obj->defs.list[i].decl.pin_path;
		char dir[PATH_MAX];

		if (!path || obj->unused[i])
			continue;
		if (strncmp(path, mnt, mnt_len) != 0)
			return weir_fail(-ESTALE, "%s: the bpffs moved from under %s while loading",
					 obj->name, path);
		snprintf(dir, sizeof(dir), "%s", path + mnt_len + 1);
		*strrchr(dir, '/') = '\0';
		err = weir_bpffs_mkdirs(mnt, dir, undo);
	}
	return err;
}
