// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words of `weir police`: rows, as in cli/words.c. */
#include "cli/command.h"
#include "cli/rules/words.h"
#include "cli/step/words.h"
#include "loader/weir.h"

#define VERB(WORD, VERB_, HELP, ...)                                                          \
	SET(WORD, VERB_, FIELD(police, verb), .group = 'v', .required = true, .help = (HELP), \
	    ##__VA_ARGS__)

const struct weir_word weir_police_words[] = {
	WEIR_STEP_PLACE(police),
	VERB("limit", WEIR_POLICE_LIMIT,
	     "hold what the rule matches to a rate; without a match all that no rule matches"),
	VERB("del", WEIR_POLICE_DEL, "remove the rule that matches just this", .aliases = "delete"),
	VERB("show", WEIR_POLICE_SHOW, "print the rules, as load takes them, and what was counted",
	     .aliases = "list"),
	STRING("load", "FILE", FIELD(police, file), .group = 'v', .required = true,
	       .fill = WEIR_FILL_FILE, .help = "the rules of this file instead of all there are"),
	NUMBER("buckets", "N", WEIR_POLICE_BUCKETS_MAX, FIELD(police, buckets), .group = 'v',
	       .required = true,
	       .help = "room for this many addresses, and as many flows (default: 65536)"),
	VERB("flush", WEIR_POLICE_FLUSH, "remove all rules"),
	VERB("off", WEIR_POLICE_OFF, "take the police off the interface, or remove the set"),
	WEIR_RULE_WORDS(police),
	STRING("rate", "RATE", FIELD(police, policy.rate),
	       .help = "10mbit, 8kbit, 100kbps (bytes), 1000pps, 5kpps; 0: nothing passes"),
	STRING("burst", "SIZE", FIELD(police, policy.burst), .needs = "rate",
	       .help = "what may pass at once: 64k, 1500b, 100p (default: of 10 ms)"),
	STRING("per", "WHAT", FIELD(police, policy.per), .needs = "rate",
	       .help = "a rate for each rule (the default), src, dst, flow, interface, src/LEN, "
		       "src/LEN,LEN6"),
	FLAG("exceed", FIELD(police, policy.exceed), .needs = "drop dscp mark pace",
	     .help = "what is done with packets beyond the rate"),
	FLAG("drop", FIELD(police, policy.drop), .group = 'e', .needs = "exceed",
	     .help = "they are dropped (the default)"),
	STRING("dscp", "DSCP", FIELD(police, policy.dscp), .group = 'e', .needs = "exceed",
	       .help = "they pass with this DS field: 0 to 63, af11, cs1, ef"),
	STRING("mark", "MARK", FIELD(police, policy.mark), .group = 'e', .needs = "exceed",
	       .help = "they pass with this packet mark (tc)"),
	FLAG("pace", FIELD(police, policy.pace), .group = 'e', .needs = "exceed",
	     .help = "they leave when it is their time, by qdisc fq (egress)"),
	FLAG("dry-run", FIELD(police, dry_run),
	     .help = "print what would change, and let the verifier try it"),
	WEIR_STEP_FORCE(police),
	END,
};
