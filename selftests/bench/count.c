// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What bpf/count.bpf.c costs a packet: nanoseconds by BPF_PROG_TEST_RUN of a
 * program that does nothing, of one that only parses, and of count; interleaved,
 * the order rotated, the median over the rounds of what each round differs by.
 *
 *	count BENCH_COUNT.O COUNT.O [ROUNDS [REPEAT]]
 *
 * A/A is count against a second copy of itself: outside 0.95 to 1.05 the machine
 * was too busy, and no verdict is given.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "selftests/bench/rounds.h"
#include "tests/pkt.h"

#define GOAL_COST_NS 4.0 /* over parsing */

enum contender { BARE, PARSE, COUNT, COUNT_AGAIN, CONTENDERS };

/* The files that each contender comes from, opened once for all hooks. */
struct objects {
	struct bpf_object *beside;
	struct bpf_object *count;
	struct bpf_object *count_again;
};

struct run {
	int fds[CONTENDERS];
	unsigned int rounds;
	unsigned int repeat;
	double ns[CONTENDERS][ROUNDS_MAX];
};

/* Median of what @a costs more than @b in the same round, and as a ratio. */
static double median_plus(const struct run *run, enum contender a, enum contender b)
{
	double plus[ROUNDS_MAX];

	for (unsigned int i = 0; i < run->rounds; i++)
		plus[i] = run->ns[a][i] - run->ns[b][i];
	return median(plus, run->rounds);
}

static double median_ratio(const struct run *run, enum contender a, enum contender b)
{
	double ratio[ROUNDS_MAX];

	for (unsigned int i = 0; i < run->rounds; i++)
		ratio[i] = run->ns[a][i] / run->ns[b][i];
	return median(ratio, run->rounds);
}

static int measure_rounds(struct run *run, const struct pkt *pkt)
{
	for (unsigned int i = 0; i < run->rounds; i++) {
		for (unsigned int k = 0; k < CONTENDERS; k++) {
			unsigned int who = (i + k) % CONTENDERS;
			int err = measure_frame(run->fds[who], pkt->bytes, pkt->len, run->repeat,
						&run->ns[who][i]);

			if (err)
				return err;
		}
	}
	return 0;
}

/* Loads all programs of @path; its maps are its own, not the pinned ones. */
static struct bpf_object *load(const char *path)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_map *map;

	if (!obj)
		return NULL;
	bpf_object__for_each_map(map, obj) bpf_map__set_pin_path(map, NULL);
	if (!bpf_object__load(obj))
		return obj;
	bpf_object__close(obj);
	return NULL;
}

static int prog_fd(struct bpf_object *obj, const char *name)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(obj, name);

	return prog ? bpf_program__fd(prog) : -ENOENT;
}

static void print_row(const char *words, const struct run *run)
{
	double again = median_ratio(run, COUNT_AGAIN, COUNT);
	double cost = median_plus(run, COUNT, PARSE);
	const char *verdict = cost <= GOAL_COST_NS ? "yes" : "no";

	if (again < 0.95 || again > 1.05)
		verdict = "noisy";
	printf("  %-26s %6.1f %8.1f %8.1f %8.3f %7.3f   %s\n", words,
	       median(run->ns[BARE], run->rounds), median_plus(run, PARSE, BARE), cost,
	       median_ratio(run, COUNT, PARSE), again, verdict);
}

static int bench_hook(const struct objects *objs, const char *hook, struct run *run)
{
	static const char *const frames[] = {
		"ipv4/udp",	 "ipv4/tcp",	       "ipv6/tcp",
		"vlan/ipv4/udp", "qinq/vlan/ipv6/udp", "ipv6/hbh/dst/udp",
	};
	bool xdp = !strcmp(hook, "xdp");
	static struct pkt pkt;

	run->fds[BARE] = prog_fd(objs->beside, xdp ? "bare_xdp" : "bare_tc");
	run->fds[PARSE] = prog_fd(objs->beside, xdp ? "parse_xdp" : "parse_tc");
	run->fds[COUNT] = prog_fd(objs->count, xdp ? "count_xdp" : "count_ingress");
	run->fds[COUNT_AGAIN] = prog_fd(objs->count_again, xdp ? "count_xdp" : "count_ingress");

	printf("%s, ns a packet        bare   +parse   +count    ratio     A/A   count <= %.0f "
	       "ns\n",
	       hook, GOAL_COST_NS);
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		int err = pkt_build(&pkt, frames[i], 64);

		if (!err)
			err = measure_rounds(run, &pkt);
		if (err) {
			printf("  %-26s not measured: %s\n", frames[i], strerror(-err));
			return err;
		}
		print_row(frames[i], run);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct run run = {.rounds = 31, .repeat = 200000};
	struct objects objs;
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: count BENCH_COUNT.O COUNT.O [ROUNDS [REPEAT]]\n");
		return 2;
	}
	if (argc > 3)
		run.rounds = (unsigned int)strtoul(argv[3], NULL, 10);
	if (argc > 4)
		run.repeat = (unsigned int)strtoul(argv[4], NULL, 10);
	if (!run.rounds || run.rounds > ROUNDS_MAX || run.repeat < PARTS)
		return 2;
	libbpf_set_print(silent);
	objs.beside = load(argv[1]);
	objs.count = load(argv[2]);
	objs.count_again = load(argv[2]);
	if (!objs.beside || !objs.count || !objs.count_again) {
		printf("count: not measured: %s does not load: %s\n",
		       objs.beside ? argv[2] : argv[1], strerror(errno));
		return 1;
	}
	printf("%u rounds of %u runs each, 64-byte frames, one flow\n", run.rounds, run.repeat);
	err = bench_hook(&objs, "xdp", &run);
	if (!err)
		err = bench_hook(&objs, "tc", &run);
	bpf_object__close(objs.beside);
	bpf_object__close(objs.count);
	bpf_object__close(objs.count_again);
	return err ? 1 : 0;
}
