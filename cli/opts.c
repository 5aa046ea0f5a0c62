// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From words to a config struct. In: argv and the rows of a command. Out: the
 * struct's fields, or one line that names the word, what is wrong with it and
 * what would be right. The command functions never see argv.
 */
#include <errno.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/say.h"

/* ---- finding a row ------------------------------------------------------- */

/* In rising order: an alias gives way to a word of the same prefix. */
enum match { MATCH_NONE, MATCH_ALIAS_PREFIX, MATCH_PREFIX, MATCH_EXACT };

static enum match match_name(const char *name, size_t name_len, const char *text)
{
	size_t text_len = strlen(text);

	if (text_len > name_len || memcmp(name, text, text_len) != 0)
		return MATCH_NONE;
	return text_len == name_len ? MATCH_EXACT : MATCH_PREFIX;
}

static enum match match_row(const struct weir_word *row, const char *text)
{
	const char *alias, *end;
	enum match best, m;

	if (!row->word || !*text)
		return MATCH_NONE;
	best = match_name(row->word, strlen(row->word), text);
	for (alias = row->aliases; alias && *alias; alias = *end ? end + 1 : end) {
		end = strchrnul(alias, ' ');
		m = match_name(alias, (size_t)(end - alias), text);
		if (m == MATCH_PREFIX)
			m = MATCH_ALIAS_PREFIX;
		if (m > best)
			best = m;
	}
	return best;
}

int weir_words_find(const struct weir_word *rows, const char *text)
{
	enum match best = MATCH_NONE;
	int found = -ENOENT;
	int i;

	for (i = 0; rows[i].help; i++) {
		enum match m = match_row(&rows[i], text);

		if (m > best) {
			best = m;
			found = i;
		} else if (m == best && m != MATCH_NONE) {
			found = -ENOTUNIQ;
		}
	}
	return found;
}

static bool same_group(const struct weir_word *a, const struct weir_word *b)
{
	return a->group && a->group == b->group;
}

bool weir_words_open(const struct weir_parse *parse, size_t nth)
{
	const struct weir_word *rows = parse->rows;
	size_t i;

	if (rows[nth].type == WEIR_WORD_COUNT || rows[nth].type == WEIR_WORD_WHERE)
		return true;
	for (i = 0; rows[i].help; i++)
		if ((parse->seen >> i & 1) && (i == nth || same_group(&rows[i], &rows[nth])))
			return false;
	return true;
}

/* ---- unknown and ambiguous words ----------------------------------------- */

static int fail_unknown(const struct weir_parse *parse, const char *text)
{
	struct weir_near near = {.text = text};
	int i;

	for (i = 0; parse->rows[i].help; i++)
		if (parse->rows[i].word)
			weir_near_add(&near, parse->rows[i].word);
	if (*text == '-')
		weir_say_error("%s: '%s': unknown word; options stand before the command: "
			       "weir %s %s ...",
			       parse->command, text, text, parse->command);
	else if (near.list[0])
		weir_say_error("%s: '%s': unknown word; did you mean %s?", parse->command, text,
			       near.list);
	else
		weir_say_error("%s: '%s': unknown word; see: weir help %s", parse->command, text,
			       parse->command);
	return -EINVAL;
}

static int fail_ambiguous(const struct weir_parse *parse, const char *text)
{
	char words[256] = "";
	size_t at = 0;
	int i;

	for (i = 0; parse->rows[i].help && at < sizeof(words); i++)
		if (match_row(&parse->rows[i], text) != MATCH_NONE)
			at += (size_t)snprintf(words + at, sizeof(words) - at, "%s%s",
					       at ? ", " : "", parse->rows[i].word);
	weir_say_error("%s: '%s': ambiguous: %s", parse->command, text, words);
	return -EINVAL;
}

int weir_words_fail(const struct weir_parse *parse, const char *text, int err)
{
	return err == -ENOTUNIQ ? fail_ambiguous(parse, text) : fail_unknown(parse, text);
}

/* ---- rules between words ------------------------------------------------- */

static int fail_taken(const struct weir_parse *parse, int nth)
{
	const struct weir_word *rows = parse->rows;
	int i;

	if (parse->seen >> nth & 1) {
		weir_say_error("%s: '%s': given twice", parse->command,
			       weir_words_name(&rows[nth]));
		return -EINVAL;
	}
	for (i = 0; rows[i].help; i++)
		if ((parse->seen >> i & 1) && same_group(&rows[i], &rows[nth]))
			break;
	weir_say_error("%s: '%s': not together with '%s'", parse->command,
		       weir_words_name(&rows[nth]), weir_words_name(&rows[i]));
	return -EINVAL;
}

int weir_words_take(struct weir_parse *parse, int nth, const char *value)
{
	const struct weir_word *row = &parse->rows[nth];

	if (!weir_words_open(parse, (size_t)nth))
		return fail_taken(parse, nth);
	if (row->metavar && (!value || !*value)) {
		weir_say_error("%s: '%s': %s must follow", parse->command, weir_words_name(row),
			       row->metavar);
		return -EINVAL;
	}
	parse->seen |= 1ull << nth;
	return weir_value_store(parse->command, row, value, parse->cfg);
}

const char *weir_words_given(const struct weir_parse *parse, const char *list)
{
	const struct weir_word *rows = parse->rows;
	size_t len;
	int i;

	for (; *list; list += len + (list[len] == ' ')) {
		len = strcspn(list, " ");
		for (i = 0; rows[i].help; i++) {
			const char *name = weir_words_name(&rows[i]);

			if ((parse->seen >> i & 1) && !strncmp(name, list, len) && !name[len])
				return name;
		}
	}
	return NULL;
}

static int check_company(const struct weir_parse *parse, const struct weir_word *row)
{
	const char *other;

	other = row->bars ? weir_words_given(parse, row->bars) : NULL;
	if (other) {
		weir_say_error("%s: '%s': not together with '%s'", parse->command,
			       weir_words_name(row), other);
		return -EINVAL;
	}
	if (row->needs && !weir_words_given(parse, row->needs)) {
		const char *last = strrchr(row->needs, ' ');

		if (last)
			weir_say_error("%s: '%s': only with '%.*s' or '%s'", parse->command,
				       weir_words_name(row), (int)(last - row->needs), row->needs,
				       last + 1);
		else
			weir_say_error("%s: '%s': only with '%s'", parse->command,
				       weir_words_name(row), row->needs);
		return -EINVAL;
	}
	return 0;
}

static int fail_missing(const struct weir_parse *parse, int nth)
{
	const struct weir_word *rows = parse->rows;
	char words[256] = "";
	size_t at = 0;
	int i;

	for (i = nth; rows[i].help && (i == nth || same_group(&rows[i], &rows[nth])); i++)
		if (at < sizeof(words))
			at += (size_t)snprintf(words + at, sizeof(words) - at, "%s%s%s%s",
					       at ? ", " : "", rows[i].word ? rows[i].word : "",
					       rows[i].word && rows[i].metavar ? " " : "",
					       rows[i].metavar ? rows[i].metavar : "");
	weir_say_error("%s: missing: %s%s; see: weir help %s", parse->command,
		       i > nth + 1 ? "one of " : "", words, parse->command);
	return -EINVAL;
}

static int check_rules(const struct weir_parse *parse)
{
	const struct weir_word *rows = parse->rows;
	int i, err;

	for (i = 0; rows[i].help; i++) {
		if (!(parse->seen >> i & 1))
			continue;
		err = check_company(parse, &rows[i]);
		if (err)
			return err;
	}
	for (i = 0; rows[i].help; i++)
		if (rows[i].required && weir_words_open(parse, (size_t)i))
			return fail_missing(parse, i);
	return 0;
}

/* ---- words --------------------------------------------------------------- */

bool weir_words_is_help(const char *text)
{
	return strcmp(text, "help") == 0 || strcmp(text, "-h") == 0 || strcmp(text, "-help") == 0 ||
	       strcmp(text, "--help") == 0;
}

/* The positional row that is still to be filled; -ENOENT: none. */
static int open_positional(const struct weir_parse *parse)
{
	int i;

	for (i = 0; parse->rows[i].help; i++)
		if (!parse->rows[i].word && !(parse->seen >> i & 1))
			return i;
	return -ENOENT;
}

/* A negative number is none. */
static bool is_option(const char *text)
{
	return *text == '-' && text[1] && !strchr("0123456789.", text[1]) &&
	       strcmp(text, "-inf") != 0;
}

/* Which row the word @text begins; -EINVAL after an error line. */
static int choose_row(const struct weir_parse *parse, const char *text)
{
	int positional = is_option(text) ? -ENOENT : open_positional(parse);
	int nth;

	if (positional >= 0 && parse->rows[positional].first)
		return positional;
	nth = weir_words_find(parse->rows, text);
	if (nth >= 0)
		return nth;
	if (positional >= 0 && weir_words_open(parse, (size_t)positional) && *text)
		return positional;
	return weir_words_fail(parse, text, nth);
}

static bool is_several(const struct weir_word *row)
{
	return row->type == WEIR_WORD_WHERE || row->type == WEIR_WORD_MAP ||
	       row->type == WEIR_WORD_REST;
}

/* Words that belong together; how many, or -EINVAL. */
static int take_several(struct weir_parse *parse, int nth, char **argv)
{
	const struct weir_word *row = &parse->rows[nth];

	if (!weir_words_open(parse, (size_t)nth))
		return fail_taken(parse, nth);
	parse->seen |= 1ull << nth;
	return weir_words_several(parse->command, row, argv, parse->cfg);
}

int weir_words_parse(struct weir_parse *parse, char **argv)
{
	int nth, err;

	for (; *argv; argv++) {
		const char *value = NULL;

		if (weir_words_is_help(*argv))
			return WEIR_PARSE_HELP;
		nth = choose_row(parse, *argv);
		if (nth < 0)
			return nth;
		if (is_several(&parse->rows[nth])) {
			err = take_several(parse, nth, argv);
			if (err < 0)
				return err;
			argv += err - 1;
			continue;
		}
		if (!parse->rows[nth].word)
			value = *argv;
		else if (parse->rows[nth].metavar && argv[1])
			value = *++argv;
		err = weir_words_take(parse, nth, value);
		if (err)
			return err;
	}
	return check_rules(parse);
}
