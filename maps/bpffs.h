/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The BPF file system: found, mounted when absent, and laid out as iproute2
 * lays it out (MNT/tc/globals; MNT/xdp and MNT/ip as links to MNT/tc).
 */
#ifndef WEIR_MAPS_BPFFS_H
#define WEIR_MAPS_BPFFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/undo.h"

/* The mount point without mounting: @want or $TC_BPF_MNT if it is a bpffs,
 * /sys/fs/bpf, /bpf, the first "bpf" of /proc/mounts. Written to @buf.
 * -ENOENT: none (buf = where weir_bpffs_ensure() would mount). -ENOTDIR etc.:
 * @want given, but no bpffs. */
int weir_bpffs_find(const char *want, char *buf, size_t len);

/* Finds, or mounts at @want, $TC_BPF_MNT or /sys/fs/bpf (private, mode 0700)
 * with a notice; then makes MNT/tc, MNT/tc/globals, MNT/xdp, MNT/ip as far as
 * missing. All of it is in @undo. Errors are logged with cause and remedy. */
int weir_bpffs_ensure(const char *want, char *buf, size_t len, struct weir_undo *undo);

/* mkdir -p below the mount, mode 0700, recorded in @undo. */
int weir_bpffs_mkdirs(const char *mnt, const char *relative, struct weir_undo *undo);

/* 1: @path is a directory of a bpffs, 0: of another file system. -ENOENT,
 * -ENOTDIR, -EACCES, ...; not logged. */
int weir_bpffs_is_mounted(const char *path);

/* bpffs refuses dots in names: '.' becomes '_', as libbpf does. */
void weir_bpffs_escape(char *name);

#endif
