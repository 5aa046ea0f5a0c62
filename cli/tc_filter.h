/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A `tc filter` line between its files: words (tc_filter_words.c), run
 * (tc_filter.c), output (tc_filter_show.c). */
#ifndef WEIR_CLI_TC_FILTER_H
#define WEIR_CLI_TC_FILTER_H

#include "cli/tc.h"

struct weir_filter_line {
	enum weir_tc_op op;
	bool show;
	const char *dev;
	const char *handle; /* as given; NULL */
	bool protocol_given;
	struct weir_tc_filter filter;
	/* kind bpf */
	struct weir_spec spec;
	bool has_spec;
	bool has_police;
	struct weir_actions actions;
	char **options; /* the words behind the kind; NULL: no kind */
};

/* Words to line; @words[0] is `filter`. 0 or the status after error lines.
 * weir_filter_line_free() in either case. */
int weir_filter_parse(char **words, struct weir_filter_line *out);
void weir_filter_line_free(struct weir_filter_line *line);

int weir_filter_show(struct weir_compat *c, char **words, const struct weir_filter_line *line);

/* The answer of one filter, in the words of tc: for echoes and get. What @given
 * says is left out. */
void weir_filter_show_one(struct weir_compat *c, const struct weir_tc_filter *filter,
			  const struct weir_tc_filter *given, struct weir_json *json);

#endif
