/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of lines of text that grows. */
#ifndef WEIR_CLI_PACKETS_LINES_H
#define WEIR_CLI_PACKETS_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct weir_lines {
	char **list;
	size_t n, cap;
	bool failed; /* there was no memory: some are missing */
};

void weir_lines_add(struct weir_lines *lines, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Keeps the room. */
void weir_lines_clear(struct weir_lines *lines);
void weir_lines_free(struct weir_lines *lines);
/* The same lines in the same order? */
bool weir_lines_equal(const struct weir_lines *a, const struct weir_lines *b);

#endif
