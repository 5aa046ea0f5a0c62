// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What bpf/sample.bpf.c costs a packet, against a program that draws a random number and
 * writes perf events: one packet in 64, and every packet, 64 bytes of each kept.
 *
 *	sample SAMPLE.O BENCH_SAMPLE.O [ROUNDS [REPEAT]]
 *
 * Nanoseconds by BPF_PROG_TEST_RUN, net of a program that does nothing in the same round;
 * interleaved, the order rotated, medians of each round's ratio. Both rings are emptied between
 * the runs, never during one, so that no packet is lost and no reader measured. Root.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "maps/sample.h"
#include "selftests/bench/rounds.h"
#include "tests/pkt.h"

#define RING_BYTES (8u << 20)
#define PERF_PAGES 2048

/* What does nothing in the place of ours is of xdp.frags, too. */
enum who { BARE, BARE_FRAGS, OURS, OURS_AGAIN, PEER, WHO };

struct run {
	const char *ours, *beside;
	unsigned int rounds, repeat;
	struct bpf_object *objs[WHO];
	struct ring_buffer *rings[WHO];
	struct perf_buffer *perf;
	int fds[WHO];
	double ns[WHO][ROUNDS_MAX];
	unsigned long records[WHO], runs[WHO], lost;
};

static double net(const struct run *run, enum who who, unsigned int round)
{
	bool frags = who == OURS || who == OURS_AGAIN;

	return run->ns[who][round] - run->ns[frags ? BARE_FRAGS : BARE][round];
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

/* ---- contenders ---------------------------------------------------------------------- */

static int count_record(void *ctx, void *data, size_t size)
{
	(void)data;
	(void)size;
	++*(unsigned long *)ctx;
	return 0;
}

static enum bpf_perf_event_ret count_event(void *ctx, int cpu, struct perf_event_header *event)
{
	struct run *run = ctx;

	(void)cpu;
	if (event->type == PERF_RECORD_SAMPLE)
		run->records[PEER]++;
	else if (event->type == PERF_RECORD_LOST)
		run->lost += ((const uint64_t *)event)[2]; /* header, id, number */
	return LIBBPF_PERF_EVENT_CONT;
}

static void load_only(struct bpf_object *obj, const char *name)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, !name || !strcmp(bpf_program__name(prog), name));
}

static int load_ours(struct run *run, enum who who, uint32_t one_in)
{
	static const char name[] = "sample_xdp_frags";
	const struct weir_sample_consts consts = {
		.one_in = one_in, .snap_bytes = 64, .has_load_bytes = 1, .wakeup_bytes = 65536};
	struct bpf_object *obj = bpf_object__open_file(run->ours, NULL);

	if (!obj)
		return -errno;
	run->objs[who] = obj;
	load_only(obj, name);
	bpf_map__set_initial_value(bpf_object__find_map_by_name(obj, ".rodata"), &consts,
				   sizeof(consts));
	bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, "weir_samples"), RING_BYTES);
	if (bpf_object__load(obj))
		return -errno;
	run->fds[who] = bpf_program__fd(bpf_object__find_program_by_name(obj, name));
	run->rings[who] = ring_buffer__new(bpf_object__find_map_fd_by_name(obj, "weir_samples"),
					   count_record, &run->records[who], NULL);
	return run->rings[who] ? 0 : -errno;
}

/* Its reader is woken by each event, as perf_buffer__new() has it, or as seldom as ours. */
static int load_peer(struct run *run, uint32_t one_in, bool seldom)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.watermark = seldom,
		.wakeup_events = seldom ? 65536 : 1, /* or wakeup_watermark, in bytes */
	};
	struct bpf_object *obj = bpf_object__open_file(run->beside, NULL);

	if (!obj)
		return -errno;
	run->objs[PEER] = obj;
	bpf_map__set_initial_value(bpf_object__find_map_by_name(obj, ".rodata"), &one_in,
				   sizeof(one_in));
	if (bpf_object__load(obj))
		return -errno;
	run->fds[BARE] = bpf_program__fd(bpf_object__find_program_by_name(obj, "bare"));
	run->fds[BARE_FRAGS] = bpf_program__fd(bpf_object__find_program_by_name(obj, "bare_frags"));
	run->fds[PEER] = bpf_program__fd(bpf_object__find_program_by_name(obj, "prandom_perf"));
	run->perf = perf_buffer__new_raw(bpf_object__find_map_fd_by_name(obj, "bench_events"),
					 PERF_PAGES, &attr, count_event, run, NULL);
	return run->perf ? 0 : -errno;
}

static void unload(struct run *run)
{
	for (int who = 0; who < WHO; who++) {
		ring_buffer__free(run->rings[who]);
		bpf_object__close(run->objs[who]);
		run->rings[who] = NULL;
		run->objs[who] = NULL;
	}
	perf_buffer__free(run->perf);
	run->perf = NULL;
}

/* ---- measuring ------------------------------------------------------------------------- */

static void empty_rings(struct run *run)
{
	for (int who = 0; who < WHO; who++)
		if (run->rings[who])
			ring_buffer__consume(run->rings[who]);
	perf_buffer__consume(run->perf);
}

static int measure(struct run *run, enum who who, const struct pkt *pkt, unsigned int round)
{
	double parts[PARTS];

	for (int i = 0; i < PARTS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt->bytes,
			    .data_size_in = (__u32)pkt->len, .repeat = (int)run->repeat / PARTS);

		if (bpf_prog_test_run_opts(run->fds[who], &opts))
			return -errno;
		parts[i] = opts.duration;
		run->runs[who] += run->repeat / PARTS;
		empty_rings(run);
	}
	run->ns[who][round] = fastest(parts);
	return 0;
}

static int rounds(struct run *run)
{
	static struct pkt pkt;
	int err = pkt_build(&pkt, "ipv4/udp", 64);

	for (unsigned int i = 0; !err && i < run->rounds; i++)
		for (unsigned int k = 0; !err && k < WHO; k++)
			err = measure(run, (enum who)((i + k) % WHO), &pkt, i);
	return err;
}

static void print_row(const struct run *run, const char *what, double goal)
{
	double ratio = median_ratio(run, OURS, PEER), again = median_ratio(run, OURS_AGAIN, OURS);

	printf("  %-30s %8.1f %8.1f %8.2fx %8.2f   %s\n", what, median_net(run, OURS),
	       median_net(run, PEER), ratio, again,
	       !goal			      ? "-"
	       : again < 0.85 || again > 1.15 ? "noisy"
	       : ratio <= goal		      ? "yes"
					      : "no");
	printf("  %-30s %8.2f %8.2f   of %lu lost\n", "runs a record",
	       (double)run->runs[OURS] / (double)run->records[OURS],
	       (double)run->runs[PEER] / (double)(run->records[PEER] + run->lost), run->lost);
	fflush(stdout);
}

static int compare(struct run *run, const char *what, uint32_t one_in, bool seldom, double goal)
{
	int err;

	memset(run->records, 0, sizeof(run->records));
	memset(run->runs, 0, sizeof(run->runs));
	run->lost = 0;
	err = load_peer(run, one_in, seldom);
	err = err ?: load_ours(run, OURS, one_in);
	err = err ?: load_ours(run, OURS_AGAIN, one_in);
	err = err ?: rounds(run);
	if (err)
		printf("  %-30s not measured: %s\n", what, strerror(-err));
	else
		print_row(run, what, goal);
	unload(run);
	return err;
}

int main(int argc, char **argv)
{
	static struct run run = {.rounds = 31, .repeat = 100000};
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: sample SAMPLE.O BENCH_SAMPLE.O [ROUNDS [REPEAT]]\n");
		return 2;
	}
	run.ours = argv[1];
	run.beside = argv[2];
	if (argc > 3)
		run.rounds = (unsigned int)strtoul(argv[3], NULL, 10);
	if (argc > 4)
		run.repeat = (unsigned int)strtoul(argv[4], NULL, 10);
	/* a part must fit the rings */
	if (!run.rounds || run.rounds > ROUNDS_MAX || run.repeat < PARTS || run.repeat > 400000)
		return 2;
	libbpf_set_print(silent);
	printf("%u rounds of %u runs each, 64-byte frames, net of a bare program\n", run.rounds,
	       run.repeat);
	printf("  %-30s %8s %8s %9s %8s   goal\n", "peer: prandom, perf event", "weir", "peer",
	       "ratio", "A/A");
	err = compare(&run, "one packet in 64", 64, false, 0.35);
	err = err ?: compare(&run, "every packet", 1, false, 0.45);
	printf("  peer: the same, its reader woken as seldom as ours\n");
	err = err ?: compare(&run, "one packet in 64", 64, true, 0);
	err = err ?: compare(&run, "every packet", 1, true, 0);
	return err ? 1 : 0;
}
