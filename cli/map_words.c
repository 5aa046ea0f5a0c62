// SPDX-License-Identifier: LGPL-2.1-or-later
/* The verbs of `weir map` and their words: rows, as in words.c. */
#include "cli/command.h"
#include "cli/word_rows.h"

#define MAP_FIELD(member) .offset = offsetof(struct weir_map_config, member)
#define MAP                                                                                \
	{                                                                                  \
		.type = WEIR_WORD_MAP, .metavar = "MAP", MAP_FIELD(map), .required = true, \
		.first = true, .fill = WEIR_FILL_MAP,                                      \
		.help = "a pinned name, a path, id N, or prog PROGRAM NAME"                \
	}
#define REST(METAVAR, ...)                                                                     \
	{                                                                                      \
		.type = WEIR_WORD_REST, .metavar = (METAVAR), MAP_FIELD(words), .first = true, \
		__VA_ARGS__                                                                    \
	}
#define TYPES                                                                              \
	STRING("key", "TYPE", MAP_FIELD(key_type),                                         \
	       .help = "the type of its keys: ipv4, \"prefix ipv6\", \"{u32 a; u64 b}\""), \
		STRING("value", "TYPE", MAP_FIELD(value_type), .help = "the type of its values")

#define TABLE                                                                                  \
	FLAG("csv", MAP_FIELD(csv), .group = 'f', .help = "a table with a header and commas"), \
		FLAG("tsv", MAP_FIELD(tsv), .group = 'f', .help = "the same with tabs")

#define KEEP                          \
	FLAG("keep", MAP_FIELD(keep), \
	     .help = "remember these types, by the map's name, in /etc/weir/types")

static const struct weir_word list_words[] = {
	FLAG("count", MAP_FIELD(count), .help = "count the entries of large maps, too"),
	END,
};

static const struct weir_word map_only[] = {MAP, END};

static const struct weir_word dump_words[] = {
	MAP,
	{.type = WEIR_WORD_WHERE,
	 .word = "where",
	 .metavar = "FIELD OP VALUE",
	 MAP_FIELD(where),
	 .help = "only these; OP: = != < <= > >= ~ (contains)"},
	STRING("within", "PREFIX", MAP_FIELD(within), .help = "keys whose address is in PREFIX"),
	STRING("sort", "FIELD", MAP_FIELD(sort),
	       .help = "by this field; -FIELD: the largest first"),
	NUMBER("limit", "N", UINT32_MAX, MAP_FIELD(limit), .help = "at most N entries"),
	STRING("fields", "FIELD,...", MAP_FIELD(fields), .help = "print only these fields"),
	FLAG("percpu", MAP_FIELD(percpu), .help = "the value of each CPU, not their sum"),
	FLAG("inner", MAP_FIELD(inner_maps), .help = "the entries of the maps in a map of maps"),
	TABLE,
	TYPES,
	KEEP,
	END,
};

static const struct weir_word get_words[] = {
	MAP,
	REST("KEY", .required = true,
	     .help = "the key; in an LPM trie an address finds its prefix"),
	END,
};

static const struct weir_word entry_words[] = {
	MAP,
	REST("KEY VALUE", .required = true, .help = "the key and the value"),
	END,
};

static const struct weir_word push_words[] = {
	MAP,
	REST("VALUE", .required = true, .help = "the value"),
	END,
};

static const struct weir_word pop_words[] = {
	MAP,
	NUMBER("count", "N", UINT32_MAX, MAP_FIELD(reports), .help = "up to N values (default: 1)"),
	STRING("value", "TYPE", MAP_FIELD(value_type), .help = "the type of its values"),
	KEEP,
	END,
};

static const struct weir_word peek_words[] = {
	MAP,
	REST("VALUE", .help = "in a bloom filter: the value to look for"),
	END,
};

static const struct weir_word del_words[] = {
	MAP,
	REST("KEY", .required = true, .help = "the key"),
	END,
};

#define FROM_FILE                                                                       \
	STRING(NULL, "FILE", MAP_FIELD(path), .required = true, .fill = WEIR_FILL_FILE, \
	       .help = "lines KEY VALUE, keys alone, JSON, or a table with a header; -: input")
#define WITH                                                                                    \
	STRING("with", "VALUE", MAP_FIELD(with), .help = "the value of keys that stand alone"), \
		FLAG("mask", MAP_FIELD(mask), .help = "cut bits behind a prefix"),              \
		FLAG("merge", MAP_FIELD(merge),                                                 \
		     .help = "join prefixes that lie in or beside each other"),                 \
		TYPES

static const struct weir_word import_words[] = {
	MAP,
	FROM_FILE,
	FLAG("new", MAP_FIELD(only_new), .help = "an entry that is there already is an error"),
	WITH,
	KEEP,
	END,
};

static const struct weir_word apply_words[] = {MAP, FROM_FILE, WITH, KEEP, END};

static const struct weir_word export_words[] = {
	MAP,
	STRING(NULL, "FILE", MAP_FIELD(path), .required = true, .fill = WEIR_FILL_FILE,
	       .help = "the file to write; -: output"),
	TABLE,
	TYPES,
	KEEP,
	END,
};

static const struct weir_word diff_words[] = {
	MAP,
	STRING(NULL, "FILE", MAP_FIELD(path), .group = 'o', .required = true,
	       .fill = WEIR_FILL_FILE, .help = "a file as import takes it"),
	STRING("map", "OTHER", MAP_FIELD(other.name), .group = 'o', .required = true,
	       .fill = WEIR_FILL_MAP, .help = "another map of the same sizes"),
	WITH,
	KEEP,
	END,
};

static const struct weir_word events_words[] = {
	MAP,
	STRING("value", "TYPE", MAP_FIELD(value_type), .group = 't', .help = "what a record is"),
	STRING("struct", "NAME", MAP_FIELD(btf), .group = 't',
	       .help = "the same, by the BTF of a program that uses the map"),
	NUMBER("count", "N", UINT32_MAX, MAP_FIELD(reports), .help = "end after N records"),
	END,
};

#define DIRECTORY(HELP)                                                       \
	STRING(NULL, "DIR", MAP_FIELD(path), .required = true, .first = true, \
	       .fill = WEIR_FILL_DIR, .help = (HELP))

static const struct weir_word snapshot_words[] = {DIRECTORY("the directory to make"), END};

static const struct weir_word restore_words[] = {
	DIRECTORY("of a snapshot"),
	FLAG("create", MAP_FIELD(create), .help = "make and pin maps that are missing"),
	END,
};

static const struct weir_word watch_words[] = {
	MAP,
	INTERVAL(MAP_FIELD(interval_ns), "how often: 2, 0.5, 1s, 500ms (default: 1s)"),
	NUMBER("count", "N", UINT32_MAX, MAP_FIELD(reports), .help = "end after N intervals"),
	FLAG("percpu", MAP_FIELD(percpu), .help = "the value of each CPU, not their sum"),
	TYPES,
	KEEP,
	END,
};

static const struct weir_word create_words[] = {
	STRING(NULL, "PATH", MAP_FIELD(path), .required = true, .first = true,
	       .fill = WEIR_FILL_FILE, .help = "its pin; a plain name: in BPFFS/tc/globals"),
	STRING("type", "TYPE", MAP_FIELD(type), .required = true,
	       .help = "hash, array, lpm_trie, percpu_hash, lru_hash, devmap, ..."),
	TYPES,
	NUMBER("max", "N", UINT32_MAX, MAP_FIELD(max_entries), .aliases = "entries",
	       .help = "how many entries there may be"),
	STRING("name", "NAME", MAP_FIELD(name), .help = "its name (default: the pin's)"),
	STRING("flags", "FLAG,...", MAP_FIELD(flags),
	       .help = "no_prealloc, mmapable, rdonly_prog, ..., or a number"),
	STRING("inner", "MAP", MAP_FIELD(inner), .fill = WEIR_FILL_MAP,
	       .help = "the map that those inside are like"),
	END,
};

static const struct weir_word swap_words[] = {
	MAP,	   STRING(NULL, "KEY", MAP_FIELD(slot), .required = true, .help = "the slot"),
	FROM_FILE, WITH,
	END,
};

static const struct weir_word migrate_words[] = {
	MAP,
	STRING(NULL, "OBJ", MAP_FIELD(path), .required = true, .fill = WEIR_FILL_FILE,
	       .help = "the object file that declares the new map"),
	STRING("as", "NAME", MAP_FIELD(as), .help = "its name there (default: the map's)"),
	STRING("value", "TYPE", MAP_FIELD(value_type),
	       .help = "the type of the old map's values, where it has no BTF"),
	FLAG("drop", MAP_FIELD(drop), .help = "fields that the new values do not have may go"),
	END,
};

static const struct weir_word pin_words[] = {
	MAP,
	STRING(NULL, "PATH", MAP_FIELD(path), .required = true, .fill = WEIR_FILL_FILE,
	       .help = "where, on a BPF file system; a plain name: in BPFFS/tc/globals"),
	END,
};

static const struct weir_word unpin_words[] = {
	STRING(NULL, "PATH", MAP_FIELD(path), .required = true, .first = true,
	       .fill = WEIR_FILL_FILE,
	       .help = "the pin to remove; a plain name: in BPFFS/tc/globals"),
	END,
};

#define ENTRY_DETAIL                                                                              \
	"What of a struct's value is not said stays: packets=0. 0 clears all of a struct. In a\n" \
	"per-CPU map the value is that of all CPUs; percpu V0 V1 ... names each.\n"               \
	"Behind them may stand: key TYPE, value TYPE, keep; mask: cut bits behind a prefix.\n"    \
	"bpftool's way is taken, too: key hex 0a 00 00 01 value hex 01 00 00 00.\n"

const struct weir_command weir_map_verbs[] = {
	{"list", weir_cmd_map_list, list_words, "list every map of the machine", NULL},
	{"show", weir_cmd_map_show, map_only, "show one map: types, users, pins", NULL},
	{"dump", weir_cmd_map_dump, dump_words, "print entries",
	 "A FIELD is key, value, or a member by its path: l4.dport, counts[3], key.saddr.\n"},
	{"get", weir_cmd_map_get, get_words, "print one entry",
	 "Behind the key may stand: percpu, key TYPE, value TYPE, keep.\n"},
	{"set", weir_cmd_map_set, entry_words, "write an entry, whether it is there or not",
	 ENTRY_DETAIL},
	{"add", weir_cmd_map_add, entry_words, "write an entry that must not be there",
	 ENTRY_DETAIL},
	{"replace", weir_cmd_map_replace, entry_words, "write an entry that must be there",
	 ENTRY_DETAIL},
	{"del", weir_cmd_map_del, del_words, "remove an entry", NULL},
	{"clear", weir_cmd_map_clear, map_only, "remove all entries, or zero those of an array",
	 NULL},
	{"import", weir_cmd_map_import, import_words, "write the entries of a file, all or none",
	 "The whole file is checked before the first write: each wrong line is named.\n"},
	{"export", weir_cmd_map_export, export_words, "write all entries to a file",
	 "As dump percpu prints them; with -j as JSON. The file is there whole or not at all.\n"},
	{"diff", weir_cmd_map_diff, diff_words, "print what differs from a file, or another map",
	 "- KEY VALUE is only in the map, + KEY VALUE only there; exit status 1 when any is.\n"},
	{"plan", weir_cmd_map_plan, apply_words, "print what apply would change", NULL},
	{"apply", weir_cmd_map_apply, apply_words, "make the map equal to a file",
	 "By the smallest change: entries that are equal are not touched.\n"},
	{"push", weir_cmd_map_push, push_words, "put a value into a queue, stack or bloom filter",
	 "Behind the value may stand: value TYPE.\n"},
	{"pop", weir_cmd_map_pop, pop_words, "take a value out of a queue or stack, and print it",
	 NULL},
	{"peek", weir_cmd_map_peek, peek_words, "print the value that pop would take out",
	 "Of a bloom filter: whether VALUE may be in it; exit status 1 when it is not.\n"
	 "Behind it may stand: value TYPE.\n"},
	{"watch", weir_cmd_map_watch, watch_words, "print changes as they come, with rates",
	 "+ KEY VALUE is new, - KEY VALUE gone, ~ KEY VALUE rate VALUE changed; the rate is\n"
	 "the growth of each number by the second.\n"},
	{"events", weir_cmd_map_events, events_words, "print records of a ring buffer as they come",
	 "Of a perf event array as well. Reading takes records away from other readers.\n"},
	{"snapshot", weir_cmd_map_snapshot, snapshot_words, "keep all pinned maps in a directory",
	 "Hashes, arrays, LPM tries, with the values of each CPU; a note names what is not "
	 "kept.\n"},
	{"restore", weir_cmd_map_restore, restore_words, "make pinned maps what a snapshot has",
	 NULL},
	{"swap", weir_cmd_map_swap, swap_words, "fill a new inner map and put it into a slot",
	 "Programs see the old map whole or the new one whole. The types are the inner map's.\n"},
	{"create", weir_cmd_map_create, create_words, "make a map, and pin it",
	 "With BTF of its types, so that every tool reads it.\n"},
	{"migrate", weir_cmd_map_migrate, migrate_words,
	 "put a new map with the same entries at a map's pins",
	 "As an object file declares it: larger, or with values that have more fields; those are\n"
	 "0. Programs that use the old map go on with it until they are attached anew.\n"},
	{"pin", weir_cmd_map_pin, pin_words, "pin a map", NULL},
	{"unpin", weir_cmd_map_unpin, unpin_words, "remove a pin of a map", NULL},
	{"freeze", weir_cmd_map_freeze, map_only, "refuse writes from user space, for good", NULL},
	{NULL, NULL, NULL, NULL, NULL, false},
};
