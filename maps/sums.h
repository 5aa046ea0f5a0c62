/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counters of a per-CPU array, added up by a program in the kernel: one system call, a tenth of
 * a batch look-up's time. Linux 5.17 (bpf_loop) and 5.19 (bpf_map_lookup_percpu_elem), CAP_BPF
 * and CAP_PERFMON to make one; reading needs no right.
 */
#ifndef WEIR_MAPS_SUMS_H
#define WEIR_MAPS_SUMS_H

#include <stdbool.h>

#include "maps/counter_type.h"
#include "maps/sums_conf.h"

struct weir_sums;

/* Is @map, of @cpus, one of whose first @n entries the program's loading pays? */
bool weir_sums_pay(const struct weir_map *map, unsigned int cpus, uint32_t n);

/* Of the first @n entries. The map behind @fd is held by the program. Nothing is logged: who gets
 * an error has other ways to read. -EOPNOTSUPP, -EPERM, ...: as the kernel answers. */
int weir_sums_new(int fd, const struct weir_counter_type *type, unsigned int cpus, uint32_t n,
		  struct weir_sums **out);
void weir_sums_free(struct weir_sums *sums);

/* Reads them. *@out: a sum for each index, until the next reading. Not logged. */
int weir_sums_read(struct weir_sums *sums, const struct weir_sum **out);

#endif
