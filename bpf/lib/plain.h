/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way of whole TCP, UDP and SCTP packets and of ICMP, where all rules are lists: their
 * addresses tell everything, so that no struct facts need be filled. What is found is what
 * lib/facts.h and lib/match.h would find.
 */
#ifndef WEIR_BPF_PLAIN_H
#define WEIR_BPF_PLAIN_H

#include "lib/facts.h"
#include "lib/match.h"
#include "lib/tree.h"

/* ICMPv6 is not: it may be neighbour discovery. */
static __always_inline bool is_plain(const struct parsed *parsed)
{
	if (config.words)
		return false;
	return (parsed->class >= WEIR_CLASS_IPV4_TCP && parsed->class <= WEIR_CLASS_IPV4_SCTP) ||
	       parsed->class == WEIR_CLASS_IPV6_TCP || parsed->class == WEIR_CLASS_IPV6_UDP ||
	       parsed->class == WEIR_CLASS_IPV6_SCTP;
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
		act = tree_find4(&config.tree[WEIR_IPV4][WEIR_SRC], (__u64)bpf_ntohl(ip->saddr)
									    << 32);
	if (!act && config.lists[WEIR_IPV4][WEIR_DST])
		act = tree_find4(&config.tree[WEIR_IPV4][WEIR_DST], (__u64)bpf_ntohl(ip->daddr)
									    << 32);
	return act;
}

static __always_inline __u32 find_side6(const struct in6_addr *addr, enum weir_side side)
{
	const struct address address = {half_of(addr, 0), half_of(addr, 1)};

	return tree_find6(&config.tree[WEIR_IPV6][side], &address);
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

/* What find_rule() says of a packet that is_plain(). */
static __always_inline __u32 find_plain(const struct frame *frame, const struct parsed *parsed)
{
	return parsed->class <= WEIR_CLASS_IPV4_SCTP ? find_plain4(frame, parsed->ip_off)
						     : find_plain6(frame, parsed->ip_off);
}

#endif
