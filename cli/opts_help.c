// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rows of a command as text for people. In: rows. Out: the synopsis, which
 * the man page must repeat word for word (tests/test_man.c), and the list of
 * words. Neighbours of one group stand in one pair of brackets.
 */
#include <string.h>

#include "cli/opts.h"

static int put_word(FILE *out, const struct weir_word *row)
{
	if (row->word && row->metavar)
		return fprintf(out, "%s %s", row->word, row->metavar);
	return fprintf(out, "%s", row->word ? row->word : row->metavar);
}

/* How many rows from @row on share its group. */
static size_t group_len(const struct weir_word *row)
{
	size_t n = 1;

	while (row->group && row[n].help && row[n].group == row->group)
		n++;
	return n;
}

void weir_words_synopsis(FILE *out, const struct weir_word *rows)
{
	const struct weir_word *row;
	size_t i, n;

	for (row = rows; row->help; row += n) {
		n = group_len(row);
		if (row != rows)
			fputc(' ', out);
		if (!row->required)
			fputc('[', out);
		else if (n > 1)
			fputc('(', out);
		for (i = 0; i < n; i++) {
			if (i)
				fputs(" | ", out);
			put_word(out, &row[i]);
		}
		if (!row->required)
			fputc(']', out);
		else if (n > 1)
			fputc(')', out);
	}
}

static size_t word_width(const struct weir_word *row)
{
	size_t width = row->word ? strlen(row->word) : 0;

	if (row->metavar)
		width += strlen(row->metavar) + (row->word ? 1 : 0);
	return width;
}

void weir_words_help(FILE *out, const struct weir_word *rows)
{
	const struct weir_word *row;
	size_t widest = 0;
	size_t width;

	for (row = rows; row->help; row++) {
		width = word_width(row);
		if (width > widest)
			widest = width;
	}
	for (row = rows; row->help; row++) {
		fputs("  ", out);
		put_word(out, row);
		fprintf(out, "%*s%s", (int)(widest - word_width(row) + 2), "", row->help);
		if (row->aliases)
			fprintf(out, " (also: %s)", row->aliases);
		fputc('\n', out);
	}
}
