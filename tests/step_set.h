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

/* Linux 5.13 has batches of arrays per CPU. */
static inline bool read_each(int fd, __u32 n, int n_cpus, __u32 *keys, struct weir_counter *cells)
{
	for (__u32 i = 0; i < n; i++) {
		keys[i] = i;
		if (bpf_map_lookup_elem(fd, &i, cells + (size_t)i * (size_t)n_cpus))
			return false;
	}
	return true;
}

/* The first @n counters of a per-CPU array, CPUs summed. */
static inline bool read_counts(int fd, __u32 n, struct weir_counter *out)
{
	int n_cpus = libbpf_num_possible_cpus();
	struct weir_counter *cells = calloc((size_t)n_cpus * n, sizeof(*cells));
	__u32 *keys = calloc(n, sizeof(*keys)), next, got = n;
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	bool ok = cells && keys;

	if (ok && (!bpf_map_lookup_batch(fd, NULL, &next, keys, cells, &got, &opts) ||
		   errno == ENOENT))
		ok = got == n;
	else
		ok = ok && read_each(fd, n, n_cpus, keys, cells);
	memset(out, 0, n * sizeof(*out));
	for (__u32 i = 0; ok && i < n; i++)
		for (int cpu = 0; cpu < n_cpus; cpu++) {
			out[keys[i]].packets += cells[i * n_cpus + cpu].packets;
			out[keys[i]].bytes += cells[i * n_cpus + cpu].bytes;
		}
	free(cells);
	free(keys);
	return ok;
}

#endif
