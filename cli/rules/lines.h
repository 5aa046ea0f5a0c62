/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of rules: lines of words; a comment begins with # or ;. */
#ifndef WEIR_CLI_RULES_LINES_H
#define WEIR_CLI_RULES_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "cli/rules/rule.h"

struct weir_lines {
	const char *name; /* of the file, for messages */
	uint32_t line;
	size_t bad;
};

/* A line that is wrong: said, up to twenty, with its number. */
void weir_lines_refuse(struct weir_lines *in, const char *why);

/* The words of one line, at least one, which last as long as the call. Refuses what is wrong;
 * an error ends the reading: -ENOMEM. */
typedef int (*weir_line_fn)(struct weir_lines *in, char **words, size_t n, void *ctx);

/* Reads all of @path ("-": standard input); @in->name is written. -EINVAL: lines were refused;
 * other errors are logged. */
int weir_lines_read(const char *path, struct weir_lines *in, weir_line_fn fn, void *ctx);

/* Takes words[*at], and its value behind it, when it is one of a rule's; *at then is at the
 * last word taken. 1: taken; 0: it is another word; -EINVAL with @why (of 160 bytes). */
int weir_rule_take_word(struct weir_rule_words *out, char **words, size_t n, size_t *at, char *why);
/* The same for a word whose value goes to @value. */
int weir_lines_take_value(const char **value, char **words, size_t n, size_t *at, char *why);

#endif
