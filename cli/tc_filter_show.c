// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Filters as tc prints them, and tcx programs among them as lines of a kind of
 * their own. Filters of other kinds, policers and other actions are in the
 * hands of the real tc: its output is then taken, and ours put beside it.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tc_filter.h"

/* ---- one filter ---------------------------------------------------------- */

static const char *hook_word(uint32_t parent)
{
	switch (parent) {
	case WEIR_TC_PARENT_ROOT:
		return "root";
	case WEIR_TC_PARENT_INGRESS:
		return "ingress";
	case WEIR_TC_PARENT_EGRESS:
		return "egress";
	default:
		return NULL;
	}
}

static void show_parent(uint32_t parent, struct weir_json *json)
{
	const char *word = hook_word(parent);
	char classid[32];

	if (!word)
		weir_classid_text(parent, classid);
	if (json && word)
		weir_json_bool(json, word, true);
	else if (json)
		weir_json_string(json, "parent", classid);
	else if (word)
		printf("%s ", word);
	else
		printf("parent %s ", classid);
}

static void show_dev(struct weir_compat *c, int ifindex, struct weir_json *json)
{
	char dev[IFNAMSIZ];

	if (weir_net_ifname(c->net, ifindex, dev))
		snprintf(dev, sizeof(dev), "if%d", ifindex);
	if (json)
		weir_json_string(json, "dev", dev);
	else
		printf("dev %s ", dev);
}

static void show_u32(const char *word, uint32_t value, struct weir_json *json)
{
	if (json)
		weir_json_u64(json, word, value);
	else
		printf("%s %u ", word, value);
}

static void show_place(struct weir_compat *c, const struct weir_tc_filter *f,
		       const struct weir_tc_filter *given, struct weir_json *json)
{
	if (f->block) {
		if (f->block != given->block)
			show_u32("block", f->block, json);
		return;
	}
	if (f->ifindex != given->ifindex)
		show_dev(c, f->ifindex, json);
	if (f->parent != given->parent)
		show_parent(f->parent, json);
}

static void show_protocol(uint16_t protocol_be, struct weir_json *json)
{
	char number[16];
	const char *text = weir_protocol_text(protocol_be, number);

	if (json)
		weir_json_string(json, "protocol", text);
	else
		printf("protocol %s ", text);
}

static void show_word(const char *word, struct weir_json *json)
{
	if (json)
		weir_json_bool(json, word, true);
	else
		printf("%s ", word);
}

static void show_flags(const struct weir_tc_filter *f, struct weir_json *json)
{
	if (f->direct_action)
		show_word("direct-action", json);
	if (f->flags_gen & TCA_CLS_FLAGS_SKIP_HW)
		show_word("skip_hw", json);
	if (f->flags_gen & TCA_CLS_FLAGS_SKIP_SW)
		show_word("skip_sw", json);
	if (f->flags_gen & TCA_CLS_FLAGS_IN_HW)
		show_word("in_hw", json);
	else if (f->flags_gen & TCA_CLS_FLAGS_NOT_IN_HW)
		show_word("not_in_hw", json);
}

static void show_handle(uint32_t handle, struct weir_json *json)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%x", handle);
	if (json)
		weir_json_string(json, "handle", text);
	else
		printf("handle %s ", text);
}

static void show_options(struct weir_compat *c, const struct weir_tc_filter *f,
			 struct weir_json *json)
{
	char classid[32];

	if (json)
		weir_json_object(json, "options");
	if (f->handle)
		show_handle(f->handle, json);
	if (f->classid) {
		weir_classid_text(f->classid, classid);
		if (json)
			weir_json_string(json, "flowid", classid);
		else
			printf("flowid %s ", classid);
	}
	if (*f->name && json)
		weir_json_string(json, "bpf_name", f->name);
	else if (*f->name) {
		weir_text_print(stdout, f->name);
		putchar(' ');
	}
	show_flags(f, json);
	weir_ops_show(f->ops, f->n_ops, json);
	weir_prog_show(c, f->prog_id, f->tag, f->has_tag, json);
	if (f->n_actions)
		weir_actions_show(c, f->actions, f->n_actions, true, json);
	if (json)
		weir_json_object_end(json);
}

static void show_event(enum weir_tc_event event, struct weir_json *json)
{
	static const char *const events[] = {NULL, "added", "replaced", "deleted"};

	if (events[event])
		show_word(events[event], json);
}

void weir_filter_show_one(struct weir_compat *c, const struct weir_tc_filter *filter,
			  const struct weir_tc_filter *given, struct weir_json *json)
{
	if (json)
		weir_json_object(json, NULL);
	show_event(filter->event, json);
	if (!json)
		printf("filter ");
	show_place(c, filter, given, json);
	if (filter->protocol_be && filter->protocol_be != given->protocol_be)
		show_protocol(filter->protocol_be, json);
	if (filter->pref && filter->pref != given->pref)
		show_u32("pref", filter->pref, json);
	if (json)
		weir_json_string(json, "kind", filter->kind);
	else
		printf("%s ", filter->kind);
	if (filter->has_chain && !(given->has_chain && given->chain == filter->chain))
		show_u32("chain", filter->chain, json);
	if (filter->has_options && !strcmp(filter->kind, "bpf"))
		show_options(c, filter, json);
	if (json)
		weir_json_object_end(json);
	else
		fputs(c->oneline ? "\\" : "\n", stdout);
}

/* ---- tcx ----------------------------------------------------------------- */

struct listing {
	struct weir_compat *c;
	const struct weir_tc_filter *given;
	struct weir_json *json;
	const char *dev;
	enum weir_hook hook;
	bool any_tcx;
};

static void show_link(const struct weir_attachment *at, struct weir_json *json)
{
	if (!at->link_id)
		return;
	show_u32(json ? "link_id" : "link", at->link_id, json);
}

static int show_tcx(const struct weir_attachment *at, void *ctx)
{
	struct listing *list = ctx;
	struct weir_json *json = list->json;

	if (!at->tcx || at->hook != list->hook)
		return 0;
	list->any_tcx = true;
	if (json)
		weir_json_object(json, NULL);
	else
		printf("filter ");
	if (json)
		weir_json_string(json, "kind", "tcx");
	else
		printf("tcx ");
	if (json)
		weir_json_object(json, "options");
	show_link(at, json);
	weir_prog_show(list->c, at->prog.id, at->prog.tag, true, json);
	if (json) {
		weir_json_object_end(json);
		weir_json_object_end(json);
	} else {
		fputs(list->c->oneline ? "\\" : "\n", stdout);
	}
	return 0;
}

/* Only where the line says interface and hook; a kernel without tcx has none. */
static void list_tcx(struct listing *list)
{
	uint32_t parent = list->given->parent;

	if (!list->dev || list->given->pref || list->given->protocol_be || list->given->has_chain)
		return;
	if (parent != WEIR_TC_PARENT_INGRESS && parent != WEIR_TC_PARENT_EGRESS)
		return;
	list->hook = parent == WEIR_TC_PARENT_INGRESS ? WEIR_HOOK_INGRESS : WEIR_HOOK_EGRESS;
	(void)weir_query_tcx(list->c->net, list->given->ifindex, list->hook, show_tcx, list);
}

/* ---- the list ------------------------------------------------------------ */

static bool is_foreign(const struct weir_tc_filter *filter)
{
	if (strcmp(filter->kind, "bpf") != 0 || filter->has_police)
		return true;
	for (size_t i = 0; i < filter->n_actions; i++)
		if (strcmp(filter->actions[i].kind, "bpf") != 0)
			return true;
	return false;
}

static int find_foreign(const struct weir_tc_filter *filter, void *ctx)
{
	(void)ctx;
	return is_foreign(filter);
}

static int show_filter(const struct weir_tc_filter *filter, void *ctx)
{
	struct listing *list = ctx;

	weir_filter_show_one(list->c, filter, list->given, list->json);
	return 0;
}

/* The real tc's filters behind our tcx lines. Its JSON is one array: what stands
 * between the brackets goes into ours. */
static int show_real(struct listing *list, char **words)
{
	char *out = NULL, *from, *to;
	size_t len = 0;
	int status = weir_real_output(list->c, words, &out, &len);

	if (status || !list->json) {
		fwrite(out ?: "", 1, out ? len : 0, stdout);
	} else {
		from = strchr(out, '[');
		to = strrchr(out, ']');
		if (from && to && to > from + 1 + strspn(from + 1, " "))
			printf("%s%.*s", list->any_tcx ? "," : "", (int)(to - from - 1), from + 1);
	}
	free(out);
	return status;
}

static int note_block(const struct weir_tc_qdisc *qdisc, void *ctx)
{
	const uint32_t *block = ctx;

	return qdisc->ingress_block == *block || qdisc->egress_block == *block;
}

static bool block_exists(struct weir_compat *c, uint32_t block)
{
	struct weir_ack ack;

	return weir_tc_qdiscs(c->net, 0, note_block, &block, &ack) == 1;
}

static int show_all(struct listing *list, char **words)
{
	struct weir_tc_filter_list *filters;
	struct weir_ack ack = {0};
	char path[4096];
	int status = 0, err;

	err = weir_tc_filter_list_get(list->c->net, list->given, &filters, &ack);
	if (err) {
		if (!weir_compat_refused(&ack))
			weir_compat_say("filters: %s", strerror(-err));
		weir_compat_say("Dump terminated");
		return WEIR_COMPAT_FAILED;
	}
	if (weir_tc_filter_list_each(filters, find_foreign, list) &&
	    !weir_real_path("tc", path, sizeof(path)))
		status = show_real(list, words);
	else
		(void)weir_tc_filter_list_each(filters, show_filter, list);
	weir_tc_filter_list_free(filters);
	return status;
}

int weir_filter_show(struct weir_compat *c, char **words, const struct weir_filter_line *line)
{
	struct listing list = {.c = c, .given = &line->filter, .dev = line->dev};
	struct weir_json json;
	int status;

	if (line->filter.block && !block_exists(c, line->filter.block)) {
		weir_compat_say("Cannot find block \"%u\"", line->filter.block);
		return WEIR_COMPAT_FAILED;
	}
	if (c->json) {
		weir_json_start(&json, stdout, c->pretty);
		json.tight_arrays = true;
		weir_json_array(&json, NULL);
		list.json = &json;
	}
	list_tcx(&list);
	status = show_all(&list, words);
	if (c->json) {
		weir_json_array_end(&json);
		weir_json_end(&json);
	}
	return status;
}
