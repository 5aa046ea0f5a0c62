// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules out of a file, all or none. */
#include "cli/rules/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

#define SAID_MAX  20
#define WORDS_MAX 24

struct reader {
	const char *name;
	const struct weir_bare *bare;
	struct weir_set *set;
	uint32_t line;
	uint32_t default_line; /* 0: none yet */
	size_t bad;
	int err; /* that ends the reading: -ENOMEM */
};

static void refuse(struct reader *in, const char *why)
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

static int read_words(char **words, size_t n, struct weir_rule_words *out, char *why)
{
	for (size_t i = 1; i < n; i++) {
		const char **value = value_of(out, words[i]);

		if (!strcmp(words[i], "fragment")) {
			out->fragment = true;
		} else if (!value) {
			snprintf(why, 160, "'%.60s': unknown word", words[i]);
			return -EINVAL;
		} else if (i + 1 == n) {
			snprintf(why, 160, "'%.60s': its value is missing", words[i]);
			return -EINVAL;
		} else if (*value) {
			snprintf(why, 160, "'%.60s': is there twice", words[i]);
			return -EINVAL;
		} else {
			*value = words[++i];
		}
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

static void read_default(struct reader *in, char **words, size_t n)
{
	bool deny = n == 2 && !strcmp(words[1], "deny");
	char why[160];

	if (n != 2 || (!deny && strcmp(words[1], "allow") != 0)) {
		refuse(in, "default: allow or deny must follow");
	} else if (in->default_line && deny != in->set->deny) {
		snprintf(why, sizeof(why), "default %s: line %u says the other", words[1],
			 in->default_line);
		refuse(in, why);
	} else {
		in->set->deny = deny;
		in->default_line = in->line;
	}
}

static void read_line(struct reader *in, char *line)
{
	struct weir_rule_words text = {0};
	struct weir_filter_rule rule;
	char *words[WORDS_MAX];
	size_t n = split(line, words);
	char why[160] = "";
	int err;

	if (!n)
		return;
	if (!strcmp(words[0], "default")) {
		read_default(in, words, n);
		return;
	}
	if (!strcmp(words[0], "allow") || !strcmp(words[0], "deny")) {
		err = read_words(words, n, &text, why);
		err = err ?: weir_rule_read(&text, words[0][0] == 'd', &rule, why);
	} else {
		err = read_bare(in, words, n, &rule, why);
	}
	if (err)
		refuse(in, why);
	else
		in->err = weir_set_append(in->set, &rule, in->line);
}

static int read_file(struct reader *in, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while (!in->err && (len = getline(&line, &room, file)) >= 0) {
		in->line++;
		if (strlen(line) != (size_t)len)
			refuse(in, "holds a NUL: not a text file");
		else
			read_line(in, line);
	}
	free(line);
	if (in->err)
		weir_say_error("%s: %s", in->name, strerror(-in->err));
	else if (ferror(file))
		weir_say_error("%s: cannot be read: %s", in->name, strerror(errno));
	if (in->bad > SAID_MAX)
		weir_say_error("%s: %zu bad lines more", in->name, in->bad - SAID_MAX);
	return in->err ?: ferror(file) ? -EIO : in->bad ? -EINVAL : 0;
}

int weir_set_load(const char *path, const struct weir_bare *bare, struct weir_set *out)
{
	bool is_input = !strcmp(path, "-");
	struct reader in = {.name = is_input ? "standard input" : path, .bare = bare, .set = out};
	FILE *file = is_input ? stdin : fopen(path, "re");
	int err;

	if (!file) {
		err = -errno;
		weir_say_error("%s: %s", path, strerror(-err));
		return err;
	}
	err = read_file(&in, file);
	if (!is_input)
		(void)fclose(file);
	return err ?: weir_set_settle(out, in.name);
}
