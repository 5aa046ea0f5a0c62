/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf(2) calls that libbpf 1.1 cannot make, and links looked at with them.
 * Nothing here logs: the callers know the device. An ifindex means one of the
 * calling thread's network namespace (weir_net_enter()).
 */
#ifndef WEIR_LOADER_SYS_H
#define WEIR_LOADER_SYS_H

#include <stddef.h>
#include <stdint.h>

#include "loader/uapi.h"
#include "loader/weir.h"

/* What hangs on a tcx hook, in the order of execution. */
struct weir_tcx {
	uint32_t n;
	uint32_t prog_ids[WEIR_TCX_MAX];
	uint32_t link_ids[WEIR_TCX_MAX]; /* 0: attached without a link */
};

/* -EINVAL: this kernel has no tcx. -ENODEV. */
int weir_sys_tcx_query(int ifindex, enum weir_hook hook, struct weir_tcx *out);
/* Returns the link's fd; the program runs until the last reference goes. */
int weir_sys_tcx_link(int ifindex, enum weir_hook hook, int prog_fd, bool first);
/* For programs attached without a link. */
int weir_sys_tcx_detach(int ifindex, enum weir_hook hook, int prog_fd);

int weir_sys_link_info(int link_fd, struct weir_uapi_link_info *out);

/* Return 0 to go on. @fd is valid during the call. */
typedef int (*weir_sys_link_fn)(int fd, const struct weir_uapi_link_info *info, void *ctx);
/* Walks all links of the machine, whatever the namespace. */
int weir_sys_links(weir_sys_link_fn fn, void *ctx);

#endif
