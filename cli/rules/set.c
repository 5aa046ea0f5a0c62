// SPDX-License-Identifier: LGPL-2.1-or-later
/* A set of rules in memory: added, removed, put in order, checked against each other. */
#include "cli/rules/set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

#define SAID_MAX 20 /* contradictions told, as of other files with errors */

void weir_set_free(struct weir_set *set)
{
	free(set->rules);
	free(set->list);
	*set = (struct weir_set){0};
}

static int grow(void **items, size_t *room, size_t n, size_t size)
{
	size_t want = *room ? *room * 2 : 64;
	void *more;

	if (n < *room)
		return 0;
	more = reallocarray(*items, want, size);
	if (!more)
		return -ENOMEM;
	*items = more;
	*room = want;
	return 0;
}

int weir_set_append(struct weir_set *set, const struct weir_filter_rule *rule, uint32_t line)
{
	struct weir_list_item *item;
	int err;

	if (!weir_rule_is_prefix(rule)) {
		err = grow((void **)&set->rules, &set->rules_room, set->n_rules,
			   sizeof(*set->rules));
		if (!err)
			set->rules[set->n_rules++] =
				(struct weir_rule_item){.rule = *rule, .line = line};
		return err;
	}
	err = grow((void **)&set->list, &set->list_room, set->n_list, sizeof(*set->list));
	if (err)
		return err;
	item = &set->list[set->n_list++];
	weir_rule_to_prefix(rule, &item->prefix);
	item->line = line;
	return 0;
}

/* ---- settling ------------------------------------------------------------ */

static const char *place(const char *name, uint32_t line, char *buf, size_t len)
{
	if (line)
		snprintf(buf, len, "%s:%u: ", name, line);
	else
		buf[0] = '\0';
	return buf;
}

static void contradict(const char *name, const struct weir_filter_rule *a, uint32_t line_a,
		       const struct weir_filter_rule *b, uint32_t line_b)
{
	char x[WEIR_RULE_TEXT_MAX], y[WEIR_RULE_TEXT_MAX], at_a[300], at_b[300];

	weir_say_error("%s%s: contradicts %s%s; remove one of them",
		       place(name, line_b, at_b, sizeof(at_b)), weir_rule_text(b, y),
		       place(name, line_a, at_a, sizeof(at_a)), weir_rule_text(a, x));
}

static size_t settle_rules(struct weir_set *set, const char *name)
{
	size_t kept = 0, bad = 0;

	for (size_t i = 0; i < set->n_rules; i++) {
		const struct weir_rule_item *item = &set->rules[i];
		size_t k = 0;

		while (k < kept && !weir_rule_is_same(&set->rules[k].rule, &item->rule))
			k++;
		if (k == kept)
			set->rules[kept++] = *item;
		else if (set->rules[k].rule.deny != item->rule.deny && bad++ < SAID_MAX)
			contradict(name, &set->rules[k].rule, set->rules[k].line, &item->rule,
				   item->line);
	}
	set->n_rules = kept;
	if (kept)
		qsort(set->rules, kept, sizeof(*set->rules), weir_rule_order);
	return bad;
}

static int by_prefix_and_line(const void *left, const void *right)
{
	const struct weir_list_item *a = left, *b = right;
	int order = weir_prefix_compare(&a->prefix, &b->prefix);

	return order ?: a->line < b->line ? -1 : a->line > b->line;
}

/* Most lists are in order already. */
static bool is_sorted(const struct weir_set *set)
{
	for (size_t i = 1; i < set->n_list; i++)
		if (by_prefix_and_line(&set->list[i - 1], &set->list[i]) > 0)
			return false;
	return true;
}

static size_t settle_list(struct weir_set *set, const char *name)
{
	size_t kept = 0, bad = 0;

	if (!is_sorted(set))
		qsort(set->list, set->n_list, sizeof(*set->list), by_prefix_and_line);
	for (size_t i = 0; i < set->n_list; i++) {
		struct weir_list_item *last = kept ? &set->list[kept - 1] : NULL;
		struct weir_filter_rule a, b;

		if (!last || weir_prefix_compare(&last->prefix, &set->list[i].prefix)) {
			set->list[kept++] = set->list[i];
			continue;
		}
		if (last->prefix.deny == set->list[i].prefix.deny || bad++ >= SAID_MAX)
			continue;
		weir_rule_from_prefix(&last->prefix, &a);
		weir_rule_from_prefix(&set->list[i].prefix, &b);
		contradict(name, &a, last->line, &b, set->list[i].line);
	}
	set->n_list = kept;
	return bad;
}

int weir_set_settle(struct weir_set *set, const char *name)
{
	size_t bad;

	bad = set->n_rules <= 16 * WEIR_FILTER_MATCHES_MAX ? settle_rules(set, name) : 0;
	bad += settle_list(set, name);
	if (bad > SAID_MAX)
		weir_say_error("%s: %zu contradictions more", name, bad - SAID_MAX);
	if (bad)
		return -EEXIST;
	if (set->n_rules > WEIR_FILTER_MATCHES_MAX) {
		weir_say_error("%s: %zu rules that name more than one address: at most %d; use "
			       "prefixes and ranges of ports where they cover several",
			       name, set->n_rules, WEIR_FILTER_MATCHES_MAX);
		return -E2BIG;
	}
	if (set->n_list > WEIR_FILTER_RULES_MAX) {
		weir_say_error("%s: %zu rules of one address: at most %d", name, set->n_list,
			       WEIR_FILTER_RULES_MAX);
		return -E2BIG;
	}
	return 0;
}

/* ---- looking ------------------------------------------------------------- */

static struct weir_list_item *find_prefix(const struct weir_set *set,
					  const struct weir_filter_prefix *prefix)
{
	return set->n_list ? bsearch(prefix, set->list, set->n_list, sizeof(*set->list),
				     weir_prefix_compare)
			   : NULL;
}

static struct weir_rule_item *find_rule(const struct weir_set *set,
					const struct weir_filter_rule *like)
{
	for (size_t i = 0; i < set->n_rules; i++)
		if (weir_rule_is_same(&set->rules[i].rule, like))
			return &set->rules[i];
	return NULL;
}

bool weir_set_find(const struct weir_set *set, const struct weir_filter_rule *like,
		   struct weir_filter_rule *out)
{
	const struct weir_rule_item *rule;
	const struct weir_list_item *item;
	struct weir_filter_prefix prefix;

	if (!weir_rule_is_prefix(like)) {
		rule = find_rule(set, like);
		if (rule)
			*out = rule->rule;
		return rule != NULL;
	}
	weir_rule_to_prefix(like, &prefix);
	item = find_prefix(set, &prefix);
	if (item)
		weir_rule_from_prefix(&item->prefix, out);
	return item != NULL;
}

bool weir_set_remove(struct weir_set *set, const struct weir_filter_rule *like)
{
	struct weir_filter_prefix prefix;
	struct weir_rule_item *rule;
	struct weir_list_item *item;

	if (!weir_rule_is_prefix(like)) {
		rule = find_rule(set, like);
		if (rule)
			memmove(rule, rule + 1,
				(size_t)(set->rules + --set->n_rules - rule) * sizeof(*rule));
		return rule != NULL;
	}
	weir_rule_to_prefix(like, &prefix);
	item = find_prefix(set, &prefix);
	if (item)
		memmove(item, item + 1, (size_t)(set->list + --set->n_list - item) * sizeof(*item));
	return item != NULL;
}

static void each(const struct weir_set *set, bool shared_only, weir_rule_fn fn, void *ctx)
{
	struct weir_filter_rule rule;

	for (size_t i = 0; i < set->n_rules; i++)
		fn(&set->rules[i].rule, ctx);
	for (size_t i = 0; i < set->n_list; i++) {
		if (shared_only && set->list[i].prefix.counter >= WEIR_SHARED_COUNTERS)
			continue;
		weir_rule_from_prefix(&set->list[i].prefix, &rule);
		fn(&rule, ctx);
	}
}

void weir_set_each(const struct weir_set *set, weir_rule_fn fn, void *ctx)
{
	each(set, false, fn, ctx);
}

void weir_set_each_shown(const struct weir_set *set, weir_rule_fn fn, void *ctx)
{
	each(set, set->n_rules + set->n_list > WEIR_SHOWN_RULES, fn, ctx);
}

struct difference {
	const struct weir_set *from;
	weir_rule_fn fn;
	void *ctx;
};

static void differ(const struct weir_filter_rule *rule, void *ctx)
{
	const struct difference *diff = ctx;
	struct weir_filter_rule there;

	if (!weir_set_find(diff->from, rule, &there) || there.deny != rule->deny)
		diff->fn(rule, diff->ctx);
}

void weir_set_differ(const struct weir_set *from, const struct weir_set *to, weir_rule_fn fn,
		     void *ctx)
{
	struct difference diff = {from, fn, ctx};

	weir_set_each(to, differ, &diff);
}

/* ---- counters ------------------------------------------------------------ */

static uint16_t shared_counter(const struct weir_filter_prefix *prefix)
{
	return (uint16_t)(prefix->family * 2 * WEIR_SIDES + prefix->side * 2 + prefix->deny);
}

struct numbering {
	const struct weir_set *old;
	uint64_t used[WEIR_FILTER_COUNTERS / 64], olds[WEIR_FILTER_COUNTERS / 64];
	uint64_t *fresh;
	unsigned int next;
	bool reuses;
};

static void use(uint64_t *bits, unsigned int counter)
{
	bits[counter / 64] |= 1ULL << counter % 64;
}

static bool is_used(const struct numbering *nb, unsigned int counter)
{
	uint64_t bits = nb->used[counter / 64] | (nb->reuses ? 0 : nb->olds[counter / 64]);

	return bits >> counter % 64 & 1;
}

static void use_olds(struct numbering *nb)
{
	for (size_t i = 0; nb->old && i < nb->old->n_rules; i++)
		use(nb->olds, nb->old->rules[i].rule.counter);
	for (size_t i = 0; nb->old && i < nb->old->n_list; i++)
		use(nb->olds, nb->old->list[i].prefix.counter);
}

/* A rule that stays goes on with its counter, unless that is shared. */
static bool keep_counter(struct numbering *nb, const struct weir_filter_rule *rule, uint16_t *out)
{
	struct weir_filter_rule there;

	if (!nb->old || !weir_set_find(nb->old, rule, &there) || there.deny != rule->deny ||
	    there.counter < WEIR_SHARED_COUNTERS)
		return false;
	*out = there.counter;
	use(nb->used, there.counter);
	return true;
}

/* Not one of a rule that goes, while there are others: its last packets, and who reads counters
 * by the old rules, would take them for the new rule's. */
static uint16_t new_counter(struct numbering *nb)
{
	while (nb->next < WEIR_FILTER_COUNTERS && is_used(nb, nb->next))
		nb->next++;
	if (nb->next == WEIR_FILTER_COUNTERS && !nb->reuses) {
		nb->reuses = true;
		nb->next = WEIR_SHARED_COUNTERS;
		return new_counter(nb);
	}
	if (nb->next == WEIR_FILTER_COUNTERS)
		return 0;
	use(nb->used, nb->next);
	use(nb->fresh, nb->next);
	return (uint16_t)nb->next;
}

const char *weir_shared_text(uint32_t counter, char *buf)
{
	snprintf(buf, WEIR_RULE_TEXT_MAX, "%s %s %s", counter & 1 ? "deny" : "allow",
		 counter / 2 % WEIR_SIDES == WEIR_SRC ? "src" : "dst",
		 counter / (2 * WEIR_SIDES) == WEIR_IPV4 ? "ipv4" : "ipv6");
	return buf;
}

void weir_set_number(struct weir_set *set, const struct weir_set *old, uint64_t *fresh)
{
	bool shares = set->n_list + set->n_rules > WEIR_FILTER_COUNTERS - WEIR_SHARED_COUNTERS;
	struct numbering nb = {.old = old, .fresh = fresh, .next = WEIR_SHARED_COUNTERS};
	struct weir_filter_rule rule;
	uint16_t counter;

	use_olds(&nb);
	/* first all that stay, so that no new rule gets theirs */
	for (size_t i = 0; i < set->n_rules; i++) {
		counter = 0;
		(void)keep_counter(&nb, &set->rules[i].rule, &counter);
		set->rules[i].rule.counter = counter;
	}
	for (size_t i = 0; i < set->n_list; i++) {
		counter = shares ? shared_counter(&set->list[i].prefix) : 0;
		weir_rule_from_prefix(&set->list[i].prefix, &rule);
		if (!shares)
			(void)keep_counter(&nb, &rule, &counter);
		set->list[i].prefix.counter = counter;
	}
	for (size_t i = 0; i < set->n_rules; i++)
		if (!set->rules[i].rule.counter)
			set->rules[i].rule.counter = new_counter(&nb);
	for (size_t i = 0; !shares && i < set->n_list; i++)
		if (!set->list[i].prefix.counter)
			set->list[i].prefix.counter = new_counter(&nb);
}
