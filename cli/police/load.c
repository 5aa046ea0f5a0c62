// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules with their policies, out of words and files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/police/set.h"
#include "cli/rules/lines.h"

int weir_limit_read(const struct weir_rule_words *words, const struct weir_policy_words *policy,
		    struct weir_limit *out, char *why)
{
	struct weir_limit limit = {0};
	int err = 0;

	if (weir_rule_words_any(words))
		err = weir_rule_read(words, false, &limit.rule, why);
	err = err ?: weir_policy_read(policy, &limit.policy, why);
	if (!err)
		*out = limit;
	return err;
}

/* 1: taken, 0: another word. */
static int take_policy(struct weir_policy_words *out, char **words, size_t n, size_t *at, char *why)
{
	const struct {
		const char *word;
		const char **value;
		bool *flag;
	} all[] = {
		{"rate", &out->rate, NULL}, {"burst", &out->burst, NULL},
		{"per", &out->per, NULL},   {"dscp", &out->dscp, NULL},
		{"mark", &out->mark, NULL}, {"exceed", NULL, &out->exceed},
		{"drop", NULL, &out->drop}, {"pace", NULL, &out->pace},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (strcmp(all[i].word, words[*at]) != 0)
			continue;
		if (all[i].value)
			return weir_lines_take_value(all[i].value, words, n, at, why);
		*all[i].flag = true;
		return 1;
	}
	return 0;
}

static int read_limit(char **words, size_t n, struct weir_limit *out, char *why)
{
	struct weir_policy_words policy = {0};
	struct weir_rule_words rule = {0};

	for (size_t i = 1; i < n; i++) {
		int taken = weir_rule_take_word(&rule, words, n, &i, why);

		if (!taken)
			taken = take_policy(&policy, words, n, &i, why);
		if (!taken)
			snprintf(why, 160, "'%.60s': unknown word", words[i]);
		if (taken <= 0)
			return -EINVAL;
	}
	return weir_limit_read(&rule, &policy, out, why);
}

struct reader {
	struct weir_limits *limits;
	uint32_t buckets_line; /* 0: none yet */
};

static int read_buckets(struct reader *in, uint32_t line, char **words, size_t n, char *why)
{
	unsigned long value = 0;
	char *end = NULL;

	if (n == 2 && words[1][0] >= '0' && words[1][0] <= '9')
		value = strtoul(words[1], &end, 10);
	if (!end || *end || !value || value > WEIR_POLICE_BUCKETS_MAX) {
		snprintf(why, 160, "buckets: a number from 1 to %d must follow",
			 WEIR_POLICE_BUCKETS_MAX);
		return -EINVAL;
	}
	if (in->buckets_line && in->limits->buckets != value) {
		snprintf(why, 160, "buckets %lu: line %u says %u", value, in->buckets_line,
			 in->limits->buckets);
		return -EINVAL;
	}
	in->limits->buckets = (uint32_t)value;
	in->buckets_line = line;
	return 0;
}

static int read_line(struct weir_lines *lines, char **words, size_t n, void *ctx)
{
	struct weir_limit limit = {0};
	struct reader *in = ctx;
	char why[160] = "";
	int err;

	if (!strcmp(words[0], "buckets")) {
		err = read_buckets(in, lines->line, words, n, why);
	} else if (!strcmp(words[0], "limit")) {
		err = read_limit(words, n, &limit, why);
		limit.line = lines->line;
		if (!err)
			return weir_limits_append(in->limits, &limit);
	} else {
		snprintf(why, sizeof(why), "'%.60s': a line begins with limit or buckets",
			 words[0]);
		err = -EINVAL;
	}
	if (err)
		weir_lines_refuse(lines, why);
	return 0;
}

int weir_limits_load(const char *path, struct weir_limits *out)
{
	struct reader in = {.limits = out};
	const struct weir_limits was = *out;
	struct weir_lines lines;
	int err;

	weir_limits_free(out);
	out->buckets = was.buckets;
	out->generation = was.generation;
	out->seed = was.seed;
	err = weir_lines_read(path, &lines, read_line, &in);
	return err ?: weir_limits_settle(out, lines.name);
}
