// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests compared with the bytes that stock tc and ip 6.1 send (captured
 * with strace); answers of a scripted kernel, whole, disturbed and damaged.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/tcx_pin.h"
#include "tests/netlink.h"

/* ---- a scripted kernel in place of libmnl's socket functions ------------- */

struct datagram {
	uint8_t *bytes;
	size_t len;
	int err; /* > 0: recvmsg fails so */
};

static struct datagram script[4096];
static size_t n_script, script_at, n_sent;
static uint32_t sent_seq;

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *req, size_t len)
{
	if (!nl) {
		sent_seq = ((const struct nlmsghdr *)req)->nlmsg_seq;
		n_sent++;
		return (ssize_t)len;
	}
	return send(mnl_socket_get_fd(nl), req, len, 0);
}

/* Scripted answers come without a socket: nothing ever waits there. */
int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	int (*real)(const struct mnl_socket *) = NULL;

	if (!nl)
		return -1;
	*(void **)&real = dlsym(RTLD_NEXT, "mnl_socket_get_fd");
	return real(nl);
}

/* Sequence number 0 in a scripted message stands for that of the request. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t len)
{
	struct nlmsghdr *msg = buf;
	struct datagram *next;
	int left;

	if (nl)
		return recv(mnl_socket_get_fd(nl), buf, len, 0);
	assert_true(script_at < n_script);
	next = &script[script_at++];
	if (next->err) {
		errno = next->err;
		return -1;
	}
	assert_true(next->len <= len);
	memcpy(buf, next->bytes, next->len);
	for (left = (int)next->len; mnl_nlmsg_ok(msg, left); msg = mnl_nlmsg_next(msg, &left))
		if (!msg->nlmsg_seq)
			msg->nlmsg_seq = sent_seq;
	return (ssize_t)next->len;
}

static struct weir_net *fake_net(void)
{
	struct weir_net *net = calloc(1, sizeof(*net));

	assert_non_null(net);
	net->netns_fd = net->back_fd = -1;
	for (size_t i = 0; i < n_script; i++)
		free(script[i].bytes);
	n_script = script_at = n_sent = 0;
	return net;
}

static void answer(const void *bytes, size_t len)
{
	struct datagram *next = &script[n_script++];

	*next = (struct datagram){.bytes = malloc(len), .len = len};
	memcpy(next->bytes, bytes, len);
}

static void answer_error(int err)
{
	script[n_script++] = (struct datagram){.err = err};
}

static void answer_msg(const struct nlmsghdr *msg)
{
	answer(msg, msg->nlmsg_len);
}

/* ---- requests ------------------------------------------------------------ */

/* Every length below the whole is refused; the whole has the expected bytes. */
#define check_bytes(expected, call)                                   \
	do {                                                          \
		uint8_t buf[256] __attribute__((aligned(4)));         \
		size_t len;                                           \
		const struct nlmsghdr *msg;                           \
		for (len = 0; len < sizeof(expected); len++)          \
			assert_null(call);                            \
		len = sizeof(buf);                                    \
		msg = call;                                           \
		assert_non_null(msg);                                 \
		assert_int_equal(msg->nlmsg_len, sizeof(expected));   \
		assert_memory_equal(msg, expected, sizeof(expected)); \
	} while (0)

#define SEQ_PID 0, 0, 0, 0, 0, 0, 0, 0
#define IF5	5, 0, 0, 0

static void test_qdisc_requests(void **state)
{
	/* tc qdisc add dev X clsact */
	static const uint8_t add[] = {48,   0,	  0,   0,   36,	 0,   0x05, 0x06, SEQ_PID, 0,
				      0,    0,	  0,   IF5, 0,	 0,   0xff, 0xff, 0xf1,	   0xff,
				      0xff, 0xff, 0,   0,   0,	 0,   11,   0,	  1,	   0,
				      'c',  'l',  's', 'a', 'c', 't', 0,    0};
	/* tc qdisc del dev X clsact */
	static const uint8_t del[] = {48,   0,	  0,   0,   37,	 0,   0x05, 0x00, SEQ_PID, 0,
				      0,    0,	  0,   IF5, 0,	 0,   0xff, 0xff, 0xf1,	   0xff,
				      0xff, 0xff, 0,   0,   0,	 0,   11,   0,	  1,	   0,
				      'c',  'l',  's', 'a', 'c', 't', 0,    0};

	(void)state;
	const struct weir_tc_qdisc qdisc = {.ifindex = 5, .kind = "clsact"};

	check_bytes(add, weir_nl_qdisc_request(buf, len, WEIR_TC_ADD, &qdisc));
	check_bytes(del, weir_nl_qdisc_request(buf, len, WEIR_TC_DEL, &qdisc));
}

#define OPTIONS_X                                                                                 \
	44, 0, 2, 0, 8, 0, 6, 0, 7, 0, 0, 0, 21, 0, 7, 0, 'x', '.', 'o', ':', '[', 'c', 'l', 'a', \
		's', 's', 'i', 'f', 'i', 'e', 'r', ']', 0, 0, 0, 0, 8, 0, 8, 0, 1, 0, 0, 0
#define KIND_BPF   8, 0, 1, 0, 'b', 'p', 'f', 0
#define ON_INGRESS 0xf2, 0xff, 0xff, 0xff
#define PREF_49152 0, 3, 0, 0xc0
#define HANDLE_1   1, 0, 0, 0

static void test_filter_requests(void **state)
{
	/* tc filter add dev X ingress bpf da obj x.o */
	static const uint8_t add[] = {88,	  0, 0, 0, 44,	0,	  0x05,	    0x06, SEQ_PID,
				      0,	  0, 0, 0, IF5, 0,	  0,	    0,	  0,
				      ON_INGRESS, 0, 3, 0, 0,	KIND_BPF, OPTIONS_X};
	/* tc filter change dev X ingress pref 49152 handle 1 protocol all bpf da obj x.o */
	static const uint8_t change[] = {
		88, 0, 0, 0,   44,	 0,	     0x05,	 0x00,	   SEQ_PID,  0,
		0,  0, 0, IF5, HANDLE_1, ON_INGRESS, PREF_49152, KIND_BPF, OPTIONS_X};
	/* tc filter del dev X ingress pref 49152 handle 1 protocol all bpf */
	static const uint8_t del[] = {44, 0, 0, 0, 45,	0,	  0x05,	      0x00,	  SEQ_PID,
				      0,  0, 0, 0, IF5, HANDLE_1, ON_INGRESS, PREF_49152, KIND_BPF};
	/* tc filter add dev X ingress pref 7 chain 5 handle 3 bpf da obj x.o */
	static const uint8_t chain[] = {
		96, 0, 0,   0,	44, 0, 0x05, 0x06,	 SEQ_PID, 0,	    0,
		0,  0, IF5, 3,	0,  0, 0,    ON_INGRESS, 0,	  3,	    7,
		0,  8, 0,   11, 0,  5, 0,    0,		 0,	  KIND_BPF, OPTIONS_X};
	struct weir_tc_filter filter = {
		.ifindex = 5,
		.parent = WEIR_TC_PARENT_INGRESS,
		.protocol_be = htons(0x0003),
		.kind = "bpf",
		.has_options = true,
		.prog_fd = 7,
		.name = "x.o:[classifier]",
		.direct_action = true,
	};

	(void)state;
	check_bytes(add, weir_nl_filter_request(buf, len, WEIR_TC_ADD, &filter));
	filter.pref = 49152;
	filter.handle = 1;
	check_bytes(change, weir_nl_filter_request(buf, len, WEIR_TC_CHANGE, &filter));
	check_bytes(del, weir_nl_filter_request(buf, len, WEIR_TC_DEL, &filter));
	filter.pref = 7;
	filter.handle = 3;
	filter.chain = 5;
	check_bytes(chain, weir_nl_filter_request(buf, len, WEIR_TC_ADD, &filter));
}

#define LINK_HEAD(total) \
	total, 0, 0, 0, 16, 0, 5, 0, SEQ_PID, 0, 0, 0, 0, IF5, 0, 0, 0, 0, 0, 0, 0, 0
#define XDP_FD_7 8, 0, 1, 0, 7, 0, 0, 0

static void test_xdp_requests(void **state)
{
	/* ip link set dev X xdp obj x.o */
	static const uint8_t noexist[] = {
		LINK_HEAD(52), 20, 0, 43, 0, XDP_FD_7, 8, 0, 3, 0, 1, 0, 0, 0};
	/* ip -force link set dev X xdpdrv obj x.o */
	static const uint8_t drv[] = {
		LINK_HEAD(52), 20, 0, 43, 0, XDP_FD_7, 8, 0, 3, 0, 4, 0, 0, 0};
	/* ip -force link set dev X xdp obj x.o: no flags, no attribute */
	static const uint8_t plain[] = {LINK_HEAD(44), 12, 0, 43, 0, XDP_FD_7};
	/* ip link set dev X xdp off */
	static const uint8_t off[] = {LINK_HEAD(52), 20,   0, 43, 0, 8, 0, 1, 0, 0xff, 0xff,
				      0xff,	     0xff, 8, 0,  3, 0, 1, 0, 0, 0};
	/* compare and swap, which ip does not know */
	static const uint8_t swap[] = {LINK_HEAD(60),
				       28,
				       0,
				       43,
				       0,
				       XDP_FD_7,
				       8,
				       0,
				       3,
				       0,
				       0x12,
				       0,
				       0,
				       0,
				       8,
				       0,
				       8,
				       0,
				       9,
				       0,
				       0,
				       0};

	(void)state;
	check_bytes(noexist, weir_nl_xdp_request(buf, len, 5, 7, XDP_FLAGS_UPDATE_IF_NOEXIST, -1));
	check_bytes(drv, weir_nl_xdp_request(buf, len, 5, 7, XDP_FLAGS_DRV_MODE, -1));
	check_bytes(plain, weir_nl_xdp_request(buf, len, 5, 7, 0, -1));
	check_bytes(off, weir_nl_xdp_request(buf, len, 5, -1, XDP_FLAGS_UPDATE_IF_NOEXIST, -1));
	check_bytes(swap,
		    weir_nl_xdp_request(buf, len, 5, 7, XDP_FLAGS_SKB_MODE | XDP_FLAGS_REPLACE, 9));
}

/* ---- acks ---------------------------------------------------------------- */

static void test_ack(void **state)
{
	struct nlmsghdr *msg;
	struct weir_ack ack;
	char text[400] = "";

	(void)state;
	assert_int_equal(weir_nl_ack_parse(error_msg(0, 0, 0, NULL), &ack), 0);
	assert_string_equal(ack.text, "");
	msg = error_msg(-EEXIST, NLM_F_ACK_TLVS, 52, "not matching");
	assert_int_equal(weir_nl_ack_parse(msg, &ack), -EEXIST);
	assert_string_equal(ack.text, "not matching");
	assert_int_equal(ack.err, -EEXIST);
	assert_int_equal(ack.miss_type, 0);
	memset(text, 't', sizeof(text) - 1);
	msg = error_msg(-EBUSY, NLM_F_ACK_TLVS | NLM_F_CAPPED, 52, text);
	mnl_attr_put_u32(msg, 5 /* NLMSGERR_ATTR_MISS_TYPE, Linux 6.1 */, 43);
	assert_int_equal(weir_nl_ack_parse(msg, &ack), -EBUSY);
	assert_int_equal(strlen(ack.text), sizeof(ack.text) - 1);
	assert_int_equal(ack.miss_type, 43);
	msg = done_msg(-EINVAL, NLM_F_ACK_TLVS, "dump");
	assert_int_equal(weir_nl_ack_parse(msg, &ack), -EINVAL);
	assert_string_equal(ack.text, "dump");
	/* without the flag there are no attributes, whatever follows */
	msg = error_msg(-EINVAL, 0, 4, "no");
	assert_int_equal(weir_nl_ack_parse(msg, &ack), -EINVAL);
	assert_string_equal(ack.text, "");
}

static void test_ack_damaged(void **state)
{
	struct nlmsghdr *msg;
	struct nlmsgerr *error;
	struct weir_ack ack;

	(void)state;
	/* an echoed request that would end behind the message */
	msg = error_msg(-EPERM, NLM_F_ACK_TLVS, 0, "x");
	error = mnl_nlmsg_get_payload(msg);
	error->msg.nlmsg_len = 0xfffffff0;
	assert_int_equal(weir_nl_ack_parse(msg, &ack), -EPERM);
	error->msg.nlmsg_len = 3;
	assert_int_equal(weir_nl_ack_parse(msg, &ack), -EPERM);
	assert_string_equal(ack.text, "");
	/* a text without NUL */
	msg = error_msg(-EPERM, NLM_F_ACK_TLVS | NLM_F_CAPPED, 0, NULL);
	mnl_attr_put(msg, NLMSGERR_ATTR_MSG, 3, "abc");
	assert_int_equal(weir_nl_ack_parse(msg, &ack), -EPERM);
	assert_string_equal(ack.text, "abc");
	/* numbers that are no errno, and an ack that is too short for one */
	assert_int_equal(weir_nl_ack_parse(error_msg(7, 0, 0, NULL), &ack), -EBADMSG);
	assert_int_equal(weir_nl_ack_parse(error_msg(-5000, 0, 0, NULL), &ack), -EBADMSG);
	msg = begin(NLMSG_ERROR, 0, 4);
	assert_int_equal(weir_nl_ack_parse(msg, &ack), -EBADMSG);
}

/* ---- conversations ------------------------------------------------------- */

static int count_links(const struct weir_link *link, void *ctx)
{
	int *seen = ctx;

	assert_true(link->ifindex > 0);
	return ++*seen == 2000 ? 77 : 0;
}

static void test_dump_restarts(void **state)
{
	struct weir_net *net = fake_net();
	int seen = 0;

	(void)state;
	answer_msg(link_msg(1, "lo", NLM_F_MULTI));
	answer_msg(link_msg(2, "gone", NLM_F_MULTI | NLM_F_DUMP_INTR));
	answer_msg(done_msg(0, 0, NULL));
	answer_msg(link_msg(1, "lo", NLM_F_MULTI));
	answer_msg(done_msg(0, NLM_F_DUMP_INTR, NULL)); /* told only at the end */
	answer_msg(link_msg(1, "lo", NLM_F_MULTI));
	answer_msg(done_msg(0, 0, NULL));
	assert_int_equal(weir_nl_links(net, count_links, &seen), 0);
	assert_int_equal(seen, 1);
	assert_int_equal(n_sent, 3);
	free(net);
}

static void test_dump_never_settles(void **state)
{
	struct weir_net *net = fake_net();
	int seen = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		answer_msg(link_msg(1, "lo", NLM_F_MULTI));
		answer_msg(done_msg(0, NLM_F_DUMP_INTR, NULL));
	}
	/* the last answer is better than none */
	assert_int_equal(weir_nl_links(net, count_links, &seen), 0);
	assert_int_equal(seen, 1);
	assert_int_equal(n_sent, 32);
	free(net);
}

static void test_dump_big(void **state)
{
	struct weir_net *net = fake_net();
	int seen = 0;

	(void)state;
	for (int i = 1; i <= 1999; i++)
		answer_msg(link_msg(i, "veth1234567890", NLM_F_MULTI));
	answer_msg(done_msg(0, 0, NULL));
	assert_int_equal(weir_nl_links(net, count_links, &seen), 0);
	assert_int_equal(seen, 1999);
	free(net);

	/* the caller's own word ends a walk and comes back */
	net = fake_net();
	seen = 1998;
	for (int i = 1; i <= 5; i++)
		answer_msg(link_msg(i, "veth", NLM_F_MULTI));
	answer_msg(done_msg(0, 0, NULL));
	assert_int_equal(weir_nl_links(net, count_links, &seen), 77);
	assert_int_equal(seen, 2000);
	free(net);
}

static void test_dump_fails(void **state)
{
	struct weir_net *net = fake_net();
	struct nlmsghdr *msg;
	int seen = 0;

	(void)state;
	answer_error(EINTR); /* a signal is no failure */
	answer_msg(link_msg(1, "lo", NLM_F_MULTI));
	answer_msg(done_msg(-ENOMEM, 0, NULL));
	assert_int_equal(weir_nl_links(net, count_links, &seen), -ENOMEM);
	answer_error(ENOBUFS);
	assert_int_equal(weir_nl_links(net, count_links, &seen), -ENOBUFS);
	answer_error(ENOSPC); /* libmnl: the datagram did not fit */
	assert_int_equal(weir_nl_links(net, count_links, &seen), -EMSGSIZE);
	assert_int_equal(seen, 0);
	/* late messages of a request before are not ours */
	msg = link_msg(9, "late", 0);
	msg->nlmsg_seq = 4711;
	answer_msg(msg);
	msg = done_msg(-EIO, 0, NULL);
	msg->nlmsg_seq = 4711;
	answer_msg(msg);
	answer_msg(link_msg(1, "lo", NLM_F_MULTI));
	answer_msg(done_msg(0, 0, NULL));
	assert_int_equal(weir_nl_links(net, count_links, &seen), 0);
	assert_int_equal(seen, 1);
	free(net);
}

static int take_filter(const struct weir_tc_filter *filter, void *ctx)
{
	*(struct weir_tc_filter *)ctx = *filter;
	return 0;
}

static void test_filters(void **state)
{
	struct weir_net *net = fake_net();
	struct weir_tc_filter filter = {0}, echo = {0};
	uint8_t buf[256] __attribute__((aligned(4)));
	struct nlmsghdr *ask;
	char ext[64];

	(void)state;
	/* the header entry of a pref is passed over */
	answer_msg(filter_msg(3, "first"));
	answer_msg(filter_msg(0, NULL));
	answer_msg(done_msg(0, 0, NULL));
	assert_int_equal(weir_nl_filters(net, 5, WEIR_TC_PARENT_EGRESS, take_filter, &filter), 0);
	assert_int_equal(filter.handle, 3);

	ask = weir_nl_filter_request(buf, sizeof(buf), WEIR_TC_ADD, &filter);
	answer_msg(filter_msg(8, "made"));
	answer_msg(error_msg(0, 0, 0, NULL));
	assert_int_equal(weir_nl_filter_talk(net, ask, &echo, ext, sizeof(ext)), 0);
	assert_int_equal(echo.handle, 8);
	assert_true(ask->nlmsg_flags & NLM_F_ECHO);

	echo.handle = 1;
	answer_msg(error_msg(-EEXIST, NLM_F_ACK_TLVS, 0, "there is one"));
	assert_int_equal(weir_nl_filter_talk(net, ask, &echo, ext, sizeof(ext)), -EEXIST);
	assert_string_equal(ext, "there is one");
	assert_int_equal(echo.handle, 1);
	/* success without the echo that was asked for */
	answer_msg(error_msg(0, 0, 0, NULL));
	assert_int_equal(weir_nl_filter_talk(net, ask, &echo, ext, sizeof(ext)), -EBADMSG);
	assert_int_equal(weir_nl_talk(net, NULL, ext, sizeof(ext)), -EMSGSIZE);
	free(net);
}

/* Reading needs no privilege: the running kernel. */
static void test_real_kernel(void **state)
{
	struct weir_net *net = NULL;
	char name[200];
	int seen = 0;

	(void)state;
	assert_int_equal(weir_net_open(NULL, &net), 0);
	assert_int_equal(weir_net_ifindex(net, "lo"), 1);
	assert_int_equal(weir_net_ifindex(net, "no-such-dev"), -ENODEV);
	assert_int_equal(weir_net_ifindex(net, ""), -ENODEV);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(weir_net_ifindex(net, name), -ENODEV);
	name[100] = '\0'; /* an alternative name's length */
	assert_int_equal(weir_net_ifindex(net, name), -ENODEV);
	assert_int_equal(weir_nl_links(net, count_links, &seen), 0);
	assert_true(seen > 0);
	assert_true(weir_net_cookie(net) != 0);
	weir_net_close(net);
	weir_net_close(NULL);
	assert_int_equal(weir_net_open("no-such-netns", &net), -ENOENT);
	assert_int_equal(weir_net_open("./no-such-path", &net), -ENOENT);
}

/* ---- names of tcx pins --------------------------------------------------- */

static void test_tcx_pin(void **state)
{
	char name[WEIR_TCX_PIN_BYTES], other[WEIR_TCX_PIN_BYTES], slot[256], path[512];
	char big[256];

	(void)state;
	weir_tcx_pin_name(0x1a, 7, WEIR_HOOK_EGRESS, "a-b.o:[tc/x%]", name);
	assert_string_equal(name, "1a-7-egress-a-b%2Eo:[tc%2Fx%25]");
	snprintf(path, sizeof(path), "/sys/fs/bpf/weir/tcx/%s", name);
	assert_true(weir_tcx_pin_is_ours(path));
	weir_tcx_pin_slot(path, slot, sizeof(slot));
	assert_string_equal(slot, "a-b.o:[tc/x%]");
	weir_tcx_pin_slot(path, slot, 4);
	assert_string_equal(slot, "a-b");
	assert_false(weir_tcx_pin_is_ours("/sys/fs/bpf/tcx/x"));
	assert_false(weir_tcx_pin_is_ours("x"));
	weir_tcx_pin_slot("/a/b", slot, sizeof(slot));
	assert_string_equal(slot, "");
	weir_tcx_pin_slot("/a/1-2-ingress-%4", slot, sizeof(slot));
	assert_string_equal(slot, "%4");

	/* two long slots that differ at the end only */
	memset(big, '.', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	weir_tcx_pin_name(UINT64_MAX, INT32_MAX, WEIR_HOOK_INGRESS, big, name);
	big[sizeof(big) - 2] = '!';
	weir_tcx_pin_name(UINT64_MAX, INT32_MAX, WEIR_HOOK_INGRESS, big, other);
	assert_true(strlen(name) < WEIR_TCX_PIN_BYTES);
	assert_string_not_equal(name, other);
	assert_null(strchr(name, '.'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qdisc_requests),	   cmocka_unit_test(test_filter_requests),
		cmocka_unit_test(test_xdp_requests),	   cmocka_unit_test(test_ack),
		cmocka_unit_test(test_ack_damaged),	   cmocka_unit_test(test_dump_restarts),
		cmocka_unit_test(test_dump_never_settles), cmocka_unit_test(test_dump_big),
		cmocka_unit_test(test_dump_fails),	   cmocka_unit_test(test_filters),
		cmocka_unit_test(test_real_kernel),	   cmocka_unit_test(test_tcx_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
