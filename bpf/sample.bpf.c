// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Copies one in N packets, or those that match, to a ring buffer, with the verdict of the
 * program that it stands in for. What is done in which order: maps/sample.h; `weir capture`
 * fills the constants and reads the ring.
 *
 * At XDP (any MTU, from Linux 5.18 in several buffers) and at tc, ingress and egress.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/ctx.h"
#include "lib/map.h"
#include "maps/sample.h"

const volatile struct weir_sample_consts config = {};

WEIR_MAP(weir_sample, PERCPU_ARRAY, enum weir_sample_reason, struct weir_counter,
	 WEIR_SAMPLE_REASONS, 0, NONE);
WEIR_MAP(weir_sample_state, PERCPU_ARRAY, __u32, struct weir_sample_state, 1, 0, NONE);
WEIR_MAP(weir_wrapped, PROG_ARRAY, __u32, __u32, 1, 0, NONE);
WEIR_MAP(weir_expression, PROG_ARRAY, __u32, __u32, 1, 0, NONE);

/* Neither keys nor values. */
struct bpf_elf_map weir_samples SEC("maps") = {
	.type = BPF_MAP_TYPE_RINGBUF,
	.max_elem = 1 << 20,
};

/* What is known of a packet beside the packet. */
struct beside {
	__u32 ifindex, queue;
	__s32 verdict;
	__u16 segments, vlan_tci;
	__be16 vlan_proto_be;
};

static __always_inline void count(enum weir_sample_reason reason, __u64 len_bytes)
{
	struct weir_counter *counter = bpf_map_lookup_elem(&weir_sample, &reason);

	if (!counter)
		return;
	counter->packets++;
	counter->bytes += len_bytes;
}

static __always_inline struct weir_sample_state *state_of_cpu(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&weir_sample_state, &key);
}

/* ---- calls that return ------------------------------------------------------------ */

#define NO_PROGRAM -1 /* no verdict of XDP */

/* The answer of an empty slot. Verifiers before 6.19 take a tail call for one that falls through,
 * and what they know of this answer for what they know of all. Of a number without its own bits
 * they know nothing. */
static __always_inline int when_empty(int answer)
{
	__u64 some = bpf_ktime_get_ns(), others = ~some;

	asm volatile("" : "+r"(others));
	return answer + (int)(some & others);
}

static __noinline int run_wrapped(struct xdp_md *xdp)
{
	bpf_tail_call(xdp, &weir_wrapped, 0);
	return when_empty(NO_PROGRAM);
}

static __noinline int run_expression(void *ctx)
{
	bpf_tail_call(ctx, &weir_expression, 0);
	return when_empty(0);
}

/* ---- which packets ---------------------------------------------------------------- */

static __always_inline bool is_wanted(void *ctx, __s32 verdict)
{
	if (config.verdicts && ((__u32)verdict > 31 || !(config.verdicts >> verdict & 1)))
		return false;
	return !config.has_expression || run_expression(ctx);
}

static __always_inline bool is_due(void)
{
	struct weir_sample_state *state;
	__u32 place;

	if (config.one_in == 1)
		return true;
	state = state_of_cpu();
	if (!state)
		return false;
	if (state->skip) {
		state->skip--;
		return false;
	}
	place = weir_sample_place(&state->seed, config.one_in);
	state->skip = state->rest + place;
	state->rest = config.one_in - 1 - place;
	return true;
}

/* ---- what is read of those only --------------------------------------------------- */

static __always_inline void read_xdp(struct xdp_md *xdp, struct frame *frame, struct beside *beside)
{
	frame->data = (const void *)(long)xdp->data;
	frame->data_end = (const void *)(long)xdp->data_end;
	beside->ifindex = xdp->ingress_ifindex;
	beside->queue = xdp->rx_queue_index;
}

static __always_inline void read_skb(struct __sk_buff *skb, struct frame *frame,
				     struct beside *beside)
{
	frame->data = (const void *)(long)skb->data;
	frame->data_end = (const void *)(long)skb->data_end;
	beside->ifindex = skb->ifindex;
	beside->segments = skb->gso_segs;
	/* received by queue N: N + 1, skb_record_rx_queue() */
	beside->queue = skb->queue_mapping;
	if (config.hook == WEIR_SAMPLE_INGRESS && beside->queue)
		beside->queue--;
	if (skb->vlan_present) {
		beside->vlan_proto_be = skb->vlan_proto;
		beside->vlan_tci = skb->vlan_tci;
	}
}

/* ---- records ---------------------------------------------------------------------- */

/* Without a helper, from the only buffer; @len at most @room, a constant. Words, and the last
 * one where it ends: a tail of bytes would be walked by the verifier for each length. */
static __always_inline bool copy_in_place(const struct frame *frame, __u8 *to, __u64 len,
					  __u64 room)
{
	const __u64 word = sizeof(__u64);
	const void *from;
	__u64 last;

#pragma clang loop unroll(disable)
	for (__u64 at = 0; at + word <= room && at + word <= len; at += word) {
		from = frame->data + at;
		if (from + word > frame->data_end)
			break;
		*(__u64 *)(to + at) = *(const __u64 *)from;
	}
	/* no frame is shorter than its Ethernet header */
	last = len - word;
	asm volatile("" : "+r"(last));
	if (last > room - word || last > WEIR_SAMPLE_SNAP_OLD)
		return false;
	from = frame->data + last;
	if (from + word > frame->data_end)
		return false;
	*(__u64 *)(to + last) = *(const __u64 *)from;
	return true;
}

#define FIRST_BYTES 64

/* @room: bytes at @to, a constant. */
static __always_inline bool copy(const struct frame *frame, __u8 *to, __u64 len, __u64 room)
{
	/* the usual length of samples is faster in place */
	if (room == FIRST_BYTES && frame->data + FIRST_BYTES <= frame->data_end) {
		const __u64 *from = frame->data;

#pragma clang loop unroll(full)
		for (int i = 0; i < FIRST_BYTES / 8; i++)
			((__u64 *)to)[i] = from[i];
		return true;
	}
	/* one check of both ends, of the register that the helper gets: verifiers of old learn
	 * nothing of a comparison with 0 */
	len--;
	asm volatile("" : "+r"(len));
	if (!room || len > room - 1)
		return false;
	len++;
	if (frame->kind == FRAME_SKB)
		return !bpf_skb_load_bytes(frame->ctx, 0, to, len);
	if (config.has_load_bytes)
		return !bpf_xdp_load_bytes(frame->ctx, 0, to, len);
	return copy_in_place(frame, to, len, room);
}

static __always_inline __u64 wakeup_flags(__u64 bytes)
{
	struct weir_sample_state *state = state_of_cpu();

	if (!state)
		return BPF_RB_FORCE_WAKEUP;
	state->quiet_bytes += bytes;
	if (state->quiet_bytes < config.wakeup_bytes)
		return BPF_RB_NO_WAKEUP;
	state->quiet_bytes = 0;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline bool put(const struct frame *frame, const struct beside *beside, __u64 len,
				__u64 room)
{
	struct weir_sample *sample = bpf_ringbuf_reserve(&weir_samples, sizeof(*sample) + room, 0);

	if (!sample)
		return false;
	sample->time_ns = bpf_ktime_get_ns();
	sample->len_bytes = frame->len_bytes;
	sample->ifindex = beside->ifindex;
	sample->queue = beside->queue;
	sample->verdict = beside->verdict;
	sample->segments = beside->segments;
	sample->hook = config.hook;
	sample->vlan_proto_be = beside->vlan_proto_be;
	sample->vlan_tci = beside->vlan_tci;
	sample->reserved = 0;
	sample->kept_bytes = copy(frame, sample->bytes, len, room) ? len : 0;
	bpf_ringbuf_submit(sample, wakeup_flags(sizeof(*sample) + room));
	return true;
}

#define PUT_UP_TO(ROOM)                                          \
	do {                                                     \
		if (config.snap_bytes > (ROOM) && len <= (ROOM)) \
			return put(frame, beside, len, ROOM);    \
	} while (0)

/* In the smallest record that has room. */
static __always_inline bool keep(const struct frame *frame, const struct beside *beside)
{
	__u64 len = frame->len_bytes;

	if (len > config.snap_bytes)
		len = config.snap_bytes;
	if (config.snap_bytes == FIRST_BYTES)
		return put(frame, beside, len, FIRST_BYTES);
	PUT_UP_TO(128);
	PUT_UP_TO(256);
	PUT_UP_TO(512);
	PUT_UP_TO(1024);
	PUT_UP_TO(1536);
	PUT_UP_TO(4096);
	PUT_UP_TO(16384);
	return put(frame, beside, len, config.snap_bytes);
}

static __always_inline void sample(const struct frame *frame, __s32 verdict)
{
	struct beside beside = {.verdict = verdict};
	struct frame again = *frame;
	bool kept;

	count(WEIR_SAMPLE_SEEN, frame->len_bytes);
	if (!is_wanted(frame->ctx, verdict)) {
		count(WEIR_SAMPLE_UNMATCHED, frame->len_bytes);
		return;
	}
	if (!is_due())
		return;
	/* pointers anew, too: for the verifier the expression may have moved the packet */
	if (frame->kind == FRAME_SKB)
		read_skb(frame->ctx, &again, &beside);
	else
		read_xdp(frame->ctx, &again, &beside);
	kept = keep(&again, &beside);
	count(kept ? WEIR_SAMPLE_SAMPLED : WEIR_SAMPLE_LOST, frame->len_bytes);
}

/* ---- hooks ------------------------------------------------------------------------- */

static __always_inline int sample_in_xdp(struct xdp_md *xdp, enum frame_kind kind)
{
	__s32 verdict = XDP_PASS;
	struct frame frame;

	if (config.wraps)
		verdict = run_wrapped(xdp);
	/* only now: the wrapped program may have moved the packet */
	frame = frame_of_xdp(xdp, kind);
	if (verdict == NO_PROGRAM) {
		count(WEIR_SAMPLE_DROP_NO_PROGRAM, frame.len_bytes);
		return XDP_DROP;
	}
	sample(&frame, verdict);
	return verdict;
}

SEC("xdp")
int sample_xdp(struct xdp_md *xdp)
{
	return sample_in_xdp(xdp, FRAME_XDP);
}

SEC("xdp.frags")
int sample_xdp_frags(struct xdp_md *xdp)
{
	return sample_in_xdp(xdp, FRAME_XDP_FRAGS);
}

SEC("tc")
int sample_tc(struct __sk_buff *skb)
{
	struct frame frame = frame_of_skb(skb);

	sample(&frame, 0);
	return TC_ACT_UNSPEC;
}

char weir_license[] SEC("license") = "Dual BSD/GPL";
