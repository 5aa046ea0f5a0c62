/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One rule: as words, as the struct that is kept in a map (maps/filter.h), and how rules are
 * ordered. Rules that name one address only are kept in the shorter struct.
 */
#ifndef WEIR_CLI_RULES_RULE_H
#define WEIR_CLI_RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "maps/filter.h"

/* What the words say of each part; NULL: it is not named. */
struct weir_rule_words {
	const char *src, *dst;	   /* PREFIX */
	const char *proto;	   /* NAME or number */
	const char *sport, *dport; /* A or A-B */
	const char *flags;	   /* "syn/syn,ack": these set of those looked at */
	const char *icmp;	   /* TYPE or TYPE/CODE */
	const char *smac, *dmac;
	bool fragment; /* a later one */
};

extern const char *const weir_tcp_flag_names[8]; /* by their bits */

#define WEIR_RULE_TEXT_MAX 400

/* An address, or one with a length. @why (of 160 bytes) gets the cause. -EINVAL. */
int weir_prefix_read(const char *text, uint8_t addr[16], uint8_t *len, uint8_t *family, char *why);
/* Is anything named? */
bool weir_rule_words_any(const struct weir_rule_words *words);
/* Words as a rule without counter. -EINVAL with @why. */
int weir_rule_read(const struct weir_rule_words *words, bool deny, struct weir_filter_rule *out,
		   char *why);
/* "deny src 10.0.0.0/8 proto tcp dport 22" into @buf of WEIR_RULE_TEXT_MAX. */
const char *weir_rule_text(const struct weir_filter_rule *rule, char *buf);

/* Does it name one address and nothing else? */
bool weir_rule_is_prefix(const struct weir_filter_rule *rule);
void weir_rule_to_prefix(const struct weir_filter_rule *rule, struct weir_filter_prefix *out);
void weir_rule_from_prefix(const struct weir_filter_prefix *prefix, struct weir_filter_rule *out);

/* The order in which rules decide; total, for rules that differ. */
int weir_rule_order(const void *a, const void *b);
/* The same packets, whatever the verdict and the counter. */
bool weir_rule_is_same(const struct weir_filter_rule *a, const struct weir_filter_rule *b);
/* By family, side, address, length; 0: the same packets. */
int weir_prefix_compare(const void *a, const void *b);

#endif
