// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns iproute2's own requests for callers: each function builds one, sends it
 * and hands on the kernel's answer.
 *
 * In: plain structs. Out: the kernel's verdict in struct weir_ack, its answers
 * by callback. What the kernel refuses is the caller's to word.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "loader/error.h"
#include "loader/log.h"
#include "loader/netlink_in.h"

/* Failures of ours, not of the kernel's, are logged here. */
static int done(int err, const struct weir_ack *ack, const char *what)
{
	if (err < 0 && !ack->err)
		weir_fail(err, "%s: %s", what,
			  err == -EMSGSIZE ? "the request is too large" : weir_errstr(err));
	return err;
}

/* ---- qdiscs -------------------------------------------------------------- */

int weir_tc_qdisc(struct weir_net *net, enum weir_tc_op op, const struct weir_tc_qdisc *qdisc,
		  weir_tc_qdisc_fn echo, void *ctx, struct weir_ack *ack)
{
	uint8_t buf[128] __attribute__((aligned(4)));
	struct nlmsghdr *msg = weir_nl_qdisc_request(buf, sizeof(buf), op, qdisc);
	struct weir_nl_answer answer = {0};
	const struct nlmsghdr *part;
	struct weir_tc_qdisc heard;
	int err, left;

	*ack = (struct weir_ack){0};
	if (!msg)
		return done(-EMSGSIZE, ack, "qdisc");
	if (echo)
		msg->nlmsg_flags |= NLM_F_ECHO;
	err = weir_nl_ask(net, msg, &answer, ack);
	if (!err && echo)
		weir_nl_for_each(part, left, &answer) if (!weir_nl_qdisc_parse(part, &heard)) err =
			err ?: echo(&heard, ctx);
	weir_nl_answer_free(&answer);
	return done(err, ack, "qdisc");
}

int weir_tc_qdiscs(struct weir_net *net, int ifindex, weir_tc_qdisc_fn fn, void *ctx,
		   struct weir_ack *ack)
{
	return weir_nl_qdisc_dump(net, ifindex, fn, ctx, ack);
}

/* What a list of actions takes at most, attributes' heads and padding included. */
static size_t actions_room(const struct weir_tc_action *actions, size_t n)
{
	size_t room = 64;

	for (size_t i = 0; i < n; i++)
		room += 512 + actions[i].n_ops * sizeof(*actions[i].ops);
	return room;
}

/* ---- filters ------------------------------------------------------------- */

static int tell_filters(const struct weir_nl_answer *answer, weir_tc_filter_fn fn, void *ctx)
{
	struct weir_tc_action actions[WEIR_TC_ACTIONS_MAX];
	const struct nlmsghdr *msg;
	struct weir_tc_filter filter;
	int left, err = 0;

	weir_nl_for_each(msg, left, answer)
	{
		if (!weir_nl_filter_parse(msg, &filter, actions))
			err = fn(&filter, ctx);
		if (err)
			break;
	}
	return err;
}

int weir_tc_filter(struct weir_net *net, enum weir_tc_op op, const struct weir_tc_filter *filter,
		   weir_tc_filter_fn fn, void *ctx, struct weir_ack *ack)
{
	size_t room = 1024 + filter->n_ops * sizeof(*filter->ops) +
		      actions_room(filter->actions, filter->n_actions);
	uint8_t *buf = malloc(room);
	struct weir_nl_answer answer = {0};
	struct nlmsghdr *msg;
	int err;

	*ack = (struct weir_ack){0};
	if (!buf)
		return done(-ENOMEM, ack, "filter");
	msg = weir_nl_filter_request(buf, room, op, filter);
	if (msg && fn && op != WEIR_TC_GET)
		msg->nlmsg_flags |= NLM_F_ECHO;
	err = msg ? weir_nl_ask(net, msg, &answer, ack) : -EMSGSIZE;
	if (!err && fn)
		err = tell_filters(&answer, fn, ctx);
	weir_nl_answer_free(&answer);
	free(buf);
	return done(err, ack, "filter");
}

/* ---- actions ------------------------------------------------------------- */

static int tell_list(const struct nlattr *tab, weir_tc_actions_fn fn, void *ctx)
{
	size_t n = weir_nl_actions_count(tab);
	struct weir_tc_action *actions = calloc(n + 1, sizeof(*actions));
	int err = -ENOMEM;

	if (actions)
		err = fn(actions, weir_nl_actions_parse(tab, actions, n), ctx);
	free(actions);
	return err;
}

/* RTM_GETACTION answers and dumps: tcamsg, TCA_ACT_TAB. */
static int tell_actions(const struct weir_nl_answer *answer, weir_tc_actions_fn fn, void *ctx)
{
	const struct nlmsghdr *msg;
	int left, err = 0;

	weir_nl_for_each(msg, left, answer)
	{
		const struct nlattr *attr;

		if (mnl_nlmsg_get_payload_len(msg) < sizeof(struct tcamsg))
			continue;
		mnl_attr_for_each(attr, msg, sizeof(struct tcamsg))
		{
			if (mnl_attr_get_type(attr) == TCA_ACT_TAB && !err)
				err = tell_list(attr, fn, ctx);
		}
	}
	return err;
}

int weir_tc_actions(struct weir_net *net, enum weir_tc_op op, const struct weir_tc_action *actions,
		    size_t n, weir_tc_actions_fn fn, void *ctx, struct weir_ack *ack)
{
	size_t room = actions_room(actions, n);
	uint8_t *buf = malloc(room);
	struct weir_nl_answer answer = {0};
	struct nlmsghdr *msg;
	int err;

	*ack = (struct weir_ack){0};
	if (!buf)
		return done(-ENOMEM, ack, "actions");
	msg = weir_nl_action_request(buf, room, op, actions, n);
	if (msg && fn && op != WEIR_TC_GET)
		msg->nlmsg_flags |= NLM_F_ECHO;
	err = msg ? weir_nl_ask(net, msg, &answer, ack) : -EMSGSIZE;
	if (!err && fn)
		err = tell_actions(&answer, fn, ctx);
	weir_nl_answer_free(&answer);
	free(buf);
	return done(err, ack, "actions");
}

int weir_tc_actions_list(struct weir_net *net, const char *kind, weir_tc_actions_fn fn, void *ctx,
			 struct weir_ack *ack)
{
	uint8_t buf[128] __attribute__((aligned(4)));
	struct nlmsghdr *msg = weir_nl_action_dump(buf, sizeof(buf), kind);
	struct weir_nl_answer answer = {0};
	int err;

	*ack = (struct weir_ack){0};
	err = msg ? weir_nl_dump(net, msg, &answer, ack) : -EMSGSIZE;
	if (!err)
		err = tell_actions(&answer, fn, ctx);
	weir_nl_answer_free(&answer);
	return done(err, ack, "actions");
}

int weir_tc_actions_flush(struct weir_net *net, const char *kind, struct weir_ack *ack)
{
	uint8_t buf[128] __attribute__((aligned(4)));
	struct nlmsghdr *msg = weir_nl_action_flush(buf, sizeof(buf), kind);

	*ack = (struct weir_ack){0};
	return done(weir_nl_talk_ack(net, msg, ack), ack, "actions");
}

/* ---- XDP ----------------------------------------------------------------- */

int weir_ip_xdp(struct weir_net *net, int ifindex, int prog_fd, uint32_t flags,
		struct weir_ack *ack)
{
	uint8_t buf[128] __attribute__((aligned(4)));

	*ack = (struct weir_ack){0};
	return done(weir_nl_talk_ack(
			    net, weir_nl_xdp_request(buf, sizeof(buf), ifindex, prog_fd, flags, -1),
			    ack),
		    ack, "xdp");
}
