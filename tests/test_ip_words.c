// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words of `weir ip`: whose a line is, what stands in it, and what is said about
 * wrong ones. Nothing reaches the kernel.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ip.h"

static char line[1024];
static char *words[128];

static char **words_of(const char *text)
{
	size_t n = 0;

	snprintf(line, sizeof(line), "%s", text);
	for (char *at = strtok(line, " "); at; at = strtok(NULL, " "))
		words[n++] = at;
	words[n] = NULL;
	return words;
}

/* ---- whose --------------------------------------------------------------- */

static const struct {
	const char *line;
	bool ours;
	bool stats;
} lines[] = {
	{"link set dev v0 xdp off", true},
	{"l s v0 xdpgeneric none", true},
	{"link set v0 xdpdrv obj F", true},
	{"link change v0 xdpoffload obj F sec xdp up", true},
	{"link set v0 up mtu 1400 xdp obj F", true},
	{"link set xdp off dev v0", true},
	{"link set xdp up", true}, /* not an interface to ip either */
	{"link set group 5 xdp off", true},
	{"link set v0 vf 0 mac 00:00:00:00:00:01 vlan 5 xdp off", true},
	{"link set v0 protodown_reason 3 on xdp off", true},
	{"link set dev v0 xdp", true},
	{"link set dev xdp up", false},
	{"link set dev xdp xdp off", true},
	{"link set v0 alias xdp", false},
	{"link set v0 al xdp", false},
	{"link set v0 name xdp", false},
	{"link set v0 master xdp", false},
	{"link set v0 m xdp", false},
	{"link set v0 li xdp", false},
	{"link set v0 group xdp", false},
	{"link set v0 netns xdp", false},
	{"link set v0 protodown_reason 3 xdp", false},
	{"link set v0 vf 0 mac xdp", false},
	{"link set mac xdp off", true}, /* an interface, without vf */
	{"link set v0 type bond xdp", false},
	{"link set v0 ty veth xdp off", false},
	{"link set v0 xdpx off", false},
	{"link set v0 XDP off", false},
	{"link set", false},
	{"link set dev", false},
	{"link set v0 alias", false},
	{"link", false},
	{"link", true, true},
	{"link show v0", false},
	{"link ls v0", true, true},
	{"link list", true, true},
	{"link sh v0", true, true},
	{"link s v0 up", false, true}, /* set */
	{"link add v0 xdp off", false},
	{"link del v0", false, true},
	{"link help", false, true},
	{"addr", true, true},
	{"a show v0", true, true},
	{"addr add 10.0.0.1/8 dev v0", false, true},
	{"addr flush dev v0", false, true},
	{"addrlabel list", false, true},
	{"route add 10.0.0.0/8 encap bpf out obj F dev v0", true},
	{"r a 10.0.0.0/8 encap bpf in obj F", true},
	{"ro rep 10.0.0.0/8 dev v0 encap bpf", true},
	{"route change 10.0.0.0/8 encap seg6local action End.BPF endpoint obj F", true},
	{"route chg 10.0.0.0/8 encap seg6local endpoint obj F action End.BPF", true},
	{"route append x encap seg6local count action End.BPF endpoint obj F", true},
	{"route prepend x nexthop via y nexthop encap bpf out obj F via z", true},
	{"route add x encap seg6local action End.DX6 nh6 y", false},
	{"route add x encap seg6local nexthop encap seg6local action End.BPF", true},
	{"route add x encap ip id 1 dst y", false},
	{"route add x encap", false},
	{"route del x encap bpf", false},
	{"route get x", false},
	{"route show", false, true},
	{"route", false},
	{"rule add x encap bpf", false},
	{"nexthop add id 5 encap bpf out obj F dev v0", true},
	{"nex replace id 5 encap bpf out obj F dev v0", true},
	{"ne add id 5 encap bpf out obj F dev v0", false}, /* neighbour */
	{"nexthop del id 5 encap bpf", false},
	{"nexthop add id 5 via x", false},
	{"nexthop", false},
	{"vrf exec red true", false},
	{"x", false},
};

static void ip_whose(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct weir_compat c = {.program = "ip", .is_ip = true, .stats = lines[i].stats};

		if (weir_ip_is_ours(&c, words_of(lines[i].line)) != lines[i].ours)
			fail_msg("%s: ours: %d wanted", lines[i].line, lines[i].ours);
	}
}

/* ---- what is in a link line ---------------------------------------------- */

static const struct {
	const char *line;
	const char *dev; /* NULL: none */
	const char *xdp; /* NULL: none */
	bool has_setting;
} link_lines[] = {
	{"v0 xdp off", "v0", "xdp", false},
	{"dev v0 xdpdrv off", "v0", "xdpdrv", false},
	{"dev xdp xdpgeneric off", "xdp", "xdpgeneric", false},
	{"dev dev xdp off", "dev", "xdp", false},
	{"mtu 1400 v0 xdp off", "v0", "xdp", true},
	{"mtu 1400 dev v0 xdp off", "v0", "xdp", true},
	{"v0 up xdp off", "v0", "xdp", true},
	{"name v0 xdp off", "v0", "xdp", true},
	{"v0 nomaster xdp off", "v0", "xdp", true},
	{"v0 v1 xdp off", "v0", "xdp", true},
	{"group 5 xdp off", NULL, "xdp", true},
	{"xdp off", NULL, "xdp", false},
	{"v0 vf 1 max_tx_rate 5 state auto up xdp off", "v0", "xdp", true},
	{"v0 alias", "v0", NULL, true},
	{"dev", NULL, NULL, false},
	{"", NULL, NULL, false},
};

static void ip_link_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(link_lines) / sizeof(*link_lines); i++) {
		struct weir_link_words said = {0};
		char **xdp = weir_ip_find_xdp(words_of(link_lines[i].line), &said);
		const char *dev = link_lines[i].dev, *want = link_lines[i].xdp;

		if (!dev != !said.dev || (dev && strcmp(dev, said.dev) != 0) || !want != !xdp ||
		    (want && strcmp(want, *xdp) != 0) ||
		    link_lines[i].has_setting != said.has_setting)
			fail_msg("%s: dev %s, xdp %s, settings %d", link_lines[i].line,
				 said.dev ? said.dev : "-", xdp ? *xdp : "-", said.has_setting);
	}
}

/* ---- wrong lines --------------------------------------------------------- */

#define INCOMPLETE "Command line is not complete. Try option \"help\"\n"

static const struct {
	const char *line;
	const char *err;
} wrong[] = {
	{"link set v0 xdp", INCOMPLETE},
	{"link set v0 xdp foo", "What mode is \"foo\"?\n"},
	{"link set v0 xdp bytecode 1,6", "What mode is \"bytecode\"?\n"},
	{"link set v0 xdp obj", INCOMPLETE},
	{"link set v0 xdp obj F sec", INCOMPLETE},
	{"link set v0 xdp off xdp obj F",
	 "Error: duplicate \"xdp\": \"obj\" is the second value.\n"},
	{"link set v0 xdp obj F up xdpgeneric",
	 "Error: duplicate \"xdpgeneric\": \"xdpgeneric\" is the second value.\n"},
	{"route add x encap bpf out", INCOMPLETE},
	{"route add x encap bpf out foo", "What mode is \"foo\"?\n"},
	{"route add x encap bpf out obj", INCOMPLETE},
	{"route add x encap bpf in obj F in obj G",
	 "Error: duplicate \"in\": \"obj\" is the second value.\n"},
	{"route add x encap bpf headroom", INCOMPLETE},
	{"route add x encap bpf headroom 0",
	 "Error: argument \"0\" is wrong: headroom is invalid\n"},
	{"route add x encap bpf headroom 1x",
	 "Error: argument \"1x\" is wrong: headroom is invalid\n"},
	{"route add x encap seg6local action End.BPF",
	 "Error: argument \"End.BPF\" is wrong: it needs an endpoint\n"},
	{"route add x encap seg6local action End.BPF endpoint", INCOMPLETE},
	{"route add x encap seg6local action End.BPF endpoint obj F count endpoint obj F",
	 "Error: duplicate \"endpoint\": \"obj\" is the second value.\n"},
	{"nexthop add id 5 encap bpf xmit pinned", INCOMPLETE},
};

static int run_captured(char **line_words, char *err, size_t len)
{
	struct weir_compat c = {.program = "ip", .name = "ip", .is_ip = true};
	FILE *to = tmpfile();
	int saved = dup(STDERR_FILENO), status;
	size_t n;

	assert_non_null(to);
	fflush(stderr);
	dup2(fileno(to), STDERR_FILENO);
	weir_compat_say_begin(false);
	status = weir_ip_line(&c, line_words);
	weir_compat_say_end(false);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(to);
	n = fread(err, 1, len - 1, to);
	err[n] = '\0';
	fclose(to);
	return status;
}

static void ip_wrong_lines(void **state)
{
	char err[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		int status = run_captured(words_of(wrong[i].line), err, sizeof(err));

		if (status != WEIR_COMPAT_USAGE || strcmp(err, wrong[i].err) != 0)
			fail_msg("%s: %d, %s", wrong[i].line, status, err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip_whose),
		cmocka_unit_test(ip_link_words),
		cmocka_unit_test(ip_wrong_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
