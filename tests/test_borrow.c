// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Borrowed requests. First the catch: this program is also the one that is
 * traced, and sends by each system call; shells stand for what else can happen.
 * Then the edits, on messages made here: what is put where, and damaged ones.
 * No request reaches the kernel: what should be caught would be refused anyway,
 * and the sender's exit status tells that it was not caught.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/nexthop.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <linux/seg6_local.h>
#include <linux/tc_act/tc_bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader/borrow.h"
#include "loader/log.h"

#define NOT_CAUGHT 42

/* ---- the traced program -------------------------------------------------- */

struct request {
	struct nlmsghdr head;
	struct ifinfomsg link;
};

static struct request request_of(uint16_t type, int ifindex)
{
	return (struct request){
		.head = {.nlmsg_len = sizeof(struct request),
			 .nlmsg_type = type,
			 .nlmsg_flags = NLM_F_REQUEST},
		.link = {.ifi_index = ifindex},
	};
}

/* An ifindex that no machine has. */
#define CHANGE request_of(RTM_SETLINK, INT_MAX)

static void send_message(int fd, struct iovec *iovecs, size_t n)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK};
	struct msghdr msg = {&to, sizeof(to), iovecs, n, NULL, 0, 0};

	(void)sendmsg(fd, &msg, 0);
}

static void send_many(int fd, struct iovec *iovecs, unsigned int n)
{
	struct mmsghdr msgs[2] = {0};

	for (unsigned int i = 0; i < n; i++) {
		msgs[i].msg_hdr.msg_iov = &iovecs[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	(void)sendmmsg(fd, msgs, n, 0);
}

/* @how: a word of the table of ways. */
static int sender(const char *how)
{
	static uint8_t large[100000];
	struct request change = CHANGE, get = request_of(RTM_GETLINK, INT_MAX),
		       probe = request_of(RTM_NEWLINK, 0);
	struct iovec one = {&change, sizeof(change)}, two[] = {one, one},
		     parts[] = {{&change, 7}, {(uint8_t *)&change + 7, sizeof(change) - 7}},
		     mixed[] = {{&get, sizeof(get)}, one}, probes = {&probe, sizeof(probe)},
		     gets = {&get, sizeof(get)}, big = {large, sizeof(large)}, wrong = {NULL, 64};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	memcpy(large, &change, sizeof(change));
	((struct nlmsghdr *)large)->nlmsg_len = sizeof(large);
	if (!strcmp(how, "sendmsg"))
		send_message(fd, &one, 1);
	else if (!strcmp(how, "parts"))
		send_message(fd, parts, 2);
	else if (!strcmp(how, "sendto"))
		(void)sendto(fd, &change, sizeof(change), 0, NULL, 0);
	else if (!strcmp(how, "write"))
		(void)!write(fd, &change, sizeof(change));
	else if (!strcmp(how, "writev"))
		(void)!writev(fd, parts, 2);
	else if (!strcmp(how, "sendmmsg"))
		send_many(fd, &one, 1);
	else if (!strcmp(how, "two-messages"))
		send_many(fd, two, 2);
	else if (!strcmp(how, "two-requests"))
		send_message(fd, two, 2);
	else if (!strcmp(how, "get-and-change"))
		send_message(fd, mixed, 2);
	else if (!strcmp(how, "large"))
		send_message(fd, &big, 1);
	else if (!strcmp(how, "asks")) {
		send_message(fd, &gets, 1);
		send_message(fd, &probes, 1);
		send_message(fd, &wrong, 1);
		send_message(fd, NULL, 0);
		(void)!write(STDERR_FILENO, "", 0);
	} else if (!strcmp(how, "asks-first")) {
		send_message(fd, &gets, 1);
		send_message(fd, &probes, 1);
		send_message(fd, &one, 1);
	}
	_exit(NOT_CAUGHT);
}

/* ---- the catch ----------------------------------------------------------- */

static char self[PATH_MAX];
static char logged[1024];

static void hear(void *ctx, enum weir_log_level level, const char *text)
{
	(void)ctx;
	if (level == WEIR_LOG_ERROR)
		snprintf(logged, sizeof(logged), "%s", text);
}

static int borrow_from(const char *how, struct weir_borrowed **out)
{
	char *argv[] = {self, (char *)how, NULL};

	*out = NULL;
	*logged = '\0';
	return weir_borrow(self, argv, out);
}

static int borrow_from_shell(const char *script, struct weir_borrowed **out)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, self, NULL};

	*out = NULL;
	*logged = '\0';
	return weir_borrow("/bin/sh", argv, out);
}

static void assert_is_change(struct weir_borrowed *req)
{
	const struct request want = CHANGE;
	size_t len;

	assert_non_null(req);
	assert_memory_equal(weir_borrowed_bytes(req, &len), &want, sizeof(want));
	assert_int_equal(len, sizeof(want));
	weir_borrowed_free(req);
}

static void borrow_by_each_call(void **state)
{
	static const char *const ways[] = {"sendmsg", "parts",	  "sendto",    "write",
					   "writev",  "sendmmsg", "asks-first"};
	struct weir_borrowed *req;

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (borrow_from(ways[i], &req))
			fail_msg("%s: %s", ways[i], logged);
		assert_is_change(req);
	}
}

static void borrow_lets_pass(void **state)
{
	struct weir_borrowed *req;

	(void)state;
	assert_int_equal(borrow_from("asks", &req), NOT_CAUGHT);
	assert_string_equal(logged, "");
	assert_int_equal(borrow_from("nothing", &req), NOT_CAUGHT);
	assert_null(req);
}

static void borrow_refuses_several(void **state)
{
	static const char *const ways[] = {"two-messages", "two-requests", "get-and-change",
					   "large"};
	struct weir_borrowed *req;

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		int ret = borrow_from(ways[i], &req);

		if (ret != -EMSGSIZE || !strstr(logged, "taken over"))
			fail_msg("%s: %d %s", ways[i], ret, logged);
	}
}

static void borrow_ends(void **state)
{
	char *no_words[] = {(char *)"x", NULL};
	struct weir_borrowed *req;

	(void)state;
	assert_int_equal(borrow_from_shell("exit 7", &req), 7);
	assert_string_equal(logged, "");
	assert_true(borrow_from_shell("exit 0", &req) < 0);
	assert_non_null(strstr(logged, "asked nothing"));
	assert_true(borrow_from_shell("kill -KILL $$", &req) < 0);
	assert_non_null(strstr(logged, "signal 9"));
	assert_int_equal(weir_borrow("/nosuch/ip", no_words, &req), -ENOENT);
	assert_non_null(strstr(logged, "/nosuch/ip: "));
	assert_int_equal(weir_borrow("/tmp", no_words, &req), -EACCES);
	/* exit statuses that are errnos, too */
	assert_int_equal(borrow_from_shell("exit 1", &req), 1);
	assert_int_equal(borrow_from_shell("exit 127", &req), 127);
}

/* A script is followed into what it starts, in the foreground or not. */
static void borrow_from_scripts(void **state)
{
	static const char *const scripts[] = {
		"exec \"$0\" sendmsg",
		"\"$0\" sendmsg; exit 3",
		"true; x=$(\"$0\" sendmsg); exit 3",
		"(sleep 60) & \"$0\" asks; \"$0\" sendmsg; exit 3",
		"sh -c '\"$0\" sendmsg' \"$0\" | cat; exit 3",
	};
	struct weir_borrowed *req;

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		if (borrow_from_shell(scripts[i], &req))
			fail_msg("%s: %s", scripts[i], logged);
		assert_is_change(req);
	}
}

/* Signals arrive; stops do not stop what nobody would continue. */
static void borrow_delivers_signals(void **state)
{
	struct weir_borrowed *req;

	(void)state;
	assert_int_equal(borrow_from_shell("trap 'exit 5' USR1; kill -USR1 $$; exit 6", &req), 5);
	assert_int_equal(borrow_from_shell("kill -STOP $$; exit 6", &req), 6);
	assert_int_equal(borrow_from_shell("kill -TSTP $$; exit 6", &req), 6);
	assert_int_equal(borrow_from_shell("trap 'exit 4' TRAP; kill -TRAP $$; exit 6", &req), 4);
}

static void borrow_leaves_children_alone(void **state)
{
	struct weir_borrowed *req;
	pid_t other = fork();
	int status;

	(void)state;
	if (other == 0)
		_exit(11);
	assert_int_equal(borrow_from("sendmsg", &req), 0);
	assert_is_change(req);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(WEXITSTATUS(status), 11);
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void borrow_without_sigchld(void **state)
{
	struct weir_borrowed *req;

	(void)state;
	(void)signal(SIGCHLD, SIG_IGN);
	assert_int_equal(borrow_from("sendmsg", &req), 0);
	assert_is_change(req);
	assert_int_equal(borrow_from_shell("exit 7", &req), 7);
	(void)signal(SIGCHLD, SIG_DFL);
}

static void borrow_passes_no_fds(void **state)
{
	struct weir_borrowed *req;
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 77);

	(void)state;
	assert_true(fd >= 77);
	assert_int_equal(borrow_from_shell("[ -e /proc/$$/fd/77 ] && exit 9; exit 8", &req), 8);
	close(fd);
}

/* As containers and hardened kernels have it: @call fails with EPERM. */
static void forbid(long call)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(100);
}

static void borrow_where_forbidden(void **state)
{
	static const long calls[] = {SYS_ptrace, SYS_process_vm_readv};
	struct weir_borrowed *req;
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			forbid(calls[i]);
			_exit(borrow_from("sendmsg", &req) == -EPERM && strstr(logged, "ptrace")
				      ? 0
				      : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

/* ---- messages to edit ---------------------------------------------------- */

#define ROOM 8192

static struct nlmsghdr *begin(void *buf, uint16_t type, size_t head_bytes)
{
	struct nlmsghdr *msg;

	memset(buf, 0, ROOM);
	msg = mnl_nlmsg_put_header(buf);
	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	mnl_nlmsg_put_extra_header(msg, head_bytes);
	return msg;
}

static void put_ops(struct nlmsghdr *msg, uint16_t len_type, uint16_t type, uint32_t k)
{
	const struct sock_filter ops = {6, 0, 0, k};

	mnl_attr_put_u16(msg, len_type, 1);
	mnl_attr_put(msg, type, sizeof(ops), &ops);
}

static void put_prog(struct nlmsghdr *msg, uint16_t fd_type, uint16_t name_type, int fd,
		     const char *name)
{
	mnl_attr_put_u32(msg, fd_type, (uint32_t)fd);
	mnl_attr_put_strz(msg, name_type, name);
}

#define STAND_IN_K 4294967294u

/* One action: a program by stand-in (fd 0), or by fd. */
static void put_action(struct nlmsghdr *msg, uint16_t nth, const char *kind, int fd,
		       const char *name)
{
	struct nlattr *action = mnl_attr_nest_start(msg, nth), *options;

	mnl_attr_put_strz(msg, TCA_ACT_KIND, kind);
	options = mnl_attr_nest_start(msg, TCA_ACT_OPTIONS);
	if (fd)
		put_prog(msg, TCA_ACT_BPF_FD, TCA_ACT_BPF_NAME, fd, name);
	else
		put_ops(msg, TCA_ACT_BPF_OPS_LEN, TCA_ACT_BPF_OPS, STAND_IN_K);
	mnl_attr_put_u32(msg, TCA_ACT_BPF_PARMS, 7);
	mnl_attr_nest_end(msg, options);
	mnl_attr_nest_end(msg, action);
}

/* Actions, then the filter's own program; @fds 0: stand-ins. @kind "bpf" has both. */
static struct nlmsghdr *make_filter(void *buf, const char *kind, uint16_t act_type,
				    const int fds[3], const char *name)
{
	struct nlmsghdr *msg = begin(buf, RTM_NEWTFILTER, sizeof(struct tcmsg));
	struct nlattr *options, *list;

	mnl_attr_put_strz(msg, TCA_KIND, kind);
	options = mnl_attr_nest_start(msg, TCA_OPTIONS);
	options->nla_type = TCA_OPTIONS;
	mnl_attr_put_u32(msg, 100, 5);
	list = mnl_attr_nest_start(msg, act_type);
	put_action(msg, 1, "bpf", fds[0], name);
	put_action(msg, 2, "gact", 0, NULL);
	put_action(msg, 3, "bpf", fds[1], name);
	mnl_attr_nest_end(msg, list);
	if (!strcmp(kind, "bpf") && fds[2])
		put_prog(msg, TCA_BPF_FD, TCA_BPF_NAME, fds[2], name);
	else if (!strcmp(kind, "bpf"))
		put_ops(msg, TCA_BPF_OPS_LEN, TCA_BPF_OPS, STAND_IN_K);
	mnl_attr_put_u32(msg, 101, 6);
	mnl_attr_nest_end(msg, options);
	mnl_attr_put_u32(msg, TCA_CHAIN, 3);
	return msg;
}

static struct nlmsghdr *make_actions(void *buf, int fd, const char *name)
{
	struct nlmsghdr *msg = begin(buf, RTM_NEWACTION, sizeof(struct tcamsg));
	struct nlattr *list = mnl_attr_nest_start(msg, TCA_ACT_TAB);

	put_action(msg, 1, "bpf", fd, name);
	mnl_attr_nest_end(msg, list);
	return msg;
}

static struct nlmsghdr *make_link(void *buf, bool with_xdp, int fd, uint32_t flags)
{
	struct nlmsghdr *msg = begin(buf, RTM_NEWLINK, sizeof(struct ifinfomsg));
	struct nlattr *nest;

	mnl_attr_put_u32(msg, IFLA_MTU, 1400);
	if (with_xdp) {
		nest = mnl_attr_nest_start(msg, IFLA_XDP);
		nest->nla_type = IFLA_XDP;
		mnl_attr_put_u32(msg, IFLA_XDP_FD, (uint32_t)fd);
		if (flags)
			mnl_attr_put_u32(msg, IFLA_XDP_FLAGS, flags);
		mnl_attr_nest_end(msg, nest);
	} else {
		mnl_attr_put_u32(msg, IFLA_NUM_TX_QUEUES, 2147483646u);
	}
	mnl_attr_put(msg, IFLA_IFALIAS, 3, "foo"); /* not padded to 4 */
	return msg;
}

enum what { STAND_IN, OTHER_IP, LWT, SEG6 };

static void put_nest_prog(struct nlmsghdr *msg, uint16_t type, int fd)
{
	struct nlattr *nest = mnl_attr_nest_start(msg, type);

	put_prog(msg, 1, 2, fd, "F:[s]");
	mnl_attr_nest_end(msg, nest);
}

static void put_encap(struct nlmsghdr *msg, uint16_t attr, uint16_t type_attr, enum what what)
{
	static const uint16_t types[] = {LWTUNNEL_ENCAP_IP, LWTUNNEL_ENCAP_IP, LWTUNNEL_ENCAP_BPF,
					 LWTUNNEL_ENCAP_SEG6_LOCAL};
	struct nlattr *nest = mnl_attr_nest_start(msg, attr), *counters;

	nest->nla_type = attr;
	if (what <= OTHER_IP) {
		mnl_attr_put_u64(msg, LWTUNNEL_IP_ID,
				 htobe64(what == STAND_IN ? 0x7765697220696e21ull : 1));
		mnl_attr_put_u32(msg, LWTUNNEL_IP_DST, htobe32(1));
	} else if (what == LWT) {
		put_nest_prog(msg, LWT_BPF_IN, 5);
		put_nest_prog(msg, LWT_BPF_XMIT, 6);
		mnl_attr_put_u32(msg, LWT_BPF_XMIT_HEADROOM, 14);
	} else {
		mnl_attr_put_u32(msg, SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_BPF);
		put_nest_prog(msg, SEG6_LOCAL_BPF, 7);
		counters = mnl_attr_nest_start(msg, SEG6_LOCAL_COUNTERS);
		mnl_attr_put_u64(msg, SEG6_LOCAL_CNT_PACKETS, 0);
		mnl_attr_put_u64(msg, SEG6_LOCAL_CNT_BYTES, 0);
		mnl_attr_put_u64(msg, SEG6_LOCAL_CNT_ERRORS, 0);
		mnl_attr_nest_end(msg, counters);
	}
	mnl_attr_nest_end(msg, nest);
	mnl_attr_put_u16(msg, type_attr, types[what]);
}

static struct nlmsghdr *make_route(void *buf, enum what what)
{
	struct nlmsghdr *msg = begin(buf, RTM_NEWROUTE, sizeof(struct rtmsg));

	mnl_attr_put_u32(msg, RTA_DST, 1);
	put_encap(msg, RTA_ENCAP, RTA_ENCAP_TYPE, what);
	mnl_attr_put_u32(msg, RTA_OIF, 2);
	return msg;
}

static struct nlmsghdr *make_nexthop(void *buf, enum what what)
{
	struct nlmsghdr *msg = begin(buf, RTM_NEWNEXTHOP, sizeof(struct nhmsg));

	mnl_attr_put_u32(msg, NHA_ID, 5);
	put_encap(msg, NHA_ENCAP, NHA_ENCAP_TYPE, what);
	return msg;
}

static void put_hop(struct nlmsghdr *msg, enum what what)
{
	struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(msg);

	msg->nlmsg_len += sizeof(*hop);
	hop->rtnh_ifindex = 2;
	put_encap(msg, RTA_ENCAP, RTA_ENCAP_TYPE, what);
	hop->rtnh_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(msg) - (char *)hop);
}

static struct nlmsghdr *make_multipath(void *buf, enum what first, enum what second)
{
	struct nlmsghdr *msg = begin(buf, RTM_NEWROUTE, sizeof(struct rtmsg));
	struct nlattr *nest = mnl_attr_nest_start(msg, RTA_MULTIPATH);

	nest->nla_type = RTA_MULTIPATH;
	put_hop(msg, first);
	put_hop(msg, OTHER_IP);
	put_hop(msg, second);
	mnl_attr_nest_end(msg, nest);
	mnl_attr_put_u32(msg, RTA_TABLE, 254);
	return msg;
}

/* ---- edits --------------------------------------------------------------- */

static uint8_t buf[ROOM] __attribute__((aligned(4)));
static uint8_t want_buf[ROOM] __attribute__((aligned(4)));

static struct weir_borrowed *take(const struct nlmsghdr *msg)
{
	struct weir_borrowed *req = NULL;

	assert_int_equal(weir_borrowed_new(msg, msg->nlmsg_len, &req), 0);
	return req;
}

static void assert_bytes(struct weir_borrowed *req, const struct nlmsghdr *want)
{
	const struct nlmsghdr *got;
	size_t len;

	got = weir_borrowed_bytes(req, &len);
	assert_int_equal(len, want->nlmsg_len);
	assert_memory_equal(got, want, len);
}

static const struct weir_lwt_prog lwt_progs[] = {{LWT_BPF_IN, 5, "F:[s]"},
						 {LWT_BPF_XMIT, 6, "F:[s]"}};

static void edit_filter(void **state)
{
	static const int none[] = {0, 0, 0}, second[] = {0, 9, 0}, two[] = {8, 9, 0},
			 all[] = {8, 9, 10};
	struct weir_borrowed *req = take(make_filter(buf, "bpf", TCA_BPF_ACT, none, NULL));

	(void)state;
	assert_int_equal(weir_borrowed_prog(req, 1, 9, "F:[x]"), 0);
	assert_bytes(req, make_filter(want_buf, "bpf", TCA_BPF_ACT, second, "F:[x]"));
	assert_int_equal(weir_borrowed_prog(req, 0, 8, "F:[x]"), 0);
	assert_bytes(req, make_filter(want_buf, "bpf", TCA_BPF_ACT, two, "F:[x]"));
	/* refused, nothing changes */
	assert_int_equal(weir_borrowed_prog(req, 1, 8, "F:[x]"), -ENOENT);
	assert_bytes(req, make_filter(want_buf, "bpf", TCA_BPF_ACT, two, "F:[x]"));
	assert_int_equal(weir_borrowed_prog(req, 0, 10, "F:[x]"), 0);
	assert_bytes(req, make_filter(want_buf, "bpf", TCA_BPF_ACT, all, "F:[x]"));
	assert_int_equal(weir_borrowed_xdp(req, 5, 0), -ENOENT);
	assert_int_equal(weir_borrowed_seg6local(req, 5, "x", false), -ENOENT);
	weir_borrowed_free(req);
}

static void edit_filter_of_other_kinds(void **state)
{
	static const struct {
		const char *kind;
		uint16_t act_type;
	} kinds[] = {
		{"u32", TCA_U32_ACT},	    {"matchall", TCA_MATCHALL_ACT},
		{"flower", TCA_FLOWER_ACT}, {"basic", TCA_BASIC_ACT},
		{"fw", TCA_FW_ACT},
	};
	static const int none[] = {0, 0, 0}, two[] = {8, 8, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct weir_borrowed *req =
			take(make_filter(buf, kinds[i].kind, kinds[i].act_type, none, NULL));

		assert_int_equal(weir_borrowed_prog(req, 0, 8, "F:[x]"), 0);
		assert_int_equal(weir_borrowed_prog(req, 0, 8, "F:[x]"), 0);
		assert_int_equal(weir_borrowed_prog(req, 0, 8, "F:[x]"), -ENOENT);
		assert_bytes(req,
			     make_filter(want_buf, kinds[i].kind, kinds[i].act_type, two, "F:[x]"));
		weir_borrowed_free(req);
	}
}

static void edit_actions(void **state)
{
	struct weir_borrowed *req = take(make_actions(buf, 0, NULL));
	char name[256];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(weir_borrowed_prog(req, 0, 12, name), 0);
	assert_bytes(req, make_actions(want_buf, 12, name));
	weir_borrowed_free(req);
}

static void edit_link(void **state)
{
	struct weir_borrowed *req = take(make_link(buf, false, 0, 0));

	(void)state;
	assert_int_equal(weir_borrowed_xdp(req, 5, 3), 0);
	assert_bytes(req, make_link(want_buf, true, 5, 3));
	assert_int_equal(weir_borrowed_xdp(req, 5, 3), -ENOENT);
	weir_borrowed_free(req);
	req = take(make_link(buf, false, 0, 0));
	assert_int_equal(weir_borrowed_xdp(req, -1, 0), 0);
	assert_bytes(req, make_link(want_buf, true, -1, 0));
	assert_int_equal(weir_borrowed_prog(req, 0, 1, "x"), -ENOENT);
	weir_borrowed_free(req);
}

static void edit_route(void **state)
{
	struct weir_borrowed *req = take(make_route(buf, STAND_IN));

	(void)state;
	assert_int_equal(weir_borrowed_lwt(req, lwt_progs, 2, 14), 0);
	assert_bytes(req, make_route(want_buf, LWT));
	assert_int_equal(weir_borrowed_lwt(req, lwt_progs, 2, 14), -ENOENT);
	weir_borrowed_free(req);

	req = take(make_route(buf, STAND_IN));
	assert_int_equal(weir_borrowed_seg6local(req, 7, "F:[s]", true), 0);
	assert_bytes(req, make_route(want_buf, SEG6));
	weir_borrowed_free(req);

	/* the user's own tunnel is not ours to replace */
	req = take(make_route(buf, OTHER_IP));
	assert_int_equal(weir_borrowed_lwt(req, lwt_progs, 2, 14), -ENOENT);
	weir_borrowed_free(req);

	req = take(make_nexthop(buf, STAND_IN));
	assert_int_equal(weir_borrowed_lwt(req, lwt_progs, 2, 14), 0);
	assert_bytes(req, make_nexthop(want_buf, LWT));
	weir_borrowed_free(req);
}

static void edit_each_nexthop(void **state)
{
	struct weir_borrowed *req = take(make_multipath(buf, STAND_IN, STAND_IN));

	(void)state;
	assert_int_equal(weir_borrowed_seg6local(req, 7, "F:[s]", true), 0);
	assert_bytes(req, make_multipath(want_buf, SEG6, STAND_IN));
	assert_int_equal(weir_borrowed_lwt(req, lwt_progs, 2, 14), 0);
	assert_bytes(req, make_multipath(want_buf, SEG6, LWT));
	assert_int_equal(weir_borrowed_lwt(req, lwt_progs, 2, 14), -ENOENT);
	weir_borrowed_free(req);
}

/* The words that the real ip is given mean the stand-ins that are looked for. */
static void stand_ins_are_their_words(void **state)
{
	static const char *const encap[] = {WEIR_STAND_IN_ENCAP}, *const link[] = {
									  WEIR_STAND_IN_LINK};

	(void)state;
	assert_string_equal(encap[0], "encap");
	assert_string_equal(encap[2], "id");
	assert_true(strtoull(encap[3], NULL, 0) == 0x7765697220696e21ull);
	assert_string_equal(link[0], "numtxqueues");
	assert_true(strtoul(link[1], NULL, 0) == 2147483646u);
	assert_string_equal(WEIR_STAND_IN_BYTECODE, "1,6 0 0 4294967294");
}

/* ---- damaged messages ---------------------------------------------------- */

static void assert_whole(struct weir_borrowed *req)
{
	const struct nlmsghdr *msg;
	struct weir_attrs attrs;
	size_t len, head;

	msg = weir_borrowed_bytes(req, &len);
	head = sizeof(*msg) + (msg->nlmsg_type == RTM_NEWLINK	 ? sizeof(struct ifinfomsg)
			       : msg->nlmsg_type == RTM_NEWROUTE ? sizeof(struct rtmsg)
								 : sizeof(struct tcmsg));
	if (msg->nlmsg_type == RTM_NEWLINK || msg->nlmsg_type == RTM_NEWROUTE ||
	    msg->nlmsg_type == RTM_NEWTFILTER)
		assert_true(weir_attrs_of((const uint8_t *)msg + head, len - head, &attrs));
}

/* Every edit of @msg, which may be anything; true when one of them took it. */
static bool edit_all(const void *msg, size_t len)
{
	struct weir_borrowed *req = NULL;
	int good = 0;

	if (weir_borrowed_new(msg, len, &req))
		return false;
	for (int i = 0; i < 4; i++)
		good += !weir_borrowed_prog(req, (size_t)i / 2, 5, "F:[x]");
	good += !weir_borrowed_xdp(req, 5, 3);
	good += !weir_borrowed_lwt(req, lwt_progs, 2, 14);
	good += !weir_borrowed_seg6local(req, 5, "F:[x]", true);
	if (good)
		assert_whole(req);
	weir_borrowed_free(req);
	return good;
}

static void edit_damaged(void **state)
{
	static const int none[] = {0, 0, 0};
	uint64_t seed = 88172645463325252ull;
	uint32_t n_taken = 0;

	(void)state;
	for (int kind = 0; kind < 6; kind++) {
		const struct nlmsghdr *msg = kind == 0	 ? make_filter(buf, "bpf", 1, none, "")
					     : kind == 1 ? make_filter(buf, "u32", 7, none, "")
					     : kind == 2 ? make_actions(buf, 0, NULL)
					     : kind == 3 ? make_link(buf, false, 0, 0)
					     : kind == 4 ? make_route(buf, STAND_IN)
							 : make_multipath(buf, STAND_IN, STAND_IN);
		size_t len = msg->nlmsg_len;

		for (size_t cut = 0; cut <= len; cut++) {
			/* exactly so many bytes, so that reading behind them is seen */
			uint8_t *bytes = malloc(cut + !cut);

			memcpy(bytes, buf, cut);
			if (cut >= sizeof(*msg))
				((struct nlmsghdr *)(void *)bytes)->nlmsg_len = (uint32_t)cut;
			edit_all(bytes, cut);
			free(bytes);
		}
		for (int i = 0; i < 20000; i++) {
			memcpy(want_buf, buf, len);
			for (int k = 0; k <= i % 3; k++) {
				seed ^= seed << 13;
				seed ^= seed >> 7;
				seed ^= seed << 17;
				want_buf[16 + seed % (len - 16)] = (uint8_t)(seed >> 40);
			}
			n_taken += edit_all(want_buf, len);
		}
	}
	assert_true(n_taken > 1000); /* or the loop has tested nothing */
}

/* A nest's length has 16 bits: what does not fit is refused, not wrapped. */
static void edit_too_large(void **state)
{
	static uint8_t large[70000] __attribute__((aligned(4))), payload[65400];
	struct nlmsghdr *msg = (void *)large;
	struct nlattr *nest;
	struct weir_borrowed *req;

	(void)state;
	mnl_nlmsg_put_header(large);
	msg->nlmsg_type = RTM_NEWTFILTER;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct tcmsg));
	mnl_attr_put_strz(msg, TCA_KIND, "bpf");
	nest = mnl_attr_nest_start(msg, TCA_OPTIONS);
	put_ops(msg, TCA_BPF_OPS_LEN, TCA_BPF_OPS, STAND_IN_K);
	mnl_attr_put(msg, 100, sizeof(payload), payload);
	mnl_attr_nest_end(msg, nest);
	req = take(msg);
	assert_int_equal(weir_borrowed_prog(req, 0, 5,
					    "a name that is longer than room is left, "
					    "since the stand-in takes less than it does: "
					    "so this has to be a hundred characters and "
					    "some more"),
			 -EBADMSG);
	assert_bytes(req, msg);
	weir_borrowed_free(req);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borrow_by_each_call),
		cmocka_unit_test(borrow_lets_pass),
		cmocka_unit_test(borrow_refuses_several),
		cmocka_unit_test(borrow_ends),
		cmocka_unit_test(borrow_from_scripts),
		cmocka_unit_test(borrow_delivers_signals),
		cmocka_unit_test(borrow_leaves_children_alone),
		cmocka_unit_test(borrow_without_sigchld),
		cmocka_unit_test(borrow_passes_no_fds),
		cmocka_unit_test(borrow_where_forbidden),
		cmocka_unit_test(edit_filter),
		cmocka_unit_test(edit_filter_of_other_kinds),
		cmocka_unit_test(edit_actions),
		cmocka_unit_test(edit_link),
		cmocka_unit_test(edit_route),
		cmocka_unit_test(edit_each_nexthop),
		cmocka_unit_test(stand_ins_are_their_words),
		cmocka_unit_test(edit_damaged),
		cmocka_unit_test(edit_too_large),
	};

	if (argc > 1)
		return sender(argv[1]);
	if (!realpath("/proc/self/exe", self))
		return 1;
	weir_log_to(hear, NULL, WEIR_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
