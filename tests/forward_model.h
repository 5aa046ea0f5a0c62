/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What bpf/forward.bpf.c does to a frame, told in another way: byte by byte, by a list of
 * routes and neighbours, with checksums made anew. maps/forward.h says what is right.
 */
#ifndef WEIR_TESTS_FORWARD_MODEL_H
#define WEIR_TESTS_FORWARD_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "maps/forward.h"
#include "tests/pkt.h"

#define MODEL_PORTS  10
#define MODEL_ROUTES 96

/* An interface; one with a tag is a VLAN of port @below. */
struct model_port {
	const char *name;
	unsigned int ifindex;
	uint8_t mac[6];
	unsigned int mtu;
	bool in, out; /* of the set */
	bool forwards;
	int below; /* number of a port; its own without a tag */
	unsigned int vlan_proto, vlan_id;
};

/* By prefix, the longest first; where none fits there is no route. */
struct model_route {
	bool v6;
	uint8_t prefix[16];
	unsigned int len;
	enum weir_forward_reason type; /* SENT: unicast; HERE: local, broadcast, anycast */
	int port;
	unsigned int mtu; /* locked; 0: the interface's */
	/* of the next hop; of one without gateway by the last byte of the destination */
	bool gateway;
	bool known; /* the gateway is resolved */
	uint8_t mac[6];
};

struct model_world {
	struct model_port ports[MODEL_PORTS];
	int n_ports;
	struct model_route routes[MODEL_ROUTES];
	int n_routes;
};

/* A frame, and how it comes. */
struct model_frame {
	bool is_xdp;
	int port;
	const uint8_t *bytes;
	size_t len;
	unsigned int segments, segment_bytes, mark; /* tc */
};

struct model_result {
	enum weir_forward_reason reason;
	int to; /* number of a port */
	uint8_t bytes[PKT_MAX];
	size_t len;
	uint64_t packets, in_bytes, out_bytes; /* as they are counted */
};

/* Neighbours of connected networks, 10.90.N.0/24 and fd90:N::/64: hosts 1 to 9 are resolved. */
static inline bool model_neighbour(bool v6, const uint8_t *addr, uint8_t *mac)
{
	static const uint8_t none[7];
	unsigned int host = addr[v6 ? 15 : 3];

	memcpy(mac, "\2\0\0\0\x11\0", 6);
	mac[5] = (uint8_t)host;
	return host >= 1 && host <= 9 && (!v6 || !memcmp(addr + 8, none, sizeof(none)));
}

static inline const struct model_route *model_lookup(const struct model_world *world, bool v6,
						     const uint8_t *addr)
{
	const struct model_route *best = NULL;

	for (int i = 0; i < world->n_routes; i++) {
		const struct model_route *route = &world->routes[i];
		unsigned int bit = 0;

		if (route->v6 != v6 || (best && best->len >= route->len))
			continue;
		while (bit < route->len &&
		       !((route->prefix[bit / 8] ^ addr[bit / 8]) & 0x80 >> bit % 8))
			bit++;
		if (bit == route->len)
			best = route;
	}
	return best;
}

static inline enum weir_forward_reason model_addresses4(const uint8_t *src, const uint8_t *dst)
{
	static const uint8_t none[4], all[4] = {255, 255, 255, 255};

	if (dst[0] >> 4 == 14 || !memcmp(dst, all, 4))
		return WEIR_FORWARD_MULTICAST;
	if (dst[0] == 127 || !memcmp(dst, none, 4))
		return WEIR_FORWARD_DESTINATION;
	if (src[0] == 127 || src[0] >> 4 == 14 || !memcmp(src, none, 4) || !memcmp(src, all, 4))
		return WEIR_FORWARD_SOURCE;
	return WEIR_FORWARD_SENT;
}

static inline enum weir_forward_reason model_addresses6(const uint8_t *src, const uint8_t *dst)
{
	static const uint8_t none[16], loopback[16] = {[15] = 1};
	static const uint8_t mapped[12] = {[10] = 255, [11] = 255};

	if (dst[0] == 0xff)
		return WEIR_FORWARD_MULTICAST;
	if ((dst[0] == 0xfe && dst[1] >> 6 == 2) || (src[0] == 0xfe && src[1] >> 6 == 2))
		return WEIR_FORWARD_LINK_LOCAL;
	if (!memcmp(dst, none, 16) || !memcmp(dst, loopback, 16))
		return WEIR_FORWARD_DESTINATION;
	if (src[0] == 0xff || !memcmp(src, none, 16) || !memcmp(src, loopback, 16) ||
	    !memcmp(src, mapped, 12))
		return WEIR_FORWARD_SOURCE;
	return WEIR_FORWARD_SENT;
}

static inline unsigned int model_sum(const uint8_t *ip)
{
	unsigned int sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += pkt_get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Offset of the header behind IPv6's and its extensions; what it is to *proto. */
static inline size_t model_behind6(const uint8_t *ip, unsigned int *proto)
{
	size_t at = 40;

	*proto = ip[6];
	for (int i = 0; i < 8; i++) {
		unsigned int now = *proto;

		if (now != 0 && now != 43 && now != 60 && now != 51)
			break;
		*proto = ip[at];
		at += now == 51 ? ((size_t)ip[at + 1] + 2) * 4 : ((size_t)ip[at + 1] + 1) * 8;
	}
	return at;
}

/* Up to the end of TCP's or UDP's header, from the IP header on; 0: neither. */
static inline size_t model_headers(const uint8_t *ip, bool v6)
{
	unsigned int proto = ip[9];
	size_t at = v6 ? model_behind6(ip, &proto) : (size_t)(ip[0] & 15) * 4;

	if (!v6 && pkt_get16(ip + 6) & 0x3fff)
		return 0;
	if (proto == 6)
		return at + (size_t)(ip[at + 12] >> 4) * 4;
	return proto == 17 ? at + 8 : 0;
}

static inline enum weir_forward_reason model_header(const uint8_t *ip, bool v6)
{
	enum weir_forward_reason reason;
	unsigned int proto;
	size_t at;

	if (!v6) {
		if ((ip[0] & 15) != 5)
			return WEIR_FORWARD_OPTIONS;
		if (model_sum(ip) != 0xffff)
			return WEIR_FORWARD_CHECKSUM;
		return model_addresses4(ip + 12, ip + 16);
	}
	if (ip[6] == 0)
		return WEIR_FORWARD_OPTIONS;
	reason = model_addresses6(ip + 8, ip + 24);
	if (reason)
		return reason;
	at = model_behind6(ip, &proto);
	return proto == 58 && ip[at] >= 133 && ip[at] <= 137 ? WEIR_FORWARD_NEIGHBOUR
							     : WEIR_FORWARD_SENT;
}

/* The port that the frame belongs to. */
static inline enum weir_forward_reason model_arrive(const struct model_world *world,
						    const struct model_frame *frame, size_t ip_off,
						    int *port)
{
	const uint8_t *b = frame->bytes;

	*port = frame->port;
	if (ip_off > (frame->is_xdp ? 18U : 14U))
		return WEIR_FORWARD_VLAN;
	if (ip_off == 18) {
		*port = -1;
		for (int i = 0; i < world->n_ports; i++)
			if (world->ports[i].vlan_proto == pkt_get16(b + 12) && world->ports[i].in &&
			    world->ports[i].below == frame->port &&
			    world->ports[i].vlan_id == (pkt_get16(b + 14) & 0xfff))
				*port = i;
		if (*port < 0)
			return WEIR_FORWARD_VLAN;
	}
	if (memcmp(b, world->ports[*port].mac, 6) != 0)
		return WEIR_FORWARD_OTHER_MAC;
	return frame->mark ? WEIR_FORWARD_MARKED : WEIR_FORWARD_SENT;
}

struct model_hop {
	int in, to;
	size_t ip_off, ip_len; /* of a segment */
	uint8_t mac[6];
};

static inline enum weir_forward_reason
model_route(const struct model_world *world, const uint8_t *ip, bool v6, struct model_hop *hop)
{
	const uint8_t *dst = ip + (v6 ? 24 : 16);
	const struct model_route *route = model_lookup(world, v6, dst);
	enum weir_forward_reason reason = WEIR_FORWARD_SENT;
	unsigned int ttl = v6 ? ip[7] : ip[8], mtu;
	bool known;

	if (!world->ports[hop->in].forwards)
		return WEIR_FORWARD_DISABLED;
	if (!route)
		return WEIR_FORWARD_HERE;
	if (route->type)
		return route->type;
	mtu = route->mtu ? route->mtu : world->ports[route->port].mtu;
	known = route->gateway ? route->known : model_neighbour(v6, dst, hop->mac);
	if (route->gateway)
		memcpy(hop->mac, route->mac, 6);
	hop->to = route->port;
	if (hop->ip_len > mtu)
		reason = WEIR_FORWARD_MTU;
	else if (!known)
		reason = WEIR_FORWARD_NO_NEIGHBOUR;
	if (ttl <= 1)
		return WEIR_FORWARD_TTL;
	if (!reason && route->port == hop->in)
		return WEIR_FORWARD_SAME_INTERFACE;
	if (!reason && !world->ports[route->port].out)
		return WEIR_FORWARD_EGRESS;
	return reason;
}

/* The frame as it leaves. */
static inline void model_leave(const struct model_world *world, const struct model_frame *frame,
			       const struct model_hop *hop, bool v6, struct model_result *out)
{
	const struct model_port *to = &world->ports[hop->to];
	bool tag = frame->is_xdp && to->vlan_proto;
	size_t l2 = tag ? 18 : 14, least = frame->len < 60 ? frame->len : 60, len, copied;
	uint8_t *ip = out->bytes + l2;

	memset(out->bytes, 0, sizeof(out->bytes));
	memcpy(out->bytes, hop->mac, 6);
	memcpy(out->bytes + 6, to->mac, 6);
	if (tag) {
		pkt_put16(out->bytes + 12, to->vlan_proto);
		pkt_put16(out->bytes + 14, to->vlan_id);
	}
	pkt_put16(out->bytes + l2 - 2, v6 ? 0x86dd : 0x0800);
	len = l2 + hop->ip_len;
	if (frame->segments > 1)
		len = frame->len;
	else if (len < least)
		len = least;
	copied = frame->len - hop->ip_off;
	memcpy(ip, frame->bytes + hop->ip_off, copied < len - l2 ? copied : len - l2);
	if (v6) {
		ip[7]--;
	} else {
		ip[8]--;
		pkt_ipv4_checksum(ip);
	}
	out->len = len;
	out->to = hop->to;
	out->out_bytes = len - (tag ? 4 : 0);
}

static inline enum weir_forward_reason model_judge(const struct model_world *world,
						   const struct model_frame *frame,
						   struct model_hop *hop, bool *v6)
{
	enum weir_class class = pkt_model(frame->bytes, frame->len);
	enum weir_forward_reason reason;
	const uint8_t *ip;

	if (class == WEIR_CLASS_ARP || class == WEIR_CLASS_OTHER_ETHERTYPE)
		return WEIR_FORWARD_NOT_IP;
	if (class == WEIR_CLASS_MALFORMED)
		return WEIR_FORWARD_MALFORMED;
	hop->ip_off = 14;
	while (pkt_model_is_tag(pkt_get16(frame->bytes + hop->ip_off - 2)))
		hop->ip_off += 4;
	ip = frame->bytes + hop->ip_off;
	*v6 = ip[0] >> 4 == 6;
	reason = model_arrive(world, frame, hop->ip_off, &hop->in);
	if (!reason)
		reason = model_header(ip, *v6);
	if (reason)
		return reason;
	hop->ip_len = *v6 ? pkt_get16(ip + 4) + 40U : pkt_get16(ip + 2);
	if (frame->segments > 1) {
		hop->ip_len = model_headers(ip, *v6);
		if (!hop->ip_len)
			return WEIR_FORWARD_MTU;
		hop->ip_len += frame->segment_bytes;
	}
	return model_route(world, ip, *v6, hop);
}

static inline void model_forward(const struct model_world *world, const struct model_frame *frame,
				 struct model_result *out)
{
	struct model_hop hop = {0};
	bool v6 = false;

	out->to = -1;
	out->reason = model_judge(world, frame, &hop, &v6);
	out->packets = frame->segments > 1 ? frame->segments : 1;
	out->in_bytes = frame->len;
	if (frame->segments > 1) {
		size_t ip_off = hop.ip_off, headers = 0;

		/* of frames whose headers were never reached, their own account is kept */
		if (ip_off)
			headers = model_headers(frame->bytes + ip_off, v6);
		out->in_bytes += (out->packets - 1) * (headers ? ip_off + headers : 0);
	}
	if (out->reason) {
		memcpy(out->bytes, frame->bytes, frame->len);
		out->len = frame->len;
		return;
	}
	model_leave(world, frame, &hop, v6, out);
	if (frame->segments > 1)
		out->out_bytes = out->in_bytes;
}

#endif
