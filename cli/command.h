/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands: a table of rows, and between the parser and each command a
 * plain struct that holds what the words said. A command function gets it
 * const, calls the library and hands the results to cli/out.h.
 */
#ifndef WEIR_CLI_COMMAND_H
#define WEIR_CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/opts.h"
#include "cli/police/policy.h"
#include "cli/rules/rule.h"

/* Exit status. */
enum { WEIR_EXIT_DONE = 0, WEIR_EXIT_FAILED = 1, WEIR_EXIT_USAGE = 2 };
#define WEIR_EXIT_DIFFERS 1000 /* of a command function: status 1 without an error */

struct weir_globals {
	bool json;
	bool pretty;
	bool quiet;
	bool version;
	uint32_t verbose;
	const char *netns;
	const char *bpffs;
};

struct weir_attach_config {
	const char *dev;
	uint32_t hook; /* enum weir_hook */
	uint32_t mode; /* enum weir_xdp_mode */
	bool tcx;
	const char *obj, *pinned;
	uint32_t id;
	const char *sec, *prog;
	const char *name;
	uint32_t pref, handle;
	bool force;
	const char *pin_dir;
	bool skip_sw, skip_hw, fallback;
};

struct weir_detach_config {
	const char *dev;
	uint32_t hook;
	uint32_t mode;
	bool tcx;
	const char *name;
	uint32_t pref, handle;
	bool force;
};

struct weir_show_config {
	const char *dev;
};

struct weir_inspect_config {
	const char *file;
	const char *dev;
};

struct weir_convert_config {
	const char *in, *out;
};

struct weir_check_config {
	const char *file;
	const char *sec, *prog;
	bool all;
	uint32_t prog_type; /* BPF_PROG_TYPE_*; 0: by the section's name */
};

struct weir_stat_config {
	const char *map;
	uint32_t id;
	const char *dev;
	const char *key_type, *value_type; /* NULL: by BTF, or as kept */
	bool all;
	uint64_t interval_ns; /* 0: once */
	uint32_t count;	      /* 0: without end */
	uint32_t sort;	      /* enum weir_stat_sort of cli/stat.h */
	uint32_t limit;	      /* of each map; 0: all */
};

/* A program, in an object file or loaded. */
struct weir_prog_words {
	const char *file, *pinned;
	uint32_t id;
	const char *sec, *prog;
	uint32_t type; /* BPF_PROG_TYPE_*; 0: by the section's name */
};

struct weir_test_config {
	struct weir_prog_words subject;
	const char *in, *out;		   /* captures; "-" */
	const char *expect, *save, *junit; /* files */
	const char *maps;		   /* directory of a snapshot */
	struct weir_wheres sets;	   /* MAP KEY VALUE */
	const char *dev;
	uint32_t mark, priority;
};

struct weir_bench_config {
	struct weir_prog_words subject;
	const char *in;	 /* NULL: a packet of 64 bytes */
	uint32_t flows;	 /* 0: none */
	uint32_t rounds; /* 0: 31 */
	uint32_t runs;	 /* 0: 100,000 */
	const char *maps;
	struct weir_wheres sets;
	const char *dev;
};

struct weir_capture_config {
	const char *dev;
	uint32_t hook; /* enum weir_hook; NONE: XDP */
	uint32_t mode; /* enum weir_xdp_mode */
	bool off, force;
	const char *file;  /* NULL: lines; "-" */
	const char *match; /* an expression of pcap-filter(7) */
	uint32_t verdicts; /* bits by their numbers; 0: all */
	uint32_t one_in;   /* 0: every packet */
	uint32_t snap_bytes;
	uint32_t count;	     /* 0: without end */
	uint64_t seconds_ns; /* 0: without end */
	uint32_t buffer_mib;
};

struct weir_top_config {
	const char *dev;
	uint64_t interval_ns; /* 0: a second */
};

struct weir_serve_config {
	const char *listen; /* NULL: 127.0.0.1:9777 */
	const char *token;  /* file */
	const char *dev;
	uint64_t interval_ns; /* 0: a second */
	uint32_t series;      /* 0: 10,000 */
};

/* Of every verb of `map`. */
struct weir_map_config {
	struct weir_map_ref map;
	const char *key_type, *value_type;
	bool mask, percpu, count;
	/* dump */
	struct weir_wheres where;
	const char *within, *sort, *fields;
	uint32_t limit;
	/* get, set, add, replace, del: key and value */
	struct weir_rest words;
	const char *path;	   /* of a pin, or of a file */
	struct weir_map_ref other; /* diff */
	bool only_new;
	const char *with; /* value of keys that stand alone */
	/* create */
	const char *type, *name, *flags, *inner;
	uint32_t max_entries;
	const char *slot; /* swap */
	/* watch */
	uint64_t interval_ns;
	uint32_t reports; /* 0: without end */
	bool create;	  /* restore */
	const char *btf;  /* events */
	const char *as;	  /* migrate */
	bool drop;
	bool csv, tsv, inner_maps, merge, keep;
};

/* Where a step of the datapath stands (cli/step/). */
struct weir_step_config {
	const char *dev, *set;
	uint32_t hook; /* enum weir_hook */
	uint32_t mode; /* enum weir_xdp_mode */
	bool tcx, force;
};

enum weir_filter_verb {
	WEIR_FILTER_ALLOW_RULE = 1,
	WEIR_FILTER_DENY_RULE,
	WEIR_FILTER_DEL,
	WEIR_FILTER_SHOW,
	WEIR_FILTER_FLUSH,
	WEIR_FILTER_OFF,
	WEIR_FILTER_LOAD,
	WEIR_FILTER_DEFAULT,
};

enum weir_filter_fallback { WEIR_FALLBACK_ALLOW = 1, WEIR_FALLBACK_DENY };

/* What prefixes alone mean: bits. */
enum weir_filter_bare { WEIR_BARE_ALLOW = 1, WEIR_BARE_DST = 2 };

struct weir_filter_config {
	struct weir_step_config place;
	uint32_t verb;	   /* enum weir_filter_verb */
	const char *file;  /* load */
	uint32_t fallback; /* default: enum weir_filter_fallback */
	uint32_t with;	   /* enum weir_filter_bare */
	struct weir_rule_words words;
	bool dry_run;
};

enum weir_police_verb {
	WEIR_POLICE_LIMIT = 1,
	WEIR_POLICE_DEL,
	WEIR_POLICE_SHOW,
	WEIR_POLICE_FLUSH,
	WEIR_POLICE_OFF,
	WEIR_POLICE_LOAD,
	WEIR_POLICE_RESIZE,
};

struct weir_police_config {
	struct weir_step_config place;
	uint32_t verb;	  /* enum weir_police_verb */
	const char *file; /* load */
	uint32_t buckets; /* of each hash */
	struct weir_rule_words words;
	struct weir_policy_words policy;
	bool dry_run;
};

enum weir_forward_verb { WEIR_FORWARD_ON = 1, WEIR_FORWARD_OFF, WEIR_FORWARD_SHOW };

struct weir_forward_config {
	struct weir_step_config place;
	const char *to;
	uint32_t verb; /* enum weir_forward_verb */
};

struct weir_help_config {
	const char *command, *verb;
};

union weir_config {
	struct weir_attach_config attach;
	struct weir_detach_config detach;
	struct weir_show_config show;
	struct weir_inspect_config inspect;
	struct weir_convert_config convert;
	struct weir_check_config check;
	struct weir_stat_config stat;
	struct weir_test_config test;
	struct weir_bench_config bench;
	struct weir_capture_config capture;
	struct weir_top_config top;
	struct weir_serve_config serve;
	struct weir_map_config map;
	struct weir_filter_config filter;
	struct weir_police_config police;
	struct weir_forward_config forward;
	struct weir_help_config help;
};

struct weir_command {
	const char *name; /* NULL ends the table */
	int (*run)(const struct weir_globals *globals, const union weir_config *cfg);
	const struct weir_word *words;
	const char *help;		  /* one line */
	const char *detail;		  /* lines for "weir help NAME"; NULL: none */
	bool foreign;			  /* its words are iproute2's: cli/compat.h */
	const struct weir_command *verbs; /* the next word is one of these; "map dump" */
};

extern const struct weir_command weir_commands[];
extern const struct weir_command weir_map_verbs[];
extern const struct weir_word weir_global_words[];
extern const struct weir_word weir_filter_words[];
extern const struct weir_word weir_police_words[];
extern const struct weir_word weir_forward_words[];
extern const struct weir_word weir_capture_words[];

/* What a whole command line asks for. */
struct weir_cli {
	struct weir_globals globals;
	const struct weir_command *command;
	const struct weir_command *of; /* of which it is a verb; NULL */
	union weir_config cfg;
	char **words; /* of a foreign command */
};

/* Before a line of ours runs: standard streams are open, a closed pipe is an
 * error. restore() gives a program that we become what we were given. */
void weir_process_prepare(void);
/* The first half of it: for lines that a closed pipe may end, as it ends tc. */
void weir_process_open_streams(void);
void weir_process_restore(void);
/* Would a closed pipe end us, had prepare() not been called? */
bool weir_process_pipe_kills(void);

/* What needs large libraries is an executable of its own, weir-NAME, which has all of our
 * words and runs some verbs itself. */
struct weir_apart_verb {
	const char *verb; /* NULL ends the list */
	int (*run)(const struct weir_globals *globals, const union weir_config *cfg);
};

/* Set by its main(). */
struct weir_apart {
	const char *name;
	const struct weir_apart_verb *verbs;
};

extern struct weir_apart weir_apart;
/* main() of such an executable. */
int weir_apart_main(const char *name, const struct weir_apart_verb *verbs, int argc, char **argv);
extern char **weir_process_argv; /* as main() got it */

/* By name or unique prefix; NULL after an error line that lists candidates. */
const struct weir_command *weir_command_find(const char *name);
/* The same among @verbs of @command. */
const struct weir_command *weir_verb_find(const struct weir_command *command, const char *name);

/* Parses all of @argv (without the program's name, NULL at the end). Returns
 * -1 when @cli is to be run, else the exit status: help was printed, or an
 * error line. */
int weir_cli_parse(char **argv, struct weir_cli *cli);
/* Runs a parsed command line; exit status. */
int weir_cli_run(const struct weir_cli *cli);

/* Help of @command, a verb of @of (NULL: of none), or of all when NULL. */
void weir_help_print(FILE *out, const struct weir_command *of, const struct weir_command *command);
/* The words that may follow @argv's last word but one, one a line; "@dev" and
 * the like stand for names that the shell knows. For weir.bash. */
int weir_complete(char **argv);

/* Command functions: 0 or -errno (an error line has been said, or the caller
 * says a general one); WEIR_EXIT_USAGE after a line about the words. */
int weir_cmd_attach(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_detach(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_show(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_inspect(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_convert(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_check(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_stat(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_filter(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_police(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_forward(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_list(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_show(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_dump(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_get(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_set(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_add(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_replace(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_del(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_clear(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_push(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_pop(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_peek(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_pin(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_unpin(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_migrate(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_events(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_snapshot(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_restore(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_watch(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_create(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_swap(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_import(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_export(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_diff(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_plan(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_apply(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_map_freeze(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_test(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_bench(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_capture(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_top(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_serve(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_help(const struct weir_globals *globals, const union weir_config *cfg);
int weir_cmd_version(const struct weir_globals *globals, const union weir_config *cfg);

#endif
