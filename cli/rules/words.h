/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of the words that say what a rule matches, in rows of a command whose config has a struct
 * weir_rule_words `words`. */
#ifndef WEIR_CLI_RULES_WORDS_H
#define WEIR_CLI_RULES_WORDS_H

#include "cli/word_rows.h"

#define WEIR_RULE_WORD(command, WORD, METAVAR, MEMBER, HELP) \
	STRING(WORD, METAVAR, FIELD(command, words.MEMBER), .help = (HELP))

#define WEIR_RULE_WORDS(command)                                                                  \
	WEIR_RULE_WORD(command, "src", "PREFIX", src, "source address: 10.0.0.0/8, 2001:db8::1"), \
		WEIR_RULE_WORD(command, "dst", "PREFIX", dst, "destination address"),             \
		WEIR_RULE_WORD(command, "proto", "PROTO", proto,                                  \
			       "protocol: tcp, udp, icmp, icmp6, or a number"),                   \
		WEIR_RULE_WORD(command, "sport", "PORTS", sport,                                  \
			       "source port, or ports: 53, 1024-65535"),                          \
		WEIR_RULE_WORD(command, "dport", "PORTS", dport, "destination port, or ports"),   \
		WEIR_RULE_WORD(command, "flags", "SET/LOOKED-AT", flags,                          \
			       "TCP flags: syn/syn,ack is syn set and ack not"),                  \
		WEIR_RULE_WORD(command, "icmp", "TYPE[/CODE]", icmp, "ICMP type: 8, 3/4"),        \
		WEIR_RULE_WORD(command, "smac", "MAC", smac, "source MAC address"),               \
		WEIR_RULE_WORD(command, "dmac", "MAC", dmac, "destination MAC address"),          \
		FLAG("fragment", FIELD(command, words.fragment),                                  \
		     .help = "fragments behind the first, which have no ports")

#endif
