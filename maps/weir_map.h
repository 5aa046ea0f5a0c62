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

/* ---- pins ---------------------------------------------------------------- */

enum weir_pin_kind { WEIR_PIN_OF_PROG, WEIR_PIN_OF_MAP, WEIR_PIN_OF_LINK };

/* Every pin of every bpffs mount that the caller can read. */
struct weir_pins;

/* Walks the mounts once. What cannot be read is passed over. -ENOMEM. */
int weir_pins_read(struct weir_pins **out);
/* Was anything passed over? Then its error, logged. */
int weir_pins_check_whole(const struct weir_pins *pins);
void weir_pins_free(struct weir_pins *pins);
/* The @nth path of object @id; NULL: no more. Lives as long as @pins. */
const char *weir_pins_path(const struct weir_pins *pins, enum weir_pin_kind kind, uint32_t id,
			   size_t nth);

/* ---- opening ------------------------------------------------------------- */

/*
 * Opens @spec: a path to a pin, "id N", or a pinned name looked up in
 * BPFFS/tc/globals, BPFFS/tc/<any>, BPFFS/tc/dev/<device>/<any>, BPFFS/<any>. Returns an fd that
 * the caller closes. -ENOENT; -ENOTUNIQ: several maps of that name, listed in the log.
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
	/* in the memory of a device: its interface, and the inode of the namespace in which
	 * that counts; 0: in the host's */
	uint32_t ifindex;
	uint64_t netns_ino;
};

int weir_map_by_fd(int fd, struct weir_map *out);
int weir_map_by_id(uint32_t id, struct weir_map *out);
/* The id that follows @id, 0 for the first. -ENOENT: no more, not logged; -EPERM, logged. */
int weir_map_next_id(uint32_t id, uint32_t *next);
int weir_prog_next_id(uint32_t id, uint32_t *next);

/* A hash, an array, their per-CPU and LRU forms, or an LPM trie: what is in it is values that
 * mean the same later, not programs, sockets or other maps. */
bool weir_map_is_plain(uint32_t type);
/* Has it all its entries from the start? */
bool weir_map_is_array(const struct weir_map *map);
/* An fd, or an error that is not logged. */
int weir_map_open_id_quiet(uint32_t id);
/* The same, and nothing can be changed by it. */
int weir_map_open_id_readonly(uint32_t id);

#define WEIR_MAP_TYPE_LPM_TRIE 11 /* BPF_MAP_TYPE_LPM_TRIE, include/uapi/linux/bpf.h */

/* Directory @relative below the bpffs, which is mounted where it is not, and what is missing made:
 * its path to @buf. Logged. */
int weir_bpffs_directory(const char *bpffs, const char *relative, char *buf, size_t len);

/* @path: a path, or a plain name for BPFFS/tc/globals, where iproute2 pins. Directories
 * are made. -EEXIST; logged. */
int weir_map_pin(int fd, const char *path, const char *bpffs);
/* Removes a pin, which must be a map's. Logged. */
int weir_map_unpin(const char *path, const char *bpffs);
/* BPF_MAP_FREEZE, Linux 5.2. Logged. */
int weir_map_freeze(int fd);

/* Names of IP protocols, in tables of our own. NULL: none. */
const char *weir_proto_name(uint32_t proto);
/* Any case. -ENOENT, not logged. */
int weir_proto_number(const char *name, size_t len, uint32_t *out);

/* ---- typed maps ---------------------------------------------------------- */

/*
 * A map with what its keys and values mean: by BTF, by types that are given, else
 * by its shape (the key of an LPM trie is a prefix, 1, 2, 4 or 8 bytes are a number,
 * others bytes in hexadecimal). Text of a key or a value is one word, and what is
 * written is read again; weir(8) has the forms.
 *
 * An entry's value has one value a possible CPU in a per-CPU map, each at a multiple
 * of 8 bytes. In arrays of programs and of maps it is an id.
 */
struct weir_table;

struct weir_table_opts {
	size_t size;
	const char *key_type; /* "prefix ipv4", "{u32 prio; u64 hits}"; NULL: BTF's */
	const char *value_type;
	/* A file of types by maps' names, for what the two do not say; NULL. */
	const char *schema;
	const char *label; /* in errors; NULL: the map's name or id */
	bool mask;	   /* prefixes in text may have bits behind their length */
	/* Interfaces by name, in another network namespace; NULL: in the caller's. */
	int (*ifname)(uint32_t ifindex, char *name, void *ctx);
	int (*ifindex)(const char *name, uint32_t *out, void *ctx);
	void *ctx;
};

/* @fd is duplicated. -EINVAL: a type does not fit; logged. */
int weir_table_open(int fd, const struct weir_table_opts *opts, struct weir_table **out);
void weir_table_close(struct weir_table *table);
const struct weir_map *weir_table_map(const struct weir_table *table);
/* Bytes of a key, of all CPUs' values of an entry, and how many CPUs those are. */
size_t weir_table_key_bytes(const struct weir_table *table);
size_t weir_table_value_bytes(const struct weir_table *table);
unsigned int weir_table_cpus(const struct weir_table *table);

/* By which types are kept: the map's, or the label where it has none. */
const char *weir_table_name(const struct weir_table *table);
/* Keeps the types that @opts gives in the file that it names. Logged. */
int weir_table_keep_types(const struct weir_table *table, const struct weir_table_opts *opts);

#define WEIR_TYPE_TEXT_MAX 4096

/* A type in the words that weir_table_opts takes: "{ipv4 saddr; u64 hits}"; cut to @len. */
void weir_table_type_text(const struct weir_table *table, bool of_key, char *buf, size_t len);

/* Words as bytes: one word of text, "hex 0a 00", or as many words as bytes, in bpftool's
 * ways. A value may be "percpu V0 V1 ...", "id N" or "pinned PATH" (programs, maps). What a
 * value's text leaves out stays as it is in @value. -EINVAL, -ERANGE, logged. */
int weir_table_read_key(const struct weir_table *table, char *const *words, size_t n, void *key);
int weir_table_read_value(const struct weir_table *table, char *const *words, size_t n,
			  void *value);
/* Does the text say all of a value, so that the present one need not be known? */
bool weir_table_value_is_whole(const struct weir_table *table, char *const *words, size_t n);

enum weir_put {
	WEIR_PUT_ANY,	  /* set */
	WEIR_PUT_NEW,	  /* add: must not exist */
	WEIR_PUT_PRESENT, /* replace: must exist */
};

/* -ENOENT; other errors and -ENOENT are logged with the key and a remedy. */
int weir_table_get(const struct weir_table *table, const void *key, void *value);
/* The same, -ENOENT not logged. */
int weir_table_peek(const struct weir_table *table, const void *key, void *value);
int weir_table_put(const struct weir_table *table, const void *key, const void *value,
		   enum weir_put how);
int weir_table_del(const struct weir_table *table, const void *key);
/* Removes all entries, or zeroes those of an array. */
int weir_table_clear(const struct weir_table *table);
/* The prefix of an LPM trie that @key falls under, into @found. -ENOENT, not logged. */
int weir_table_match(const struct weir_table *table, const void *key, void *found);

/* ---- values without keys ------------------------------------------------- */

/* Into a queue, a stack, or a bloom filter. -E2BIG: it is full; logged. */
int weir_table_push(const struct weir_table *table, const void *value);
/* The next value of a queue or a stack, taken out. -ENOENT: there is none; not logged. */
int weir_table_pop(const struct weir_table *table, void *value);
/* The same, left in. */
int weir_table_first(const struct weir_table *table, void *value);
/* 1: the value may be in a bloom filter, 0: it is not. */
int weir_table_may_have(const struct weir_table *table, const void *value);

/* ---- all entries --------------------------------------------------------- */

/* @keys and @values of @n entries, packed; return 0 to go on. Each entry comes once. */
typedef int (*weir_entries_fn)(const void *keys, const void *values, size_t n, void *ctx);
int weir_table_each(const struct weir_table *table, weir_entries_fn fn, void *ctx);

/* Called now and then. @what: "reading", "comparing", "writing"; @of 0: it is not known. */
typedef void (*weir_progress_fn)(const char *what, uint64_t done, uint64_t of, void *ctx);

struct weir_condition {
	const char
		*field; /* "key", "value", or a field's path; with "key." or "value." before it */
	const char *op; /* == = != < <= > >= ~ (contains) */
	const char *operand;
};

#define WEIR_CONDITIONS_MAX 16

struct weir_dump_opts {
	size_t size;
	bool json, pretty;
	bool percpu;			    /* each CPU's value, not their sum */
	const char *within;		    /* entries whose key's address lies in this prefix */
	const struct weir_condition *where; /* all of them must hold */
	size_t n_where;
	const char *sort;	   /* a field as above; "-" before it: from the largest */
	uint64_t limit;		   /* entries; 0: all */
	const char *fields;	   /* "saddr,hits": only these */
	char separator;		   /* ',' or '\t': a table with a header, as import takes it; 0 */
	bool inner;		   /* maps of maps: the entries of each, behind their slot */
	weir_progress_fn progress; /* NULL */
	void *ctx;
};

/* Entries to @fd: lines "KEY VALUE", or a JSON array of objects with key and value.
 * Returns how many, or an error. -EAGAIN: the map changed faster than it could be
 * walked, logged. */
int64_t weir_table_dump(const struct weir_table *table, const struct weir_dump_opts *opts, int fd);
/* One entry as dump prints it, to @fd. */
int weir_table_print(const struct weir_table *table, const struct weir_dump_opts *opts,
		     const void *key, const void *value, int fd);

/* The same as a string without the line's end; free()d by the caller. */
int weir_table_entry_text(const struct weir_table *table, const struct weir_dump_opts *opts,
			  const void *key, const void *value, char **out);

/* ---- many entries -------------------------------------------------------- */

struct weir_bulk_opts {
	size_t size;
	char *const *value; /* words of the value of keys that stand alone; NULL */
	size_t n_value;
	bool only_new; /* an entry that is there already is an error */
	/* LPM tries: as few prefixes as find the same values; in memory, all of them. */
	bool merge;
	weir_progress_fn progress; /* NULL */
	void *ctx;
};

/*
 * Writes the entries of @path ("-": standard input) into a map. The whole file is read
 * and checked first: each error is logged as FILE:LINE, up to twenty, duplicate keys
 * among them, and then nothing is written. When writing fails midway what was changed is
 * undone. Returns how many entries were written.
 */
int64_t weir_table_import(const struct weir_table *table, const char *path,
			  const struct weir_bulk_opts *opts);

/* What differs: @old NULL: only wanted; @wanted NULL: only present. */
typedef int (*weir_difference_fn)(const void *key, const void *old, const void *wanted, void *ctx);

/* What would make the map equal to the file, or to another map of the same shape. Returns
 * how many entries differ. */
int64_t weir_table_diff_file(const struct weir_table *table, const char *path,
			     const struct weir_bulk_opts *opts, weir_difference_fn fn, void *ctx);
int64_t weir_table_diff(const struct weir_table *table, const struct weir_table *wanted,
			weir_difference_fn fn, void *ctx);
/* Makes it so by the smallest change: what is gone is removed, what differs written, what
 * is new added, in this order; undone when one fails. Returns how many were changed. */
int64_t weir_table_apply(const struct weir_table *table, const char *path,
			 const struct weir_bulk_opts *opts);

/* Differences to @fd: lines "- KEY VALUE" and "+ KEY VALUE", or a JSON array of objects with
 * change (new, gone, changed), key, old and new. @opts: json, percpu. */
struct weir_changes;

int weir_changes_open(const struct weir_table *table, const struct weir_dump_opts *opts, int fd,
		      struct weir_changes **out);
/* A weir_difference_fn; @ctx is struct weir_changes. */
int weir_changes_print(const void *key, const void *old, const void *wanted, void *ctx);
/* Writes what is left and frees. write(2)'s error, not logged. */
int weir_changes_close(struct weir_changes *changes);

/* ---- changes over time --------------------------------------------------- */

/* What was in a map when it was last looked at: all of it, in memory. */
struct weir_watch;

int weir_watch_open(const struct weir_table *table, struct weir_watch **out);
void weir_watch_close(struct weir_watch *watch);
/* Looks again, and tells what differs from the last time; the first time nothing. Returns
 * how many entries do. */
int64_t weir_watch_look(struct weir_watch *watch, weir_difference_fn fn, void *ctx);
/* The growth of a value by the second, each number of it by itself, as the bytes of one CPU's
 * value. -EMEDIUMTYPE, not logged: not all of it is numbers. */
int weir_table_rate(const struct weir_table *table, const void *old, const void *now,
		    double seconds, void *rate);
/* One CPU's value as text, cut to @len. */
void weir_table_value_text(const struct weir_table *table, const void *value, char *buf,
			   size_t len);

/* ---- records ------------------------------------------------------------- */

struct weir_events;

struct weir_events_opts {
	size_t size;
	const char *type; /* of records, as of weir_table_opts; NULL: bytes */
	/* or a struct of this name in this BTF */
	const char *btf_name;
	uint32_t btf_id;
};

/* A record; @cpu -1: of a ring buffer. Another answer than 0 ends the poll. */
typedef int (*weir_event_fn)(const void *data, size_t len, int cpu, void *ctx);

/* @fd: a ring buffer or a perf event array, open as long as the events are. -EINVAL, logged. */
int weir_events_open(int fd, const struct weir_events_opts *opts, weir_event_fn fn, void *ctx,
		     struct weir_events **out);
void weir_events_close(struct weir_events *events);
/* Takes the records that are there, or come within @timeout_ms. What @fn answered, or 0. */
int weir_events_poll(struct weir_events *events, int timeout_ms);
/* Records for which there was no room (perf event arrays). */
uint64_t weir_events_lost(const struct weir_events *events);
/* A record by its type, free()d by the caller; bytes when it is shorter. */
int weir_event_text(const struct weir_events *events, const void *data, size_t len, bool json,
		    char **out);

/* ---- made ---------------------------------------------------------------- */

struct weir_create_opts {
	size_t size;
	const char *name;		   /* up to 15 characters */
	uint32_t type;			   /* BPF_MAP_TYPE_* */
	const char *key_type, *value_type; /* as of weir_table_opts; NULL: of 0 bytes */
	uint32_t max_entries;
	uint32_t flags; /* BPF_F_* */
	int inner_fd;	/* of maps of maps; 0: none */
};

/* An fd, or an error that is logged. The map has BTF of its types where the kernel takes it. */
int weir_map_create(const struct weir_create_opts *opts);
/* A new map of the same shape; @max_entries 0: as many. */
int weir_map_create_like(const struct weir_map *like, uint32_t max_entries);
/* Puts a new map like the one in slot @key of a map of maps into it, filled from @path
 * before, so that programs see the old one whole or the new one whole. @types: of the
 * inner map's; NULL: its own. */
int weir_table_swap(const struct weir_table *outer, const void *key, const char *path,
		    const struct weir_bulk_opts *opts, const struct weir_table_opts *types);

struct weir_migrate_opts {
	size_t size;
	const char *label;	/* of the old map, in errors */
	const char *value_type; /* of the old map's values, as of weir_table_opts; NULL: its own */
	bool drop;		/* fields that the new values do not have may be lost */
};

/*
 * Puts the empty map @new_fd where @old_fd is pinned, with its entries: each value's fields by
 * their names, new ones zero. Nothing has changed when it fails. Programs that use the
 * old map go on with that. Returns how many entries there are. -EINVAL, -E2BIG, -ENOENT (no
 * pin), logged.
 */
int64_t weir_map_migrate(int old_fd, int new_fd, const struct weir_migrate_opts *opts);

/* ---- kept ---------------------------------------------------------------- */

/* Writes every pinned map of entries (hashes, arrays, their per-CPU and LRU forms, LPM
 * tries) to the new directory @dir. Returns how many. Logged. */
int64_t weir_maps_snapshot(const char *dir);
/* Makes each of them what it was, where its pin is; @create: those that are missing are made
 * and pinned. Goes on behind one that fails; the first error is returned. */
int64_t weir_maps_restore(const char *dir, bool create);
/* The same entries into other maps: @fd_of answers for each, by its pin, an fd that stays the
 * caller's, or -ENOENT: it is passed over. Returns how many were filled. Logged. */
int64_t weir_maps_fill(const char *dir, int (*fd_of)(const char *pin, void *ctx), void *ctx);

/* ---- counters ------------------------------------------------------------ */

/* The value of a counter map: DESIGN D8, maps/layout.h. */
struct weir_count {
	uint64_t packets;
	uint64_t bytes;
};

/*
 * A counter map opened for repeated reading: a (per-CPU) array or hash, or an LPM trie, whose value
 * is, by its types, a struct with unsigned members of 32 or 64 bits called packets (pkts,
 * rx_packets, count, hits, ...) or bytes (octets, rx_bytes, ...), or one such number in a map whose
 * name says that it counts (rx_count, drop_cnt, port_bytes, ...).
 */
struct weir_counters;

/* @fd is duplicated. @types (NULL: BTF alone): key_type, value_type and schema tell more; a number
 * given as value_type counts whatever the map is called; by ifname keys are named as long as the
 * counters are open. -EMEDIUMTYPE (not logged): not a counter map. */
int weir_counters_open(int fd, const struct weir_table_opts *types, struct weir_counters **out);
void weir_counters_close(struct weir_counters *ctrs);
const struct weir_map *weir_counters_map(const struct weir_counters *ctrs);

/* An array with an entry for each interface that there may be: most are of none. */
bool weir_counters_by_ifindex(const struct weir_counters *ctrs);
/* An array whose entries the caller knows by names of his own, as those of a filter's rules: from
 * the next reading on there are these entries alone, by these names, which are copied. Can be done
 * again. -EMEDIUMTYPE: no array of one number as key; -ENOMEM; not logged, then they are as
 * before. */
struct weir_entry_name {
	uint32_t index;
	const char *name;
};
int weir_counters_name_entries(struct weir_counters *ctrs, const struct weir_entry_name *names,
			       size_t n);

/* Which of the two it counts; the other is 0. */
bool weir_counters_have_packets(const struct weir_counters *ctrs);
bool weir_counters_have_bytes(const struct weir_counters *ctrs);
/* Are they of 32 bits, on each CPU? */
bool weir_counters_narrow_packets(const struct weir_counters *ctrs);
bool weir_counters_narrow_bytes(const struct weir_counters *ctrs);

/* Reads all entries in batches where the kernel has them, CPUs summed. From the fourth reading on
 * a per-CPU array of many is added up by a program that is loaded for it, "weir_sums", where the
 * kernel (Linux 5.19) and the caller's rights allow it; the two differ in nothing but time.
 * Returns the number of entries; weir_counters_name() and _value() then speak
 * of this reading. */
int weir_counters_read(struct weir_counters *ctrs);
/* The same for those who show some of a map: keeps the first @max entries. How many more there
 * are, weir_counters_rest() says, as of the last reading with @whole; without, reading ends
 * behind the first. */
int weir_counters_read_first(struct weir_counters *ctrs, size_t max, bool whole);
size_t weir_counters_rest(const struct weir_counters *ctrs);
/* Key as its enumerator (common prefix cut, lower case), else by its type, as dump prints it,
 * at most 159 bytes: of longer ones a hash of the key is the end. A name that was given is as it
 * was given. Lives until the next read. */
const char *weir_counters_name(const struct weir_counters *ctrs, size_t nth);
struct weir_count weir_counters_value(const struct weir_counters *ctrs, size_t nth);
/* By how much a count, or its sum over CPUs, grew from @before to @now. One that fell by more than
 * half began from zero, or, if it is @narrow, went round on a CPU: whichever is less. One that fell
 * by less has lost something, and nobody knows what it counted: 0. */
uint64_t weir_count_growth(uint64_t now, uint64_t before, bool narrow);
/* Nanoseconds of CLOCK_MONOTONIC at which the reading ended. */
uint64_t weir_counters_time_ns(const struct weir_counters *ctrs);

#ifdef __cplusplus
}
#endif
#endif
