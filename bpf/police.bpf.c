// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Holds packets to rates by rules: those beyond are dropped, marked, or sent later. What
 * rules and buckets are: maps/police.h; `weir police` fills the tables and constants.
 *
 * A step behind a gate (bpf/gate.bpf.c), exchanged whenever the rules change: at XDP (any MTU,
 * from Linux 5.18 in several buffers) and at tc, ingress and egress.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

/* whose constants are the first of .rodata */
#include "lib/match.h"

#include "lib/bucket.h"
#include "lib/ctx.h"
#include "lib/dscp.h"
#include "lib/facts.h"
#include "lib/key.h"
#include "lib/map.h"
#include "lib/parse.h"
#include "lib/wire.h"
#include "maps/police.h"

WEIR_MAP(weir_police, PERCPU_ARRAY, enum weir_police_reason, struct weir_counter,
	 WEIR_POLICE_REASONS, 0, NONE);
WEIR_MAP(weir_conform, PERCPU_ARRAY, __u32, struct weir_counter, WEIR_POLICE_NUMBERS, 0, NONE);
WEIR_MAP(weir_exceed, PERCPU_ARRAY, __u32, struct weir_counter, WEIR_POLICE_NUMBERS, 0, NONE);

/* By the rules' numbers; as many as the set has. */
WEIR_MAP(weir_policies, ARRAY, __u32, struct weir_policy, 1, BPF_F_MMAPABLE, NONE);

static __always_inline void add(void *map, __u32 key, const struct weir_counter *wire)
{
	struct weir_counter *counter = bpf_map_lookup_elem(map, &key);

	if (!counter)
		return;
	counter->packets += wire->packets;
	counter->bytes += wire->bytes;
}

/* A packet, and what is known of it. By pointers, so that the parts stay apart: of what lies
 * beside a map's key in memory the verifier forgets what it knew. */
struct case_of {
	const struct frame *frame;
	const struct parsed *parsed;
	const struct weir_counter *wire;
	struct known *known;
	bool has_rules; /* a constant: that of the set */
};

static __always_inline const __u32 *to_forget_by(const struct case_of *packet)
{
	return packet->has_rules ? &packet->frame->len_bytes : NULL;
}

/* A set of one rule without a match needs no headers. */
static __always_inline bool needs_headers(bool has_rules)
{
	return has_rules || police.by_addr || police.by_flow || police.marks;
}

/* WEIR_FILTER_ACT and the rule's number, or 0. */
static __always_inline __u32 match(const struct case_of *packet)
{
	struct facts facts = {};
	enum reading reading = read_facts(packet->frame, packet->parsed, &facts);

	keep(packet->frame, packet->parsed, reading, to_forget_by(packet), packet->known);
	if (reading == READ_MALFORMED || reading == READ_EXTENSIONS)
		return 0;
	facts.ip = reading == READ_RULES;
	return (__u32)forget(find_rule(&facts, packet->frame->len_bytes), to_forget_by(packet));
}

static __always_inline __u32 which_rule(const struct case_of *packet)
{
	__u32 act = 0;

	if (packet->has_rules)
		act = match(packet);
	else if (needs_headers(false))
		keep(packet->frame, packet->parsed, READ_RULES, NULL, packet->known);
	return act ? act : police.rest;
}

static __always_inline enum weir_police_reason reason_of_none(__u32 about)
{
	if (about & ABOUT_MALFORMED)
		return WEIR_POLICE_PASS_MALFORMED;
	return about & ABOUT_EXTENSIONS ? WEIR_POLICE_PASS_EXTENSIONS : WEIR_POLICE_PASS_NO_RULE;
}

/* By what the packet is, where the policy has a bucket for each; made as of @since. */
static __always_inline enum found find_bucket(const struct case_of *packet,
					      const struct weir_policy *policy, __u64 since,
					      __u64 cost, struct weir_way **out)
{
	__u64 tag;

	if (policy->per == WEIR_PER_RULE)
		return FOUND_NO_KEY;
	if (police.by_addr && policy->per == WEIR_PER_DEV)
		tag = tag_of(policy, packet->known->ifindex);
	else if (!(packet->known->about & ABOUT_KEY))
		return FOUND_NO_KEY;
	else if (police.by_flow && (!police.by_addr || policy->per == WEIR_PER_FLOW))
		tag = tag_of_flow(packet->known, policy);
	else
		tag = tag_of_addr(packet->known, policy);
	return find_or_make(tag, policy->exceed == WEIR_EXCEED_PACE, since, cost,
			    to_forget_by(packet), out);
}

static __always_inline enum weir_police_reason hold_to_rate(const struct case_of *packet,
							    __u32 number,
							    const struct weir_policy *policy,
							    __u64 cost)
{
	struct weir_way *way = NULL;
	enum found found = FOUND_NO_KEY;
	__u64 now = 0;
	bool conforms;

	if (!policy->mult)
		return WEIR_POLICE_DROP_EXCEED;
	if ((police.by_addr || police.by_flow) && policy->per != WEIR_PER_RULE) {
		now = time_of_tick();
		found = find_bucket(packet, policy, now - police.tick, cost, &way);
	}
	if (found == FOUND_NEW)
		return WEIR_POLICE_PASS_CONFORM;
	conforms = way ? take_of_key(way, policy, now, cost) : take_of_rule(number, policy, cost);
	return conforms ? WEIR_POLICE_PASS_CONFORM : WEIR_POLICE_DROP_EXCEED;
}

/* fq lets the packet go at skb->tstamp, of the monotonic clock. */
static __always_inline enum weir_police_reason pace(struct __sk_buff *skb,
						    const struct case_of *packet, __u32 number,
						    const struct weir_policy *policy, __u64 cost)
{
	__u64 now_ns = clock_ns();
	__u64 now = now_ns << WEIR_TIME_BITS, wait, leave_ns;
	struct weir_rule_bucket *shared;
	struct weir_bucket *bucket;
	struct weir_way *way = NULL;
	enum found found = FOUND_NO_KEY;

	if (!policy->mult)
		return WEIR_POLICE_DROP_HORIZON;
	if (police.by_addr || police.by_flow)
		found = find_bucket(packet, policy, now, cost, &way);
	if (found == FOUND_NEW)
		return WEIR_POLICE_PASS_CONFORM;
	if (way) {
		bucket = &way->bucket;
	} else {
		shared = bpf_map_lookup_elem(&weir_buckets, &number);
		if (!shared)
			return WEIR_POLICE_PASS_CONFORM;
		bucket = &shared->bucket;
	}
	wait = wait_for(bucket, policy, now, cost);
	if (wait > WEIR_PACE_HORIZON_NS << WEIR_TIME_BITS)
		return WEIR_POLICE_DROP_HORIZON;
	if (!wait)
		return WEIR_POLICE_PASS_CONFORM;
	leave_ns = now_ns + (wait >> WEIR_TIME_BITS);
	/* a socket that paces itself may want it later */
	if (skb->tstamp < leave_ns)
		skb->tstamp = leave_ns;
	return WEIR_POLICE_PACED;
}

static __always_inline bool mark_ds(const struct case_of *packet, const struct weir_policy *policy)
{
	struct frame frame = frame_again(packet->frame);
	/* to Linux 5.10 32 bits that lay in memory may be any 64 */
	__u32 off = bounded_by(packet->known->ip_off, FRAME_OFF_MAX + 1);

	if (!(packet->known->about & (ABOUT_DS4 | ABOUT_DS6)) || !frame_forget(&frame, &off))
		return false;
	return packet->known->about & ABOUT_DS4 ? set_dscp4(&frame, off, policy->value)
						: set_dscp6(&frame, off, policy->value);
}

/* What is done with a packet that DROP_EXCEED was said of. */
static __always_inline enum weir_police_reason
exceed(struct __sk_buff *skb, const struct case_of *packet, const struct weir_policy *policy)
{
	if (police.marks && policy->exceed == WEIR_EXCEED_DSCP)
		return mark_ds(packet, policy) ? WEIR_POLICE_MARK_EXCEED
					       : WEIR_POLICE_PASS_UNMARKED;
	if (skb && police.marks_skb && policy->exceed == WEIR_EXCEED_MARK) {
		skb->mark = policy->value;
		return WEIR_POLICE_MARK_EXCEED;
	}
	return WEIR_POLICE_DROP_EXCEED;
}

/* Where there is one rule, what it says is known to the verifier. */
static __always_inline const struct weir_policy *policy_of(bool has_rules, __u32 number)
{
	const struct weir_policy *rest = (const void *)&police.policy;

	/* the compiler would take what is written before the load for zeros */
	asm volatile("" : "+r"(rest));
	return has_rules ? bpf_map_lookup_elem(&weir_policies, &number) : rest;
}

/* @skb is NULL at XDP. */
static __always_inline enum weir_police_reason decide(struct __sk_buff *skb,
						      const struct case_of *packet)
{
	__u32 act = which_rule(packet), number = act & WEIR_FILTER_COUNTER;
	const struct weir_policy *policy;
	enum weir_police_reason reason;
	__u64 amount, cost;

	if (!act)
		return reason_of_none(packet->known->about);
	policy = policy_of(packet->has_rules, number);
	if (!policy)
		return WEIR_POLICE_PASS_NO_RULE;
	amount = policy->unit == WEIR_POLICE_BYTES ? packet->wire->bytes : packet->wire->packets;
	cost = cost_of(policy, forget(amount, to_forget_by(packet)));
	if (skb && police.paces && policy->exceed == WEIR_EXCEED_PACE)
		reason = pace(skb, packet, number, policy, cost);
	else
		reason = hold_to_rate(packet, number, policy, cost);
	if (reason == WEIR_POLICE_DROP_EXCEED)
		reason = exceed(skb, packet, policy);
	if (reason == WEIR_POLICE_PASS_CONFORM)
		add(&weir_conform, number, packet->wire);
	else
		add(&weir_exceed, number, packet->wire);
	return reason;
}

/* Does the packet go on? */
static __always_inline bool judge(struct __sk_buff *skb, const struct case_of *packet)
{
	enum weir_police_reason reason = decide(skb, packet);

	keep_rules();
	add(&weir_police, reason, packet->wire);
	return reason < WEIR_POLICE_DROP_EXCEED;
}

/* What there is without rules is short: once for it, with all that rules need left out. */
static __always_inline int police_frame(struct xdp_md *xdp, enum frame_kind kind, bool has_rules)
{
	struct frame frame = frame_of_xdp(xdp, kind);
	struct weir_counter wire = {1, frame.len_bytes};
	struct parsed parsed = {};
	struct known known = {};
	const struct case_of packet = {&frame, &parsed, &wire, &known, has_rules};

	/* with rules what follows is long, and the verifier would walk it for both */
	if (needs_headers(has_rules) && (has_rules || !parse_plain(&frame, &parsed)))
		parsed = parse_frame(&frame, false);
	if (police.by_addr)
		known.ifindex = xdp->ingress_ifindex;
	return judge(NULL, &packet) ? XDP_PASS : XDP_DROP;
}

static __always_inline int police_in_xdp(struct xdp_md *xdp, enum frame_kind kind)
{
	return police.has_rules ? police_frame(xdp, kind, true) : police_frame(xdp, kind, false);
}

SEC("xdp")
int police_xdp(struct xdp_md *xdp)
{
	return police_in_xdp(xdp, FRAME_XDP);
}

SEC("xdp.frags")
int police_xdp_frags(struct xdp_md *xdp)
{
	return police_in_xdp(xdp, FRAME_XDP_FRAGS);
}

static __always_inline int police_skb(struct __sk_buff *skb, bool has_rules)
{
	struct frame frame = frame_of_skb(skb);
	bool aggregate = skb->gso_segs > 1;
	struct weir_counter wire;
	struct parsed parsed = {};
	struct known known = {.ifindex = skb->ifindex};
	const struct case_of packet = {&frame, &parsed, &wire, &known, has_rules};

	if (needs_headers(has_rules) || aggregate)
		parsed = parse_frame(&frame, aggregate);
	wire = wire_of_skb(skb, &parsed);
	return judge(skb, &packet) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

SEC("tc")
int police_tc(struct __sk_buff *skb)
{
	return police.has_rules ? police_skb(skb, true) : police_skb(skb, false);
}

char weir_license[] SEC("license") = "Dual BSD/GPL";
