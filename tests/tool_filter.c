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

#include "tests/filter_model.h"
#include "tests/mutate.h"

#define FRAMES_A_SET	5000
#define FRAMES_OF_LARGE 1000   /* the model asks each rule */
#define LARGE		330000 /* prefixes of the first set */
#define RULES_MAX	(LARGE + 12000)

struct fuzz {
	const char *weir, *hook;
	uint64_t seed;
	bool is_xdp;
	bool deny;
	struct weir_filter_rule rules[RULES_MAX];
	uint16_t counters[RULES_MAX]; /* as the kernel's maps say */
	size_t n;
	int prog_fd, reason_fd, hit_fd;
	int n_cpus;
	struct weir_counter *cells; /* WEIR_FILTER_COUNTERS rows of n_cpus */
	struct weir_counter want_hits[WEIR_FILTER_COUNTERS], had_hits[WEIR_FILTER_COUNTERS];
	struct weir_counter want_reasons[WEIR_FILTER_REASONS], had_reasons[WEIR_FILTER_REASONS];
	unsigned long fed, refused, failed, sets, fronts;
	unsigned long reasons[WEIR_FILTER_REASONS]; /* frames of all sets */
};

static uint64_t chance(struct fuzz *fz, uint64_t below)
{
	return mutate_random(&fz->seed) % below;
}

/* ---- rules --------------------------------------------------------------- */

static void flip(uint8_t *addr, uint64_t bit)
{
	addr[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

static void cut(uint8_t *addr, unsigned int len, unsigned int bits)
{
	for (unsigned int i = len; i < bits; i++)
		addr[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

/* Near one that is there already, so that prefixes nest and neighbour each other. */
static void make_prefix(struct fuzz *fz, unsigned int family, uint8_t *addr, uint8_t *len)
{
	unsigned int bits = family == WEIR_IPV4 ? 32 : 128;
	const struct weir_filter_rule *near = fz->n ? &fz->rules[chance(fz, fz->n)] : NULL;

	*len = (uint8_t)(chance(fz, 20) ? 8 + chance(fz, bits - 7) : chance(fz, bits + 1));
	if (near && near->family == family && near->has & (WEIR_HAS_SRC | WEIR_HAS_DST) &&
	    chance(fz, 3)) {
		memcpy(addr, near->has & WEIR_HAS_SRC ? near->src : near->dst, 16);
		for (uint64_t i = chance(fz, 3); i; i--)
			flip(addr, chance(fz, bits));
	} else {
		for (unsigned int i = 0; i < bits / 8; i++)
			addr[i] = (uint8_t)chance(fz, 256);
		if (chance(fz, 2))
			addr[0] = family == WEIR_IPV4 ? 10 : 0x20;
	}
	cut(addr, *len, bits);
}

static void make_range(struct fuzz *fz, uint16_t *min, uint16_t *max)
{
	*min = (uint16_t)(chance(fz, 2) ? chance(fz, 65536) : chance(fz, 100));
	*max = *min;
	if (chance(fz, 2))
		*max = (uint16_t)(*min + chance(fz, 65536U - *min));
}

static void make_mac(struct fuzz *fz, uint8_t *mac)
{
	memcpy(mac, "\2\0\0\0\0\0", 6);
	mac[5] = (uint8_t)chance(fz, 5);
}

static void make_transport(struct fuzz *fz, struct weir_filter_rule *rule)
{
	static const uint8_t protos[] = {6, 17, 1, 58, 132, 47, 136, 33, 51, 44, 0, 50};

	if (chance(fz, 4)) {
		rule->has |= WEIR_HAS_PROTO;
		rule->proto = protos[chance(fz, sizeof(protos))];
	}
	if (rule->has & WEIR_HAS_PROTO && (rule->proto == 1 || rule->proto == 58)) {
		rule->has |= chance(fz, 2) ? WEIR_HAS_ICMP : 0;
		rule->icmp_min = (uint16_t)(chance(fz, 140) << 8);
		rule->icmp_max = rule->icmp_min | 255;
		if (chance(fz, 2))
			rule->icmp_min = rule->icmp_max =
				(uint16_t)(rule->icmp_min | chance(fz, 4));
	} else if (!(rule->has & WEIR_HAS_PROTO) || model_has_ports(rule->proto)) {
		rule->has |= chance(fz, 2) ? WEIR_HAS_SPORT : 0;
		rule->has |= chance(fz, 2) ? WEIR_HAS_DPORT : 0;
	}
	if (rule->has & WEIR_HAS_PROTO && rule->proto == 6 && chance(fz, 2)) {
		rule->has |= WEIR_HAS_FLAGS;
		rule->flags_mask = (uint8_t)(1 + chance(fz, 255));
		rule->flags = (uint8_t)chance(fz, 256) & rule->flags_mask;
	}
	if (rule->has & WEIR_HAS_SPORT)
		make_range(fz, &rule->sport_min, &rule->sport_max);
	if (rule->has & WEIR_HAS_DPORT)
		make_range(fz, &rule->dport_min, &rule->dport_max);
	if (!(rule->has & WEIR_HAS_ICMP))
		rule->icmp_min = rule->icmp_max = 0;
	if (!(rule->has & (WEIR_HAS_SPORT | WEIR_HAS_DPORT | WEIR_HAS_FLAGS | WEIR_HAS_ICMP)) &&
	    !chance(fz, 4))
		rule->has |= WEIR_HAS_FRAGMENT;
}

static void make_rule(struct fuzz *fz, bool only_prefix, struct weir_filter_rule *rule)
{
	bool src = chance(fz, 2);

	memset(rule, 0, sizeof(*rule));
	rule->family = (uint8_t)chance(fz, 2);
	if (only_prefix || chance(fz, 2)) {
		rule->has |= src ? WEIR_HAS_SRC : WEIR_HAS_DST;
		make_prefix(fz, rule->family, src ? rule->src : rule->dst,
			    src ? &rule->src_len : &rule->dst_len);
	}
	if (only_prefix)
		return;
	if (!chance(fz, 4)) {
		rule->has |= WEIR_HAS_SRC | WEIR_HAS_DST;
		make_prefix(fz, rule->family, src ? rule->dst : rule->src,
			    src ? &rule->dst_len : &rule->src_len);
		if (rule->has && !(rule->src_len | rule->dst_len))
			make_prefix(fz, rule->family, rule->src, &rule->src_len);
	}
	if (chance(fz, 8))
		make_transport(fz, rule);
	if (!chance(fz, 4)) {
		rule->has |= WEIR_HAS_SMAC;
		make_mac(fz, rule->smac);
	}
	if (!chance(fz, 6)) {
		rule->has |= WEIR_HAS_DMAC;
		make_mac(fz, rule->dmac);
	}
	if (!rule->has) {
		rule->has = WEIR_HAS_PROTO;
		rule->proto = 17;
	}
	if (!(rule->has & (WEIR_HAS_SRC | WEIR_HAS_DST)))
		rule->family = 0;
}

/* The same packets always get the same verdict: contradictions are refused. */
static bool verdict_of(const struct weir_filter_rule *rule, uint64_t salt)
{
	const uint8_t *bytes = (const uint8_t *)rule;
	uint64_t hash = salt;

	for (size_t i = 0; i < sizeof(*rule); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
	return hash >> 33 & 1;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct weir_filter_rule));
}

/* Nested and side by side, on both sides of what a /24 can say. */
static void make_large(struct fuzz *fz, struct weir_filter_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->has = WEIR_HAS_SRC;
	rule->src_len = (uint8_t)(chance(fz, 500) ? 17 + chance(fz, 16) : 1 + chance(fz, 16));
	for (int i = 0; i < 4; i++)
		rule->src[i] = (uint8_t)chance(fz, 256);
	if (chance(fz, 2))
		rule->src[0] = 10;
	cut(rule->src, rule->src_len, 32);
}

static void make_rules(struct fuzz *fz)
{
	static const size_t lists[] = {0, 0, 1, 5, 40, 300, 3000, 10000};
	static const size_t matches[] = {0, 0, 1, 5, 40, 200, 1000};
	size_t n_list = lists[chance(fz, 8)], n_matches = matches[chance(fz, 7)], kept = 0;
	size_t n_large = fz->sets ? 0 : LARGE;
	uint64_t salt = chance(fz, UINT64_MAX);

	fz->deny = chance(fz, 2);
	for (fz->n = 0; fz->n < n_large + n_list + n_matches; fz->n++) {
		struct weir_filter_rule rule;

		if (fz->n < n_large)
			make_large(fz, &rule);
		else
			make_rule(fz, fz->n < n_large + n_list, &rule);
		rule.deny = verdict_of(&rule, salt);
		fz->rules[fz->n] = rule;
	}
	qsort(fz->rules, fz->n, sizeof(*fz->rules), compare);
	for (size_t i = 0; i < fz->n; i++)
		if (!kept || compare(&fz->rules[kept - 1], &fz->rules[i]) != 0)
			fz->rules[kept++] = fz->rules[i];
	fz->n = kept;
}

static void write_prefix(FILE *to, const char *word, unsigned int family, const uint8_t *addr,
			 unsigned int len)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == WEIR_IPV4 ? AF_INET : AF_INET6, addr, text, sizeof(text));
	fprintf(to, " %s %s/%u", word, text, len);
}

static void write_flags(FILE *to, unsigned int flags)
{
	static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
	const char *comma = "";

	for (int i = 0; i < 8; i++)
		if (flags >> i & 1) {
			fprintf(to, "%s%s", comma, names[i]);
			comma = ",";
		}
}

static void write_mac(FILE *to, const char *word, const uint8_t *mac)
{
	fprintf(to, " %s %02x:%02x:%02x:%02x:%02x:%02x", word, mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
}

static void write_rule(FILE *to, const struct weir_filter_rule *r)
{
	fputs(r->deny ? "deny" : "allow", to);
	if (r->has & WEIR_HAS_FRAGMENT)
		fputs(" fragment", to);
	if (r->has & WEIR_HAS_DMAC)
		write_mac(to, "dmac", r->dmac);
	if (r->has & WEIR_HAS_SMAC)
		write_mac(to, "smac", r->smac);
	if (r->has & WEIR_HAS_ICMP)
		fprintf(to, r->icmp_min == r->icmp_max ? " icmp %u/%u" : " icmp %u",
			r->icmp_min >> 8, r->icmp_min & 255);
	if (r->has & WEIR_HAS_PROTO)
		fprintf(to, " proto %u", r->proto);
	if (r->has & WEIR_HAS_FLAGS) {
		fputs(" flags ", to);
		write_flags(to, r->flags);
		fputc('/', to);
		write_flags(to, r->flags_mask);
	}
	if (r->has & WEIR_HAS_DPORT)
		fprintf(to, " dport %u-%u", r->dport_min, r->dport_max);
	if (r->has & WEIR_HAS_SPORT)
		fprintf(to, " sport %u-%u", r->sport_min, r->sport_max);
	if (r->has & WEIR_HAS_DST)
		write_prefix(to, "dst", r->family, r->dst, r->dst_len);
	if (r->has & WEIR_HAS_SRC)
		write_prefix(to, "src", r->family, r->src, r->src_len);
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
	for (size_t i = 0; i < fz->n; i++)
		write_rule(to, &fz->rules[i]);
	return pclose(to) ? -EIO : 0;
}

static int open_program(const struct fuzz *fz)
{
	__u32 slot = 0, id = 0;
	char path[100];
	int gate;

	snprintf(path, sizeof(path), "/sys/fs/bpf/tc/globals/weir_filter-model-%s", fz->hook);
	gate = bpf_obj_get(path);

	if (gate < 0)
		return gate;
	if (bpf_map_lookup_elem(gate, &slot, &id))
		id = 0;
	close(gate);
	return bpf_prog_get_fd_by_id(id);
}

static int open_map(int prog_fd, const char *name)
{
	struct bpf_prog_info info = {0};
	__u32 ids[32], len = sizeof(info);

	info.nr_map_ids = 32;
	info.map_ids = (__u64)(unsigned long)ids;
	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return -errno;
	for (__u32 i = 0; i < info.nr_map_ids; i++) {
		struct bpf_map_info map = {0};
		int fd = bpf_map_get_fd_by_id(ids[i]);

		len = sizeof(map);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &map, &len) && !strcmp(map.name, name))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

/* The rule as the kernel's maps have it must be one that was written. */
static bool take_back(struct fuzz *fz, struct weir_filter_rule rule)
{
	uint16_t counter = rule.counter;
	struct weir_filter_rule *found;

	rule.counter = 0;
	found = bsearch(&rule, fz->rules, fz->n, sizeof(rule), compare);
	if (found)
		fz->counters[found - fz->rules] = counter;
	return found != NULL;
}

static bool read_back(struct fuzz *fz)
{
	int rules_fd = open_map(fz->prog_fd, "weir_rules");
	int list_fd = open_map(fz->prog_fd, "weir_list");
	struct weir_filter_rule rule = {0}, head;
	__u32 key = 0;
	bool ok = !bpf_map_lookup_elem(rules_fd, &key, &head) &&
		  head.n_rules + head.n_list == fz->n && head.deny == fz->deny;

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

static bool read_counts(const struct fuzz *fz, int fd, __u32 n, struct weir_counter *out)
{
	static __u32 keys[WEIR_FILTER_COUNTERS];
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	__u32 next, got = n;

	if ((bpf_map_lookup_batch(fd, NULL, &next, keys, fz->cells, &got, &opts) &&
	     errno != ENOENT) ||
	    got != n)
		return false;
	memset(out, 0, n * sizeof(*out));
	for (__u32 i = 0; i < n; i++)
		for (int cpu = 0; cpu < fz->n_cpus; cpu++) {
			out[keys[i]].packets += fz->cells[i * fz->n_cpus + cpu].packets;
			out[keys[i]].bytes += fz->cells[i * fz->n_cpus + cpu].bytes;
		}
	return true;
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
	printf("set %lu (%zu rules, default %s): %s\n", fz->sets, fz->n,
	       fz->deny ? "deny" : "allow", what);
}

static bool open_set(struct fuzz *fz)
{
	if (load_rules(fz)) {
		complain(fz, "cannot be loaded");
		return false;
	}
	fz->prog_fd = open_program(fz);
	if (fz->prog_fd < 0 || !read_back(fz)) {
		complain(fz, "the rules are not read back as they were written");
		return false;
	}
	fz->reason_fd = open_map(fz->prog_fd, "weir_filter");
	fz->hit_fd = open_map(fz->prog_fd, "weir_filter_hit");
	if (!read_counts(fz, fz->hit_fd, WEIR_FILTER_COUNTERS, fz->had_hits) ||
	    !read_counts(fz, fz->reason_fd, WEIR_FILTER_REASONS, fz->had_reasons)) {
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

	if (!read_counts(fz, fz->hit_fd, WEIR_FILTER_COUNTERS, fz->had_hits) ||
	    !read_counts(fz, fz->reason_fd, WEIR_FILTER_REASONS, fz->had_reasons))
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

static void set_address(struct fuzz *fz, uint8_t *at, bool v6)
{
	const struct weir_filter_rule *near = fz->n ? &fz->rules[chance(fz, fz->n)] : NULL;
	unsigned int bits = v6 ? 128 : 32, len = 0;

	if (!near || near->family != (v6 ? WEIR_IPV6 : WEIR_IPV4) || !chance(fz, 8))
		return;
	if (near->has & WEIR_HAS_SRC) {
		memcpy(at, near->src, bits / 8);
		len = near->src_len;
	} else if (near->has & WEIR_HAS_DST) {
		memcpy(at, near->dst, bits / 8);
		len = near->dst_len;
	}
	for (unsigned int i = len; i < bits; i++)
		if (chance(fz, 2))
			flip(at, i);
	if (!chance(fz, 3))
		flip(at, chance(fz, len ? len : 1));
}

/* Values that rules name, and those beside them. */
static void set_ports(struct fuzz *fz, uint8_t *at)
{
	const struct weir_filter_rule *near = fz->n ? &fz->rules[chance(fz, fz->n)] : NULL;

	if (!near || !chance(fz, 4))
		return;
	if (near->has & WEIR_HAS_ICMP)
		pkt_put16(at, near->icmp_min + (unsigned int)chance(fz, 2));
	if (near->has & WEIR_HAS_SPORT)
		pkt_put16(at, near->sport_min + (unsigned int)chance(fz, 3) - 1);
	if (near->has & WEIR_HAS_DPORT)
		pkt_put16(at + 2, near->dport_max + (unsigned int)chance(fz, 3) - 1);
}

static bool make_frame(struct fuzz *fz, struct pkt *pkt)
{
	const struct pkt_row *row = &pkt_table[chance(fz, PKT_ROWS)];
	bool v6;

	if (row->size > 1600 || pkt_build_row(pkt, row))
		return false;
	make_mac(fz, pkt->bytes);
	make_mac(fz, pkt->bytes + 6);
	if (pkt->ip && pkt->ip + 40 <= pkt->len) {
		v6 = pkt->bytes[pkt->ip] >> 4 == 6;
		set_address(fz, pkt->bytes + pkt->ip + (v6 ? 8 : 12), v6);
		set_address(fz, pkt->bytes + pkt->ip + (v6 ? 24 : 16), v6);
		if (v6 && chance(fz, 2))
			pkt->bytes[pkt->ip + 7] = 255;
	}
	if (pkt->l4 && pkt->l4 + 14 <= pkt->len) {
		set_ports(fz, pkt->bytes + pkt->l4);
		if (chance(fz, 2))
			pkt->bytes[pkt->l4 + 13] = (uint8_t)chance(fz, 256);
	}
	if (!chance(fz, 3))
		pkt->len = mutate_packet(pkt->bytes, pkt->len, &fz->seed);
	return true;
}

static void show(const struct fuzz *fz, const struct pkt *pkt, __u32 retval,
		 const struct model_verdict *want)
{
	for (size_t i = 0; i < pkt->len && i < 160; i++)
		printf("%02x%s", pkt->bytes[i], i % 2 ? " " : "");
	printf("\nanswer %u, wanted reason %d", retval, want->reason);
	if (want->rule >= 0) {
		printf(" by ");
		write_rule(stdout, &fz->rules[want->rule]);
	}
	printf("\n");
}

static void feed(struct fuzz *fz, const struct pkt *pkt)
{
	static uint8_t out[PKT_MAX + 512];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt->bytes, .data_size_in = (__u32)pkt->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	struct model_frame frame = model_read(pkt->bytes, pkt->len);
	struct model_verdict want = model_judge(&frame, fz->rules, fz->n, fz->deny);
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
			if (make_frame(fz, &pkt))
				feed(fz, &pkt);
		check_counts(fz);
		for (size_t i = 0; fz->failed && fz->n <= 40 && i < fz->n; i++)
			write_rule(stdout, &fz->rules[i]);
		close(fz->reason_fd);
		close(fz->hit_fd);
	}
	if (fz->prog_fd >= 0)
		close(fz->prog_fd);
	fz->sets++;
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
	fz.seed = strtoull(argv[4], NULL, 10) * 2654435761 + 1;
	fz.n_cpus = libbpf_num_possible_cpus();
	fz.cells = calloc((size_t)fz.n_cpus * WEIR_FILTER_COUNTERS, sizeof(*fz.cells));
	while ((!count || fz.fed < count) && !fz.failed)
		run_set(&fz, !fz.sets				      ? FRAMES_OF_LARGE
			     : count && count - fz.fed < FRAMES_A_SET ? count - fz.fed
								      : FRAMES_A_SET);
	printf("by reason:");
	for (int i = 0; i < WEIR_FILTER_REASONS; i++)
		printf(" %lu", fz.reasons[i]);
	printf("\nsets %lu fronts %lu fed %lu refused %lu failed %lu\n", fz.sets, fz.fronts, fz.fed,
	       fz.refused, fz.failed);
	free(fz.cells);
	return fz.failed || !fz.fed;
}
