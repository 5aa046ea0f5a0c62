// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules out of a file, all or none. */
#include "cli/rules/load.h"

#include <errno.h>
#include <string.h>

#include "cli/rules/lines.h"

struct reader {
	const struct weir_bare *bare;
	struct weir_set *set;
	uint32_t default_line; /* 0: none yet */
};

static int read_words(char **words, size_t n, struct weir_rule_words *out, char *why)
{
	for (size_t i = 1; i < n; i++) {
		int taken = weir_rule_take_word(out, words, n, &i, why);

		if (!taken)
			snprintf(why, 160, "'%.60s': unknown word", words[i]);
		if (taken <= 0)
			return -EINVAL;
	}
	return 0;
}

static int read_bare(const struct reader *in, char **words, size_t n, struct weir_filter_rule *rule,
		     char *why)
{
	struct weir_rule_words text = {0};

	if (n > 1) {
		snprintf(why, 160,
			 "'%.60s': a line is a prefix alone, or begins with allow, deny "
			 "or default",
			 words[0]);
		return -EINVAL;
	}
	*(in->bare->side == WEIR_SRC ? &text.src : &text.dst) = words[0];
	return weir_rule_read(&text, in->bare->deny, rule, why);
}

static void read_default(struct weir_lines *lines, struct reader *in, char **words, size_t n)
{
	bool deny = n == 2 && !strcmp(words[1], "deny");
	char why[160];

	if (n != 2 || (!deny && strcmp(words[1], "allow") != 0)) {
		weir_lines_refuse(lines, "default: allow or deny must follow");
	} else if (in->default_line && deny != in->set->deny) {
		snprintf(why, sizeof(why), "default %s: line %u says the other", words[1],
			 in->default_line);
		weir_lines_refuse(lines, why);
	} else {
		in->set->deny = deny;
		in->default_line = lines->line;
	}
}

static int read_line(struct weir_lines *lines, char **words, size_t n, void *ctx)
{
	struct weir_rule_words text = {0};
	struct weir_filter_rule rule;
	struct reader *in = ctx;
	char why[160] = "";
	int err;

	if (!strcmp(words[0], "default")) {
		read_default(lines, in, words, n);
		return 0;
	}
	if (!strcmp(words[0], "allow") || !strcmp(words[0], "deny")) {
		err = read_words(words, n, &text, why);
		err = err ?: weir_rule_read(&text, words[0][0] == 'd', &rule, why);
	} else {
		err = read_bare(in, words, n, &rule, why);
	}
	if (!err)
		return weir_set_append(in->set, &rule, lines->line);
	weir_lines_refuse(lines, why);
	return 0;
}

int weir_set_load(const char *path, const struct weir_bare *bare, struct weir_set *out)
{
	struct reader in = {.bare = bare, .set = out};
	struct weir_lines lines;
	int err = weir_lines_read(path, &lines, read_line, &in);

	return err ?: weir_set_settle(out, lines.name);
}
