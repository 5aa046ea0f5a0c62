// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `weir tc`: whose a line is, and the objects of tc that are ours. In: the
 * words behind the options. A line is ours when it is about BPF: clsact and
 * ingress qdiscs, filters of kind bpf (and showing or removing filters, since
 * tcx programs stand among them), actions of kind bpf, `exec bpf`.
 */
#include <string.h>

#include "cli/tc.h"

/* Words of qdisc and filter lines that are followed by a value. */
static bool takes_value(const char *word, bool filter)
{
	if (!strcmp(word, "dev") || !strcmp(word, "handle") || !strcmp(word, "parent"))
		return true;
	if (!filter)
		return !strcmp(word, "ingress_block") || !strcmp(word, "egress_block");
	return weir_word_is(word, "block") || weir_word_is(word, "preference") ||
	       weir_word_is(word, "priority") || weir_word_is(word, "protocol") ||
	       weir_word_is(word, "chain");
}

static bool is_hook_word(const char *word)
{
	return !strcmp(word, "root") || !strcmp(word, "ingress") || !strcmp(word, "egress");
}

static bool is_verb(const char *word, const char *const *verbs)
{
	for (; *verbs; verbs++)
		if (weir_word_is(word, *verbs))
			return true;
	return false;
}

static bool is_clsact(const char *word)
{
	return !strcmp(word, "clsact") || !strcmp(word, "ingress");
}

/* The kind is the first word that is none of the general ones. `show` is ours
 * where the line says what it wants to see. */
static bool qdisc_is_ours(char **words)
{
	static const char *const verbs[] = {"add",  "replace", "delete", "show",
					    "list", "lst",     NULL};

	if (!*words || !is_verb(*words, verbs))
		return false;
	for (words++; *words; words++) {
		if (is_clsact(*words))
			return true;
		if (!strcmp(*words, "root"))
			continue;
		if (!takes_value(*words, false) || !words[1])
			return false;
		words++;
	}
	return false;
}

static bool filter_is_ours(char **words)
{
	static const char *const shows[] = {"show", "list", "lst", NULL};
	static const char *const changes[] = {"add", "change", "replace", "delete", "get", NULL};
	bool removes;

	if (!*words || is_verb(*words, shows))
		return *words != NULL;
	if (!is_verb(*words, changes))
		return false;
	removes = weir_word_is(*words, "delete");
	for (words++; *words; words++) {
		if (is_hook_word(*words))
			continue;
		if (!takes_value(*words, true))
			return !strcmp(*words, "bpf");
		if (!*++words)
			return true; /* ours to say what is missing */
	}
	return removes;
}

static bool actions_are_ours(char **words)
{
	for (; *words; words++)
		if (weir_word_is(*words, "action") && words[1] && !strcmp(words[1], "bpf"))
			return true;
	return false;
}

bool weir_tc_is_ours(const struct weir_compat *c, char **words)
{
	/* Counters of a qdisc are the real tc's to print. */
	if (weir_word_is(*words, "qdisc"))
		return !c->stats && qdisc_is_ours(words + 1);
	if (weir_word_is(*words, "class"))
		return false;
	if (weir_word_is(*words, "filter"))
		return filter_is_ours(words + 1);
	if (weir_word_is(*words, "chain"))
		return false;
	if (weir_word_is(*words, "actions"))
		return actions_are_ours(words + 1);
	if (weir_word_is(*words, "monitor"))
		return false;
	return weir_word_is(*words, "exec") && words[1] && weir_word_is(words[1], "bpf");
}

int weir_tc_line(struct weir_compat *c, char **words)
{
	if (weir_word_is(*words, "qdisc"))
		return weir_tc_qdisc_line(c, words);
	if (weir_word_is(*words, "filter"))
		return weir_tc_filter_line(c, words);
	if (weir_word_is(*words, "actions"))
		return weir_tc_actions_line(c, words);
	return weir_tc_exec_line(c, words);
}
