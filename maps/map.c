// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps of the running machine: what the kernel knows of one. In: an fd or an
 * id. Out: struct weir_map. The kernel fills as much of its answer as both
 * sides know (BPF_OBJ_GET_INFO_BY_FD), so older ones leave zeros.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/pin.h"
#include "maps/weir_map.h"

int weir_map_by_fd(int fd, struct weir_map *out)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	int kind = weir_pin_kind_of(fd), err;

	if (kind >= 0 && kind != WEIR_PIN_OF_MAP)
		return weir_fail(-EINVAL, "fd %d: stands for a %s, not for a map; open a map", fd,
				 weir_pin_kind_name((enum weir_pin_kind)kind));
	err = kind < 0 ? kind : bpf_obj_get_info_by_fd(fd, &info, &len);
	if (err == -ENODEV)
		return weir_fail(err, "fd %d: a map in a device that is gone; remove its pins", fd);
	if (err)
		return weir_fail(err,
				 "fd %d: the kernel tells nothing about this map: %s; "
				 "open a map",
				 fd, weir_errstr(err));
	*out = (struct weir_map){
		.id = info.id,
		.type = info.type,
		.key_size_bytes = info.key_size,
		.value_size_bytes = info.value_size,
		.max_entries = info.max_entries,
		.flags = info.map_flags,
		.btf_id = info.btf_id,
		.key_type_id = info.btf_key_type_id,
		.value_type_id = info.btf_value_type_id,
		.ifindex = info.ifindex,
		.netns_ino = info.netns_ino,
	};
	_Static_assert(sizeof(out->name) == sizeof(info.name), "both are BPF_OBJ_NAME_LEN");
	memcpy(out->name, info.name, sizeof(out->name) - 1);
	return 0;
}

int weir_map_by_id(uint32_t id, struct weir_map *out)
{
	int fd = weir_map_open_id(id), err;

	if (fd < 0)
		return fd;
	err = weir_map_by_fd(fd, out);
	(void)close(fd);
	return err;
}

int weir_map_open_id(uint32_t id)
{
	int fd = bpf_map_get_fd_by_id(id);
	const char *hint;

	if (fd >= 0)
		return fd;
	if (fd == -ENOENT)
		return weir_fail(fd, "map id %u: no such map; weir map list shows the present ones",
				 id);
	hint = weir_errhint(fd);
	return weir_fail(fd, "map id %u: opening it failed: %s%s%s", id, weir_errstr(fd),
			 hint ? "; " : "", hint ? hint : "");
}
