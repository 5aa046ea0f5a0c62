// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the raw bpf(2) calls: tcx attach, detach and query, and link infos of
 * kinds that the installed headers do not describe.
 *
 * In: plain numbers and fds. Out: -errno, fds. The kernel takes a shorter or
 * longer attribute than its own as long as the surplus is zero, so each call
 * passes the size of what it fills.
 */
#include "loader/sys.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int sys_bpf(enum bpf_cmd cmd, void *attr, unsigned int len_bytes)
{
	long ret = syscall(__NR_bpf, cmd, attr, len_bytes);

	return ret < 0 ? -errno : (int)ret;
}

static uint32_t tcx_attach_type(enum weir_hook hook)
{
	return hook == WEIR_HOOK_EGRESS ? WEIR_BPF_TCX_EGRESS : WEIR_BPF_TCX_INGRESS;
}

int weir_sys_tcx_query(int ifindex, enum weir_hook hook, struct weir_tcx *out)
{
	struct weir_tcx tcx = {0};
	struct weir_uapi_prog_query query = {
		.target_ifindex = (uint32_t)ifindex,
		.attach_type = tcx_attach_type(hook),
		.prog_ids = (uintptr_t)tcx.prog_ids,
		.link_ids = (uintptr_t)tcx.link_ids,
		.count = WEIR_TCX_MAX,
	};
	int err = sys_bpf(BPF_PROG_QUERY, &query, sizeof(query));

	if (err)
		return err;
	tcx.n = query.count < WEIR_TCX_MAX ? query.count : WEIR_TCX_MAX;
	*out = tcx;
	return 0;
}

int weir_sys_tcx_link(int ifindex, enum weir_hook hook, int prog_fd, bool first)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)prog_fd;
	attr.link_create.target_ifindex = (uint32_t)ifindex;
	attr.link_create.attach_type = tcx_attach_type(hook);
	if (first)
		attr.link_create.flags = WEIR_BPF_F_BEFORE;
	return sys_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int weir_sys_tcx_detach(int ifindex, enum weir_hook hook, int prog_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)ifindex; /* a union with target_ifindex since Linux 6.6 */
	attr.attach_bpf_fd = (uint32_t)prog_fd;
	attr.attach_type = tcx_attach_type(hook);
	return sys_bpf(BPF_PROG_DETACH, &attr, sizeof(attr));
}

int weir_sys_link_info(int link_fd, struct weir_uapi_link_info *out)
{
	struct weir_uapi_link_info info;
	union bpf_attr attr;
	int err;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)link_fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	err = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	if (!err)
		*out = info;
	return err;
}

int weir_sys_links(weir_sys_link_fn fn, void *ctx)
{
	struct weir_uapi_link_info info;
	uint32_t id = 0;
	int err;

	while (!(err = bpf_link_get_next_id(id, &id))) {
		int fd = bpf_link_get_fd_by_id(id);

		if (fd == -ENOENT) /* gone since */
			continue;
		if (fd < 0)
			return fd;
		err = weir_sys_link_info(fd, &info);
		if (!err)
			err = fn(fd, &info, ctx);
		close(fd);
		if (err)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}
