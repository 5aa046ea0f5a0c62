// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words of `weir forward`: rows, as in cli/words.c. */
#include "cli/command.h"
#include "cli/step/words.h"
#include "loader/weir.h"

const struct weir_word weir_forward_words[] = {
	STRING("dev", "DEV", FIELD(forward, place.dev), .group = 'd', .fill = WEIR_FILL_DEV,
	       .help = "the interface whose packets are forwarded, and that they are sent to"),
	STRING("to", "DEV", FIELD(forward, to), .group = 'd', .fill = WEIR_FILL_DEV,
	       .help = "an interface that they are only sent to"),
	SET("xdp", WEIR_HOOK_XDP, FIELD(forward, place.hook), .group = 'h', .needs = "dev",
	    .help = "before the network stack (the default)"),
	SET("ingress", WEIR_HOOK_INGRESS, FIELD(forward, place.hook), .group = 'h', .needs = "dev",
	    .help = "tc, packets that come in"),
	SET("native", WEIR_XDP_NATIVE, FIELD(forward, place.mode), .group = 'm', .needs = "xdp",
	    .help = "XDP in the driver"),
	SET("generic", WEIR_XDP_GENERIC, FIELD(forward, place.mode), .group = 'm', .needs = "xdp",
	    .help = "XDP in the kernel's receive path, with any driver"),
	FLAG("tcx", FIELD(forward, place.tcx), .group = 'm', .needs = "ingress",
	     .help = "by a tcx link (Linux 6.6), not by a clsact filter"),
	SET("on", WEIR_FORWARD_ON, FIELD(forward, verb), .group = 'v', .required = true,
	    .help = "forward; again: look at addresses, VLANs and drivers anew"),
	SET("off", WEIR_FORWARD_OFF, FIELD(forward, verb), .group = 'v', .required = true,
	    .help = "leave it to the stack; without dev and to: everywhere"),
	SET("show", WEIR_FORWARD_SHOW, FIELD(forward, verb), .group = 'v', .required = true,
	    .aliases = "list", .help = "print the interfaces, and what was counted"),
	WEIR_STEP_FORCE(forward),
	END,
};
