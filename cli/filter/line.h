/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of `weir filter`: the set that it is about, and where that filters. */
#ifndef WEIR_CLI_FILTER_LINE_H
#define WEIR_CLI_FILTER_LINE_H

#include "cli/command.h"
#include "cli/filter/kernel.h"

#define WEIR_FILTER_NAME_MAX 40		   /* characters of a set's name */
#define WEIR_FILTER_SLOT     "weir-filter" /* tc: the filter's name */

/* One run of the command. */
struct weir_filter_line {
	const struct weir_globals *globals;
	const struct weir_filter_config *cfg;
	struct weir_net *net; /* with dev */
	enum weir_hook hook;
	bool attached; /* the interface has this set's gate */
	bool there;    /* the set is in the kernel */
	struct weir_ruleset filter;
	int lock_fd;
	char name[WEIR_FILTER_NAME_MAX + 1]; /* of the set; "" while it has none */
};

/* Waits for other commands that change sets; the lock goes with the process. */
void weir_filter_line_lock(struct weir_filter_line *line);
/* Fills in the set; `there` tells whether it exists. Logged; WEIR_EXIT_USAGE. */
int weir_filter_line_find(struct weir_filter_line *line);
/* A set without a name is its interface's own. */
bool weir_filter_line_is_nameless(const struct weir_filter_line *line);
/* The id of the set's program array. Logged. */
int weir_filter_line_id(const struct weir_filter_line *line, uint32_t *out);
/* Puts the gate on the interface. Logged. */
int weir_filter_line_attach(struct weir_filter_line *line);
/* @set in place of @old, in the kernel, pinned and attached; all or none. Logged. */
int weir_filter_line_install(struct weir_filter_line *line, struct weir_set *set,
			     const struct weir_set *old);
/* Removes the set's pin. Logged. */
int weir_filter_line_unpin(const struct weir_filter_line *line);

#endif
