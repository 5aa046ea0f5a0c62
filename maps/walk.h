/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All entries of a map, in batches where the kernel has them, in bounded
 * memory. For maps of plain values: arrays, hashes, their per-CPU and LRU forms.
 */
#ifndef WEIR_MAPS_WALK_H
#define WEIR_MAPS_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "maps/weir_map.h"

struct weir_walk;

/* @fd is borrowed and outlives the walk. -ENOMEM, or libbpf's when the number
 * of possible CPUs is not known; logged. */
int weir_walk_new(int fd, const struct weir_map *map, struct weir_walk **out);
void weir_walk_free(struct weir_walk *walk);

/* Bytes from one value to the next, and CPUs whose values stand in each. */
size_t weir_walk_stride_bytes(const struct weir_walk *walk);
unsigned int weir_walk_cpus(const struct weir_walk *walk);

/* Batches of @n entries, or of as many as are fast if that is fewer: for who ends walks early.
 * -ENOMEM, not logged: then as before. */
int weir_walk_batch(struct weir_walk *walk, uint32_t n);

/* One element a call from now on, as on kernels without batches. */
void weir_walk_elementwise(struct weir_walk *walk);

/* @n keys and @n values, packed. Return 0 to go on; another value ends the
 * walk and is returned. */
typedef int (*weir_walk_fn)(const void *keys, const void *values, size_t n, void *ctx);

/* Calls @fn for each entry once. An entry that comes or goes meanwhile is
 * there or not; no entry is there twice. One element a call, an entry of a hash
 * that stays may be missed, seldom: where another one is deleted under the walk
 * and put into another bucket, the kernel goes on from there. Can be run again
 * and again; memory is kept. Errors are logged. */
int weir_walk_run(struct weir_walk *walk, weir_walk_fn fn, void *ctx);

#endif
