/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Buckets by what a packet is. In: struct facts, and a policy that has a bucket for each
 * address, prefix, flow or interface. Out: the bucket; or that there was none and one was made.
 */
#ifndef WEIR_BPF_KEY_H
#define WEIR_BPF_KEY_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

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

static __always_inline enum found find_addr(const struct facts *facts,
					    const struct weir_policy *policy, __u64 fresh,
					    struct weir_bucket **out)
{
	const struct address *addr =
		policy->per == WEIR_PER_SRC ? &facts->addr[WEIR_SRC] : &facts->addr[WEIR_DST];

	if (facts->family == WEIR_IPV4) {
		struct weir_key4 key = {policy->owner, (__u32)(addr->hi >> 32) & policy->mask4};

		return find_or_make(&weir_addr4, &key, fresh, out);
	} else {
		__u64 hi = addr->hi & policy->mask6_hi, lo = addr->lo & policy->mask6_lo;
		struct weir_key6 key = {
			policy->owner,
			{(__u32)(hi >> 32), (__u32)hi, (__u32)(lo >> 32), (__u32)lo}};

		return find_or_make(&weir_addr6, &key, fresh, out);
	}
}

static __always_inline void put_words(__u32 out[4], const struct address *addr)
{
	out[0] = (__u32)(addr->hi >> 32);
	out[1] = (__u32)addr->hi;
	out[2] = (__u32)(addr->lo >> 32);
	out[3] = (__u32)addr->lo;
}

/* No fragment has ports, so that all of a packet are of one flow. */
static __always_inline enum found find_flow(const struct frame *frame, const struct parsed *parsed,
					    const struct facts *facts,
					    const struct weir_policy *policy, __u64 fresh,
					    struct weir_bucket **out)
{
	struct weir_key_flow key = {
		.owner = policy->owner, .proto = facts->proto, .family = (__u8)facts->family};
	const __be16 *ports;
	__be16 copy[2];

	put_words(key.src, &facts->addr[WEIR_SRC]);
	put_words(key.dst, &facts->addr[WEIR_DST]);
	if (facts->l4 == WEIR_L4_PORTS && parsed->class != WEIR_CLASS_IPV4_FRAGMENT &&
	    parsed->class != WEIR_CLASS_IPV6_FRAGMENT) {
		ports = frame_at(frame, parsed->l4.off, sizeof(copy), copy);
		if (!ports)
			return FOUND_NO_KEY;
		key.sport = bpf_ntohs(ports[0]);
		key.dport = bpf_ntohs(ports[1]);
	}
	return find_or_make(&weir_flows, &key, fresh, out);
}

#endif
