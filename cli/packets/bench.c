// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir bench. In: a program, packets. Out: what it costs for each of them, more than a program that
 * only passes them.
 *
 * One packet runs again and again as it is, when the program leaves it so. Else, and for
 * many flows, both programs run behind the same harness, which puts the packet back; and where
 * it cannot, since the length changes, each run is a call of its own.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/out.h"
#include "cli/packets/changes.h"
#include "cli/packets/harness.h"
#include "cli/packets/header.h"
#include "cli/packets/packets.h"
#include "cli/packets/rounds.h"
#include "cli/packets/subject.h"
#include "cli/say.h"
#include "loader/embed.h"
#include "maps/weir_map.h"

#define PACKETS_MAX 64
#define OUT_ROOM    (128u * 1024)

/* WEIR_HARNESS is the file that the build made of harness.bpf.c. */
WEIR_EMBED(harness_object, "harness", WEIR_HARNESS);

/* A program behind its own copy of the harness. */
struct behind {
	struct weir_object *object;
	struct weir_table *conf;
	int fd;
};

struct bench {
	const struct weir_globals *globals;
	const struct weir_bench_config *cfg;
	struct weir_subject subject;
	struct weir_object *bare;
	struct behind of_bare, of_subject;
	int held[4], n_held;
	bool has_harness;
	uint32_t ifindex;
	uint64_t n, left_out;
	struct weir_json json;
	uint8_t *bytes;
};

enum how { AS_IT_IS, PUT_BACK, SINGLE };

static const char *const how_words[] = {"again", "put back", "single"};

/* ---- the harness --------------------------------------------------------- */

static int load(const char *name, const struct bench *bench, struct weir_object **out)
{
	const struct weir_open_opts open_opts = {.sz = sizeof(open_opts)};
	const struct weir_load_opts opts = {.sz = sizeof(opts), .unpinned = true};
	uint32_t type = bench->subject.prog.type;
	char prog[32];
	int err;

	snprintf(prog, sizeof(prog), "%s_%s%s", name, type == BPF_PROG_TYPE_XDP ? "xdp" : "tc",
		 bench->subject.frags ? "_frags" : "");
	err = weir_object_open_mem(harness_object.bytes, weir_embedded_size_bytes(&harness_object),
				   harness_object.name, &open_opts, out);
	err = err ? err : weir_object_choose(*out, type, WEIR_HOOK_NONE, NULL, prog);
	return err ? err : weir_object_load(*out, &opts);
}

static int put_behind(const struct bench *bench, int prog_fd, struct behind *out)
{
	const struct weir_table_opts opts = {.size = sizeof(opts)};
	int err = load("harness", bench, &out->object);

	if (err)
		return err;
	out->fd = weir_object_prog_fd(out->object);
	err = weir_table_open(weir_subject_map(out->object, "harness"), &opts, &out->conf);
	return err ? err
		   : weir_prog_array_set(weir_subject_map(out->object, "measured"), "harness", 0,
					 prog_fd);
}

static void drop(struct behind *behind)
{
	weir_table_close(behind->conf);
	weir_object_close(behind->object);
}

static int hold(struct bench *bench, int prog_fd)
{
	int fd;

	if (bench->subject.prog.type != BPF_PROG_TYPE_XDP)
		return 0;
	fd = weir_packets_hold(prog_fd);
	if (fd >= 0)
		bench->held[bench->n_held++] = fd;
	/* without the right to make namespaces it takes longer */
	return fd < 0 && fd != -EPERM ? fd : 0;
}

/* Once, when a packet first needs it. */
static int need_harness(struct bench *bench)
{
	int err = 0;

	if (!bench->has_harness) {
		err = put_behind(bench, weir_object_prog_fd(bench->bare), &bench->of_bare);
		err = err ? err : put_behind(bench, bench->subject.prog_fd, &bench->of_subject);
		err = err ? err : hold(bench, bench->of_bare.fd);
		err = err ? err : hold(bench, bench->of_subject.fd);
		bench->has_harness = !err;
	}
	return err;
}

/* The outermost source address, its last four bytes; 0: there is none. */
static uint32_t source_of(const struct weir_packet *packet)
{
	struct weir_layer layers[WEIR_LAYERS_MAX];
	size_t n = weir_layers(packet->bytes, packet->len_bytes, layers);

	for (size_t i = 0; i < n; i++) {
		if (layers[i].header == WEIR_HEADER_IPV4)
			return (uint32_t)layers[i].at + 12;
		if (layers[i].header == WEIR_HEADER_IPV6)
			return (uint32_t)layers[i].at + 20;
	}
	return 0;
}

static int configure(struct bench *bench, const struct weir_packet *packet, uint32_t flows)
{
	struct weir_harness conf = {.flows = flows, .source_at = source_of(packet)};
	const uint32_t zero = 0;
	int err;

	conf.restores = (uint32_t)(packet->len_bytes / sizeof(conf.head[0]));
	if (conf.restores > WEIR_HARNESS_WORDS)
		conf.restores = WEIR_HARNESS_WORDS;
	memcpy(conf.head, packet->bytes, conf.restores * sizeof(conf.head[0]));
	err = weir_table_put(bench->of_bare.conf, &zero, &conf, WEIR_PUT_ANY);
	return err ? err : weir_table_put(bench->of_subject.conf, &zero, &conf, WEIR_PUT_ANY);
}

/* ---- one packet ---------------------------------------------------------- */

static struct weir_run run_of(const struct bench *bench, const struct weir_packet *packet)
{
	return (struct weir_run){
		.sz = sizeof(struct weir_run),
		.in = packet->bytes,
		.in_bytes = (uint32_t)packet->len_bytes,
		.ifindex = bench->ifindex,
	};
}

/* How the packet can be run many times. */
static int look(struct bench *bench, const struct weir_packet *packet, enum how *how,
		int32_t *verdict)
{
	struct weir_run run = run_of(bench, packet);
	const size_t back = packet->len_bytes / 8 * 8;
	int err;

	run.out = bench->bytes;
	run.out_room = OUT_ROOM;
	err = weir_prog_run(bench->subject.prog_fd, bench->subject.prog.type, &run);
	if (err) {
		weir_say_error("%s: packet %llu is not run: %s%s", bench->subject.name,
			       (unsigned long long)bench->n, strerror(-err),
			       err == -EPERM ? "; run as root" : "; weir test says why");
		return err;
	}
	*verdict = run.verdict;
	*how = AS_IT_IS;
	if (run.out_room != packet->len_bytes) {
		*how = SINGLE;
		return 0;
	}
	for (size_t i = 0; i < packet->len_bytes; i++) {
		if (bench->bytes[i] == packet->bytes[i])
			continue;
		*how = PUT_BACK;
		/* behind what the harness puts back */
		if (i >= back || i >= 8 * WEIR_HARNESS_WORDS)
			*how = SINGLE;
	}
	return 0;
}

static int measure(struct bench *bench, const struct weir_packet *packet, enum how how,
		   uint32_t flows, int32_t verdict, struct weir_rounds_result *out)
{
	struct weir_rounds rounds = {
		.prog_type = bench->subject.prog.type,
		.bare_fd = weir_object_prog_fd(bench->bare),
		.measured_fd = bench->subject.prog_fd,
		.rounds = bench->cfg->rounds ? bench->cfg->rounds : 31,
		.runs = bench->cfg->runs ? bench->cfg->runs : 100000,
		.single = how == SINGLE,
		.verdict = verdict,
		.run = run_of(bench, packet),
	};
	int err = 0;

	if (how == PUT_BACK) {
		err = need_harness(bench);
		err = err ? err : configure(bench, packet, flows);
		rounds.bare_fd = bench->of_bare.fd;
		rounds.measured_fd = bench->of_subject.fd;
	}
	return err ? err : weir_rounds_measure(&rounds, out);
}

/* ---- out ----------------------------------------------------------------- */

static void print_head(const struct bench *bench)
{
	printf("%s: ns a packet, net of a program that only passes it\n", bench->subject.name);
	printf("%8s %8s %17s %7s %8s  %-9s %s\n", "bare", "net", "of 10 rounds 8", "noise", "flows",
	       "method", "packet");
}

static void print_row(const struct weir_rounds_result *result, enum how how, uint32_t flows,
		      const char *words)
{
	char range[32];

	snprintf(range, sizeof(range), "%.1f..%.1f", result->net_low_ns, result->net_high_ns);
	printf("%8.1f %8.1f %17s %7.1f %8u  %-9s %s\n", result->bare_ns, result->net_ns, range,
	       result->noise_ns, flows ? flows : 1, how_words[how], words);
	(void)fflush(stdout);
}

static void add_json(struct bench *bench, const struct weir_rounds_result *result, enum how how,
		     uint32_t flows, const char *verdict, const char *words)
{
	struct weir_json *json = &bench->json;

	weir_json_object(json, NULL);
	weir_json_u64(json, "packet", bench->n);
	weir_json_string(json, "words", words);
	weir_json_string(json, "verdict", verdict);
	weir_json_u64(json, "flows", flows ? flows : 1);
	weir_json_string(json, "method", how_words[how]);
	weir_json_double(json, "bare_ns", result->bare_ns);
	weir_json_double(json, "net_ns", result->net_ns);
	weir_json_double(json, "net_low_ns", result->net_low_ns);
	weir_json_double(json, "net_high_ns", result->net_high_ns);
	weir_json_double(json, "noise_ns", result->noise_ns);
	weir_json_object_end(json);
}

static int measure_row(struct bench *bench, const struct weir_packet *packet, enum how how,
		       uint32_t flows, int32_t verdict, const char *words)
{
	const char *name = weir_verdict_name(bench->subject.prog.type, verdict);
	struct weir_rounds_result result;
	char number[16];
	int err = measure(bench, packet, how, flows, verdict, &result);

	if (err)
		return err;
	snprintf(number, sizeof(number), "%d", verdict);
	if (bench->globals->json)
		add_json(bench, &result, how, flows, name ? name : number, words);
	else
		print_row(&result, how, flows, words);
	if (result.other_verdicts)
		weir_say_note("packet %llu: not every run ended with %s, as the first did",
			      (unsigned long long)bench->n, name ? name : number);
	return 0;
}

static int take(const struct weir_packet *packet, void *ctx)
{
	struct bench *bench = ctx;
	char words[512];
	int32_t verdict;
	enum how how;
	int err;

	if (bench->n == PACKETS_MAX) {
		bench->left_out++;
		return 0;
	}
	bench->n++;
	if (packet->words)
		snprintf(words, sizeof(words), "%s", packet->words);
	else
		weir_packet_words(packet->bytes, packet->len_bytes, words, sizeof(words));
	err = look(bench, packet, &how, &verdict);
	err = err ? err : measure_row(bench, packet, how, 0, verdict, words);
	if (err || !bench->cfg->flows)
		return err;
	if (how == SINGLE || !source_of(packet)) {
		weir_say_note("packet %llu: no flows: %s", (unsigned long long)bench->n,
			      how == SINGLE ? "its length changes" : "it has no IP header");
		return 0;
	}
	return measure_row(bench, packet, PUT_BACK, bench->cfg->flows, verdict, words);
}

static int bench_packets(struct bench *bench)
{
	int err;

	if (bench->cfg->in)
		err = weir_packets_read(bench->cfg->in, take, bench);
	else
		err = weir_packets_line("ipv4 udp len 64", take, bench);
	if (bench->left_out)
		weir_say_note("%llu more packets are not measured: the first %d are",
			      (unsigned long long)bench->left_out, PACKETS_MAX);
	return err;
}

int weir_bench_run(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_bench_config *cfg = &config->bench;
	struct bench bench = {.globals = globals,
			      .cfg = cfg,
			      .subject = {.prog_fd = -1},
			      .bytes = malloc(OUT_ROOM)};
	int err = bench.bytes ? 0 : -ENOMEM;

	err = err ? err : weir_packets_net(globals->netns, cfg->dev, &bench.ifindex);
	err = err ? err : weir_subject_open(globals, &cfg->subject, &bench.subject);
	err = err ? err : weir_packets_check_dev(cfg->dev, bench.subject.prog.type);
	err = err ? err : weir_subject_fill(&bench.subject, &cfg->sets, cfg->maps);
	err = err ? err : load("bare", &bench, &bench.bare);
	err = err ? err : hold(&bench, weir_object_prog_fd(bench.bare));
	err = err ? err : hold(&bench, bench.subject.prog_fd);
	if (!err && globals->json) {
		weir_json_start(&bench.json, stdout, globals->pretty);
		weir_json_array(&bench.json, NULL);
	} else if (!err) {
		print_head(&bench);
	}
	if (!err) {
		err = bench_packets(&bench);
		if (globals->json) {
			weir_json_array_end(&bench.json);
			weir_json_end(&bench.json);
		}
	}
	while (bench.n_held)
		close(bench.held[--bench.n_held]);
	drop(&bench.of_bare);
	drop(&bench.of_subject);
	weir_object_close(bench.bare);
	weir_subject_close(&bench.subject);
	free(bench.bytes);
	return err;
}
