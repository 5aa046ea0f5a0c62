/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel interface that the headers of Linux 6.1 do not have yet. The names
 * are ours, so that newer headers do not collide; the numbers and layouts are
 * include/uapi/linux/bpf.h of the version given.
 */
#ifndef WEIR_LOADER_UAPI_H
#define WEIR_LOADER_UAPI_H

#include <linux/types.h>

#define WEIR_BPF_TCX_INGRESS   46 /* BPF_TCX_INGRESS, Linux 6.6 */
#define WEIR_BPF_TCX_EGRESS    47 /* BPF_TCX_EGRESS, Linux 6.6 */
#define WEIR_BPF_LINK_TYPE_TCX 11 /* BPF_LINK_TYPE_TCX, Linux 6.6 */

#define WEIR_BPF_F_BEFORE      (1U << 3) /* BPF_F_BEFORE, Linux 6.6; of nothing: of all */

/* BPF_MPROG_MAX of include/linux/bpf_mprog.h, Linux 6.6: programs a tcx hook holds. */
#define WEIR_TCX_MAX	       64

/* union bpf_attr, part "query" of BPF_PROG_QUERY, Linux 6.6. */
struct weir_uapi_prog_query {
	__u32 target_ifindex;
	__u32 attach_type;
	__u32 query_flags;
	__u32 attach_flags;
	__aligned_u64 prog_ids;
	__u32 count;
	__u32 pad;
	__aligned_u64 prog_attach_flags;
	__aligned_u64 link_ids;
	__aligned_u64 link_attach_flags;
	__u64 revision;
};

/* struct bpf_link_info with the parts "xdp" (Linux 5.9) and "tcx" (6.6). */
struct weir_uapi_link_info {
	__u32 type;
	__u32 id;
	__u32 prog_id;
	__u32 pad;
	__u32 ifindex;	   /* 0: the device is gone, the link is dead */
	__u32 attach_type; /* tcx */
	__u32 reserved[32];
};

#endif
