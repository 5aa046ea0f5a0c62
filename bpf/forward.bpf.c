// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Forwards IPv4 and IPv6 by the kernel's routes and neighbours, past its stack; what it
 * cannot do, the stack gets and does. What is forwarded, and what the maps are:
 * maps/forward.h; `weir forward` fills them.
 *
 * A step (bpf/gate.bpf.c), at XDP in the driver or before the stack (from Linux 5.18 in several
 * buffers), and at tc, ingress. The program is exchanged when VLANs come or go.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/ctx.h"
#include "lib/leave.h"
#include "lib/map.h"
#include "lib/parse.h"
#include "lib/route.h"
#include "lib/wire.h"
#include "maps/forward.h"

const volatile struct weir_forward_consts config = {};

WEIR_MAP(weir_forward, PERCPU_ARRAY, enum weir_forward_reason, struct weir_counter,
	 WEIR_FORWARD_REASONS, 0, NONE);
WEIR_MAP(weir_forward_to, PERCPU_ARRAY, weir_ifindex, struct weir_counter, WEIR_FORWARD_NEAR, 0,
	 NONE);
WEIR_MAP(weir_fwd_to_far, PERCPU_HASH, struct weir_forward_to, struct weir_counter,
	 WEIR_FORWARD_PORTS_MAX, BPF_F_NO_PREALLOC, NONE);
WEIR_MAP(weir_ports, ARRAY, weir_ifindex, struct weir_port, WEIR_FORWARD_NEAR, BPF_F_MMAPABLE,
	 NONE);
WEIR_MAP(weir_ports_far, HASH, __u32, struct weir_port, WEIR_FORWARD_PORTS_MAX, BPF_F_NO_PREALLOC,
	 NONE);
WEIR_MAP(weir_vlans, HASH, struct weir_vlan, __u32, WEIR_FORWARD_PORTS_MAX, BPF_F_NO_PREALLOC,
	 NONE);
WEIR_MAP(weir_devs, DEVMAP_HASH, __u32, __u32, WEIR_FORWARD_PORTS_MAX, 0, NONE);

static __always_inline void count(enum weir_forward_reason reason, const struct weir_counter *wire)
{
	__u32 key = reason;
	struct weir_counter *counter = bpf_map_lookup_elem(&weir_forward, &key);

	if (!counter)
		return;
	counter->packets += wire->packets;
	counter->bytes += wire->bytes;
}

static __always_inline const struct weir_port *port_of(__u32 ifindex)
{
	const struct weir_port *port;

	if (ifindex >= WEIR_FORWARD_NEAR)
		return bpf_map_lookup_elem(&weir_ports_far, &ifindex);
	port = bpf_map_lookup_elem(&weir_ports, &ifindex);
	return port && port->below ? port : NULL;
}

/* What counts what is sent there. */
static __always_inline struct weir_counter *counter_to(__u32 ifindex)
{
	struct weir_counter *counter;

	if (ifindex < WEIR_FORWARD_NEAR)
		return bpf_map_lookup_elem(&weir_forward_to, &ifindex);
	counter = bpf_map_lookup_elem(&weir_fwd_to_far, &ifindex);
	/* one call for both ways would be of a map that the verifier does not know, and could not
	 * be replaced by what it does */
	asm volatile("" ::: "memory");
	return counter;
}

/* The interface that a frame with this tag belongs to; 0: none that is known. */
static __always_inline __u32 port_of_tag(__u32 ifindex, __be16 vlan_proto_be, __u16 tci)
{
	struct weir_vlan vlan = {ifindex, vlan_proto_be, tci & 0x0fff};
	const __u32 *port = config.vlans ? bpf_map_lookup_elem(&weir_vlans, &vlan) : NULL;

	return port ? *port : 0;
}

static __always_inline enum weir_forward_reason reason_of_class(enum weir_class class)
{
	if (class == WEIR_CLASS_ARP || class == WEIR_CLASS_OTHER_ETHERTYPE)
		return WEIR_FORWARD_NOT_IP;
	return class == WEIR_CLASS_MALFORMED ? WEIR_FORWARD_MALFORMED : WEIR_FORWARD_SENT;
}

/* ---- XDP ------------------------------------------------------------------ */

/* In a half of a word and a word, as both are aligned. */
static __always_inline bool is_same_mac(const void *a, const void *b)
{
	return *(const __u16 *)a == *(const __u16 *)b &&
	       *(const __u32 *)(a + 2) == *(const __u32 *)(b + 2);
}

/* The interface of the frame that came in at @ifindex, when it is addressed to it. */
static __always_inline enum weir_forward_reason
arrive_xdp(const struct frame *frame, const struct parsed *parsed, bool plain, __u32 *ifindex)
{
	__u32 ip_off = plain ? ETH_HLEN : parsed->ip_off;
	const void *headers_end = frame->data + ip_off + sizeof(struct iphdr);
	const struct ethhdr *eth = frame->data;
	const struct weir_port *port;

	if (ip_off > ETH_HLEN + VLAN_TAG_LEN)
		return WEIR_FORWARD_VLAN;
	/* what is written is written in place */
	if (!plain && (headers_end > frame->data_end ||
		       frame->data + ETH_HLEN + VLAN_TAG_LEN > frame->data_end))
		return WEIR_FORWARD_FAILED;
	if (ip_off == ETH_HLEN + VLAN_TAG_LEN) {
		const struct vlan_tag *tag = (const void *)(eth + 1);

		*ifindex = port_of_tag(*ifindex, eth->h_proto, bpf_ntohs(tag->tci_be));
		if (!*ifindex)
			return WEIR_FORWARD_VLAN;
	}
	port = port_of(*ifindex);
	if (!port)
		return WEIR_FORWARD_OTHER_MAC;
	return is_same_mac(frame->data, port->mac) ? WEIR_FORWARD_SENT : WEIR_FORWARD_OTHER_MAC;
}

/* The tag that frames need that leave by this interface. False: it has no part any more. */
static __always_inline bool put_tag(__u32 ifindex, struct envelope *envelope)
{
	const struct weir_port *port;

	if (!config.vlans)
		return true;
	port = port_of(ifindex);
	if (!port)
		return false;
	if (port->vlan_proto_be) {
		envelope->tag_bytes_out = VLAN_TAG_LEN;
		envelope->vlan_proto_be = port->vlan_proto_be;
		envelope->vlan_tci_be = bpf_htons(port->vlan_id);
	}
	return true;
}

/* What is written to a frame before it leaves; what most need, in place. *len_bytes becomes what
 * leaves, without a tag. */
static __always_inline bool write_frame(struct xdp_md *xdp, const struct frame *frame, bool plain,
					const struct route *route, const struct envelope *envelope,
					__u32 *len_bytes)
{
	struct envelope envelope_copy;
	struct route route_copy;

	*len_bytes = frame->len_bytes;
	if (plain && !envelope->tag_bytes_out) {
		write_hop((void *)frame->data, ETH_HLEN, route);
		return true;
	}
	/* only of copies the addresses are passed: the compiler keeps the others in registers */
	envelope_copy = *envelope;
	route_copy = *route;
	*len_bytes = leave_xdp(xdp, &route_copy, &envelope_copy, frame->len_bytes);
	return *len_bytes;
}

static __always_inline enum weir_forward_reason forward_frame(struct xdp_md *xdp,
							      const struct frame *frame,
							      const struct parsed *parsed,
							      bool plain)
{
	struct envelope envelope = {.tag_bytes_in = plain ? 0 : parsed->ip_off - ETH_HLEN};
	__u32 ifindex = xdp->ingress_ifindex, len_bytes;
	enum weir_forward_reason reason;
	struct weir_counter *counter;
	struct bpf_fib_lookup fib = {};
	struct route route = {.fib = &fib};

	reason = arrive_xdp(frame, parsed, plain, &ifindex);
	reason = reason ? reason : find_route(frame, parsed, plain, ifindex, 0, &route);
	if (reason)
		return reason;
	/* before anything is written: an interface that went is no longer among them */
	counter = counter_to(fib.ifindex);
	if (!counter || !put_tag(fib.ifindex, &envelope) ||
	    bpf_redirect_map(&weir_devs, fib.ifindex, XDP_PASS) != XDP_REDIRECT)
		return WEIR_FORWARD_EGRESS;
	if (!write_frame(xdp, frame, plain, &route, &envelope, &len_bytes))
		return WEIR_FORWARD_FAILED;
	counter->packets++;
	counter->bytes += len_bytes;
	return WEIR_FORWARD_SENT;
}

/* Of what is not plain. Apart from that, whose registers it would take. */
static __always_inline enum weir_forward_reason forward_other(struct xdp_md *xdp,
							      enum frame_kind kind)
{
	struct frame frame = frame_of_xdp(xdp, kind);
	struct parsed parsed = parse_frame(&frame, false);
	enum weir_forward_reason reason = reason_of_class(parsed.class);

	return reason ? reason : forward_frame(xdp, &frame, &parsed, false);
}

static __noinline enum weir_forward_reason other_xdp(struct xdp_md *xdp)
{
	return forward_other(xdp, FRAME_XDP);
}

static __noinline enum weir_forward_reason other_xdp_frags(struct xdp_md *xdp)
{
	return forward_other(xdp, FRAME_XDP_FRAGS);
}

/* Of a frame without a tag: is there no padding but what Ethernet's least length needs? */
static __always_inline bool keeps_length(const struct frame *frame, const struct parsed *parsed)
{
	return frame->len_bytes == parsed->l4.end || frame->len_bytes <= FRAME_LEN_MIN;
}

static __always_inline int forward_in_xdp(struct xdp_md *xdp, enum frame_kind kind)
{
	struct frame frame = frame_of_xdp(xdp, kind);
	struct weir_counter wire = {1, frame.len_bytes};
	enum weir_forward_reason reason;
	struct parsed parsed;

	if (parse_plain4(&frame, &parsed) && keeps_length(&frame, &parsed))
		reason = forward_frame(xdp, &frame, &parsed, true);
	else if (parse_plain6(&frame, &parsed) && keeps_length(&frame, &parsed))
		reason = forward_frame(xdp, &frame, &parsed, true);
	else
		reason = kind == FRAME_XDP ? other_xdp(xdp) : other_xdp_frags(xdp);
	count(reason, &wire);
	return reason ? XDP_PASS : XDP_REDIRECT;
}

SEC("xdp")
int forward_xdp(struct xdp_md *xdp)
{
	return forward_in_xdp(xdp, FRAME_XDP);
}

SEC("xdp.frags")
int forward_xdp_frags(struct xdp_md *xdp)
{
	return forward_in_xdp(xdp, FRAME_XDP_FRAGS);
}

/* ---- tc ------------------------------------------------------------------- */

/* Does nothing, but so the map of XDP is this program's, by which it is found. */
static __always_inline void hold_devs(void)
{
	__u32 key = 0;

	if (config.vlans > 1)
		bpf_map_lookup_elem(&weir_devs, &key);
}

/* The stack has compared the MAC address already, and taken the tag off. */
static __always_inline enum weir_forward_reason
arrive_tc(const struct __sk_buff *skb, const struct parsed *parsed, __u32 *ifindex)
{
	if (parsed->ip_off != ETH_HLEN)
		return WEIR_FORWARD_VLAN;
	if (skb->vlan_present) {
		*ifindex = port_of_tag(*ifindex, (__be16)skb->vlan_proto, skb->vlan_tci);
		if (!*ifindex)
			return WEIR_FORWARD_VLAN;
	}
	if (skb->pkt_type != 0) /* PACKET_HOST */
		return WEIR_FORWARD_OTHER_MAC;
	return skb->mark ? WEIR_FORWARD_MARKED : WEIR_FORWARD_SENT;
}

static __always_inline enum weir_forward_reason
forward_skb(struct __sk_buff *skb, const struct frame *frame, const struct parsed *parsed,
	    const struct weir_counter *wire, __u32 *to)
{
	bool is_aggregate = skb->gso_segs > 1, is_tagged = skb->vlan_present;
	enum weir_forward_reason reason;
	const struct weir_port *port;
	struct weir_counter *counter;
	__u32 ifindex = skb->ifindex, len_bytes = skb->len;
	struct bpf_fib_lookup fib = {};
	struct route route = {.fib = &fib};

	reason = arrive_tc(skb, parsed, &ifindex);
	reason = reason ? reason
			: find_route(frame, parsed, false, ifindex,
				     is_aggregate ? skb->gso_size : 0, &route);
	if (reason)
		return reason;
	port = port_of(fib.ifindex);
	counter = counter_to(fib.ifindex);
	if (!port || !(port->flags & WEIR_PORT_OUT) || !counter)
		return WEIR_FORWARD_EGRESS;
	if (!leave_tc(skb, &route, is_aggregate))
		return WEIR_FORWARD_FAILED;
	counter->packets += wire->packets;
	counter->bytes += wire->bytes - (len_bytes - skb->len);
	if (is_tagged)
		counter->bytes -= wire->packets * VLAN_TAG_LEN;
	*to = fib.ifindex;
	return WEIR_FORWARD_SENT;
}

SEC("tc")
int forward_tc(struct __sk_buff *skb)
{
	const __u32 headers_bytes = ETH_HLEN + sizeof(struct iphdr);
	enum weir_forward_reason reason;
	struct weir_counter wire;
	struct parsed parsed;
	struct frame frame;
	__u32 to = 0;

	hold_devs();
	/* what is written is written in place */
	if (skb->data_end - skb->data < headers_bytes && skb->len >= headers_bytes)
		(void)bpf_skb_pull_data(skb, headers_bytes);
	frame = frame_of_skb(skb);
	parsed = parse_frame(&frame, skb->gso_segs > 1);
	wire = wire_of_skb(skb, &parsed);
	reason = reason_of_class(parsed.class);
	reason = reason ? reason : forward_skb(skb, &frame, &parsed, &wire, &to);
	count(reason, &wire);
	return reason ? TC_ACT_UNSPEC : (int)bpf_redirect(to, 0);
}

char weir_license[] SEC("license") = "Dual BSD/GPL";
