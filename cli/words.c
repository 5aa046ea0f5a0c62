// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The vocabulary: every word of every command, as rows. A new word is a row
 * here and a field in cli/command.h; help, completion and the checks of the
 * man page follow.
 */
#include <linux/bpf.h>

#include "cli/command.h"
#include "cli/stat.h"
#include "cli/word_rows.h"
#include "loader/weir.h"

#define PREF_MAX UINT16_MAX /* tcm_info keeps it in 16 bits, linux/pkt_sched.h TC_H_MAKE */

const struct weir_word weir_global_words[] = {
	FLAG("json", .letter = 'j', GLOBAL(json), .help = "print JSON"),
	FLAG("pretty", .letter = 'p', GLOBAL(pretty), .help = "JSON for reading: indented"),
	STRING("netns", "NETNS", .letter = 'n', GLOBAL(netns), .fill = WEIR_FILL_NETNS,
	       .help = "interfaces of this network namespace, a name or a path"),
	STRING("bpffs", "DIR", GLOBAL(bpffs), .fill = WEIR_FILL_DIR,
	       .help = "mount point of the BPF file system"),
	{.type = WEIR_WORD_COUNT,
	 .word = "verbose",
	 .letter = 'v',
	 GLOBAL(verbose),
	 .help = "say what is done, and all the verifier says; twice: libbpf's lines too"},
	FLAG("quiet", .letter = 'q', GLOBAL(quiet), .help = "no notes, errors only"),
	FLAG("version", .letter = 'V', .aliases = "Version", GLOBAL(version),
	     .help = "print the version"),
	END,
};

#define DEV_HELP "the interface"

static const struct weir_word attach_words[] = {
	STRING("dev", "DEV", FIELD(attach, dev), .required = true, .fill = WEIR_FILL_DEV,
	       .help = DEV_HELP),
	SET("xdp", WEIR_HOOK_XDP, FIELD(attach, hook), .group = 'h', .required = true,
	    .help = "before the network stack"),
	SET("ingress", WEIR_HOOK_INGRESS, FIELD(attach, hook), .group = 'h', .required = true,
	    .help = "tc, packets that come in"),
	SET("egress", WEIR_HOOK_EGRESS, FIELD(attach, hook), .group = 'h', .required = true,
	    .help = "tc, packets that go out"),
	SET("native", WEIR_XDP_NATIVE, FIELD(attach, mode), .group = 'm', .needs = "xdp",
	    .help = "XDP in the driver"),
	SET("generic", WEIR_XDP_GENERIC, FIELD(attach, mode), .group = 'm', .needs = "xdp",
	    .help = "XDP in the kernel's receive path, with any driver"),
	SET("offload", WEIR_XDP_OFFLOAD, FIELD(attach, mode), .group = 'm', .needs = "xdp",
	    .help = "XDP on the network card"),
	FLAG("tcx", FIELD(attach, tcx), .group = 'm', .needs = "ingress egress",
	     .help = "by a tcx link (Linux 6.6), not by a clsact filter"),
	FLAG("skip_sw", FIELD(attach, skip_sw), .group = 'k', .needs = "ingress egress",
	     .bars = "tcx", .help = "tc on the network card only"),
	FLAG("skip_hw", FIELD(attach, skip_hw), .group = 'k', .needs = "ingress egress",
	     .bars = "tcx", .help = "tc never on the network card"),
	FLAG("fallback", FIELD(attach, fallback), .needs = "offload skip_sw", .bars = "pinned id",
	     .help = "when the card does not take it: native XDP, or tc on the host"),
	STRING("obj", "FILE", FIELD(attach, obj), .group = 'p', .required = true,
	       .aliases = "object object-file", .fill = WEIR_FILL_FILE,
	       .help = "load the program from this object file"),
	STRING("pinned", "PATH", FIELD(attach, pinned), .group = 'p', .required = true,
	       .aliases = "object-pinned fd", .fill = WEIR_FILL_FILE,
	       .help = "the loaded program that is pinned here"),
	NUMBER("id", "N", UINT32_MAX, FIELD(attach, id), .group = 'p', .required = true,
	       .help = "the loaded program with this id"),
	STRING("sec", "SECTION", FIELD(attach, sec), .aliases = "section", .needs = "obj",
	       .fill = WEIR_FILL_SECTION, .help = "the program in this section of the object"),
	STRING("prog", "FUNCTION", FIELD(attach, prog), .aliases = "program", .needs = "obj",
	       .fill = WEIR_FILL_PROG, .help = "the program of this name"),
	STRING("name", "SLOT", FIELD(attach, name), .needs = "ingress egress",
	       .help = "slot at the hook; the same slot is replaced (default: FILE:[SECTION])"),
	NUMBER("pref", "N", PREF_MAX, FIELD(attach, pref), .needs = "ingress egress", .bars = "tcx",
	       .help = "preference of the filter (default: kept, else the kernel's)"),
	NUMBER("handle", "H", UINT32_MAX, FIELD(attach, handle), .needs = "ingress egress",
	       .bars = "tcx", .help = "handle of the filter (default: kept, else the kernel's)"),
	FLAG("force", FIELD(attach, force), .help = "replace somebody else's program"),
	STRING("pindir", "DIR", FIELD(attach, pin_dir), .needs = "obj",
	       .help = "global map pins in BPFFS/DIR, not in BPFFS/tc/globals"),
	END,
};

static const struct weir_word detach_words[] = {
	STRING("dev", "DEV", FIELD(detach, dev), .required = true, .fill = WEIR_FILL_DEV,
	       .help = DEV_HELP),
	SET("xdp", WEIR_HOOK_XDP, FIELD(detach, hook), .group = 'h', .help = "from XDP"),
	SET("ingress", WEIR_HOOK_INGRESS, FIELD(detach, hook), .group = 'h',
	    .help = "from tc, packets that come in"),
	SET("egress", WEIR_HOOK_EGRESS, FIELD(detach, hook), .group = 'h',
	    .help = "from tc, packets that go out"),
	SET("native", WEIR_XDP_NATIVE, FIELD(detach, mode), .group = 'm', .needs = "xdp",
	    .help = "only XDP in the driver"),
	SET("generic", WEIR_XDP_GENERIC, FIELD(detach, mode), .group = 'm', .needs = "xdp",
	    .help = "only XDP in the kernel's receive path"),
	SET("offload", WEIR_XDP_OFFLOAD, FIELD(detach, mode), .group = 'm', .needs = "xdp",
	    .help = "only XDP on the network card"),
	FLAG("tcx", FIELD(detach, tcx), .group = 'm', .needs = "ingress egress",
	     .help = "only tcx links"),
	STRING("name", "SLOT", FIELD(detach, name), .needs = "ingress egress",
	       .help = "only this slot"),
	NUMBER("pref", "N", PREF_MAX, FIELD(detach, pref), .needs = "ingress egress", .bars = "tcx",
	       .help = "only filters of this preference"),
	NUMBER("handle", "H", UINT32_MAX, FIELD(detach, handle), .needs = "ingress egress",
	       .bars = "tcx", .help = "only filters with this handle"),
	FLAG("force", FIELD(detach, force), .help = "remove somebody else's programs, too"),
	END,
};

static const struct weir_word show_words[] = {
	STRING("dev", "DEV", FIELD(show, dev), .fill = WEIR_FILL_DEV,
	       .help = "this interface (default: all)"),
	END,
};

static const struct weir_word inspect_words[] = {
	FILE_NAME(FIELD(inspect, file), .help = "the object file"),
	STRING("dev", "DEV", FIELD(inspect, dev), .fill = WEIR_FILL_DEV,
	       .help = "ask the network card of DEV which of its programs it takes"),
	END,
};

static const struct weir_word convert_words[] = {
	STRING(NULL, "OLD", FIELD(convert, in), .required = true, .first = true,
	       .fill = WEIR_FILL_FILE, .help = "the object file to read"),
	STRING("output", "NEW", FIELD(convert, out), .required = true, .aliases = "-o --output",
	       .fill = WEIR_FILL_FILE, .help = "the object file to write"),
	END,
};

static const struct weir_choice prog_kinds[] = {
	{"xdp", BPF_PROG_TYPE_XDP},
	{"tc", BPF_PROG_TYPE_SCHED_CLS},
	{"act", BPF_PROG_TYPE_SCHED_ACT},
	{NULL, 0},
};

static const struct weir_word check_words[] = {
	FILE_NAME(FIELD(check, file), .help = "the object file"),
	STRING("sec", "SECTION", FIELD(check, sec), .group = 's', .aliases = "section",
	       .fill = WEIR_FILL_SECTION, .help = "only the program in this section"),
	STRING("prog", "FUNCTION", FIELD(check, prog), .group = 's', .aliases = "program",
	       .fill = WEIR_FILL_PROG, .help = "only the program of this name"),
	FLAG("all", FIELD(check, all), .group = 's',
	     .help = "every program whose kind is known (the default)"),
	{.type = WEIR_WORD_CHOICE,
	 .word = "type",
	 .metavar = "xdp|tc|act",
	 FIELD(check, prog_type),
	 .choices = prog_kinds,
	 .help = "kind of the programs whose section names say none"},
	END,
};

/* A report more often than 100 a second is a busy loop; a day is long enough. */

static const struct weir_choice stat_sorts[] = {
	{"name", WEIR_STAT_NAME}, {"packets", WEIR_STAT_PACKETS}, {"bytes", WEIR_STAT_BYTES},
	{"pps", WEIR_STAT_PPS},	  {"bps", WEIR_STAT_BPS},	  {NULL, 0},
};

static const struct weir_word stat_words[] = {
	STRING(NULL, "MAP", FIELD(stat, map), .group = 'w', .fill = WEIR_FILL_MAP,
	       .help = "a pinned counter map: its name, or a path"),
	NUMBER("id", "N", UINT32_MAX, FIELD(stat, id), .group = 'w',
	       .help = "the counter map with this id"),
	STRING("dev", "DEV", FIELD(stat, dev), .group = 'w', .fill = WEIR_FILL_DEV,
	       .help = "counter maps of the programs on this interface"),
	STRING("key", "TYPE", FIELD(stat, key_type), .needs = "MAP id",
	       .help = "the type of its keys: ipv4, \"{u32 rule; be16 port}\""),
	STRING("value", "TYPE", FIELD(stat, value_type), .needs = "MAP id",
	       .help = "the type of its values: \"{u64 packets; u64 bytes}\", or u64"),
	FLAG("all", FIELD(stat, all), .help = "also counters that are zero"),
	{.type = WEIR_WORD_CHOICE,
	 .word = "sort",
	 .metavar = "name|packets|bytes|pps|bps",
	 FIELD(stat, sort),
	 .choices = stat_sorts,
	 .help = "numbers: the largest first"},
	NUMBER("limit", "N", UINT32_MAX, FIELD(stat, limit), .help = "at most N counters of a map"),
	INTERVAL(FIELD(stat, interval_ns), "report again and again, with rates: 2, 0.5, 1s, 500ms"),
	NUMBER("count", "N", UINT32_MAX, FIELD(stat, count),
	       .help = "end after N reports (interval: 1s unless given)"),
	END,
};

/* The program that packets are given to. */
#define SUBJECT(command)                                                                        \
	STRING(NULL, "FILE", FIELD(command, subject.file), .group = 'p', .required = true,      \
	       .fill = WEIR_FILL_FILE,                                                          \
	       .help = "the object file; its maps are new, no pin is touched"),                 \
		STRING("pinned", "PATH", FIELD(command, subject.pinned), .group = 'p',          \
		       .required = true, .aliases = "object-pinned fd", .fill = WEIR_FILL_FILE, \
		       .help = "the loaded program that is pinned here, with its live maps"),   \
		NUMBER("id", "N", UINT32_MAX, FIELD(command, subject.id), .group = 'p',         \
		       .required = true, .help = "the loaded program with this id, the same"),  \
		STRING("sec", "SECTION", FIELD(command, subject.sec), .aliases = "section",     \
		       .bars = "pinned id", .fill = WEIR_FILL_SECTION,                          \
		       .help = "the program in this section of the object"),                    \
		STRING("prog", "FUNCTION", FIELD(command, subject.prog), .aliases = "program",  \
		       .bars = "pinned id", .fill = WEIR_FILL_PROG,                             \
		       .help = "the program of this name"),                                     \
	{                                                                                       \
		.type = WEIR_WORD_CHOICE, .word = "type", .metavar = "xdp|tc",                  \
		FIELD(command, subject.type), .choices = run_kinds, .bars = "pinned id",        \
		.help = "its kind, where the section's name says none"                          \
	}

static const struct weir_choice run_kinds[] = {
	{"xdp", BPF_PROG_TYPE_XDP},
	{"tc", BPF_PROG_TYPE_SCHED_CLS},
	{NULL, 0},
};

#define SETS(command)                                                               \
	{                                                                           \
		.type = WEIR_WORD_WHERE, .word = "set", .metavar = "MAP KEY VALUE", \
		FIELD(command, sets),                                               \
		.help = "an entry of a map of the object; as often as need be"      \
	}

static const struct weir_word test_words[] = {
	SUBJECT(test),
	STRING("in", "PACKETS", FIELD(test, in), .required = true, .fill = WEIR_FILL_FILE,
	       .help = "a capture, or lines that describe packets; - is standard input"),
	STRING("out", "CAPTURE", FIELD(test, out), .fill = WEIR_FILL_FILE,
	       .help = "write the packets that go on, as they are then (pcapng)"),
	STRING("expect", "FILE", FIELD(test, expect), .fill = WEIR_FILL_FILE,
	       .help = "compare with this; prints TAP"),
	STRING("save", "FILE", FIELD(test, save), .fill = WEIR_FILL_FILE,
	       .help = "write what happens as an expectation"),
	STRING("junit", "FILE", FIELD(test, junit), .needs = "expect", .fill = WEIR_FILL_FILE,
	       .help = "write the comparison as JUnit XML, too"),
	SETS(test),
	STRING("maps", "DIR", FIELD(test, maps), .bars = "pinned id", .fill = WEIR_FILL_DIR,
	       .help = "fill the object's maps from what weir map snapshot kept"),
	STRING("dev", "DEV", FIELD(test, dev), .fill = WEIR_FILL_DEV,
	       .help = "packets come in on this interface"),
	NUMBER("mark", "N", UINT32_MAX, FIELD(test, mark), .help = "tc: the mark they have"),
	NUMBER("priority", "N", UINT32_MAX, FIELD(test, priority),
	       .help = "tc: the priority they have"),
	END,
};

static const struct weir_word bench_words[] = {
	SUBJECT(bench),
	STRING("in", "PACKETS", FIELD(bench, in), .fill = WEIR_FILL_FILE,
	       .help = "as of test: each is measured (default: UDP in 64 bytes)"),
	NUMBER("flows", "N", 16777216, FIELD(bench, flows),
	       .help = "measure with N source addresses in turn as well"),
	{.type = WEIR_WORD_U32,
	 .word = "rounds",
	 .metavar = "N",
	 .min = 3,
	 .max = 1001,
	 FIELD(bench, rounds),
	 .help = "how many medians are taken of (default: 31)"},
	{.type = WEIR_WORD_U32,
	 .word = "runs",
	 .metavar = "N",
	 .min = 8,
	 .max = 100000000,
	 FIELD(bench, runs),
	 .help = "runs of a program in a round (default: 100000)"},
	SETS(bench),
	STRING("maps", "DIR", FIELD(bench, maps), .bars = "pinned id", .fill = WEIR_FILL_DIR,
	       .help = "fill the object's maps from what weir map snapshot kept"),
	STRING("dev", "DEV", FIELD(bench, dev), .fill = WEIR_FILL_DEV,
	       .help = "packets come in on this interface"),
	END,
};

static const struct weir_word top_words[] = {
	STRING("dev", "DEV", FIELD(top, dev), .fill = WEIR_FILL_DEV,
	       .help = "only this interface, and what its programs count"),
	INTERVAL(FIELD(top, interval_ns), "how often: 2, 0.5, 1s, 500ms; to 60s (default: 1s)"),
	END,
};

static const struct weir_word serve_words[] = {
	STRING("listen", "ADDR:PORT", FIELD(serve, listen),
	       .help = "where (default: 127.0.0.1:9777); [::1]:9777, *:9777"),
	STRING("token", "FILE", FIELD(serve, token), .fill = WEIR_FILL_FILE,
	       .help = "a file with the word that clients must send"),
	STRING("dev", "DEV", FIELD(serve, dev), .fill = WEIR_FILL_DEV,
	       .help = "only this interface, and what its programs count"),
	INTERVAL(FIELD(serve, interval_ns), "how often counters are read (default: 1s)"),
	NUMBER("series", "N", 1000000, FIELD(serve, series),
	       .help = "at most N counters (default: 10000); what is cut is counted"),
	END,
};

static const struct weir_word help_words[] = {
	STRING(NULL, "COMMAND", FIELD(help, command), .fill = WEIR_FILL_COMMAND,
	       .help = "the command (default: an overview)"),
	STRING(NULL, "VERB", FIELD(help, verb), .help = "its verb, as in map dump"),
	END,
};

static const struct weir_word foreign_words[] = {
	STRING(NULL, "LINE", .required = true, .first = true,
	       .help = "options, object and words as iproute2 takes them"),
	END,
};

static const struct weir_word no_words[] = {END};

const struct weir_command weir_commands[] = {
	{"attach", weir_cmd_attach, attach_words, "attach a program to an interface",
	 "The words after `attach' stand in any order. What weir has attached before is\n"
	 "replaced without a moment between; somebody else's program only with force.\n"
	 "With plain `xdp' native is tried before generic, and a line says which it was.\n"},
	{"detach", weir_cmd_detach, detach_words, "remove weir's programs from an interface",
	 "Without a hook every hook is meant. Map pins stay.\n"},
	{"show", weir_cmd_show, show_words, "list what is attached, by anybody", NULL},
	{"inspect", weir_cmd_inspect, inspect_words, "list what an object file holds",
	 "Needs no privilege and asks no kernel, unless dev is given: then each program is\n"
	 "loaded for that network card by way of trial, and let go.\n"},
	{"convert", weir_cmd_convert, convert_words,
	 "rewrite an old object file for tc, ip and bpftool on libbpf 1.x",
	 "Needs no privilege. Notes say what the new form cannot express.\n"},
	{"check", weir_cmd_check, check_words, "load and verify only: nothing attached or pinned",
	 NULL},
	{"stat", weir_cmd_stat, stat_words, "print packet and byte counters",
	 "Without MAP, id and dev: every counter map that is pinned or used by an attached\n"
	 "program. A map that is called like a word is given by its path.\n"},
	{"test", weir_cmd_test, test_words, "run a program with packets, and say what it does",
	 "Every packet of a capture goes through the kernel's test run; none is sent. A line "
	 "each:\n"
	 "number, verdict, length; then what was counted and changed. What save writes, expect\n"
	 "compares with. Packets may be words: ipv4 10.0.0.1 > 10.0.0.2 ttl 1 udp 53 len 100\n"},
	{"bench", weir_cmd_bench, bench_words, "measure what a program costs a packet",
	 "In nanoseconds, by the kernel's test run, net of a program that does nothing; the two\n"
	 "in turns. Without `flows' all runs have the same packet, so that caches are hot.\n"},
	{"capture", weir_cmd_capture, weir_capture_words, "show or write packets, with verdicts",
	 "At XDP the program that is attached runs on, behind one that copies packets with its\n"
	 "verdict; when the capture ends, however it ends, it is put back. After a kill -9 the\n"
	 "next capture does that, or `off'. At tc the capture stands before other programs, and\n"
	 "knows no verdicts. EXPRESSION is one of pcap-filter(7): 'tcp port 443', 'vlan 5'.\n"},
	{"top", weir_cmd_top, top_words, "watch interfaces, programs and counters, live",
	 "Keys: arrows move, / filters, s sorts, space pauses, ? explains, q ends.\n"},
	{"serve", weir_cmd_serve, serve_words, "show counters over HTTP: Prometheus, and a page",
	 "On 127.0.0.1:9777 unless told otherwise: / is the page, /metrics is for Prometheus,\n"
	 "/api/v1/board is JSON. Beyond loopback it needs a token.\n"},
	{"filter", weir_cmd_filter, weir_filter_words, "drop or pass packets by rules",
	 "A first rule attaches the filter, at xdp unless told otherwise. A later one replaces\n"
	 "the set of rules in one step. Of the rules that match a packet, that of the longer\n"
	 "source prefix decides, then of the longer destination prefix, then the one that names\n"
	 "more, then deny. ARP and neighbour discovery always pass, but for rules about MACs.\n"},
	{"police", weir_cmd_police, weir_police_words, "hold packets to rates by rules",
	 "A first rule attaches the police, at xdp unless told otherwise; rules, their order and\n"
	 "sets are those of filter, whose steps come first. RATE and SIZE are as tc(8) has them:\n"
	 "bit, kbit, mbit, gbit; bps, kbps ... are bytes; and pps, kpps, mpps. Buckets are filled\n"
	 "by the kernel's tick, so that what flows in during one may pass beside the burst.\n"},
	{"forward", weir_cmd_forward, weir_forward_words, "forward packets past the network stack",
	 "By the kernel's routes and neighbours, IPv4 and IPv6, from the interfaces that are on "
	 "to\n"
	 "those that are on or `to', with the VLANs on them. What needs more than that the stack\n"
	 "gets, and is counted by reason. Not asked: netfilter, rp_filter, IPsec policies.\n"},
	{"map", NULL, no_words, "read and edit any map of the machine",
	 "MAP is a pinned name, a path, `id N', or `prog PROGRAM NAME'. Keys and values are\n"
	 "words by their types: 10.1.2.0/24, saddr=10.0.0.1,dport=53, [1,2], eth0, tcp.\n",
	 .verbs = weir_map_verbs},
	{"tc", NULL, foreign_words, "a line of tc: qdiscs, filters and actions of BPF",
	 "By weir, with the words, output and exit status of tc(8), from both forms of objects:\n"
	 "  qdisc   add, replace, delete, show: clsact and ingress\n"
	 "  filter  add, change, replace, delete, get: kind bpf; show, with tcx programs\n"
	 "  actions add, change, replace, get, delete, list, flush: kind bpf\n"
	 "  exec    bpf import, graft, debug\n"
	 "  -batch  with lines of all kinds\n"
	 "Any other line is run by the real tc, as it stands; its words: tc help.\n",
	 .foreign = true},
	{"ip", NULL, foreign_words, "a line of ip: XDP programs and routes through BPF",
	 "By weir, with the words, output and exit status of ip(8), from both forms of objects:\n"
	 "  link    set: xdp, xdpgeneric, xdpdrv, xdpoffload; show with -s: runs of programs\n"
	 "  route   add, append, change, prepend, replace: encap bpf\n"
	 "  -batch  with lines of all kinds\n"
	 "Any other line is run by the real ip, as it stands; its words: ip help.\n",
	 .foreign = true},
	{"help", weir_cmd_help, help_words, "explain a command", NULL},
	{"version", weir_cmd_version, no_words, "print the version", NULL},
	{NULL, NULL, NULL, NULL, NULL, false},
};
