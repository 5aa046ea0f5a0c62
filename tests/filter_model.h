/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the filter should say of a frame, written apart from it: from the RFCs and the words
 * of maps/filter.h, rule by rule and byte by byte.
 */
#ifndef WEIR_TESTS_FILTER_MODEL_H
#define WEIR_TESTS_FILTER_MODEL_H

#include "maps/filter.h"
#include "tests/pkt.h"

struct model_frame {
	enum { MODEL_IP, MODEL_NEIGHBOUR, MODEL_ETHERTYPE, MODEL_MALFORMED, MODEL_EXTENSIONS } kind;
	const uint8_t *macs; /* destination, source */
	bool v6;
	const uint8_t *src, *dst;
	unsigned int proto;
	bool later; /* a fragment behind the first */
	bool has_ports, has_icmp;
	unsigned int sport, dport, flags, type_code;
};

static inline bool model_has_ports(unsigned int proto)
{
	return proto == 6 || proto == 17 || proto == 132 || proto == 136 || proto == 33;
}

/* The transport header: @left bytes of the IP packet are from @at on. */
static inline bool model_l4(struct model_frame *out, const uint8_t *at, size_t left)
{
	if (pkt_model_l4(at, left, out->proto, out->v6) == WEIR_CLASS_MALFORMED)
		return false;
	if (model_has_ports(out->proto)) {
		if (left < 4)
			return false;
		out->has_ports = true;
		out->sport = pkt_get16(at);
		out->dport = pkt_get16(at + 2);
		if (out->proto == 6)
			out->flags = at[13];
	} else if (out->proto == (out->v6 ? 58 : 1)) {
		out->has_icmp = true;
		out->type_code = pkt_get16(at);
	}
	return true;
}

static inline bool model_ipv4(struct model_frame *out, const uint8_t *ip, size_t room)
{
	size_t header, total, offset;

	if (pkt_model_ipv4(ip, room) == WEIR_CLASS_MALFORMED)
		return false;
	header = (size_t)(ip[0] & 15) * 4;
	total = pkt_get16(ip + 2);
	offset = (size_t)(pkt_get16(ip + 6) & 0x1fff) * 8;
	out->src = ip + 12;
	out->dst = ip + 16;
	out->proto = ip[9];
	out->later = offset > 0;
	if (out->later)
		return !(out->proto == 6 && offset == 8);
	return model_l4(out, ip + header, total - header);
}

/* Passes up to eight extension headers; false: one is cut off. */
static inline bool model_walk(const uint8_t **at, size_t *left, unsigned int *proto)
{
	for (int i = 0; i < 8; i++) {
		size_t len;

		if (*proto != 0 && *proto != 43 && *proto != 60 && *proto != 51)
			return true;
		if (*left < 2)
			return false;
		len = *proto == 51 ? ((size_t)(*at)[1] + 2) * 4 : ((size_t)(*at)[1] + 1) * 8;
		if (len > *left)
			return false;
		*proto = (*at)[0];
		*at += len;
		*left -= len;
	}
	return true;
}

static inline bool model_is_extension(unsigned int proto)
{
	return proto == 0 || proto == 43 || proto == 60 || proto == 51;
}

static inline bool model_ipv6(struct model_frame *out, const uint8_t *ip, size_t room)
{
	bool fragmented = false;
	const uint8_t *at;
	size_t left;

	if (room < 40 || ip[0] >> 4 != 6)
		return false;
	out->v6 = true;
	out->src = ip + 8;
	out->dst = ip + 24;
	out->proto = ip[6];
	left = pkt_get16(ip + 4);
	if (!left && out->proto == 0)
		left = room - 40;
	if (left > room - 40)
		return false;
	at = ip + 40;
	if (!model_walk(&at, &left, &out->proto))
		return false;
	if (out->proto == 44) {
		size_t offset;

		if (left < 8)
			return false;
		fragmented = true;
		offset = pkt_get16(at + 2) & 0xfff8;
		out->proto = at[0];
		at += 8;
		left -= 8;
		out->later = offset > 0;
		if (out->later)
			return !(out->proto == 6 && offset == 8);
		if (!model_walk(&at, &left, &out->proto) || out->proto == 44)
			return false;
	}
	if (model_is_extension(out->proto)) {
		out->kind = MODEL_EXTENSIONS;
		return true;
	}
	if (!model_l4(out, at, left))
		return false;
	if (!fragmented && out->has_icmp && ip[7] == 255 && out->type_code >> 8 >= 133 &&
	    out->type_code >> 8 <= 136)
		out->kind = MODEL_NEIGHBOUR;
	return true;
}

static inline struct model_frame model_read(const uint8_t *bytes, size_t len)
{
	struct model_frame out = {.macs = bytes};
	enum weir_class class = pkt_model(bytes, len);
	unsigned int ethertype;
	size_t at = 14;
	bool whole = true;

	if (class == WEIR_CLASS_MALFORMED) {
		out.kind = MODEL_MALFORMED;
		return out;
	}
	ethertype = pkt_get16(bytes + 12);
	for (int tags = 0; tags < 4 && pkt_model_is_tag(ethertype); tags++, at += 4)
		ethertype = pkt_get16(bytes + at + 2);
	if (class == WEIR_CLASS_ARP)
		out.kind = MODEL_NEIGHBOUR;
	else if (class == WEIR_CLASS_OTHER_ETHERTYPE)
		out.kind = MODEL_ETHERTYPE;
	else if (ethertype == 0x0800)
		whole = model_ipv4(&out, bytes + at, len - at);
	else
		whole = model_ipv6(&out, bytes + at, len - at);
	if (!whole)
		out.kind = MODEL_MALFORMED;
	return out;
}

/* ---- rules --------------------------------------------------------------- */

static inline bool model_in_prefix(const uint8_t *addr, const uint8_t *prefix, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		if ((addr[i / 8] ^ prefix[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static inline bool model_in(unsigned int value, unsigned int min, unsigned int max)
{
	return min <= value && value <= max;
}

static inline bool model_matches(const struct model_frame *f, const struct weir_filter_rule *r)
{
	const uint32_t only_mac = WEIR_HAS_SMAC | WEIR_HAS_DMAC;

	if (r->has & WEIR_HAS_SMAC && memcmp(f->macs + 6, r->smac, 6) != 0)
		return false;
	if (r->has & WEIR_HAS_DMAC && memcmp(f->macs, r->dmac, 6) != 0)
		return false;
	if (f->kind != MODEL_IP)
		return !(r->has & ~only_mac);
	if (r->has & (WEIR_HAS_SRC | WEIR_HAS_DST) && f->v6 != (r->family == WEIR_IPV6))
		return false;
	if (r->has & WEIR_HAS_SRC && !model_in_prefix(f->src, r->src, r->src_len))
		return false;
	if (r->has & WEIR_HAS_DST && !model_in_prefix(f->dst, r->dst, r->dst_len))
		return false;
	if (r->has & WEIR_HAS_PROTO && f->proto != r->proto)
		return false;
	if (r->has & WEIR_HAS_FRAGMENT && !f->later)
		return false;
	if (r->has & WEIR_HAS_SPORT &&
	    !(f->has_ports && model_in(f->sport, r->sport_min, r->sport_max)))
		return false;
	if (r->has & WEIR_HAS_DPORT &&
	    !(f->has_ports && model_in(f->dport, r->dport_min, r->dport_max)))
		return false;
	if (r->has & WEIR_HAS_FLAGS &&
	    !(f->has_ports && f->proto == 6 && (f->flags & r->flags_mask) == r->flags))
		return false;
	return !(r->has & WEIR_HAS_ICMP) ||
	       (f->has_icmp && model_in(f->type_code, r->icmp_min, r->icmp_max));
}

static inline int model_narrow(const struct weir_filter_rule *r, uint32_t bit, unsigned int len)
{
	return r->has & bit ? (int)len : -1;
}

/* Does @a decide before @b? */
static inline bool model_before(const struct weir_filter_rule *a, const struct weir_filter_rule *b)
{
	const uint32_t address = WEIR_HAS_SRC | WEIR_HAS_DST;
	const int x[] = {model_narrow(a, WEIR_HAS_SRC, a->src_len),
			 model_narrow(a, WEIR_HAS_DST, a->dst_len),
			 __builtin_popcount(a->has & ~address), a->deny};
	const int y[] = {model_narrow(b, WEIR_HAS_SRC, b->src_len),
			 model_narrow(b, WEIR_HAS_DST, b->dst_len),
			 __builtin_popcount(b->has & ~address), b->deny};

	for (int i = 0; i < 4; i++)
		if (x[i] != y[i])
			return x[i] > y[i];
	return memcmp(a, b, sizeof(*a)) < 0; /* the same verdict: only who counts */
}

struct model_verdict {
	enum weir_filter_reason reason;
	long rule; /* -1: none */
};

/* @rules: counters are 0. */
static inline struct model_verdict
model_judge(const struct model_frame *f, const struct weir_filter_rule *rules, size_t n, bool deny)
{
	struct model_verdict out = {.rule = -1};

	if (f->kind == MODEL_MALFORMED || f->kind == MODEL_EXTENSIONS) {
		out.reason = f->kind == MODEL_MALFORMED ? WEIR_FILTER_DROP_MALFORMED
							: WEIR_FILTER_DROP_EXTENSIONS;
		return out;
	}
	for (size_t i = 0; i < n; i++)
		if (model_matches(f, &rules[i]) &&
		    (out.rule < 0 || model_before(&rules[i], &rules[out.rule])))
			out.rule = (long)i;
	if (out.rule >= 0)
		out.reason = rules[out.rule].deny ? WEIR_FILTER_DROP_RULE : WEIR_FILTER_PASS_RULE;
	else if (f->kind == MODEL_NEIGHBOUR)
		out.reason = WEIR_FILTER_PASS_NEIGHBOUR;
	else if (!deny)
		out.reason = WEIR_FILTER_PASS_DEFAULT;
	else
		out.reason = f->kind == MODEL_ETHERTYPE ? WEIR_FILTER_DROP_ETHERTYPE
							: WEIR_FILTER_DROP_DEFAULT;
	return out;
}

#endif
