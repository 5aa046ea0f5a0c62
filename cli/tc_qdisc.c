// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `tc qdisc` for clsact and ingress. In: the words. Out: one request, or the
 * list of them as tc prints it.
 */
#include <errno.h>
#include <string.h>

#include "cli/tc.h"

struct qdisc_line {
	enum weir_tc_op op;
	bool show;
	const char *dev;
	struct weir_tc_qdisc qdisc;
	bool parent_given;
};

/* ---- words --------------------------------------------------------------- */

static int take_block(struct qdisc_line *line, const char *word, const char *value)
{
	uint32_t *block = !strcmp(word, "ingress_block") ? &line->qdisc.ingress_block
							 : &line->qdisc.egress_block;

	if (!weir_word_u32(value, block) || !*block)
		return weir_word_wrong(value, !strcmp(word, "ingress_block")
						      ? "invalid ingress block index value"
						      : "invalid egress block index value");
	return 0;
}

static int take_kind(struct qdisc_line *line, char **at)
{
	if (line->parent_given && !line->show) {
		weir_compat_say("Error: \"%s\" is a duplicate parent ID", *at);
		return WEIR_COMPAT_USAGE;
	}
	snprintf(line->qdisc.kind, sizeof(line->qdisc.kind), "%s", *at);
	at++;
	/* ingress swallows a handle, which is always ffff: */
	while (!strcmp(line->qdisc.kind, "ingress") && *at && !strcmp(*at, "handle")) {
		if (!at[1])
			return weir_word_missing();
		at += 2;
	}
	if (*at) {
		weir_compat_say("What is \"%s\"?", *at);
		weir_compat_say("Usage: ... %s", line->qdisc.kind);
		return WEIR_COMPAT_FAILED;
	}
	return 0;
}

static int take_value(struct qdisc_line *line, char **at)
{
	uint32_t number;

	if (!at[1])
		return weir_word_missing();
	if (!strcmp(*at, "dev")) {
		if (line->dev)
			return weir_word_duplicate("dev", at[1]);
		line->dev = at[1];
		return 0;
	}
	if (!strcmp(*at, "handle"))
		return weir_word_classid(at[1], &number)
			       ? 0
			       : weir_word_wrong(at[1], "invalid qdisc ID");
	if (!strcmp(*at, "parent")) {
		line->parent_given = true;
		return weir_word_classid(at[1], &number)
			       ? 0
			       : weir_word_wrong(at[1], "invalid parent ID");
	}
	return take_block(line, *at, at[1]);
}

static int parse(char **words, struct qdisc_line *line)
{
	const char *verb = words[1];
	int status;

	*line = (struct qdisc_line){.op = WEIR_TC_ADD};
	if (weir_word_is(verb, "replace"))
		line->op = WEIR_TC_REPLACE;
	else if (weir_word_is(verb, "delete"))
		line->op = WEIR_TC_DEL;
	else
		line->show = !weir_word_is(verb, "add");
	for (words += 2; *words; words++) {
		if (!strcmp(*words, "clsact") || !strcmp(*words, "ingress"))
			return take_kind(line, words);
		if (!strcmp(*words, "root")) {
			line->parent_given = true;
			continue;
		}
		status = take_value(line, words);
		if (status)
			return status;
		words++;
	}
	return 0;
}

/* ---- output -------------------------------------------------------------- */

struct shown {
	struct weir_compat *c;
	struct weir_json *json; /* NULL: text */
	int only_ifindex;
};

static void show_text(const struct shown *shown, const struct weir_tc_qdisc *qdisc, const char *dev)
{
	static const char *const events[] = {"", "added ", "replaced ", "deleted "};

	printf("%sqdisc %s ffff: ", events[qdisc->event], qdisc->kind);
	if (!shown->only_ifindex)
		printf("dev %s ", dev);
	printf("parent ffff:fff1 ");
	if (qdisc->ingress_block)
		printf("ingress_block %u ", qdisc->ingress_block);
	if (qdisc->egress_block)
		printf("egress_block %u ", qdisc->egress_block);
	/* what tc prints for the options of ingress */
	printf("%s\n", strcmp(qdisc->kind, "ingress") ? "" : "---------------- ");
}

static void show_json(const struct shown *shown, const struct weir_tc_qdisc *qdisc, const char *dev)
{
	static const char *const events[] = {NULL, "added", "replaced", "deleted"};
	struct weir_json *json = shown->json;

	weir_json_object(json, NULL);
	if (events[qdisc->event])
		weir_json_bool(json, events[qdisc->event], true);
	weir_json_string(json, "kind", qdisc->kind);
	weir_json_string(json, "handle", "ffff:");
	if (!shown->only_ifindex)
		weir_json_string(json, "dev", dev);
	weir_json_string(json, "parent", "ffff:fff1");
	if (qdisc->ingress_block)
		weir_json_u64(json, "ingress_block", qdisc->ingress_block);
	if (qdisc->egress_block)
		weir_json_u64(json, "egress_block", qdisc->egress_block);
	weir_json_object(json, "options");
	weir_json_object_end(json);
	weir_json_object_end(json);
}

static int show_one(const struct weir_tc_qdisc *qdisc, void *ctx)
{
	const struct shown *shown = ctx;
	char dev[IFNAMSIZ] = "";

	if (strcmp(qdisc->kind, "clsact") != 0 && strcmp(qdisc->kind, "ingress") != 0)
		return 0;
	if (!shown->only_ifindex && weir_net_ifname(shown->c->net, qdisc->ifindex, dev))
		return 0; /* gone meanwhile */
	if (shown->json)
		show_json(shown, qdisc, dev);
	else
		show_text(shown, qdisc, dev);
	return 0;
}

static int show(struct weir_compat *c, const struct qdisc_line *line)
{
	struct shown shown = {.c = c, .only_ifindex = line->qdisc.ifindex};
	struct weir_json json;
	struct weir_ack ack;
	int err;

	if (c->json) {
		weir_json_start(&json, stdout, c->pretty);
		json.tight_arrays = true;
		weir_json_array(&json, NULL);
		shown.json = &json;
	}
	err = weir_tc_qdiscs(c->net, line->qdisc.ifindex, show_one, &shown, &ack);
	if (c->json) {
		weir_json_array_end(&json);
		weir_json_end(&json);
	}
	if (err && !weir_compat_refused(&ack))
		weir_compat_say("qdiscs: %s", strerror(-err));
	return err ? WEIR_COMPAT_FAILED : 0;
}

/* ---- the line ------------------------------------------------------------ */

int weir_tc_qdisc_line(struct weir_compat *c, char **words)
{
	struct shown shown = {.c = c};
	struct qdisc_line line;
	struct weir_ack ack;
	int status = parse(words, &line);

	if (status)
		return status;
	if (!weir_compat_net(c))
		return WEIR_COMPAT_FAILED;
	if (line.dev) {
		line.qdisc.ifindex = weir_net_ifindex_quiet(c->net, line.dev);
		if (line.qdisc.ifindex < 0) {
			weir_compat_say("Cannot find device \"%s\"", line.dev);
			return WEIR_COMPAT_FAILED;
		}
	}
	if (line.show)
		return show(c, &line);
	if (!weir_tc_qdisc(c->net, line.op, &line.qdisc, c->echo ? show_one : NULL, &shown, &ack))
		return 0;
	weir_compat_refused(&ack);
	return WEIR_COMPAT_REFUSED;
}
