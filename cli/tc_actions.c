// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `tc actions` for actions of kind bpf. In: the words. Out: one request, or the
 * list as tc prints it. Lists in which other kinds stand, too, go the way of
 * such filters: the real tc reads them (tc_borrow.c).
 */
#include <errno.h>
#include <string.h>

#include "cli/tc.h"

static int failed(const struct weir_ack *ack, const char *what)
{
	weir_compat_refused(ack);
	weir_compat_say("We have an error %s", what);
	return WEIR_COMPAT_USAGE;
}

/* ---- output -------------------------------------------------------------- */

struct listing {
	struct weir_compat *c;
	struct weir_json *json;
	bool is_list; /* its total is told */
};

/* iproute2 says "total acts" before each part of an answer. */
static int show_part(const struct weir_tc_action *actions, size_t n, void *ctx)
{
	struct listing *list = ctx;

	if (list->json) {
		weir_json_object(list->json, NULL);
		weir_json_u64(list->json, "total acts", list->is_list ? n : 0);
		weir_json_object_end(list->json);
		weir_json_object(list->json, NULL);
	} else {
		printf("total acts %zu%s", list->is_list ? n : 0, list->c->oneline ? "\\" : "\n");
	}
	weir_actions_show(list->c, actions, n, false, list->json);
	if (list->json)
		weir_json_object_end(list->json);
	return 0;
}

static void open_list(struct listing *list, struct weir_json *json)
{
	if (!list->c->json)
		return;
	weir_json_start(json, stdout, list->c->pretty);
	json->tight_arrays = true;
	weir_json_array(json, NULL);
	list->json = json;
}

static void close_list(struct listing *list)
{
	if (!list->json)
		return;
	weir_json_array_end(list->json);
	weir_json_end(list->json);
}

/* ---- add, change, replace ------------------------------------------------ */

static int change(struct weir_compat *c, enum weir_tc_op op, char **words)
{
	struct weir_actions actions = {0};
	struct weir_ack ack = {0};
	char **at = words + 1;
	int status = *at ? weir_actions_parse(&at, &actions) : WEIR_COMPAT_FAILED;

	if (!status && actions.foreign) {
		weir_actions_free(&actions);
		return weir_borrow_line(c, words - 1);
	}
	if (!status && !weir_compat_net(c))
		status = WEIR_COMPAT_FAILED;
	if (!status && weir_actions_load(c, &actions))
		status = WEIR_COMPAT_FAILED;
	if (status) {
		if (status == WEIR_COMPAT_FAILED)
			weir_compat_say("Illegal \"action\"");
		weir_actions_free(&actions);
		return WEIR_COMPAT_USAGE;
	}
	if (weir_tc_actions(c->net, op, actions.list, actions.n, NULL, NULL, &ack))
		status = failed(&ack, "talking to the kernel");
	weir_actions_unload(&actions, !status);
	weir_actions_free(&actions);
	return status;
}

/* ---- get, del ------------------------------------------------------------ */

static int parse_names(char **at, struct weir_tc_action *list, size_t *n)
{
	for (*n = 0; *at; at++) {
		if (weir_word_is(*at, "action"))
			continue;
		if (*n == WEIR_TC_ACTIONS_MAX)
			return WEIR_COMPAT_USAGE;
		list[*n] = (struct weir_tc_action){0};
		snprintf(list[*n].kind, sizeof(list->kind), "%s", *at);
		if (!at[1] || !weir_word_is(at[1], "index")) {
			weir_compat_say("Error: no index specified action: %s", *at);
			return WEIR_COMPAT_USAGE;
		}
		if (!at[2])
			return weir_word_missing();
		if (!weir_word_decimal(at[2], &list[*n].index)) {
			weir_compat_say("Illegal \"index\"");
			return WEIR_COMPAT_USAGE;
		}
		(*n)++;
		at += 2;
	}
	return 0;
}

static int by_name(struct weir_compat *c, enum weir_tc_op op, char **words)
{
	struct weir_tc_action list[WEIR_TC_ACTIONS_MAX];
	struct listing shown = {.c = c};
	struct weir_json json;
	struct weir_ack ack = {0};
	size_t n;
	int err, status = parse_names(words + 1, list, &n);

	if (status)
		return status;
	if (!weir_compat_net(c))
		return WEIR_COMPAT_USAGE;
	if (op == WEIR_TC_GET)
		open_list(&shown, &json);
	err = weir_tc_actions(c->net, op, list, n, op == WEIR_TC_GET ? show_part : NULL, &shown,
			      &ack);
	close_list(&shown);
	return err ? failed(&ack, "talking to the kernel") : 0;
}

/* ---- list, flush --------------------------------------------------------- */

static int list(struct weir_compat *c, const char *kind)
{
	struct listing shown = {.c = c, .is_list = true};
	struct weir_json json;
	struct weir_ack ack = {0};
	int err;

	open_list(&shown, &json);
	err = weir_tc_actions_list(c->net, kind, show_part, &shown, &ack);
	close_list(&shown);
	if (err && weir_compat_refused(&ack))
		weir_compat_say("Dump terminated");
	return err ? WEIR_COMPAT_FAILED : 0;
}

static int all_of_kind(struct weir_compat *c, bool flush, char **words)
{
	struct weir_ack ack = {0};
	char **at = words + 1;

	if (*at && weir_word_is(*at, "action"))
		at++;
	if (!*at)
		return weir_word_missing();
	if (at[1]) {
		weir_compat_say("What is \"%s\"?", at[1]);
		return WEIR_COMPAT_USAGE;
	}
	if (!weir_compat_net(c))
		return WEIR_COMPAT_FAILED;
	if (!flush)
		return list(c, *at);
	if (!weir_tc_actions_flush(c->net, *at, &ack))
		return 0;
	failed(&ack, "flushing");
	return WEIR_COMPAT_FAILED;
}

int weir_tc_actions_line(struct weir_compat *c, char **words)
{
	char **verb = words + 1;

	if (weir_word_is(*verb, "add"))
		return change(c, WEIR_TC_ADD, verb);
	if (weir_word_is(*verb, "change") || weir_word_is(*verb, "replace"))
		return change(c, WEIR_TC_REPLACE, verb);
	if (weir_word_is(*verb, "delete"))
		return by_name(c, WEIR_TC_DEL, verb);
	if (weir_word_is(*verb, "get"))
		return by_name(c, WEIR_TC_GET, verb);
	if (weir_word_is(*verb, "list") || weir_word_is(*verb, "show") ||
	    weir_word_is(*verb, "lst"))
		return all_of_kind(c, false, verb);
	if (weir_word_is(*verb, "flush"))
		return all_of_kind(c, true, verb);
	weir_compat_say("Command \"%s\" is unknown, try \"tc actions help\".", *verb);
	return WEIR_COMPAT_USAGE;
}
