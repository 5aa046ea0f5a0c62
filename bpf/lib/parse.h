/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a frame is. In: a struct frame. Out: its class (the words are defined in
 * maps/layout.h) and how long its headers are. Reads only what decides: no
 * checksum, no address, no port.
 *
 * A header counts as there when it lies inside the frame and inside the IP
 * packet that holds it; padding behind the IP packet is no header.
 */
#ifndef WEIR_BPF_PARSE_H
#define WEIR_BPF_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/ctx.h"
#include "maps/layout.h"

#define PARSE_VLAN_MAX	    4 /* tags in the frame */
#define PARSE_EXT_MAX	    8 /* IPv6 extension headers */

#define IPV4_OFFSET_OR_MORE 0x3fff /* RFC 791: 13 bits of offset, flag MF */
#define ARP_FIXED_LEN	    8	   /* RFC 826: up to the opcode */
#define UDP_LEN		    8	   /* RFC 768 */
#define ICMP_LEN	    8	   /* RFC 792: every message has the second word */
#define ICMPV6_LEN	    4	   /* RFC 4443 2.1 */
#define SCTP_LEN	    12	   /* RFC 9260 3.1 */
#define IPV6_FRAGMENT_LEN   8	   /* RFC 8200 4.5 */

/* After <linux/if_vlan.h> of the kernel, which is not exported. */
struct vlan_tag {
	__be16 tci_be;
	__be16 ethertype_be;
};

struct arp_fixed {
	__be16 hardware_be, protocol_be;
	__u8 hardware_len, protocol_len;
	__be16 opcode_be;
};

/* Transport header at @off of the IP packet that ends at @end. */
struct transport {
	__u32 off;
	__u32 end;
	__u8 proto;
};

struct parsed {
	enum weir_class class;
	__u32 headers_bytes; /* up to the end of TCP's or UDP's; else 0 */
	/* of IP that is not malformed; a fragment's l4 is behind IPv4's header, at IPv6's
	 * fragment header */
	__u32 ip_off;
	__u32 version; /* of IP, whose header is whole even where class is malformed */
	struct transport l4;
};

static __always_inline struct parsed parsed_as(enum weir_class class)
{
	return (struct parsed){.class = class};
}

static __always_inline struct parsed needs(const struct transport *l4, __u32 len,
					   enum weir_class class)
{
	return parsed_as(l4->off + len <= l4->end ? class : WEIR_CLASS_MALFORMED);
}

static __always_inline struct parsed parse_tcp(const struct frame *frame,
					       const struct transport *l4, enum weir_class class)
{
	const __u32 doff_at = 12; /* upper half of the byte: RFC 9293 3.1 */
	const __u8 *doff;
	__u8 copy;
	__u32 len;

	doff = frame_at(frame, l4->off + doff_at, 1, &copy);
	if (!doff)
		return parsed_as(WEIR_CLASS_MALFORMED);
	len = (__u32)(*doff >> 4) * 4;
	if (len < sizeof(struct tcphdr) || l4->off + len > l4->end)
		return parsed_as(WEIR_CLASS_MALFORMED);
	return (struct parsed){.class = class, .headers_bytes = l4->off + len};
}

static __always_inline struct parsed parse_udp(const struct transport *l4, enum weir_class class)
{
	struct parsed parsed = needs(l4, UDP_LEN, class);

	parsed.headers_bytes = l4->off + UDP_LEN;
	return parsed;
}

/* A zero length is an aggregate of 64 KiB and more (BIG TCP, Linux 6.3). */
static __always_inline bool ipv4_len_fits(__u32 len, __u32 header_len, __u32 rest)
{
	return len >= header_len && len <= rest;
}

static __always_inline struct parsed parse_transport4(const struct frame *frame,
						      const struct transport *l4)
{
	switch (l4->proto) {
	case IPPROTO_TCP:
		return parse_tcp(frame, l4, WEIR_CLASS_IPV4_TCP);
	case IPPROTO_UDP:
		return parse_udp(l4, WEIR_CLASS_IPV4_UDP);
	case IPPROTO_ICMP:
		return needs(l4, ICMP_LEN, WEIR_CLASS_IPV4_ICMP);
	case IPPROTO_SCTP:
		return needs(l4, SCTP_LEN, WEIR_CLASS_IPV4_SCTP);
	default:
		return parsed_as(WEIR_CLASS_IPV4_OTHER);
	}
}

static __always_inline struct parsed parse_transport6(const struct frame *frame,
						      const struct transport *l4)
{
	switch (l4->proto) {
	case IPPROTO_TCP:
		return parse_tcp(frame, l4, WEIR_CLASS_IPV6_TCP);
	case IPPROTO_UDP:
		return parse_udp(l4, WEIR_CLASS_IPV6_UDP);
	case IPPROTO_ICMPV6:
		return needs(l4, ICMPV6_LEN, WEIR_CLASS_IPV6_ICMP);
	case IPPROTO_SCTP:
		return needs(l4, SCTP_LEN, WEIR_CLASS_IPV6_SCTP);
	case IPPROTO_FRAGMENT:
		return needs(l4, IPV6_FRAGMENT_LEN, WEIR_CLASS_IPV6_FRAGMENT);
	default:
		return parsed_as(WEIR_CLASS_IPV6_OTHER);
	}
}

static __always_inline struct parsed with_ip(struct parsed parsed, __u32 version, __u32 ip_off,
					     const struct transport *l4)
{
	parsed.ip_off = ip_off;
	parsed.version = version;
	parsed.l4 = *l4;
	return parsed;
}

static __always_inline struct parsed parse_ipv4(const struct frame *frame, __u32 off,
						bool aggregate)
{
	const struct iphdr *ip;
	struct transport l4;
	struct iphdr copy;
	__u32 len, header_len;
	bool fragment;

	ip = frame_at(frame, off, sizeof(*ip), &copy);
	if (!ip)
		return parsed_as(WEIR_CLASS_MALFORMED);
	header_len = ip->ihl * 4;
	len = bpf_ntohs(ip->tot_len);
	if (aggregate && len == 0)
		len = frame->len_bytes - off;
	if (ip->version != 4 || header_len < sizeof(*ip) ||
	    !ipv4_len_fits(len, header_len, frame->len_bytes - off))
		return parsed_as(WEIR_CLASS_MALFORMED);
	fragment = ip->frag_off & bpf_htons(IPV4_OFFSET_OR_MORE);
	l4 = (struct transport){.off = off + header_len, .end = off + len, .proto = ip->protocol};
	if (fragment)
		return with_ip(parsed_as(WEIR_CLASS_IPV4_FRAGMENT), 4, off, &l4);
	return with_ip(parse_transport4(frame, &l4), 4, off, &l4);
}

static __always_inline bool is_extension(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_AH;
}

/* Moves @l4 behind the extension headers. False: one of them is cut off. */
static __always_inline bool skip_extensions(const struct frame *frame, struct transport *l4)
{
	/* RFC 8200 4.2: 8 bytes units, the first not counted; AH (RFC 4302):
	 * 4 bytes units, the first two not counted. */
#pragma clang loop unroll(disable)
	for (int i = 0; i < PARSE_EXT_MAX && is_extension(l4->proto); i++) {
		const struct ipv6_opt_hdr *ext;
		struct ipv6_opt_hdr copy;
		__u32 len;

		ext = frame_at(frame, l4->off, sizeof(*ext), &copy);
		if (!ext)
			return false;
		len = l4->proto == IPPROTO_AH ? (ext->hdrlen + 2) * 4 : (ext->hdrlen + 1) * 8;
		l4->off += len;
		l4->proto = ext->nexthdr;
		if (l4->off > l4->end || !frame_forget(frame, &l4->off))
			return false;
	}
	return true;
}

static __always_inline struct parsed parse_ipv6(const struct frame *frame, __u32 off,
						bool aggregate)
{
	const struct ipv6hdr *ip;
	struct transport l4;
	struct ipv6hdr copy;
	__u32 ip_off = off;
	__u32 len;

	ip = frame_at(frame, off, sizeof(*ip), &copy);
	if (!ip || ip->version != 6)
		return parsed_as(WEIR_CLASS_MALFORMED);
	off += sizeof(*ip);
	len = bpf_ntohs(ip->payload_len);
	l4.proto = ip->nexthdr;
	/* A zero length is a jumbogram (RFC 2675) or an aggregate of its size. */
	if (len == 0 && (aggregate || l4.proto == IPPROTO_HOPOPTS))
		len = frame->len_bytes - off;
	if (len > frame->len_bytes - off)
		return parsed_as(WEIR_CLASS_MALFORMED);

	l4.off = off;
	l4.end = off + len;
	if (!skip_extensions(frame, &l4))
		return parsed_as(WEIR_CLASS_MALFORMED);
	return with_ip(parse_transport6(frame, &l4), 6, ip_off, &l4);
}

static __always_inline struct parsed parse_arp(const struct frame *frame, __u32 off)
{
	const struct arp_fixed *arp;
	struct arp_fixed copy;
	__u32 len;

	arp = frame_at(frame, off, sizeof(*arp), &copy);
	if (!arp)
		return parsed_as(WEIR_CLASS_MALFORMED);
	len = sizeof(*arp) + 2 * (arp->hardware_len + arp->protocol_len);
	return parsed_as(off + len <= frame->len_bytes ? WEIR_CLASS_ARP : WEIR_CLASS_MALFORMED);
}

static __always_inline bool is_vlan(__be16 ethertype_be)
{
	return ethertype_be == bpf_htons(ETH_P_8021Q) || ethertype_be == bpf_htons(ETH_P_8021AD) ||
	       ethertype_be == bpf_htons(ETH_P_QINQ1);
}

/* @aggregate: several packets of one flow in one buffer (tc: GSO, GRO). */
static __always_inline struct parsed parse_frame(const struct frame *frame, bool aggregate)
{
	const struct ethhdr *eth;
	__u32 off = ETH_HLEN;
	__be16 ethertype_be;
	struct ethhdr copy;

	eth = frame_at(frame, 0, sizeof(*eth), &copy);
	if (!eth)
		return parsed_as(WEIR_CLASS_MALFORMED);
	ethertype_be = eth->h_proto;
#pragma clang loop unroll(disable)
	for (int i = 0; i < PARSE_VLAN_MAX && is_vlan(ethertype_be); i++) {
		const struct vlan_tag *tag;
		struct vlan_tag tag_copy;

		tag = frame_at(frame, off, sizeof(*tag), &tag_copy);
		if (!tag)
			return parsed_as(WEIR_CLASS_MALFORMED);
		ethertype_be = tag->ethertype_be;
		off += sizeof(*tag);
		if (!frame_forget(frame, &off))
			return parsed_as(WEIR_CLASS_MALFORMED);
	}
	if (ethertype_be == bpf_htons(ETH_P_IP))
		return parse_ipv4(frame, off, aggregate);
	if (ethertype_be == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(frame, off, aggregate);
	if (ethertype_be == bpf_htons(ETH_P_ARP))
		return parse_arp(frame, off);
	return parsed_as(WEIR_CLASS_OTHER_ETHERTYPE);
}

/* ---- what most frames are ---------------------------------------------------- */

/* Of a frame that is at least as long as its header. In one: struct ethhdr is packed. */
static __always_inline __be16 ethertype_of(const void *eth)
{
	return *(const __be16 *)(eth + offsetof(struct ethhdr, h_proto));
}

/* A header of TCP or UDP, @off behind the start of the IP packet, which is @len_bytes long and
 * whose class would be @tcp, or that one's successor. */
static __always_inline bool parse_plain_l4(const struct frame *frame, __u32 off, __u32 len_bytes,
					   enum weir_class tcp, struct parsed *parsed)
{
	__u32 header_bytes = UDP_LEN;

	if (parsed->l4.proto == IPPROTO_TCP) {
		const __u8 *doff = frame->data + ETH_HLEN + off + 12;

		header_bytes = (__u32)(*doff >> 4) * 4;
		if (header_bytes < sizeof(struct tcphdr))
			return false;
	} else if (parsed->l4.proto != IPPROTO_UDP) {
		return false;
	}
	if (off + header_bytes > len_bytes || len_bytes > frame->len_bytes - ETH_HLEN)
		return false;
	parsed->class = parsed->l4.proto == IPPROTO_TCP ? tcp : tcp + 1;
	parsed->headers_bytes = ETH_HLEN + off + header_bytes;
	parsed->ip_off = ETH_HLEN;
	parsed->l4.off = ETH_HLEN + off;
	parsed->l4.end = ETH_HLEN + len_bytes;
	return true;
}

static __always_inline bool parse_plain4(const struct frame *frame, struct parsed *parsed)
{
	const struct iphdr *ip = frame->data + ETH_HLEN;

	if (frame->data + ETH_HLEN + sizeof(*ip) + sizeof(struct tcphdr) > frame->data_end ||
	    ethertype_of(frame->data) != bpf_htons(ETH_P_IP) || *(const __u8 *)ip != 0x45 ||
	    ip->frag_off & bpf_htons(IPV4_OFFSET_OR_MORE))
		return false;
	parsed->version = 4;
	parsed->l4.proto = ip->protocol;
	return parse_plain_l4(frame, sizeof(*ip), bpf_ntohs(ip->tot_len), WEIR_CLASS_IPV4_TCP,
			      parsed);
}

static __always_inline bool parse_plain6(const struct frame *frame, struct parsed *parsed)
{
	const struct ipv6hdr *ip = frame->data + ETH_HLEN;

	if (frame->data + ETH_HLEN + sizeof(*ip) + sizeof(struct tcphdr) > frame->data_end ||
	    ethertype_of(frame->data) != bpf_htons(ETH_P_IPV6) || ip->version != 6)
		return false;
	parsed->version = 6;
	parsed->l4.proto = ip->nexthdr;
	return parse_plain_l4(frame, sizeof(*ip), sizeof(*ip) + bpf_ntohs(ip->payload_len),
			      WEIR_CLASS_IPV6_TCP, parsed);
}

/* What parse_frame() makes of most frames, in less than half of the time: TCP and UDP over IPv4
 * without options or IPv6 without extensions, whole, without a tag, in the first buffer. False: ask
 * it. */
static __always_inline bool parse_plain(const struct frame *frame, struct parsed *parsed)
{
	return parse_plain4(frame, parsed) || parse_plain6(frame, parsed);
}

/* frame_at() of a header of TCP, UDP or before that. @plain: of a frame that is. */
static __always_inline const void *header_at(const struct frame *frame, bool plain, __u32 off,
					     __u32 len, void *copy)
{
	return plain ? frame->data + off : frame_at(frame, off, len, copy);
}

#endif
