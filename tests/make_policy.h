/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policies of the police, made by chance: as text for weir, and as the kernel has them then.
 */
#ifndef WEIR_TESTS_MAKE_POLICY_H
#define WEIR_TESTS_MAKE_POLICY_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/make_rules.h"
#include "tests/police_model.h"

#define BURST_ANY UINT64_MAX /* none is given */

static inline void make_rate(struct maker *mk, struct weir_policy *policy)
{
	static const uint64_t bits[] = {0, 1, 8000, 100000, 10000000, 1000000000, 100000000000};
	static const uint64_t packets[] = {0, 1, 3, 100, 1000, 100000, 1000000, 10000000};

	policy->unit = (uint8_t)chance(mk, 2);
	policy->rate =
		policy->unit == WEIR_POLICE_BYTES ? bits[chance(mk, 7)] : packets[chance(mk, 8)];
	if (policy->rate && chance(mk, 2))
		policy->rate += chance(mk, policy->rate * 2);
	policy->burst_given = BURST_ANY;
	if (chance(mk, 3))
		policy->burst_given = policy->unit == WEIR_POLICE_BYTES
					      ? 1 + chance(mk, chance(mk, 2) ? 3000 : 200000)
					      : 1 + chance(mk, chance(mk, 2) ? 5 : 1000);
}

/* @hook: "xdp", "ingress", "egress": what may be done with packets beyond the rate. */
static inline void make_policy(struct maker *mk, const char *hook, struct weir_policy *policy)
{
	bool egress = !strcmp(hook, "egress"), is_xdp = !strcmp(hook, "xdp");

	*policy = (struct weir_policy){.len4 = 32, .len6 = 128};
	make_rate(mk, policy);
	policy->per = chance(mk, 2) ? WEIR_PER_RULE : (uint8_t)chance(mk, 5);
	if ((policy->per == WEIR_PER_SRC || policy->per == WEIR_PER_DST) && chance(mk, 2)) {
		policy->len4 = (uint8_t)chance(mk, 33);
		policy->len6 = (uint8_t)chance(mk, 129);
	}
	policy->exceed = (uint8_t)chance(mk, egress ? 4 : is_xdp ? 2 : 3);
	if (policy->exceed == WEIR_EXCEED_DSCP)
		policy->value = (uint32_t)chance(mk, 64);
	else if (policy->exceed == WEIR_EXCEED_MARK)
		policy->value = (uint32_t)chance(mk, UINT32_MAX);
}

static inline void write_policy(FILE *to, const struct weir_policy *policy)
{
	static const char *const pers[] = {"rule", "src", "dst", "flow", "interface"};
	bool bytes = policy->unit == WEIR_POLICE_BYTES;

	fprintf(to, " rate %llu%s", policy->rate, bytes ? "bit" : "pps");
	if (policy->burst_given != BURST_ANY)
		fprintf(to, " burst %llu%s", policy->burst_given, bytes ? "b" : "p");
	fprintf(to, " per %s", pers[policy->per]);
	if (policy->per == WEIR_PER_SRC || policy->per == WEIR_PER_DST)
		fprintf(to, "/%u,%u", policy->len4, policy->len6);
	if (policy->exceed == WEIR_EXCEED_DSCP)
		fprintf(to, " exceed dscp %u", policy->value);
	else if (policy->exceed == WEIR_EXCEED_MARK)
		fprintf(to, " exceed mark %u", policy->value);
	else
		fprintf(to, policy->exceed == WEIR_EXCEED_PACE ? " exceed pace" : " exceed drop");
}

/* The kernel's policy must be the one that was written, and cost what it should. */
static inline bool take_policy(struct model_limit *limit, const struct weir_policy *there)
{
	struct weir_policy *policy = &limit->policy;
	double one = 64e9 * (policy->unit == WEIR_POLICE_BYTES ? 8 : 1) / (double)policy->rate;
	double cost = (double)there->mult / (double)(1ULL << there->shift);
	bool same = there->rate == policy->rate && there->unit == policy->unit &&
		    there->per == policy->per && there->len4 == policy->len4 &&
		    there->len6 == policy->len6 && there->exceed == policy->exceed &&
		    there->value == policy->value &&
		    (policy->burst_given == BURST_ANY || there->burst_given == policy->burst_given);

	if (policy->rate)
		same = same && cost > one * 0.999999 && cost < one * 1.000001 &&
		       there->burst == (uint64_t)model_cost(there, there->burst_given);
	else
		same = same && !there->mult;
	policy->mult = there->mult;
	policy->shift = there->shift;
	policy->burst = there->burst;
	policy->quantum = there->quantum;
	policy->owner = there->owner;
	return same;
}

#endif
