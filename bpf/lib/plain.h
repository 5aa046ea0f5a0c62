/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way of whole TCP, UDP and SCTP packets and of ICMP, where matches ask for nothing that
 * they have, or for their ports, or type and code, alone: so that no struct facts need be filled.
 * What is found is what lib/facts.h and lib/match.h would find.
 */
#ifndef WEIR_BPF_PLAIN_H
#define WEIR_BPF_PLAIN_H

#include "lib/facts.h"
#include "lib/forget.h"
#include "lib/match.h"
#include "lib/tree.h"

/* ICMPv6 is not: it may be neighbour discovery. */
static __always_inline bool is_plain(const struct parsed *parsed)
{
	return (parsed->class >= WEIR_CLASS_IPV4_TCP && parsed->class <= WEIR_CLASS_IPV4_SCTP) ||
	       parsed->class == WEIR_CLASS_IPV6_TCP || parsed->class == WEIR_CLASS_IPV6_UDP ||
	       parsed->class == WEIR_CLASS_IPV6_SCTP;
}

static __always_inline bool asks_for_macs(const struct frame *frame)
{
	const struct ethhdr *eth;
	struct ethhdr copy;

	if (!config.by_mac[WEIR_SRC] && !config.by_mac[WEIR_DST])
		return false;
	eth = frame_at(frame, 0, sizeof(*eth), &copy);
	return !eth || mac_may_be_known(mac_of(eth->h_source, WEIR_SRC), WEIR_SRC) ||
	       mac_may_be_known(mac_of(eth->h_dest, WEIR_DST), WEIR_DST);
}

static __always_inline bool asks_for(enum weir_value16 which, __be16 value_be)
{
	__u32 at = bounded_by(bpf_ntohs(value_be), 65536);

	return config.by_value16[which] && config.values_named[which][at / 8] >> at % 8 & 1;
}

static __always_inline bool is_icmp4(const struct parsed *parsed)
{
	return parsed->class == WEIR_CLASS_IPV4_ICMP;
}

static __always_inline __u32 kind_of(const struct parsed *parsed)
{
	enum weir_family family = parsed->class <= WEIR_CLASS_IPV4_SCTP ? WEIR_IPV4 : WEIR_IPV6;
	enum weir_l4 l4 = is_icmp4(parsed) ? WEIR_L4_ICMP : WEIR_L4_PORTS;

	return bounded_by(weir_ip_kind(family, l4, parsed->l4.proto), WEIR_IP_KINDS);
}

static __always_inline bool take_rows_of_values(const struct parsed *parsed, const __be16 *values,
						struct rows *out)
{
	if (!take_row(config.ip_row[0][kind_of(parsed)], &out->base))
		return false;
	out->ports[0] = out->ports[1] = out->base;
	if (is_icmp4(parsed))
		return take_row_of_value(WEIR_ICMP, bpf_ntohs(values[0]), &out->ports[0]);
	return take_rows_of_ports(bpf_ntohs(values[0]), bpf_ntohs(values[1]), out);
}

/* What find_match() says where nothing else is asked. */
static __always_inline __u32 match_by_values(const struct parsed *parsed, const __be16 *values)
{
	struct rows rows;

	return take_rows_of_values(parsed, values, &rows) ? first_match(&rows, true) : 0;
}

/* May matches ask for nothing of a packet that is_plain() but its values? Then these have said
 * *match: WEIR_FILTER_ACT and the rule's number, or 0. */
static __always_inline bool match_plain(const struct frame *frame, const struct parsed *parsed,
					__u32 *match)
{
	const __be16 *values;
	__be16 copy[2];
	bool has_named;
	__u8 asked;

	*match = 0;
	if (!config.words)
		return true;
	asked = config.asked[kind_of(parsed)];
	if (asked & WEIR_ASKED_MORE || asks_for_macs(frame))
		return false;
	if (!asked)
		return true;
	values = frame_at(frame, parsed->l4.off, sizeof(copy), copy);
	if (!values)
		return false;
	if (is_icmp4(parsed))
		has_named = asks_for(WEIR_ICMP, values[0]);
	else
		has_named = asks_for(WEIR_SPORT, values[0]) || asks_for(WEIR_DPORT, values[1]);
	if (has_named && (config.by_address || asked & WEIR_ASKED_FLAGS))
		return false;
	if (has_named)
		*match = match_by_values(parsed, values);
	*match = (__u32)forget_by(*match, frame->len_bytes);
	return true;
}

/* What the list says that this was found in. */
static __always_inline __u32 act_of(__u32 found)
{
	const struct weir_prefix_of *prefix;

	if (!config.by_address)
		return found;
	prefix = bpf_map_lookup_elem(&weir_prefixes, &found);
	return prefix ? prefix->act : 0;
}

static __always_inline __u32 find_plain4(const struct frame *frame, __u32 ip_off)
{
	const struct iphdr *ip;
	struct iphdr copy;
	__u32 act = 0;

	if (!config.lists[WEIR_IPV4][WEIR_SRC] && !config.lists[WEIR_IPV4][WEIR_DST])
		return 0;
	ip = frame_at(frame, ip_off, sizeof(*ip), &copy);
	if (!ip)
		return 0;
	if (config.lists[WEIR_IPV4][WEIR_SRC])
		act = act_of(tree_find4(&config.tree[WEIR_IPV4][WEIR_SRC],
					(__u64)bpf_ntohl(ip->saddr) << 32));
	if (!act && config.lists[WEIR_IPV4][WEIR_DST])
		act = act_of(tree_find4(&config.tree[WEIR_IPV4][WEIR_DST],
					(__u64)bpf_ntohl(ip->daddr) << 32));
	return act;
}

static __always_inline __u32 find_side6(const struct in6_addr *addr, enum weir_side side)
{
	const struct address address = {half_of(addr, 0), half_of(addr, 1)};

	return act_of(tree_find6(&config.tree[WEIR_IPV6][side], &address));
}

static __always_inline __u32 find_plain6(const struct frame *frame, __u32 ip_off)
{
	const struct ipv6hdr *ip;
	struct ipv6hdr copy;
	__u32 act = 0;

	if (!config.lists[WEIR_IPV6][WEIR_SRC] && !config.lists[WEIR_IPV6][WEIR_DST])
		return 0;
	ip = frame_at(frame, ip_off, sizeof(*ip), &copy);
	if (!ip)
		return 0;
	if (config.lists[WEIR_IPV6][WEIR_SRC])
		act = find_side6(&ip->saddr, WEIR_SRC);
	if (!act && config.lists[WEIR_IPV6][WEIR_DST])
		act = find_side6(&ip->daddr, WEIR_DST);
	return act;
}

/* What find_rule() says of a packet that is_plain(), where this is all that matches say. */
static __always_inline __u32 find_plain(const struct frame *frame, const struct parsed *parsed,
					__u32 match)
{
	__u32 list = parsed->class <= WEIR_CLASS_IPV4_SCTP ? find_plain4(frame, parsed->ip_off)
							   : find_plain6(frame, parsed->ip_off);

	/* as find_rule() has it where no match names an address */
	return list ? list : match;
}

#endif
