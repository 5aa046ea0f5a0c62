// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_rate PIN CPUS [BYTES [RUNS]]
 *
 * Gives frames, as many as CPUS processors can run, to the program of the pinned set PIN
 * (below BPFFS/tc/globals) through BPF_PROG_TEST_RUN, RUNS (2000) by a call. What conforms is
 * counted over a second or more, from a moment at which the bucket is empty to another one, so
 * that it does not matter whether a busy machine lets this program run all the time, as long
 * as the burst lasts longer than it stands still. Prints "passed PACKETS BYTES offered PACKETS",
 * a second each. Root.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "maps/police.h"
#include "tests/pkt.h"
#include "tests/step_set.h"

#define CPUS_MAX 64

static int prog_fd;
static int runs = 2000;
static struct pkt pkt;
static atomic_bool stop;
static atomic_ulong offered;

static void *offer(void *ctx)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)ctx, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
	while (!stop) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt.bytes,
			    .data_size_in = (__u32)pkt.len, .repeat = runs);

		if (!bpf_prog_test_run_opts(prog_fd, &opts))
			offered += (unsigned long)runs;
	}
	return NULL;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What has conformed so far, and when that was. */
struct look {
	struct weir_counter conform;
	__u64 dropped;
	unsigned long offered;
	double at;
};

static bool look(int fd, struct look *out)
{
	struct weir_counter all[WEIR_POLICE_REASONS];

	if (!read_counts(fd, WEIR_POLICE_REASONS, all))
		return false;
	out->at = seconds();
	out->conform = all[WEIR_POLICE_PASS_CONFORM];
	out->dropped = all[WEIR_POLICE_DROP_EXCEED].packets;
	out->offered = offered;
	return true;
}

/* The next moment at which packets are dropped: then the bucket is empty. */
static bool look_when_empty(int fd, struct look *out)
{
	const double patience = 20, moment = 0.003;
	double end = seconds() + patience;
	struct look last, now;

	if (!look(fd, &last))
		return false;
	while (seconds() < end) {
		usleep(500);
		if (!look(fd, &now))
			return false;
		if (now.dropped > last.dropped && now.at - last.at < moment) {
			*out = now;
			return true;
		}
		last = now;
	}
	return false;
}

int main(int argc, char **argv)
{
	size_t cpus = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	pthread_t threads[CPUS_MAX];
	struct look a, b;
	int reason_fd;
	bool ok;

	if (argc < 3 || !cpus || cpus > CPUS_MAX) {
		fprintf(stderr, "usage: tool_rate PIN CPUS [BYTES [RUNS]]\n");
		return 2;
	}
	runs = argc > 4 ? atoi(argv[4]) : runs;
	prog_fd = open_program(argv[1]);
	reason_fd = open_map(prog_fd, "weir_police");
	if (reason_fd < 0 ||
	    pkt_build(&pkt, "ipv4/udp", argc > 3 ? strtoul(argv[3], NULL, 10) : 64))
		return 1;
	for (size_t i = 0; i < cpus; i++)
		if (pthread_create(&threads[i], NULL, offer, (void *)i))
			return 1;
	ok = look_when_empty(reason_fd, &a);
	usleep(1000000);
	ok = ok && look_when_empty(reason_fd, &b);
	stop = true;
	for (size_t i = 0; i < cpus; i++)
		pthread_join(threads[i], NULL);
	if (ok)
		printf("passed %.0f %.0f offered %.0f\n",
		       (double)(b.conform.packets - a.conform.packets) / (b.at - a.at),
		       (double)(b.conform.bytes - a.conform.bytes) / (b.at - a.at),
		       (double)(b.offered - a.offered) / (b.at - a.at));
	return !ok;
}
