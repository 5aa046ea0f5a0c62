// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Completion of `weir tc` and `weir ip`. In: the words of the line, the last one
 * being typed. Out: the words of iproute2 that lead to BPF. A line is in the place
 * of the last word that opens one; the places are rows.
 */
#include <string.h>

#include "cli/complete.h"

#define FILTER_SPEC "obj pinned bytecode bytecode-file"
#define SPEC	    "obj pinned"
#define ROUTE_VERBS "add append change prepend replace"

struct place {
	const char *program;
	const char *object; /* the line's; NULL: any */
	const char *words;  /* each opens it; NULL: the start of the line */
	const char *offers;
};

static const struct place places[] = {
	{"tc", NULL, NULL, "qdisc filter actions exec class chain monitor help"},
	{"tc", NULL, "qdisc", "add replace delete show"},
	{"tc", NULL, "filter", "add change replace delete get show"},
	{"tc", NULL, "actions", "add change replace get delete list flush"},
	{"tc", NULL, "exec", "bpf"},
	{"tc", "qdisc", "add replace delete show",
	 "dev handle ingress_block egress_block clsact ingress"},
	{"tc", "qdisc", "clsact ingress", ""},
	{"tc", "filter", "add change replace delete get show",
	 "dev block ingress egress root parent pref protocol chain handle bpf"},
	{"tc", "filter", "bpf",
	 FILTER_SPEC " section program verbose export direct-action classid skip_sw skip_hw "
		     "action police"},
	{"tc", "actions", "add change replace get delete list flush", "action"},
	{"tc", "actions", "action", "bpf"},
	{"tc", "actions", "bpf", FILTER_SPEC " section program verbose export index"},
	{"tc", "exec", "bpf", "import graft debug"},
	{"tc", "exec", "import", "run"},
	{"tc", "exec", "graft", "key type section program verbose " SPEC},
	{"ip", NULL, NULL, "link route address help"},
	{"ip", NULL, "link", "set show"},
	{"ip", NULL, "route", ROUTE_VERBS " show"},
	{"ip", "link", "set", "dev up down mtu xdp xdpgeneric xdpdrv xdpoffload"},
	{"ip", "link", "xdp xdpgeneric xdpdrv xdpoffload", SPEC " off section program verbose"},
	{"ip", "route", ROUTE_VERBS, "encap via dev table"},
	{"ip", "route", "encap", "bpf"},
	{"ip", "route", "bpf", "in out xmit headroom"},
	{"ip", "route", "in out xmit", SPEC " section verbose in out xmit headroom via dev table"},
};

/* Words that are followed by a value of which the shell or an object knows more. */
static const struct {
	const char *words;
	enum weir_word_fill fill;
} values[] = {
	{"dev", WEIR_FILL_DEV},
	{"obj object-file pinned object-pinned fd bytecode-file export graft import -batch -b",
	 WEIR_FILL_FILE},
	{"section sec", WEIR_FILL_SECTION},
	{"program", WEIR_FILL_PROG},
	{"-netns -n", WEIR_FILL_NETNS},
	{"bytecode handle parent pref protocol chain block classid index key via table mtu "
	 "headroom",
	 WEIR_FILL_NOTHING},
};

static const char options[] = "-json -pretty -details -stats -force -batch -netns -Version -help";

/* Is @word one of the blank-separated @list? */
static bool is_in(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (list += strspn(list, " "); *list; list += strspn(list, " ")) {
		size_t n = strcspn(list, " ");

		if (n == len && !strncmp(list, word, n))
			return true;
		list += n;
	}
	return false;
}

static void print_list(const char *list)
{
	for (list += strspn(list, " "); *list; list += strspn(list, " ")) {
		size_t n = strcspn(list, " ");

		printf("%.*s\n", (int)n, list);
		list += n;
	}
}

static int find_value(const char *word)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (is_in(values[i].words, word))
			return (int)i;
	return -1;
}

static const struct place *find_place(const char *program, const char *object, const char *word)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct place *place = &places[i];

		if (strcmp(place->program, program) != 0 || !place->words != !word)
			continue;
		if (word && !is_in(place->words, word))
			continue;
		if (!object ? !place->object : place->object && !strcmp(place->object, object))
			return place;
	}
	return NULL;
}

static void print_value(int nth, const char *file)
{
	const char *marker = weir_complete_marker(values[nth].fill);

	if (marker)
		puts(marker);
	else if (values[nth].fill != WEIR_FILL_NOTHING)
		weir_complete_object(file, values[nth].fill);
}

void weir_complete_foreign(const char *program, char **argv)
{
	const struct place *place = find_place(program, NULL, NULL);
	const char *object = NULL, *file = NULL;

	for (; argv[0] && argv[1]; argv++) {
		const struct place *next = find_place(program, object, argv[0]);
		int nth = find_value(argv[0]);

		if (next)
			place = next;
		if (next && !object)
			object = argv[0];
		if (nth < 0)
			continue;
		if (!argv[2]) {
			print_value(nth, file);
			return;
		}
		if (values[nth].fill == WEIR_FILL_FILE)
			file = argv[1];
		argv++;
	}
	print_list(argv[0] && argv[0][0] == '-' && !object ? options : place->offers);
}
