// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files of rules as lines of words, and the words of rules among them. */
#include "cli/rules/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

#define SAID_MAX  20
#define WORDS_MAX 40

void weir_lines_refuse(struct weir_lines *in, const char *why)
{
	if (in->bad++ < SAID_MAX)
		weir_say_error("%s:%u: %s", in->name, in->line, why);
}

/* Words of @line up to a comment. */
static size_t split(char *line, char **words)
{
	size_t n = 0;
	char *at = line;

	for (;;) {
		at += strspn(at, " \t\r\n");
		if (!*at || *at == '#' || *at == ';' || n == WORDS_MAX)
			return n;
		words[n++] = at;
		at += strcspn(at, " \t\r\n#;");
		if (*at == '#' || *at == ';') {
			*at = '\0';
			return n;
		}
		if (*at)
			*at++ = '\0';
	}
}

static int read_file(struct weir_lines *in, FILE *file, weir_line_fn fn, void *ctx)
{
	char *line = NULL, *words[WORDS_MAX];
	size_t room = 0, n;
	ssize_t len;
	int err = 0;

	while (!err && (len = getline(&line, &room, file)) >= 0) {
		in->line++;
		if (strlen(line) != (size_t)len) {
			weir_lines_refuse(in, "holds a NUL: not a text file");
			continue;
		}
		n = split(line, words);
		if (n)
			err = fn(in, words, n, ctx);
	}
	free(line);
	if (err)
		weir_say_error("%s: %s", in->name, strerror(-err));
	else if (ferror(file))
		weir_say_error("%s: cannot be read: %s", in->name, strerror(errno));
	if (in->bad > SAID_MAX)
		weir_say_error("%s: %zu bad lines more", in->name, in->bad - SAID_MAX);
	return err ? err : ferror(file) ? -EIO : in->bad ? -EINVAL : 0;
}

int weir_lines_read(const char *path, struct weir_lines *in, weir_line_fn fn, void *ctx)
{
	bool is_input = !strcmp(path, "-");
	FILE *file = is_input ? stdin : fopen(path, "re");
	int err;

	*in = (struct weir_lines){.name = is_input ? "standard input" : path};
	if (!file) {
		err = -errno;
		weir_say_error("%s: %s", path, strerror(-err));
		return err;
	}
	err = read_file(in, file, fn, ctx);
	if (!is_input)
		(void)fclose(file);
	return err;
}

/* ---- words --------------------------------------------------------------- */

int weir_lines_take_value(const char **value, char **words, size_t n, size_t *at, char *why)
{
	if (*at + 1 == n) {
		snprintf(why, 160, "'%.60s': its value is missing", words[*at]);
		return -EINVAL;
	}
	if (*value) {
		snprintf(why, 160, "'%.60s': is there twice", words[*at]);
		return -EINVAL;
	}
	*value = words[++*at];
	return 1;
}

/* Where the word's value goes; NULL: no such word. */
static const char **value_of(struct weir_rule_words *words, const char *word)
{
	const struct {
		const char *word;
		const char **value;
	} all[] = {
		{"src", &words->src},	  {"dst", &words->dst},	    {"proto", &words->proto},
		{"sport", &words->sport}, {"dport", &words->dport}, {"flags", &words->flags},
		{"icmp", &words->icmp},	  {"smac", &words->smac},   {"dmac", &words->dmac},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i].word, word))
			return all[i].value;
	return NULL;
}

int weir_rule_take_word(struct weir_rule_words *out, char **words, size_t n, size_t *at, char *why)
{
	const char **value = value_of(out, words[*at]);

	if (!strcmp(words[*at], "fragment")) {
		out->fragment = true;
		return 1;
	}
	return value ? weir_lines_take_value(value, words, n, at, why) : 0;
}
