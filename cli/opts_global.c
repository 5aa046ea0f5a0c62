// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The options before the command: "-j", "-vv", "-json", "--netns=NAME". In:
 * argv and rows, the same as those of words. Out: the config struct.
 */
#include <errno.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/say.h"

/* "-j", "-vv": row of a letter, which may be repeated if the row counts. */
static int find_letter(const struct weir_word *rows, const char *arg)
{
	size_t len = strlen(arg + 1);
	int i;

	for (i = 0; rows[i].help; i++) {
		if (!rows[i].letter || arg[1] != rows[i].letter)
			continue;
		if (len == 1 || (rows[i].type == WEIR_WORD_COUNT &&
				 strspn(arg + 1, (char[]){rows[i].letter, 0}) == len))
			return i;
	}
	return -ENOENT;
}

/* @arg is "-name", "--name" or "--name=value"; *value points behind the '='. */
static int find_option(const struct weir_parse *parse, char *arg, char **value)
{
	char *name = arg + 1 + (arg[1] == '-');
	char *equals;
	int nth;

	*value = NULL;
	nth = find_letter(parse->rows, arg);
	if (nth >= 0)
		return nth;
	equals = strchr(name, '=');
	if (equals)
		*equals = '\0';
	nth = weir_words_find(parse->rows, name);
	if (nth == -ENOTUNIQ)
		return weir_words_fail(parse, name, nth);
	if (nth < 0) {
		weir_say_error("'%s': unknown option; see: weir help", arg);
		return -EINVAL;
	}
	if (equals) {
		*equals = '=';
		*value = equals + 1;
	}
	return nth;
}

/* "-vv" stands for "-v -v". */
static size_t repeats(const struct weir_word *row, const char *arg)
{
	bool by_letter = arg[1] == row->letter && (!arg[2] || arg[2] == row->letter);

	return row->type == WEIR_WORD_COUNT && by_letter ? strlen(arg + 1) : 1;
}

int weir_options_parse(struct weir_parse *parse, char **argv, int *used)
{
	char *value;
	int nth, err;
	int i;

	for (i = 0; argv[i] && argv[i][0] == '-' && argv[i][1]; i++) {
		const struct weir_word *row;
		size_t times;

		if (weir_words_is_help(argv[i]))
			return WEIR_PARSE_HELP;
		nth = find_option(parse, argv[i], &value);
		if (nth < 0)
			return nth;
		row = &parse->rows[nth];
		if (value && !row->metavar) {
			weir_say_error("%s: '%s': takes no value", parse->command, row->word);
			return -EINVAL;
		}
		times = repeats(row, argv[i]);
		if (row->metavar && !value && argv[i + 1])
			value = argv[++i];
		for (; times; times--) {
			err = weir_words_take(parse, nth, value);
			if (err)
				return err;
		}
	}
	*used = i;
	return 0;
}
