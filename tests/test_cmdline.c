// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Command lines, parsed and not run. Each row: the exit status (-1: would be
 * run), the line, and a part of what is printed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/map.h"
#include "cli/say.h"
#include "loader/weir.h"

#define RUN (-1)

struct line {
	int status;
	const char *words; /* separated by blanks; '' is an empty word */
	const char *printed;
};

static const struct line lines[] = {
	/* the whole command */
	{2, "", "usage: weir"},
	{0, "-h", "usage: weir"},
	{0, "-help", "usage: weir"},
	{0, "--help", "usage: weir"},
	{RUN, "help", ""},
	{RUN, "h", ""},
	{RUN, "version", ""},
	{RUN, "v", ""},
	{RUN, "-V", ""},
	{RUN, "-Version", ""},
	{RUN, "-version", ""},
	{RUN, "--version", ""},
	{2, "frobnicate", "'frobnicate': unknown command; see: weir help"},
	{2, "atach", "'atach': unknown command; did you mean attach?"},
	{2, "shwo", "did you mean show?"},
	{2, "s", "'s': ambiguous: show, stat"},
	{2, "c", "'c': ambiguous: convert, check"},
	{2, "d'", "unknown command"},
	{2, "''", "unknown command"},
	{2, "-", "unknown command"},
	/* test */
	{RUN, "test x.o prog f in y", ""},
	{RUN, "test x.o set a 1 2 set b 3 4 in - out -", ""},
	{RUN, "test pinned /p in y mark 0x10 priority 7 dev eth0", ""},
	{RUN, "test id 7 in y expect e junit j save s", ""},
	{2, "test", "missing"},
	{2, "test x.o", "missing: in"},
	{2, "test in y", "missing"},
	{2, "test x.o in y junit j", "only with 'expect'"},
	{2, "test x.o in y set a 1", "MAP KEY VALUE must follow"},
	{2, "test pinned /p in y sec s", "pinned"},
	{2, "test x.o pinned /p in y", "pinned"},
	{2, "test x.o in y type act", "act"},
	{RUN, "bench x.o", ""},
	{RUN, "bench pinned /p in y flows 1000 rounds 31 runs 8", ""},
	{2, "bench x.o rounds 2", "rounds"},
	{2, "bench x.o flows 0", "flows"},
	{2, "bench x.o out y", "out"},
	{RUN, "capture dev eth0", ""},
	{RUN, "capture dev eth0 xdp generic write - match udp verdict drop one-in 64", ""},
	{RUN, "capture dev eth0 egress snaplen 64 count 1 seconds 0.5 buffer 16", ""},
	{RUN, "capture dev eth0 ingress off", ""},
	{2, "capture", "missing: dev"},
	{2, "capture dev eth0 ingress verdict drop", "verdict"},
	{2, "capture dev eth0 ingress force", "force"},
	{2, "capture dev eth0 off count 3", "count"},
	{2, "capture dev eth0 snaplen 65537", "snaplen"},
	{2, "capture dev eth0 one-in 0", "one-in"},
	{2, "capture dev eth0 verdict rejected", "rejected"},
	/* options */
	{RUN, "-j show", ""},
	{RUN, "-json show", ""},
	{RUN, "--json show", ""},
	{RUN, "-js show", ""},
	{RUN, "-j -p show", ""},
	{RUN, "-j -pretty show", ""},
	{RUN, "-v show", ""},
	{RUN, "-v -v show", ""},
	{RUN, "-vv show", ""},
	{RUN, "-verbose show", ""},
	{RUN, "-q show", ""},
	{RUN, "-n blue show", ""},
	{RUN, "-netns blue show", ""},
	{RUN, "--netns=blue show", ""},
	{RUN, "--bpffs /bpf show", ""},
	{RUN, "-bpffs=/bpf show", ""},
	{RUN, "-b /bpf show", ""},
	{0, "-j -h", "usage: weir"},
	{2, "-n", "weir: options: 'netns': NETNS must follow"},
	{2, "--netns= show", "weir: options: 'netns': NETNS must follow"},
	{2, "--bpffs", "weir: options: 'bpffs': DIR must follow"},
	{2, "-n a -n b show", "weir: options: 'netns': given twice"},
	{2, "-j -j show", "weir: options: 'json': given twice"},
	{2, "--json=1 show", "weir: options: 'json': takes no value"},
	{2, "-x show", "'-x': unknown option; see: weir help"},
	{2, "-ve show", "'ve': ambiguous: verbose, version"},
	{2, "-vx show", "'-vx': unknown option"},
	{2, "-jj show", "'-jj': unknown option"},
	{2, "--frob=1 show", "unknown option"},
	{2, "-j", "usage: weir"},
	{2, "show -j", "show: '-j': unknown word; options stand before the command: weir -j show"},
	{2, "show --json", "options stand before the command"},
	/* attach: the three sources, three hooks */
	{RUN, "attach dev eth0 xdp obj a.o", ""},
	{RUN, "attach dev eth0 ingress obj a.o", ""},
	{RUN, "attach dev eth0 egress obj a.o", ""},
	{RUN, "attach dev eth0 xdp pinned /sys/fs/bpf/p", ""},
	{RUN, "attach dev eth0 xdp id 12", ""},
	{RUN, "attach dev eth0 xdp id 0x10", ""},
	{RUN, "attach dev eth0 xdp id 4294967295", ""},
	/* other orders, iproute2's words, short words */
	{RUN, "attach xdp obj a.o dev eth0", ""},
	{RUN, "attach obj a.o xdp native dev eth0", ""},
	{RUN, "attach obj a.o native dev eth0 xdp", ""},
	{RUN, "a d eth0 x ob a.o", ""},
	{RUN, "att dev eth0 xdp object a.o", ""},
	{RUN, "attach dev eth0 xdp object-file a.o section prog", ""},
	{RUN, "attach dev eth0 xdp object-pinned /p", ""},
	{RUN, "attach dev eth0 xdp fd /p", ""},
	{RUN, "attach dev eth0 xdp obj a.o program main", ""},
	{RUN, "attach dev eth0 xdp obj a.o sec xdp prog main", ""},
	{RUN, "attach dev eth0 in obj a.o se tc", ""},
	{RUN, "attach dev dev xdp obj obj", ""},
	{RUN, "attach dev eth0 xdp native obj a.o", ""},
	{RUN, "attach dev eth0 xdp generic obj a.o", ""},
	{RUN, "attach dev eth0 xdp offload obj a.o", ""},
	{RUN, "attach dev eth0 xdp offload fallback obj a.o", ""},
	{RUN, "attach dev eth0 ingress skip_sw obj a.o", ""},
	{RUN, "attach dev eth0 ingress skip_sw fallback obj a.o", ""},
	{RUN, "attach dev eth0 egress skip_hw pinned /p", ""},
	{RUN, "inspect a.o dev eth0", ""},
	{RUN, "attach dev eth0 ingress tcx obj a.o", ""},
	{RUN, "attach dev eth0 egress tcx obj a.o name one", ""},
	{RUN, "attach dev eth0 egress obj a.o name one pref 1 handle 1 force", ""},
	{RUN, "attach dev eth0 egress obj a.o pref 65535 handle 0xffffffff", ""},
	{RUN, "attach dev eth0 xdp obj a.o pindir mine", ""},
	{RUN, "attach dev eth0 xdp obj a.o force", ""},
	{RUN, "attach dev eth0 egress id 3 name one", ""},
	/* help of a command, wherever it stands as a word */
	{0, "attach help", "usage: weir attach dev DEV (xdp | ingress | egress)"},
	{0, "attach -h", "usage: weir attach"},
	{0, "attach --help", "usage: weir attach"},
	{0, "attach dev eth0 help", "usage: weir attach"},
	{RUN, "attach dev help xdp obj a.o", ""},
	{0, "detach help", "usage: weir detach dev DEV"},
	{0, "show help", "usage: weir show [dev DEV]"},
	{0, "inspect help", "usage: weir inspect FILE"},
	{0, "convert -h", "usage: weir convert OLD output NEW"},
	{0, "check help", "[type xdp|tc|act]"},
	{0, "stat help", "usage: weir stat [MAP | id N | dev DEV] [key TYPE] "},
	{0, "help help", "usage: weir help [COMMAND]"},
	{0, "version help", "usage: weir version\n"},
	/* attach: what is missing */
	{2, "attach", "attach: missing: dev DEV; see: weir help attach"},
	{2, "attach xdp obj a.o", "attach: missing: dev DEV"},
	{2, "attach dev eth0 obj a.o", "attach: missing: one of xdp, ingress, egress"},
	{2, "attach dev eth0 xdp", "attach: missing: one of obj FILE, pinned PATH, id N"},
	{2, "attach dev", "attach: 'dev': DEV must follow"},
	{2, "attach dev ''", "attach: 'dev': DEV must follow"},
	{2, "attach dev eth0 xdp obj", "attach: 'obj': FILE must follow"},
	{2, "attach dev eth0 xdp pinned", "attach: 'pinned': PATH must follow"},
	{2, "attach dev eth0 xdp id", "attach: 'id': N must follow"},
	{2, "attach dev eth0 xdp obj a.o sec", "attach: 'sec': SECTION must follow"},
	{2, "attach dev eth0 xdp obj a.o prog", "attach: 'prog': FUNCTION must follow"},
	{2, "attach dev eth0 ingress obj a.o name", "attach: 'name': SLOT must follow"},
	/* twice, conflicts */
	{2, "attach dev eth0 dev eth1 xdp obj a.o", "attach: 'dev': given twice"},
	{2, "attach dev eth0 xdp xdp obj a.o", "attach: 'xdp': given twice"},
	{2, "attach dev eth0 xdp ingress obj a.o", "attach: 'ingress': not together with 'xdp'"},
	{2, "attach dev eth0 egress ingress obj a", "'ingress': not together with 'egress'"},
	{2, "attach dev eth0 xdp obj a.o obj b.o", "attach: 'obj': given twice"},
	{2, "attach dev eth0 xdp obj a.o object b.o", "attach: 'obj': given twice"},
	{2, "attach dev eth0 xdp obj a.o id 3", "attach: 'id': not together with 'obj'"},
	{2, "attach dev eth0 xdp id 3 pinned /p", "attach: 'pinned': not together with 'id'"},
	{2, "attach dev eth0 xdp native generic obj a", "'generic': not together with 'native'"},
	{2, "attach dev eth0 xdp native tcx obj a", "'tcx': not together with 'native'"},
	{2, "attach dev eth0 xdp tcx obj a.o", "attach: 'tcx': only with 'ingress' or 'egress'"},
	{2, "attach dev eth0 ingress native obj a.o", "attach: 'native': only with 'xdp'"},
	{2, "attach dev eth0 ingress generic obj a.o", "attach: 'generic': only with 'xdp'"},
	{2, "attach dev eth0 egress offload obj a.o", "attach: 'offload': only with 'xdp'"},
	{2, "attach dev eth0 xdp skip_sw obj a.o",
	 "attach: 'skip_sw': only with 'ingress' or 'egress'"},
	{2, "attach dev eth0 ingress skip_sw skip_hw obj a.o",
	 "attach: 'skip_hw': not together with 'skip_sw'"},
	{2, "attach dev eth0 ingress tcx skip_hw obj a.o",
	 "attach: 'skip_hw': not together with 'tcx'"},
	{2, "attach dev eth0 xdp native fallback obj a.o",
	 "attach: 'fallback': only with 'offload' or 'skip_sw'"},
	{2, "attach dev eth0 xdp offload fallback id 1",
	 "attach: 'fallback': not together with 'id'"},
	{2, "attach dev eth0 xdp obj a.o name x", "'name': only with 'ingress' or 'egress'"},
	{2, "attach dev eth0 xdp obj a.o pref 1", "'pref': only with 'ingress' or 'egress'"},
	{2, "attach dev eth0 xdp obj a.o handle 1", "'handle': only with 'ingress' or"},
	{2, "attach dev eth0 ingress tcx obj a pref 1", "'pref': not together with 'tcx'"},
	{2, "attach dev eth0 ingress tcx obj a handle 1", "'handle': not together with 'tcx'"},
	{2, "attach dev eth0 xdp id 3 sec x", "attach: 'sec': only with 'obj'"},
	{2, "attach dev eth0 xdp pinned /p prog x", "attach: 'prog': only with 'obj'"},
	{2, "attach dev eth0 xdp id 3 pindir x", "attach: 'pindir': only with 'obj'"},
	{2, "attach dev eth0 xdp obj a.o force force", "attach: 'force': given twice"},
	/* numbers */
	{2, "attach dev eth0 xdp id 0", "attach: 'id' '0': not a number from 1 to 4294967295"},
	{2, "attach dev eth0 xdp id 4294967296", "'id' '4294967296': not a number"},
	{2, "attach dev eth0 xdp id 99999999999999999999", "not a number from 1"},
	{2, "attach dev eth0 xdp id 12abc", "'id' '12abc': not a number"},
	{2, "attach dev eth0 xdp id -1", "'id' '-1': not a number"},
	{2, "attach dev eth0 xdp id +1", "'id' '+1': not a number"},
	{2, "attach dev eth0 xdp id x", "'id' 'x': not a number"},
	{2, "attach dev eth0 xdp id 0x", "'id' '0x': not a number"},
	{2, "attach dev eth0 egress obj a pref 0", "'pref' '0': not a number from 1 to 65535"},
	{2, "attach dev eth0 egress obj a pref 65536", "'pref' '65536': not a number"},
	{2, "attach dev eth0 egress obj a handle 0", "'handle' '0': not a number from 1"},
	/* unknown, ambiguous */
	{2, "attach dev eth0 xdp obj a.o p main", "'p': ambiguous: pinned, prog, pref, pindir"},
	{2, "attach dev eth0 o a.o", "attach: 'o': ambiguous: offload, obj"},
	{2, "attach dev eth0 xdp object- a.o", "attach: 'object-': ambiguous: obj, pinned"},
	{2, "attach dev eth0 xpd obj a.o", "attach: 'xpd': unknown word; did you mean xdp?"},
	{2, "attach dev eth0 xdpgeneric obj a.o", "'xdpgeneric': unknown word; did you mean xdp?"},
	{2, "attach dev eth0 ingres obj a.o fource", "did you mean force?"},
	{2, "attach dev eth0 xdp obj a.o blue", "'blue': unknown word; see: weir help attach"},
	{2, "attach dev eth0 xdp obj a.o -f", "attach: '-f': unknown word"},
	{2, "attach dev eth0 xdp obj a.o ''", "attach: '': unknown word"},
	/* detach */
	{RUN, "detach dev eth0", ""},
	{RUN, "de dev eth0 xdp", ""},
	{RUN, "detach dev eth0 xdp native", ""},
	{RUN, "detach xdp offload dev eth0 force", ""},
	{RUN, "detach dev eth0 ingress tcx", ""},
	{RUN, "detach dev eth0 ingress name one", ""},
	{RUN, "detach dev eth0 egress pref 7 handle 1", ""},
	{2, "detach", "detach: missing: dev DEV"},
	{2, "detach dev eth0 native", "detach: 'native': only with 'xdp'"},
	{2, "detach dev eth0 tcx", "detach: 'tcx': only with 'ingress' or 'egress'"},
	{2, "detach dev eth0 name one", "detach: 'name': only with 'ingress' or 'egress'"},
	{2, "detach dev eth0 xdp pref 1", "detach: 'pref': only with"},
	{2, "detach dev eth0 xdp egress", "detach: 'egress': not together with 'xdp'"},
	{2, "detach dev eth0 obj a.o", "detach: 'obj': unknown word"},
	/* show, inspect, convert */
	{RUN, "show", ""},
	{RUN, "sh dev eth0", ""},
	{2, "show dev", "show: 'dev': DEV must follow"},
	{2, "show eth0", "show: 'eth0': unknown word"},
	{RUN, "inspect a.o", ""},
	{RUN, "inspect dev", ""},
	{2, "inspect", "inspect: missing: FILE"},
	{2, "inspect a.o b.o", "inspect: 'b.o': unknown word"},
	{2, "inspect ''", "inspect: 'FILE': FILE must follow"},
	{RUN, "convert a.o -o b.o", ""},
	{RUN, "convert -o b.o a.o", ""},
	{RUN, "convert a.o output b.o", ""},
	{RUN, "convert a.o --output b.o", ""},
	{RUN, "conv a.o out b.o", ""},
	{RUN, "convert output output b.o", ""},
	{2, "convert", "convert: missing: OLD"},
	{2, "convert a.o", "convert: missing: output NEW"},
	{2, "convert a.o -o", "convert: 'output': NEW must follow"},
	{2, "convert a.o b.o", "convert: 'b.o': unknown word"},
	{2, "convert a.o -o b.o -o c.o", "convert: 'output': given twice"},
	{2, "convert a.o b.o -o c.o", "convert: 'b.o': unknown word"},
	/* check */
	{RUN, "check a.o", ""},
	{RUN, "check a.o sec xdp", ""},
	{RUN, "check a.o section xdp type xdp", ""},
	{RUN, "check a.o prog main type tc", ""},
	{RUN, "check a.o all", ""},
	{RUN, "check a.o type act", ""},
	{RUN, "check all all", ""},
	{2, "check", "check: missing: FILE"},
	{2, "check a.o sec x prog y", "check: 'prog': not together with 'sec'"},
	{2, "check a.o all sec x", "check: 'sec': not together with 'all'"},
	{2, "check a.o type kprobe", "check: 'type' 'kprobe': not one of xdp, tc, act"},
	{2, "check a.o type", "check: 'type': xdp|tc|act must follow"},
	/* stat */
	{RUN, "stat", ""},
	{RUN, "stat weir_count", ""},
	{RUN, "stat /sys/fs/bpf/tc/globals/count", ""},
	{RUN, "stat id 7", ""},
	{RUN, "stat dev eth0", ""},
	{RUN, "stat all", ""},
	{RUN, "stat weir_count all interval 1 count 3", ""},
	{RUN, "stat interval 0.5 weir_count", ""},
	{RUN, "stat interval 1s", ""},
	{RUN, "stat interval 1.5s", ""},
	{RUN, "stat interval 500ms", ""},
	{RUN, "stat interval 0.01", ""},
	{RUN, "stat interval 86400", ""},
	{RUN, "stat count 1", ""},
	{2, "stat count", "stat: 'count': N must follow"},
	{2, "stat interval", "stat: 'interval': TIME must follow"},
	{2, "stat interval 0", "stat: 'interval' '0': not a time from 10ms to 86400s"},
	{2, "stat interval 9ms", "'interval' '9ms': not a time"},
	{2, "stat interval 86401", "'interval' '86401': not a time"},
	{2, "stat interval 1m", "'interval' '1m': not a time"},
	{2, "stat interval -1", "'interval' '-1': not a time"},
	{2, "stat interval 1e3", "not a time"},
	{2, "stat interval inf", "not a time"},
	{2, "stat interval nan", "not a time"},
	{2, "stat interval 0x1", "not a time"},
	{2, "stat interval 1.", "not a time"},
	{2, "stat interval .5", "not a time"},
	{2, "stat interval s", "not a time"},
	{2, "stat interval 99999999999999999999999", "not a time"},
	{2, "stat count 0", "stat: 'count' '0': not a number from 1"},
	{2, "stat m1 m2", "stat: 'm2': unknown word"},
	{2, "stat m dev eth0", "stat: 'dev': not together with 'MAP'"},
	{2, "stat dev eth0 m", "stat: 'm': unknown word"},
	{2, "stat id 7 dev eth0", "stat: 'dev': not together with 'id'"},
	{2, "stat all all", "stat: 'all': given twice"},
	{2, "stat -f", "stat: '-f': unknown word"},
	{RUN, "stat m value u64 key ipv4", ""},
	{2, "stat value u64", "stat: 'value': only with 'MAP' or 'id'"},
	/* help, version */
	{RUN, "help attach", ""},
	{RUN, "help attach detach", ""},
	{RUN, "help map dump", ""},
	{0, "map help", "usage: weir map VERB"},
	{2, "map", "usage: weir map VERB"},
	{2, "map dmp", "map: 'dmp': unknown command; did you mean dump?"},
	{2, "map d", "map: 'd': ambiguous: dump, del"},
	{0, "map dump help", "usage: weir map dump MAP [where FIELD OP VALUE]"},
	{2, "map dump", "map dump: missing: MAP; see: weir help map dump"},
	{RUN, "map dump m", ""},
	{RUN, "map dump id 5 where a = 1 where b = 2 limit 3", ""},
	{RUN, "map dump prog p m sort -x", ""},
	{2, "map dump id", "map dump: 'MAP': id N must follow"},
	{2, "map dump prog p", "map dump: 'MAP': prog PROGRAM MAP must follow"},
	{2, "map dump m where a =", "map dump: 'where': FIELD OP VALUE must follow"},
	{2, "map dump m limit x", "map dump: 'limit' 'x'"},
	{2, "map dump m percpu percpu", "map dump: 'percpu': given twice"},
	{2, "map set m", "map set: missing: KEY VALUE; see: weir help map set"},
	{RUN, "map set m limit sort", ""},
	{2, "version x", "version: 'x': unknown word"},
};

#define WORDS_MAX 32

/* Splits a copy of @line; the vector is for weir_cli_parse(). */
static void split(char *line, char **argv)
{
	char *save = NULL;
	char *word;
	int n = 0;

	for (word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		assert_true(n < WORDS_MAX - 1);
		argv[n++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	argv[n] = NULL;
}

static char copy[256];
static char *argv[WORDS_MAX];

/* Parses @line; *printed is both streams, freed by the caller. */
static int parse(const char *line, struct weir_cli *cli, char **printed)
{
	FILE *real_out = stdout, *real_err = stderr;
	FILE *memory;
	size_t len;
	int status;

	snprintf(copy, sizeof(copy), "%s", line);
	split(copy, argv);
	memory = open_memstream(printed, &len);
	assert_non_null(memory);
	weir_say_reset();
	stdout = memory;
	stderr = memory;
	status = weir_cli_parse(argv, cli);
	stdout = real_out;
	stderr = real_err;
	fclose(memory);
	return status;
}

static void cmdline_rows(void **state)
{
	struct weir_cli cli;
	char *printed;
	int failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		int status = parse(lines[i].words, &cli, &printed);

		if (status != lines[i].status || !strstr(printed, lines[i].printed) ||
		    (status == RUN && (*printed || !cli.command))) {
			print_error("weir %s: status %d, expected %d\n%sexpected: %s\n",
				    lines[i].words, status, lines[i].status, printed,
				    lines[i].printed);
			failed++;
		}
		free(printed);
	}
	assert_int_equal(failed, 0);
}

static void expect_run(const char *line, struct weir_cli *cli)
{
	char *printed;

	assert_int_equal(parse(line, cli, &printed), RUN);
	assert_string_equal(printed, "");
	free(printed);
}

static void cmdline_attach_config(void **state)
{
	const struct weir_attach_config *cfg;
	struct weir_cli cli;

	(void)state;
	expect_run("-n blue -vv --bpffs /b attach dev e1 xdp offload obj f.o sec s prog p "
		   "force pindir d",
		   &cli);
	cfg = &cli.cfg.attach;
	assert_string_equal(cli.globals.netns, "blue");
	assert_string_equal(cli.globals.bpffs, "/b");
	assert_int_equal(cli.globals.verbose, 2);
	assert_string_equal(cli.command->name, "attach");
	assert_string_equal(cfg->dev, "e1");
	assert_int_equal(cfg->hook, WEIR_HOOK_XDP);
	assert_int_equal(cfg->mode, WEIR_XDP_OFFLOAD);
	assert_string_equal(cfg->obj, "f.o");
	assert_string_equal(cfg->sec, "s");
	assert_string_equal(cfg->prog, "p");
	assert_string_equal(cfg->pin_dir, "d");
	assert_true(cfg->force);
	assert_false(cfg->tcx);
	assert_null(cfg->pinned);

	expect_run("attach dev e1 egress pinned /p name n pref 0x10 handle 010", &cli);
	assert_string_equal(cfg->pinned, "/p");
	assert_string_equal(cfg->name, "n");
	assert_int_equal(cfg->hook, WEIR_HOOK_EGRESS);
	assert_int_equal(cfg->mode, WEIR_XDP_BEST);
	assert_int_equal(cfg->pref, 16);
	assert_int_equal(cfg->handle, 8);
	assert_null(cfg->obj);
}

static void cmdline_other_configs(void **state)
{
	struct weir_cli cli;

	(void)state;
	expect_run("detach dev e1 ingress tcx name n force", &cli);
	assert_int_equal(cli.cfg.detach.hook, WEIR_HOOK_INGRESS);
	assert_true(cli.cfg.detach.tcx);
	assert_true(cli.cfg.detach.force);
	expect_run("convert -o new old", &cli);
	assert_string_equal(cli.cfg.convert.in, "old");
	assert_string_equal(cli.cfg.convert.out, "new");
	expect_run("check f type tc all", &cli);
	assert_int_equal(cli.cfg.check.prog_type, 3); /* BPF_PROG_TYPE_SCHED_CLS */
	assert_true(cli.cfg.check.all);
	expect_run("-j -p -q stat interval 0.25 m count 4 all", &cli);
	assert_true(cli.globals.json && cli.globals.pretty && cli.globals.quiet);
	assert_string_equal(cli.cfg.stat.map, "m");
	assert_int_equal(cli.cfg.stat.interval_ns, 250000000);
	assert_int_equal(cli.cfg.stat.count, 4);
	assert_true(cli.cfg.stat.all);
	expect_run("stat interval 1500ms", &cli);
	assert_int_equal(cli.cfg.stat.interval_ns, 1500000000);
	expect_run("-V", &cli);
	assert_string_equal(cli.command->name, "version");
}

static void cmdline_distance(void **state)
{
	(void)state;
	assert_int_equal(weir_words_distance("xdp", "xdp"), 0);
	assert_int_equal(weir_words_distance("xpd", "xdp"), 1);
	assert_int_equal(weir_words_distance("", "xdp"), 3);
	assert_int_equal(weir_words_distance("ingres", "ingress"), 1);
	assert_int_equal(weir_words_distance("kitten", "sitting"), 3);
	assert_true(weir_words_distance("a-word-that-is-longer-than-any-of-ours", "xdp") > 2);
}

/* Rules of the tables themselves. */
static void check_command(const struct weir_command *c)
{
	assert_non_null(c->help);
	for (int i = 0; c->words[i].help; i++) {
		const struct weir_word *row = &c->words[i];

		assert_true(i < WEIR_WORDS_MAX - 1);
		assert_true(row->word || row->metavar);
		if (row->word)
			assert_int_equal(weir_words_find(c->words, row->word), i);
		/* what takes all words that follow stands last */
		if (row->type == WEIR_WORD_REST)
			assert_null(c->words[i + 1].help);
		else if (row->first)
			assert_int_equal(i, 0);
	}
}

static void cmdline_tables(void **state)
{
	(void)state;
	for (const struct weir_command *c = weir_commands; c->name; c++) {
		assert_true(!!c->run + c->foreign + !!c->verbs == 1);
		check_command(c);
		for (const struct weir_command *v = c->verbs; v && v->name; v++) {
			assert_non_null(v->run);
			check_command(v);
		}
	}
}

/* ---- words of one entry -------------------------------------------------- */

static const struct {
	const char *words;
	bool with_value;
	const char *key, *value, *key_type, *value_type; /* NULL: none */
	bool mask, percpu;
} entries[] = {
	{"1 2", true, "1", "2"},
	{"1 percpu 2 3", true, "1", "percpu 2 3"},
	{"1 id 5", true, "1", "id 5"},
	{"key 1 value 2", true, "1", "2"},
	{"key hex 0a 00 value hex 01 02", true, "hex 0a 00", "hex 01 02"},
	{"key 10 0 0 1 value 1 0 0 0 any", true, "10 0 0 1", "1 0 0 0"},
	{"1 value 2", true, "1", "2"},
	{"10.0.0.1 5 key ipv4 value u32", true, "10.0.0.1", "5", "ipv4", "u32"},
	{"key ipv4 10.0.0.1 value u32 5", true, "10.0.0.1", "5", "ipv4", "u32"},
	{"key prefix ipv4 10.0.0.0/8 value 1", true, "10.0.0.0/8", "1", "prefix ipv4"},
	{"10.0.0.1/8 5 mask", true, "10.0.0.1/8", "5", .mask = true},
	{"1", false, "1"},
	{"1 percpu", false, "1", .percpu = true},
	{"hex 0a 00 00 01", false, "hex 0a 00 00 01"},
	{"1 key u32 value u64[2]", false, "1", NULL, "u32", "u64[2]"},
	{"a=1,b=2 c=3", true, "a=1,b=2", "c=3"},
};

static const char *joined(char **words, uint32_t n)
{
	static char text[2][128];
	static int nth;
	size_t at = 0;

	nth = !nth;
	text[nth][0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		at += (size_t)snprintf(text[nth] + at, sizeof(text[nth]) - at, "%s%s", i ? " " : "",
				       words[i]);
	return text[nth];
}

static void cmdline_entries(void **state)
{
	struct weir_entry_words got;

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		struct weir_rest rest = {.words = argv};

		snprintf(copy, sizeof(copy), "%s", entries[i].words);
		split(copy, argv);
		if (weir_entry_split("set", &rest, entries[i].with_value, &got) ||
		    strcmp(joined(got.key, got.n_key), entries[i].key) != 0 ||
		    strcmp(joined(got.value, got.n_value), entries[i].value ?: "") != 0 ||
		    strcmp(got.key_type ?: "", entries[i].key_type ?: "") != 0 ||
		    strcmp(got.value_type ?: "", entries[i].value_type ?: "") != 0 ||
		    got.mask != entries[i].mask || got.percpu != entries[i].percpu)
			fail_msg("%s: key %s, value %s, types %s %s", entries[i].words,
				 joined(got.key, got.n_key), joined(got.value, got.n_value),
				 got.key_type, got.value_type);
	}
}

static char *complete(const char *line, char *last)
{
	FILE *real_out = stdout;
	char *printed;
	size_t len;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	split(copy, argv);
	while (argv[n])
		n++;
	argv[n] = last;
	argv[n + 1] = NULL;
	stdout = open_memstream(&printed, &len);
	assert_int_equal(weir_complete(argv), 0);
	fclose(stdout);
	stdout = real_out;
	return printed;
}

static void cmdline_completion(void **state)
{
	static const struct {
		const char *line, *offered, *not_offered;
	} rows[] = {
		{"", "attach\n", "json"},
		{"-j", "stat\n", "json"},
		{"-n", "@netns\n", "attach"},
		{"-n blue", "attach\n", "@netns"},
		{"attach", "dev\n", "native"},
		{"attach dev", "@dev\n", "xdp"},
		{"attach dev eth0", "xdp\n", "dev"},
		{"attach dev eth0 xdp", "native\n", "ingress"},
		{"attach dev eth0 xdp", "obj\n", "tcx"},
		{"attach dev eth0 ingress", "tcx\n", "native"},
		{"attach dev eth0 ingress tcx", "name\n", "pref"},
		{"attach dev eth0 xdp obj", "@file\n", "native"},
		{"attach dev eth0 xdp id 3", "force\n", "pinned"},
		{"convert", "@file\n", "output"},
		{"convert a.o", "output\n", "@file"},
		{"check a.o type", "xdp\ntc\nact\n", "all"},
		{"stat", "@map\n", "native"},
		{"stat m", "interval\n", "dev"},
		{"help", "inspect\n", "dev"},
	};
	char none[] = "";
	char dash[] = "-";
	char *printed;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		printed = complete(rows[i].line, none);
		if (!strstr(printed, rows[i].offered) || strstr(printed, rows[i].not_offered))
			fail_msg("weir %s <TAB>:\n%s", rows[i].line, printed);
		free(printed);
	}
	printed = complete("", dash);
	assert_non_null(strstr(printed, "-json\n"));
	free(printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cmdline_rows),		 cmocka_unit_test(cmdline_attach_config),
		cmocka_unit_test(cmdline_other_configs), cmocka_unit_test(cmdline_distance),
		cmocka_unit_test(cmdline_tables),	 cmocka_unit_test(cmdline_entries),
		cmocka_unit_test(cmdline_completion),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
