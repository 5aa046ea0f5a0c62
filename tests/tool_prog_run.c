// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_prog_run HOOK PROGRAM [table|truncated|aggregates|random [COUNT [SEED]]]
 * tool_prog_run HOOK PROGRAM counts
 *
 * Feeds frames to a loaded counting program through BPF_PROG_TEST_RUN and
 * compares, after every single frame, all counters, the verdict and the bytes
 * with what tests/pkt.h says; or lists the hook's counters, "HOOK CLASS PACKETS
 * BYTES". HOOK: xdp, xdp.frags, ingress, egress. PROGRAM: path of a pin, or
 * "id N". Root.
 *
 * The kernel does not take every frame this way: less than an Ethernet header,
 * for tc an IP header cut off (since 6.18), and more than its buffer holds. Such
 * frames are listed in the last line; selftests/test_count.sh sends them over
 * a link.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "tests/mutate.h"
#include "tests/pkt.h"

struct counts {
	struct weir_counter of[WEIR_COUNT_KEYS];
};

struct bench {
	int prog_fd;
	int map_fd;
	int n_cpus;
	bool is_xdp;
	size_t max_bytes; /* of a frame that can reach the program */
	unsigned int row; /* key of the hook's first class */
	unsigned long fed, refused, failed;
	struct counts last;
	struct weir_counter *cells; /* WEIR_COUNT_KEYS rows of n_cpus */
};

static int open_prog(const char *spec)
{
	if (!strncmp(spec, "id ", 3))
		return bpf_prog_get_fd_by_id((__u32)strtoul(spec + 3, NULL, 10));
	return bpf_obj_get(spec);
}

/* The only map of the program. */
static int open_map(int prog_fd)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info), id = 0;

	info.nr_map_ids = 1;
	info.map_ids = (__u64)(unsigned long)&id;
	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len) || !id)
		return -ENOENT;
	return bpf_map_get_fd_by_id(id);
}

/* The map of programs for network cards. */
static bool is_plain_array(int fd)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_MAP_TYPE_ARRAY;
}

/* Every key's cells; without batches, which Linux 5.10 has not of such arrays, one by one. */
static int read_cells(struct bench *bench)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	__u32 keys[WEIR_COUNT_KEYS], next, n = WEIR_COUNT_KEYS;
	int err;

	err = bpf_map_lookup_batch(bench->map_fd, NULL, &next, keys, bench->cells, &n, &opts);
	if (!err || errno == ENOENT)
		return n == WEIR_COUNT_KEYS ? 0 : -EIO;
	for (__u32 key = 0; key < WEIR_COUNT_KEYS; key++)
		if (bpf_map_lookup_elem(bench->map_fd, &key, bench->cells + key * bench->n_cpus))
			return -EIO;
	return 0;
}

static int read_counts(struct bench *bench, struct counts *out)
{
	int err = read_cells(bench);

	memset(out, 0, sizeof(*out));
	for (__u32 key = 0; key < WEIR_COUNT_KEYS && !err; key++) {
		for (int cpu = 0; cpu < bench->n_cpus; cpu++) {
			out->of[key].packets += bench->cells[key * bench->n_cpus + cpu].packets;
			out->of[key].bytes += bench->cells[key * bench->n_cpus + cpu].bytes;
		}
	}
	return err;
}

static int bench_open(struct bench *bench, const char *hook, const char *prog)
{
	static const struct {
		const char *hook;
		unsigned int row;
		size_t max_bytes;
	} hooks[] = {
		/* A page less XDP's headroom and what the kernel keeps behind. */
		{"xdp", WEIR_COUNT_XDP_ARP, 4096 - 256 - 320},
		{"xdp.frags", WEIR_COUNT_XDP_ARP, PKT_MAX},
		{"ingress", WEIR_COUNT_INGRESS_ARP, PKT_MAX},
		{"egress", WEIR_COUNT_EGRESS_ARP, PKT_MAX},
	};
	size_t nth = 0;

	while (nth < 4 && strcmp(hooks[nth].hook, hook) != 0)
		nth++;
	if (nth == 4)
		return -EINVAL;
	bench->is_xdp = nth < 2;
	bench->row = hooks[nth].row;
	bench->max_bytes = hooks[nth].max_bytes;
	bench->n_cpus = libbpf_num_possible_cpus();
	bench->cells = calloc((size_t)bench->n_cpus * WEIR_COUNT_KEYS, sizeof(*bench->cells));
	bench->prog_fd = open_prog(prog);
	if (bench->prog_fd < 0 || !bench->cells)
		return -errno;
	bench->map_fd = open_map(bench->prog_fd);
	if (bench->map_fd < 0)
		return bench->map_fd;
	if (is_plain_array(bench->map_fd))
		bench->n_cpus = 1;
	return read_counts(bench, &bench->last);
}

static void show(const struct pkt *pkt)
{
	for (size_t i = 0; i < pkt->len && i < 160; i++)
		printf("%02x%s", pkt->bytes[i], i % 2 ? " " : "");
	printf("\n");
}

static void complain(struct bench *bench, const char *what, const struct pkt *pkt, const char *why)
{
	bench->failed++;
	printf("%s, %zu bytes: %s\n", what, pkt->len, why);
	show(pkt);
}

/* Every counter as before, but for one that grew by one packet. */
static bool only_grew(struct bench *bench, const struct counts *now, enum weir_class want,
		      __u64 packets, __u64 bytes, char *why, size_t len)
{
	for (unsigned int key = 0; key < WEIR_COUNT_KEYS; key++) {
		__u64 plus = now->of[key].packets - bench->last.of[key].packets;
		__u64 more = now->of[key].bytes - bench->last.of[key].bytes;
		bool hit = key == bench->row + want;

		if (plus == (hit ? packets : 0) && more == (hit ? bytes : 0))
			continue;
		snprintf(why, len,
			 "wanted %s +%llu packets %llu bytes; %s of hook %u has +%llu, %llu",
			 pkt_class_name(want), packets, bytes,
			 pkt_class_name((enum weir_class)(key % WEIR_CLASSES)), key / WEIR_CLASSES,
			 plus, more);
		return false;
	}
	return true;
}

/* @skb: context of tc, NULL for none. False: the kernel did not take it. */
static bool feed_as(struct bench *bench, const char *what, const struct pkt *pkt,
		    enum weir_class want, struct __sk_buff *skb, __u64 packets, __u64 bytes)
{
	static uint8_t out[PKT_MAX + 512];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt->bytes, .data_size_in = (__u32)pkt->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1, .ctx_in = skb,
		    .ctx_size_in = skb ? sizeof(*skb) : 0);
	__u32 verdict = bench->is_xdp ? XDP_PASS : (__u32)TC_ACT_UNSPEC;
	struct counts now;
	char why[200];

	if (pkt->len > bench->max_bytes || bpf_prog_test_run_opts(bench->prog_fd, &opts)) {
		bench->refused++;
		return false;
	}
	bench->fed++;
	if (opts.retval != verdict)
		complain(bench, what, pkt, "verdict");
	if (opts.data_size_out != pkt->len || memcmp(out, pkt->bytes, pkt->len) != 0)
		complain(bench, what, pkt, "the frame was changed");
	if (read_counts(bench, &now)) {
		complain(bench, what, pkt, "counters unreadable");
		return true;
	}
	if (!only_grew(bench, &now, want, packets, bytes, why, sizeof(why)))
		complain(bench, what, pkt, why);
	bench->last = now;
	return true;
}

static bool feed(struct bench *bench, const char *what, const struct pkt *pkt, enum weir_class want)
{
	return feed_as(bench, what, pkt, want, NULL, 1, pkt->len);
}

static void run_table(struct bench *bench)
{
	static struct pkt pkt;

	for (size_t i = 0; i < PKT_ROWS; i++) {
		char what[160];

		snprintf(what, sizeof(what), "%s %s", pkt_table[i].words, pkt_table[i].why);
		if (pkt_build_row(&pkt, &pkt_table[i]))
			complain(bench, what, &pkt, "cannot be built");
		else if (pkt_model(pkt.bytes, pkt.len) != pkt_table[i].class)
			complain(bench, what, &pkt, "the model disagrees with the table");
		else if (!feed(bench, what, &pkt, pkt_table[i].class))
			printf("not taken: %s, %zu bytes\n", what, pkt.len);
	}
}

/* Every frame of the table, ending at each of its bytes. */
static void run_truncated(struct bench *bench)
{
	static struct pkt pkt;

	for (size_t i = 0; i < PKT_ROWS; i++) {
		if (pkt_build_row(&pkt, &pkt_table[i]))
			continue;
		for (size_t len = pkt.len < 200 ? pkt.len : 200; len > 0; len--) {
			pkt.len = len;
			feed(bench, pkt_table[i].words, &pkt, pkt_model(pkt.bytes, len));
		}
	}
}

static void run_random(struct bench *bench, unsigned long count, uint64_t state)
{
	static struct pkt pkt;
	unsigned long tries = count * 4;

	while (bench->fed < count && tries--) {
		const struct pkt_row *row = &pkt_table[mutate_random(&state) % PKT_ROWS];

		if (row->size > 1600 || pkt_build_row(&pkt, row))
			continue;
		pkt.len = mutate_packet(pkt.bytes, pkt.len, &state);
		feed(bench, "random", &pkt, pkt_model(pkt.bytes, pkt.len));
		if (bench->failed > 20)
			return;
	}
}

/* tc: a buffer of several segments counts as these segments. */
static void run_aggregates(struct bench *bench)
{
	static const struct {
		const char *words;
		enum weir_class class;
		unsigned int headers;
	} rows[] = {
		{"ipv4/tcp", WEIR_CLASS_IPV4_TCP, 54},
		{"ipv4opt/tcpopt", WEIR_CLASS_IPV4_TCP, 14 + 32 + 32},
		{"ipv6/tcp", WEIR_CLASS_IPV6_TCP, 74},
		{"ipv6/hbh/udp", WEIR_CLASS_IPV6_UDP, 14 + 40 + 8 + 8},
		{"vlan/ipv4/udp", WEIR_CLASS_IPV4_UDP, 18 + 20 + 8},
	};
	static struct pkt pkt;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct __sk_buff skb = {.gso_segs = 5, .gso_size = 200};

		if (pkt_build(&pkt, rows[i].words, 1100))
			complain(bench, rows[i].words, &pkt, "cannot be built");
		else if (!feed_as(bench, rows[i].words, &pkt, rows[i].class, &skb, 5,
				  pkt.len + 4ULL * rows[i].headers))
			complain(bench, rows[i].words, &pkt, "not taken");
	}
}

static int print_counts(const struct bench *bench)
{
	static const char *const hooks[] = {"XDP", "INGRESS", "EGRESS"};

	for (unsigned int class = 0; class < WEIR_CLASSES; class ++) {
		const struct weir_counter *counter = &bench->last.of[bench->row + class];

		if (counter->packets || counter->bytes)
			printf("%s %s %llu %llu\n", hooks[bench->row / WEIR_CLASSES],
			       pkt_class_name((enum weir_class) class), counter->packets,
			       counter->bytes);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 3 ? argv[3] : "table";
	struct bench bench = {0};
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: tool_prog_run HOOK PROGRAM "
				"[table|truncated|aggregates|counts|random [COUNT [SEED]]]\n");
		return 2;
	}
	err = bench_open(&bench, argv[1], argv[2]);
	if (err) {
		fprintf(stderr, "%s %s: %s\n", argv[1], argv[2], strerror(-err));
		return 1;
	}
	if (!strcmp(mode, "counts"))
		return print_counts(&bench);
	if (!strcmp(mode, "truncated"))
		run_truncated(&bench);
	else if (!strcmp(mode, "aggregates"))
		run_aggregates(&bench);
	else if (!strcmp(mode, "random"))
		run_random(&bench, argc > 4 ? strtoul(argv[4], NULL, 10) : 100000,
			   argc > 5 ? strtoull(argv[5], NULL, 10) : 1);
	else
		run_table(&bench);
	printf("fed %lu refused %lu failed %lu\n", bench.fed, bench.refused, bench.failed);
	free(bench.cells);
	return bench.failed || !bench.fed;
}
