/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules with their policies in memory, while a command changes them. */
#ifndef WEIR_CLI_POLICE_SET_H
#define WEIR_CLI_POLICE_SET_H

#include "cli/police/policy.h"
#include "cli/rules/set.h"

#define WEIR_LIMITS_MAX (WEIR_POLICE_NUMBERS - WEIR_SHARED_COUNTERS) /* rules with a match */

/* A rule and its policy; has 0: the rule without a match. */
struct weir_limit {
	struct weir_filter_rule rule;
	struct weir_policy policy;
	uint32_t line; /* of the file that is being read; 0: none */
};

/* The rules in the set have the number of their limit as a counter. */
struct weir_limits {
	struct weir_set set;
	struct weir_limit *all; /* some of them may have gone from the set */
	size_t n, room;
	bool has_rest;
	struct weir_limit rest; /* without a match */
	uint32_t buckets;	/* by key, that there is room for */
	uint32_t generation;	/* as the kernel has it */
	uint64_t seed;		/* the same; 0: there is none yet */
};

void weir_limits_init(struct weir_limits *limits);
void weir_limits_free(struct weir_limits *limits);
/* Takes the rule, unsettled; of two of the same packets settle keeps the first. -ENOMEM;
 * -E2BIG, logged. */
int weir_limits_append(struct weir_limits *limits, const struct weir_limit *limit);
/* Puts what was appended in order. Rules of the same packets and other policies are said, each
 * with both; -EEXIST then. -E2BIG, logged. */
int weir_limits_settle(struct weir_limits *limits, const char *name);
/* The policy of the rule of the same packets in a settled set; NULL: there is none. */
struct weir_policy *weir_limits_find(const struct weir_limits *limits,
				     const struct weir_filter_rule *like);
bool weir_limits_remove(struct weir_limits *limits, const struct weir_filter_rule *like);
/* All of them, the one without a match first. */
typedef void (*weir_limit_fn)(const struct weir_filter_rule *rule, const struct weir_policy *policy,
			      void *ctx);
void weir_limits_each(const struct weir_limits *limits, weir_limit_fn fn, void *ctx);
/* Those of @to that are not in @from with the same policy. */
void weir_limits_differ(const struct weir_limits *from, const struct weir_limits *to,
			weir_limit_fn fn, void *ctx);
/* "limit src 10.0.0.0/8 rate 1mbit burst 12500b" into @buf. */
#define WEIR_LIMIT_TEXT_MAX (WEIR_RULE_TEXT_MAX + WEIR_POLICY_TEXT_MAX)
const char *weir_limit_text(const struct weir_filter_rule *rule, const struct weir_policy *policy,
			    char *buf);

/* ---- load.c -------------------------------------------------------------- */

/* Rules of lines "limit WORDS", as show prints them, and "buckets N", instead of those in
 * @out. Each bad line is said, up to twenty, with its number; -EINVAL or -EEXIST then. */
int weir_limits_load(const char *path, struct weir_limits *out);
/* The words of one line; @why of 160 bytes. */
int weir_limit_read(const struct weir_rule_words *words, const struct weir_policy_words *policy,
		    struct weir_limit *out, char *why);

#endif
