/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of `weir tc`. */
#ifndef WEIR_CLI_TC_H
#define WEIR_CLI_TC_H

#include "cli/compat.h"
#include "cli/out.h"
#include "cli/spec.h"

/* ---- actions: `action bpf ...`, in filters and in `tc actions` ----------- */

/* A list as words said it. Strings of actions are copied. */
struct weir_actions {
	/* WEIR_TC_ACTIONS_MAX of each; NULL until the first action */
	struct weir_tc_action *list;
	struct weir_spec *specs;
	struct weir_loaded *loaded;
	int *n_words_left; /* of the line, from its kind on: for errors */
	size_t n;
	size_t is_loaded; /* how many of loaded[] are */
	bool foreign;	  /* a kind that only the real tc can parse is in it */
};

/* Parses `action KIND ... [action KIND ...]` from *argv (at the word `action`)
 * to where the list ends. Sets foreign and stops at the first kind that is not
 * bpf: then the whole line belongs to weir_borrow(). */
int weir_actions_parse(char ***argv, struct weir_actions *out);
/* Loads the programs. 0; -errno after error lines. */
int weir_actions_load(const struct weir_compat *c, struct weir_actions *actions);
/* Ends what was loaded; with @keep it stays in the kernel. */
void weir_actions_unload(struct weir_actions *actions, bool keep);
void weir_actions_free(struct weir_actions *actions);
/* A filter or actions line with words that only the real tc can read. Status. */
int weir_borrow_line(struct weir_compat *c, char **words);
/* Does a program of an object or a pin follow? Short forms could be words of others. */
bool weir_begins_program(const char *word);
/* The kind's word in a line of `filter` and a verb, or the end; NULL: a value before
 * it is missing. */
char **weir_filter_kind(char **words);
/* "\taction order N: bpf ..." lines, or the members of "actions". Where an action is
 * in hardware is said in lists of actions only, not of a filter that uses it. */
void weir_actions_show(const struct weir_compat *c, const struct weir_tc_action *actions, size_t n,
		       bool in_filter, struct weir_json *json);

/* ---- objects of tc ------------------------------------------------------- */

int weir_tc_qdisc_line(struct weir_compat *c, char **words);
int weir_tc_filter_line(struct weir_compat *c, char **words);
int weir_tc_actions_line(struct weir_compat *c, char **words);
int weir_tc_exec_line(struct weir_compat *c, char **words);

/* "id N name S tag HEX jited [load_time ...] " as iproute2 prints a program; with
 * -s and counted runs "run_cnt N run_time_ns N " behind. @key NULL: text. */
void weir_prog_show(const struct weir_compat *c, uint32_t id, const uint8_t *tag, bool has_tag,
		    struct weir_json *json);
/* "bytecode '1,6 0 0 0'", or the member "bytecode". */
void weir_ops_show(const struct sock_filter *ops, uint16_t n, struct weir_json *json);

#endif
