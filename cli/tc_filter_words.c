// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The words of `tc filter`. In: words, compared as tc compares them. Out: a
 * plain struct. The kernel is not asked.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "cli/tc_filter.h"

static const struct weir_spec_rules filter_rules = {
	.bytecode = true,
	.export_word = true,
	.prog_type = BPF_PROG_TYPE_SCHED_CLS,
};

/* ---- the general words --------------------------------------------------- */

static int exclusive(void)
{
	weir_compat_say("Error: \"dev\" and \"block\" are mutually exclusive");
	return WEIR_COMPAT_USAGE;
}

static int take_dev(struct weir_filter_line *line, const char *value)
{
	if (line->dev)
		return weir_word_duplicate("dev", value);
	if (line->filter.block)
		return exclusive();
	line->dev = value;
	return 0;
}

static int take_block(struct weir_filter_line *line, const char *value)
{
	if (line->filter.block)
		return weir_word_duplicate("block", value);
	if (line->dev)
		return exclusive();
	if (!weir_word_u32(value, &line->filter.block) || !line->filter.block)
		return weir_word_wrong(value, "invalid block index value");
	return 0;
}

static int take_parent(struct weir_filter_line *line, const char *value)
{
	if (line->filter.parent)
		return weir_word_duplicate("parent", value);
	if (!weir_word_classid(value, &line->filter.parent))
		return weir_word_wrong(value,
				       line->show ? "invalid parent ID" : "Invalid parent ID");
	return 0;
}

static int take_handle(struct weir_filter_line *line, const char *value)
{
	if (line->handle)
		return weir_word_duplicate("handle", value);
	line->handle = value;
	return 0;
}

static int take_pref(struct weir_filter_line *line, const char *value)
{
	if (line->filter.pref)
		return weir_word_duplicate("priority", value);
	if (!weir_word_u32(value, &line->filter.pref) || line->filter.pref > 0xffff)
		return weir_word_wrong(value, line->show ? "invalid preference"
							 : "invalid priority value");
	return 0;
}

static int take_protocol(struct weir_filter_line *line, const char *value)
{
	if (line->protocol_given)
		return weir_word_duplicate("protocol", value);
	if (!weir_word_protocol(value, &line->filter.protocol_be))
		return weir_word_wrong(value, "invalid protocol");
	line->protocol_given = true;
	return 0;
}

static int take_chain(struct weir_filter_line *line, const char *value)
{
	if (line->filter.has_chain)
		return weir_word_duplicate("chain", value);
	if (!weir_word_u32(value, &line->filter.chain))
		return weir_word_wrong(value, "invalid chain index value");
	line->filter.has_chain = true;
	return 0;
}

static const struct {
	const char *word;
	bool whole; /* not by prefix */
	int (*take)(struct weir_filter_line *line, const char *value);
} general[] = {
	{"dev", true, take_dev},
	{"block", false, take_block},
	{"parent", true, take_parent},
	{"handle", true, take_handle},
	{"preference", false, take_pref},
	{"priority", false, take_pref},
	{"protocol", false, take_protocol},
	{"chain", false, take_chain},
};

static int take_hook(struct weir_filter_line *line, const char *word)
{
	if (line->filter.parent) {
		weir_compat_say("Error: \"%s\" is duplicate parent ID", word);
		return WEIR_COMPAT_USAGE;
	}
	if (!strcmp(word, "root"))
		line->filter.parent = WEIR_TC_PARENT_ROOT;
	else if (!strcmp(word, "ingress"))
		line->filter.parent = WEIR_TC_PARENT_INGRESS;
	else
		line->filter.parent = WEIR_TC_PARENT_EGRESS;
	return 0;
}

static bool is_hook(const char *word)
{
	return !strcmp(word, "root") || !strcmp(word, "ingress") || !strcmp(word, "egress");
}

/* Takes general words up to the kind. */
static int take_general(struct weir_filter_line *line, char ***argv)
{
	for (; **argv; (*argv)++) {
		const char *word = **argv;
		size_t i, n = sizeof(general) / sizeof(*general);
		int status;

		if (is_hook(word)) {
			status = take_hook(line, word);
			if (status)
				return status;
			continue;
		}
		for (i = 0; i < n; i++)
			if (general[i].whole ? !strcmp(word, general[i].word)
					     : weir_word_is(word, general[i].word))
				break;
		if (i == n)
			return 0;
		if (!(*argv)[1])
			return weir_word_missing();
		status = general[i].take(line, *++(*argv));
		if (status)
			return status;
	}
	return 0;
}

/* ---- the words of kind bpf ----------------------------------------------- */

static int take_spec(struct weir_filter_line *line, char ***argv)
{
	int status = weir_spec_parse(argv, &filter_rules, &line->spec);

	line->has_spec = true;
	if (status == WEIR_COMPAT_FAILED)
		weir_compat_say("Unable to parse bpf command line");
	return status;
}

static int take_classid(struct weir_filter_line *line, char ***argv)
{
	if (!(*argv)[1])
		return weir_word_missing();
	if (!weir_word_classid((*argv)[1], &line->filter.classid)) {
		weir_compat_say("Illegal \"classid\"");
		return WEIR_COMPAT_FAILED;
	}
	line->filter.has_classid = true;
	line->filter.classid_after_actions = line->actions.n > 0;
	*argv += 2;
	return 0;
}

static int take_actions(struct weir_filter_line *line, char ***argv)
{
	int status;

	if (!(*argv)[1])
		return weir_word_missing();
	status = weir_actions_parse(argv, &line->actions);
	if (status == WEIR_COMPAT_FAILED)
		weir_compat_say("Illegal \"action\"");
	return status;
}

static int take_unknown(struct weir_filter_line *line, char ***argv)
{
	if (!line->has_spec)
		return take_spec(line, argv);
	weir_compat_say("What is \"%s\"?", **argv);
	weir_compat_say("Usage: ... bpf ..., see TC AND IP in weir(8)");
	return WEIR_COMPAT_FAILED;
}

static int take_run(struct weir_filter_line *line, char ***argv)
{
	if (!(*argv)[1])
		return weir_word_missing();
	(*argv)++;
	return line->has_spec ? weir_word_duplicate("run", **argv) : take_spec(line, argv);
}

/* In tc's order of comparison. A policer, and actions of other kinds, end the
 * reading: their words are the real tc's (tc_borrow.c). */
static int take_option(struct weir_filter_line *line, char ***argv)
{
	const char *word = **argv;

	if (weir_word_is(word, "run"))
		return take_run(line, argv);
	if (weir_word_is(word, "classid") || weir_word_is(word, "flowid"))
		return take_classid(line, argv);
	if (weir_word_is(word, "direct-action") || weir_word_is(word, "da"))
		line->filter.direct_action = true;
	else if (weir_word_is(word, "skip_hw"))
		line->filter.flags_gen |= TCA_CLS_FLAGS_SKIP_HW;
	else if (weir_word_is(word, "skip_sw"))
		line->filter.flags_gen |= TCA_CLS_FLAGS_SKIP_SW;
	else if (weir_word_is(word, "action"))
		return take_actions(line, argv);
	else if (weir_word_is(word, "police")) {
		line->has_police = true;
		return 0;
	} else if (weir_word_is(word, "help")) {
		weir_compat_say("Usage: ... bpf ..., see TC AND IP in weir(8)");
		return WEIR_COMPAT_FAILED;
	} else {
		return take_unknown(line, argv);
	}
	(*argv)++;
	return 0;
}

static int take_bpf(struct weir_filter_line *line, char **argv)
{
	int status = 0;

	if (line->handle && !weir_word_u32(line->handle, &line->filter.handle)) {
		weir_compat_say("Illegal \"handle\"");
		return WEIR_COMPAT_FAILED;
	}
	line->filter.has_options = *argv != NULL;
	while (*argv && !status && !line->has_police && !line->actions.foreign)
		status = take_option(line, &argv);
	line->filter.actions = line->actions.list;
	line->filter.n_actions = line->actions.n;
	line->filter.ops = line->spec.ops;
	line->filter.n_ops = line->spec.n_ops;
	return status;
}

/* ---- lines --------------------------------------------------------------- */

static int say_usage(const char *text)
{
	weir_compat_say("%s", text);
	return WEIR_COMPAT_USAGE;
}

static int check_get(const struct weir_filter_line *line)
{
	if (!line->protocol_given)
		return say_usage("Must specify filter protocol");
	if (!line->filter.pref)
		return say_usage("Must specify filter priority");
	/* iproute2 demands it of blocks, too, which have none. */
	if (!line->filter.parent && !line->filter.block)
		return say_usage("Must specify filter parent");
	if (!line->dev && !line->filter.block)
		return say_usage("Must specify netdevice \"dev\" or block index \"block\"");
	if (!line->handle)
		return say_usage("Must specify filter \"handle\"");
	if (!*line->filter.kind)
		return say_usage("Must specify filter type");
	return 0;
}

static int parse_change(char **argv, struct weir_filter_line *line)
{
	int status = take_general(line, &argv);

	if (status)
		return status;
	if (!line->protocol_given && (line->op == WEIR_TC_ADD || line->op == WEIR_TC_REPLACE))
		line->filter.protocol_be = htons(ETH_P_ALL);
	if (*argv) {
		snprintf(line->filter.kind, sizeof(line->filter.kind), "%s", *argv);
		line->options = argv + 1;
	} else if (line->handle && line->op != WEIR_TC_GET) {
		return say_usage("Must specify filter type when using \"handle\"");
	}
	if (line->op == WEIR_TC_GET) {
		status = check_get(line);
		if (status)
			return status;
	}
	return line->options ? take_bpf(line, line->options) : 0;
}

static int parse_show(char **argv, struct weir_filter_line *line)
{
	int status;

	line->show = true;
	status = take_general(line, &argv);
	if (!status && *argv) {
		weir_compat_say(" What is \"%s\"? Try \"tc filter help\"", *argv);
		return WEIR_COMPAT_USAGE;
	}
	return status;
}

int weir_filter_parse(char **words, struct weir_filter_line *out)
{
	static const struct {
		const char *verb;
		enum weir_tc_op op;
	} verbs[] = {
		{"add", WEIR_TC_ADD},	 {"change", WEIR_TC_CHANGE}, {"replace", WEIR_TC_REPLACE},
		{"delete", WEIR_TC_DEL}, {"get", WEIR_TC_GET},
	};

	*out = (struct weir_filter_line){0};
	for (size_t i = 0; words[1] && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (weir_word_is(words[1], verbs[i].verb)) {
			out->op = verbs[i].op;
			return parse_change(words + 2, out);
		}
	return parse_show(words + 1 + (words[1] != NULL), out);
}

void weir_filter_line_free(struct weir_filter_line *line)
{
	weir_spec_free(&line->spec);
	weir_actions_free(&line->actions);
}
