// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the conversation with rtnetlink: a request goes out, its answer comes
 * back whole, the kernel's extended ack is read.
 *
 * In: a built message. Out: the kernel's -errno and text, or the messages of
 * the answer. Nothing is trusted: an answer belongs to the request only with
 * its sequence number, and every length is checked against what was received.
 * A dump with NLM_F_DUMP_INTR has seen a change underneath and is asked for
 * again (include/linux/netlink.h, nl_dump_check_consistent()).
 */
#include <errno.h>
#include <poll.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/net.h"
#include "loader/netlink_in.h"

#define RECEIVE_TRIES  2

/* A dump that is disturbed this often is taken as it is: on a machine whose
 * interfaces never rest, an answer is better than none. */
#define DUMP_TRIES     32

/* NLMSGERR_ATTR_MISS_TYPE, include/uapi/linux/netlink.h, Linux 6.1. */
#define ATTR_MISS_TYPE 5

/* The answer's attributes follow the request that an error echoes, unless it
 * was capped; in NLMSG_DONE they follow the error number. */
static size_t ack_attrs_offset(const struct nlmsghdr *msg, size_t len)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(msg);

	if (msg->nlmsg_type == NLMSG_DONE)
		return MNL_ALIGN(sizeof(int));
	if (msg->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*error);
	if (error->msg.nlmsg_len < sizeof(error->msg) || error->msg.nlmsg_len > len)
		return len;
	return sizeof(error->error) + MNL_ALIGN(error->msg.nlmsg_len);
}

int weir_nl_ack_parse(const struct nlmsghdr *msg, struct weir_ack *ack)
{
	size_t len = mnl_nlmsg_get_payload_len(msg), offset;
	const uint8_t *payload = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr;
	const void *attrs;
	int err;

	*ack = (struct weir_ack){0};
	if (len < (msg->nlmsg_type == NLMSG_DONE ? sizeof(int) : sizeof(struct nlmsgerr)))
		return msg->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&err, payload, sizeof(err));
	if (err > 0 || err < -4095) /* MAX_ERRNO, include/linux/err.h */
		return -EBADMSG;
	ack->err = err;
	if (!(msg->nlmsg_flags & NLM_F_ACK_TLVS))
		return err;
	offset = ack_attrs_offset(msg, len);
	if (offset >= len)
		return err;
	attrs = payload + offset;
	mnl_attr_for_each_payload(attrs, len - offset)
	{
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			weir_nl_attr_str(attr, ack->text, sizeof(ack->text));
		else if (mnl_attr_get_type(attr) == ATTR_MISS_TYPE)
			ack->miss_type = (uint16_t)weir_nl_attr_u32(attr);
	}
	return err;
}

void weir_nl_answer_free(struct weir_nl_answer *answer)
{
	free(answer->bytes);
	*answer = (struct weir_nl_answer){0};
}

static int answer_add(struct weir_nl_answer *answer, const struct nlmsghdr *msg)
{
	size_t len = MNL_ALIGN(msg->nlmsg_len), want = answer->len_bytes + len;

	if (!answer->bytes || want > answer->room_bytes) {
		size_t room = want + want / 2 + 4096;
		uint8_t *bytes = realloc(answer->bytes, room);

		if (!bytes)
			return -ENOMEM;
		answer->bytes = bytes;
		answer->room_bytes = room;
	}
	memset(answer->bytes + want - len, 0, len);
	memcpy(answer->bytes + want - len, msg, msg->nlmsg_len);
	answer->len_bytes = want;
	return 0;
}

static bool answer_ended(const struct nlmsghdr *msg, int *err, struct weir_ack *ack)
{
	if (msg->nlmsg_type != NLMSG_ERROR && msg->nlmsg_type != NLMSG_DONE)
		return false;
	*err = weir_nl_ack_parse(msg, ack);
	return true;
}

/* One datagram. 1: the answer is complete, *err is the kernel's verdict. */
static int take_datagram(struct weir_net *net, int len, struct weir_nl_answer *answer, int *err,
			 struct weir_ack *ack)
{
	const struct nlmsghdr *msg = (const void *)net->buf;

	for (; mnl_nlmsg_ok(msg, len); msg = mnl_nlmsg_next(msg, &len)) {
		int ret;

		if (msg->nlmsg_seq != net->seq)
			continue; /* late answer to a request that was given up */
		if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->disturbed = true;
		if (answer_ended(msg, err, ack))
			return 1;
		if (msg->nlmsg_type < NLMSG_MIN_TYPE)
			continue; /* NLMSG_NOOP, NLMSG_OVERRUN */
		ret = answer_add(answer, msg);
		if (ret)
			return ret;
	}
	return 0;
}

static bool answer_waits(const struct weir_net *net)
{
	struct pollfd fd = {.fd = mnl_socket_get_fd(net->sock), .events = POLLIN};

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN);
}

/* The kernel has acted and queued its answer before send returned; failing to
 * fetch it undoes nothing, so it is fetched again while it is there. */
static ssize_t receive(struct weir_net *net)
{
	int err = 0, tries = 0;
	ssize_t len;

	do {
		len = mnl_socket_recvfrom(net->sock, net->buf, sizeof(net->buf));
		err = len < 0 ? errno : 0;
	} while (err == EINTR ||
		 (err && err != ENOSPC && tries++ < RECEIVE_TRIES && answer_waits(net)));
	if (err)
		return err == ENOSPC ? -EMSGSIZE : -err; /* libmnl's word for a cut datagram */
	return len ? len : -EPIPE;
}

int weir_nl_ask(struct weir_net *net, struct nlmsghdr *msg, struct weir_nl_answer *answer,
		struct weir_ack *ack)
{
	/* A get without an ack, as iproute2 sends it, is answered by one message. */
	bool sole = !(msg->nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP));
	int ret, err = 0;

	*ack = (struct weir_ack){0};
	answer->len_bytes = 0;
	answer->disturbed = false;
	msg->nlmsg_seq = ++net->seq;
	if (mnl_socket_sendto(net->sock, msg, msg->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t len = receive(net);

		if (len < 0)
			return (int)len;
		ret = take_datagram(net, (int)len, answer, &err, ack);
	} while (!ret && !(sole && answer->len_bytes));
	return ret < 0 ? ret : err;
}

int weir_nl_dump(struct weir_net *net, struct nlmsghdr *msg, struct weir_nl_answer *answer,
		 struct weir_ack *ack)
{
	int err = 0;

	for (int i = 0; i < DUMP_TRIES; i++) {
		err = weir_nl_ask(net, msg, answer, ack);
		if (err || !answer->disturbed)
			break;
	}
	return err;
}

int weir_nl_talk_ack(struct weir_net *net, struct nlmsghdr *msg, struct weir_ack *ack)
{
	struct weir_nl_answer answer = {0};
	int err;

	if (!msg)
		return -EMSGSIZE;
	err = weir_nl_ask(net, msg, &answer, ack);
	weir_nl_answer_free(&answer);
	return err;
}

int weir_nl_talk(struct weir_net *net, struct nlmsghdr *msg, char *ext, size_t ext_len)
{
	struct weir_ack ack = {0};
	int err = weir_nl_talk_ack(net, msg, &ack);

	if (ext && ext_len)
		snprintf(ext, ext_len, "%s", ack.text);
	return err;
}
