/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libweir, second half: maps of the running machine.
 *
 * Contract of errors and of the log: loader/weir.h.
 */
#ifndef WEIR_MAP_H
#define WEIR_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pins ------------------------------------------------------------------ */

enum weir_pin_kind { WEIR_PIN_OF_PROG, WEIR_PIN_OF_MAP, WEIR_PIN_OF_LINK };

/* Every pin of every bpffs mount that the caller can read. */
struct weir_pins;

/* Walks the mounts once. An unreadable mount is passed over. -ENOMEM. */
int weir_pins_read(struct weir_pins **out);
void weir_pins_free(struct weir_pins *pins);
/* The @nth path of object @id; NULL: no more. Lives as long as @pins. */
const char *weir_pins_path(const struct weir_pins *pins, enum weir_pin_kind kind, uint32_t id,
			   size_t nth);

/* ---- opening --------------------------------------------------------------- */

/*
 * Opens @spec: a path to a pin, "id N", or a pinned name looked up in
 * BPFFS/tc/globals, BPFFS/tc/<any>, BPFFS/<any>. Returns an fd that the caller
 * closes. -ENOENT; -ENOTUNIQ: several maps of that name, listed in the log.
 * @bpffs: mount point, NULL: found.
 */
int weir_map_open(const char *spec, const char *bpffs);

/* The mount point of the bpffs that @bpffs or the rules of iproute2 mean
 * (TC_BPF_MNT, /sys/fs/bpf, /bpf, /proc/mounts). -ENOENT: none, not logged. */
int weir_bpffs_path(const char *bpffs, char *buf, size_t len);
/* Opens the program pinned at @path; the caller closes the fd. Logged. */
int weir_pin_open_prog(const char *path);
/* Puts program @prog_fd into slot @key of the program array @map_fd. Logged as
 * "@map: ...", with the owner's type when the kernel refuses for it. */
int weir_prog_array_set(int map_fd, const char *map, uint32_t key, int prog_fd);

struct weir_map {
	uint32_t id;
	uint32_t type; /* BPF_MAP_TYPE_* */
	uint32_t key_size_bytes;
	uint32_t value_size_bytes;
	uint32_t max_entries;
	uint32_t flags;
	uint32_t btf_id;
	uint32_t key_type_id;
	uint32_t value_type_id;
	char name[16];
};

int weir_map_by_fd(int fd, struct weir_map *out);
int weir_map_by_id(uint32_t id, struct weir_map *out);

/* ---- counters -------------------------------------------------------------- */

/* The value of a counter map: DESIGN D8, maps/layout.h. */
struct weir_count {
	uint64_t packets;
	uint64_t bytes;
};

/*
 * A counter map opened for repeated reading: a (per-CPU) array or hash whose
 * value is a struct with the 64-bit members "packets" and "bytes", by BTF.
 */
struct weir_counters;

/* @fd is duplicated. -EMEDIUMTYPE (not logged): not a counter map. */
int weir_counters_open(int fd, struct weir_counters **out);
void weir_counters_close(struct weir_counters *ctrs);
const struct weir_map *weir_counters_map(const struct weir_counters *ctrs);

/* Reads all entries in batches where the kernel has them, CPUs summed.
 * Returns the number of entries; weir_counters_name() and _value() then speak
 * of this reading. */
int weir_counters_read(struct weir_counters *ctrs);
/* Key as its enumerator (common prefix cut, lower case), else as a number or
 * hex bytes. Lives until the next read. */
const char *weir_counters_name(const struct weir_counters *ctrs, size_t nth);
struct weir_count weir_counters_value(const struct weir_counters *ctrs, size_t nth);
/* Nanoseconds of CLOCK_MONOTONIC at which the reading ended. */
uint64_t weir_counters_time_ns(const struct weir_counters *ctrs);

#ifdef __cplusplus
}
#endif
#endif
