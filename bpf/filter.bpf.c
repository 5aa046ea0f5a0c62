// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Drops or passes packets by rules, and counts them by reason and by rule. What rules are
 * and how they are found: maps/filter.h; `weir filter` fills the tables and constants.
 *
 * A step behind a gate (bpf/gate.bpf.c), exchanged whenever the rules change: at XDP (any MTU,
 * from Linux 5.18 in several buffers) and at tc, ingress and egress.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/ctx.h"
#include "lib/facts.h"
#include "lib/map.h"
#include "lib/match.h"
#include "lib/parse.h"
#include "lib/plain.h"
#include "lib/wire.h"
#include "maps/filter.h"

WEIR_MAP(weir_filter, PERCPU_ARRAY, enum weir_filter_reason, struct weir_counter,
	 WEIR_FILTER_REASONS, 0, NONE);
WEIR_MAP(weir_filter_hit, PERCPU_ARRAY, __u32, struct weir_counter, WEIR_FILTER_COUNTERS, 0, NONE);

static __always_inline void add(void *map, __u32 key, const struct weir_counter *wire)
{
	struct weir_counter *counter = bpf_map_lookup_elem(map, &key);

	if (!counter)
		return;
	counter->packets += wire->packets;
	counter->bytes += wire->bytes;
}

static __always_inline enum weir_filter_reason reason_of(enum reading reading, __u32 act)
{
	if (act)
		return act & WEIR_FILTER_DENY ? WEIR_FILTER_DROP_RULE : WEIR_FILTER_PASS_RULE;
	if (reading == READ_NEIGHBOUR)
		return WEIR_FILTER_PASS_NEIGHBOUR;
	if (!config.deny)
		return WEIR_FILTER_PASS_DEFAULT;
	return reading == READ_ETHERTYPE ? WEIR_FILTER_DROP_ETHERTYPE : WEIR_FILTER_DROP_DEFAULT;
}

static __always_inline bool finish(enum reading reading, __u32 act, const struct weir_counter *wire)
{
	enum weir_filter_reason reason = reason_of(reading, act);

	add(&weir_filter, reason, wire);
	if (act)
		add(&weir_filter_hit, act & WEIR_FILTER_COUNTER, wire);
	return reason < WEIR_FILTER_DROP_RULE;
}

/* Does the packet pass? */
static __always_inline bool judge(const struct frame *frame, const struct parsed *parsed,
				  const struct weir_counter *wire)
{
	struct facts facts = {};
	enum reading reading;
	__u32 match;

	keep_rules();
	if (is_plain(parsed) && match_plain(frame, parsed, &match))
		return finish(READ_RULES, find_plain(frame, parsed, match), wire);
	reading = read_facts(frame, parsed, &facts);
	if (reading == READ_MALFORMED || reading == READ_EXTENSIONS) {
		add(&weir_filter,
		    reading == READ_MALFORMED ? WEIR_FILTER_DROP_MALFORMED
					      : WEIR_FILTER_DROP_EXTENSIONS,
		    wire);
		return false;
	}
	facts.ip = reading == READ_RULES;
	return finish(reading, find_rule(&facts, frame->len_bytes), wire);
}

static __always_inline int filter_in_xdp(struct xdp_md *xdp, enum frame_kind kind)
{
	struct frame frame = frame_of_xdp(xdp, kind);
	struct weir_counter wire = {1, frame.len_bytes};
	struct parsed parsed;

	if (!parse_plain(&frame, &parsed))
		parsed = parse_frame(&frame, false);
	return judge(&frame, &parsed, &wire) ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int filter_xdp(struct xdp_md *xdp)
{
	return filter_in_xdp(xdp, FRAME_XDP);
}

SEC("xdp.frags")
int filter_xdp_frags(struct xdp_md *xdp)
{
	return filter_in_xdp(xdp, FRAME_XDP_FRAGS);
}

SEC("tc")
int filter_tc(struct __sk_buff *skb)
{
	struct frame frame = frame_of_skb(skb);
	struct parsed parsed = parse_frame(&frame, skb->gso_segs > 1);
	struct weir_counter wire = wire_of_skb(skb, &parsed);

	return judge(&frame, &parsed, &wire) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char weir_license[] SEC("license") = "Dual BSD/GPL";
