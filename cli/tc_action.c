// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Actions of kind bpf as words: lists in filters and of `tc actions`. In: words,
 * compared as tc compares them. Out: plain structs; programs are loaded later.
 * Actions of other kinds belong to the real tc: the list is then `foreign`.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tc.h"

static const struct weir_spec_rules action_rules = {
	.bytecode = true,
	.export_word = true,
	.prog_type = BPF_PROG_TYPE_SCHED_ACT,
};

/* ---- control ------------------------------------------------------------- */

static const struct {
	const char *word;
	int32_t value;
} controls[] = {
	{"continue", TC_ACT_UNSPEC}, {"drop", TC_ACT_SHOT},	  {"shot", TC_ACT_SHOT},
	{"pass", TC_ACT_OK},	     {"ok", TC_ACT_OK},		  {"reclassify", TC_ACT_RECLASSIFY},
	{"pipe", TC_ACT_PIPE},	     {"goto", TC_ACT_GOTO_CHAIN}, {"jump", TC_ACT_JUMP},
	{"trap", TC_ACT_TRAP},
};

/* Chain and jump share a word with the verdict: what is larger would be another. */
static int take_number(char ***argv, int32_t *control)
{
	bool is_jump = *control == TC_ACT_JUMP;
	uint32_t number;

	if (!**argv)
		return weir_word_missing();
	if (!weir_word_decimal(**argv, &number) || number > TC_ACT_EXT_VAL_MASK) {
		if (is_jump)
			weir_compat_say("Invalid \"jump count\" (%s)", **argv);
		else
			weir_compat_say("Illegal \"chain index\"");
		return WEIR_COMPAT_USAGE;
	}
	*control |= (int32_t)number;
	(*argv)++;
	return 0;
}

static int take_chain(char ***argv, int32_t *control)
{
	if (!**argv)
		return weir_word_missing();
	if (!weir_word_is(**argv, "chain")) {
		weir_compat_say("\"chain index\" expected");
		return WEIR_COMPAT_USAGE;
	}
	(*argv)++;
	return take_number(argv, control);
}

/* No control word is none: the default stays. */
static int take_control(char ***argv, int32_t *control)
{
	for (size_t i = 0; **argv && i < sizeof(controls) / sizeof(*controls); i++) {
		if (!weir_word_is(**argv, controls[i].word))
			continue;
		(*argv)++;
		*control = controls[i].value;
		if (*control == TC_ACT_GOTO_CHAIN)
			return take_chain(argv, control);
		return *control == TC_ACT_JUMP ? take_number(argv, control) : 0;
	}
	return 0;
}

/* ---- one action ---------------------------------------------------------- */

static int take_spec(char ***argv, struct weir_actions *out)
{
	struct weir_tc_action *action = &out->list[out->n];
	int status;

	if (weir_word_is(**argv, "run") && !*++(*argv))
		return weir_word_missing();
	status = weir_spec_parse(argv, &action_rules, &out->specs[out->n]);
	action->ops = out->specs[out->n].ops;
	action->n_ops = out->specs[out->n].n_ops;
	return status;
}

static int take_cookie(const char *text, struct weir_tc_action *action)
{
	size_t len = strlen(text), max = 2 * sizeof(action->cookie);
	char why[64];

	if (len > max) {
		snprintf(why, sizeof(why), "%zu Max allowed size %zu", len, max);
		return weir_word_wrong(text, why);
	}
	if (!len || len % 2 || strspn(text, "0123456789abcdefABCDEF") != len)
		return weir_word_wrong(text, "cookie must be a hex string");
	for (size_t i = 0; i < len / 2; i++) {
		char digits[] = {text[2 * i], text[2 * i + 1], '\0'};

		action->cookie[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	action->cookie_bytes = (uint8_t)(len / 2);
	return 0;
}

static int take_tail(char ***argv, struct weir_tc_action *action)
{
	int status = take_control(argv, &action->control);

	if (!status && **argv && weir_word_is(**argv, "index")) {
		if (!*++(*argv))
			return weir_word_missing();
		if (!weir_word_decimal(**argv, &action->index)) {
			weir_compat_say("bpf: Illegal \"index\"");
			return WEIR_COMPAT_FAILED;
		}
		(*argv)++;
	}
	if (!status && **argv && !strcmp(**argv, "cookie")) {
		if (!*++(*argv))
			return weir_word_missing();
		status = take_cookie(*(*argv)++, action);
	}
	return status;
}

static int take_bpf(char ***argv, struct weir_actions *out)
{
	struct weir_tc_action *action = &out->list[out->n];
	int status = 0;

	*action = (struct weir_tc_action){.kind = "bpf", .control = TC_ACT_PIPE};
	for (char **word = *argv; *word; word++)
		out->n_words_left[out->n]++;
	if (!*++(*argv))
		return weir_word_missing();
	if (weir_word_is(**argv, "help")) {
		out->foreign = true;
		return 0;
	}
	if (!weir_word_is(**argv, "index"))
		status = take_spec(argv, out);
	out->n++;
	return status ?: take_tail(argv, action);
}

/* iproute2's two lines about an action that it gives up. */
static void say_bad(const struct weir_actions *actions, size_t i)
{
	weir_compat_say("bad action parsing");
	weir_compat_say("parse_action: bad value (%d:%s)!", actions->n_words_left[i],
			actions->list[i].kind);
}

/* 25 KB that most lines do not need. */
static int make_room(struct weir_actions *out)
{
	if (out->list)
		return 0;
	out->list = calloc(WEIR_TC_ACTIONS_MAX, sizeof(*out->list));
	out->specs = calloc(WEIR_TC_ACTIONS_MAX, sizeof(*out->specs));
	out->loaded = calloc(WEIR_TC_ACTIONS_MAX, sizeof(*out->loaded));
	out->n_words_left = calloc(WEIR_TC_ACTIONS_MAX, sizeof(*out->n_words_left));
	if (out->list && out->specs && out->loaded && out->n_words_left)
		return 0;
	weir_compat_say("actions: %s", strerror(ENOMEM));
	return WEIR_COMPAT_FAILED;
}

int weir_actions_parse(char ***argv, struct weir_actions *out)
{
	if (make_room(out))
		return WEIR_COMPAT_FAILED;
	for ((*argv)++; **argv;) {
		int status;

		if (!strcmp(**argv, "action")) {
			(*argv)++;
			continue;
		}
		if (!strcmp(**argv, "flowid") || !strcmp(**argv, "classid"))
			return 0;
		if (strcmp(**argv, "bpf") != 0) {
			out->foreign = true;
			return 0;
		}
		if (out->n == WEIR_TC_ACTIONS_MAX) {
			weir_compat_say("More than %d actions", WEIR_TC_ACTIONS_MAX);
			return WEIR_COMPAT_FAILED;
		}
		status = take_bpf(argv, out);
		if (status == WEIR_COMPAT_FAILED)
			say_bad(out, out->n - 1);
		if (status || out->foreign)
			return status;
	}
	return 0;
}

/* ---- programs ------------------------------------------------------------ */

int weir_actions_load(const struct weir_compat *c, struct weir_actions *actions)
{
	for (size_t i = 0; i < actions->n; i++) {
		struct weir_tc_action *action = &actions->list[i];
		int err = weir_spec_load(c, &actions->specs[i], 0, &actions->loaded[i]);

		if (err) {
			say_bad(actions, i);
			weir_actions_unload(actions, false);
			return err;
		}
		action->prog_fd = actions->loaded[i].prog_fd;
		memcpy(action->name, actions->loaded[i].name, sizeof(action->name));
		actions->is_loaded = i + 1;
	}
	return 0;
}

void weir_actions_unload(struct weir_actions *actions, bool keep)
{
	for (size_t i = 0; i < actions->is_loaded; i++)
		weir_loaded_close(&actions->loaded[i], keep);
	actions->is_loaded = 0;
}

void weir_actions_free(struct weir_actions *actions)
{
	weir_actions_unload(actions, false);
	for (size_t i = 0; i < actions->n; i++)
		weir_spec_free(&actions->specs[i]);
	free(actions->list);
	free(actions->specs);
	free(actions->loaded);
	free(actions->n_words_left);
	*actions = (struct weir_actions){0};
}
