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

#include "lib/forget.h"
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
	__u32 kind; /* weir_ip_kind() of these, once the verifier has forgotten it */
	__u16 value16[WEIR_VALUES16]; /* ports; type and code */
	__u64 mac[WEIR_SIDES];	      /* a struct weir_filter_mac, as one word */
};

/* Each row is looked at when it is found: of those that may not be there, and of which may be
 * the same, the verifier would walk every combination. */
static __always_inline bool take_row(__u32 nth, const struct weir_match_row **out)
{
	const struct weir_match_row *row = bpf_map_lookup_elem(&weir_rows, &nth);

	if (!row)
		return false;
	*out = row;
	return true;
}

/* Spares most strangers the hash: no rule has what is in no slot. */
static __always_inline bool mac_may_be_known(__u64 mac, enum weir_side side)
{
	return config.by_mac[side] && config.mac_slots[weir_mac_slot(mac)];
}

static __always_inline bool take_row_of_mac(const struct facts *facts, enum weir_side side,
					    const struct weir_match_row **out)
{
	const __u32 *found = bpf_map_lookup_elem(&weir_macs, &facts->mac[side]);

	return take_row(found ? *found : config.no_mac_row[side], out);
}

static __always_inline bool take_row_of_value(enum weir_value16 which, __u16 value,
					      const struct weir_match_row **out)
{
	__u32 at = bounded_by(value, 65536);
	__u32 nth = config.value_row[which][at >> 8];
	__u32 index = (__u32)which << 8 | at >> 8;
	const struct weir_row_page *page;

	if (nth != WEIR_ROW_MIXED)
		return take_row(nth, out);
	page = bpf_map_lookup_elem(&weir_row_pages, &index);
	return page && take_row(page->row[at & 0xff], out);
}

/* What the lists and the matches know of the packet's addresses. */
struct by_address {
	__u32 act[WEIR_SIDES];
	const struct weir_match_row *row[WEIR_SIDES];
};

/* False: a table is not there. */
static __always_inline bool find_address(const struct facts *facts, enum weir_side side,
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
		return true;
	if (has_tree) {
		prefix = bpf_map_lookup_elem(&weir_prefixes, &found);
		if (!prefix)
			return false;
		out->act[side] = prefix->act;
		row = prefix->row;
	}
	return take_row(row, &out->row[side]);
}

/* Of the lowest bit set. */
static __always_inline __u32 first_bit(__u64 word)
{
	return config.bit_of_run[weir_run_of_bit(word & -word)];
}

/* What is known of a packet, a row each; one that is not asked for is the first: a row ANDed
 * twice is the same. */
struct rows {
	const struct weir_match_row *base, *flags, *ports[2], *mac[WEIR_SIDES], *addr[WEIR_SIDES];
};

static __always_inline bool take_rows_of_ports(__u16 sport, __u16 dport, struct rows *out)
{
	if (config.by_value16[WEIR_SPORT] && !take_row_of_value(WEIR_SPORT, sport, &out->ports[0]))
		return false;
	return !config.by_value16[WEIR_DPORT] ||
	       take_row_of_value(WEIR_DPORT, dport, &out->ports[1]);
}

static __always_inline bool take_rows_of_ip(const struct facts *facts, const struct by_address *by,
					    struct rows *out)
{
	if (config.by_address) {
		/* the verifier may not know that facts->ip was the same before */
		if (!by->row[WEIR_SRC] || !by->row[WEIR_DST])
			return false;
		out->addr[WEIR_SRC] = by->row[WEIR_SRC];
		out->addr[WEIR_DST] = by->row[WEIR_DST];
	}
	if (facts->l4 == WEIR_L4_PORTS) {
		if (!take_rows_of_ports(facts->value16[WEIR_SPORT], facts->value16[WEIR_DPORT],
					out))
			return false;
		return !config.by_flags || take_row(config.flags_row[facts->flags], &out->flags);
	}
	return facts->l4 != WEIR_L4_ICMP || !config.by_value16[WEIR_ICMP] ||
	       take_row_of_value(WEIR_ICMP, facts->value16[WEIR_ICMP], &out->ports[0]);
}

static __always_inline bool take_rows(const struct facts *facts, const struct by_address *by,
				      struct rows *out)
{
	bool known = mac_may_be_known(facts->mac[WEIR_SRC], WEIR_SRC) ||
		     mac_may_be_known(facts->mac[WEIR_DST], WEIR_DST);

	if (!take_row(facts->ip ? config.ip_row[known][facts->kind & (WEIR_IP_KINDS - 1)]
				: config.l2_row[known],
		      &out->base))
		return false;
	out->flags = out->ports[0] = out->ports[1] = out->base;
	out->mac[0] = out->mac[1] = out->addr[0] = out->addr[1] = out->base;
	if (known && config.by_mac[WEIR_SRC] &&
	    !take_row_of_mac(facts, WEIR_SRC, &out->mac[WEIR_SRC]))
		return false;
	if (known && config.by_mac[WEIR_DST] &&
	    !take_row_of_mac(facts, WEIR_DST, &out->mac[WEIR_DST]))
		return false;
	return !facts->ip || take_rows_of_ip(facts, by, out);
}

/* The first match that no row contradicts. @by_values: those of ports, or of type and code, are all
 * that there are beside the first. */
static __always_inline __u32 first_match(const struct rows *rows, bool by_values)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < WEIR_FILTER_WORDS; i++) {
		__u64 word = rows->base->word[i];

		if (i == config.words)
			break;
		if (config.by_value16[WEIR_SPORT] || config.by_value16[WEIR_ICMP])
			word &= rows->ports[0]->word[i];
		if (config.by_value16[WEIR_DPORT])
			word &= rows->ports[1]->word[i];
		if (!by_values && config.by_flags)
			word &= rows->flags->word[i];
		if (!by_values && config.by_mac[WEIR_SRC])
			word &= rows->mac[WEIR_SRC]->word[i];
		if (!by_values && config.by_mac[WEIR_DST])
			word &= rows->mac[WEIR_DST]->word[i];
		if (!by_values && config.by_address)
			word &= rows->addr[WEIR_SRC]->word[i] & rows->addr[WEIR_DST]->word[i];
		if (word)
			return config.act[(i * 64 + first_bit(word)) % WEIR_FILTER_MATCHES_MAX];
	}
	return 0;
}

static __always_inline __u32 find_match(const struct facts *facts, const struct by_address *by)
{
	struct rows rows;

	return take_rows(facts, by, &rows) ? first_match(&rows, false) : 0;
}

/* What the packet is, forgotten by the verifier, who otherwise walks all tables anew for each
 * kind that there is. */
static __always_inline void forget_kind(struct facts *facts, __u32 len_bytes)
{
	__u64 kind = (__u64)facts->ip << 32 | (__u32)facts->flags << 16 |
		     weir_ip_kind(facts->family, facts->l4, facts->proto);

	kind = forget_by(kind, len_bytes);
	facts->ip = kind >> 32 & 1;
	facts->flags = (__u8)(kind >> 16);
	facts->kind = (__u32)kind & (WEIR_IP_KINDS - 1);
	facts->family = (enum weir_family)(kind >> 10 & 1);
	facts->l4 = (enum weir_l4)(kind >> 8 & 3);
}

/* @len_bytes: of the frame, or anything else that the verifier does not know. */
static __always_inline __u32 find_rule(struct facts *facts, __u32 len_bytes)
{
	struct by_address by = {};
	__u32 list, match;

	if (config.words)
		forget_kind(facts, len_bytes);
	if (facts->ip &&
	    (!find_address(facts, WEIR_SRC, &by) || !find_address(facts, WEIR_DST, &by)))
		return 0;
	list = by.act[WEIR_SRC] ? by.act[WEIR_SRC] : by.act[WEIR_DST];
	/* where no match names an address, any list's prefix comes before all of them */
	if (!config.words || (!config.by_address && list))
		return list;
	match = find_match(facts, &by);
	return match ? match : list;
}

#endif
