// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `tc actions` lines of kind bpf: what is sent, bytes as iproute2 6.1 sends them;
 * what is printed of an answer, as it prints it; what is said of wrong words. The
 * route socket is a script.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/tc.h"
#include "loader/net.h"
#include "loader/netlink_in.h"

/* ---- a socket that is none ----------------------------------------------- */

static uint8_t sent[4096];
static size_t sent_len;
static uint8_t answer[65536] __attribute__((aligned(4)));
static size_t answer_len; /* 0: an ack */
static int refusal;

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *req, size_t len)
{
	(void)nl;
	assert_true(len <= sizeof(sent));
	memcpy(sent, req, len);
	sent_len = len;
	return (ssize_t)len;
}

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	(void)nl;
	return -1;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t len)
{
	const struct nlmsghdr *request = (const void *)sent;
	struct nlmsghdr *msg = buf;
	struct nlmsgerr *error;
	int left = (int)answer_len;

	(void)nl;
	if (answer_len) {
		assert_true(answer_len <= len);
		memcpy(buf, answer, answer_len);
		for (; mnl_nlmsg_ok(msg, left); msg = mnl_nlmsg_next(msg, &left))
			msg->nlmsg_seq = request->nlmsg_seq;
		len = answer_len;
		answer_len = 0;
		return (ssize_t)len;
	}
	msg = mnl_nlmsg_put_header(buf);
	msg->nlmsg_type = NLMSG_ERROR;
	msg->nlmsg_seq = request->nlmsg_seq;
	error = mnl_nlmsg_put_extra_header(msg, sizeof(*error));
	error->error = refusal;
	error->msg = *request;
	return msg->nlmsg_len;
}

/* ---- a line -------------------------------------------------------------- */

static struct weir_compat compat;
static char *out, *err;
static size_t out_len, err_len;

/* Cut at blanks; ~ in a word stands for one. */
static int run(const char *text)
{
	static char line[512], *words[128];
	FILE *real_out = stdout, *real_err = stderr;
	size_t n = 0;
	int status;

	snprintf(line, sizeof(line), "%s", text);
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
		for (char *at = word; *at; at++)
			*at = *at == '~' ? ' ' : *at;
		words[n++] = word;
	}
	words[n] = NULL;
	free(out);
	free(err);
	sent_len = 0;
	stdout = open_memstream(&out, &out_len);
	stderr = open_memstream(&err, &err_len);
	status = weir_tc_actions_line(&compat, words);
	(void)fclose(stdout);
	(void)fclose(stderr);
	stdout = real_out;
	stderr = real_err;
	return status;
}

static void expect(const char *what, const char *got, const char *expected)
{
	if (strcmp(got, expected) != 0)
		fail_msg("%s: %s", what, got);
}

static int set_up(void **state)
{
	struct weir_net *net = calloc(1, sizeof(*net));

	(void)state;
	assert_non_null(net);
	net->netns_fd = net->back_fd = -1;
	compat = (struct weir_compat){.program = "tc", .net = net};
	answer_len = 0;
	refusal = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(compat.net);
	free(out);
	free(err);
	out = err = NULL;
	return 0;
}

/* ---- requests ------------------------------------------------------------ */

/* Bytes without sequence number and port; parts that all share are written once. */
#define ONE_OP(control)                                     \
	"40000100"			      /* TAB */     \
	"3c000100"			      /* 1 */       \
	"0800010062706600"		      /* KIND */    \
	"30000280"			      /* OPTIONS */ \
	"0600030001000000"		      /* OPS_LEN */ \
	"0c0004000600000000000000"	      /* OPS */     \
	"18000200" control "0000000000000000" /* PARMS: index, capab, action, two counts */
#define ADD                \
	"54000000"         \
	"30000506"         \
	"0000000000000000" \
	"00000000"
#define REPLACE            \
	"54000000"         \
	"30000505"         \
	"0000000000000000" \
	"00000000"
#define PIPE       \
	"00000000" \
	"00000000" \
	"03000000"

static const struct {
	const char *line, *bytes;
} requests[] = {
	{"actions add action bpf bytecode 1,6~0~0~0", ADD ONE_OP(PIPE)},
	{"act add action bpf bytecode 1,6~0~0~0", ADD ONE_OP(PIPE)},
	{"actions add bpf run bc 1,6~0~0~0 drop", ADD ONE_OP("00000000"
							     "00000000"
							     "02000000")},
	{"actions add action bpf bytecode 1,6~0~0~0 shot flowid 1:1", ADD ONE_OP("00000000"
										 "00000000"
										 "02000000")},
	/* the index is decimal */
	{"actions add action bpf bytecode 1,6~0~0~0 reclassify index 010", ADD ONE_OP("0a000000"
										      "00000000"
										      "01000000")},
	{"actions change action bpf bytecode 1,6~0~0~0 continue index 3",
	 REPLACE ONE_OP("03000000"
			"00000000"
			"ffffffff")},
	{"actions repl action bpf bytecode 1,6~0~0~0 trap", REPLACE ONE_OP("00000000"
									   "00000000"
									   "08000000")},
	{"actions add action bpf bytecode 1,6~0~0~0 goto chain 5", ADD ONE_OP("00000000"
									      "00000000"
									      "05000020")},
	{"actions add action bpf bytecode 1,6~0~0~0 goto ch 268435455", ADD ONE_OP("00000000"
										   "00000000"
										   "ffffff2f")},
	{"actions add action bpf bytecode 1,6~0~0~0 jump 2", ADD ONE_OP("00000000"
									"00000000"
									"02000010")},
	/* prefixes: pass comes before pipe */
	{"actions add action bpf bytecode 1,6~0~0~0 p", ADD ONE_OP("00000000"
								   "00000000"
								   "00000000")},
	{"actions add action bpf bytecode 1,6~0~0~0 pi", ADD ONE_OP(PIPE)},
	{"actions add action bpf bytecode 1,6~0~0~0 ok cookie 0102",
	 "5c00000030000506000000000000000000000000480001004400010008000100627066003000028006000300"
	 "010000000c000400060000000000000018000200000000000000000000000000000000000000000006000600"
	 "01020000"},
	{"actions add action bpf bytecode 1,6~0~0~0 i 4 action bpf bytecode 2,6~0~0~1,6~0~0~2 pass",
	 "9800000030000506000000000000000000000000840001003c00010008000100627066003000028006000300"
	 "010000000c000400060000000000000018000200040000000000000003000000000000000000000044000200"
	 "0800010062706600380002800600030002000000140004000600000001000000060000000200000018000200"
	 "0000000000000000000000000000000000000000"},
	/* one that is there */
	{"actions add action bpf index 5",
	 "40000000300005060000000000000000000000002c0001002800010008000100627066001c00028018000200"
	 "0500000000000000030000000000000000000000"},
	{"actions add action bpf index 5 cookie 0a0B0c0D0e0f00112233445566778899",
	 "5400000030000506000000000000000000000000400001003c00010008000100627066001c00028018000200"
	 "0500000000000000030000000000000000000000140006000a0b0c0d0e0f00112233445566778899"},
	{"actions delete action bpf index 1 action bpf index 2",
	 "40000000310005000000000000000000000000002c0001001400010008000100627066000800030001000000"
	 "1400020008000100627066000800030002000000"},
	{"actions get action bpf index 1", "2c00000032000100000000000000000000000000180001001400010"
					   "008000100627066000800030001000000"},
	{"actions get bpf i 010", "2c00000032000100000000000000000000000000180001001400010008000100"
				  "62706600080003000a000000"},
	{"actions flush action bpf",
	 "3000000031000501000000000000000000000000100001000c00010008000100627066000c00020001000000"
	 "01000000"},
};

static void expect_sent(const char *line, const char *bytes)
{
	char hex[2 * sizeof(sent) + 1] = "";

	memset(sent + 8, 0, 8); /* nlmsg_seq, nlmsg_pid */
	for (size_t i = 0; i < sent_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", sent[i]);
	expect(line, hex, bytes);
}

static void actions_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		int status = run(requests[i].line);

		expect_sent(requests[i].line, requests[i].bytes);
		if (status || *err || *out)
			fail_msg("%s: status %d: %s%s", requests[i].line, status, out, err);
	}
}

/* A refusal is 255, and its text comes first. */
static void actions_refused(void **state)
{
	(void)state;
	refusal = -ENOENT;
	assert_int_equal(run("actions add action bpf bytecode 1,6~0~0~0"), 255);
	expect("add", err,
	       "RTNETLINK answers: No such file or directory\n"
	       "We have an error talking to the kernel\n");
	assert_int_equal(run("actions get action bpf index 7"), 255);
	expect("get", err,
	       "RTNETLINK answers: No such file or directory\n"
	       "We have an error talking to the kernel\n");
	assert_int_equal(run("actions del action bpf index 7"), 255);
	assert_int_equal(run("actions flush action bpf"), 1);
	expect("flush", err,
	       "RTNETLINK answers: No such file or directory\nWe have an error flushing\n");
	expect("nothing", out, "");
}

/* ---- wrong words --------------------------------------------------------- */

#define MISSING "Command line is not complete. Try option \"help\"\n"
#define BAD(n)	"bad action parsing\nparse_action: bad value (" n ":bpf)!\nIllegal \"action\"\n"

static const struct {
	const char *line, *said;
	int status;
} wrong[] = {
	{"actions add", "Illegal \"action\"\n", 255},
	{"actions add action bpf", MISSING, 255},
	{"actions add action bpf index", MISSING, 255},
	{"actions add action bpf index x", "bpf: Illegal \"index\"\n" BAD("3"), 255},
	{"actions add action bpf index 0x5", "bpf: Illegal \"index\"\n" BAD("3"), 255},
	{"actions add action bpf index -1", "bpf: Illegal \"index\"\n" BAD("3"), 255},
	{"actions add action bpf index 4294967296", "bpf: Illegal \"index\"\n" BAD("3"), 255},
	{"actions add action bpf run", MISSING, 255},
	{"actions add action bpf foo", "What mode is \"foo\"?\n" BAD("2"), 255},
	{"actions add action bpf drop index 5", "What mode is \"drop\"?\n" BAD("4"), 255},
	{"actions add action bpf bytecode", MISSING, 255},
	{"actions add action bpf bytecode 1,6~0~0", "Error at instruction 0!\n" BAD("3"), 255},
	{"actions add action bpf bytecode 1,6~0~0~0 goto", MISSING, 255},
	{"actions add action bpf bytecode 1,6~0~0~0 goto chain", MISSING, 255},
	{"actions add action bpf bytecode 1,6~0~0~0 goto 5", "\"chain index\" expected\n", 255},
	{"actions add action bpf bytecode 1,6~0~0~0 goto chain 0x5", "Illegal \"chain index\"\n",
	 255},
	{"actions add action bpf bytecode 1,6~0~0~0 goto chain 268435456",
	 "Illegal \"chain index\"\n", 255},
	{"actions add action bpf bytecode 1,6~0~0~0 jump", MISSING, 255},
	{"actions add action bpf bytecode 1,6~0~0~0 jump 268435456",
	 "Invalid \"jump count\" (268435456)\n", 255},
	{"actions add action bpf index 5 cookie", MISSING, 255},
	{"actions add action bpf index 5 cookie xx",
	 "Error: argument \"xx\" is wrong: cookie must be a hex string\n", 255},
	{"actions add action bpf index 5 cookie 123",
	 "Error: argument \"123\" is wrong: cookie must be a hex string\n", 255},
	{"actions add action bpf index 5 cookie 000102030405060708090a0b0c0d0e0f00",
	 "Error: argument \"000102030405060708090a0b0c0d0e0f00\" is wrong: 34 Max allowed size "
	 "32\n",
	 255},
	{"actions get action bpf", "Error: no index specified action: bpf\n", 255},
	{"actions get action bpf idx 3", "Error: no index specified action: bpf\n", 255},
	{"actions get action bpf index", MISSING, 255},
	{"actions get action bpf index 0x1", "Illegal \"index\"\n", 255},
	{"actions list action", MISSING, 255},
	{"actions list action bpf foo", "What is \"foo\"?\n", 255},
	{"actions flush action bpf foo", "What is \"foo\"?\n", 255},
	{"actions foo action bpf", "Command \"foo\" is unknown, try \"tc actions help\".\n", 255},
};

static void actions_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		int status = run(wrong[i].line);

		expect(wrong[i].line, err, wrong[i].said);
		if (status != wrong[i].status || sent_len || *out)
			fail_msg("%s: status %d, %zu bytes sent", wrong[i].line, status, sent_len);
	}
}

/* One more than the kernel takes. */
static void actions_many(void **state)
{
	char line[512] = "actions add action";
	int status;

	(void)state;
	for (int i = 0; i < WEIR_TC_ACTIONS_MAX; i++)
		strcat(line, " bpf i 1");
	status = run(line);
	expect("as many as there may be", err, "");
	assert_int_equal(status, 0);
	assert_true(sent_len > (size_t)32 * WEIR_TC_ACTIONS_MAX);
	strcat(line, " bpf i 1");
	assert_int_equal(run(line), 255);
	expect("many", err, "More than 32 actions\nIllegal \"action\"\n");
	assert_int_equal(sent_len, 0);
}

/* Other kinds, and what only the real tc knows of ours. */
static void actions_foreign(void **state)
{
	static const char *const lines[] = {
		"action gact drop",
		"action bpf index 5 action mirred egress redirect dev lo",
		"action bpf index 5 hw_stats disabled",
		"action bpf index 5 no_percpu",
		"action bpf help",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct weir_actions actions = {0};
		char line[128], *words[16], **at = words;
		size_t n = 0;

		snprintf(line, sizeof(line), "%s", lines[i]);
		for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
			words[n++] = word;
		words[n] = NULL;
		assert_int_equal(weir_actions_parse(&at, &actions), 0);
		assert_true(actions.foreign);
		weir_actions_free(&actions);
	}
}

/* ---- answers ------------------------------------------------------------- */

static struct nlmsghdr *begin_list(void)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(answer);

	msg->nlmsg_type = RTM_GETACTION;
	msg->nlmsg_flags = NLM_F_MULTI;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct tcamsg));
	return msg;
}

static void end_list(struct nlmsghdr *msg)
{
	struct nlmsghdr *done = (void *)(answer + MNL_ALIGN(msg->nlmsg_len));
	int none = 0;

	mnl_nlmsg_put_header(done);
	done->nlmsg_type = NLMSG_DONE;
	done->nlmsg_flags = NLM_F_MULTI;
	memcpy(mnl_nlmsg_put_extra_header(done, sizeof(none)), &none, sizeof(none));
	answer_len = (size_t)((uint8_t *)done - answer) + done->nlmsg_len;
}

/* An action as the kernel tells it. */
struct told {
	uint32_t order, index;
	int32_t control;
	const char *name;   /* NULL: one instruction */
	const char *cookie; /* two bytes; NULL */
	uint32_t flags, hw_stats_known, in_hw;
};

static void put_told(struct nlmsghdr *msg, const struct told *told)
{
	static const uint8_t tag[8] = {0x1e, 0x2d, 0x54, 0x27, 0x64, 0x59, 0x1e, 0x97};
	const struct sock_filter op = {.code = 6};
	const struct tcf_t times = {.install = 300, .lastuse = 200, .firstuse = 100};
	const struct tc_act_bpf parms = {
		.index = told->index, .action = told->control, .refcnt = 2, .bindcnt = 1};
	const struct gnet_stats_basic basic = {.bytes = 140, .packets = 4};
	const struct gnet_stats_queue queue = {.drops = 1, .overlimits = 2, .requeues = 3};
	const struct nla_bitfield32 flags = {told->flags, told->flags};
	const struct nla_bitfield32 hw_stats = {0, told->hw_stats_known};
	struct nlattr *one = mnl_attr_nest_start(msg, (uint16_t)told->order), *nest;

	mnl_attr_put_strz(msg, TCA_ACT_KIND, "bpf");
	nest = mnl_attr_nest_start(msg, TCA_ACT_STATS);
	mnl_attr_put(msg, TCA_STATS_BASIC, sizeof(basic), &basic);
	mnl_attr_put(msg, TCA_STATS_QUEUE, sizeof(queue), &queue);
	mnl_attr_nest_end(msg, nest);
	if (told->cookie)
		mnl_attr_put(msg, TCA_ACT_COOKIE, 2, told->cookie);
	if (told->flags)
		mnl_attr_put(msg, TCA_ACT_FLAGS, sizeof(flags), &flags);
	if (told->hw_stats_known)
		mnl_attr_put(msg, TCA_ACT_HW_STATS, sizeof(hw_stats), &hw_stats);
	mnl_attr_put_u32(msg, TCA_ACT_IN_HW_COUNT, told->in_hw);
	nest = mnl_attr_nest_start(msg, TCA_ACT_OPTIONS);
	mnl_attr_put(msg, TCA_ACT_BPF_PARMS, sizeof(parms), &parms);
	if (told->name) {
		mnl_attr_put_strz(msg, TCA_ACT_BPF_NAME, told->name);
		mnl_attr_put(msg, TCA_ACT_BPF_TAG, sizeof(tag), tag);
		mnl_attr_put_u32(msg, TCA_ACT_BPF_ID, UINT32_MAX); /* ended meanwhile */
	} else {
		mnl_attr_put_u16(msg, TCA_ACT_BPF_OPS_LEN, 1);
		mnl_attr_put(msg, TCA_ACT_BPF_OPS, sizeof(op), &op);
	}
	mnl_attr_put(msg, TCA_ACT_BPF_TM, sizeof(times), &times);
	mnl_attr_nest_end(msg, nest);
	mnl_attr_nest_end(msg, one);
}

static void answer_list(const struct told *told, size_t n)
{
	struct nlmsghdr *msg = begin_list();
	struct nlattr *tab = mnl_attr_nest_start(msg, TCA_ACT_TAB);

	for (size_t i = 0; i < n; i++)
		put_told(msg, &told[i]);
	mnl_attr_nest_end(msg, tab);
	end_list(msg);
}

static const struct told two[] = {
	{.order = 0,
	 .index = 1,
	 .control = TC_ACT_PIPE,
	 .name = "count.o:[tc]",
	 .cookie = "\xaa\xbb"},
	{.order = 1, .index = 5, .control = TC_ACT_SHOT},
};

static void actions_list(void **state)
{
	(void)state;
	answer_list(two, 2);
	assert_int_equal(run("actions list action bpf"), 0);
	expect("list", out,
	       "total acts 2\n"
	       "\n\taction order 0: bpf count.o:[tc] tag 1e2d542764591e97 default-action pipe\n"
	       "\t index 1 ref 2 bind 1\n"
	       " \tcookie aabb\n\tnot_in_hw\n"
	       "\n\taction order 1: bpf bytecode '1,6 0 0 0' default-action drop\n"
	       "\t index 5 ref 2 bind 1\n"
	       " \tnot_in_hw\n");
	expect_sent("list",
		    "3000000032000103000000000000000000000000100001000c000100080001006270660"
		    "00c0002000100000001000000");
}

static void actions_list_stats(void **state)
{
	char expected[512];
	long hz = sysconf(_SC_CLK_TCK);

	(void)state;
	compat.stats = true;
	answer_list(&two[1], 1);
	assert_int_equal(run("actions show action bpf"), 0);
	snprintf(expected, sizeof(expected),
		 "total acts 1\n"
		 "\n\taction order 1: bpf bytecode '1,6 0 0 0' default-action drop\n"
		 "\t index 5 ref 2 bind 1 installed %ld sec used %ld sec firstused %ld sec\n"
		 " \tAction statistics:\n"
		 "\tSent 140 bytes 4 pkt (dropped 1, overlimits 2 requeues 3) \n"
		 "\tbacklog 0b 0p requeues 3\n"
		 "\tnot_in_hw\n",
		 300 / hz, 200 / hz, 100 / hz);
	expect("-s list", out, expected);
}

static void actions_list_json(void **state)
{
	(void)state;
	compat.json = true;
	answer_list(two, 2);
	assert_int_equal(run("actions ls action bpf"), 0);
	expect("-j list", out,
	       "[{\"total acts\":2},{\"actions\":[{\"order\":0,\"kind\":\"bpf\","
	       "\"bpf_name\":\"count.o:[tc]\",\"tag\":\"1e2d542764591e97\","
	       "\"control_action\":{\"type\":\"pipe\"},\"index\":1,\"ref\":2,\"bind\":1,"
	       "\"cookie\":\"aabb\",\"not_in_hw\":true},{\"order\":1,\"kind\":\"bpf\","
	       "\"bytecode\":{\"length\":1,\"insns\":[{\"code\":6,\"jt\":0,\"jf\":0,\"k\":0}]},"
	       "\"control_action\":{\"type\":\"drop\"},\"index\":5,\"ref\":2,\"bind\":1,"
	       "\"not_in_hw\":true}]}]\n");
}

static void actions_list_flags(void **state)
{
	static const struct told told[] = {
		{.index = 1, .control = TC_ACT_PIPE, .flags = TCA_ACT_FLAGS_NO_PERCPU_STATS},
		{.order = 1, .index = 2, .control = TC_ACT_PIPE, .flags = TCA_ACT_FLAGS_SKIP_HW},
		{.order = 2, .index = 3, .control = TC_ACT_PIPE, .hw_stats_known = 3, .in_hw = 2},
	};

	(void)state;
	answer_list(told, 3);
	assert_int_equal(run("actions list action bpf"), 0);
	assert_non_null(strstr(out, " \tno_percpu\tnot_in_hw\n\n\taction order 1"));
	assert_non_null(strstr(out, " \tskip_hw\n\n\taction order 2"));
	assert_non_null(strstr(out, " \tin_hw in_hw_count 2\n\thw_stats disabled\n"));
	compat.json = true;
	answer_list(told, 3);
	assert_int_equal(run("actions list action bpf"), 0);
	assert_non_null(strstr(out, "\"bind\":1,\"no_percpu\":true,\"not_in_hw\":true}"));
	assert_non_null(strstr(out, "\"bind\":1,\"skip_hw\":true}"));
	assert_non_null(
		strstr(out, "\"in_hw\":true,\"in_hw_count\":2,\"hw_stats\":[\"disabled\"]}"));
}

/* Of a filter neither hardware nor what was asked of it is told. */
static void actions_in_filter(void **state)
{
	const struct weir_tc_action action = {
		.kind = "bpf",
		.order = 1,
		.index = 3,
		.control = TC_ACT_OK,
		.refcnt = 1,
		.bindcnt = 1,
		.has_hw_count = true,
		.in_hw_count = 1,
		.flags = {7, 7},
	};
	FILE *real_out = stdout;

	(void)state;
	free(out);
	stdout = open_memstream(&out, &out_len);
	weir_actions_show(&compat, &action, 1, true, NULL);
	(void)fclose(stdout);
	stdout = real_out;
	expect("in a filter", out,
	       "\n\taction order 1: bpf default-action pass\n\t index 3 ref 1 bind 1\n "
	       "\tno_percpu\n");
}

static void actions_controls(void **state)
{
	static const struct {
		int32_t control;
		const char *text, *json;
	} rows[] = {
		{TC_ACT_UNSPEC, "default-action continue\n", "{\"type\":\"continue\"}"},
		{TC_ACT_OK, "default-action pass\n", "{\"type\":\"pass\"}"},
		{TC_ACT_RECLASSIFY, "default-action reclassify\n", "{\"type\":\"reclassify\"}"},
		{TC_ACT_SHOT, "default-action drop\n", "{\"type\":\"drop\"}"},
		{TC_ACT_PIPE, "default-action pipe\n", "{\"type\":\"pipe\"}"},
		{TC_ACT_TRAP, "default-action trap\n", "{\"type\":\"trap\"}"},
		{TC_ACT_GOTO_CHAIN | 7, "default-action goto chain 7\n",
		 "{\"type\":\"goto\",\"chain\":7}"},
		{TC_ACT_JUMP | 3, "default-action jump 3\n", "{\"type\":\"jump\",\"jump\":3}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct told told = {.order = 1, .index = 1, .control = rows[i].control};

		compat.json = false;
		answer_list(&told, 1);
		assert_int_equal(run("actions get action bpf index 1"), 0);
		assert_non_null(strstr(out, "total acts 0\n"));
		if (!strstr(out, rows[i].text))
			fail_msg("%s instead of %s", out, rows[i].text);
		compat.json = true;
		answer_list(&told, 1);
		assert_int_equal(run("actions get action bpf index 1"), 0);
		if (!strstr(out, rows[i].json))
			fail_msg("%s instead of %s", out, rows[i].json);
	}
}

/* One message can hold more than a request may. */
static void actions_long_list(void **state)
{
	static struct told told[200];

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		told[i] = (struct told){.order = i, .index = i + 1, .control = TC_ACT_OK};
	answer_list(told, 200);
	assert_int_equal(run("actions list action bpf"), 0);
	assert_non_null(strstr(out, "total acts 200\n"));
	assert_non_null(strstr(out, "action order 199: bpf"));
	assert_non_null(strstr(out, "index 200 ref"));
}

static void actions_empty_list(void **state)
{
	(void)state;
	end_list((void *)memset(answer, 0, sizeof(answer)));
	assert_int_equal(run("actions list action bpf"), 0);
	expect("an empty list", out, "");
	compat.json = true;
	end_list((void *)memset(answer, 0, sizeof(answer)));
	assert_int_equal(run("actions list action bpf"), 0);
	expect("an empty list", out, "[]\n");
}

/* Damaged answers: no byte behind them is read, nothing is made up. */
static void actions_damaged(void **state)
{
	unsigned int seed = 3;

	(void)state;
	compat.stats = true;
	for (int round = 0; round < 5000; round++) {
		struct nlmsghdr *msg = (void *)answer;

		answer_list(two, 2);
		for (int i = 0; i < 6; i++)
			answer[20 + (size_t)rand_r(&seed) % (msg->nlmsg_len - 20)] =
				(uint8_t)rand_r(&seed);
		compat.json = round % 2;
		(void)run("actions list action bpf");
	}
}

#define line_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		line_test(actions_requests),   line_test(actions_refused),
		line_test(actions_wrong),      line_test(actions_many),
		line_test(actions_foreign),    line_test(actions_list),
		line_test(actions_list_stats), line_test(actions_list_json),
		line_test(actions_list_flags), line_test(actions_in_filter),
		line_test(actions_controls),   line_test(actions_long_list),
		line_test(actions_empty_list), line_test(actions_damaged),
	};

	return cmocka_run_group_tests_name("actions", tests, NULL, NULL);
}
