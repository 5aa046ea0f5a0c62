// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_filter WEIR HOOK COUNT SEED
 *
 * Makes rule sets by chance, loads each by WEIR (`filter set model load`), reads the rules
 * back, and gives frames made by chance to the set's program through BPF_PROG_TEST_RUN:
 * each verdict must be tests/filter_model.h's, and after each set the counters of all
 * reasons and rules. The first set has a large list, whose tables are of another kind. HOOK: xdp or
 * ingress. COUNT frames in all, 0: without end. Root, with a bpffs of its own.
 */
#include <arpa/inet.h>
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

#include "tests/make_rules.h"
#include "tests/step_set.h"

#define FRAMES_A_SET	5000
#define FRAMES_OF_LARGE 1000   /* the model asks each rule */
#define LARGE		330000 /* prefixes of the first set */

struct fuzz {
	const char *weir, *hook;
	struct maker mk;
	bool is_xdp;
	bool deny;
	uint16_t counters[RULES_MAX]; /* as the kernel's maps say */
	int prog_fd, reason_fd, hit_fd;
	struct weir_counter want_hits[WEIR_FILTER_COUNTERS], had_hits[WEIR_FILTER_COUNTERS];
	struct weir_counter want_reasons[WEIR_FILTER_REASONS], had_reasons[WEIR_FILTER_REASONS];
	unsigned long fed, refused, failed, sets, fronts;
	unsigned long reasons[WEIR_FILTER_REASONS]; /* frames of all sets */
};

/* ---- rules --------------------------------------------------------------- */

/* The same packets always get the same verdict: contradictions are refused. */
static bool verdict_of(const struct weir_filter_rule *rule, uint64_t salt)
{
	const uint8_t *bytes = (const uint8_t *)rule;
	uint64_t hash = salt;

	for (size_t i = 0; i < sizeof(*rule); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
	return hash >> 33 & 1;
}

/* Nested and side by side, on both sides of what a /24 can say. */
static void make_large(struct maker *mk, struct weir_filter_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->has = WEIR_HAS_SRC;
	rule->src_len = (uint8_t)(chance(mk, 500) ? 17 + chance(mk, 16) : 1 + chance(mk, 16));
	for (int i = 0; i < 4; i++)
		rule->src[i] = (uint8_t)chance(mk, 256);
	if (chance(mk, 2))
		rule->src[0] = 10;
	cut(rule->src, rule->src_len, 32);
}

static void make_rules(struct fuzz *fz)
{
	static const size_t lists[] = {0, 0, 1, 5, 40, 300, 3000, 10000};
	static const size_t matches[] = {0, 0, 1, 5, 40, 200, 1000};
	size_t n_list = lists[chance(&fz->mk, 8)], n_matches = matches[chance(&fz->mk, 7)],
	       kept = 0;
	size_t n_large = fz->sets ? 0 : LARGE;
	bool rare = chance(&fz->mk, 3), no_address = chance(&fz->mk, 2);
	uint64_t salt = chance(&fz->mk, UINT64_MAX);

	fz->deny = chance(&fz->mk, 2);
	for (fz->mk.n = 0; fz->mk.n < n_large + n_list + n_matches; fz->mk.n++) {
		struct weir_filter_rule rule;

		if (fz->mk.n < n_large)
			make_large(&fz->mk, &rule);
		else if (rare && fz->mk.n >= n_large + n_list)
			make_rare_rule(&fz->mk, no_address, &rule);
		else
			make_rule(&fz->mk, fz->mk.n < n_large + n_list, &rule);
		rule.deny = verdict_of(&rule, salt);
		fz->mk.rules[fz->mk.n] = rule;
	}
	qsort(fz->mk.rules, fz->mk.n, sizeof(*fz->mk.rules), compare);
	for (size_t i = 0; i < fz->mk.n; i++)
		if (!kept || compare(&fz->mk.rules[kept - 1], &fz->mk.rules[i]) != 0)
			fz->mk.rules[kept++] = fz->mk.rules[i];
	fz->mk.n = kept;
}

static void write_rule(FILE *to, const struct weir_filter_rule *r)
{
	fputs(r->deny ? "deny" : "allow", to);
	write_match(to, r);
	fputc('\n', to);
}

/* ---- the kernel's side --------------------------------------------------- */

static int load_rules(struct fuzz *fz)
{
	char line[1000];
	FILE *to;

	snprintf(line, sizeof(line), "'%s' filter set model-%s %s load -", fz->weir, fz->hook,
		 fz->hook);
	to = popen(line, "w");
	if (!to)
		return -errno;
	fprintf(to, "default %s\n", fz->deny ? "deny" : "allow");
	for (size_t i = 0; i < fz->mk.n; i++)
		write_rule(to, &fz->mk.rules[i]);
	return pclose(to) ? -EIO : 0;
}

/* The rule as the kernel's maps have it must be one that was written. */
static bool take_back(struct fuzz *fz, struct weir_filter_rule rule)
{
	uint16_t counter = rule.counter;
	struct weir_filter_rule *found;

	rule.counter = 0;
	found = bsearch(&rule, fz->mk.rules, fz->mk.n, sizeof(rule), compare);
	if (found)
		fz->counters[found - fz->mk.rules] = counter;
	return found != NULL;
}

static bool read_back(struct fuzz *fz)
{
	int rules_fd = open_map(fz->prog_fd, "weir_rules");
	int list_fd = open_map(fz->prog_fd, "weir_list");
	struct weir_filter_rule rule = {0}, head;
	__u32 key = 0;
	bool ok = !bpf_map_lookup_elem(rules_fd, &key, &head) &&
		  head.n_rules + head.n_list == fz->mk.n && head.deny == fz->deny;

	for (key = 1; ok && key <= head.n_rules; key++)
		ok = !bpf_map_lookup_elem(rules_fd, &key, &rule) && take_back(fz, rule);
	for (key = 0; ok && key < head.n_list; key++) {
		struct weir_filter_prefix prefix;
		bool src;

		ok = !bpf_map_lookup_elem(list_fd, &key, &prefix);
		src = prefix.side == WEIR_SRC;
		memset(&rule, 0, sizeof(rule));
		rule.has = src ? WEIR_HAS_SRC : WEIR_HAS_DST;
		rule.family = prefix.family;
		rule.deny = prefix.deny;
		rule.counter = prefix.counter;
		memcpy(src ? rule.src : rule.dst, prefix.addr, 16);
		*(src ? &rule.src_len : &rule.dst_len) = prefix.len;
		ok = ok && take_back(fz, rule);
	}
	close(rules_fd);
	close(list_fd);
	return ok;
}

/* Has the set the table of large lists? */
static bool has_front(const struct fuzz *fz)
{
	int fd = open_map(fz->prog_fd, "weir_fronts");
	struct bpf_map_info map = {0};
	__u32 len = sizeof(map);
	bool has = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &map, &len) && map.max_entries > 1;

	if (fd >= 0)
		close(fd);
	return has;
}

static void complain(struct fuzz *fz, const char *what)
{
	fz->failed++;
	printf("set %lu (%zu rules, default %s): %s\n", fz->sets, fz->mk.n,
	       fz->deny ? "deny" : "allow", what);
}

static bool open_set(struct fuzz *fz)
{
	char pin[100];

	if (load_rules(fz)) {
		complain(fz, "cannot be loaded");
		return false;
	}
	snprintf(pin, sizeof(pin), "weir_filter-model-%s", fz->hook);
	fz->prog_fd = open_program(pin);
	if (fz->prog_fd < 0 || !read_back(fz)) {
		complain(fz, "the rules are not read back as they were written");
		return false;
	}
	fz->reason_fd = open_map(fz->prog_fd, "weir_filter");
	fz->hit_fd = open_map(fz->prog_fd, "weir_filter_hit");
	if (!read_counts(fz->hit_fd, WEIR_FILTER_COUNTERS, fz->had_hits) ||
	    !read_counts(fz->reason_fd, WEIR_FILTER_REASONS, fz->had_reasons)) {
		complain(fz, "counters unreadable");
		return false;
	}
	memcpy(fz->want_hits, fz->had_hits, sizeof(fz->want_hits));
	memcpy(fz->want_reasons, fz->had_reasons, sizeof(fz->want_reasons));
	return true;
}

static void check_counts(struct fuzz *fz)
{
	char what[200];

	if (!read_counts(fz->hit_fd, WEIR_FILTER_COUNTERS, fz->had_hits) ||
	    !read_counts(fz->reason_fd, WEIR_FILTER_REASONS, fz->had_reasons))
		complain(fz, "counters unreadable");
	for (int i = 0; i < WEIR_FILTER_COUNTERS; i++)
		if (memcmp(&fz->had_hits[i], &fz->want_hits[i], sizeof(fz->had_hits[i])) != 0) {
			snprintf(what, sizeof(what), "counter %d: %llu packets, wanted %llu", i,
				 fz->had_hits[i].packets, fz->want_hits[i].packets);
			complain(fz, what);
		}
	for (int i = 0; i < WEIR_FILTER_REASONS; i++)
		if (memcmp(&fz->had_reasons[i], &fz->want_reasons[i], sizeof(fz->had_reasons[i])) !=
		    0) {
			snprintf(what, sizeof(what), "reason %d: %llu packets, wanted %llu", i,
				 fz->had_reasons[i].packets, fz->want_reasons[i].packets);
			complain(fz, what);
		}
}

/* ---- frames -------------------------------------------------------------- */

static void show(const struct fuzz *fz, const struct pkt *pkt, __u32 retval,
		 const struct model_verdict *want)
{
	for (size_t i = 0; i < pkt->len && i < 160; i++)
		printf("%02x%s", pkt->bytes[i], i % 2 ? " " : "");
	printf("\nanswer %u, wanted reason %d", retval, want->reason);
	if (want->rule >= 0) {
		printf(" by ");
		write_rule(stdout, &fz->mk.rules[want->rule]);
	}
	printf("\n");
}

static void feed(struct fuzz *fz, const struct pkt *pkt)
{
	static uint8_t out[PKT_MAX + 512];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt->bytes, .data_size_in = (__u32)pkt->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	struct model_frame frame = model_read(pkt->bytes, pkt->len);
	struct model_verdict want = model_judge(&frame, fz->mk.rules, fz->mk.n, fz->deny);
	__u32 pass = fz->is_xdp ? XDP_PASS : (__u32)TC_ACT_UNSPEC;
	__u32 drop = fz->is_xdp ? XDP_DROP : TC_ACT_SHOT;
	struct weir_counter *reason = &fz->want_reasons[want.reason];

	if (bpf_prog_test_run_opts(fz->prog_fd, &opts)) {
		fz->refused++;
		return;
	}
	fz->fed++;
	reason->packets++;
	fz->reasons[want.reason]++;
	reason->bytes += pkt->len;
	if (want.rule >= 0) {
		fz->want_hits[fz->counters[want.rule]].packets++;
		fz->want_hits[fz->counters[want.rule]].bytes += pkt->len;
	}
	if (opts.retval != (want.reason < WEIR_FILTER_DROP_RULE ? pass : drop)) {
		complain(fz, "verdict");
		show(fz, pkt, opts.retval, &want);
	}
	if (opts.data_size_out != pkt->len || memcmp(out, pkt->bytes, pkt->len) != 0)
		complain(fz, "the frame was changed");
}

static void run_set(struct fuzz *fz, unsigned long count)
{
	static struct pkt pkt;
	unsigned long end = fz->fed + count, tries = count * 4;

	make_rules(fz);
	if (open_set(fz)) {
		fz->fronts += has_front(fz);
		while (fz->fed < end && tries-- && fz->failed < 20)
			if (make_frame(&fz->mk, &pkt))
				feed(fz, &pkt);
		check_counts(fz);
		for (size_t i = 0; fz->failed && fz->mk.n <= 40 && i < fz->mk.n; i++)
			write_rule(stdout, &fz->mk.rules[i]);
		close(fz->reason_fd);
		close(fz->hit_fd);
	}
	if (fz->prog_fd >= 0)
		close(fz->prog_fd);
	fz->sets++;
}

/* Of the next set; @count in all, 0: without end. */
static unsigned long frames_of(const struct fuzz *fz, unsigned long count)
{
	if (!fz->sets)
		return FRAMES_OF_LARGE;
	return count && count - fz->fed < FRAMES_A_SET ? count - fz->fed : FRAMES_A_SET;
}

int main(int argc, char **argv)
{
	static struct fuzz fz;
	unsigned long count;

	if (argc < 5) {
		fprintf(stderr, "usage: tool_filter WEIR HOOK COUNT SEED\n");
		return 2;
	}
	fz.weir = argv[1];
	fz.hook = argv[2];
	fz.is_xdp = !strcmp(fz.hook, "xdp");
	count = strtoul(argv[3], NULL, 10);
	fz.mk.seed = strtoull(argv[4], NULL, 10) * 2654435761 + 1;
	while ((!count || fz.fed < count) && !fz.failed)
		run_set(&fz, frames_of(&fz, count));
	printf("by reason:");
	for (int i = 0; i < WEIR_FILTER_REASONS; i++)
		printf(" %lu", fz.reasons[i]);
	printf("\nsets %lu fronts %lu fed %lu refused %lu failed %lu\n", fz.sets, fz.fronts, fz.fed,
	       fz.refused, fz.failed);
	return fz.failed || !fz.fed;
}
