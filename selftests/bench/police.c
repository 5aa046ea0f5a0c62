// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What bpf/police.bpf.c costs a packet, against token buckets of the precise clock: one for
 * all, one a source, and one behind a lock; on one CPU, and on several at once.
 *
 *	police WEIR BENCH_POLICE.O BENCH_FILTER.O [ROUNDS [REPEAT]]
 *
 * Nanoseconds by BPF_PROG_TEST_RUN, net of a program that does nothing in the same round;
 * interleaved, the order rotated, medians of each round's ratio. "flows": each run has another
 * source, written by a program that then jumps to the contender. Root, with a bpffs of its own.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "selftests/bench/rounds.h"
#include "tests/pkt.h"
#include "tests/step_set.h"

#define CPUS_MAX 4

enum who { BARE, BARE_FRAGS, OURS, OURS_AGAIN, PEER, WHO };

struct run {
	const char *weir, *objects, *rotation;
	unsigned int rounds, repeat, cpus;
	struct bpf_object *obj;
	int fds[WHO];
	double ns[WHO][ROUNDS_MAX];
};

static struct pkt pkt;

static bool is_ours(enum who who)
{
	return who == OURS || who == OURS_AGAIN;
}

static double net(const struct run *run, enum who who, unsigned int round)
{
	return run->ns[who][round] - run->ns[is_ours(who) ? BARE_FRAGS : BARE][round];
}

static double median_net(const struct run *run, enum who who)
{
	double values[ROUNDS_MAX];

	for (unsigned int i = 0; i < run->rounds; i++)
		values[i] = net(run, who, i);
	return median(values, run->rounds);
}

static double median_ratio(const struct run *run, enum who a, enum who b)
{
	double values[ROUNDS_MAX];

	for (unsigned int i = 0; i < run->rounds; i++)
		values[i] = net(run, a, i) / net(run, b, i);
	return median(values, run->rounds);
}

static int rounds(struct run *run)
{
	for (unsigned int i = 0; i < run->rounds; i++)
		for (unsigned int k = 0; k < WHO; k++) {
			unsigned int who = (i + k) % WHO;
			int err = measure_frame(run->fds[who], pkt.bytes, pkt.len, run->repeat,
						&run->ns[who][i]);

			if (err)
				return err;
		}
	return 0;
}

static void print_row(const char *what, const struct run *run, double goal)
{
	double ratio = median_ratio(run, OURS, PEER), again = median_ratio(run, OURS_AGAIN, OURS);

	printf("  %-40s %8.1f %8.1f %8.2fx %8.2f   %s\n", what, median_net(run, OURS),
	       median_net(run, PEER), ratio, again,
	       again < 0.9 || again > 1.1 ? "noisy"
	       : ratio <= goal		  ? "yes"
					  : "no");
	fflush(stdout);
}

/* ---- contenders ---------------------------------------------------------- */

static struct bpf_object *load_peers(const char *path, __u64 rate_pps)
{
	const __u64 consts[] = {rate_pps, rate_pps / 100 + 5};
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_map *map = obj ? bpf_object__find_map_by_name(obj, ".rodata") : NULL;

	if (map && !bpf_map__set_initial_value(map, consts, sizeof(consts)) &&
	    !bpf_object__load(obj))
		return obj;
	bpf_object__close(obj);
	return NULL;
}

static int prog_of(struct bpf_object *obj, const char *name)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(obj, name);

	return prog ? bpf_program__fd(prog) : -ENOENT;
}

static int load_ours(const struct run *run, const char *set, const char *hook, const char *words)
{
	char line[1000], pin[60];
	FILE *to;

	snprintf(line, sizeof(line), "'%s' -q police set %s %s load -", run->weir, set, hook);
	to = popen(line, "w");
	if (!to)
		return -errno;
	fprintf(to, "limit %s\n", words);
	if (pclose(to))
		return -EIO;
	snprintf(pin, sizeof(pin), "weir_police-%s", set);
	return open_program(pin);
}

/* A program that gives each run another of 2^@bits sources and jumps to @prog_fd. */
static struct bpf_object *rotate(const struct run *run, int prog_fd, bool frags, unsigned int bits)
{
	const __u32 consts[] = {0x0a000000u, 2654435761u, (1U << bits) - 1};
	struct bpf_object *obj = bpf_object__open_file(run->rotation, NULL);
	struct bpf_map *map;
	__u32 slot = 0;

	if (!obj)
		return NULL;
	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "each_source"), !frags);
	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "each_source_frags"),
				  frags);
	map = bpf_object__find_map_by_name(obj, ".rodata");
	if (map && !bpf_map__set_initial_value(map, consts, sizeof(consts)) &&
	    !bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, "bench_trie"), 1) &&
	    !bpf_object__load(obj) &&
	    !bpf_map_update_elem(bpf_object__find_map_fd_by_name(obj, "bench_next"), &slot,
				 &prog_fd, BPF_ANY))
		return obj;
	bpf_object__close(obj);
	return NULL;
}

static int flows(struct run *run, const char *what, unsigned int bits, double goal)
{
	struct bpf_object *objs[WHO] = {0};
	int direct[WHO], err = 0;

	memcpy(direct, run->fds, sizeof(direct));
	for (int who = 0; !err && who < WHO; who++) {
		bool frags = is_ours(who) || who == BARE_FRAGS;

		objs[who] = rotate(run, direct[who], frags, bits);
		if (objs[who])
			run->fds[who] =
				prog_of(objs[who], frags ? "each_source_frags" : "each_source");
		else
			err = -EINVAL;
	}
	err = err ?: rounds(run);
	if (err)
		printf("  %-40s not measured: %s\n", what, strerror(-err));
	else
		print_row(what, run, goal);
	for (int who = 0; who < WHO; who++)
		bpf_object__close(objs[who]);
	memcpy(run->fds, direct, sizeof(direct));
	return err;
}

/* ---- several CPUs -------------------------------------------------------- */

#define TRIES 50
#define TURNS 4

struct job {
	pthread_barrier_t *start;
	int prog_fd, err;
	unsigned int cpu, repeat;
	double ns, from, to; /* seconds */
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *work(void *ctx)
{
	struct job *job = ctx;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt.bytes, .data_size_in = (__u32)pkt.len,
		    .repeat = (int)job->repeat);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(job->cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
	pthread_barrier_wait(job->start);
	job->from = seconds();
	job->err = bpf_prog_test_run_opts(job->prog_fd, &opts);
	job->to = seconds();
	job->ns = opts.duration;
	return NULL;
}

/* Nanoseconds a packet when @cpus run it, each; 0: they did not run at the same time. */
static double try_at_once(int prog_fd, unsigned int cpus, unsigned int repeat)
{
	double from = 0, to = 1e18, first = 1e18, last = 0, sum = 0;
	struct job jobs[CPUS_MAX];
	pthread_t threads[CPUS_MAX];
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, cpus);
	for (unsigned int i = 0; i < cpus; i++) {
		jobs[i] = (struct job){
			.start = &start, .prog_fd = prog_fd, .cpu = i, .repeat = repeat};
		if (pthread_create(&threads[i], NULL, work, &jobs[i]))
			exit(1);
	}
	for (unsigned int i = 0; i < cpus; i++) {
		pthread_join(threads[i], NULL);
		sum += jobs[i].ns;
		from = jobs[i].from > from ? jobs[i].from : from;
		to = jobs[i].to < to ? jobs[i].to : to;
		first = jobs[i].from < first ? jobs[i].from : first;
		last = jobs[i].to > last ? jobs[i].to : last;
	}
	pthread_barrier_destroy(&start);
	return to - from > 0.8 * (last - first) ? sum / cpus : 0;
}

/* The fastest of some. */
static double at_once(int prog_fd, unsigned int cpus, unsigned int repeat)
{
	double fastest = 0;
	int done = 0;

	for (int i = 0; done < TURNS && i < TRIES; i++) {
		double ns = try_at_once(prog_fd, cpus, repeat);

		done += ns > 0;
		if (ns > 0 && (!fastest || ns < fastest))
			fastest = ns;
	}
	return fastest;
}

static void scale(const struct run *run, const char *what, int prog_fd, double goal)
{
	double one[ROUNDS_MAX], many[ROUNDS_MAX], ratio[ROUNDS_MAX];
	unsigned int n = 0;

	for (unsigned int i = 0; i < run->rounds; i++) {
		one[n] = at_once(prog_fd, 1, run->repeat);
		many[n] = at_once(prog_fd, run->cpus, run->repeat);
		ratio[n] = many[n] / one[n];
		n += one[n] > 0 && many[n] > 0;
	}
	if (!n) {
		printf("  %-40s not measured: the CPUs are busy\n", what);
		return;
	}
	printf("  %-40s %8.1f %8.1f %8.2fx %8s   %s\n", what, median(many, n), median(one, n),
	       median(ratio, n), "",
	       !goal			  ? ""
	       : median(ratio, n) <= goal ? "yes"
					  : "no");
	fflush(stdout);
}

/* At tc: to begin and to end a test run at XDP, each waits for the others. */
static void scale_all(const struct run *run)
{
	printf("  %u CPUs at once against one, at tc%8s %8s %8s %9s\n", run->cpus, "", "several",
	       "one", "ratio");
	scale(run, "a program that does nothing", prog_of(run->obj, "bare_tc"), 0);
	scale(run, "all packets, conforming", load_ours(run, "tc", "ingress", "rate 9000mpps"),
	      1.25);
	scale(run, "all packets, most beyond the rate",
	      load_ours(run, "tc", "ingress", "rate 1mpps"), 1.25);
	scale(run, "one source", load_ours(run, "tc", "ingress", "rate 9000mpps per src"), 1.25);
	scale(run, "peer: behind a lock", prog_of(run->obj, "lock_tc"), 0);
	printf("\n");
}

/* ---- what is measured ---------------------------------------------------- */

static int against(struct run *run, const char *what, const char *words, const char *peer,
		   double goal)
{
	run->fds[PEER] = prog_of(run->obj, peer);
	run->fds[OURS] = load_ours(run, "bench", "xdp", words);
	run->fds[OURS_AGAIN] = load_ours(run, "again", "xdp", words);
	if (run->fds[PEER] < 0 || run->fds[OURS] < 0 || run->fds[OURS_AGAIN] < 0 || rounds(run)) {
		printf("  %-40s not measured\n", what);
		return -EIO;
	}
	print_row(what, run, goal);
	return 0;
}

static int measure_all(struct run *run)
{
	int err = against(run, "all packets, conforming", "rate 9000mpps", "ktime", 0.35);

	if (err)
		return err;
	err = against(run, "one source", "rate 9000mpps per src", "per_source", 0.65);
	err = err ?: flows(run, "1024 sources", 10, 0.65);
	err = err ?: flows(run, "65536 sources", 16, 0.65);
	bpf_object__close(run->obj);
	run->obj = load_peers(run->objects, 1000);
	if (!run->obj || err)
		return err ?: -EINVAL;
	err = against(run, "all packets, beyond the rate", "rate 1kpps", "ktime", 0.35);
	err = err
		      ?: against(run, "one source, beyond the rate", "rate 1kpps per src",
				 "per_source", 0.65);
	if (!err && run->cpus > 1)
		scale_all(run);
	return err;
}

int main(int argc, char **argv)
{
	static struct run run = {.rounds = 31, .repeat = 100000};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (argc < 4) {
		fprintf(stderr,
			"usage: police WEIR BENCH_POLICE.O BENCH_FILTER.O [ROUNDS [REPEAT]]\n");
		return 2;
	}
	run.weir = argv[1];
	run.objects = argv[2];
	run.rotation = argv[3];
	if (argc > 4)
		run.rounds = (unsigned int)strtoul(argv[4], NULL, 10);
	if (argc > 5)
		run.repeat = (unsigned int)strtoul(argv[5], NULL, 10);
	if (!run.rounds || run.rounds > ROUNDS_MAX || run.repeat < PARTS)
		return 2;
	run.cpus = cpus > CPUS_MAX ? CPUS_MAX : (unsigned int)cpus;
	libbpf_set_print(silent);
	run.obj = load_peers(run.objects, 9000000000);
	if (!run.obj || pkt_build(&pkt, "ipv4/udp", 64)) {
		printf("police: not measured: %s does not load\n", run.objects);
		return 1;
	}
	/* the bare programs stay when the peers get another rate */
	run.fds[BARE] = dup(prog_of(run.obj, "bare"));
	run.fds[BARE_FRAGS] = dup(prog_of(run.obj, "bare_frags"));
	printf("%u rounds of %u runs each, 64-byte frames, net of a bare program\n", run.rounds,
	       run.repeat);
	printf("  %-40s %8s %8s %9s %8s   goal\n", "peer: a bucket of the precise clock", "weir",
	       "peer", "ratio", "A/A");
	return measure_all(&run) ? 1 : 0;
}
