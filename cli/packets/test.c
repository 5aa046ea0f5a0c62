// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir test. In: a program, packets, perhaps what is expected of them. Out: for each packet the
 * verdict, what was counted and what was changed; whether that is as expected.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/packets/changes.h"
#include "cli/packets/expect.h"
#include "cli/packets/packets.h"
#include "cli/packets/pcapng.h"
#include "cli/packets/report.h"
#include "cli/packets/source.h"
#include "cli/packets/subject.h"
#include "cli/say.h"

/* The longest packet, and what a program may put before or behind it. */
#define OUT_ROOM (128u * 1024)

struct test {
	const struct weir_test_config *cfg;
	struct weir_subject subject;
	struct weir_expectation expectation;
	struct weir_report report;
	struct weir_pcapng *out;
	uint32_t ifindex;
	uint64_t n;
	struct weir_outcome outcome;
	struct weir_lines problems;
	char words[512];
	uint8_t *bytes; /* as the program left them */
};

/* ---- running ------------------------------------------------------------- */

/* A page less headroom and what the kernel keeps behind: net/bpf/test_run.c. */
#define XDP_LINEAR_MAX (4096 - 256 - 320)
#define SKB_LINEAR_MAX (4096 - 64 - 320)

/* The kernel says EINVAL to nearly all of them. */
static const char *why_not_run(const struct test *test, size_t len_bytes)
{
	bool xdp = test->subject.prog.type == BPF_PROG_TYPE_XDP;

	if (len_bytes < 14)
		return "less than an Ethernet header";
	if (xdp && len_bytes > XDP_LINEAR_MAX)
		return "more than one buffer takes, and the program is not of xdp.frags";
	if (!xdp && len_bytes > SKB_LINEAR_MAX)
		return "longer than the kernel's test run takes for tc";
	return xdp ? "the kernel does not take it" : "an IP header is cut off";
}

/* 1: the kernel does not take the packet. */
static int run(struct test *test, const struct weir_packet *packet, struct weir_run *out)
{
	int err;

	/* which some kernels would run all the same, unlike a driver */
	if (test->subject.linear_only && packet->len_bytes > XDP_LINEAR_MAX)
		return 1;
	*out = (struct weir_run){
		.sz = sizeof(*out),
		.in = packet->bytes,
		.in_bytes = (uint32_t)packet->len_bytes,
		.out = test->bytes,
		.out_room = OUT_ROOM,
		.ifindex = test->ifindex,
		.mark = test->cfg->mark,
		.priority = test->cfg->priority,
	};
	err = weir_prog_run(test->subject.prog_fd, test->subject.prog.type, out);
	if (!err)
		return 0;
	if (err == -EPERM || err == -ENOMEM) {
		weir_say_error("%s: cannot be run with packets: %s%s", test->subject.name,
			       strerror(-err), err == -EPERM ? "; run as root" : "");
		return err;
	}
	return 1;
}

static void note_skb(const struct weir_run *run, const struct weir_test_config *cfg,
		     struct weir_lines *changes)
{
	if (run->mark != cfg->mark)
		weir_lines_add(changes, "skb mark %u > %u", cfg->mark, run->mark);
	if (run->priority != cfg->priority)
		weir_lines_add(changes, "skb priority %u > %u", cfg->priority, run->priority);
	for (int i = 0; i < 5; i++)
		if (run->cb[i])
			weir_lines_add(changes, "skb cb%d 0 > %u", i, run->cb[i]);
	/* a time is another in each run */
	if (run->tstamp_ns)
		weir_lines_add(changes, "skb tstamp 0 > set");
}

static void take_run(struct test *test, const struct weir_packet *packet,
		     const struct weir_run *run)
{
	const char *name = weir_verdict_name(test->subject.prog.type, run->verdict);
	struct weir_outcome *outcome = &test->outcome;

	if (name)
		snprintf(outcome->verdict, sizeof(outcome->verdict), "%s", name);
	else
		snprintf(outcome->verdict, sizeof(outcome->verdict), "%d", run->verdict);
	outcome->out_bytes = run->out_room;
	weir_changes_of(packet->bytes, packet->len_bytes, test->bytes, run->out_room,
			&outcome->changes);
	if (test->subject.prog.type == BPF_PROG_TYPE_SCHED_CLS)
		note_skb(run, test->cfg, &outcome->changes);
}

static void start_outcome(struct test *test, const struct weir_packet *packet)
{
	struct weir_outcome *outcome = &test->outcome;

	weir_lines_clear(&outcome->counts);
	weir_lines_clear(&outcome->changes);
	weir_lines_clear(&test->problems);
	if (packet->words)
		snprintf(test->words, sizeof(test->words), "%s", packet->words);
	else
		weir_packet_words(packet->bytes, packet->len_bytes, test->words,
				  sizeof(test->words));
	outcome->number = ++test->n;
	outcome->words = test->words;
	outcome->in_bytes = packet->len_bytes;
	outcome->out_bytes = 0;
}

/* ---- out ----------------------------------------------------------------- */

static bool goes_on(const struct test *test, int32_t verdict)
{
	if (test->subject.prog.type == BPF_PROG_TYPE_XDP)
		return verdict == XDP_PASS || verdict == XDP_TX || verdict == XDP_REDIRECT;
	return verdict != TC_ACT_SHOT && verdict != TC_ACT_STOLEN && verdict != TC_ACT_QUEUED;
}

/* "XDP_TX; weir_count xdp_ipv4_tcp 1 60" */
static void write_out(struct test *test, const struct weir_packet *packet)
{
	char comment[1024];
	const struct weir_pcapng_packet out = {
		.time_ns = packet->time_ns,
		.bytes = test->bytes,
		.len_bytes = test->outcome.out_bytes,
		.wire_bytes = test->outcome.out_bytes,
		.comment = comment,
	};
	size_t used;

	used = (size_t)snprintf(comment, sizeof(comment), "%s", test->outcome.verdict);
	for (size_t i = 0; i < test->outcome.counts.n && used < sizeof(comment); i++)
		used += (size_t)snprintf(comment + used, sizeof(comment) - used, "; %s",
					 test->outcome.counts.list[i]);
	weir_pcapng_add(test->out, &out);
}

static int take(const struct weir_packet *packet, void *ctx)
{
	struct test *test = ctx;
	struct weir_outcome *outcome = &test->outcome;
	struct weir_run ran;
	int err;

	start_outcome(test, packet);
	err = run(test, packet, &ran);
	if (err < 0)
		return err;
	if (err) {
		size_t used = strlen(test->words);

		snprintf(outcome->verdict, sizeof(outcome->verdict), "%s", WEIR_VERDICT_NOT_RUN);
		snprintf(test->words + used, sizeof(test->words) - used, ": %s",
			 why_not_run(test, packet->len_bytes));
	} else {
		take_run(test, packet, &ran);
		err = weir_subject_counted(&test->subject, &outcome->counts);
		if (err)
			return err;
		if (test->out && goes_on(test, ran.verdict))
			write_out(test, packet);
	}
	if (test->cfg->expect)
		weir_expect_compare(weir_expect_find(&test->expectation, outcome->number), outcome,
				    &test->problems);
	weir_report_add(&test->report, outcome, test->cfg->expect ? &test->problems : NULL);
	return outcome->counts.failed || outcome->changes.failed || test->problems.failed ? -ENOMEM
											  : 0;
}

/* ---- the whole ----------------------------------------------------------- */

static int read_expectation(struct test *test)
{
	const char *path = test->cfg->expect;
	FILE *file;
	int err;

	if (!path)
		return 0;
	file = fopen(path, "re");
	if (!file) {
		err = -errno;
		weir_say_error("%s: cannot be read: %s", path, strerror(-err));
		return err;
	}
	err = weir_expect_read(file, path, &test->expectation);
	fclose(file);
	return err;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat one, other;

	if (!a || !b)
		return false;
	if (stat(a, &one) || stat(b, &other))
		return !strcmp(a, b);
	return one.st_dev == other.st_dev && one.st_ino == other.st_ino && S_ISREG(one.st_mode);
}

static int check_differ(const char *a, const char *a_word, const char *b, const char *b_word)
{
	if (!is_same_file(a, b))
		return 0;
	weir_say_error("%s: %s and %s are the same file", a, b_word, a_word);
	return -EINVAL;
}

/* Writing would destroy what is yet to be read, or was written; save may renew what is expected. */
static int check_files(const struct weir_test_config *cfg)
{
	int err = check_differ(cfg->out, "out", cfg->in, "in");

	err = err ? err : check_differ(cfg->save, "save", cfg->in, "in");
	err = err ? err : check_differ(cfg->junit, "junit", cfg->in, "in");
	err = err ? err : check_differ(cfg->out, "out", cfg->expect, "expect");
	err = err ? err : check_differ(cfg->junit, "junit", cfg->expect, "expect");
	err = err ? err : check_differ(cfg->out, "out", cfg->save, "save");
	err = err ? err : check_differ(cfg->junit, "junit", cfg->save, "save");
	return err ? err : check_differ(cfg->junit, "junit", cfg->out, "out");
}

static int test_packets(struct test *test)
{
	int err = weir_packets_read(test->cfg->in, take, test);

	if (err || !test->cfg->expect)
		return err;
	weir_lines_clear(&test->problems);
	weir_expect_beyond(&test->expectation, test->n, &test->problems);
	if (!test->n)
		weir_lines_add(&test->problems, "there are no packets");
	if (test->problems.n)
		weir_report_whole(&test->report, "all packets are there", &test->problems);
	return 0;
}

int weir_test_run(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_test_config *cfg = &config->test;
	struct test test = {.cfg = cfg, .subject = {.prog_fd = -1}, .bytes = malloc(OUT_ROOM)};
	bool reporting = false;
	int err = test.bytes ? 0 : -ENOMEM, out_err;

	err = err ? err : check_files(cfg);
	err = err ? err : read_expectation(&test);
	err = err ? err : weir_packets_net(globals->netns, cfg->dev, &test.ifindex);
	err = err ? err : weir_subject_open(globals, &cfg->subject, &test.subject);
	err = err ? err : weir_packets_check_dev(cfg->dev, test.subject.prog.type);
	err = err ? err : weir_subject_fill(&test.subject, &cfg->sets, cfg->maps);
	err = err ? err : weir_subject_watch(&test.subject);
	if (!err && cfg->out)
		err = weir_pcapng_open(cfg->out, NULL, &test.out);
	if (!err) {
		reporting = true;
		err = weir_report_open(globals, cfg, test.subject.name, &test.report);
		err = err ? err : test_packets(&test);
	}
	out_err = reporting ? weir_report_close(&test.report, cfg) : 0;
	err = err ? err : out_err;
	out_err = weir_pcapng_close(test.out);
	err = err ? err : out_err;
	if (!err && test.report.failed)
		err = WEIR_EXIT_DIFFERS;
	weir_subject_close(&test.subject);
	weir_expect_free(&test.expectation);
	weir_outcome_free(&test.outcome);
	weir_lines_free(&test.problems);
	free(test.bytes);
	return err;
}
