/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done with the packets of a rule: as words, and as the struct of maps/police.h that
 * the program computes with.
 */
#ifndef WEIR_CLI_POLICE_POLICY_H
#define WEIR_CLI_POLICE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "maps/police.h"

/* What the words say; NULL: it is not named. */
struct weir_policy_words {
	const char *rate, *burst, *per;
	bool exceed; /* one of these follows: */
	bool drop, pace;
	const char *dscp, *mark;
};

#define WEIR_POLICY_TEXT_MAX 200

/* Is anything named? */
bool weir_policy_words_any(const struct weir_policy_words *words);
/* Words as a policy without an owner. @why (of 160 bytes) gets the cause; -EINVAL. */
int weir_policy_read(const struct weir_policy_words *words, struct weir_policy *out, char *why);
/* "rate 10mbit burst 12500b per src/24,64 exceed dscp 10" into @buf of WEIR_POLICY_TEXT_MAX. */
const char *weir_policy_text(const struct weir_policy *policy, char *buf);
/* The same words? Then the same buckets, too, for two rules of the same packets. */
bool weir_policy_is_same(const struct weir_policy *a, const struct weir_policy *b);
bool weir_policy_has_same_keys(const struct weir_policy *a, const struct weir_policy *b);
/* What flows in @ns at the policy's rate, in its unit; at least 1. */
uint64_t weir_policy_flow(const struct weir_policy *policy, uint64_t ns);
/* The kernel's tick (jiffies) in nanoseconds. */
uint64_t weir_tick_ns(void);

#endif
