/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pins of maps: where they lie, whether they fit, making them. */
#ifndef WEIR_MAPS_PIN_H
#define WEIR_MAPS_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/undo.h"
#include "maps/weir_map.h"

/* What iproute2 compares; the fields of BPF_MAP_CREATE. */
struct weir_map_shape {
	uint32_t type;
	uint32_t key_size_bytes;
	uint32_t value_size_bytes;
	uint32_t max_entries;
	uint32_t flags;
	/* the device in whose memory it is, and the inode of its namespace; 0: the host */
	uint32_t ifindex;
	uint64_t netns_ino;
	const struct weir_map_shape *inner; /* NULL: not an outer map, or not compared */
};

/* Custom ids: looks @id up in /etc/iproute2/bpf_pinning, then in
 * /usr/share/iproute2/bpf_pinning (later lines win, 0-2 are ignored, a bad
 * line ends the file with a notice). -ENOENT: not listed. */
int weir_pin_custom_dir(uint32_t id, char *buf, size_t len);
/* The same for one file: for tests. */
int weir_pin_custom_dir_in(const char *file, uint32_t id, char *buf, size_t len);

/* Opens the map pinned at @path. -ENOENT: nothing there. -EEXIST: a program,
 * a link, or a map of another shape; each differing field is a
 * WEIR_LOG_DETAIL line "max_entries: object 10, pin 20", then one error.
 * BPF_F_RDONLY_PROG is ignored for DEVMAP and DEVMAP_HASH (the kernel sets it).
 * -EEXIST, too: of the host for a device's, of a device for the host's or another's. -ENODEV,
 * not logged: it was in a device that is gone, and @want is for a device. */
int weir_pin_open_map(const char *path, const char *map, const struct weir_map_shape *want);

/* BPF_OBJ_GET, for reading only where writing is not allowed. Not logged. */
int weir_pin_get(const char *path);

/* What a BPF fd stands for (enum weir_pin_kind). -EINVAL: not a BPF object. */
int weir_pin_kind_of(int fd);
/* "program", "map", "link". */
const char *weir_pin_kind_name(enum weir_pin_kind kind);
/* Kernel id of the object behind @fd. -ENODEV: a map whose device is gone, which has none.
 * Not logged. */
int weir_pin_id_of(int fd, enum weir_pin_kind kind, uint32_t *id);
/* The number behind @mark in what /proc tells of @fd; 0: there is none. */
uint32_t weir_pin_fdinfo(int fd, const char *mark);
/* The id of what is pinned at @path, which must be a @kind. Logged as "@what: ...". */
int weir_pin_id_at(const char *path, enum weir_pin_kind kind, const char *what, uint32_t *id);

/* A program of a device in a program array: kernels before 6.3 take it, and run it on the host
 * with a warning about themselves. -EINVAL, logged as "@map: ..."; 0: it is the host's. */
int weir_prog_refuse_device(int prog_fd, const char *map);

/* Pins @fd at @path, recorded in @undo. -EEXIST (not logged): somebody was
 * faster; the caller opens theirs. */
int weir_pin_make(int fd, const char *path, struct weir_undo *undo);

/* Removes the pin of a map whose device is gone; on rollback it is there again. */
int weir_pin_drop(const char *path, struct weir_undo *undo);

/* The comparison of weir_pin_open_map() for the map behind @fd. 0 or -EEXIST. */
int weir_pin_compare(int fd, const char *path, const char *map, const struct weir_map_shape *want);

/* Lists each differing field at WEIR_LOG_DETAIL, "@prefix" before its name;
 * returns how many. Without a kernel: for weir_pin_compare() and its tests. */
unsigned int weir_shape_differ(const char *prefix, const struct weir_map_shape *want,
			       const struct weir_map_shape *have);
/* Can a map of shape @want stand where one of shape @have does, in an outer map? */
bool weir_shape_inner_fits(const struct weir_map_shape *want, const struct weir_map_shape *have);

/* Shape of the map behind @fd, from the kernel. */
int weir_map_shape_of(int fd, struct weir_map_shape *out, uint32_t *map_id);

/* Opens map @id; the caller closes the fd. Logged. */
int weir_map_open_id(uint32_t id);

/* 40 hexadecimal digits and a NUL. */
void weir_pin_sha1(const void *bytes, size_t len, char hex[41]);

#endif
