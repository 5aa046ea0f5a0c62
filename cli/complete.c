// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir complete WORD...: the hidden helper of weir.bash. In: the words up to
 * the one that is being typed, which comes last. Out: the words that may stand
 * there, one a line. "@dev", "@file", "@dir", "@map" and "@netns" stand for
 * names that the shell looks up itself. Says nothing about faulty lines.
 */
#include <string.h>

#include "cli/command.h"
#include "cli/complete.h"
#include "cli/say.h"
#include "loader/weir.h"

const char *weir_complete_marker(enum weir_word_fill fill)
{
	static const char *const markers[] = {
		[WEIR_FILL_DEV] = "@dev", [WEIR_FILL_FILE] = "@file",	[WEIR_FILL_DIR] = "@dir",
		[WEIR_FILL_MAP] = "@map", [WEIR_FILL_NETNS] = "@netns",
	};

	return fill < sizeof(markers) / sizeof(*markers) ? markers[fill] : NULL;
}

void weir_complete_object(const char *file, enum weir_word_fill fill)
{
	const struct weir_open_opts opts = {.sz = sizeof(opts)};
	const struct weir_prog_decl *progs;
	struct weir_object *obj;
	size_t n, i;

	if (!file || weir_object_open(file, &opts, &obj) != 0)
		return;
	n = weir_object_progs(obj, &progs);
	for (i = 0; i < n; i++)
		puts(fill == WEIR_FILL_SECTION ? progs[i].section : progs[i].name);
	weir_object_close(obj);
}

static void list_names(const struct weir_command *list)
{
	for (; list->name; list++)
		puts(list->name);
}

static const struct weir_command *by_prefix(const struct weir_command *list, const char *text)
{
	while (list->name && strncmp(list->name, text, strlen(text)) != 0)
		list++;
	return list->name ? list : NULL;
}

static void list_value(const struct weir_word *row, const char *file)
{
	const struct weir_choice *choice;

	if (row->type == WEIR_WORD_CHOICE) {
		for (choice = row->choices; choice->name; choice++)
			puts(choice->name);
		return;
	}
	switch (row->fill) {
	case WEIR_FILL_NOTHING:
		break;
	case WEIR_FILL_COMMAND:
		list_names(weir_commands);
		break;
	case WEIR_FILL_SECTION:
	case WEIR_FILL_PROG:
		weir_complete_object(file, row->fill);
		break;
	default:
		puts(weir_complete_marker(row->fill));
	}
}

/* Words that miss their partner, or exclude one that is there, are not offered. */
static bool is_possible(const struct weir_parse *parse, size_t nth)
{
	const struct weir_word *row = &parse->rows[nth];

	if (row->needs && !weir_words_given(parse, row->needs))
		return false;
	if (row->bars && weir_words_given(parse, row->bars))
		return false;
	return weir_words_open(parse, nth);
}

static void list_words(const struct weir_parse *parse, bool positional)
{
	const struct weir_word *row;
	size_t i;

	for (i = 0; parse->rows[i].help; i++) {
		row = &parse->rows[i];
		if (!is_possible(parse, i))
			continue;
		if (row->word)
			puts(row->word);
		else if (positional)
			list_value(row, NULL);
	}
}

/* The row that @text fills, as the parser would take it; -1: none. */
static int row_of(const struct weir_parse *parse, const char *text)
{
	int nth = weir_words_find(parse->rows, text);
	int i;

	for (i = 0; parse->rows[i].help; i++)
		if (!parse->rows[i].word && !(parse->seen >> i & 1) && *text != '-' &&
		    (nth < 0 || parse->rows[i].first))
			return i;
	return nth;
}

static void complete_words(const struct weir_word *rows, char **argv)
{
	struct weir_parse parse = {.rows = rows};
	const char *file = NULL;
	int nth;

	for (; argv[0] && argv[1]; argv++) {
		nth = row_of(&parse, argv[0]);
		if (nth < 0)
			continue;
		parse.seen |= 1ull << nth;
		if (rows[nth].fill == WEIR_FILL_FILE)
			file = rows[nth].word ? argv[1] : argv[0];
		if (!rows[nth].word || !rows[nth].metavar)
			continue;
		if (!argv[2]) {
			list_value(&rows[nth], file);
			return;
		}
		argv++;
	}
	/* a first positional stands alone until it is filled */
	if (rows[0].first && !(parse.seen & 1))
		list_value(&rows[0], NULL);
	else
		list_words(&parse, true);
	puts("help");
}

static void list_options(void)
{
	const struct weir_word *row;

	for (row = weir_global_words; row->help; row++)
		printf("-%s\n", row->word);
}

/* How many of @argv's words are options, the last word not counted; a value
 * that is just being typed is completed, then -1. */
static int skip_options(char **argv)
{
	int i, nth;

	for (i = 0; argv[i] && argv[i + 1] && argv[i][0] == '-'; i++) {
		const char *name = argv[i] + 1 + (argv[i][1] == '-');

		nth = weir_words_find(weir_global_words, strcmp(name, "n") == 0 ? "netns" : name);
		if (nth < 0 || !weir_global_words[nth].metavar)
			continue;
		if (!argv[i + 2]) {
			list_value(&weir_global_words[nth], NULL);
			return -1;
		}
		i++;
	}
	return i;
}

int weir_complete(char **argv)
{
	const struct weir_command *c;
	int used;

	used = skip_options(argv);
	if (used < 0)
		return WEIR_EXIT_DONE;
	argv += used;
	if (!argv[0] || !argv[1]) {
		if (argv[0] && argv[0][0] == '-')
			list_options();
		else
			list_names(weir_commands);
		return WEIR_EXIT_DONE;
	}
	c = by_prefix(weir_commands, argv[0]);
	if (c && c->verbs && !argv[2]) {
		list_names(c->verbs);
		puts("help");
		return WEIR_EXIT_DONE;
	}
	if (c && c->verbs) {
		c = by_prefix(c->verbs, argv[1]);
		argv++;
	}
	if (c && c->foreign)
		weir_complete_foreign(c->name, argv + 1);
	else if (c)
		complete_words(c->words, argv + 1);
	return WEIR_EXIT_DONE;
}
