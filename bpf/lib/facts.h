/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a filter asks of a packet. In: a frame that lib/parse.h has read. Out: struct facts,
 * or why there are none. What no rule of the set names is not read.
 */
#ifndef WEIR_BPF_FACTS_H
#define WEIR_BPF_FACTS_H

#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "lib/match.h"
#include "lib/parse.h"

#define IPV4_OFFSET   0x1fff /* RFC 791, in units of 8 bytes */
#define IPV6_OFFSET   0xfff8 /* RFC 8200 4.5, in bytes */
#define ND_HOP_LIMIT  255    /* RFC 4861 */
#define ND_FIRST_TYPE 133    /* router solicitation */
#define ND_LAST_TYPE  136    /* neighbour advertisement */
#define TCP_FLAGS_AT  13

enum reading {
	READ_RULES,	/* the facts are for the rules */
	READ_NEIGHBOUR, /* ARP, neighbour discovery */
	READ_ETHERTYPE, /* neither ARP nor IP */
	READ_MALFORMED,
	READ_EXTENSIONS,
};

/* RFC 8200 4.5 */
struct ipv6_fragment {
	__u8 next, reserved;
	__be16 offset_be;
	__be32 id_be;
};

static __always_inline bool has_ports(__u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

static __always_inline enum reading read_ports(const struct frame *frame,
					       const struct transport *l4, struct facts *facts)
{
	const __be16 *ports;
	const __u8 *flags;
	__be16 copy[2];
	__u8 flags_copy;

	facts->l4 = WEIR_L4_PORTS;
	if (l4->off + sizeof(copy) > l4->end)
		return READ_MALFORMED;
	if (config.by_value16[WEIR_SPORT] || config.by_value16[WEIR_DPORT]) {
		ports = frame_at(frame, l4->off, sizeof(copy), copy);
		if (!ports)
			return READ_MALFORMED;
		facts->value16[WEIR_SPORT] = bpf_ntohs(ports[0]);
		facts->value16[WEIR_DPORT] = bpf_ntohs(ports[1]);
	}
	if (config.by_flags && l4->proto == IPPROTO_TCP) {
		flags = frame_at(frame, l4->off + TCP_FLAGS_AT, 1, &flags_copy);
		if (!flags)
			return READ_MALFORMED;
		facts->flags = *flags;
	}
	return READ_RULES;
}

static __always_inline enum reading read_icmp(const struct frame *frame, const struct transport *l4,
					      struct facts *facts)
{
	const __be16 *type_code;
	__be16 copy;

	facts->l4 = WEIR_L4_ICMP;
	if (facts->family == WEIR_IPV4 && !config.by_value16[WEIR_ICMP])
		return READ_RULES;
	type_code = frame_at(frame, l4->off, sizeof(copy), &copy);
	if (!type_code)
		return READ_MALFORMED;
	facts->value16[WEIR_ICMP] = bpf_ntohs(*type_code);
	return READ_RULES;
}

static __always_inline enum reading read_l4(const struct frame *frame, const struct transport *l4,
					    struct facts *facts)
{
	facts->proto = l4->proto;
	facts->l4 = WEIR_L4_NONE;
	if (has_ports(l4->proto))
		return read_ports(frame, l4, facts);
	if (l4->proto == (facts->family == WEIR_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return read_icmp(frame, l4, facts);
	return READ_RULES;
}

/* RFC 3128: a second fragment of 8 bytes rewrites the flags of the first. */
static __always_inline enum reading read_later(__u8 proto, __u32 offset_bytes, struct facts *facts)
{
	facts->proto = proto;
	facts->l4 = WEIR_L4_FRAGMENT;
	return proto == IPPROTO_TCP && offset_bytes == 8 ? READ_MALFORMED : READ_RULES;
}

static __always_inline enum reading read_ipv4(const struct frame *frame,
					      const struct parsed *parsed, struct facts *facts)
{
	const struct iphdr *ip;
	struct iphdr copy;
	__u32 offset;

	ip = frame_at(frame, parsed->ip_off, sizeof(*ip), &copy);
	if (!ip)
		return READ_MALFORMED;
	facts->addr[WEIR_SRC].hi = (__u64)bpf_ntohl(ip->saddr) << 32;
	facts->addr[WEIR_DST].hi = (__u64)bpf_ntohl(ip->daddr) << 32;
	if (parsed->class != WEIR_CLASS_IPV4_FRAGMENT)
		return read_l4(frame, &parsed->l4, facts);
	offset = (bpf_ntohs(ip->frag_off) & IPV4_OFFSET) * 8;
	if (offset)
		return read_later(parsed->l4.proto, offset, facts);
	if (parse_transport4(frame, &parsed->l4).class == WEIR_CLASS_MALFORMED)
		return READ_MALFORMED;
	return read_l4(frame, &parsed->l4, facts);
}

static __always_inline enum reading
read_fragment6(const struct frame *frame, const struct transport *fragment, struct facts *facts)
{
	const struct ipv6_fragment *head;
	struct transport l4 = *fragment;
	struct ipv6_fragment copy;
	enum weir_class class;
	__u32 offset;

	head = frame_at(frame, l4.off, sizeof(*head), &copy);
	if (!head)
		return READ_MALFORMED;
	offset = bpf_ntohs(head->offset_be) & IPV6_OFFSET;
	l4.proto = head->next;
	l4.off += sizeof(*head);
	if (offset)
		return read_later(l4.proto, offset, facts);
	if (!frame_forget(frame, &l4.off) || !skip_extensions(frame, &l4))
		return READ_MALFORMED;
	class = parse_transport6(frame, &l4).class;
	if (class == WEIR_CLASS_MALFORMED || class == WEIR_CLASS_IPV6_FRAGMENT)
		return READ_MALFORMED;
	if (is_extension(l4.proto))
		return READ_EXTENSIONS;
	return read_l4(frame, &l4, facts);
}

static __always_inline __u64 half_of(const struct in6_addr *addr, int half)
{
	return (__u64)bpf_ntohl(addr->s6_addr32[2 * half]) << 32 |
	       bpf_ntohl(addr->s6_addr32[2 * half + 1]);
}

static __always_inline enum reading read_ipv6(const struct frame *frame,
					      const struct parsed *parsed, struct facts *facts)
{
	enum reading reading;
	const struct ipv6hdr *ip;
	struct ipv6hdr copy;
	__u32 type;
	bool whole;

	ip = frame_at(frame, parsed->ip_off, sizeof(*ip), &copy);
	if (!ip)
		return READ_MALFORMED;
	facts->family = WEIR_IPV6;
	facts->addr[WEIR_SRC] = (struct address){half_of(&ip->saddr, 0), half_of(&ip->saddr, 1)};
	facts->addr[WEIR_DST] = (struct address){half_of(&ip->daddr, 0), half_of(&ip->daddr, 1)};
	whole = ip->hop_limit == ND_HOP_LIMIT;
	if (parsed->class == WEIR_CLASS_IPV6_FRAGMENT)
		return read_fragment6(frame, &parsed->l4, facts);
	if (is_extension(parsed->l4.proto))
		return READ_EXTENSIONS;
	reading = read_l4(frame, &parsed->l4, facts);
	type = facts->value16[WEIR_ICMP] >> 8;
	if (reading == READ_RULES && whole && facts->l4 == WEIR_L4_ICMP && type >= ND_FIRST_TYPE &&
	    type <= ND_LAST_TYPE)
		return READ_NEIGHBOUR;
	return reading;
}

/* As one word, since it is read as words: what was written in smaller parts waits for the store.
 * @addr is aligned to 2 bytes. */
static __always_inline __u64 mac_of(const void *addr, enum weir_side side)
{
	const __u16 *part = addr;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return part[0] | (__u64)part[1] << 16 | (__u64)part[2] << 32 | (__u64)side << 48;
#else
	return (__u64)part[0] << 48 | (__u64)part[1] << 32 | (__u64)part[2] << 16 |
	       (__u64)side << 8;
#endif
}

static __always_inline void read_macs(const struct frame *frame, struct facts *facts)
{
	const struct ethhdr *eth;
	struct ethhdr copy;

	eth = frame_at(frame, 0, sizeof(*eth), &copy);
	if (!eth)
		return;
	facts->mac[WEIR_SRC] = mac_of(eth->h_source, WEIR_SRC);
	facts->mac[WEIR_DST] = mac_of(eth->h_dest, WEIR_DST);
}

static __always_inline enum reading read_facts(const struct frame *frame,
					       const struct parsed *parsed, struct facts *facts)
{
	if (parsed->class == WEIR_CLASS_MALFORMED)
		return READ_MALFORMED;
	if (config.by_mac[WEIR_SRC] || config.by_mac[WEIR_DST])
		read_macs(frame, facts);
	if (parsed->class == WEIR_CLASS_ARP)
		return READ_NEIGHBOUR;
	if (parsed->class == WEIR_CLASS_OTHER_ETHERTYPE)
		return READ_ETHERTYPE;
	if (parsed->class >= WEIR_CLASS_IPV6_TCP)
		return read_ipv6(frame, parsed, facts);
	return read_ipv4(frame, parsed, facts);
}

#endif
