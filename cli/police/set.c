// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules with their policies in memory: added, removed, checked against each other. */
#include "cli/police/set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

#define SAID_MAX 20

void weir_limits_init(struct weir_limits *limits)
{
	*limits = (struct weir_limits){.buckets = WEIR_POLICE_BUCKETS};
}

void weir_limits_free(struct weir_limits *limits)
{
	weir_set_free(&limits->set);
	free(limits->all);
	weir_limits_init(limits);
}

static int grow(struct weir_limits *limits)
{
	size_t want = limits->room ? limits->room * 2 : 64;
	struct weir_limit *more;

	if (limits->n < limits->room)
		return 0;
	more = reallocarray(limits->all, want, sizeof(*more));
	if (!more)
		return -ENOMEM;
	limits->all = more;
	limits->room = want;
	return 0;
}

static bool is_rest(const struct weir_filter_rule *rule)
{
	return !rule->has;
}

const char *weir_limit_text(const struct weir_filter_rule *rule, const struct weir_policy *policy,
			    char *buf)
{
	char match[WEIR_RULE_TEXT_MAX], of[WEIR_POLICY_TEXT_MAX];

	/* in place of its verdict */
	snprintf(buf, WEIR_LIMIT_TEXT_MAX, "limit%s %s",
		 is_rest(rule) ? "" : strchr(weir_rule_text(rule, match), ' '),
		 weir_policy_text(policy, of));
	return buf;
}

/* ---- adding -------------------------------------------------------------- */

static void contradict(const char *name, const struct weir_limit *a, const struct weir_limit *b)
{
	char x[WEIR_LIMIT_TEXT_MAX], y[WEIR_LIMIT_TEXT_MAX];

	if (!a->line || !b->line) {
		weir_say_error("%s: contradicts %s; remove one of them",
			       weir_limit_text(&b->rule, &b->policy, y),
			       weir_limit_text(&a->rule, &a->policy, x));
		return;
	}
	weir_say_error("%s:%u: %s: contradicts %s:%u: %s; remove one of them", name, b->line,
		       weir_limit_text(&b->rule, &b->policy, y), name, a->line,
		       weir_limit_text(&a->rule, &a->policy, x));
}

int weir_limits_append(struct weir_limits *limits, const struct weir_limit *limit)
{
	struct weir_filter_rule rule = limit->rule;
	int err = grow(limits);

	if (err)
		return err;
	/* the counter, which tells the limit, has sixteen bits */
	if (limits->n > UINT16_MAX) {
		weir_say_error("police: more than %d rules", UINT16_MAX);
		return -E2BIG;
	}
	rule.counter = (uint16_t)limits->n;
	limits->all[limits->n++] = *limit;
	if (!is_rest(&rule))
		return weir_set_append(&limits->set, &rule, limit->line);
	if (!limits->has_rest)
		limits->rest = *limit;
	limits->has_rest = true;
	return 0;
}

/* The limit that settling has kept of those of the same packets. */
static const struct weir_limit *kept_of(const struct weir_limits *limits,
					const struct weir_limit *limit)
{
	struct weir_filter_rule there;

	if (is_rest(&limit->rule))
		return limits->has_rest ? &limits->rest : NULL;
	return weir_set_find(&limits->set, &limit->rule, &there) ? &limits->all[there.counter]
								 : NULL;
}

int weir_limits_settle(struct weir_limits *limits, const char *name)
{
	int err = weir_set_settle(&limits->set, name);
	size_t bad = 0;

	if (err)
		return err;
	for (size_t i = 0; i < limits->n; i++) {
		const struct weir_limit *limit = &limits->all[i], *kept = kept_of(limits, limit);

		if (kept && !weir_policy_is_same(&kept->policy, &limit->policy) && bad++ < SAID_MAX)
			contradict(name, kept, limit);
	}
	if (bad > SAID_MAX)
		weir_say_error("%s: %zu contradictions more", name, bad - SAID_MAX);
	if (bad)
		return -EEXIST;
	if (limits->set.n_rules + limits->set.n_list > WEIR_LIMITS_MAX) {
		weir_say_error("%s: %zu rules: at most %d", name,
			       limits->set.n_rules + limits->set.n_list, WEIR_LIMITS_MAX);
		return -E2BIG;
	}
	return 0;
}

/* ---- looking ------------------------------------------------------------- */

struct weir_policy *weir_limits_find(const struct weir_limits *limits,
				     const struct weir_filter_rule *like)
{
	const struct weir_limit wanted = {.rule = *like}, *kept = kept_of(limits, &wanted);

	return kept ? (struct weir_policy *)&kept->policy : NULL;
}

bool weir_limits_remove(struct weir_limits *limits, const struct weir_filter_rule *like)
{
	bool was = limits->has_rest;

	if (!is_rest(like))
		return weir_set_remove(&limits->set, like);
	limits->has_rest = false;
	return was;
}

struct walk {
	const struct weir_limits *limits;
	const struct weir_limits *from;
	weir_limit_fn fn;
	void *ctx;
};

static void visit(const struct weir_filter_rule *rule, void *ctx)
{
	const struct walk *walk = ctx;

	walk->fn(rule, &walk->limits->all[rule->counter].policy, walk->ctx);
}

void weir_limits_each(const struct weir_limits *limits, weir_limit_fn fn, void *ctx)
{
	struct walk walk = {.limits = limits, .fn = fn, .ctx = ctx};

	if (limits->has_rest)
		fn(&limits->rest.rule, &limits->rest.policy, ctx);
	weir_set_each(&limits->set, visit, &walk);
}

static void differ(const struct weir_filter_rule *rule, const struct weir_policy *policy, void *ctx)
{
	const struct walk *walk = ctx;
	const struct weir_policy *there = weir_limits_find(walk->from, rule);

	if (!there || !weir_policy_is_same(there, policy))
		walk->fn(rule, policy, walk->ctx);
}

void weir_limits_differ(const struct weir_limits *from, const struct weir_limits *to,
			weir_limit_fn fn, void *ctx)
{
	struct walk walk = {.from = from, .fn = fn, .ctx = ctx};

	weir_limits_each(to, differ, &walk);
}
