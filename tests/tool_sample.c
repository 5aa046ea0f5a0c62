// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_sample SAMPLE.O HOOK COUNT SEED
 *
 * Loads the sampler with constants made by chance, and gives it frames made by chance through
 * BPF_PROG_TEST_RUN, in front of a program that answers with a byte of the frame, with an
 * expression or without: each verdict, each record and its bytes must be as
 * tests/sample_model.h has them, and after each set the counters of all reasons. HOOK: xdp or
 * ingress. COUNT frames in all, 0: without end. Root.
 */
#include <errno.h>
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
#include <linux/pkt_cls.h>

#include "cli/capture/expr.h"
#include "tests/expressions.h"
#include "tests/mutate.h"
#include "tests/pkt.h"
#include "tests/sample_model.h"

#define FRAMES_A_SET 1000
#define LINEAR_MAX   3400
#define VERDICT_AT   5 /* of the frame: its last three bits */

/* Linux 5.18. */
#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

/* Of pcap/bpf.h; see tests/test_expr.c. */
unsigned int bpf_filter(const struct weir_classic *insns, const unsigned char *bytes,
			unsigned int wire_len, unsigned int len);

struct fuzz {
	const char *path;
	bool is_xdp, frags, has_frags;
	bool slow; /* what reads the ring */
	uint64_t seed;
	struct sample_model model;
	struct weir_classic_program match;
	const char *expression; /* NULL: none */
	struct bpf_object *obj;
	struct ring_buffer *ring;
	int prog_fd, cpu, n_cpus;
	/* the record that is expected, and whether it came */
	const struct pkt *pkt;
	int32_t verdict;
	uint16_t segments;
	uint64_t began_ns;
	unsigned long pending, came; /* records in the ring; taken */
	unsigned long fed, refused, failed, sets;
	struct weir_counter all[WEIR_SAMPLE_REASONS];
};

static uint32_t chance(struct fuzz *fz, uint32_t below)
{
	return (uint32_t)(mutate_random(&fz->seed) % below);
}

static void complain(struct fuzz *fz, const char *what)
{
	const struct weir_sample_consts *c = &fz->model.consts;

	fz->failed++;
	printf("set %lu (one in %u, snap %u, verdicts %x, frags %d, helper %u, wraps %u, ring "
	       "%llu, "
	       "match %s), %zu bytes: %s\n",
	       fz->sets, c->one_in, c->snap_bytes, c->verdicts, fz->frags, c->has_load_bytes,
	       c->wraps, (unsigned long long)fz->model.ring_bytes,
	       fz->expression ? fz->expression : "all", fz->pkt ? fz->pkt->len : 0, what);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- sets -------------------------------------------------------------------------------- */

static void choose(struct fuzz *fz, struct weir_sample_consts *c, uint32_t *ring_bytes)
{
	static const uint32_t ones[] = {1, 1, 2, 3, 7, 64, 1000};
	static const uint32_t snaps[] = {64, 64, 72, 128, 200, 512, 1536, 4096, 9000, 65536};
	char why[256];

	fz->frags = fz->is_xdp && fz->has_frags && chance(fz, 2);
	*c = (struct weir_sample_consts){
		.one_in = ones[chance(fz, 7)],
		.snap_bytes = snaps[chance(fz, 10)],
		.hook = fz->is_xdp ? WEIR_SAMPLE_XDP : WEIR_SAMPLE_INGRESS,
		.wraps = fz->is_xdp && chance(fz, 4),
		.has_load_bytes = fz->has_frags && (fz->frags || chance(fz, 2)),
		.verdicts = fz->is_xdp && !chance(fz, 3) ? 1 + chance(fz, 31) : 0,
		.wakeup_bytes = 1024,
	};
	if (fz->is_xdp && !c->has_load_bytes && c->snap_bytes > WEIR_SAMPLE_SNAP_OLD)
		c->snap_bytes = WEIR_SAMPLE_SNAP_OLD;
	*ring_bytes = 4096u << chance(fz, 3) * 3;
	/* a fifth of the sets has a reader that takes so little that the smallest ring is full */
	fz->slow = fz->sets % 5 == 1;
	if (fz->slow) {
		c->one_in = 1;
		c->verdicts = 0;
		*ring_bytes = 4096;
	}
	if (c->snap_bytes > 9000 && *ring_bytes < 262144)
		*ring_bytes = 262144;
	fz->expression = NULL;
	if (chance(fz, 2))
		return;
	fz->expression = expressions[chance(fz, EXPRESSIONS)];
	if (weir_expr_compile(fz->expression, &fz->match, why, sizeof(why)))
		complain(fz, why);
	c->has_expression = 1;
}

static int load_raw(struct fuzz *fz, const struct bpf_insn *insns, size_t n)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);

	if (fz->is_xdp)
		opts.expected_attach_type = BPF_XDP;
	if (fz->frags)
		opts.prog_flags = BPF_F_XDP_HAS_FRAGS;
	return bpf_prog_load(fz->is_xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS, "test",
			     "GPL", insns, n, &opts);
}

static int put(struct fuzz *fz, const char *map, int prog_fd)
{
	__u32 slot = 0;
	int err = prog_fd < 0 ? prog_fd
			      : bpf_map_update_elem(bpf_object__find_map_fd_by_name(fz->obj, map),
						    &slot, &prog_fd, BPF_ANY);

	if (prog_fd >= 0)
		close(prog_fd);
	return err;
}

static int put_wrapped(struct fuzz *fz)
{
	/* every frame has an Ethernet header in its first buffer */
	const struct bpf_insn insns[] = {
		{BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0},
		{BPF_LDX | BPF_MEM | BPF_W, 3, 1, 4, 0},
		{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
		{BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0},
		{BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 6},
		{BPF_JMP | BPF_JGT | BPF_X, 4, 3, 2, 0},
		{BPF_LDX | BPF_MEM | BPF_B, 0, 2, VERDICT_AT, 0},
		{BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 7},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};

	return put(fz, "weir_wrapped", load_raw(fz, insns, sizeof(insns) / sizeof(insns[0])));
}

static int put_expression(struct fuzz *fz)
{
	enum weir_expr_kind kind = fz->frags	? WEIR_EXPR_XDP_FRAGS
				   : fz->is_xdp ? WEIR_EXPR_XDP
						: WEIR_EXPR_TC;
	struct bpf_insn *insns;
	size_t n;
	int err = weir_expr_translate(&fz->match, kind, &insns, &n);

	if (err)
		return err;
	err = put(fz, "weir_expression", load_raw(fz, insns, n));
	free(insns);
	return err;
}

static int put_state(struct fuzz *fz)
{
	struct weir_sample_state *states = calloc((size_t)fz->n_cpus, sizeof(*states));
	__u32 key = 0;
	int err;

	if (!states)
		return -ENOMEM;
	states[fz->cpu] = (struct weir_sample_state){
		.seed = fz->model.seed,
		.skip = fz->model.place,
		.rest = fz->model.consts.one_in - 1 - fz->model.place,
	};
	err = bpf_map_update_elem(bpf_object__find_map_fd_by_name(fz->obj, "weir_sample_state"),
				  &key, states, BPF_ANY);
	free(states);
	return err;
}

static int take_record(void *ctx, void *data, size_t size);

static int open_set(struct fuzz *fz)
{
	static const char *const names[] = {"sample_xdp", "sample_xdp_frags", "sample_tc"};
	struct weir_sample_consts consts;
	struct bpf_program *prog;
	uint32_t ring_bytes;
	const char *name;
	int err;

	choose(fz, &consts, &ring_bytes);
	name = names[fz->is_xdp ? fz->frags : 2];
	model_start(&fz->model, &consts, (uint32_t)mutate_random(&fz->seed), ring_bytes);
	fz->obj = bpf_object__open_file(fz->path, NULL);
	if (!fz->obj)
		return -errno;
	bpf_object__for_each_program(prog, fz->obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
	bpf_map__set_initial_value(bpf_object__find_map_by_name(fz->obj, ".rodata"), &consts,
				   sizeof(consts));
	bpf_map__set_max_entries(bpf_object__find_map_by_name(fz->obj, "weir_samples"), ring_bytes);
	err = bpf_object__load(fz->obj);
	if (!err && consts.wraps)
		err = put_wrapped(fz);
	if (!err && fz->expression)
		err = put_expression(fz);
	err = err ?: put_state(fz);
	if (err)
		return err;
	fz->prog_fd = bpf_program__fd(bpf_object__find_program_by_name(fz->obj, name));
	fz->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(fz->obj, "weir_samples"),
				    take_record, fz, NULL);
	return fz->ring ? 0 : -errno;
}

static void check_counts(struct fuzz *fz)
{
	struct weir_counter *cells = calloc((size_t)fz->n_cpus, sizeof(*cells));
	int fd = bpf_object__find_map_fd_by_name(fz->obj, "weir_sample");
	char what[100];

	for (__u32 i = 0; cells && i < WEIR_SAMPLE_REASONS; i++) {
		struct weir_counter sum = {0}, want = fz->model.counts[i];

		if (bpf_map_lookup_elem(fd, &i, cells))
			complain(fz, "counters unreadable");
		for (int cpu = 0; cpu < fz->n_cpus; cpu++) {
			sum.packets += cells[cpu].packets;
			sum.bytes += cells[cpu].bytes;
		}
		snprintf(what, sizeof(what), "reason %u: %llu packets %llu bytes, wanted %llu %llu",
			 i, sum.packets, sum.bytes, want.packets, want.bytes);
		if (sum.packets != want.packets || sum.bytes != want.bytes)
			complain(fz, what);
		fz->all[i].packets += want.packets;
	}
	free(cells);
}

static void close_set(struct fuzz *fz)
{
	ring_buffer__free(fz->ring);
	bpf_object__close(fz->obj);
	fz->ring = NULL;
	fz->obj = NULL;
	fz->sets++;
}

/* ---- frames ------------------------------------------------------------------------------ */

/* Only the last record of the ring is compared: of those before the frames are gone. */
static int take_record(void *ctx, void *data, size_t size)
{
	struct fuzz *fz = ctx;
	const struct weir_sample *sample = data;
	const struct sample_model *model = &fz->model;
	uint32_t kept;

	fz->came++;
	if (fz->came != fz->pending)
		return 0;
	kept = model_kept(model, (uint32_t)fz->pkt->len);
	if (size != sizeof(*sample) + model_room(model, kept))
		complain(fz, "size of the record");
	else if (sample->len_bytes != fz->pkt->len || sample->kept_bytes != kept ||
		 memcmp(sample->bytes, fz->pkt->bytes, kept) != 0)
		complain(fz, "bytes of the record");
	if ((fz->is_xdp && sample->verdict != fz->verdict) || sample->ifindex != 1 ||
	    sample->queue || sample->hook != model->consts.hook ||
	    sample->segments != fz->segments || sample->vlan_proto_be || sample->reserved)
		complain(fz, "what is beside the bytes");
	if (sample->time_ns < fz->began_ns || sample->time_ns > now_ns())
		complain(fz, "time of the record");
	return 0;
}

static void read_ring(struct fuzz *fz)
{
	fz->came = 0;
	ring_buffer__consume(fz->ring);
	if (fz->came != fz->pending)
		complain(fz, "records in the ring");
	fz->pending = 0;
	model_read_all(&fz->model);
}

static int run_frame(struct fuzz *fz, const struct pkt *pkt, __u32 *retval)
{
	static uint8_t out[PKT_MAX + 512];
	struct __sk_buff skb = {.gso_segs = fz->segments};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt->bytes, .data_size_in = (__u32)pkt->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);

	if (!fz->is_xdp) {
		opts.ctx_in = &skb;
		opts.ctx_size_in = sizeof(skb);
	}
	fz->began_ns = now_ns();
	if (bpf_prog_test_run_opts(fz->prog_fd, &opts))
		return -errno;
	*retval = opts.retval;
	if (opts.data_size_out != pkt->len || memcmp(out, pkt->bytes, pkt->len) != 0)
		complain(fz, "the frame was changed");
	return 0;
}

static void feed(struct fuzz *fz, const struct pkt *pkt)
{
	bool wraps = fz->model.consts.wraps, matches = true, was;
	__u32 retval;

	fz->pkt = pkt;
	fz->verdict = wraps ? pkt->bytes[VERDICT_AT] & 7 : XDP_PASS;
	fz->segments = !fz->is_xdp && !chance(fz, 4) ? 3 : 0;
	if (run_frame(fz, pkt, &retval)) {
		fz->refused++;
		return;
	}
	fz->fed++;
	if (fz->expression)
		matches = bpf_filter(fz->match.insns, pkt->bytes, (unsigned int)pkt->len,
				     (unsigned int)pkt->len);
	was = model_packet(&fz->model, (uint32_t)pkt->len, fz->verdict, matches);
	fz->pending += was;
	if (retval != (fz->is_xdp ? (__u32)fz->verdict : (__u32)TC_ACT_UNSPEC))
		complain(fz, "verdict");
	if (was && (fz->slow ? !chance(fz, 500) : chance(fz, 3)))
		read_ring(fz);
}

static void run_set(struct fuzz *fz, unsigned long count)
{
	static struct pkt pkt;
	unsigned long end = fz->fed + count, tries = count * 4;
	int err = open_set(fz);

	if (err) {
		complain(fz, strerror(-err));
	} else {
		while (fz->fed < end && tries-- && fz->failed < 20) {
			if (pkt_build_row(&pkt, &pkt_table[chance(fz, PKT_ROWS)]))
				continue;
			/* a driver gives no such frame to a program without frags */
			if (fz->is_xdp && !fz->frags && pkt.len > LINEAR_MAX)
				continue;
			pkt.bytes[VERDICT_AT] = (uint8_t)mutate_random(&fz->seed);
			if (!chance(fz, 3))
				pkt.len = mutate_packet(pkt.bytes, pkt.len, &fz->seed);
			feed(fz, &pkt);
		}
		/* the last record may be of a frame that is gone */
		fz->came = 0;
		check_counts(fz);
	}
	fz->pending = 0;
	close_set(fz);
}

/* All on one CPU, which has a state of its own. */
static int stay_here(struct fuzz *fz)
{
	cpu_set_t set;

	fz->cpu = sched_getcpu();
	CPU_ZERO(&set);
	CPU_SET(fz->cpu, &set);
	return fz->cpu < 0 || sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static bool kernel_has_frags(void)
{
	const struct bpf_insn pass[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS},
					{BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
	struct fuzz fz = {.is_xdp = true, .frags = true};
	int fd = load_raw(&fz, pass, 2);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN && strncmp(fmt, "elf:", 4) != 0 ? vfprintf(stderr, fmt, args)
								    : 0;
}

int main(int argc, char **argv)
{
	static struct fuzz fz;
	unsigned long count;

	if (argc < 5) {
		fprintf(stderr, "usage: tool_sample SAMPLE.O HOOK COUNT SEED\n");
		return 2;
	}
	libbpf_set_print(silent);
	fz.path = argv[1];
	fz.is_xdp = !strcmp(argv[2], "xdp");
	count = strtoul(argv[3], NULL, 10);
	fz.seed = strtoull(argv[4], NULL, 10) * 2654435761 + 1;
	fz.n_cpus = libbpf_num_possible_cpus();
	fz.has_frags = kernel_has_frags();
	if (stay_here(&fz)) {
		perror("sched_setaffinity");
		return 1;
	}
	while ((!count || fz.fed < count) && !fz.failed)
		run_set(&fz,
			count && count - fz.fed < FRAMES_A_SET ? count - fz.fed : FRAMES_A_SET);
	printf("seen %llu sampled %llu lost %llu unmatched %llu\n",
	       fz.all[WEIR_SAMPLE_SEEN].packets, fz.all[WEIR_SAMPLE_SAMPLED].packets,
	       fz.all[WEIR_SAMPLE_LOST].packets, fz.all[WEIR_SAMPLE_UNMATCHED].packets);
	printf("sets %lu fed %lu refused %lu failed %lu\n", fz.sets, fz.fed, fz.refused, fz.failed);
	return fz.failed || !fz.fed;
}
