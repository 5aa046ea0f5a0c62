// SPDX-License-Identifier: LGPL-2.1-or-later
/* clang-format off */
/* link: -Wl,--wrap=weir_compat_net,--wrap=weir_compat_say,--wrap=weir_compat_leave,--wrap=weir_net_ifindex_quiet,--wrap=weir_net_ifname,--wrap=weir_tc_qdisc,--wrap=weir_tc_qdiscs,--wrap=weir_tc_filter,--wrap=weir_tc_filter_list_get,--wrap=weir_tc_filter_list_each,--wrap=weir_tc_filter_list_free,--wrap=weir_tc_actions,--wrap=weir_tc_actions_list,--wrap=weir_tc_actions_flush,--wrap=weir_ip_xdp,--wrap=weir_borrow,--wrap=weir_real_line,--wrap=weir_real_output,--wrap=weir_real_path,--wrap=weir_spec_load,--wrap=weir_query,--wrap=weir_query_xdp,--wrap=weir_query_tcx,--wrap=weir_tc_exec_line */
/* clang-format on */
/*
 * Command lines of tc and ip made of the grammar's own words in any order, with
 * numbers, names and raw bytes between. Nothing reaches the kernel: what would is
 * replaced below, and checks there what it is given. A line ends with a status of
 * iproute2, and one that fails has said why.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compat.h"
#include "cli/spec.h"
#include "cli/tc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define EXPECT(what)                                                     \
	do {                                                             \
		if (!(what)) {                                           \
			fprintf(stderr, "fuzz_words: not: %s\n", #what); \
			abort();                                         \
		}                                                        \
	} while (0)

static bool said;
static bool refuse; /* what the kernel answers to this line */

/* ---- in place of the kernel, and of other programs ----------------------- */

#define WRAPS(type, name, ...)           \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

WRAPS(struct weir_net *, weir_compat_net, struct weir_compat *c)
{
	c->net = (void *)c; /* never looked into */
	return c->net;
}

WRAPS(void, weir_compat_say, const char *fmt, ...)
{
	said = *fmt != '\0';
}

WRAPS(void, weir_compat_leave, const struct weir_compat *c)
{
	(void)c;
}

WRAPS(int, weir_net_ifindex_quiet, struct weir_net *net, const char *dev)
{
	(void)net;
	EXPECT(dev);
	return *dev == 'v' || *dev == 'l' ? 5 : -19;
}

WRAPS(int, weir_net_ifname, struct weir_net *net, int ifindex, char *buf)
{
	(void)net;
	(void)ifindex;
	strcpy(buf, "v0");
	return 0;
}

static int answer(struct weir_ack *ack)
{
	/* weir_compat_refused() says so, in the file where say() is. */
	said = said || refuse;
	*ack = (struct weir_ack){.err = refuse ? -22 : 0};
	return ack->err;
}

WRAPS(int, weir_tc_qdisc, struct weir_net *net, enum weir_tc_op op,
      const struct weir_tc_qdisc *qdisc, weir_tc_qdisc_fn echo, void *ctx, struct weir_ack *ack)
{
	(void)net;
	EXPECT(op == WEIR_TC_ADD || op == WEIR_TC_REPLACE || op == WEIR_TC_DEL);
	EXPECT(!strcmp(qdisc->kind, "clsact") || !strcmp(qdisc->kind, "ingress"));
	if (echo && !refuse)
		echo(qdisc, ctx);
	return answer(ack);
}

WRAPS(int, weir_tc_qdiscs, struct weir_net *net, int ifindex, weir_tc_qdisc_fn fn, void *ctx,
      struct weir_ack *ack)
{
	const struct weir_tc_qdisc qdisc = {.ifindex = 5, .kind = "clsact", .ingress_block = 5};
	int ret;

	(void)net;
	(void)ifindex;
	ret = fn(&qdisc, ctx);
	return ret ?: answer(ack);
}

WRAPS(int, weir_tc_filter, struct weir_net *net, enum weir_tc_op op,
      const struct weir_tc_filter *filter, weir_tc_filter_fn fn, void *ctx, struct weir_ack *ack)
{
	(void)net;
	EXPECT(!(filter->block && filter->ifindex));
	EXPECT(filter->pref <= 0xffff);
	EXPECT(filter->n_ops <= 4096 && (!filter->n_ops || filter->ops));
	EXPECT(filter->n_actions <= WEIR_TC_ACTIONS_MAX);
	EXPECT(memchr(filter->name, 0, sizeof(filter->name)));
	for (size_t i = 0; i < filter->n_actions; i++)
		EXPECT(!strcmp(filter->actions[i].kind, "bpf"));
	if (fn && !refuse && op != WEIR_TC_DEL)
		fn(filter, ctx);
	return answer(ack);
}

static struct weir_tc_filter asked; /* what the list is of */

WRAPS(int, weir_tc_filter_list_get, struct weir_net *net, const struct weir_tc_filter *which,
      struct weir_tc_filter_list **out, struct weir_ack *ack)
{
	(void)net;
	asked = *which;
	*out = (void *)&asked;
	return answer(ack);
}

WRAPS(int, weir_tc_filter_list_each, const struct weir_tc_filter_list *list, weir_tc_filter_fn fn,
      void *ctx)
{
	static const struct sock_filter ops[] = {{6, 0, 0, 0}, {6, 0, 0, 1}};
	struct weir_tc_action action = {.kind = "bpf", .ops = ops, .n_ops = 2, .cookie_bytes = 3};
	struct weir_tc_filter filter = asked;
	int ret;

	EXPECT(list == (void *)&asked);
	memcpy(filter.kind, "bpf", 4);
	filter.has_chain = true;
	ret = fn(&filter, ctx);
	filter.has_options = true;
	filter.handle = 7;
	filter.ops = ops;
	filter.n_ops = 2;
	filter.actions = &action;
	filter.n_actions = 1;
	return ret ?: fn(&filter, ctx);
}

WRAPS(void, weir_tc_filter_list_free, struct weir_tc_filter_list *list)
{
	EXPECT(list == (void *)&asked);
}

WRAPS(int, weir_tc_actions, struct weir_net *net, enum weir_tc_op op,
      const struct weir_tc_action *actions, size_t n, weir_tc_actions_fn fn, void *ctx,
      struct weir_ack *ack)
{
	(void)net;
	(void)op;
	EXPECT(n <= WEIR_TC_ACTIONS_MAX);
	for (size_t i = 0; i < n; i++)
		EXPECT(actions[i].cookie_bytes <= sizeof(actions[i].cookie));
	if (fn && !refuse)
		fn(actions, n, ctx);
	return answer(ack);
}

WRAPS(int, weir_tc_actions_list, struct weir_net *net, const char *kind, weir_tc_actions_fn fn,
      void *ctx, struct weir_ack *ack)
{
	(void)net;
	(void)fn;
	(void)ctx;
	EXPECT(kind);
	return answer(ack);
}

WRAPS(int, weir_tc_actions_flush, struct weir_net *net, const char *kind, struct weir_ack *ack)
{
	(void)net;
	EXPECT(kind);
	return answer(ack);
}

WRAPS(int, weir_ip_xdp, struct weir_net *net, int ifindex, int prog_fd, uint32_t flags,
      struct weir_ack *ack)
{
	(void)net;
	EXPECT(ifindex > 0 && (prog_fd == -1 || prog_fd > 2));
	EXPECT(!(flags & ~0xfu) && !((flags & 2) && (flags & 12)));
	return answer(ack);
}

WRAPS(int, weir_borrow, const char *path, char *const argv[], struct weir_borrowed **out)
{
	(void)out;
	EXPECT(path && argv && argv[0]);
	said = true;
	return refuse ? -1 : 255;
}

WRAPS(int, weir_real_line, struct weir_compat *c, char **words)
{
	(void)c;
	(void)words;
	said = true;
	return 255;
}

WRAPS(int, weir_real_output, struct weir_compat *c, char **words, char **out, size_t *out_len)
{
	(void)c;
	(void)words;
	*out = strdup("[{\"prog\":{\"id\":1}}]\n");
	*out_len = strlen(*out);
	return 0;
}

WRAPS(int, weir_real_path, const char *program, char *buf, size_t len)
{
	snprintf(buf, len, "/sbin/%s", program);
	return 0;
}

WRAPS(int, weir_spec_load, const struct weir_compat *c, const struct weir_spec *spec,
      uint32_t ifindex, struct weir_loaded *out)
{
	(void)c;
	(void)ifindex;
	*out = (struct weir_loaded){.prog_fd = -1, .own_fd = -1};
	EXPECT(spec->kind != WEIR_SPEC_BYTECODE || spec->ops);
	EXPECT((spec->kind != WEIR_SPEC_OBJECT && spec->kind != WEIR_SPEC_PINNED) || spec->file);
	if (spec->kind == WEIR_SPEC_OBJECT && !*spec->file)
		return said = true, -2;
	if (spec->kind == WEIR_SPEC_OBJECT || spec->kind == WEIR_SPEC_PINNED) {
		out->prog_fd = 77;
		snprintf(out->name, sizeof(out->name), "%s", spec->file);
	}
	return 0;
}

WRAPS(int, weir_query, struct weir_net *net, const char *dev, weir_attachment_fn fn, void *ctx)
{
	const struct weir_attachment at = {
		.hook = WEIR_HOOK_XDP, .mode = WEIR_XDP_MULTI, .prog.id = 3};

	(void)net;
	(void)dev;
	return fn(&at, ctx);
}

WRAPS(int, weir_query_xdp, struct weir_net *net, const char *dev, weir_attachment_fn fn, void *ctx)
{
	return __wrap_weir_query(net, dev, fn, ctx);
}

WRAPS(int, weir_query_tcx, struct weir_net *net, int ifindex, enum weir_hook hook,
      weir_attachment_fn fn, void *ctx)
{
	const struct weir_attachment at = {.hook = hook, .tcx = true, .link_id = 4};

	(void)net;
	(void)ifindex;
	return fn(&at, ctx);
}

/* debug waits for the kernel's trace, import for a sender. */
WRAPS(int, weir_tc_exec_line, struct weir_compat *c, char **words)
{
	(void)c;
	(void)words;
	said = true;
	return 255;
}

/* ---- lines --------------------------------------------------------------- */

static const char *const vocabulary[] = {
	"filter",
	"qdisc",
	"actions",
	"exec",
	"link",
	"route",
	"address",
	"add",
	"change",
	"replace",
	"del",
	"get",
	"show",
	"list",
	"flush",
	"set",
	"append",
	"prepend",
	"dev",
	"v0",
	"v1",
	"block",
	"5",
	"0x6",
	"ingress",
	"egress",
	"root",
	"clsact",
	"parent",
	"ffff:",
	"ffff:fff2",
	"1:2",
	"pref",
	"prio",
	"protocol",
	"all",
	"ip",
	"802.1Q",
	"[7]",
	"chain",
	"handle",
	"7",
	"0x10",
	"bpf",
	"run",
	"obj",
	"object-file",
	"o",
	"object-pinned",
	"pinned",
	"fd",
	"bytecode",
	"bc",
	"1,6 0 0 0",
	"2,6 0 0 0,6 0 0 1",
	"bytecode-file",
	"/dev/null",
	"f.o",
	"",
	"section",
	"sec",
	"prog",
	"program",
	"type",
	"cls",
	"export",
	"/tmp/x",
	"verbose",
	"da",
	"direct-action",
	"classid",
	"flowid",
	":5",
	"skip_hw",
	"skip_sw",
	"action",
	"police",
	"mirred",
	"gact",
	"drop",
	"pass",
	"goto",
	"jump",
	"pipe",
	"index",
	"cookie",
	"aabb",
	"ingress_block",
	"egress_block",
	"handle",
	"bpf",
	"xdp",
	"xdpgeneric",
	"xdpdrv",
	"xdpoffload",
	"off",
	"none",
	"mtu",
	"1500",
	"up",
	"alias",
	"xdp",
	"encap",
	"in",
	"out",
	"xmit",
	"headroom",
	"14",
	"seg6local",
	"End.BPF",
	"endpoint",
	"10.0.0.0/8",
	"via",
	"help",
	"-1",
	"4294967295",
	"99999999999",
	"d",
	"s",
	"p",
	"c",
	"b",
	"r",
	"e",
	"h",
	"no",
	"oct",
};

#define N_VOCABULARY (sizeof(vocabulary) / sizeof(*vocabulary))
#define WORDS_MAX    48

/* A byte is a word; 0xff and a length are raw bytes. */
static size_t make_words(const uint8_t *data, size_t len, char **words)
{
	size_t n = 0;

	while (len && n < WORDS_MAX) {
		if (*data == 0xff && len > 1) {
			size_t raw = data[1] % 24;

			raw = raw < len - 2 ? raw : len - 2;
			words[n] = calloc(1, raw + 1);
			EXPECT(words[n]);
			memcpy(words[n++], data + 2, raw);
			data += 2 + raw;
			len -= 2 + raw;
		} else {
			words[n] = strdup(vocabulary[*data % N_VOCABULARY]);
			EXPECT(words[n++]);
			data++;
			len--;
		}
	}
	words[n] = NULL;
	return n;
}

static void check(bool is_ip, uint8_t options, char **words)
{
	struct weir_compat c = {
		.program = is_ip ? "ip" : "tc",
		.is_ip = is_ip,
		.force = options & 1,
		.json = options & 2,
		.pretty = options & 4,
		.details = options & 8,
		.stats = options & 16,
		.oneline = options & 32,
		.echo = options & 64,
	};
	int status;

	said = false;
	refuse = options & 128;
	if (!(is_ip ? weir_ip_is_ours(&c, words) : weir_tc_is_ours(&c, words)))
		return;
	weir_compat_say_begin(false);
	status = is_ip ? weir_ip_line(&c, words) : weir_tc_line(&c, words);
	weir_compat_say_end(status == WEIR_COMPAT_REFUSED);
	if (status && !said)
		for (char **word = words; *word; word++)
			fprintf(stderr, "'%s' ", *word);
	EXPECT(status == 0 || status == 1 || status == 2 || status == 255);
	EXPECT(!status || said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool quiet;
	char *words[WORDS_MAX + 1];
	size_t n;

	if (!quiet)
		quiet = freopen("/dev/null", "w", stdout) != NULL;
	if (len < 3)
		return 0;
	n = make_words(data + 2, len - 2, words);
	if (n)
		check(data[0] & 1, data[1], words);
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	return 0;
}
