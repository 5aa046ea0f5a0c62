/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of buckets by key: "weir_keyed" of maps/police.h. In: the words of a key. Out: the
 * way of its bucket, and whether that has a packet's cost; or that there was none and one was made.
 * A key that is in its first set costs one line of memory, of a few that lie together.
 */
#ifndef WEIR_BPF_WAYS_H
#define WEIR_BPF_WAYS_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "lib/bucket.h"
#include "lib/map.h"
#include "maps/police.h"

/* A map that user space may map begins at a page, so that a set is one cache line. */
WEIR_MAP(weir_keyed, ARRAY, __u32, struct weir_way_set, 1, BPF_F_MMAPABLE, NONE);

WEIR_MAP(weir_key_leases, PERCPU_ARRAY, __u32, struct weir_key_lease, WEIR_KEY_LEASES, 0, NONE);

enum found {
	FOUND,
	FOUND_NEW,    /* made, and its first packet paid for */
	FOUND_NO_KEY, /* the packet has no address, or the policy asks for none */
};

/* One to one in each of both, the other one given. */
static __always_inline __u64 mix(__u64 tag, __u64 word)
{
	tag ^= word;
	tag ^= tag >> 33;
	tag *= 0xff51afd7ed558ccdULL; /* MurmurHash3's */
	tag ^= tag >> 33;
	tag *= 0xc4ceb9fe1a85ec53ULL;
	return tag ^ tag >> 33;
}

/* Whoever took from it. */
static __always_inline bool is_of(const struct weir_way *way, __u64 tag)
{
	return (way->tag ^ tag) <= WEIR_TAG_TAKEN;
}

/* WEIR_WAYS: of none. */
static __always_inline __u32 way_of(const struct weir_way_set *set, __u64 tag)
{
	if (is_of(&set->ways[0], tag))
		return 0;
	if (is_of(&set->ways[1], tag))
		return 1;
	if (is_of(&set->ways[2], tag))
		return 2;
	return is_of(&set->ways[3], tag) ? 3 : WEIR_WAYS;
}

/* The verifier walks what follows once, not for each of them. */
static __always_inline struct weir_way *way_at(struct weir_way_set *set, __u32 nth,
					       const __u32 *len_bytes)
{
	return &set->ways[forget(nth, len_bytes) & (WEIR_WAYS - 1)];
}

/* Since when a bucket that is full counts as full, by each of the clocks that fill them. */
struct since {
	__u64 by_clock[2]; /* of WEIR_TAG_PACED */
};

/* For how long the way's bucket has been full, in times; negative: it is not. */
static __always_inline __s64 full_for(const struct weir_way *way, const struct since *since)
{
	__u64 full_at = now_in(&way->bucket), full_since = since->by_clock[0];

	if (police.paces && way->tag & WEIR_TAG_PACED)
		full_since = since->by_clock[1];
	return full_at ? (__s64)(full_since - full_at) : (__s64)(~0ULL >> 1);
}

static __always_inline struct weir_way *fullest(struct weir_way_set *set, const struct since *since,
						const __u32 *len_bytes)
{
	__u32 nth = 0;
	__s64 most = full_for(&set->ways[0], since);

	for (__u32 i = 1; i < WEIR_WAYS; i++) {
		__s64 full = full_for(&set->ways[i], since);

		if (full > most) {
			most = full;
			nth = i;
		}
	}
	return way_at(set, nth, len_bytes);
}

/* The other clock is asked only where both fill buckets. */
static __always_inline struct since since_of(bool paced, __u64 since)
{
	if (!police.paces)
		return (struct since){{since, since}};
	if (paced)
		return (struct since){{time_of_tick() - police.tick, since}};
	return (struct since){{since, clock_ns() << WEIR_TIME_BITS}};
}

/* Gives @way to @tag. The time first: who finds the tag finds its time. */
static __always_inline void take_over(struct weir_way *way, __u64 tag, __u64 full_at)
{
	*(volatile __u64 *)&way->bucket.full_at = full_at;
	*(volatile __u64 *)&way->tag = tag;
}

static __always_inline __u32 this_cpu(void)
{
	return bpf_get_smp_processor_id() & WEIR_TAG_CPU;
}

/* Where a key may be, in this order. */
#define KEY_SETS 3

struct key_sets {
	struct weir_way_set *nth[KEY_SETS];
};

static __always_inline struct weir_way_set *set_of(__u64 tag, __u32 nth)
{
	__u32 index = nth == 0	 ? (__u32)(tag >> WEIR_FRONT_SHIFT) & (WEIR_FRONT_SETS - 1)
		      : nth == 1 ? (__u32)tag
				 : (__u32)(tag >> 32);

	index &= police.sets_mask;
	return bpf_map_lookup_elem(&weir_keyed, &index);
}

/* In the place of one that is full, of which nothing is lost, or else of the fullest. */
static __always_inline struct weir_way *
way_to_make(const struct key_sets *sets, const struct since *since, const __u32 *len_bytes)
{
	struct weir_way *best = fullest(sets->nth[0], since, len_bytes);

#pragma clang loop unroll(full)
	for (__u32 i = 1; i < KEY_SETS; i++) {
		struct weir_way *other;

		if (full_for(best, since) >= 0)
			return best;
		other = fullest(sets->nth[i], since, len_bytes);
		if (full_for(other, since) > full_for(best, since))
			best = other;
	}
	return best;
}

/* A bucket that is made is one that was full at @full_since, without @cost. @len_bytes: for
 * forget(). */
static __always_inline enum found find_or_make(__u64 tag, bool paced, __u64 full_since, __u64 cost,
					       const __u32 *len_bytes, struct weir_way **out)
{
	const __u64 place = tag;
	struct key_sets sets;
	struct since since;

	tag &= ~0ULL << WEIR_TAG_BITS;
	tag |= paced ? WEIR_TAG_USED | WEIR_TAG_PACED : WEIR_TAG_USED;
#pragma clang loop unroll(full)
	for (__u32 i = 0; i < KEY_SETS; i++) {
		__u32 nth;

		sets.nth[i] = set_of(place, i);
		if (!sets.nth[i])
			return FOUND_NO_KEY;
		nth = way_of(sets.nth[i], tag);
		if (nth < WEIR_WAYS) {
			*out = way_at(sets.nth[i], nth, len_bytes);
			return FOUND;
		}
	}
	since = since_of(paced, full_since);
	take_over(way_to_make(&sets, &since, len_bytes), tag | this_cpu(), full_since + cost);
	return FOUND_NEW;
}

/* The place of @tag's lease, if it has one or may have. */
static __always_inline struct weir_key_lease *lease_of(__u64 tag, __u64 now)
{
	__u32 place = (__u32)(tag >> WEIR_TAG_BITS) & (WEIR_KEY_LEASES - 1);
	struct weir_key_lease *lease = bpf_map_lookup_elem(&weir_key_leases, &place);

	if (!lease || lease->tag == tag)
		return lease;
	if (now - lease->taken_at <= WEIR_KEY_LEASE_NS << WEIR_TIME_BITS)
		return NULL;
	lease->tag = tag;
	lease->left = 0;
	return lease;
}

/* This CPU has taken from a shared bucket. */
static __always_inline void note_taken(struct weir_way *way, __u64 tag, __u32 cpu)
{
	if ((tag & WEIR_TAG_CPU) == cpu && tag & (WEIR_TAG_ROW_MAX * WEIR_TAG_ROW))
		tag -= WEIR_TAG_ROW;
	else
		tag = (tag & ~(__u64)WEIR_TAG_TAKEN) | WEIR_TAG_ROW_MAX * WEIR_TAG_ROW | cpu;
	*(volatile __u64 *)&way->tag = tag;
}

/* Of a bucket from which several CPUs take. */
static __always_inline bool take_of_shared(struct weir_way *way, __u64 tag, __u32 cpu,
					   const struct weir_policy *policy, __u64 now, __u64 cost)
{
	struct weir_key_lease *lease = lease_of(tag & ~(__u64)WEIR_TAG_TAKEN, now);
	__u64 taken;

	if (lease && lease->left >= cost) {
		lease->left -= cost;
		return true;
	}
	taken = take(&way->bucket, policy, now, cost, lease ? policy->quantum : 0);
	if (!taken)
		return false;
	note_taken(way, tag, cpu);
	if (lease) {
		lease->left += taken - 1;
		lease->taken_at = now;
	}
	return true;
}

static __always_inline bool take_of_key(struct weir_way *way, const struct weir_policy *policy,
					__u64 now, __u64 cost)
{
	__u64 tag = *(volatile __u64 *)&way->tag;
	__u32 cpu = this_cpu();

	if (!policy->quantum || (tag & WEIR_TAG_TAKEN) == cpu)
		return take(&way->bucket, policy, now, cost, 0);
	return take_of_shared(way, tag, cpu, policy, now, cost);
}

#endif
