/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of rate limits in the kernel: a slot (cli/step/step.h), policies, buckets, counters. */
#ifndef WEIR_CLI_POLICE_KERNEL_H
#define WEIR_CLI_POLICE_KERNEL_H

#include "cli/police/set.h"
#include "cli/step/step.h"

/* A set as the kernel has it: the counter of a rule is its number. */
struct weir_police_set {
	struct weir_set set;
	struct weir_policy *policies; /* by number; entry 0 is the set */
	size_t n;		      /* 0: there is no set */
};

/* Logged. */
int weir_police_read(const struct weir_slot *slot, struct weir_police_set *out);
void weir_police_set_free(struct weir_police_set *set);
/* Is there a rule without a match? */
bool weir_police_has_rest(const struct weir_police_set *set);
/* That one, then the others. */
void weir_police_each(const struct weir_police_set *set, weir_rule_fn fn, void *ctx);
/* The same as limits, to be changed. */
int weir_police_limits(const struct weir_police_set *set, struct weir_limits *out);

/* Puts @limits, settled, into @slot in place of @old in one step; counters of rules that stay go
 * on, and their buckets. After a failure the old rules are there. Logged. */
int weir_police_write(struct weir_slot *slot, struct weir_limits *limits,
		      const struct weir_police_set *old);
/* Verifies @limits as weir_police_write() would load them; changes nothing. */
int weir_police_try(const struct weir_slot *slot, struct weir_limits *limits);

/* ---- numbers.c ----------------------------------------------------------- */

/* What a program is given for limits: rules with numbers, and policies by these. */
struct weir_police_plan {
	struct weir_policy *policies;
	size_t n;
	uint64_t fresh[WEIR_POLICE_NUMBERS / 64];	  /* numbers of new rules */
	uint64_t fresh_buckets[WEIR_POLICE_NUMBERS / 64]; /* and those with other keys */
	struct weir_police_consts consts;
};

/* Numbers the rules of @limits. -ENOMEM. */
int weir_police_plan(struct weir_limits *limits, const struct weir_police_set *old,
		     struct weir_police_plan *out);
void weir_police_plan_free(struct weir_police_plan *plan);

#endif
