/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a packet is to go. In: a frame that lib/parse.h has read, and the interface that it
 * belongs to. Out: a struct route with all that the frame needs to leave, or the reason why
 * the stack has to look at it. Nothing is written to the packet.
 *
 * The checks are those of ip_rcv_core(), ip_route_input_slow() and ip_forward(), of
 * ip6_rcv_core() and ip6_forward(), which bpf_fib_lookup() does not make.
 */
#ifndef WEIR_BPF_ROUTE_H
#define WEIR_BPF_ROUTE_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/ctx.h"
#include "lib/parse.h"
#include "maps/forward.h"

#define ROUTE_AF_INET	   2 /* linux/socket.h, which is not exported */
#define ROUTE_AF_INET6	   10
#define ND_ROUTER_SOLICIT  133 /* RFC 4861; 137 is the redirect */
#define ND_REDIRECT	   137
#define IPV6_FLOWINFO_BITS 0x0fffffff /* RFC 8200 3: without the version */
#define IP_LEN_MAX	   0xffff

struct route {
	/* of a packet that may leave: to whom, and by which interface. All zero before. Apart, so
	 * that the compiler may keep the rest in registers */
	struct bpf_fib_lookup *fib;
	__u32 ip_bytes; /* of the IP packet, or of an aggregate's segments each */
	bool is_ipv6;
};

static __always_inline bool is_within4(__be32 addr_be, __u32 prefix, __u32 mask)
{
	return (addr_be & bpf_htonl(mask)) == bpf_htonl(prefix);
}

static __always_inline bool is_loopback4(__be32 addr_be)
{
	return is_within4(addr_be, 0x7f000000, 0xff000000);
}

/* Multicast, or all ones. */
static __always_inline bool is_many4(__be32 addr_be)
{
	return is_within4(addr_be, 0xe0000000, 0xf0000000) || addr_be == 0xffffffff;
}

/* Of none of the networks below: by the first byte. */
static __always_inline bool is_ordinary4(__be32 addr_be)
{
	__u8 first = *(const __u8 *)&addr_be;

	return (__u8)(first - 1) < 126 || (__u8)(first - 128) < 96;
}

static __always_inline enum weir_forward_reason check_addresses4(const struct iphdr *ip)
{
	if (is_ordinary4(ip->daddr) && is_ordinary4(ip->saddr))
		return WEIR_FORWARD_SENT;
	if (is_many4(ip->daddr))
		return WEIR_FORWARD_MULTICAST;
	if (!ip->daddr || is_loopback4(ip->daddr))
		return WEIR_FORWARD_DESTINATION;
	if (!ip->saddr || is_loopback4(ip->saddr) || is_many4(ip->saddr))
		return WEIR_FORWARD_SOURCE;
	return WEIR_FORWARD_SENT;
}

static __always_inline bool is_link_local6(const struct in6_addr *addr)
{
	return (addr->s6_addr32[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
}

/* Unspecified, or loopback. */
static __always_inline bool is_nobody6(const struct in6_addr *addr)
{
	return !addr->s6_addr32[0] && !addr->s6_addr32[1] && !addr->s6_addr32[2] &&
	       !(addr->s6_addr32[3] & bpf_htonl(~1U));
}

/* Kernels differ in whether they forward packets from such an address, which no host has. */
static __always_inline bool is_mapped4(const struct in6_addr *addr)
{
	return !addr->s6_addr32[0] && !addr->s6_addr32[1] &&
	       addr->s6_addr32[2] == bpf_htonl(0xffff);
}

static __always_inline enum weir_forward_reason check_addresses6(const struct ipv6hdr *ip)
{
	if (ip->daddr.s6_addr[0] == 0xff)
		return WEIR_FORWARD_MULTICAST;
	if (is_link_local6(&ip->daddr) || is_link_local6(&ip->saddr))
		return WEIR_FORWARD_LINK_LOCAL;
	if (is_nobody6(&ip->daddr))
		return WEIR_FORWARD_DESTINATION;
	if (ip->saddr.s6_addr[0] == 0xff || is_nobody6(&ip->saddr) || is_mapped4(&ip->saddr))
		return WEIR_FORWARD_SOURCE;
	return WEIR_FORWARD_SENT;
}

/* Of a header without options: RFC 1812 5.2.2. The one's complement sum of its halves of words is
 * all ones when the sum of its words is a multiple of 0xffff; and of such numbers alone the
 * product with the inverse of 0xffff modulo 2^64 is no more than a 0xffff-th of 2^64. */
static __always_inline bool is_checksum_right(const struct iphdr *ip)
{
	const __u32 *word = (const __u32 *)ip;
	__u64 sum = (__u64)word[0] + word[1] + word[2] + word[3] + word[4];

	return sum * 0xfffefffefffeffff <= 0x0001000100010001;
}

/* Rules and next hops may be chosen by ports; not those of fragments, as in the stack. */
static __always_inline bool read_flow(const struct frame *frame, const struct parsed *parsed,
				      bool plain, struct bpf_fib_lookup *fib)
{
	const __be16 *ports;
	__be16 copy[2];

	fib->l4_protocol = parsed->l4.proto;
	if (!plain && parsed->class != WEIR_CLASS_IPV4_TCP &&
	    parsed->class != WEIR_CLASS_IPV4_UDP && parsed->class != WEIR_CLASS_IPV4_SCTP &&
	    parsed->class != WEIR_CLASS_IPV6_TCP && parsed->class != WEIR_CLASS_IPV6_UDP &&
	    parsed->class != WEIR_CLASS_IPV6_SCTP)
		return true;
	ports = header_at(frame, plain, parsed->l4.off, sizeof(copy), copy);
	if (!plain && !ports)
		return false;
	fib->sport = ports[0];
	fib->dport = ports[1];
	return true;
}

static __always_inline bool is_neighbour_discovery(const struct frame *frame,
						   const struct parsed *parsed)
{
	const __u8 *type;
	__u8 copy;

	if (parsed->class != WEIR_CLASS_IPV6_ICMP)
		return false;
	type = frame_at(frame, parsed->l4.off, 1, &copy);
	return !type || (*type >= ND_ROUTER_SOLICIT && *type <= ND_REDIRECT);
}

static __always_inline enum weir_forward_reason read_ipv4(const struct frame *frame,
							  const struct parsed *parsed, bool plain,
							  struct route *route, __u8 *ttl)
{
	enum weir_forward_reason reason;
	const struct iphdr *ip;
	struct iphdr copy;

	ip = header_at(frame, plain, parsed->ip_off, sizeof(*ip), &copy);
	if (!ip)
		return WEIR_FORWARD_MALFORMED;
	if (!plain && ip->ihl != sizeof(*ip) / 4)
		return WEIR_FORWARD_OPTIONS;
	if (!is_checksum_right(ip))
		return WEIR_FORWARD_CHECKSUM;
	reason = check_addresses4(ip);
	if (reason)
		return reason;
	route->fib->family = ROUTE_AF_INET;
	route->fib->tos = ip->tos;
	route->fib->ipv4_src = ip->saddr;
	route->fib->ipv4_dst = ip->daddr;
	route->ip_bytes = bpf_ntohs(ip->tot_len);
	*ttl = ip->ttl;
	return WEIR_FORWARD_SENT;
}

static __always_inline enum weir_forward_reason read_ipv6(const struct frame *frame,
							  const struct parsed *parsed, bool plain,
							  struct route *route, __u8 *ttl)
{
	enum weir_forward_reason reason;
	const struct ipv6hdr *ip;
	struct ipv6hdr copy;

	ip = header_at(frame, plain, parsed->ip_off, sizeof(*ip), &copy);
	if (!ip)
		return WEIR_FORWARD_MALFORMED;
	if (!plain && ip->nexthdr == IPPROTO_HOPOPTS)
		return WEIR_FORWARD_OPTIONS;
	reason = check_addresses6(ip);
	if (reason)
		return reason;
	if (!plain && is_neighbour_discovery(frame, parsed))
		return WEIR_FORWARD_NEIGHBOUR;
	route->is_ipv6 = true;
	route->fib->family = ROUTE_AF_INET6;
	route->fib->flowinfo = *(const __be32 *)ip & bpf_htonl(IPV6_FLOWINFO_BITS);
	__builtin_memcpy(route->fib->ipv6_src, &ip->saddr, sizeof(ip->saddr));
	__builtin_memcpy(route->fib->ipv6_dst, &ip->daddr, sizeof(ip->daddr));
	route->ip_bytes = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	*ttl = ip->hop_limit;
	return WEIR_FORWARD_SENT;
}

/* Of one that did not succeed. */
static __always_inline enum weir_forward_reason reason_of_lookup(long answer)
{
	switch (answer) {
	case BPF_FIB_LKUP_RET_BLACKHOLE:
		return WEIR_FORWARD_BLACKHOLE;
	case BPF_FIB_LKUP_RET_UNREACHABLE:
		return WEIR_FORWARD_UNREACHABLE;
	case BPF_FIB_LKUP_RET_PROHIBIT:
		return WEIR_FORWARD_PROHIBIT;
	case BPF_FIB_LKUP_RET_NOT_FWDED:
		return WEIR_FORWARD_HERE;
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return WEIR_FORWARD_DISABLED;
	case BPF_FIB_LKUP_RET_UNSUPP_LWT:
		return WEIR_FORWARD_ENCAP;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return WEIR_FORWARD_NO_NEIGHBOUR;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return WEIR_FORWARD_MTU;
	default:
		return WEIR_FORWARD_FAILED;
	}
}

/* The stack looks at the time to live of what has a route, before anything else. */
static __always_inline bool has_route(enum weir_forward_reason reason)
{
	return reason == WEIR_FORWARD_MTU || reason == WEIR_FORWARD_NO_NEIGHBOUR ||
	       reason == WEIR_FORWARD_ENCAP;
}

/* @plain: it was parse_plain() that read it. @ifindex: the interface that it belongs to.
 * @segment_bytes: what an aggregate's segments have behind their headers; 0: no aggregate. */
static __always_inline enum weir_forward_reason find_route(const struct frame *frame,
							   const struct parsed *parsed, bool plain,
							   __u32 ifindex, __u32 segment_bytes,
							   struct route *route)
{
	enum weir_forward_reason reason;
	__u8 ttl = 0;
	long answer;

	if (parsed->class < WEIR_CLASS_IPV6_TCP)
		reason = read_ipv4(frame, parsed, plain, route, &ttl);
	else
		reason = read_ipv6(frame, parsed, plain, route, &ttl);
	if (reason)
		return reason;
	if (!read_flow(frame, parsed, plain, route->fib))
		return WEIR_FORWARD_MALFORMED;
	if (segment_bytes) {
		if (parsed->headers_bytes <= parsed->ip_off)
			return WEIR_FORWARD_MTU;
		route->ip_bytes = parsed->headers_bytes - parsed->ip_off + segment_bytes;
	}
	if (route->ip_bytes > IP_LEN_MAX)
		return WEIR_FORWARD_MTU;
	route->fib->tot_len = route->ip_bytes;
	route->fib->ifindex = ifindex;
	answer = bpf_fib_lookup(frame->ctx, route->fib, sizeof(*route->fib), 0);
	if (answer != BPF_FIB_LKUP_RET_SUCCESS) {
		reason = reason_of_lookup(answer);
		return ttl <= 1 && has_route(reason) ? WEIR_FORWARD_TTL : reason;
	}
	if (ttl <= 1)
		return WEIR_FORWARD_TTL;
	return route->fib->ifindex == ifindex ? WEIR_FORWARD_SAME_INTERFACE : WEIR_FORWARD_SENT;
}

#endif
