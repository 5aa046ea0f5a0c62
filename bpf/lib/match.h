/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which rule decides about a packet. In: what is known of it (struct facts), and the
 * tables of maps/filter.h. Out: what the rule does; 0: no rule matches.
 */
#ifndef WEIR_BPF_MATCH_H
#define WEIR_BPF_MATCH_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "lib/map.h"
#include "lib/tree.h"
#include "maps/filter.h"

WEIR_MAP(weir_prefixes, ARRAY, __u32, struct weir_prefix_of, 1, BPF_F_MMAPABLE, NONE);
WEIR_MAP(weir_rows, ARRAY, __u32, struct weir_match_row, 1, BPF_F_MMAPABLE, NONE);
WEIR_MAP(weir_row_pages, ARRAY, __u32, struct weir_row_page, 1, BPF_F_MMAPABLE, NONE);
WEIR_MAP(weir_macs, HASH, struct weir_filter_mac, __u32, 1, 0, NONE);

/* The rules as they were given: only user space reads them. */
WEIR_MAP(weir_rules, ARRAY, __u32, struct weir_filter_rule, 1, BPF_F_MMAPABLE, NONE);
WEIR_MAP(weir_list, ARRAY, __u32, struct weir_filter_prefix, 1, BPF_F_MMAPABLE, NONE);

const volatile struct weir_filter_consts config = {};

/* Does nothing, but so these two are the program's, by which they are found. */
static __always_inline void keep_rules(void)
{
	__u32 key = 0;

	if (config.words <= WEIR_FILTER_WORDS)
		return;
	bpf_map_lookup_elem(&weir_rules, &key);
	bpf_map_lookup_elem(&weir_list, &key);
}

struct facts {
	bool ip; /* false: only MAC addresses count */
	enum weir_family family;
	struct address addr[WEIR_SIDES];
	__u8 proto, flags;
	enum weir_l4 l4;
	__u16 value16[WEIR_VALUES16]; /* ports; type and code */
	__u64 mac[WEIR_SIDES];	      /* a struct weir_filter_mac, as one word */
};

static __always_inline const struct weir_match_row *row_at(__u32 row)
{
	return bpf_map_lookup_elem(&weir_rows, &row);
}

static __always_inline const struct weir_match_row *row_of_mac(const struct facts *facts,
							       enum weir_side side)
{
	const __u32 *row;

	/* spares most strangers the hash */
	if (!config.mac_slots[weir_mac_slot(facts->mac[side])])
		return row_at(config.no_mac_row[side]);
	row = bpf_map_lookup_elem(&weir_macs, &facts->mac[side]);
	return row_at(row ? *row : config.no_mac_row[side]);
}

static __always_inline const struct weir_match_row *row_of_value(const struct facts *facts,
								 enum weir_value16 which)
{
	__u32 index = (__u32)which << 8 | facts->value16[which] >> 8;
	const struct weir_row_page *page = bpf_map_lookup_elem(&weir_row_pages, &index);

	return page ? row_at(page->row[facts->value16[which] & 0xff]) : NULL;
}

/* What the lists and the matches know of the packet's addresses. */
struct by_address {
	__u32 act[WEIR_SIDES];
	const struct weir_match_row *row[WEIR_SIDES];
};

static __always_inline void find_address(const struct facts *facts, enum weir_side side,
					 struct by_address *out)
{
	__u32 found = 0, row;
	const struct weir_prefix_of *prefix;
	bool has_tree = false;

	if (facts->family == WEIR_IPV4) {
		row = config.no_prefix_row[WEIR_IPV4][side];
		if (config.lists[WEIR_IPV4][side]) {
			has_tree = true;
			found = tree_find4(&config.tree[WEIR_IPV4][side], facts->addr[side].hi);
		}
	} else {
		row = config.no_prefix_row[WEIR_IPV6][side];
		if (config.lists[WEIR_IPV6][side]) {
			has_tree = true;
			found = tree_find6(&config.tree[WEIR_IPV6][side], &facts->addr[side]);
		}
	}
	out->act[side] = found;
	if (!config.by_address)
		return;
	if (has_tree) {
		prefix = bpf_map_lookup_elem(&weir_prefixes, &found);
		if (!prefix)
			return;
		out->act[side] = prefix->act;
		row = prefix->row;
	}
	out->row[side] = row_at(row);
}

/* Of the lowest bit set. */
static __always_inline __u32 first_bit(__u64 word)
{
	__u32 bit = 0;

#pragma clang loop unroll(full)
	for (__u32 half = 32; half; half /= 2) {
		if (word & ((1ULL << half) - 1))
			continue;
		word >>= half;
		bit += half;
	}
	return bit;
}

/* The first match that no row contradicts. */
static __always_inline __u32 find_match(const struct facts *facts, const struct by_address *by)
{
	const struct weir_match_row *base, *proto, *flags, *ports[2], *mac[WEIR_SIDES],
		*addr[WEIR_SIDES];

	base = row_at(facts->ip ? config.base_row[facts->family & 1][facts->l4 & 3]
				: config.l2_row);
	/* a row ANDed twice is the same */
	proto = flags = ports[0] = ports[1] = mac[0] = mac[1] = addr[0] = addr[1] = base;
	for (int side = 0; side < WEIR_SIDES; side++) {
		if (config.by_mac[side])
			mac[side] = row_of_mac(facts, side);
		if (config.by_address && facts->ip)
			addr[side] = by->row[side];
	}
	if (facts->ip && config.by_proto)
		proto = row_at(config.proto_row[facts->proto]);
	if (facts->ip && facts->l4 == WEIR_L4_PORTS) {
		if (config.by_value16[WEIR_SPORT])
			ports[0] = row_of_value(facts, WEIR_SPORT);
		if (config.by_value16[WEIR_DPORT])
			ports[1] = row_of_value(facts, WEIR_DPORT);
		if (config.by_flags)
			flags = row_at(config.flags_row[facts->flags]);
	}
	if (facts->ip && facts->l4 == WEIR_L4_ICMP && config.by_value16[WEIR_ICMP])
		ports[0] = row_of_value(facts, WEIR_ICMP);
	if (!base || !proto || !flags || !ports[0] || !ports[1] || !mac[0] || !mac[1] || !addr[0] ||
	    !addr[1])
		return 0;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < WEIR_FILTER_WORDS; i++) {
		__u64 word = base->word[i];

		if (i == config.words)
			break;
		if (config.by_proto)
			word &= proto->word[i];
		if (config.by_flags)
			word &= flags->word[i];
		if (config.by_value16[WEIR_SPORT] || config.by_value16[WEIR_ICMP])
			word &= ports[0]->word[i];
		if (config.by_value16[WEIR_DPORT])
			word &= ports[1]->word[i];
		if (config.by_mac[WEIR_SRC])
			word &= mac[WEIR_SRC]->word[i];
		if (config.by_mac[WEIR_DST])
			word &= mac[WEIR_DST]->word[i];
		if (config.by_address)
			word &= addr[WEIR_SRC]->word[i] & addr[WEIR_DST]->word[i];
		if (word)
			return config.act[(i * 64 + first_bit(word)) % WEIR_FILTER_MATCHES_MAX];
	}
	return 0;
}

/* What the packet is, forgotten by the verifier, who otherwise walks all tables anew for each
 * kind that there is. What it knows of an XOR with a length is nothing. */
static __always_inline void forget_kind(struct facts *facts, __u32 len_bytes)
{
	__u64 kind = (__u64)facts->ip << 32 | (__u32)facts->family << 24 | (__u32)facts->l4 << 16 |
		     facts->flags << 8 | facts->proto;

	kind ^= len_bytes;
	asm volatile("" : "+r"(kind));
	kind ^= len_bytes;
	facts->ip = kind >> 32 & 1;
	facts->family = (enum weir_family)(kind >> 24 & 1);
	facts->l4 = (enum weir_l4)(kind >> 16 & 3);
	facts->flags = (__u8)(kind >> 8);
	facts->proto = (__u8)kind;
}

/* @len_bytes: of the frame, or anything else that the verifier does not know. */
static __always_inline __u32 find_rule(struct facts *facts, __u32 len_bytes)
{
	struct by_address by = {};
	__u32 list, match;

	if (config.words)
		forget_kind(facts, len_bytes);
	if (facts->ip) {
		find_address(facts, WEIR_SRC, &by);
		find_address(facts, WEIR_DST, &by);
	}
	list = by.act[WEIR_SRC] ? by.act[WEIR_SRC] : by.act[WEIR_DST];
	/* where no match names an address, any list's prefix comes before all of them */
	if (!config.words || (!config.by_address && list))
		return list;
	match = find_match(facts, &by);
	return match ? match : list;
}

#endif
