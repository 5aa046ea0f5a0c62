// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What bpf/filter.bpf.c costs a packet, against the objects of xdp-filter (Debian's
 * xdp-tools) with the same rules, and against a program with a plain LPM trie.
 *
 *	filter WEIR BENCH_FILTER.O XDP_FILTER_DIRECTORY LIST_FILE [ROUNDS [REPEAT]]
 *
 * Nanoseconds by BPF_PROG_TEST_RUN, net of a program that does nothing in the same round;
 * interleaved, the order rotated, medians of each round's ratio. "flows": each run has
 * another source, written by a program that then jumps to the contender. LIST_FILE is
 * written anew. Root, with a bpffs of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
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
#include "tests/mutate.h"
#include "tests/pkt.h"

#define ENTRIES	 10000
#define PREFIXES 1000000
#define FIRST	 0x0a000000u /* of the entries: 10.0.0.0, and each STEP further */
#define STEP	 2654435761u /* odd: each of 2^32 addresses once */
#define MISS	 0xc0000201u
#define PORT	 1000 /* of 20 */

/* A contender, and what does nothing in its place: xdp.frags cannot jump to xdp. */
enum who { BARE, BARE_FRAGS, OURS, OURS_AGAIN, PEER, WHO };

struct run {
	const char *weir, *objects, *peers, *list;
	unsigned int rounds, repeat;
	int fds[WHO];
	double ns[WHO][ROUNDS_MAX];
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

/* ---- contenders ---------------------------------------------------------- */

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

/* Of programs that jump only the one that is wanted (NULL: none): a program array takes
 * those with frags or those without. */
static void choose_rotation(struct bpf_object *obj, const char *wanted)
{
	static const char *const names[] = {"each_source", "each_source_frags"};

	for (int i = 0; i < 2; i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(obj, names[i]),
					  wanted && !strcmp(names[i], wanted));
}

static int prog_of(struct bpf_object *obj, const char *name)
{
	const struct bpf_program *prog = name ? bpf_object__find_program_by_name(obj, name)
					      : bpf_object__next_program(obj, NULL);

	return prog ? bpf_program__fd(prog) : -ENOENT;
}

static int map_of(struct bpf_object *obj, const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

/* The program of the set that @list makes; a second load gives a copy for A/A. */
static int load_ours(const struct run *run, const char *set)
{
	char line[1000], path[200];
	__u32 slot = 0, id = 0;
	int gate;

	snprintf(line, sizeof(line), "'%s' filter set %s load '%s'", run->weir, set, run->list);
	if (system(line))
		return -EIO;
	snprintf(path, sizeof(path), "/sys/fs/bpf/tc/globals/weir_filter-%s", set);
	gate = bpf_obj_get(path);
	if (gate < 0)
		return gate;
	if (bpf_map_lookup_elem(gate, &slot, &id))
		return -errno;
	return bpf_prog_get_fd_by_id(id);
}

static uint32_t entry(uint32_t nth)
{
	return FIRST + nth * STEP;
}

static int write_list(const struct run *run, bool with_more)
{
	FILE *to = fopen(run->list, "w");
	char text[INET_ADDRSTRLEN];

	if (!to)
		return -errno;
	fprintf(to, "default allow\n");
	for (uint32_t i = 0; i < ENTRIES; i++) {
		uint32_t addr_be = htonl(entry(i));

		fprintf(to, "%s\n", inet_ntop(AF_INET, &addr_be, text, sizeof(text)));
	}
	for (int i = 0; with_more && i < 100; i++)
		fprintf(to, "deny smac 06:00:00:00:00:%02x\n", i);
	for (int i = 0; with_more && i < 20; i++)
		fprintf(to, "deny proto tcp dport %d\n", PORT + i);
	return fclose(to) ? -errno : 0;
}

/* xdp-filter's own: flags in the low bits of a counter, one a CPU. */
#define PEER_SRC 1ULL
#define PEER_DST 2ULL
#define PEER_TCP 4ULL

static int peer_put(int fd, const void *key, uint64_t flags)
{
	uint64_t values[512];
	int n = libbpf_num_possible_cpus();

	for (int i = 0; i < n && i < 512; i++)
		values[i] = flags;
	return fd < 0 ? fd : bpf_map_update_elem(fd, key, values, BPF_ANY);
}

static int fill_peer(struct bpf_object *obj, bool with_more)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < ENTRIES; i++) {
		uint32_t addr_be = htonl(entry(i));

		err = peer_put(map_of(obj, "filter_ipv4"), &addr_be, PEER_SRC);
	}
	for (uint8_t i = 0; !err && with_more && i < 100; i++) {
		const uint8_t mac[6] = {6, 0, 0, 0, 0, i};

		err = peer_put(map_of(obj, "filter_ethernet"), mac, PEER_SRC);
	}
	for (uint32_t i = 0; !err && with_more && i < 20; i++) {
		uint32_t port_be = htons((uint16_t)(PORT + i));

		err = peer_put(map_of(obj, "filter_ports"), &port_be, PEER_DST | PEER_TCP);
	}
	return err;
}

/* ---- measuring ----------------------------------------------------------- */

static int rounds(struct run *run, const struct pkt *pkt)
{
	for (unsigned int i = 0; i < run->rounds; i++)
		for (unsigned int k = 0; k < WHO; k++) {
			unsigned int who = (i + k) % WHO;
			int err = measure_frame(run->fds[who], pkt->bytes, pkt->len, run->repeat,
						&run->ns[who][i]);

			if (err)
				return err;
		}
	return 0;
}

static void print_row(const char *what, const struct run *run, double goal)
{
	double ratio = median_ratio(run, OURS, PEER), again = median_ratio(run, OURS_AGAIN, OURS);

	printf("  %-36s %8.1f %8.1f %8.2fx %8.2f   %s\n", what, median_net(run, OURS),
	       median_net(run, PEER), ratio, again,
	       again < 0.9 || again > 1.1 ? "noisy"
	       : ratio <= goal		  ? "yes"
					  : "no");
	fflush(stdout);
}

/* One frame, again and again; a TCP one to @tcp_port, if that is not 0. */
static int hot(struct run *run, const char *what, uint32_t source, uint16_t tcp_port, double goal)
{
	uint32_t source_be = htonl(source);
	static struct pkt pkt;
	int err = pkt_build(&pkt, tcp_port ? "ipv4/tcp" : "ipv4/udp", 64);

	memcpy(pkt.bytes + pkt.ip + 12, &source_be, sizeof(source_be));
	if (tcp_port)
		pkt_put16(pkt.bytes + pkt.l4 + 2, tcp_port);
	err = err ?: rounds(run, &pkt);
	if (err)
		printf("  %-36s not measured: %s\n", what, strerror(-err));
	else
		print_row(what, run, goal);
	return err;
}

/* Objects that give each contender another source a run; their program stands for it. */
static int flows(struct run *run, const char *what, uint32_t mask, double goal)
{
	struct bpf_object *objs[WHO] = {0};
	int direct[WHO], err = 0;
	static struct pkt pkt;

	memcpy(direct, run->fds, sizeof(direct));
	for (int who = 0; !err && who < WHO; who++) {
		const uint32_t values[] = {FIRST, STEP, mask};
		bool frags = who == BARE_FRAGS || who == OURS || who == OURS_AGAIN;
		struct bpf_map *map;
		uint32_t slot = 0;

		objs[who] = bpf_object__open_file(run->objects, NULL);
		choose_rotation(objs[who], frags ? "each_source_frags" : "each_source");
		map = bpf_object__find_map_by_name(objs[who], ".rodata");
		if (!map || bpf_map__set_initial_value(map, values, sizeof(values)) ||
		    bpf_map__set_max_entries(bpf_object__find_map_by_name(objs[who], "bench_trie"),
					     1) ||
		    bpf_object__load(objs[who]))
			err = -EINVAL;
		if (err)
			break;
		run->fds[who] = prog_of(objs[who], frags ? "each_source_frags" : "each_source");
		if (bpf_map_update_elem(map_of(objs[who], "bench_next"), &slot, &direct[who], 0))
			err = -errno;
	}
	err = err ?: pkt_build(&pkt, "ipv4/udp", 64);
	err = err ?: rounds(run, &pkt);
	if (err)
		printf("  %-36s not measured: %s\n", what, strerror(-err));
	else
		print_row(what, run, goal);
	for (int who = 0; who < WHO; who++)
		bpf_object__close(objs[who]);
	memcpy(run->fds, direct, sizeof(direct));
	return err;
}

static int against_peer(struct run *run, const char *name, bool with_more, double goal)
{
	struct bpf_object *peer;
	char path[500], what[80];
	int err = write_list(run, with_more);

	snprintf(path, sizeof(path), "%s/xdpfilt_%s.o", run->peers, name);
	peer = load(path);
	if (!peer) {
		printf("  %-36s not measured: %s does not load\n", name, path);
		return 0;
	}
	err = err ?: fill_peer(peer, with_more);
	run->fds[PEER] = prog_of(peer, NULL);
	run->fds[OURS] = load_ours(run, "bench");
	run->fds[OURS_AGAIN] = load_ours(run, "again");
	if (err || run->fds[OURS] < 0 || run->fds[OURS_AGAIN] < 0) {
		printf("  %-36s not measured: %s\n", name, strerror(err ? -err : EIO));
	} else {
		snprintf(what, sizeof(what), "%s, miss, one flow", name);
		err = hot(run, what, MISS, 0, goal);
		snprintf(what, sizeof(what), "%s, hit, one flow", name);
		err = err ?: hot(run, what, entry(5000), 0, goal);
		snprintf(what, sizeof(what), "%s, miss, one TCP flow", name);
		if (with_more)
			err = err ?: hot(run, what, MISS, PORT - 1, goal);
		snprintf(what, sizeof(what), "%s, hit by port", name);
		if (with_more)
			err = err ?: hot(run, what, MISS, PORT + 5, goal);
		snprintf(what, sizeof(what), "%s, 16384 flows, 61%% hits", name);
		err = err ?: flows(run, what, 16383, goal);
	}
	bpf_object__close(peer);
	return err;
}

/* ---- a million prefixes -------------------------------------------------- */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct prefix4 {
	uint32_t len;
	uint32_t addr_be;
};

/* /20 to /32 over all of IPv4, each once. */
static struct prefix4 nth_prefix(uint64_t *state)
{
	struct prefix4 prefix = {.len = 20 + (uint32_t)(mutate_random(state) % 13)};
	uint32_t addr = (uint32_t)(mutate_random(state) >> 20);

	prefix.addr_be = htonl(addr & (uint32_t)(0xffffffffULL << (32 - prefix.len)));
	return prefix;
}

static int write_prefixes(const struct run *run, int trie_fd)
{
	FILE *to = fopen(run->list, "w");
	char text[INET_ADDRSTRLEN];
	uint64_t state = 20260101;
	uint32_t value = 1;

	if (!to)
		return -errno;
	for (int i = 0; i < PREFIXES; i++) {
		struct prefix4 prefix = nth_prefix(&state);

		fprintf(to, "%s/%u\n", inet_ntop(AF_INET, &prefix.addr_be, text, sizeof(text)),
			prefix.len);
		if (bpf_map_update_elem(trie_fd, &prefix, &value, BPF_ANY)) {
			fclose(to);
			return -errno;
		}
	}
	return fclose(to) ? -errno : 0;
}

static int against_trie(struct run *run, struct bpf_object *objs)
{
	double start;
	int err = write_prefixes(run, map_of(objs, "bench_trie"));

	if (err)
		return err;
	run->fds[PEER] = prog_of(objs, "trie");
	start = seconds();
	run->fds[OURS] = load_ours(run, "bench");
	printf("  %d prefixes loaded from a file in %.2f s (goal: 2 s)\n", PREFIXES,
	       seconds() - start);
	run->fds[OURS_AGAIN] = load_ours(run, "again");
	if (run->fds[OURS] < 0 || run->fds[OURS_AGAIN] < 0)
		return -EIO;
	err = flows(run, "1 M prefixes, 1 M sources, cold", (1 << 20) - 1, 0.12);
	return err ?: hot(run, "1 M prefixes, one flow", MISS, 0, 0.5);
}

int main(int argc, char **argv)
{
	static struct run run = {.rounds = 31, .repeat = 100000};
	struct bpf_object *objs;
	int err;

	if (argc < 5) {
		fprintf(stderr, "usage: filter WEIR BENCH_FILTER.O XDP_FILTER_DIRECTORY LIST_FILE "
				"[ROUNDS [REPEAT]]\n");
		return 2;
	}
	run.weir = argv[1];
	run.objects = argv[2];
	run.peers = argv[3];
	run.list = argv[4];
	if (argc > 5)
		run.rounds = (unsigned int)strtoul(argv[5], NULL, 10);
	if (argc > 6)
		run.repeat = (unsigned int)strtoul(argv[6], NULL, 10);
	if (!run.rounds || run.rounds > ROUNDS_MAX || run.repeat < PARTS)
		return 2;
	libbpf_set_print(silent);
	objs = bpf_object__open_file(run.objects, NULL);
	if (objs)
		choose_rotation(objs, NULL);
	if (!objs || bpf_object__load(objs)) {
		printf("filter: not measured: %s does not load\n", run.objects);
		return 1;
	}
	run.fds[BARE] = prog_of(objs, "bare");
	run.fds[BARE_FRAGS] = prog_of(objs, "bare_frags");
	printf("%u rounds of %u runs each, 64-byte frames, net of a bare program\n", run.rounds,
	       run.repeat);
	printf("  %-36s %8s %8s %9s %8s   goal\n", "10000 IPv4 entries; peer: xdp-filter", "weir",
	       "peer", "ratio", "A/A");
	err = against_peer(&run, "alw_all", false, 0.60);
	err = err ?: against_peer(&run, "alw_ip", false, 0.95);
	printf("  %-36s\n", "and 100 MACs, 20 ports");
	err = err ?: against_peer(&run, "alw_all", true, 0.75);
	printf("  %-36s\n", "peer: a plain LPM trie");
	err = err ?: against_trie(&run, objs);
	bpf_object__close(objs);
	return err ? 1 : 0;
}
