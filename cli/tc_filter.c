// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `tc filter` lines, run. In: a parsed line. Out: one request to the kernel. What
 * was loaded for it stays only when the kernel takes it.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "cli/tc_filter.h"

static int find_device(struct weir_compat *c, struct weir_filter_line *line)
{
	if (!weir_compat_net(c))
		return WEIR_COMPAT_FAILED;
	if (!line->dev)
		return 0;
	line->filter.ifindex = weir_net_ifindex_quiet(c->net, line->dev);
	if (line->filter.ifindex > 0)
		return 0;
	weir_compat_say("Cannot find device \"%s\"", line->dev);
	return WEIR_COMPAT_FAILED;
}

static int note_ingress(const struct weir_tc_qdisc *qdisc, void *ctx)
{
	if (!strcmp(qdisc->kind, "ingress"))
		*(bool *)ctx = true;
	return 0;
}

/* The kernel takes the parent of clsact's egress for an ingress qdisc, too, and
 * attaches to what comes in. */
static bool egress_is_ingress(struct weir_compat *c, const struct weir_filter_line *line)
{
	bool ingress = false;
	struct weir_ack ack;

	if (line->filter.parent != WEIR_TC_PARENT_EGRESS || line->filter.block ||
	    line->op == WEIR_TC_DEL || line->op == WEIR_TC_GET)
		return false;
	(void)weir_tc_qdiscs(c->net, line->filter.ifindex, note_ingress, &ingress, &ack);
	if (ingress)
		weir_compat_say("Error: The qdisc of \"%s\" is ingress, which has no egress hook; "
				"`tc qdisc del dev %s ingress` and `tc qdisc add dev %s clsact` "
				"make one.",
				line->dev, line->dev, line->dev);
	return ingress;
}

struct echo {
	struct weir_compat *c;
	const struct weir_tc_filter *given;
	struct weir_json *json;
};

static int show_echo(const struct weir_tc_filter *filter, void *ctx)
{
	struct echo *echo = ctx;

	weir_filter_show_one(echo->c, filter, echo->given, echo->json);
	return 0;
}

static int send_filter(struct weir_compat *c, const struct weir_filter_line *line)
{
	struct weir_tc_filter given = {0};
	struct weir_json json;
	struct echo echo = {.c = c, .given = &given};
	bool heard = c->echo || line->op == WEIR_TC_GET;
	struct weir_ack ack;
	int err;

	if (line->op == WEIR_TC_GET)
		given.ifindex = line->filter.ifindex;
	if (heard && c->json) {
		weir_json_start(&json, stdout, c->pretty);
		json.tight_arrays = true;
		weir_json_array(&json, NULL);
		echo.json = &json;
	}
	err = weir_tc_filter(c->net, line->op, &line->filter, heard ? show_echo : NULL, &echo,
			     &ack);
	if (echo.json) {
		weir_json_array_end(&json);
		weir_json_end(&json);
	}
	if (!err)
		return 0;
	weir_compat_refused(&ack);
	weir_compat_say("We have an error talking to the kernel");
	return WEIR_COMPAT_REFUSED;
}

/* iproute2 opens pinned programs while it reads the words. */
static int load_failed(const struct weir_filter_line *line)
{
	weir_compat_say(line->spec.kind == WEIR_SPEC_PINNED ? "Unable to parse bpf command line"
							    : "Unable to load program");
	return WEIR_COMPAT_FAILED;
}

/* With skip_sw a program is made for the interface's device. */
static int load_and_send(struct weir_compat *c, struct weir_filter_line *line)
{
	bool on_device = line->filter.flags_gen & TCA_CLS_FLAGS_SKIP_SW;
	uint32_t device = on_device ? (uint32_t)line->filter.ifindex : 0;
	struct weir_loaded loaded;
	int status;

	if (on_device && line->filter.block && line->spec.kind == WEIR_SPEC_OBJECT) {
		weir_compat_say("skip_sw: a program is made for one device, and a block was given; "
				"load it for one of the block's devices and give its pin");
		return load_failed(line);
	}
	if (weir_spec_load(c, &line->spec, device, &loaded))
		return load_failed(line);
	if (weir_actions_load(c, &line->actions)) {
		weir_loaded_close(&loaded, false);
		weir_compat_say("Illegal \"action\"");
		return WEIR_COMPAT_FAILED;
	}
	line->filter.prog_fd = loaded.prog_fd;
	memcpy(line->filter.name, loaded.name, sizeof(line->filter.name));
	status = send_filter(c, line);
	if (!status && !line->actions.n)
		weir_loaded_leave(c, &loaded);
	weir_loaded_close(&loaded, !status);
	weir_actions_unload(&line->actions, !status);
	return status;
}

static int run(struct weir_compat *c, char **words, struct weir_filter_line *line)
{
	int status = find_device(c, line);

	if (status)
		return status;
	if (line->show)
		return weir_filter_show(c, words, line);
	if (egress_is_ingress(c, line))
		return WEIR_COMPAT_REFUSED;
	if (line->has_police || line->actions.foreign)
		return weir_borrow_line(c, words);
	return load_and_send(c, line);
}

int weir_tc_filter_line(struct weir_compat *c, char **words)
{
	struct weir_filter_line line;
	int status = weir_filter_parse(words, &line);

	if (!status)
		status = run(c, words, &line);
	weir_filter_line_free(&line);
	return status;
}
