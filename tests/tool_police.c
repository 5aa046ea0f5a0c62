// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_police WEIR HOOK COUNT SEED
 *
 * Makes rules with rates by chance, loads each set by WEIR (`police set model-HOOK load`), and
 * gives frames made by chance to the set's program through BPF_PROG_TEST_RUN, at times that it
 * chooses: each verdict, the bytes that come out, the packet's mark and the time at which it is
 * to leave must be tests/police_model.h's, and the counters of all reasons and rules. In the
 * middle of each set some rates change: what stays goes on where it was. HOOK: xdp, ingress,
 * egress. COUNT frames in all, 0: without end. Root, with a bpffs of its own.
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
#include <sys/mman.h>

#include "tests/make_policy.h"
#include "tests/make_rules.h"
#include "tests/police_model.h"
#include "tests/step_set.h"

#define FRAMES_A_SET 10000
#define LIMITS_MAX   4000
#define DAY_NS	     UINT64_C(86400000000000)

struct fuzz {
	const char *weir, *hook;
	bool is_xdp;
	struct maker mk;
	struct model_limit limits[LIMITS_MAX + 1]; /* of the rules; the last: without a match */
	uint32_t ids[LIMITS_MAX + 1];		   /* of what its buckets are */
	uint16_t numbers[LIMITS_MAX + 1];
	bool has_rest;
	uint32_t next_id;
	struct model_police model;
	uint64_t now_ns, end_ns;
	uint64_t *clock; /* the program's */
	int prog_fd, reason_fd, conform_fd, exceed_fd;
	int cpus[MODEL_CPUS], n_cpus, cpu; /* that it may run on; and which of them it does */
	struct weir_counter want[2][WEIR_POLICE_NUMBERS], had[WEIR_POLICE_NUMBERS];
	struct weir_counter want_reasons[WEIR_POLICE_REASONS];
	unsigned long fed, refused, failed, sets;
	unsigned long reasons[WEIR_POLICE_REASONS]; /* frames of all sets */
};

/* ---- rules ---------------------------------------------------------------- */

static void make_rules(struct fuzz *fz)
{
	static const size_t lists[] = {0, 0, 1, 5, 40, 300, 2000};
	static const size_t matches[] = {0, 0, 1, 5, 40, 200, 1000};
	struct maker *mk = &fz->mk;
	size_t n_list = lists[chance(mk, 7)], n_matches = matches[chance(mk, 7)], kept = 0;

	for (mk->n = 0; mk->n < n_list + n_matches; mk->n++) {
		struct weir_filter_rule rule;

		make_rule(mk, mk->n < n_list, &rule);
		mk->rules[mk->n] = rule;
	}
	qsort(mk->rules, mk->n, sizeof(*mk->rules), compare);
	for (size_t i = 0; i < mk->n; i++)
		if (!kept || compare(&mk->rules[kept - 1], &mk->rules[i]) != 0)
			mk->rules[kept++] = mk->rules[i];
	mk->n = kept;
	fz->has_rest = chance(mk, 2);
	for (size_t i = 0; i <= LIMITS_MAX; i++) {
		fz->limits[i] = (struct model_limit){0};
		fz->ids[i] = fz->next_id++;
		make_policy(&fz->mk, fz->hook, &fz->limits[i].policy);
	}
}

/* Some other rates; with other keys, or by the other clock, other buckets. */
static void change_rates(struct fuzz *fz)
{
	for (size_t i = 0; i <= LIMITS_MAX; i++) {
		struct model_limit *limit = &fz->limits[i];
		struct weir_policy old = limit->policy, *new = &limit->policy;

		if (chance(&fz->mk, 4))
			continue;
		make_policy(&fz->mk, fz->hook, new);
		if (old.per == new->per && old.len4 == new->len4 &&old.len6 == new->len6 &&
		    (old.exceed == WEIR_EXCEED_PACE) == (new->exceed == WEIR_EXCEED_PACE))
			continue;
		limit->bucket.used = false;
		memset(limit->leases, 0, sizeof(limit->leases));
		fz->ids[i] = fz->next_id++;
	}
}

/* ---- the kernel's side --------------------------------------------------- */

static int load_rules(struct fuzz *fz)
{
	char line[1000];
	FILE *to;

	snprintf(line, sizeof(line), "WEIR_TEST_CLOCK=1 '%s' -q police set model-%s %s load -",
		 fz->weir, fz->hook, fz->hook);
	to = popen(line, "w");
	if (!to)
		return -errno;
	for (size_t i = 0; i < fz->mk.n; i++) {
		fputs("limit", to);
		write_match(to, &fz->mk.rules[i]);
		write_policy(to, &fz->limits[i].policy);
		fputc('\n', to);
	}
	if (fz->has_rest) {
		fputs("limit", to);
		write_policy(to, &fz->limits[LIMITS_MAX].policy);
		fputc('\n', to);
	}
	return pclose(to) ? -EIO : 0;
}

static bool take_number(struct fuzz *fz, int policies_fd, size_t nth, uint16_t number, bool again)
{
	struct weir_policy there;
	__u32 key = number;

	if (again && fz->numbers[nth] != number)
		return false;
	fz->numbers[nth] = number;
	return !bpf_map_lookup_elem(policies_fd, &key, &there) &&
	       take_policy(&fz->limits[nth], &there);
}

static bool take_rule(struct fuzz *fz, int policies_fd, struct weir_filter_rule rule, bool again)
{
	uint16_t number = rule.counter;
	struct weir_filter_rule *found;

	rule.counter = 0;
	found = bsearch(&rule, fz->mk.rules, fz->mk.n, sizeof(rule), compare);
	return found && take_number(fz, policies_fd, (size_t)(found - fz->mk.rules), number, again);
}

static struct weir_filter_rule whole(const struct weir_filter_prefix *prefix)
{
	struct weir_filter_rule rule = {.family = prefix->family, .counter = prefix->counter};
	bool src = prefix->side == WEIR_SRC;

	rule.has = src ? WEIR_HAS_SRC : WEIR_HAS_DST;
	memcpy(src ? rule.src : rule.dst, prefix->addr, 16);
	*(src ? &rule.src_len : &rule.dst_len) = prefix->len;
	return rule;
}

static bool read_back(struct fuzz *fz, bool again)
{
	int rules_fd = open_map(fz->prog_fd, "weir_rules");
	int list_fd = open_map(fz->prog_fd, "weir_list");
	int policies_fd = open_map(fz->prog_fd, "weir_policies");
	struct weir_filter_rule rule, head;
	struct weir_filter_prefix prefix;
	struct weir_policy set = {0};
	__u32 key = 0;
	bool ok = !bpf_map_lookup_elem(rules_fd, &key, &head) &&
		  head.n_rules + head.n_list == fz->mk.n &&
		  !bpf_map_lookup_elem(policies_fd, &key, &set);

	fz->model.seed = set.mask6_lo;

	for (key = 1; ok && key <= head.n_rules; key++)
		ok = !bpf_map_lookup_elem(rules_fd, &key, &rule) &&
		     take_rule(fz, policies_fd, rule, again);
	for (key = 0; ok && key < head.n_list; key++)
		ok = !bpf_map_lookup_elem(list_fd, &key, &prefix) &&
		     take_rule(fz, policies_fd, whole(&prefix), again);
	if (ok && fz->has_rest)
		ok = take_number(fz, policies_fd, LIMITS_MAX, WEIR_POLICE_REST, again);
	close(rules_fd);
	close(list_fd);
	close(policies_fd);
	return ok;
}

static void complain(struct fuzz *fz, const char *what)
{
	fz->failed++;
	printf("set %lu (%zu rules): %s\n", fz->sets, fz->mk.n, what);
}

static void close_set(struct fuzz *fz)
{
	if (fz->prog_fd < 0)
		return;
	close(fz->prog_fd);
	close(fz->reason_fd);
	close(fz->conform_fd);
	close(fz->exceed_fd);
	if (fz->clock)
		munmap(fz->clock, sizeof(*fz->clock));
	fz->clock = NULL;
	fz->prog_fd = -1;
}

static bool open_set(struct fuzz *fz, bool again)
{
	char pin[60];
	int clock_fd;
	void *at;

	if (load_rules(fz)) {
		complain(fz, "cannot be loaded");
		return false;
	}
	snprintf(pin, sizeof(pin), "weir_police-model-%s", fz->hook);
	fz->prog_fd = open_program(pin);
	if (fz->prog_fd < 0 || !read_back(fz, again)) {
		complain(fz, "the rules are not read back as they were written");
		return false;
	}
	fz->reason_fd = open_map(fz->prog_fd, "weir_police");
	fz->conform_fd = open_map(fz->prog_fd, "weir_conform");
	fz->exceed_fd = open_map(fz->prog_fd, "weir_exceed");
	clock_fd = open_map(fz->prog_fd, "weir_clock");
	at = mmap(NULL, sizeof(*fz->clock), PROT_READ | PROT_WRITE, MAP_SHARED, clock_fd, 0);
	close(clock_fd);
	fz->clock = at == MAP_FAILED ? NULL : at;
	if (!fz->clock)
		complain(fz, "the clock cannot be set");
	return fz->clock != NULL;
}

static void check_counters(struct fuzz *fz, int fd, __u32 n, const struct weir_counter *want,
			   const char *name)
{
	char what[200];

	if (!read_counts(fd, n, fz->had)) {
		complain(fz, "counters unreadable");
		return;
	}
	for (__u32 i = 0; i < n; i++) {
		if (!memcmp(&fz->had[i], &want[i], sizeof(*want)))
			continue;
		snprintf(what, sizeof(what), "%s %u: %llu packets %llu bytes, wanted %llu and %llu",
			 name, i, fz->had[i].packets, fz->had[i].bytes, want[i].packets,
			 want[i].bytes);
		complain(fz, what);
	}
}

static void check_counts(struct fuzz *fz)
{
	check_counters(fz, fz->conform_fd, WEIR_POLICE_NUMBERS, fz->want[true], "conforming");
	check_counters(fz, fz->exceed_fd, WEIR_POLICE_NUMBERS, fz->want[false], "exceeding");
	check_counters(fz, fz->reason_fd, WEIR_POLICE_REASONS, fz->want_reasons, "reason");
}

/* ---- frames -------------------------------------------------------------- */

/* An aggregate, as tc sees it: segments, each with the headers. */
static bool make_aggregate(struct fuzz *fz, struct pkt *pkt, uint32_t *segments, size_t *headers)
{
	static const struct {
		const char *words;
		size_t l4_len;
	} all[] = {{"ipv4/tcp", 20}, {"ipv6/tcpopt", 32}, {"vlan/ipv4/udp", 8}, {"ipv6/udp", 8}};
	uint64_t i = chance(&fz->mk, 4);
	bool v6;

	if (fz->is_xdp || chance(&fz->mk, 8) || pkt_build(pkt, all[i].words, 1400))
		return false;
	v6 = pkt->bytes[pkt->ip] >> 4 == 6;
	set_address(&fz->mk, pkt->bytes + pkt->ip + (v6 ? 8 : 12), v6);
	*headers = pkt->l4 + all[i].l4_len;
	*segments = 2 + (uint32_t)chance(&fz->mk, 40);
	return true;
}

/* Mostly the same moment or the next tick, seldom days or months later. */
static void pass_time(struct fuzz *fz)
{
	uint64_t tick = (uint64_t)fz->model.tick / 64, step = 0;
	uint64_t what = chance(&fz->mk, 1000);

	if (what >= 999)
		step = chance(&fz->mk, 200 * DAY_NS);
	else if (what >= 990)
		step = chance(&fz->mk, 10 * DAY_NS);
	else if (what >= 900)
		step = chance(&fz->mk, UINT64_C(2000000000));
	else if (what >= 600)
		step = chance(&fz->mk, 3) ? tick : chance(&fz->mk, 10 * tick);
	if (fz->now_ns + step < fz->end_ns)
		fz->now_ns += step;
	*(volatile uint64_t *)fz->clock = fz->now_ns;
}

static long find_limit(const struct fuzz *fz, const struct model_frame *f)
{
	long found = -1;

	if (f->kind != MODEL_MALFORMED && f->kind != MODEL_EXTENSIONS)
		for (size_t i = 0; i < fz->mk.n; i++)
			if (model_matches(f, &fz->mk.rules[i]) &&
			    (found < 0 || model_before(&fz->mk.rules[i], &fz->mk.rules[found])))
				found = (long)i;
	return found < 0 && fz->has_rest ? LIMITS_MAX : found;
}

static void show(const struct fuzz *fz, const struct pkt *pkt, const char *what, __u32 retval,
		 const struct model_outcome *want, long nth)
{
	printf("%s: at %lu ns: ", what, (unsigned long)fz->now_ns);
	for (size_t i = 0; i < pkt->len && i < 80; i++)
		printf("%02x%s", pkt->bytes[i], i % 2 ? " " : "");
	printf("\nanswer %d, wanted reason %d", (int)retval, want->reason);
	if (nth >= 0) {
		printf(" by limit");
		if (nth < LIMITS_MAX)
			write_match(stdout, &fz->mk.rules[nth]);
		write_policy(stdout, &fz->limits[nth].policy);
	}
	printf("\n");
}

static void count(struct fuzz *fz, const struct model_outcome *want, long nth,
		  const struct model_packet *packet)
{
	struct weir_counter *counters[] = {
		&fz->want_reasons[want->reason],
		nth < 0 ? NULL : &fz->want[want->conforms][fz->numbers[nth]],
	};

	fz->reasons[want->reason]++;
	for (int i = 0; i < 2; i++)
		if (counters[i]) {
			counters[i]->packets += packet->packets;
			counters[i]->bytes += packet->wire_bytes;
		}
}

/* What is wrong with what came out; NULL: nothing. */
static const char *differs(const struct fuzz *fz, const struct pkt *pkt, const uint8_t *out,
			   const struct bpf_test_run_opts *run, const struct __sk_buff *before,
			   const struct __sk_buff *after, const struct model_outcome *want,
			   const struct weir_policy *policy)
{
	uint64_t tstamp = want->leave_ns > before->tstamp ? want->leave_ns : before->tstamp;
	uint32_t mark = want->sets_mark ? policy->value : before->mark;
	bool passes = want->reason < WEIR_POLICE_DROP_EXCEED;
	static struct pkt wanted;

	if (run->retval != (fz->is_xdp ? (passes ? XDP_PASS : XDP_DROP)
				       : (__u32)(passes ? TC_ACT_UNSPEC : TC_ACT_SHOT)))
		return "verdict";
	wanted = *pkt;
	if (want->marks_ds)
		model_set_ds(wanted.bytes, policy->value);
	if (run->data_size_out != pkt->len || memcmp(out, wanted.bytes, pkt->len) != 0)
		return "bytes";
	if (!fz->is_xdp && after->mark != mark)
		return "mark";
	if (!fz->is_xdp && after->tstamp != tstamp)
		return "departure";
	return NULL;
}

static void feed(struct fuzz *fz, const struct pkt *pkt, uint32_t segments, size_t headers)
{
	static uint8_t out[PKT_MAX + 512];
	struct __sk_buff before = {.mark = 7, .gso_segs = segments > 1 ? segments : 0}, after = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt->bytes, .data_size_in = (__u32)pkt->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	const struct model_packet packet = {
		.bytes = pkt->bytes,
		.len = pkt->len,
		.packets = segments,
		.wire_bytes = pkt->len + (segments - 1) * headers,
		.now_ns = fz->now_ns,
		.cpu = fz->cpu,
	};
	struct model_frame frame = model_read(pkt->bytes, pkt->len);
	long nth = find_limit(fz, &frame);
	struct model_outcome want;
	const char *what;

	if (!fz->is_xdp) {
		if (!strcmp(fz->hook, "egress") && !chance(&fz->mk, 4))
			before.tstamp = fz->now_ns + chance(&fz->mk, 1000000000);
		opts.ctx_in = &before;
		opts.ctx_size_in = sizeof(before);
		opts.ctx_out = &after;
		opts.ctx_size_out = sizeof(after);
	}
	if (bpf_prog_test_run_opts(fz->prog_fd, &opts)) {
		fz->refused++;
		return;
	}
	fz->fed++;
	want = model_police(&fz->model, nth < 0 ? NULL : &fz->limits[nth],
			    nth < 0 ? 0 : fz->ids[nth], &frame, &packet);
	count(fz, &want, nth, &packet);
	what = differs(fz, pkt, out, &opts, &before, &after, &want,
		       nth < 0 ? NULL : &fz->limits[nth].policy);
	if (!what)
		return;
	complain(fz, what);
	show(fz, pkt, what, opts.retval, &want, nth);
}

static int go_to(struct fuzz *fz, int nth)
{
	cpu_set_t set;

	fz->cpu = nth;
	CPU_ZERO(&set);
	CPU_SET(fz->cpus[nth], &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int find_cpus(struct fuzz *fz)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE && fz->n_cpus < MODEL_CPUS; cpu++)
		if (CPU_ISSET(cpu, &set))
			fz->cpus[fz->n_cpus++] = cpu;
	return go_to(fz, 0);
}

static void feed_many(struct fuzz *fz, unsigned long count)
{
	unsigned long end = fz->fed + count, tries = count * 4;
	static struct pkt pkt;

	while (fz->fed < end && tries-- && fz->failed < 10) {
		uint32_t segments = 1;
		size_t headers = 0;

		pass_time(fz);
		if (make_aggregate(fz, &pkt, &segments, &headers) || make_frame(&fz->mk, &pkt))
			for (uint64_t again = chance(&fz->mk, 4); fz->fed < end; again--) {
				if (!chance(&fz->mk, 4) &&
				    go_to(fz, (int)chance(&fz->mk, (uint64_t)fz->n_cpus)))
					complain(fz, "no other CPU");
				feed(fz, &pkt, segments, headers);
				if (!again)
					break;
			}
	}
	check_counts(fz);
}

static void run_set(struct fuzz *fz, unsigned long count)
{
	char line[1000];

	snprintf(line, sizeof(line), "'%s' police set model-%s off 2>/dev/null", fz->weir,
		 fz->hook);
	if (system(line))
		fz->refused += 0; /* there was none */
	make_rules(fz);
	memset(fz->want, 0, sizeof(fz->want));
	memset(fz->want_reasons, 0, sizeof(fz->want_reasons));
	fz->model.n_keyed = 0;
	memset(fz->model.places, 0, sizeof(fz->model.places));
	fz->model.is_empty = !fz->mk.n && !fz->has_rest;
	/* somewhere; or where the scale of times wraps */
	fz->now_ns = chance(&fz->mk, 2) ? chance(&fz->mk, UINT64_C(1) << 60)
					: (UINT64_C(1) << 58) - chance(&fz->mk, 5000000000);
	fz->end_ns = fz->now_ns + 365 * 8 * DAY_NS;
	if (open_set(fz, false))
		feed_many(fz, count / 2);
	close_set(fz);
	if (!fz->failed) {
		change_rates(fz);
		memset(fz->model.places, 0, sizeof(fz->model.places));
		if (open_set(fz, true))
			feed_many(fz, count - count / 2);
		close_set(fz);
	}
	fz->sets++;
}

int main(int argc, char **argv)
{
	static struct fuzz fz = {.prog_fd = -1};
	struct timespec tick;
	unsigned long count;

	if (argc < 5) {
		fprintf(stderr, "usage: tool_police WEIR HOOK COUNT SEED\n");
		return 2;
	}
	fz.weir = argv[1];
	fz.hook = argv[2];
	fz.is_xdp = !strcmp(fz.hook, "xdp");
	count = strtoul(argv[3], NULL, 10);
	fz.mk.seed = strtoull(argv[4], NULL, 10) * 2654435761 + 1;
	if (find_cpus(&fz) || clock_getres(CLOCK_MONOTONIC_COARSE, &tick))
		return 2;
	fz.model.tick = (model_time)tick.tv_nsec * 64;
	fz.model.ifindex = 1; /* lo */
	while ((!count || fz.fed < count) && !fz.failed)
		run_set(&fz,
			count && count - fz.fed < FRAMES_A_SET ? count - fz.fed : FRAMES_A_SET);
	printf("by reason:");
	for (int i = 0; i < WEIR_POLICE_REASONS; i++)
		printf(" %lu", fz.reasons[i]);
	printf("\nsets %lu fed %lu leased %lu refused %lu failed %lu\n", fz.sets, fz.fed,
	       fz.model.leased, fz.refused, fz.failed);
	return fz.failed || !fz.fed;
}
