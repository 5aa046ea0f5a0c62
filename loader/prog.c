// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the picture of a loaded program.
 *
 * In: an fd or id. Out: struct weir_prog, with the whole function name and the
 * note of weir, both from the program's BTF: the kernel keeps 15 characters of
 * a name (BPF_OBJ_NAME_LEN), but all of the BTF that a program came with.
 */
#include "loader/prog.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/btf.h"
#include "loader/error.h"
#include "loader/log.h"
#include "maps/weir_map.h"

#define DEVICE_GONE "it was made for a device that is gone; remove its pins, and load it anew"

/* The bytes of BTF @btf_id as the kernel keeps them. */
static int btf_bytes(uint32_t btf_id, void **out, uint32_t *out_len)
{
	struct bpf_btf_info info = {0};
	uint32_t info_len = sizeof(info);
	void *bytes = NULL;
	int fd = bpf_btf_get_fd_by_id(btf_id), err;

	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &info_len);
	if (err)
		goto out;
	bytes = malloc(info.btf_size ? info.btf_size : 1);
	if (!bytes) {
		err = -ENOMEM;
		goto out;
	}
	info = (struct bpf_btf_info){.btf = (uintptr_t)bytes, .btf_size = info.btf_size};
	info_len = sizeof(info);
	err = bpf_obj_get_info_by_fd(fd, &info, &info_len);
	if (err)
		goto out;
	*out = bytes;
	*out_len = info.btf_size;
	bytes = NULL;
out:
	free(bytes);
	close(fd);
	return err;
}

/* The kernel has checked this BTF when it was loaded. */
static void whole_name(const void *bytes, uint32_t len, uint32_t func_type_id,
		       struct weir_prog *prog)
{
	struct btf *btf = btf__new(bytes, len);
	const struct btf_type *type;
	const char *name;

	if (!btf)
		return;
	type = btf__type_by_id(btf, func_type_id);
	name = type && btf_is_func(type) ? btf__name_by_offset(btf, type->name_off) : NULL;
	if (name && !strncmp(name, prog->name, strlen(prog->name)))
		snprintf(prog->name, sizeof(prog->name), "%s", name);
	btf__free(btf);
}

static bool says_frags(const char *section)
{
	return !strncmp(section, "xdp.frags", 9) && (!section[9] || section[9] == '/');
}

static void add_btf(struct weir_prog *prog, uint32_t func_type_id)
{
	void *bytes = NULL;
	uint32_t len = 0;

	if (!prog->btf_id || btf_bytes(prog->btf_id, &bytes, &len))
		return;
	prog->ours = weir_btf_note_find(bytes, len, prog->object, sizeof(prog->object),
					prog->section, sizeof(prog->section));
	/* The kernel does not tell the flag; the section does. */
	prog->frags = prog->ours && says_frags(prog->section);
	if (func_type_id && strlen(prog->name) == BPF_OBJ_NAME_LEN - 1)
		whole_name(bytes, len, func_type_id, prog);
	free(bytes);
}

/* The second look at a program: its map ids, and the type of its first function. */
static int read_lists(int fd, const struct bpf_prog_info *first, struct weir_prog *prog,
		      uint32_t *func_type_id)
{
	struct bpf_prog_info info = {0};
	uint32_t info_len = sizeof(info);
	uint32_t *record = NULL;
	int err;

	info.nr_map_ids =
		first->nr_map_ids < WEIR_PROG_MAPS_MAX ? first->nr_map_ids : WEIR_PROG_MAPS_MAX;
	info.map_ids = (uintptr_t)prog->map_ids;
	prog->n_map_ids = info.nr_map_ids;
	/* struct bpf_func_info: insn_off, type_id; the kernel insists on its own size. */
	if (first->nr_func_info && first->func_info_rec_size >= 8) {
		record = calloc(1, first->func_info_rec_size);
		if (!record)
			return -ENOMEM;
		info.nr_func_info = 1;
		info.func_info_rec_size = first->func_info_rec_size;
		info.func_info = (uintptr_t)record;
	}
	err = bpf_obj_get_info_by_fd(fd, &info, &info_len);
	if (!err && record)
		*func_type_id = record[1];
	free(record);
	return err;
}

static void take_info(const struct bpf_prog_info *info, struct weir_prog *prog)
{
	prog->id = info->id;
	prog->type = info->type;
	snprintf(prog->name, sizeof(prog->name), "%s", info->name);
	memcpy(prog->tag, info->tag, sizeof(prog->tag));
	prog->jited = info->jited_prog_len > 0;
	prog->load_time_ns = info->load_time;
	prog->uid = info->created_by_uid;
	prog->btf_id = info->btf_id;
	prog->run_count = info->run_cnt;
	prog->run_time_ns = info->run_time_ns;
	prog->ifindex = info->ifindex;
	prog->netns_ino = info->netns_ino;
}

int weir_prog_brief_by_fd(int fd, struct weir_prog *out)
{
	struct bpf_prog_info info = {0};
	uint32_t info_len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &info_len);

	if (err)
		return err;
	*out = (struct weir_prog){0};
	take_info(&info, out);
	return 0;
}

int weir_prog_brief_by_id(uint32_t id, struct weir_prog *out)
{
	int fd = bpf_prog_get_fd_by_id(id), err;

	if (fd < 0)
		return fd;
	err = weir_prog_brief_by_fd(fd, out);
	close(fd);
	return err;
}

int weir_prog_read(int fd, struct weir_prog *out)
{
	struct bpf_prog_info info = {0};
	uint32_t info_len = sizeof(info), func_type_id = 0;
	struct weir_prog prog = {0};
	int err = bpf_obj_get_info_by_fd(fd, &info, &info_len);

	if (err)
		return err;
	take_info(&info, &prog);
	err = read_lists(fd, &info, &prog, &func_type_id);
	if (err)
		return err;
	add_btf(&prog, func_type_id);
	*out = prog;
	return 0;
}

int weir_prog_read_id(uint32_t id, struct weir_prog *out, int *fd_out)
{
	int fd = bpf_prog_get_fd_by_id(id), err;

	if (fd < 0)
		return fd;
	err = weir_prog_read(fd, out);
	if (err || !fd_out) {
		close(fd);
		return err;
	}
	*fd_out = fd;
	return 0;
}

static bool is_prog_fd(int fd)
{
	char path[64], target[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return true; /* no /proc: let the kernel's answer decide */
	target[len] = '\0';
	return !strcmp(target, "anon_inode:bpf-prog");
}

int weir_prog_by_fd(int fd, struct weir_prog *out)
{
	int err;

	if (!is_prog_fd(fd))
		return weir_fail(-EINVAL, "fd %d: not a BPF program", fd);
	err = weir_prog_read(fd, out);
	if (err == -ENODEV)
		return weir_fail(err, "program of fd %d: " DEVICE_GONE, fd);
	return err ? weir_fail(err, "program of fd %d: %s", fd, weir_errstr(err)) : 0;
}

int weir_prog_by_id(uint32_t id, struct weir_prog *out)
{
	int err = weir_prog_read_id(id, out, NULL);
	const char *hint = weir_errhint(err);

	if (err == -ENOENT)
		return weir_fail(err, "program id %u: no such program", id);
	if (err == -ENODEV)
		return weir_fail(err, "program id %u: " DEVICE_GONE, id);
	if (err)
		return weir_fail(err, "program id %u: %s%s%s", id, weir_errstr(err),
				 hint ? "; " : "", hint ? hint : "");
	return 0;
}

int weir_prog_by_id_quiet(uint32_t id, struct weir_prog *out)
{
	return weir_prog_read_id(id, out, NULL);
}

int weir_prog_next(uint32_t *id, struct weir_prog *out)
{
	int err;

	while (!(err = weir_prog_next_id(*id, id)))
		if (!weir_prog_read_id(*id, out, NULL))
			return 0;
	return err;
}

bool weir_prog_uses(const struct weir_prog *prog, uint32_t map_id)
{
	for (uint32_t i = 0; i < prog->n_map_ids; i++)
		if (prog->map_ids[i] == map_id)
			return true;
	return false;
}

int weir_prog_open_id(uint32_t id)
{
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd == -ENOENT)
		return weir_fail(fd, "id %u: no program has this id; see: bpftool prog", id);
	if (fd < 0)
		return weir_fail(fd, "id %u: cannot open the program: %s%s", id, weir_errstr(fd),
				 fd == -EPERM ? "; run as root" : "");
	return fd;
}

/* ---- weir capture ---------------------------------------------------------- */

bool weir_prog_is_capture(const struct weir_prog *prog)
{
	return prog->ours && !strcmp(prog->object, "sample.o") &&
	       !strncmp(prog->name, "sample_xdp", 10);
}

/* fd of the program array that holds what it runs. */
static int wrapped_map(const struct weir_prog *capture)
{
	for (uint32_t i = 0; i < capture->n_map_ids; i++) {
		int fd = weir_map_open_id_quiet(capture->map_ids[i]);
		struct weir_map map;

		if (fd < 0)
			return fd;
		if (!weir_map_by_fd(fd, &map) && !strcmp(map.name, "weir_wrapped"))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

int weir_prog_captured(const struct weir_prog *capture, struct weir_prog *out)
{
	uint32_t slot = 0, id = 0;
	int fd, err = 0;

	if (!weir_prog_is_capture(capture))
		return -ENOENT;
	fd = wrapped_map(capture);
	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &slot, &id))
		err = -errno;
	close(fd);
	return err ? err : weir_prog_by_id(id, out);
}
