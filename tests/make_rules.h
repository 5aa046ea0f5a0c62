/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules made by chance, as words and as structs, and frames near to what they match: for the
 * tools that compare a program that goes by rules with a model.
 */
#ifndef WEIR_TESTS_MAKE_RULES_H
#define WEIR_TESTS_MAKE_RULES_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/filter_model.h"
#include "tests/mutate.h"

#define RULES_MAX 342000

struct maker {
	uint64_t seed;
	struct weir_filter_rule rules[RULES_MAX];
	size_t n;
};

static inline uint64_t chance(struct maker *mk, uint64_t below)
{
	return mutate_random(&mk->seed) % below;
}

/* ---- rules --------------------------------------------------------------- */

static inline void flip(uint8_t *addr, uint64_t bit)
{
	addr[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

static inline void cut(uint8_t *addr, unsigned int len, unsigned int bits)
{
	for (unsigned int i = len; i < bits; i++)
		addr[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

/* Near one that is there already, so that prefixes nest and neighbour each other. */
static inline void make_prefix(struct maker *mk, unsigned int family, uint8_t *addr, uint8_t *len)
{
	unsigned int bits = family == WEIR_IPV4 ? 32 : 128;
	const struct weir_filter_rule *near = mk->n ? &mk->rules[chance(mk, mk->n)] : NULL;

	*len = (uint8_t)(chance(mk, 20) ? 8 + chance(mk, bits - 7) : chance(mk, bits + 1));
	if (near && near->family == family && near->has & (WEIR_HAS_SRC | WEIR_HAS_DST) &&
	    chance(mk, 3)) {
		memcpy(addr, near->has & WEIR_HAS_SRC ? near->src : near->dst, 16);
		for (uint64_t i = chance(mk, 3); i; i--)
			flip(addr, chance(mk, bits));
	} else {
		for (unsigned int i = 0; i < bits / 8; i++)
			addr[i] = (uint8_t)chance(mk, 256);
		if (chance(mk, 2))
			addr[0] = family == WEIR_IPV4 ? 10 : 0x20;
	}
	cut(addr, *len, bits);
}

static inline void make_range(struct maker *mk, uint16_t *min, uint16_t *max)
{
	*min = (uint16_t)(chance(mk, 2) ? chance(mk, 65536) : chance(mk, 100));
	*max = *min;
	if (chance(mk, 2))
		*max = (uint16_t)(*min + chance(mk, 65536U - *min));
}

#define RULES_MACS 5

static inline void make_mac(struct maker *mk, uint8_t *mac, unsigned int of)
{
	memcpy(mac, "\2\0\0\0\0\0", 6);
	mac[5] = (uint8_t)chance(mk, of);
}

static inline void make_transport(struct maker *mk, struct weir_filter_rule *rule)
{
	static const uint8_t protos[] = {6, 17, 1, 58, 132, 47, 136, 33, 51, 44, 0, 50};

	if (chance(mk, 4)) {
		rule->has |= WEIR_HAS_PROTO;
		rule->proto = protos[chance(mk, sizeof(protos))];
	}
	if (rule->has & WEIR_HAS_PROTO && (rule->proto == 1 || rule->proto == 58)) {
		rule->has |= chance(mk, 2) ? WEIR_HAS_ICMP : 0;
		rule->icmp_min = rule->proto == 1 ? 8 : 128; /* echo: of most that are made */
		if (chance(mk, 2))
			rule->icmp_min = (uint16_t)chance(mk, 140);
		rule->icmp_min = (uint16_t)(rule->icmp_min << 8);
		rule->icmp_max = rule->icmp_min | 255;
		if (chance(mk, 2))
			rule->icmp_min = rule->icmp_max =
				(uint16_t)(rule->icmp_min | chance(mk, 4));
	} else if (!(rule->has & WEIR_HAS_PROTO) || model_has_ports(rule->proto)) {
		rule->has |= chance(mk, 2) ? WEIR_HAS_SPORT : 0;
		rule->has |= chance(mk, 2) ? WEIR_HAS_DPORT : 0;
	}
	if (rule->has & WEIR_HAS_PROTO && rule->proto == 6 && chance(mk, 2)) {
		rule->has |= WEIR_HAS_FLAGS;
		rule->flags_mask = (uint8_t)(1 + chance(mk, 255));
		rule->flags = (uint8_t)chance(mk, 256) & rule->flags_mask;
	}
	if (rule->has & WEIR_HAS_SPORT)
		make_range(mk, &rule->sport_min, &rule->sport_max);
	if (rule->has & WEIR_HAS_DPORT)
		make_range(mk, &rule->dport_min, &rule->dport_max);
	if (!(rule->has & WEIR_HAS_ICMP))
		rule->icmp_min = rule->icmp_max = 0;
	if (!(rule->has & (WEIR_HAS_SPORT | WEIR_HAS_DPORT | WEIR_HAS_FLAGS | WEIR_HAS_ICMP)) &&
	    !chance(mk, 4))
		rule->has |= WEIR_HAS_FRAGMENT;
}

static inline void make_rule(struct maker *mk, bool only_prefix, struct weir_filter_rule *rule)
{
	bool src = chance(mk, 2);

	memset(rule, 0, sizeof(*rule));
	rule->family = (uint8_t)chance(mk, 2);
	if (only_prefix || chance(mk, 2)) {
		rule->has |= src ? WEIR_HAS_SRC : WEIR_HAS_DST;
		make_prefix(mk, rule->family, src ? rule->src : rule->dst,
			    src ? &rule->src_len : &rule->dst_len);
	}
	if (only_prefix)
		return;
	if (!chance(mk, 4)) {
		rule->has |= WEIR_HAS_SRC | WEIR_HAS_DST;
		make_prefix(mk, rule->family, src ? rule->dst : rule->src,
			    src ? &rule->dst_len : &rule->src_len);
		if (rule->has && !(rule->src_len | rule->dst_len))
			make_prefix(mk, rule->family, rule->src, &rule->src_len);
	}
	if (chance(mk, 8))
		make_transport(mk, rule);
	if (!chance(mk, 4)) {
		rule->has |= WEIR_HAS_SMAC;
		make_mac(mk, rule->smac, RULES_MACS);
	}
	if (!chance(mk, 6)) {
		rule->has |= WEIR_HAS_DMAC;
		make_mac(mk, rule->dmac, RULES_MACS);
	}
	if (!rule->has) {
		rule->has = WEIR_HAS_PROTO;
		rule->proto = 17;
	}
	if (!(rule->has & (WEIR_HAS_SRC | WEIR_HAS_DST)))
		rule->family = 0;
}

/* One that most packets have nothing of, a few ports or a MAC address; rarely any. */
static inline void make_rare_rule(struct maker *mk, bool no_address, struct weir_filter_rule *rule)
{
	const uint32_t address = WEIR_HAS_SRC | WEIR_HAS_DST;
	const uint32_t rare =
		WEIR_HAS_SPORT | WEIR_HAS_DPORT | WEIR_HAS_ICMP | WEIR_HAS_SMAC | WEIR_HAS_DMAC;

	do
		make_rule(mk, false, rule);
	while ((!(rule->has & rare) && chance(mk, 10)) || (no_address && rule->has & address));
	if (rule->sport_max > rule->sport_min + 300)
		rule->sport_max = (uint16_t)(rule->sport_min + 300);
	if (rule->dport_max > rule->dport_min + 300)
		rule->dport_max = (uint16_t)(rule->dport_min + 300);
}

static inline int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct weir_filter_rule));
}

/* ---- words --------------------------------------------------------------- */

static inline void write_prefix(FILE *to, const char *word, unsigned int family,
				const uint8_t *addr, unsigned int len)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == WEIR_IPV4 ? AF_INET : AF_INET6, addr, text, sizeof(text));
	fprintf(to, " %s %s/%u", word, text, len);
}

static inline void write_flags(FILE *to, unsigned int flags)
{
	static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
	const char *comma = "";

	for (int i = 0; i < 8; i++)
		if (flags >> i & 1) {
			fprintf(to, "%s%s", comma, names[i]);
			comma = ",";
		}
}

static inline void write_mac(FILE *to, const char *word, const uint8_t *mac)
{
	fprintf(to, " %s %02x:%02x:%02x:%02x:%02x:%02x", word, mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
}

/* What the rule matches. */
static inline void write_match(FILE *to, const struct weir_filter_rule *r)
{
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
}

/* ---- frames -------------------------------------------------------------- */

static inline void set_address(struct maker *mk, uint8_t *at, bool v6)
{
	const struct weir_filter_rule *near = mk->n ? &mk->rules[chance(mk, mk->n)] : NULL;
	unsigned int bits = v6 ? 128 : 32, len = 0;

	if (!near || near->family != (v6 ? WEIR_IPV6 : WEIR_IPV4) || !chance(mk, 8))
		return;
	if (near->has & WEIR_HAS_SRC) {
		memcpy(at, near->src, bits / 8);
		len = near->src_len;
	} else if (near->has & WEIR_HAS_DST) {
		memcpy(at, near->dst, bits / 8);
		len = near->dst_len;
	}
	for (unsigned int i = len; i < bits; i++)
		if (chance(mk, 2))
			flip(at, i);
	if (!chance(mk, 3))
		flip(at, chance(mk, len ? len : 1));
}

/* Values that rules name, and those beside them. */
static inline void set_ports(struct maker *mk, uint8_t *at)
{
	const struct weir_filter_rule *near = mk->n ? &mk->rules[chance(mk, mk->n)] : NULL;

	if (!near || !chance(mk, 4))
		return;
	if (near->has & WEIR_HAS_ICMP)
		pkt_put16(at, near->icmp_min + (unsigned int)chance(mk, 2));
	if (near->has & WEIR_HAS_SPORT)
		pkt_put16(at, near->sport_min + (unsigned int)chance(mk, 3) - 1);
	if (near->has & WEIR_HAS_DPORT)
		pkt_put16(at + 2, near->dport_max + (unsigned int)chance(mk, 3) - 1);
}

static inline bool make_frame(struct maker *mk, struct pkt *pkt)
{
	const struct pkt_row *row = &pkt_table[chance(mk, PKT_ROWS)];
	bool v6;

	if (row->size > 1600 || pkt_build_row(pkt, row))
		return false;
	make_mac(mk, pkt->bytes, RULES_MACS + 2);
	make_mac(mk, pkt->bytes + 6, RULES_MACS + 2);
	if (pkt->ip && pkt->ip + 40 <= pkt->len) {
		v6 = pkt->bytes[pkt->ip] >> 4 == 6;
		set_address(mk, pkt->bytes + pkt->ip + (v6 ? 8 : 12), v6);
		set_address(mk, pkt->bytes + pkt->ip + (v6 ? 24 : 16), v6);
		if (v6 && chance(mk, 2))
			pkt->bytes[pkt->ip + 7] = 255;
	}
	if (pkt->l4 && pkt->l4 + 14 <= pkt->len) {
		set_ports(mk, pkt->bytes + pkt->l4);
		if (chance(mk, 2))
			pkt->bytes[pkt->l4 + 13] = (uint8_t)chance(mk, 256);
	}
	if (!chance(mk, 3))
		pkt->len = mutate_packet(pkt->bytes, pkt->len, &mk->seed);
	return true;
}

#endif
