/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a set in memory, while a command changes them. */
#ifndef WEIR_CLI_RULES_SET_H
#define WEIR_CLI_RULES_SET_H

#include "cli/rules/rule.h"

/* The first counters, which rules of lists share: one for each verdict, side and family. */
#define WEIR_SHARED_COUNTERS (2 * WEIR_SIDES * WEIR_FAMILIES)
/* "deny src ipv4" into @buf of WEIR_RULE_TEXT_MAX. */
const char *weir_shared_text(uint32_t counter, char *buf);

struct weir_list_item {
	struct weir_filter_prefix prefix;
	uint32_t line; /* of the file that is being read; 0: none */
};

struct weir_rule_item {
	struct weir_filter_rule rule;
	uint32_t line;
};

struct weir_set {
	bool deny;		      /* the default */
	struct weir_rule_item *rules; /* in the order in which they decide */
	size_t n_rules, rules_room;
	struct weir_list_item *list; /* sorted by weir_prefix_compare() */
	size_t n_list, list_room;
};

void weir_set_free(struct weir_set *set);
/* Appends, unsorted. -ENOMEM. */
int weir_set_append(struct weir_set *set, const struct weir_filter_rule *rule, uint32_t line);
/* Puts what was appended in order; what is there twice is there once. Contradictions are
 * said, each with both rules and "@name:LINE" where they have lines; -EEXIST then. -E2BIG:
 * more than the tables hold. */
int weir_set_settle(struct weir_set *set, const char *name);
/* The rule of the same packets in a settled set; false: there is none. */
bool weir_set_find(const struct weir_set *set, const struct weir_filter_rule *like,
		   struct weir_filter_rule *out);
/* Removes it from a settled set. */
bool weir_set_remove(struct weir_set *set, const struct weir_filter_rule *like);
/* Gives each rule a counter, those of @old (settled; NULL: none) that are still there
 * theirs; new ones get none of those that go, while there are others. When there are not enough,
 * rules of the list share theirs. @fresh (WEIR_FILTER_COUNTERS bits) gets those that must begin at
 * zero. */
void weir_set_number(struct weir_set *set, const struct weir_set *old, uint64_t *fresh);
/* Calls @fn for each rule of @to that is not in @from (both settled), with the verdict. */
typedef void (*weir_rule_fn)(const struct weir_filter_rule *rule, void *ctx);
void weir_set_differ(const struct weir_set *from, const struct weir_set *to, weir_rule_fn fn,
		     void *ctx);
/* All of them: matches, then the list. */
void weir_set_each(const struct weir_set *set, weir_rule_fn fn, void *ctx);
/* Those whose counters dashboards show. Of more than WEIR_SHOWN_RULES the list is left out, which
 * would leave other counters no room, but for rules that share a counter. */
#define WEIR_SHOWN_RULES 1024
void weir_set_each_shown(const struct weir_set *set, weir_rule_fn fn, void *ctx);

#endif
