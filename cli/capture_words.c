// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words of `weir capture`: rows, as in cli/words.c. */
#include <linux/bpf.h>

#include "cli/command.h"
#include "cli/word_rows.h"
#include "loader/weir.h"
#include "maps/sample.h"

static const struct weir_choice verdicts[] = {
	{"aborted", 1U << XDP_ABORTED}, {"drop", 1U << XDP_DROP},	  {"pass", 1U << XDP_PASS},
	{"tx", 1U << XDP_TX},		{"redirect", 1U << XDP_REDIRECT}, {NULL, 0},
};

const struct weir_word weir_capture_words[] = {
	STRING("dev", "DEV", FIELD(capture, dev), .required = true, .fill = WEIR_FILL_DEV,
	       .help = "the interface"),
	SET("xdp", WEIR_HOOK_XDP, FIELD(capture, hook), .group = 'h',
	    .help = "before the network stack, with verdicts (the default)"),
	SET("ingress", WEIR_HOOK_INGRESS, FIELD(capture, hook), .group = 'h',
	    .help = "tc, packets that come in"),
	SET("egress", WEIR_HOOK_EGRESS, FIELD(capture, hook), .group = 'h',
	    .help = "tc, packets that go out"),
	SET("native", WEIR_XDP_NATIVE, FIELD(capture, mode), .group = 'm', .bars = "ingress egress",
	    .help = "XDP in the driver"),
	SET("generic", WEIR_XDP_GENERIC, FIELD(capture, mode), .group = 'm',
	    .bars = "ingress egress", .help = "XDP in the kernel's receive path, with any driver"),
	STRING("write", "FILE", FIELD(capture, file), .fill = WEIR_FILL_FILE,
	       .help = "write pcapng, - to standard output (default: a line a packet)"),
	STRING("match", "EXPRESSION", FIELD(capture, match),
	       .help = "only packets that this finds, in one word: 'tcp port 443'"),
	{.type = WEIR_WORD_CHOICE,
	 .word = "verdict",
	 .metavar = "aborted|drop|pass|tx|redirect",
	 .choices = verdicts,
	 FIELD(capture, verdicts),
	 .bars = "ingress egress",
	 .help = "only packets with this verdict"},
	NUMBER("one-in", "N", 1000000000, FIELD(capture, one_in),
	       .help = "one in N of those packets"),
	NUMBER("snaplen", "BYTES", WEIR_SAMPLE_SNAP_MAX, FIELD(capture, snap_bytes),
	       .help = "of a packet at most so many bytes (default: 65536)"),
	NUMBER("count", "N", UINT32_MAX, FIELD(capture, count), .help = "end after N packets"),
	{.type = WEIR_WORD_TIME,
	 .word = "seconds",
	 .metavar = "TIME",
	 .min = 1000000,
	 .max = 31536000000000000, /* a year */
	 FIELD(capture, seconds_ns),
	 .help = "end after that time: 10, 0.5, 500ms"},
	NUMBER("buffer", "MIB", 1024, FIELD(capture, buffer_mib),
	       .help = "size of the ring buffer (default: 4)"),
	FLAG("force", FIELD(capture, force), .bars = "ingress egress",
	     .help = "also with somebody else's program at xdp"),
	FLAG("off", FIELD(capture, off),
	     .bars = "native generic write match verdict one-in snaplen count seconds buffer force",
	     .help = "end what a killed capture has left, or one that runs at xdp"),
	END,
};
