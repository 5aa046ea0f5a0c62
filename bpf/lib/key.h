/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a packet's bucket is known by. In: a frame that lib/parse.h has read, and a policy that has
 * a bucket for each address, prefix, flow or interface. Out: the tag of lib/ways.h.
 */
#ifndef WEIR_BPF_KEY_H
#define WEIR_BPF_KEY_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "lib/bucket.h"
#include "lib/facts.h"
#include "lib/ways.h"
#include "maps/police.h"

/* What the buckets need to know of a packet once its rule is found. */
enum about {
	ABOUT_KEY = 1, /* it has addresses */
	ABOUT_V6 = 2,
	ABOUT_MALFORMED = 4,
	ABOUT_EXTENSIONS = 8,
	ABOUT_DS4 = 16, /* it has a DS field */
	ABOUT_DS6 = 32,
};

#define ABOUT_PROTO_SHIFT 8

struct known {
	__u32 about;
	__u32 ports; /* source in the upper half */
	__u32 ip_off;
	__u32 ifindex;
	struct address src, dst;
};

static __always_inline bool is_fragment(const struct parsed *parsed)
{
	return parsed->class == WEIR_CLASS_IPV4_FRAGMENT ||
	       parsed->class == WEIR_CLASS_IPV6_FRAGMENT;
}

/* No fragment has ports, so that all of a packet are of one flow. */
static __always_inline __u32 ports_of(const struct frame *frame, const struct parsed *parsed)
{
	const __be16 *ports;
	__be16 copy[2];

	if (!has_ports(parsed->l4.proto) || is_fragment(parsed) ||
	    parsed->l4.off + sizeof(copy) > parsed->l4.end)
		return 0;
	ports = frame_at(frame, parsed->l4.off, sizeof(copy), copy);
	return ports ? (__u32)bpf_ntohs(ports[0]) << 16 | bpf_ntohs(ports[1]) : 0;
}

static __always_inline __u32 ds_of(const struct parsed *parsed)
{
	if (!parsed->ip_off)
		return 0;
	return parsed->version == 6 ? ABOUT_DS6 : ABOUT_DS4;
}

static __always_inline bool read_addresses4(const struct frame *frame, __u32 ip_off,
					    struct known *known)
{
	const __u32 at = 12; /* RFC 791: source, then destination */
	const __be32 *both;
	__be32 copy[2];

	both = frame_at(frame, ip_off + at, sizeof(copy), copy);
	if (!both)
		return false;
	known->src.hi = (__u64)bpf_ntohl(both[0]) << 32;
	known->dst.hi = (__u64)bpf_ntohl(both[1]) << 32;
	return true;
}

static __always_inline bool read_addresses6(const struct frame *frame, __u32 ip_off,
					    struct known *known)
{
	const struct ipv6hdr *ip;
	struct ipv6hdr copy;

	ip = frame_at(frame, ip_off, sizeof(*ip), &copy);
	if (!ip)
		return false;
	known->src = (struct address){half_of(&ip->saddr, 0), half_of(&ip->saddr, 1)};
	known->dst = (struct address){half_of(&ip->daddr, 0), half_of(&ip->daddr, 1)};
	return true;
}

/* What the packet's buckets are known by: whatever has an IP header has addresses. */
static __always_inline __u32 read_key(const struct frame *frame, const struct parsed *parsed,
				      __u32 ds, struct known *known)
{
	bool whole;

	if (!ds || (!police.by_addr && !police.by_flow))
		return 0;
	whole = ds == ABOUT_DS4 ? read_addresses4(frame, parsed->ip_off, known)
				: read_addresses6(frame, parsed->ip_off, known);
	if (!whole)
		return 0;
	if (police.by_flow)
		known->ports = ports_of(frame, parsed);
	return ABOUT_KEY | (ds == ABOUT_DS6 ? ABOUT_V6 : 0) |
	       (__u32)parsed->l4.proto << ABOUT_PROTO_SHIFT;
}

/* @len: of the frame, for forget(). */
static __always_inline void keep(const struct frame *frame, const struct parsed *parsed,
				 enum reading reading, const __u32 *len, struct known *known)
{
	__u32 about = ds_of(parsed);

	about |= read_key(frame, parsed, about, known);
	if (reading == READ_MALFORMED)
		about |= ABOUT_MALFORMED;
	else if (reading == READ_EXTENSIONS)
		about |= ABOUT_EXTENSIONS;
	known->about = (__u32)forget(about, len);
	known->ports = (__u32)forget(known->ports, len);
	known->ip_off = (__u32)forget(parsed->ip_off, len);
	known->src = (struct address){forget(known->src.hi, len), forget(known->src.lo, len)};
	known->dst = (struct address){forget(known->dst.hi, len), forget(known->dst.lo, len)};
}

/* @low: all of the key, or what kind of words follow. */
static __always_inline __u64 tag_of(const struct weir_policy *policy, __u32 low)
{
	return mix(police.seed, (__u64)policy->owner << 32 | low);
}

static __always_inline __u64 tag_of_addr(const struct known *known,
					 const struct weir_policy *policy)
{
	const struct address *addr = policy->per == WEIR_PER_DST ? &known->dst : &known->src;

	if (known->about & ABOUT_V6)
		return mix(mix(tag_of(policy, ABOUT_V6), addr->hi & policy->mask6_hi),
			   addr->lo & policy->mask6_lo);
	return tag_of(policy, (__u32)(addr->hi >> 32) & policy->mask4);
}

static __always_inline __u64 tag_of_flow(const struct known *known,
					 const struct weir_policy *policy)
{
	__u32 proto = known->about & (0xff << ABOUT_PROTO_SHIFT | ABOUT_V6);
	__u64 tag = mix(tag_of(policy, proto), known->ports);

	if (!(known->about & ABOUT_V6))
		return mix(tag, known->src.hi | known->dst.hi >> 32);
	tag = mix(mix(tag, known->src.hi), known->src.lo);
	return mix(mix(tag, known->dst.hi), known->dst.lo);
}

#endif
