// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which rule has which number, and with it which counters and buckets. In: limits, and the
 * set that they replace. Out: policies by number, what must begin anew, constants.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/interval.h"
#include "cli/police/kernel.h"

static void set_bit(uint64_t *bits, unsigned int nth)
{
	bits[nth / 64] |= 1ULL << nth % 64;
}

static bool has_bit(const uint64_t *bits, unsigned int nth)
{
	return bits[nth / 64] >> nth % 64 & 1;
}

/* Buckets by other keys, or filled by the other clock, are others. */
static bool keeps_buckets(const struct weir_policy *old, const struct weir_policy *new)
{
	return weir_policy_has_same_keys(old, new) &&
	       (old->exceed == WEIR_EXCEED_PACE) == (new->exceed == WEIR_EXCEED_PACE);
}

static void put(struct weir_police_plan *plan, const struct weir_police_set *old,
		const struct weir_policy *policy, unsigned int number)
{
	struct weir_policy *to = &plan->policies[number];
	bool keeps = !has_bit(plan->fresh, number) && number < old->n &&
		     keeps_buckets(&old->policies[number], policy);

	*to = *policy;
	to->owner = keeps ? old->policies[number].owner
			  : number | plan->policies[0].owner << WEIR_OWNER_SHIFT;
	if (!keeps)
		set_bit(plan->fresh_buckets, number);
}

static void add_consts(struct weir_police_consts *consts, const struct weir_policy *policy)
{
	consts->by_addr |= policy->per == WEIR_PER_SRC || policy->per == WEIR_PER_DST ||
			   policy->per == WEIR_PER_DEV;
	consts->by_flow |= policy->per == WEIR_PER_FLOW;
	consts->marks |= policy->exceed == WEIR_EXCEED_DSCP;
	consts->marks_skb |= policy->exceed == WEIR_EXCEED_MARK;
	consts->paces |= policy->exceed == WEIR_EXCEED_PACE;
}

/* The rules of a settled set, one after the other. */
static uint16_t *counter_of(struct weir_set *set, size_t nth)
{
	return nth < set->n_rules ? &set->rules[nth].rule.counter
				  : &set->list[nth - set->n_rules].prefix.counter;
}

static size_t highest(struct weir_set *set)
{
	size_t n = set->n_rules + set->n_list, max = WEIR_POLICE_REST;

	for (size_t i = 0; i < n; i++)
		if (*counter_of(set, i) > max)
			max = *counter_of(set, i);
	return max;
}

static void fill_rest(const struct weir_limits *limits, const struct weir_police_set *old,
		      struct weir_police_plan *plan)
{
	if (!old->n || !old->policies[WEIR_POLICE_REST].owner)
		set_bit(plan->fresh, WEIR_POLICE_REST);
	put(plan, old, &limits->rest.policy, WEIR_POLICE_REST);
	add_consts(&plan->consts, &limits->rest.policy);
	plan->consts.rest = WEIR_FILTER_ACT | WEIR_POLICE_REST;
	plan->consts.policy = plan->policies[WEIR_POLICE_REST];
}

/* A power of two. */
static uint32_t sets_for(uint32_t buckets)
{
	uint32_t sets = 1;

	while (sets < buckets)
		sets *= 2;
	return sets;
}

static void fill(struct weir_limits *limits, const uint16_t *which,
		 const struct weir_police_set *old, struct weir_police_plan *plan)
{
	size_t n = limits->set.n_rules + limits->set.n_list;

	plan->policies[0].value = limits->buckets;
	plan->policies[0].owner = limits->generation + 1;
	plan->policies[0].mask6_lo = limits->seed;
	plan->consts = (struct weir_police_consts){
		.tick = weir_tick_ns() << WEIR_TIME_BITS,
		.seed = limits->seed,
		.has_rules = n > 0,
		.clock_is_test = getenv("WEIR_TEST_CLOCK") != NULL, /* tests/tool_police.c */
	};
	for (size_t i = 0; i < n; i++) {
		const struct weir_policy *policy = &limits->all[which[i]].policy;

		put(plan, old, policy, *counter_of(&limits->set, i));
		add_consts(&plan->consts, policy);
	}
	if (limits->has_rest)
		fill_rest(limits, old, plan);
	if (plan->consts.by_addr || plan->consts.by_flow)
		plan->consts.sets_mask = sets_for(limits->buckets) - 1;
}

int weir_police_plan(struct weir_limits *limits, const struct weir_police_set *old,
		     struct weir_police_plan *out)
{
	struct weir_set *set = &limits->set;
	size_t n = set->n_rules + set->n_list;
	struct weir_police_plan plan = {0};
	uint16_t *which = calloc(n + 1, sizeof(*which));

	if (!which)
		return -ENOMEM;
	/* one that can be guessed where the kernel has none to give: limits hold all the same */
	if (!limits->seed && getrandom(&limits->seed, sizeof(limits->seed), GRND_NONBLOCK) < 0)
		limits->seed = weir_now_ns();
	for (size_t i = 0; i < n; i++)
		which[i] = *counter_of(set, i);
	weir_set_number(set, old->n ? &old->set : NULL, plan.fresh);
	plan.n = highest(set) + 1;
	plan.policies = calloc(plan.n, sizeof(*plan.policies));
	if (plan.policies) {
		fill(limits, which, old, &plan);
		*out = plan;
	}
	free(which);
	return plan.policies ? 0 : -ENOMEM;
}

void weir_police_plan_free(struct weir_police_plan *plan)
{
	free(plan->policies);
	plan->policies = NULL;
}
