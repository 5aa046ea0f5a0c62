/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounting a BPF file system; for bpffs.c. */
#ifndef WEIR_MAPS_BPFFS_MOUNT_H
#define WEIR_MAPS_BPFFS_MOUNT_H

#include "maps/undo.h"

/* Mounts one at @target, whose last component is made when missing; private,
 * mode 0700, with a notice, recorded in @undo. Somebody who is faster is fine. */
int weir_bpffs_mount(const char *target, struct weir_undo *undo);

/* Bind mount of @from at @to, recorded in @undo. Not logged. */
int weir_bpffs_bind(const char *from, const char *to, struct weir_undo *undo);

#endif
