// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cli/weir.8 against the rows of cli/words.c: the synopsis of every command
 * word for word, every word, alias and option; and mandoc's own checks.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

#define PAGE   "cli/weir.8"
#define RENDER "mandoc -Tascii -O width=1000 " PAGE " 2>/dev/null"
/* Whether the other pages are installed says nothing about ours. */
#define LINT   "mandoc -Tlint " PAGE " 2>&1 | grep -v -e mandoc.db -e 'referenced manual not found'"

static char *page; /* rendered, one blank between words */

static char *read_command(const char *command)
{
	FILE *pipe = popen(command, "r");
	size_t len, got;
	char chunk[4096];
	char *text;
	FILE *out;

	assert_non_null(pipe);
	out = open_memstream(&text, &len);
	assert_non_null(out);
	while ((got = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
		fwrite(chunk, 1, got, out);
	fclose(out);
	(void)pclose(pipe);
	return text;
}

/* Removes overstrikes ("x\bx" is bold), joins runs of white space. */
static void normalise(char *text)
{
	char *to = text;
	char *s;

	for (s = text; *s; s++) {
		if (*s == '\b') {
			if (to > text)
				to--;
		} else if (!isspace((unsigned char)*s)) {
			*to++ = *s;
		} else if (to > text && to[-1] != ' ') {
			*to++ = ' ';
		}
	}
	*to = '\0';
}

static int read_page(void **state)
{
	(void)state;
	page = read_command(RENDER);
	normalise(page);
	return *page ? 0 : -1;
}

static int free_page(void **state)
{
	(void)state;
	free(page);
	return 0;
}

/* @of: "map " for its verbs, else "". */
static void expect_synopsis(const char *of, const struct weir_command *c)
{
	char *line;
	size_t len;
	FILE *out = open_memstream(&line, &len);

	assert_non_null(out);
	fprintf(out, " %s%s weir %s%s ", of, c->name, of, c->name);
	weir_words_synopsis(out, c->words);
	fclose(out);
	if (!strstr(page, line))
		fail_msg(PAGE " lacks the synopsis:%s", line);
	free(line);
}

static void man_synopsis(void **state)
{
	char of[32];

	(void)state;
	for (const struct weir_command *c = weir_commands; c->name; c++) {
		if (!c->verbs)
			expect_synopsis("", c);
		snprintf(of, sizeof(of), "%s ", c->name);
		for (const struct weir_command *v = c->verbs; v && v->name; v++)
			expect_synopsis(of, v);
	}
}

/* @word with no letter before or behind it. */
static void expect_word(const char *command, const char *word)
{
	const char *at = page;
	size_t len = strlen(word);

	while ((at = strstr(at, word))) {
		if (at > page && !isalnum((unsigned char)at[-1]) &&
		    !isalnum((unsigned char)at[len]))
			return;
		at++;
	}
	fail_msg(PAGE " lacks '%s' of %s", word, command);
}

static void expect_words(const struct weir_command *c)
{
	char word[64];

	for (int i = 0; c->words[i].help; i++) {
		const char *alias = c->words[i].aliases;

		expect_word(c->name, c->words[i].word ? c->words[i].word : c->words[i].metavar);
		for (; alias && *alias; alias += strspn(alias, " ")) {
			snprintf(word, sizeof(word), "%.*s", (int)strcspn(alias, " "), alias);
			expect_word(c->name, word);
			alias += strcspn(alias, " ");
		}
	}
}

static void man_words(void **state)
{
	char word[64];
	int i;

	(void)state;
	for (const struct weir_command *c = weir_commands; c->name; c++) {
		expect_words(c);
		for (const struct weir_command *v = c->verbs; v && v->name; v++)
			expect_words(v);
	}
	for (i = 0; weir_global_words[i].help; i++) {
		snprintf(word, sizeof(word), "-%s", weir_global_words[i].word);
		expect_word("weir", word);
	}
}

static void man_lint(void **state)
{
	char *complaints = read_command(LINT);

	(void)state;
	assert_string_equal(complaints, "");
	free(complaints);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(man_synopsis),
		cmocka_unit_test(man_words),
		cmocka_unit_test(man_lint),
	};

	return cmocka_run_group_tests_name("man", tests, read_page, free_page);
}
