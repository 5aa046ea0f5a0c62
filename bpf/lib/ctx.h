/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One view of a packet for XDP and tc. In: the program's context. Out: a
 * struct frame whose headers are read by frame_at(), wherever they lie.
 *
 * The kernel lets a program point only into the first, linear part of a packet.
 * The rest is copied out by a helper, never pulled in: the packet stays as it
 * is. XDP without frags has nothing but the linear part.
 *
 * The kind is a constant at every call, so that the compiler drops the paths
 * (and the helpers, which old kernels lack) of the other kinds.
 */
#ifndef WEIR_BPF_CTX_H
#define WEIR_BPF_CTX_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

enum frame_kind {
	FRAME_XDP,
	FRAME_XDP_FRAGS, /* Linux 5.18 */
	FRAME_SKB,
	FRAME_CARD, /* tc on a network card: one buffer, as in FRAME_XDP */
};

struct frame {
	void *ctx;
	enum frame_kind kind;
	const void *data;
	const void *data_end;
	__u32 len_bytes; /* of all parts; without a tag that is beside the frame */
};

static __always_inline struct frame frame_of_xdp(struct xdp_md *xdp, enum frame_kind kind)
{
	struct frame frame = {
		.ctx = xdp,
		.kind = kind,
		.data = (const void *)(long)xdp->data,
		.data_end = (const void *)(long)xdp->data_end,
	};

	if (kind == FRAME_XDP_FRAGS)
		frame.len_bytes = (__u32)bpf_xdp_get_buff_len(xdp);
	else
		frame.len_bytes = (__u32)(frame.data_end - frame.data);
	return frame;
}

static __always_inline struct frame frame_of_skb(struct __sk_buff *skb)
{
	return (struct frame){
		.ctx = skb,
		.kind = FRAME_SKB,
		.data = (const void *)(long)skb->data,
		.data_end = (const void *)(long)skb->data_end,
		.len_bytes = skb->len,
	};
}

static __always_inline struct frame frame_of_card(struct __sk_buff *skb)
{
	struct frame frame = frame_of_skb(skb);

	frame.kind = FRAME_CARD;
	return frame;
}

/* The same frame, whose pointers the verifier knows nothing of, as at the beginning. */
static __always_inline struct frame frame_again(const struct frame *frame)
{
	struct frame again = *frame;

	if (frame->kind == FRAME_SKB || frame->kind == FRAME_CARD) {
		struct __sk_buff *skb = frame->ctx;

		again.data = (const void *)(long)skb->data;
		again.data_end = (const void *)(long)skb->data_end;
	} else {
		struct xdp_md *xdp = frame->ctx;

		again.data = (const void *)(long)xdp->data;
		again.data_end = (const void *)(long)xdp->data_end;
	}
	return again;
}

/* @len bytes at @off, in place or copied to @copy; NULL beyond the end. @off
 * must be known to stay below 64 KiB (MAX_PACKET_OFF of the verifier). */
static __always_inline const void *frame_at(const struct frame *frame, __u32 off, __u32 len,
					    void *copy)
{
	const void *at = frame->data + off;
	long err = -1;

	if (at + len <= frame->data_end)
		return at;
	if (frame->kind == FRAME_SKB)
		err = bpf_skb_load_bytes(frame->ctx, off, copy, len);
	else if (frame->kind == FRAME_XDP_FRAGS)
		err = bpf_xdp_load_bytes(frame->ctx, off, copy, len);
	return err ? NULL : copy;
}

#define FRAME_OFF_MAX 0x7fff /* more than all headers that are looked through */

/* @off again, but forgotten by the verifier, who otherwise walks the rest of the
 * program anew for each value that a loop can leave. What it knows of a
 * difference of packet pointers is nothing. */
static __always_inline bool frame_forget(const struct frame *frame, __u32 *off)
{
	const void *at = frame->data + *off;
	__u64 distance;

	asm volatile("" : "+r"(at));
	distance = at - frame->data;
	if (distance > FRAME_OFF_MAX)
		return false;
	*off = (__u32)distance;
	return true;
}

#endif
