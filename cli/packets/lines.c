// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/lines.h"

void weir_lines_add(struct weir_lines *lines, const char *fmt, ...)
{
	va_list args;
	char *line;
	int n;

	if (lines->n == lines->cap) {
		size_t cap = lines->cap ? 2 * lines->cap : 8;
		char **list = reallocarray(lines->list, cap, sizeof(*list));

		if (!list) {
			lines->failed = true;
			return;
		}
		lines->list = list;
		lines->cap = cap;
	}
	va_start(args, fmt);
	n = vasprintf(&line, fmt, args);
	va_end(args);
	if (n < 0)
		lines->failed = true;
	else
		lines->list[lines->n++] = line;
}

void weir_lines_clear(struct weir_lines *lines)
{
	while (lines->n)
		free(lines->list[--lines->n]);
	lines->failed = false;
}

void weir_lines_free(struct weir_lines *lines)
{
	weir_lines_clear(lines);
	free(lines->list);
	*lines = (struct weir_lines){NULL, 0, 0, false};
}

bool weir_lines_equal(const struct weir_lines *a, const struct weir_lines *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->list[i], b->list[i]) != 0)
			return false;
	return true;
}
