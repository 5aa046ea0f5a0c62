/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an skb is on the wire. In: an skb, and its headers. Out: packets and bytes, as
 * maps/layout.h counts them: segments of an aggregate each, with their headers, and the tag
 * that is beside the frame.
 */
#ifndef WEIR_BPF_WIRE_H
#define WEIR_BPF_WIRE_H

#include <linux/bpf.h>

#include "lib/parse.h"
#include "maps/layout.h"

static __always_inline struct weir_counter wire_of_skb(const struct __sk_buff *skb,
						       const struct parsed *parsed)
{
	const __u32 vlan_tag_bytes = 4;
	struct weir_counter wire = {skb->gso_segs, skb->len};
	__u32 headers_bytes = parsed->headers_bytes;

	if (skb->vlan_present) {
		wire.bytes += vlan_tag_bytes;
		headers_bytes += vlan_tag_bytes;
	}
	if (wire.packets > 1)
		wire.bytes += (wire.packets - 1) * headers_bytes;
	else
		wire.packets = 1;
	return wire;
}

#endif
