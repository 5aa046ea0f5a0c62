// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The options of tc and ip. In: the words up to the object. Out: struct
 * weir_compat. A word matches the first row that it is a prefix of, in the order
 * in which tc and ip compare; options without meaning for us are there to be
 * handed on, and what no row knows is left to the real program, message included.
 */
#include <stddef.h>
#include <string.h>

#include "cli/compat.h"

struct option {
	const char *name;
	bool takes_value;
	bool whole;	 /* no prefix of it will do */
	uint16_t offset; /* of a bool or const char * in struct weir_compat; 0: none */
};

#define FIELD(member) offsetof(struct weir_compat, member)

static const struct option tc_options[] = {
	{"-stats", false, false, FIELD(stats)},
	{"-statistics", false, false, FIELD(stats)},
	{"-details", false, false, FIELD(details)},
	{"-raw", false, false, 0},
	{"-pretty", false, false, FIELD(pretty)},
	{"-graph", false, false, 0},
	{"-Version", false, false, FIELD(version)},
	{"-iec", false, false, 0},
	{"-help", false, false, FIELD(help)},
	{"-force", false, false, FIELD(force)},
	{"-batch", true, false, FIELD(batch)},
	{"-netns", true, false, FIELD(netns)},
	{"-Numeric", false, false, FIELD(numeric)},
	{"-nm", false, false, FIELD(names)},
	{"-names", false, false, FIELD(names)},
	{"-cf", true, false, 0}, /* so "-c" is this one, not -color */
	{"-conf", true, false, 0},
	{"-color", false, false, 0},
	{"-timestamp", false, false, 0},
	{"-tshort", false, false, 0},
	{"-json", false, false, FIELD(json)},
	{"-oneline", false, false, FIELD(oneline)},
	{"-brief", false, false, FIELD(brief)},
	{"-echo", false, false, FIELD(echo)},
	{NULL, false, false, 0},
};

static const struct option ip_options[] = {
	{"-loops", true, false, 0},
	{"-family", true, false, 0},
	{"-4", false, true, 0},
	{"-6", false, true, 0},
	{"-0", false, true, 0},
	{"-M", false, true, 0},
	{"-B", false, true, 0},
	{"-human-readable", false, false, 0},
	{"-iec", false, false, 0},
	{"-stats", false, false, FIELD(stats)},
	{"-statistics", false, false, FIELD(stats)},
	{"-details", false, false, FIELD(details)},
	{"-resolve", false, false, 0},
	{"-oneline", false, false, FIELD(oneline)},
	{"-timestamp", false, false, 0},
	{"-tshort", false, false, 0},
	{"-Version", false, false, FIELD(version)},
	{"-force", false, false, FIELD(force)},
	{"-batch", true, false, FIELD(batch)},
	{"-brief", false, false, FIELD(brief)},
	{"-json", false, false, FIELD(json)},
	{"-pretty", false, false, FIELD(pretty)},
	{"-rcvbuf", true, false, 0},
	{"-color", false, false, 0},
	{"-help", false, false, FIELD(help)},
	{"-netns", true, false, FIELD(netns)},
	{"-Numeric", false, false, FIELD(numeric)},
	{"-all", false, false, 0},
	{"-echo", false, false, FIELD(echo)},
	{NULL, false, false, 0},
};

/* -color has a value behind "="; the real program finds fault with others. */
static bool is_color(const char *text)
{
	static const char *const values[] = {"", "=always", "=auto", "=never"};
	size_t len = strcspn(text, "=");

	if (len < 2 || len > strlen("-color") || strncmp(text, "-color", len) != 0)
		return false;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (!strcmp(text + len, values[i]))
			return true;
	return false;
}

static const struct option *find(const struct option *options, const char *text)
{
	for (; options->name; options++) {
		if (!strcmp(options->name, "-color") ? is_color(text)
		    : options->whole		     ? !strcmp(text, options->name)
						     : weir_word_is(text, options->name))
			return options;
	}
	return NULL;
}

static void take(struct weir_compat *c, const struct option *option, const char *value)
{
	void *field = (char *)c + option->offset;

	if (!option->offset)
		return;
	if (option->takes_value)
		*(const char **)field = value;
	else
		*(bool *)field = true;
}

void weir_compat_options(struct weir_compat *c, char ***argv)
{
	const struct option *options = c->is_ip ? ip_options : tc_options;
	char **at = *argv;

	c->options = at;
	/* Like tc and ip, look at nothing behind a -V or -help. */
	for (; *at && **at == '-' && !c->version && !c->help; at++) {
		const char *text = *at;
		const struct option *option;

		if (c->is_ip && !strcmp(text, "--")) {
			at++;
			break;
		}
		if (c->is_ip && text[1] == '-')
			text++;
		option = find(options, text);
		if (!option || (option->takes_value && !at[1])) {
			c->unknown = true;
			break;
		}
		take(c, option, option->takes_value ? at[1] : NULL);
		at += option->takes_value;
	}
	c->n_options = (size_t)(at - *argv);
	*argv = at;
}
