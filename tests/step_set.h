/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a pinned set of a step has in the kernel: its program, its maps, its counters. */
#ifndef WEIR_TESTS_STEP_SET_H
#define WEIR_TESTS_STEP_SET_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "maps/layout.h"

/* @pin: below BPFFS/tc/globals. */
static inline int open_program(const char *pin)
{
	__u32 slot = 0, id = 0;
	char path[200];
	int gate;

	snprintf(path, sizeof(path), "/sys/fs/bpf/tc/globals/%s", pin);
	gate = bpf_obj_get(path);
	if (gate < 0)
		return gate;
	if (bpf_map_lookup_elem(gate, &slot, &id))
		id = 0;
	close(gate);
	return bpf_prog_get_fd_by_id(id);
}

static inline int open_map(int prog_fd, const char *name)
{
	struct bpf_prog_info info = {0};
	__u32 ids[32], len = sizeof(info);

	info.nr_map_ids = 32;
	info.map_ids = (__u64)(unsigned long)ids;
	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return -errno;
	for (__u32 i = 0; i < info.nr_map_ids; i++) {
		struct bpf_map_info map = {0};
		int fd = bpf_map_get_fd_by_id(ids[i]);

		len = sizeof(map);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &map, &len) && !strcmp(map.name, name))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

/* Cells of the first @n entries of a per-CPU array: in a batch from Linux 5.13 on. */
static inline bool read_cells(int fd, __u32 n, int n_cpus, struct weir_counter *cells)
{
	__u32 *keys = calloc(n, sizeof(*keys)), next, got = n;
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	bool ok = keys && (!bpf_map_lookup_batch(fd, NULL, &next, keys, cells, &got, &opts) ||
			   errno == ENOENT);

	/* an array's batch is in the order of its indices */
	ok = ok && got == n;
	free(keys);
	if (ok)
		return true;
	for (__u32 i = 0; i < n; i++)
		if (bpf_map_lookup_elem(fd, &i, &cells[i * (__u32)n_cpus]))
			return false;
	return true;
}

/* The first @n counters of a per-CPU array, CPUs summed. */
static inline bool read_counts(int fd, __u32 n, struct weir_counter *out)
{
	int n_cpus = libbpf_num_possible_cpus();
	struct weir_counter *cells = calloc((size_t)n_cpus * n, sizeof(*cells));
	bool ok = cells && read_cells(fd, n, n_cpus, cells);

	memset(out, 0, n * sizeof(*out));
	for (__u32 i = 0; ok && i < n; i++)
		for (int cpu = 0; cpu < n_cpus; cpu++) {
			out[i].packets += cells[i * (__u32)n_cpus + (__u32)cpu].packets;
			out[i].bytes += cells[i * (__u32)n_cpus + (__u32)cpu].bytes;
		}
	free(cells);
	return ok;
}

#endif
