/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is to be seen at one moment: interfaces, the programs on them in the order in
 * which packets meet them, counter maps and their counters. Flat, so that one process can
 * collect and another one show: arrays, and strings by their place in a pool.
 */
#ifndef WEIR_CLI_BOARD_SNAP_H
#define WEIR_CLI_BOARD_SNAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string: where it begins in the pool. 0 is "". */
typedef uint32_t weir_snap_text;

struct weir_snap_dev {
	weir_snap_text name;
	int32_t ifindex;
	bool up;
	uint32_t n_rx_queues, n_tx_queues;
	uint32_t first_prog, n_progs; /* in the order XDP, ingress, egress */
	uint32_t queues;	      /* number of the table of its queues, and one; 0: none */
	uint64_t rx_packets, rx_bytes, rx_errors, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
};

struct weir_snap_prog {
	weir_snap_text name, hook, how; /* "count_xdp"; "xdp"; "native", "tcx", "clsact pref 1" */
	uint32_t dev;			/* number of its interface */
	uint32_t id;			/* 0: a filter of another kind than bpf */
	bool has_runs;			/* the kernel collects them (kernel.bpf_stats_enabled) */
	uint64_t runs, run_time_ns;
	uint32_t first_ref, n_refs; /* the counter maps that it uses */
};

#define WEIR_SNAP_QUEUES 0x80000000u /* no map has such an id: idr_alloc_cyclic(..., INT_MAX) */

/* A counter map; or what an interface's driver counts for each of its queues, whose id is
 * WEIR_SNAP_QUEUES and the ifindex. */
struct weir_snap_map {
	weir_snap_text name, type, pin; /* pin: the first one, or "" */
	weir_snap_text devs, hooks;	/* where programs use it: "eth0,eth1", "xdp" */
	uint32_t id;
	bool has_packets, has_bytes;
	bool narrow_packets, narrow_bytes; /* of 32 bits, on each CPU */
	uint32_t first_series, n_series;
	uint32_t n_cut; /* entries that are not among the series: there were too many */
};

struct weir_snap_series {
	weir_snap_text name;
	uint64_t packets, bytes;
};

struct weir_snap {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	double time_s;	  /* since 1970 */
	uint64_t cost_ns; /* that the collecting took of a CPU */
	uint32_t n_devs, n_progs, n_refs, n_maps, n_series, n_texts;
	struct weir_snap_dev *devs;
	struct weir_snap_prog *progs;
	uint32_t *refs; /* numbers of maps */
	struct weir_snap_map *maps;
	struct weir_snap_series *series;
	char *texts;
	/* how many there is room for */
	uint32_t room_devs, room_progs, room_refs, room_maps, room_series, room_texts;
};

static inline bool weir_snap_is_queues(const struct weir_snap_map *map)
{
	return map->id & WEIR_SNAP_QUEUES;
}

static inline const char *weir_snap_str(const struct weir_snap *snap, weir_snap_text text)
{
	return snap->texts + text;
}

/* Empties; memory is kept. -ENOMEM. */
int weir_snap_begin(struct weir_snap *snap);
void weir_snap_free(struct weir_snap *snap);
/* A new element, zeroed, as long as no other one is added. NULL: no memory. */
struct weir_snap_dev *weir_snap_add_dev(struct weir_snap *snap);
struct weir_snap_prog *weir_snap_add_prog(struct weir_snap *snap);
struct weir_snap_map *weir_snap_add_map(struct weir_snap *snap);
struct weir_snap_series *weir_snap_add_series(struct weir_snap *snap);
int weir_snap_add_ref(struct weir_snap *snap, uint32_t map);
/* 0 also without memory: then snap->texts is NULL or the string is "". */
weir_snap_text weir_snap_add_text(struct weir_snap *snap, const char *text);
/* Else a series of that name has to be left out: names of all take 60 MB. */
bool weir_snap_has_room_for(const struct weir_snap *snap, const char *name);

/* One snapshot through a pipe or a socket, whole; both ends are the same program.
 * -errno; 0 of read: the other end is closed, 1: there is one. */
int weir_snap_write(const struct weir_snap *snap, int fd);
int weir_snap_read(struct weir_snap *snap, int fd);

#endif
