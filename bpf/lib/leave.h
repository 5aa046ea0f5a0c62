/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A frame made ready to leave. In: where it goes (lib/route.h). Out: the packet with its hop
 * counted (RFC 1812 5.3.1, RFC 8200 3), addressed to the next hop, tagged as its interface
 * demands, without what followed the IP packet. False: it could not be done, and what the
 * stack looks at is as it was, but for padding.
 */
#ifndef WEIR_BPF_LEAVE_H
#define WEIR_BPF_LEAVE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/parse.h"
#include "lib/route.h"

#define FRAME_LEN_MIN 60 /* ETH_ZLEN: IEEE 802.3, without FCS */
#define VLAN_TAG_LEN  4

/* What a frame is addressed with. */
struct envelope {
	__u32 tag_bytes_in, tag_bytes_out; /* 0 or VLAN_TAG_LEN */
	__be16 vlan_proto_be, vlan_tci_be; /* with tag_bytes_out */
};

/* The frame's length once it leaves: a frame that had Ethernet's least length keeps it. */
static __always_inline __u32 length_out(const struct route *route, __u32 l2_bytes, __u32 len_bytes)
{
	__u32 least = len_bytes < FRAME_LEN_MIN ? len_bytes : FRAME_LEN_MIN;
	__u32 len = l2_bytes + route->ip_bytes;

	return len < least ? least : len;
}

/* In words and halves of them, as both are aligned, and as the kernel wrote the latter: byte by
 * byte takes three times as long. */
static __always_inline void address(void *eth, const struct route *route)
{
	const void *dmac = route->fib->dmac, *smac = route->fib->smac;

	*(__u16 *)eth = *(const __u16 *)dmac;
	*(__u16 *)(eth + 2) = *(const __u16 *)(dmac + 2);
	*(__u16 *)(eth + 4) = *(const __u16 *)(dmac + 4);
	*(__u32 *)(eth + ETH_ALEN) = *(const __u32 *)smac;
	*(__u16 *)(eth + ETH_ALEN + 4) = *(const __u16 *)(smac + 4);
}

/* RFC 1624, for a field whose upper byte lost one; as ip_decrease_ttl() has it. */
static __always_inline void count_hop4(struct iphdr *ip)
{
	__u32 check = ip->check + bpf_htons(0x0100);

	ip->check = (__u16)(check + (check >= 0xffff));
	ip->ttl--;
}

/* Of a frame whose IP packet begins at @l2_bytes. */
static __always_inline void write_hop(void *data, __u32 l2_bytes, const struct route *route)
{
	address(data, route);
	if (route->is_ipv6)
		((struct ipv6hdr *)(data + l2_bytes))->hop_limit--;
	else
		count_hop4(data + l2_bytes);
}

/* Moves the start and the end of the frame; *len_bytes becomes what leaves. */
static __always_inline bool resize_xdp(struct xdp_md *xdp, const struct route *route,
				       const struct envelope *envelope, __u32 *len_bytes)
{
	__u32 len = length_out(route, ETH_HLEN + envelope->tag_bytes_out, *len_bytes);
	int more = (int)(len + envelope->tag_bytes_in - envelope->tag_bytes_out - *len_bytes);

	/* a frame that cannot grow to the least length is left to the card to fill */
	if (more && bpf_xdp_adjust_tail(xdp, more)) {
		if (more < 0)
			return false;
		len -= (__u32)more;
	}
	if (envelope->tag_bytes_in != envelope->tag_bytes_out &&
	    bpf_xdp_adjust_head(xdp, (int)envelope->tag_bytes_in - (int)envelope->tag_bytes_out))
		return false;
	*len_bytes = len;
	return true;
}

/* Behind the MAC addresses all moved along with them but the tag. */
static __always_inline bool write_front(struct xdp_md *xdp, const struct route *route,
					const struct envelope *envelope, __u32 l2_bytes)
{
	void *data = (void *)(long)xdp->data, *data_end = (void *)(long)xdp->data_end;
	struct ethhdr *eth = data;

	/* was there before the start moved: for the verifier */
	if (data + l2_bytes + sizeof(struct iphdr) > data_end)
		return false;
	if (l2_bytes != ETH_HLEN) {
		eth->h_proto = envelope->vlan_proto_be;
		*(__be16 *)(eth + 1) = envelope->vlan_tci_be;
	}
	write_hop(data, l2_bytes, route);
	return true;
}

/* Returns how long the frame is then, without a tag; 0: failed. */
static __noinline __u32 leave_xdp(struct xdp_md *xdp, const struct route *route,
				  const struct envelope *envelope, __u32 len_bytes)
{
	bool done;

	if (!resize_xdp(xdp, route, envelope, &len_bytes))
		return 0;
	if (envelope->tag_bytes_out)
		done = write_front(xdp, route, envelope, ETH_HLEN + VLAN_TAG_LEN);
	else
		done = write_front(xdp, route, envelope, ETH_HLEN);
	return done ? len_bytes - envelope->tag_bytes_out : 0;
}

/* The skb's tag is beside it, and goes; that of the interface it leaves by is put there by
 * the interface. */
static __always_inline bool leave_tc(struct __sk_buff *skb, const struct route *route,
				     bool is_aggregate)
{
	__u32 len = length_out(route, ETH_HLEN, skb->len);
	void *data, *data_end;
	__u8 hop_limit;

	if (!is_aggregate && len < skb->len && bpf_skb_change_tail(skb, len, 0))
		return false;
	if (skb->vlan_present && bpf_skb_vlan_pop(skb))
		return false;
	data = (void *)(long)skb->data;
	data_end = (void *)(long)skb->data_end;
	if (data + ETH_HLEN + sizeof(struct iphdr) > data_end)
		return false;
	address(data, route);
	if (!route->is_ipv6) {
		count_hop4(data + ETH_HLEN);
		return true;
	}
	/* a sum of the whole packet, from the card, is to go along with it */
	hop_limit = ((struct ipv6hdr *)(data + ETH_HLEN))->hop_limit - 1;
	return !bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, hop_limit), &hop_limit,
				    1, BPF_F_RECOMPUTE_CSUM);
}

#endif
