/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mount table of the calling process. */
#ifndef WEIR_MAPS_MOUNTS_H
#define WEIR_MAPS_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

struct weir_mount {
	int id;
	dev_t dev;	    /* st_dev of the files in it: one per superblock */
	const char *root;   /* directory of the superblock that is mounted */
	const char *target; /* where */
	const char *type;   /* "bpf", "sysfs", ... */
	bool shared;	    /* what is mounted below it appears elsewhere, too */
};

/* Return 0 to go on; another value ends the walk and is returned. The strings
 * live as long as the call. */
typedef int (*weir_mount_fn)(const struct weir_mount *mount, void *ctx);

/* Walks /proc/self/mountinfo (@file NULL), oldest mount first. -errno when it
 * cannot be read, not logged; lines of another form are passed over. */
int weir_mounts_walk(const char *file, weir_mount_fn fn, void *ctx);

#endif
