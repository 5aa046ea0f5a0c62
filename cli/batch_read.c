// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The text of a batch file. In: bytes. Out: lines cut into words by iproute2's
 * rules: # begins a comment anywhere, a backslash at the end of a line joins the
 * next, and a word that begins with a quote ends at the next one of its kind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compat.h"

static const char blanks[] = " \t\r\n";

/* One physical line without its comment, to byte @at of the line. */
static int append(struct weir_batch_text *text, size_t at)
{
	char *more = NULL, *line;
	size_t room = 0, len;
	int ret = -ENODATA;

	if (getline(&more, &room, text->in) < 0)
		goto out;
	text->line_no++;
	more[strcspn(more, "#")] = '\0';
	len = strlen(more) + 1;
	ret = -ENOMEM;
	line = realloc(text->line, at + len);
	if (!line)
		goto out;
	memcpy(line + at, more, len);
	text->line = line;
	text->room_bytes = at + len;
	ret = 0;
out:
	free(more);
	return ret;
}

/* A line with those that it continues on. 1; 0 at the end; -errno with *why. */
static int read_line(struct weir_batch_text *text, const char **why)
{
	char *joint;
	int err;

	if (getline(&text->line, &text->room_bytes, text->in) < 0)
		return 0;
	text->line_no++;
	text->line[strcspn(text->line, "#")] = '\0';
	while ((joint = strstr(text->line, "\\\n"))) {
		err = append(text, (size_t)(joint - text->line));
		if (!err)
			continue;
		*why = err == -ENODATA ? "Missing continuation line" : "Out of memory";
		return err;
	}
	return 1;
}

static int cut(char *line, char **words, const char **why)
{
	int n = 0;

	for (line += strspn(line, blanks); *line; line += strspn(line, blanks)) {
		if (n == WEIR_BATCH_WORDS_MAX - 1) {
			*why = "Too many arguments to command";
			return -EINVAL;
		}
		if (*line == '\'' || *line == '"') {
			char quote = *line++;

			words[n++] = line;
			line = strchr(line, quote);
			if (!line) {
				*why = "Unterminated quoted string";
				return -EINVAL;
			}
		} else {
			words[n++] = line;
			line += strcspn(line, blanks);
			if (!*line)
				break;
		}
		*line++ = '\0';
	}
	words[n] = NULL;
	return n;
}

int weir_batch_read(struct weir_batch_text *text, char **words, const char **why)
{
	int n;

	do {
		n = read_line(text, why);
		if (n <= 0)
			return n;
		n = cut(text->line, words, why);
	} while (n == 0);
	return n;
}

/* A word that was read has no blanks, or lacks the quote that it stood in. */
void weir_batch_write(FILE *out, char **words)
{
	for (; *words; words++) {
		const char *word = *words;

		if (*word && !strchr("'\"", *word) && !word[strcspn(word, blanks)])
			fprintf(out, "%s ", word);
		else if (strchr(word, '"'))
			fprintf(out, "'%s' ", word);
		else
			fprintf(out, "\"%s\" ", word);
	}
	fputc('\n', out);
}
