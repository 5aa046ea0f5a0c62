/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Buckets by what a packet is. In: a frame that lib/parse.h has read, and a policy that has a
 * bucket for each address, prefix, flow or interface. Out: the bucket; or that there was none
 * and one was made.
 */
#ifndef WEIR_BPF_KEY_H
#define WEIR_BPF_KEY_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "lib/bucket.h"
#include "lib/facts.h"
#include "lib/map.h"
#include "maps/police.h"

/* As large as the set says; those that it does not use have one entry. */
WEIR_MAP(weir_addr4, LRU_HASH, struct weir_key4, struct weir_bucket, 1, 0, NONE);
WEIR_MAP(weir_addr6, LRU_HASH, struct weir_key6, struct weir_bucket, 1, 0, NONE);
WEIR_MAP(weir_flows, LRU_HASH, struct weir_key_flow, struct weir_bucket, 1, 0, NONE);

enum found {
	FOUND,
	FOUND_NEW,     /* made, and its first packet paid for */
	FOUND_NO_KEY,  /* the packet has no address, or the policy asks for none */
	FOUND_NO_ROOM, /* Linux found no entry to reuse */
};

#define KEY_EXISTS 17 /* EEXIST: another CPU was faster */

static __always_inline enum found find_or_make(void *map, const void *key, __u64 fresh,
					       struct weir_bucket **out)
{
	struct weir_bucket *bucket = bpf_map_lookup_elem(map, key);
	long err;

	if (bucket) {
		*out = bucket;
		return FOUND;
	}
	err = bpf_map_update_elem(map, key, &fresh, BPF_NOEXIST);
	return !err || err == -KEY_EXISTS ? FOUND_NEW : FOUND_NO_ROOM;
}

static __always_inline enum found find_dev(const struct weir_policy *policy, __u32 ifindex,
					   __u64 fresh, struct weir_bucket **out)
{
	struct weir_key4 key = {policy->owner, ifindex};

	return find_or_make(&weir_addr4, &key, fresh, out);
}

static __always_inline enum found find_addr4(const struct weir_policy *policy, __u32 addr,
					     __u64 fresh, struct weir_bucket **out)
{
	struct weir_key4 key = {policy->owner, addr & policy->mask4};

	return find_or_make(&weir_addr4, &key, fresh, out);
}

static __always_inline enum found find_addr6(const struct weir_policy *policy, __u64 hi, __u64 lo,
					     __u64 fresh, struct weir_bucket **out)
{
	struct weir_key6 key = {.owner = policy->owner};

	hi &= policy->mask6_hi;
	lo &= policy->mask6_lo;
	key.addr[0] = (__u32)(hi >> 32);
	key.addr[1] = (__u32)hi;
	key.addr[2] = (__u32)(lo >> 32);
	key.addr[3] = (__u32)lo;
	return find_or_make(&weir_addr6, &key, fresh, out);
}

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

/* @value again, of which the verifier then knows nothing: else it would walk the rest of the
 * program for each packet that can be. What it knows of an XOR with a length is nothing. */
static __always_inline __u64 forget(__u64 value, __u32 len_bytes)
{
	__u64 mixed = value ^ len_bytes;

	if (!police.has_rules)
		return value; /* nothing was walked that differs */
	asm volatile("" : "+r"(mixed));
	return mixed ^ len_bytes;
}

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

static __always_inline void keep(const struct frame *frame, const struct parsed *parsed,
				 enum reading reading, struct known *known)
{
	__u32 about = ds_of(parsed), len = frame->len_bytes;

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

static __always_inline enum found find_addr(const struct known *known,
					    const struct weir_policy *policy, __u64 fresh,
					    struct weir_bucket **out)
{
	__u64 hi = known->src.hi, lo = known->src.lo;

	if (policy->per == WEIR_PER_DST) {
		hi = known->dst.hi;
		lo = known->dst.lo;
	}
	if (known->about & ABOUT_V6)
		return find_addr6(policy, hi, lo, fresh, out);
	return find_addr4(policy, (__u32)(hi >> 32), fresh, out);
}

static __always_inline void put_words(__u32 out[4], const struct address *addr)
{
	out[0] = (__u32)(addr->hi >> 32);
	out[1] = (__u32)addr->hi;
	out[2] = (__u32)(addr->lo >> 32);
	out[3] = (__u32)addr->lo;
}

static __always_inline enum found find_flow(const struct known *known,
					    const struct weir_policy *policy, __u64 fresh,
					    struct weir_bucket **out)
{
	struct weir_key_flow key = {
		.owner = policy->owner,
		.sport = (__u16)(known->ports >> 16),
		.dport = (__u16)known->ports,
		.proto = (__u8)(known->about >> ABOUT_PROTO_SHIFT),
		.family = known->about & ABOUT_V6 ? WEIR_IPV6 : WEIR_IPV4,
	};

	put_words(key.src, &known->src);
	put_words(key.dst, &known->dst);
	return find_or_make(&weir_flows, &key, fresh, out);
}

#endif
