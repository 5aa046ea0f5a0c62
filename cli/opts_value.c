// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The value of a word. In: its text and its row. Out: the field of the config
 * struct, or one line that names the word and the range. Strict: the whole
 * text counts, blanks and signs do not pass.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/say.h"

#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC  UINT64_C(1000000000)

const char *weir_words_name(const struct weir_word *row)
{
	return row->word ? row->word : row->metavar;
}

static int parse_u32(const char *command, const struct weir_word *row, const char *text,
		     uint32_t *out)
{
	unsigned long long value = 0;
	char *end = NULL;

	errno = 0;
	/* strtoull() would take blanks and signs */
	if (isdigit((unsigned char)*text))
		value = strtoull(text, &end, 0);
	if (!end || *end || errno || value < row->min || value > row->max) {
		weir_say_error("%s: '%s' '%s': not a number from %" PRIu64 " to %" PRIu64, command,
			       weir_words_name(row), text, row->min, row->max);
		return -EINVAL;
	}
	*out = (uint32_t)value;
	return 0;
}

/* Digits, a fraction, a unit: neither "1e3" nor "inf" nor "0x1p3". */
static bool read_seconds(const char *text, double *out)
{
	size_t whole = strspn(text, "0123456789");
	size_t len = whole;
	const char *unit;

	if (text[len] == '.')
		len += 1 + strspn(text + len + 1, "0123456789");
	if (!whole || len > 20 || text[len - 1] == '.')
		return false;
	unit = text + len;
	*out = strtod(text, NULL);
	if (strcmp(unit, "ms") == 0)
		*out /= 1000;
	return !*unit || strcmp(unit, "s") == 0 || strcmp(unit, "ms") == 0;
}

static int parse_time(const char *command, const struct weir_word *row, const char *text,
		      uint64_t *out)
{
	double seconds, ns;

	if (read_seconds(text, &seconds)) {
		ns = seconds * (double)NSEC_PER_SEC;
		if (ns >= (double)row->min && ns <= (double)row->max) {
			*out = (uint64_t)(ns + 0.5);
			return 0;
		}
	}
	weir_say_error("%s: '%s' '%s': not a time from %" PRIu64 "ms to %" PRIu64
		       "s, such as 2, 0.5, 1s or 500ms",
		       command, weir_words_name(row), text, (uint64_t)(row->min / NSEC_PER_MSEC),
		       (uint64_t)(row->max / NSEC_PER_SEC));
	return -EINVAL;
}

static int parse_choice(const char *command, const struct weir_word *row, const char *text,
			uint32_t *out)
{
	const struct weir_choice *c;
	char names[128];
	size_t at = 0;

	names[0] = '\0';
	for (c = row->choices; c->name; c++) {
		if (strcmp(c->name, text) == 0) {
			*out = c->value;
			return 0;
		}
		if (at < sizeof(names))
			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
					       at ? ", " : "", c->name);
	}
	weir_say_error("%s: '%s' '%s': not one of %s", command, weir_words_name(row), text, names);
	return -EINVAL;
}

int weir_value_store(const char *command, const struct weir_word *row, const char *value, void *cfg)
{
	void *field = (char *)cfg + row->offset;

	switch (row->type) {
	case WEIR_WORD_FLAG:
		*(bool *)field = true;
		return 0;
	case WEIR_WORD_COUNT:
		++*(uint32_t *)field;
		return 0;
	case WEIR_WORD_SET:
		*(uint32_t *)field = row->value;
		return 0;
	case WEIR_WORD_STRING:
		*(const char **)field = value;
		return 0;
	case WEIR_WORD_U32:
		return parse_u32(command, row, value, field);
	case WEIR_WORD_TIME:
		return parse_time(command, row, value, field);
	case WEIR_WORD_CHOICE:
		return parse_choice(command, row, value, field);
	default: /* several words: weir_words_several() */
		return -EINVAL;
	}
}

/* ---- several words ------------------------------------------------------- */

static int few(const char *command, const struct weir_word *row, const char *missing)
{
	weir_say_error("%s: '%s': %s must follow", command, weir_words_name(row), missing);
	return -EINVAL;
}

static int take_where(const char *command, const struct weir_word *row, char **argv,
		      struct weir_wheres *out)
{
	if (!argv[1] || !argv[2] || !argv[3])
		return few(command, row, row->metavar);
	if (out->n == sizeof(out->words) / sizeof(*out->words)) {
		weir_say_error("%s: '%s': more than %u of them", command, weir_words_name(row),
			       out->n);
		return -EINVAL;
	}
	for (int i = 0; i < 3; i++)
		out->words[out->n][i] = argv[i + 1];
	out->n++;
	return 4;
}

static int take_map(const char *command, const struct weir_word *row, char **argv,
		    struct weir_map_ref *out)
{
	if (!strcmp(*argv, "id")) {
		if (!argv[1])
			return few(command, row, "id N");
		out->id = argv[1];
		return 2;
	}
	if (!strcmp(*argv, "prog") && argv[1]) {
		if (!argv[2])
			return few(command, row, "prog PROGRAM MAP");
		out->prog = argv[1];
		out->name = argv[2];
		return 3;
	}
	/* bpftool's */
	if ((!strcmp(*argv, "pinned") || !strcmp(*argv, "name")) && argv[1]) {
		out->name = argv[1];
		return 2;
	}
	out->name = *argv;
	return 1;
}

int weir_words_several(const char *command, const struct weir_word *row, char **argv, void *cfg)
{
	void *field = (char *)cfg + row->offset;
	struct weir_rest *rest = field;

	if (row->type == WEIR_WORD_WHERE)
		return take_where(command, row, argv, field);
	if (row->type == WEIR_WORD_MAP)
		return take_map(command, row, argv, field);
	rest->words = argv;
	while (argv[rest->n])
		rest->n++;
	return (int)rest->n;
}
