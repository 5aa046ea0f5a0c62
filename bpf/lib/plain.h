/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way of whole TCP, UDP and SCTP packets and of ICMP, where no match asks for what they
 * have: their addresses tell everything, so that no struct facts need be filled. What is found is
 * what lib/facts.h and lib/match.h would find.
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
	__u32 value = bounded_by(bpf_ntohs(value_be), 65536);

	return config.by_value16[which] && config.values_named[which][value / 8] >> value % 8 & 1;
}

/* May a match have what a packet that is_plain() has? */
static __always_inline bool may_match(const struct frame *frame, const struct parsed *parsed)
{
	bool is_icmp = parsed->class == WEIR_CLASS_IPV4_ICMP;
	enum weir_family family = parsed->class <= WEIR_CLASS_IPV4_SCTP ? WEIR_IPV4 : WEIR_IPV6;
	__u32 kind = weir_ip_kind(family, is_icmp ? WEIR_L4_ICMP : WEIR_L4_PORTS, parsed->l4.proto);
	const __be16 *values;
	__be16 copy[2];
	__u8 asked;

	if (!config.words)
		return false;
	asked = config.asked[bounded_by(kind, WEIR_IP_KINDS)];
	if (asked & WEIR_ASKED_MORE || asks_for_macs(frame))
		return true;
	if (!asked)
		return false;
	values = frame_at(frame, parsed->l4.off, sizeof(copy), copy);
	if (!values)
		return true;
	if (is_icmp)
		return asks_for(WEIR_ICMP, values[0]);
	return asks_for(WEIR_SPORT, values[0]) || asks_for(WEIR_DPORT, values[1]);
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

/* What find_rule() says of a packet that is_plain() and that no match may have. */
static __always_inline __u32 find_plain(const struct frame *frame, const struct parsed *parsed)
{
	return parsed->class <= WEIR_CLASS_IPV4_SCTP ? find_plain4(frame, parsed->ip_off)
						     : find_plain6(frame, parsed->ip_off);
}

#endif
