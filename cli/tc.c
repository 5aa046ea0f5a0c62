// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `weir tc`: whose a line is, and the objects of tc that are ours. In: the
 * words behind the options. A line is ours when it is about BPF: clsact and
 * ingress qdiscs, filters of kind bpf or with such actions (and showing or removing
 * filters, since tcx programs stand among them), actions of kind bpf, `exec bpf`.
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

char **weir_filter_kind(char **words)
{
	for (words += 2; *words; words++) {
		if (is_hook_word(*words))
			continue;
		if (!takes_value(*words, true))
			break;
		if (!*++words)
			return NULL;
	}
	return words;
}

/* Filters of other kinds are ours when they run programs that the real tc may not
 * be able to load. */
static bool has_bpf_action(char **words)
{
	for (; *words; words++) {
		char **spec = words + 1;

		if (strcmp(*words, "bpf") != 0)
			continue;
		spec += *spec && !strcmp(*spec, "run");
		if (*spec && weir_begins_program(*spec))
			return true;
	}
	return false;
}

static bool filter_is_ours(char **words)
{
	static const char *const shows[] = {"show", "list", "lst", NULL};
	static const char *const changes[] = {"add", "change", "replace", "delete", "get", NULL};
	char **kind;

	if (!words[1] || is_verb(words[1], shows))
		return words[1] != NULL;
	if (!is_verb(words[1], changes))
		return false;
	kind = weir_filter_kind(words);
	if (!kind)
		return true; /* ours to say what is missing */
	if (!*kind)
		return weir_word_is(words[1], "delete");
	return !strcmp(*kind, "bpf") || has_bpf_action(kind);
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
		return filter_is_ours(words);
	if (weir_word_is(*words, "chain"))
		return false;
	if (weir_word_is(*words, "actions"))
		return actions_are_ours(words + 1);
	if (weir_word_is(*words, "monitor"))
		return false;
	return weir_word_is(*words, "exec") && words[1] && weir_word_is(words[1], "bpf");
}

static int filter_line(struct weir_compat *c, char **words)
{
	char **kind = weir_filter_kind(words);

	return kind && *kind && has_bpf_action(kind) && strcmp(*kind, "bpf") != 0
		       ? weir_borrow_line(c, words)
		       : weir_tc_filter_line(c, words);
}

int weir_tc_line(struct weir_compat *c, char **words)
{
	if (weir_word_is(*words, "qdisc"))
		return weir_tc_qdisc_line(c, words);
	if (weir_word_is(*words, "filter"))
		return filter_line(c, words);
	if (weir_word_is(*words, "actions"))
		return weir_tc_actions_line(c, words);
	return weir_tc_exec_line(c, words);
}
