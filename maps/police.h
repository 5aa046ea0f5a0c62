/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Rate limits: what bpf/police.bpf.c reads and `weir police` writes. Compiles for both.
 *
 * A rule says which packets (the words, the tables and the order of maps/filter.h: one rule,
 * or none, is about a packet) and a policy: at what rate they pass, and what is done with
 * those beyond. What no rule matches passes untouched, unless a rule without a match is
 * there, which is about all of that, malformed frames included.
 *
 * Buckets. A bucket is one word: the time at which it will be full, on a scale of 1/64 ns
 * that wraps. A packet costs time: its bytes or packets at the policy's rate. It conforms
 * when the bucket holds its cost, and the cost is then added to the word:
 *
 *	full_at + min(cost, burst) <= now + burst
 *
 * So a packet larger than the burst passes when the bucket is full, and what it took too
 * much is paid back before the next. A bucket that was full earlier than a tick ago counts
 * as full since then: the clock is the kernel's tick (jiffies), a bucket gets what flows in
 * during a tick at once, and with this allowance nothing of it is lost, however small the burst
 * is. What may pass at one moment is the burst and what flows in during one tick.
 *
 * Adding needs no lock and no answer from the atomic instruction: two CPUs that look at the
 * same moment may both find room for the last packet, but both costs are in the word, and
 * are paid back. A full bucket is restarted by a plain store; a cost that another CPU adds at
 * this very moment is forgotten. Neither changes the rate, only the burst, by a packet a CPU.
 *
 * Rules have one bucket for all CPUs, from which each CPU takes a quantum at a time, so that
 * they rarely write to the same line. Quanta not used are kept: together at most an eighth of
 * the burst. What has no key (what is no IP where keys are addresses) shares the rule's bucket.
 * Fragments are of the flow of their addresses and protocol.
 *
 * Buckets by address, flow or interface are in one table: sets of four ways, as in a processor's
 * cache, each way a bucket and a tag. The tag is 64 bits of the key, which has the number of
 * the rule and how often that was given, and of a secret, so that nobody can choose keys that
 * meet; two are as good as never equal. Into the secret are mixed, by MurmurHash3's finalizer of 64
 * bits, words whose upper half is the policy's owner in the first: for an interface its number; for
 * an address 0, and in the lower half IPv4's, masked, or 2 and IPv6's two; for a flow its protocol
 * << 8, with IPv6 and 2, the ports, and IPv4's addresses in one word or IPv6's in four.
 *
 * A key is in one of three sets: by the tag's highest bits among the first of the table, which lie
 * on few pages, so that few keys cost few misses; else among all, by its lower half, or the upper
 * one. A new key takes a bucket that is full, of which nothing is lost; where all three sets have
 * none, the fullest, whose key begins with a full one then. Two CPUs that make the same bucket at
 * once may make two, of which one is never found again.
 *
 * A way names the CPU that took from its bucket last, which takes what each packet costs. When
 * another one comes, the way is shared: each of them has a lease for the key then, if the place for
 * it ("weir_key_leases", by the tag) is free, and takes quanta, as of rules; until one of them has
 * taken several times in a row. A place is free when its key took nothing for a second; what was
 * left of it is lost, at most one part in a hundred of the key's rate.
 *
 * Pacing (tc egress) sets the time at which qdisc fq lets a packet go (skb->tstamp), by the
 * precise clock; packets that would wait longer than the horizon are dropped.
 *
 * Bytes and packets are those of maps/layout.h: aggregates at tc are what they are on the wire.
 */
#ifndef WEIR_MAPS_POLICE_H
#define WEIR_MAPS_POLICE_H

#include <linux/types.h>

#include "maps/filter.h"
#include "maps/layout.h"

#define WEIR_POLICE_NUMBERS WEIR_FILTER_COUNTERS /* of rules; 0 is the set, see below */
#define WEIR_POLICE_REST    1			 /* of the rule without a match */

/* Key of map "weir_police": what became of a frame. */
enum weir_police_reason {
	WEIR_POLICE_PASS_NO_RULE,
	WEIR_POLICE_PASS_CONFORM,
	WEIR_POLICE_PASS_MALFORMED,
	WEIR_POLICE_PASS_EXTENSIONS, /* more IPv6 extension headers than are walked */
	WEIR_POLICE_PASS_UNMARKED,   /* beyond the rate, but has no DS field */
	WEIR_POLICE_PASS_NO_RULES,   /* the set's pin was removed under the gate */
	WEIR_POLICE_MARK_EXCEED,
	WEIR_POLICE_PACED,
	WEIR_POLICE_DROP_EXCEED,
	WEIR_POLICE_DROP_HORIZON,
	WEIR_POLICE_REASONS
};

/* ---- policies ------------------------------------------------------------ */

enum weir_police_unit { WEIR_POLICE_BYTES, WEIR_POLICE_PACKETS };

/* What a bucket is for. */
enum weir_police_per {
	WEIR_PER_RULE,
	WEIR_PER_SRC,
	WEIR_PER_DST,
	WEIR_PER_FLOW,
	WEIR_PER_DEV,
};

enum weir_police_exceed {
	WEIR_EXCEED_DROP,
	WEIR_EXCEED_DSCP,
	WEIR_EXCEED_MARK,
	WEIR_EXCEED_PACE,
};

#define WEIR_TIME_BITS	     6		  /* of a nanosecond, in times */
#define WEIR_TIME_DEBT_MAX   (1ULL << 60) /* a word further ahead than this is one of long ago */
#define WEIR_TIME_BURST_MAX  (1ULL << 58)
#define WEIR_COST_MULT_BITS  40		/* mult is below 2 to this, so that it times a packet's */
#define WEIR_COST_LEN_MAX    (1U << 23) /* bytes fits 64 bits */
#define WEIR_COST_SHIFT_MAX  32
#define WEIR_PACE_HORIZON_NS 2000000000ULL

/* Value of "weir_policies", whose key is the rule's number. Of entry 0: value is the number of
 * keys that there shall be room for, mask6_lo the secret of the tags, owner how often rules
 * were given numbers. */
struct weir_policy {
	__u64 mult;  /* cost of a byte or packet, in times << shift; 0: rate 0, nothing conforms */
	__u64 burst; /* in times */
	__u64 quantum; /* in times, of a CPU's lease; 0: CPUs take what each packet costs */
	__u32 owner;   /* the number, and above WEIR_OWNER_SHIFT a number of this giving */
	__u8 shift;
	__u8 unit, per, exceed; /* of the enums above */
	__u32 value;		/* of dscp and mark */
	__u32 mask4;		/* of the key's address, host byte order */
	__u64 mask6_hi, mask6_lo;
	/* as the rule was given */
	__u64 rate;	   /* bits or packets a second */
	__u64 burst_given; /* bytes or packets */
	__u8 len4, len6;
	__u8 unused[6];
};

#define WEIR_OWNER_SHIFT 14

/* Value of "weir_buckets" by the rule's number; a cache line each. */
struct weir_bucket {
	__u64 full_at;
};

struct weir_rule_bucket {
	struct weir_bucket bucket;
	__u64 unused[7];
};

/* Value of "weir_leases", by CPU and number: time taken from the bucket and not yet used; and what
 * the bucket had no room for (0: nothing yet), and when: at the same tick it has none for that or
 * more. */
struct weir_lease {
	__u64 left;
	__u64 refused, refused_at;
};

/* Value of "weir_keyed", a cache line. Of a tag the lowest bits are not the key's: */
#define WEIR_WAYS	 4
#define WEIR_TAG_CPU	 1023 /* the CPU that took last, by the lowest bits of its number */
#define WEIR_TAG_ROW	 1024 /* times 0 to 7: how often it must take in a row to be the only one */
#define WEIR_TAG_ROW_MAX 7
#define WEIR_TAG_TAKEN	 (WEIR_TAG_ROW_MAX * WEIR_TAG_ROW + WEIR_TAG_CPU) /* both */
#define WEIR_TAG_USED	 (1 << 13)
#define WEIR_TAG_PACED	 (1 << 14) /* its times are of the precise clock */
#define WEIR_TAG_BITS	 15

struct weir_way {
	__u64 tag; /* 0: not used yet; else with the bits above */
	struct weir_bucket bucket;
};

struct weir_way_set {
	struct weir_way ways[WEIR_WAYS];
};

/* The first sets, or all where there are fewer, one of which a key may be in: by the tag's bits
 * from the second number on. */
#define WEIR_FRONT_SETS	    1024
#define WEIR_FRONT_SHIFT    54

/* Value of "weir_key_leases", by CPU and the lowest bits of the tag behind WEIR_TAG_BITS. */
#define WEIR_KEY_LEASES	    256
#define WEIR_KEY_LEASE_NS   1000000000ULL
#define WEIR_KEY_QUANTUM_NS 10000000ULL /* at most, of the rate */

struct weir_key_lease {
	__u64 tag; /* without WEIR_TAG_TAKEN */
	__u64 left;
	__u64 taken_at;
};

/* Constants of the program. */
struct weir_police_consts {
	__u64 tick;	 /* in times */
	__u64 seed;	 /* of tags */
	__u32 sets_mask; /* sets of "weir_keyed", a power of two, less one */
	__u32 rest;	 /* what is done with what no rule matches: 0, or WEIR_FILTER_ACT and a
			    number */
	__u32 has_rules; /* beside that */
	__u32 by_addr;	 /* some policy has buckets by address, or by interface */
	__u32 by_flow;
	__u32 marks;	 /* some policy is WEIR_EXCEED_DSCP */
	__u32 marks_skb; /* some policy is WEIR_EXCEED_MARK */
	__u32 paces;
	__u32 clock_is_test;	   /* the time in ns is entry 0 of "weir_clock" */
	struct weir_policy policy; /* of the rule without a match, which "weir_policies" has, too */
};

/* Section .rodata, written before it is loaded. */
struct weir_police_rodata {
	struct weir_filter_consts config;
	struct weir_police_consts police;
};

#define WEIR_POLICE_BUCKETS	65536 /* by default: a set of "weir_keyed" for each */
#define WEIR_POLICE_BUCKETS_MAX 16777216

#endif
