// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words of `weir filter`: rows, as in cli/words.c. */
#include "cli/command.h"
#include "cli/rules/words.h"
#include "cli/step/words.h"
#include "loader/weir.h"

static const struct weir_choice fallbacks[] = {
	{"allow", WEIR_FALLBACK_ALLOW},
	{"deny", WEIR_FALLBACK_DENY},
	{NULL, 0},
};

static const struct weir_choice bares[] = {
	{"deny-src", 0},
	{"allow-src", WEIR_BARE_ALLOW},
	{"deny-dst", WEIR_BARE_DST},
	{"allow-dst", WEIR_BARE_ALLOW | WEIR_BARE_DST},
	{NULL, 0},
};

const struct weir_word weir_filter_words[] = {
	WEIR_STEP_PLACE(filter),
	SET("allow", WEIR_FILTER_ALLOW_RULE, FIELD(filter, verb), .group = 'v', .required = true,
	    .help = "add a rule: what it matches passes"),
	SET("deny", WEIR_FILTER_DENY_RULE, FIELD(filter, verb), .group = 'v', .required = true,
	    .help = "add a rule: what it matches is dropped"),
	SET("del", WEIR_FILTER_DEL, FIELD(filter, verb), .group = 'v', .required = true,
	    .aliases = "delete", .help = "remove the rule that matches just this"),
	SET("show", WEIR_FILTER_SHOW, FIELD(filter, verb), .group = 'v', .required = true,
	    .aliases = "list", .help = "print the rules, as load takes them, and what was counted"),
	STRING("load", "FILE", FIELD(filter, file), .group = 'v', .required = true,
	       .fill = WEIR_FILL_FILE, .help = "the rules of this file instead of all there are"),
	{.type = WEIR_WORD_CHOICE,
	 .word = "default",
	 .metavar = "allow|deny",
	 .choices = fallbacks,
	 FIELD(filter, fallback),
	 .group = 'v',
	 .required = true,
	 .help = "what no rule matches passes, or is dropped"},
	SET("flush", WEIR_FILTER_FLUSH, FIELD(filter, verb), .group = 'v', .required = true,
	    .help = "remove all rules; the default stays"),
	SET("off", WEIR_FILTER_OFF, FIELD(filter, verb), .group = 'v', .required = true,
	    .help = "take the filter off the interface, or remove the set"),
	WEIR_RULE_WORDS(filter),
	{.type = WEIR_WORD_CHOICE,
	 .word = "with",
	 .metavar = "VERDICT-SIDE",
	 .choices = bares,
	 FIELD(filter, with),
	 .needs = "load",
	 .help = "what prefixes alone mean: deny-src (the default), allow-src, deny-dst, "
		 "allow-dst"},
	FLAG("dry-run", FIELD(filter, dry_run),
	     .help = "print what would change, and let the verifier try it"),
	WEIR_STEP_FORCE(filter),
	END,
};
