/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of buckets by key: "weir_keyed" of maps/police.h. In: the words of a key. Out: its
 * bucket; or that there was none and one was made. A key that is in its first set costs one
 * line of memory, one that is new two.
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

static __always_inline struct weir_bucket *bucket_of(struct weir_way_set *set, __u64 tag)
{
	if (set->ways[0].tag == tag)
		return &set->ways[0].bucket;
	if (set->ways[1].tag == tag)
		return &set->ways[1].bucket;
	if (set->ways[2].tag == tag)
		return &set->ways[2].bucket;
	return set->ways[3].tag == tag ? &set->ways[3].bucket : NULL;
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

static __always_inline struct weir_way *fuller(struct weir_way *one, struct weir_way *other,
					       const struct since *since)
{
	return full_for(other, since) > full_for(one, since) ? other : one;
}

static __always_inline struct weir_way *fullest(struct weir_way_set *set, const struct since *since)
{
	return fuller(fuller(&set->ways[0], &set->ways[1], since),
		      fuller(&set->ways[2], &set->ways[3], since), since);
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

/* A bucket that is made is one that was full at @full_since, without @cost. It takes the place of
 * one that is full, of which nothing is lost, or else of the fullest. */
static __always_inline enum found find_or_make(__u64 tag, bool paced, __u64 full_since, __u64 cost,
					       struct weir_bucket **out)
{
	struct since since;
	__u32 one = (__u32)tag & police.sets_mask, two = (__u32)(tag >> 32) & police.sets_mask;
	struct weir_way_set *first, *second;
	struct weir_way *way;

	tag &= ~(__u64)(WEIR_TAG_USED | WEIR_TAG_PACED);
	tag |= paced ? WEIR_TAG_USED | WEIR_TAG_PACED : WEIR_TAG_USED;
	first = bpf_map_lookup_elem(&weir_keyed, &one);
	if (!first)
		return FOUND_NO_KEY;
	*out = bucket_of(first, tag);
	if (*out)
		return FOUND;
	second = bpf_map_lookup_elem(&weir_keyed, &two);
	if (!second)
		return FOUND_NO_KEY;
	*out = bucket_of(second, tag);
	if (*out)
		return FOUND;
	since = since_of(paced, full_since);
	way = fullest(first, &since);
	if (full_for(way, &since) < 0)
		way = fuller(way, fullest(second, &since), &since);
	take_over(way, tag, full_since + cost);
	return FOUND_NEW;
}

#endif
