// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What it costs to forward a frame: by weir forward, by the kernel, and by a program that
 * looks up, rewrites and redirects and does nothing else.
 *
 *	forward BENCH_FORWARD.O WEIR C0 R0 R1 S0 DESTINATION [ROUNDS [FRAMES]]
 *
 * C0 and R0 are a veth pair, so are R1 and S0; all in the caller's network namespace, which
 * routes DESTINATION by R1. Frames of 64 bytes are made by live test runs at C0 and taken by
 * an XDP program at S0; maker, router and taker share one CPU. Nanoseconds a frame, all
 * included: of a round the fastest of several parts, which take turns, medians of the rounds
 * and of their ratios. Root.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "maps/layout.h"
#include "selftests/bench/rounds.h"
#include "tests/pkt.h"

#define PASSES	   7
#define FRAME_MADE 42 /* bytes that the maker writes */

/* Linux 5.18. */
#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES (1U << 1)
#endif

enum who { KERNEL, X_FIB, OURS, OURS_AGAIN, WHO };

struct run {
	const char *weir, *dev;
	unsigned int made_at, router, sent_by, taken_at; /* interfaces */
	unsigned int rounds, frames;
	int make_fd, taken_fd, fds[WHO]; /* -1: no program */
	struct pkt pkt;
	double ns[WHO][ROUNDS_MAX];
	unsigned long lost;
};

static double ratio(const struct run *run, enum who a, enum who b)
{
	double values[ROUNDS_MAX];

	for (unsigned int i = 0; i < run->rounds; i++)
		values[i] = run->ns[a][i] / run->ns[b][i];
	return median(values, run->rounds);
}

/* ---- one part ------------------------------------------------------------ */

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static unsigned long taken(const struct run *run)
{
	struct weir_counter cells[1024] = {0};
	unsigned long n = 0;
	__u32 key = 0;

	if (bpf_map_lookup_elem(run->taken_fd, &key, cells))
		return 0;
	for (int i = 0; i < 1024; i++)
		n += cells[i].packets;
	return n;
}

/* Until the last frame was taken; those that are not, within a while, are lost. */
static int part(struct run *run, double *ns)
{
	struct xdp_md ctx = {.data_end = (__u32)run->pkt.len, .ingress_ifindex = run->made_at};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = run->pkt.bytes,
		    .data_size_in = (__u32)run->pkt.len, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
		    .repeat = (int)run->frames, .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		    .batch_size = 64);
	unsigned long before = taken(run), got = 0;
	double start = now_ns(), end;

	if (bpf_prog_test_run_opts(run->make_fd, &opts))
		return -errno;
	do {
		got = taken(run) - before;
		end = now_ns();
	} while (got < run->frames && end - start < 3e8);
	run->lost += run->frames - got;
	*ns = (end - start) / (double)(got ? got : 1);
	return got ? 0 : -EIO;
}

/* The fastest so far, in *best: 0 before the first. */
static int measure(struct run *run, enum who who, double *best)
{
	double one = 0;
	int err = bpf_xdp_attach((int)run->router, run->fds[who], XDP_FLAGS_DRV_MODE, NULL);

	err = err ?: part(run, &one);
	if (!*best || one < *best)
		*best = one;
	return err;
}

/* ---- contenders ---------------------------------------------------------- */

static int put_mac(const char *dev, uint8_t *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", dev);
	err = fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) ? -errno : 0;
	memcpy(to, request.ifr_hwaddr.sa_data, 6);
	if (fd >= 0)
		close(fd);
	return err;
}

static int make_frame(struct run *run, const char *destination)
{
	int err = pkt_build(&run->pkt, "ipv4/udp", 64);

	err = err ?: put_mac(run->dev, run->pkt.bytes);
	if (err || inet_pton(AF_INET, destination, run->pkt.bytes + run->pkt.ip + 16) != 1)
		return err ?: -EINVAL;
	pkt_ipv4_checksum(run->pkt.bytes + run->pkt.ip);
	return 0;
}

static int prog_fd(const struct bpf_object *obj, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(obj, name));
}

static int load(struct run *run, const char *path, struct bpf_object **out)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	uint8_t made[FRAME_MADE];
	int devs_fd;

	if (!obj)
		return -errno;
	*out = obj;
	memcpy(made, run->pkt.bytes, sizeof(made));
	if (bpf_map__set_initial_value(bpf_object__find_map_by_name(obj, ".rodata"), made,
				       sizeof(made)) ||
	    bpf_object__load(obj))
		return -EINVAL;
	run->make_fd = prog_fd(obj, "make");
	run->fds[X_FIB] = prog_fd(obj, "x_fib");
	run->taken_fd = bpf_object__find_map_fd_by_name(obj, "bench_taken");
	devs_fd = bpf_object__find_map_fd_by_name(obj, "bench_devs");
	if (bpf_map_update_elem(devs_fd, &run->sent_by, &run->sent_by, BPF_ANY))
		return -errno;
	return bpf_xdp_attach((int)run->taken_at, prog_fd(obj, "take"), XDP_FLAGS_DRV_MODE, NULL);
}

/* The gate that the command attaches. */
static int load_ours(struct run *run, const char *to)
{
	char line[500];
	__u32 id = 0;

	snprintf(line, sizeof(line),
		 "'%s' -q forward dev %s xdp native on && '%s' -q forward to %s on", run->weir,
		 run->dev, run->weir, to);
	if (system(line) || bpf_xdp_query_id((int)run->router, 0, &id))
		return -EIO;
	run->fds[OURS] = run->fds[OURS_AGAIN] = bpf_prog_get_fd_by_id(id);
	return run->fds[OURS] < 0 ? -errno : 0;
}

/* ---- all ----------------------------------------------------------------- */

static void print_row(const struct run *run, const char *what, enum who peer, double goal)
{
	double got = ratio(run, OURS, peer), again = ratio(run, OURS_AGAIN, OURS);

	printf("  %-36s %8.0f %8.0f %8.2fx %8.2f   %.2fx: %s\n", what,
	       median(run->ns[OURS], run->rounds), median(run->ns[peer], run->rounds), got, again,
	       goal,
	       again < 0.9 || again > 1.1 ? "noisy"
	       : got <= goal		  ? "yes"
					  : "no");
}

/* Parts in turn, too: what else runs on the machine comes and goes within a round. */
static int rounds(struct run *run)
{
	int err = 0;

	for (unsigned int i = 0; i < run->rounds; i++)
		for (unsigned int k = 0; k < PASSES * WHO && !err; k++) {
			enum who who = (enum who)((i + k / WHO + k) % WHO);

			err = measure(run, who, &run->ns[who][i]);
		}
	return err;
}

int main(int argc, char **argv)
{
	static struct run run = {.rounds = 31, .frames = 20000, .fds = {-1, -1, -1, -1}};
	struct bpf_object *obj = NULL;
	cpu_set_t cpus;
	int err;

	if (argc < 8) {
		fprintf(stderr, "usage: forward BENCH_FORWARD.O WEIR C0 R0 R1 S0 DESTINATION "
				"[ROUNDS [FRAMES]]\n");
		return 2;
	}
	run.weir = argv[2];
	run.dev = argv[4];
	run.made_at = if_nametoindex(argv[3]);
	run.router = if_nametoindex(argv[4]);
	run.sent_by = if_nametoindex(argv[5]);
	run.taken_at = if_nametoindex(argv[6]);
	if (argc > 8)
		run.rounds = (unsigned int)strtoul(argv[8], NULL, 10);
	if (argc > 9)
		run.frames = (unsigned int)strtoul(argv[9], NULL, 10);
	if (!run.rounds || run.rounds > ROUNDS_MAX || run.frames < 64)
		return 2;
	libbpf_set_print(silent);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
	err = make_frame(&run, argv[7]);
	err = err ?: load(&run, argv[1], &obj);
	err = err ?: load_ours(&run, argv[5]);
	err = err ?: rounds(&run);
	if (err) {
		printf("  not measured: %s\n", strerror(-err));
	} else {
		printf("%u rounds, the fastest of %d parts of %u frames each; %lu frames lost\n",
		       run.rounds, PASSES, run.frames, run.lost);
		printf("  %-36s %8s %8s %9s %8s   goal\n", "", "weir", "peer", "ratio", "A/A");
		print_row(&run, "the kernel", KERNEL, 0.45);
		print_row(&run, "look-up, rewrite, redirect alone", X_FIB, 1.15);
	}
	bpf_object__close(obj);
	return err ? 1 : 0;
}
