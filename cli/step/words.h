/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of the words that say where a step stands, in rows of a command whose config has a
 * struct weir_step_config `place`. */
#ifndef WEIR_CLI_STEP_WORDS_H
#define WEIR_CLI_STEP_WORDS_H

#include "cli/word_rows.h"
#include "loader/weir.h"

#define WEIR_STEP_DEV(command)                                                 \
	STRING("dev", "DEV", FIELD(command, place.dev), .fill = WEIR_FILL_DEV, \
	       .help = "the interface")

#define WEIR_STEP_HOOKS(command)                                                            \
	SET("xdp", WEIR_HOOK_XDP, FIELD(command, place.hook), .group = 'h',                 \
	    .help = "before the network stack (the default)"),                              \
		SET("ingress", WEIR_HOOK_INGRESS, FIELD(command, place.hook), .group = 'h', \
		    .help = "tc, packets that come in"),                                    \
		SET("egress", WEIR_HOOK_EGRESS, FIELD(command, place.hook), .group = 'h',   \
		    .help = "tc, packets that go out")

#define WEIR_STEP_MODES(command)                                                                  \
	SET("native", WEIR_XDP_NATIVE, FIELD(command, place.mode), .group = 'm', .needs = "xdp",  \
	    .help = "XDP in the driver"),                                                         \
		SET("generic", WEIR_XDP_GENERIC, FIELD(command, place.mode), .group = 'm',        \
		    .needs = "xdp", .help = "XDP in the kernel's receive path, with any driver"), \
		FLAG("tcx", FIELD(command, place.tcx), .group = 'm', .needs = "ingress egress",   \
		     .help = "by a tcx link (Linux 6.6), not by a clsact filter")

#define WEIR_STEP_FORCE(command) \
	FLAG("force", FIELD(command, place.force), .help = "replace another program at xdp")

/* All of them, for a step of rules in sets at any hook. */
#define WEIR_STEP_PLACE(command)                                                                  \
	WEIR_STEP_DEV(command),                                                                   \
		STRING("set", "NAME", FIELD(command, place.set),                                  \
		       .help = "rules that interfaces may share (default: the interface's own)"), \
		WEIR_STEP_HOOKS(command), WEIR_STEP_MODES(command)

#endif
