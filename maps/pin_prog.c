// SPDX-License-Identifier: LGPL-2.1-or-later
/* Pinned programs, and program arrays that hold programs. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/pin.h"
#include "maps/weir_map.h"

int weir_pin_open_prog(const char *path)
{
	int fd = weir_pin_get(path), kind;

	if (fd < 0)
		return weir_fail(fd, "%s: cannot open the pinned program: %s", path,
				 weir_errstr(fd));
	kind = weir_pin_kind_of(fd);
	if (kind == WEIR_PIN_OF_PROG)
		return fd;
	close(fd);
	return weir_fail(-EINVAL, "%s: a pinned %s, not a program", path,
			 kind < 0 ? "object" : weir_pin_kind_name((enum weir_pin_kind)kind));
}

static uint32_t prog_type(int prog_fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) ? 0 : info.type;
}

int weir_prog_refuse_device(int prog_fd, const char *map)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(prog_fd, &info, &len);

	if (err != -ENODEV && (err || !info.ifindex))
		return 0;
	return weir_fail(-EINVAL,
			 "%s: a program that was made for a device cannot be called on the host; "
			 "load it for the host",
			 map);
}

int weir_prog_array_set(int map_fd, const char *map, uint32_t key, int prog_fd)
{
	uint32_t owner, type;
	struct weir_map info;
	int err;

	err = weir_map_by_fd(map_fd, &info);
	if (err)
		return err;
	if (info.type != BPF_MAP_TYPE_PROG_ARRAY || info.key_size_bytes != 4 ||
	    info.value_size_bytes != 4)
		return weir_fail(-EINVAL, "%s: not a program array", map);
	err = weir_prog_refuse_device(prog_fd, map);
	if (err)
		return err;
	if (!bpf_map_update_elem(map_fd, &key, &prog_fd, BPF_ANY))
		return 0;
	err = -errno;
	if (err == -E2BIG)
		return weir_fail(err, "%s: no slot %u: it has %u", map, key, info.max_entries);
	/* the type that the array has been bound to, 0 while it is free: told here only */
	owner = weir_pin_fdinfo(map_fd, "owner_prog_type:");
	type = prog_type(prog_fd);
	if (err == -EINVAL && owner && type && owner != type)
		return weir_fail(err, "%s: it holds %s programs, this one is %s", map,
				 weir_prog_type_name(owner) ?: "other",
				 weir_prog_type_name(type) ?: "another");
	return weir_fail(err, "%s: slot %u: %s", map, key, weir_errstr(err));
}
