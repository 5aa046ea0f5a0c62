/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Token buckets. In: a policy and a bucket of maps/police.h, and what a packet costs. Out:
 * whether it conforms, or when it may leave. Needs plain atomic adds only (Linux 5.10).
 */
#ifndef WEIR_BPF_BUCKET_H
#define WEIR_BPF_BUCKET_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "lib/forget.h"
#include "lib/map.h"
#include "maps/police.h"

WEIR_MAP(weir_buckets, ARRAY, __u32, struct weir_rule_bucket, WEIR_POLICE_NUMBERS, 0, NONE);
WEIR_MAP(weir_leases, PERCPU_ARRAY, __u32, struct weir_lease, WEIR_POLICE_NUMBERS, 0, NONE);
/* Of tests, which must know the time; never read otherwise. */
WEIR_MAP(weir_clock, ARRAY, __u32, __u64, 1, BPF_F_MMAPABLE, NONE);

const volatile struct weir_police_consts police = {};

/* Only what rules were walked for can differ. @len_bytes: of the frame; NULL: there are none. */
static __always_inline __u64 forget(__u64 value, const __u32 *len_bytes)
{
	return len_bytes ? forget_by(value, *len_bytes) : value;
}

static __always_inline __u64 test_clock_ns(void)
{
	__u32 key = 0;
	const __u64 *ns = bpf_map_lookup_elem(&weir_clock, &key);

	return ns ? *ns : 0;
}

/* Of the last tick; a fortieth of what the precise clock takes. Wraps. */
static __always_inline __u64 time_of_tick(void)
{
	if (police.clock_is_test)
		return test_clock_ns() << WEIR_TIME_BITS;
	return bpf_jiffies64() * police.tick;
}

/* Of the precise clock, by which fq lets packets go. */
static __always_inline __u64 clock_ns(void)
{
	return police.clock_is_test ? test_clock_ns() : bpf_ktime_get_ns();
}

static __always_inline __u64 cost_of(const struct weir_policy *policy, __u64 amount)
{
	if (amount >= WEIR_COST_LEN_MAX)
		amount = WEIR_COST_LEN_MAX;
	return amount * policy->mult >> (policy->shift & 63);
}

static __always_inline __u64 now_in(const struct weir_bucket *bucket)
{
	return *(const volatile __u64 *)&bucket->full_at;
}

/* Full since before @since, or not used yet. */
static __always_inline bool is_full(__u64 full_at, __u64 since)
{
	return !full_at || full_at - since > WEIR_TIME_DEBT_MAX;
}

/* Takes @cost, and @more (0: nothing) beside it when there is room for that, too. Returns what
 * was taken of @more plus one; 0: there is no room for @cost. */
static __always_inline __u64 take(struct weir_bucket *bucket, const struct weir_policy *policy,
				  __u64 now, __u64 cost, __u64 more)
{
	__u64 need = cost < policy->burst ? cost : policy->burst;
	__u64 full_at = now_in(bucket);
	__s64 room;

	if (is_full(full_at, now - police.tick)) {
		bucket->full_at = now - police.tick + cost + more;
		return more + 1;
	}
	room = (__s64)(now + policy->burst - full_at);
	if (room < (__s64)need)
		return 0;
	if (room < (__s64)(cost + more))
		more = 0;
	__sync_fetch_and_add(&bucket->full_at, cost + more);
	return more + 1;
}

/* From what this CPU has left, else from the rule's bucket. */
static __always_inline bool take_of_rule(__u32 number, const struct weir_policy *policy, __u64 cost)
{
	struct weir_lease *lease = bpf_map_lookup_elem(&weir_leases, &number);
	struct weir_rule_bucket *shared;
	__u64 taken, now;

	if (!lease)
		return true;
	if (lease->left >= cost) {
		lease->left -= cost;
		return true;
	}
	now = time_of_tick();
	if (lease->refused && lease->refused_at == now && cost >= lease->refused)
		return false;
	shared = bpf_map_lookup_elem(&weir_buckets, &number);
	if (!shared)
		return true;
	taken = take(&shared->bucket, policy, now, cost, policy->quantum);
	if (taken) {
		lease->left += taken - 1;
	} else {
		lease->refused = cost;
		lease->refused_at = now;
	}
	return taken;
}

/* How long the packet must wait, in times; more than the horizon: it took nothing. */
static __always_inline __u64 wait_for(struct weir_bucket *bucket, const struct weir_policy *policy,
				      __u64 now, __u64 cost)
{
	__u64 full_at = now_in(bucket), wait;

	if (is_full(full_at, now)) {
		bucket->full_at = now + cost;
		return 0;
	}
	wait = full_at - now;
	wait = wait > policy->burst ? wait - policy->burst : 0;
	if (wait <= WEIR_PACE_HORIZON_NS << WEIR_TIME_BITS)
		__sync_fetch_and_add(&bucket->full_at, cost);
	return wait;
}

#endif
