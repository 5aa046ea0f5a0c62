/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writing the DS field (RFC 2474). In: a frame that lib/parse.h has read. Out: the field is
 * changed, the ECN bits beside it (RFC 3168) are not, and IPv4's checksum is as right or
 * wrong as it was (RFC 1624).
 */
#ifndef WEIR_BPF_DSCP_H
#define WEIR_BPF_DSCP_H

#include <stdbool.h>

#include "lib/ctx.h"
#include "lib/parse.h"

#define DSCP_V4_BYTES 12 /* of the header, up to the end of its checksum */
#define DSCP_V6_BYTES 2
#define DSCP_ECN_MASK 3

/* Puts @len bytes back to where frame_at() has them from. */
static __always_inline bool frame_write(const struct frame *frame, __u32 off, const __u8 *bytes,
					const __u32 len)
{
	__u8 *at = (__u8 *)frame->data + off;

	if (frame->kind == FRAME_SKB)
		return !bpf_skb_store_bytes(frame->ctx, off, bytes, len, BPF_F_RECOMPUTE_CSUM);
	if ((const void *)(at + len) <= frame->data_end) {
		__builtin_memcpy(at, bytes, len);
		return true;
	}
	return frame->kind == FRAME_XDP_FRAGS &&
	       !bpf_xdp_store_bytes(frame->ctx, off, (void *)bytes, len);
}

static __always_inline bool set_dscp4(const struct frame *frame, __u32 off, __u32 dscp)
{
	__u8 head[DSCP_V4_BYTES], copy[DSCP_V4_BYTES];
	const __u8 *at = frame_at(frame, off, sizeof(copy), copy);
	__u32 old, sum;

	if (!at)
		return false;
	__builtin_memcpy(head, at, sizeof(head));
	old = head[1];
	head[1] = (__u8)(dscp << 2 | (old & DSCP_ECN_MASK));
	sum = (__u32)(head[10] << 8 | head[11]) ^ 0xffff;
	/* the other byte of the word stays, so it need not be in the sum */
	sum += (old ^ 0xffff) + head[1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum ^= 0xffff;
	head[10] = (__u8)(sum >> 8);
	head[11] = (__u8)sum;
	return frame_write(frame, off, head, sizeof(head));
}

static __always_inline bool set_dscp6(const struct frame *frame, __u32 off, __u32 dscp)
{
	__u8 head[DSCP_V6_BYTES], copy[DSCP_V6_BYTES];
	const __u8 *at = frame_at(frame, off, sizeof(copy), copy);

	if (!at)
		return false;
	head[0] = (__u8)((at[0] & 0xf0) | dscp >> 2);
	head[1] = (__u8)((at[1] & 0x3f) | (dscp & 3) << 6);
	return frame_write(frame, off, head, sizeof(head));
}

#endif
