/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames for tests: built from a line of words, and judged by a plain model.
 *
 *	pkt_build(&pkt, "vlan/ipv6/hbh/tcp", 100)
 *
 * The model says what bpf/lib/parse.h should say, written apart from it: from
 * the RFCs and the words of maps/layout.h, byte by byte.
 */
#ifndef WEIR_TESTS_PKT_H
#define WEIR_TESTS_PKT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "maps/layout.h"

#define PKT_MAX 9216

struct pkt {
	uint8_t bytes[PKT_MAX];
	size_t len;
	size_t ip; /* offset of the outer IP header; 0: none */
	size_t l4; /* offset behind all network headers */
};

/* ---- building ------------------------------------------------------------ */

static inline void pkt_put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline unsigned int pkt_get16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/* A layer: how long, what its parent's next-field says, where its own is. */
struct pkt_layer {
	const char *word;
	int ethertype; /* what an Ethernet header or a tag says; -1: cannot */
	int proto4;    /* what IPv4 says */
	int proto6;    /* what IPv6 says */
	uint8_t len;
	int8_t next;	   /* offset of its own next-field; -1: none */
	uint8_t next_len;  /* 1: protocol, 2: ethertype */
	uint8_t bytes[16]; /* its beginning */
};

/* clang-format off */
static const struct pkt_layer pkt_layers[] = {
	{"vlan",  0x8100, -1, -1, 4,  2, 2, {0x00, 0x05}},
	{"qinq",  0x88a8, -1, -1, 4,  2, 2, {0x00, 0x06}},
	{"q9100", 0x9100, -1, -1, 4,  2, 2, {0x00, 0x07}},
	{"arp",   0x0806, -1, -1, 28, -1, 0, {0, 1, 8, 0, 6, 4, 0, 1}},
	{"lldp",  0x88cc, -1, -1, 8,  -1, 0, {2, 7, 4}},
	{"llc",   0x0026, -1, -1, 8,  -1, 0, {0x42, 0x42, 3}},
	{"ipv4",  0x0800, 4,  4,  20, 9, 1, {0x45, 0, 0, 0, 0, 1, 0x40, 0, 64}},
	{"ipv4opt", 0x0800, 4, 4, 32, 9, 1, {0x48, 0, 0, 0, 0, 1, 0x40, 0, 64}},
	{"frag4first", 0x0800, 4, 4, 20, 9, 1, {0x45, 0, 0, 0, 0, 1, 0x20, 0, 64}},
	{"frag4last",  0x0800, 4, 4, 20, 9, 1, {0x45, 0, 0, 0, 0, 1, 0x00, 9, 64}},
	{"ipv6",  0x86dd, 41, 41, 40, 6, 1, {0x60, 0, 0, 0, 0, 0, 0, 64}},
	{"hbh",   -1, -1, 0,   8,  0, 1, {0, 0, 1, 4}},
	{"route", -1, -1, 43,  24, 0, 1, {0, 2, 4, 1}},
	{"dst",   -1, -1, 60,  16, 0, 1, {0, 1, 1, 12}},
	{"ah",    -1, 51, 51,  24, 0, 1, {0, 4}},
	{"frag",  -1, -1, 44,  8,  0, 1, {0, 0, 0, 1, 0, 0, 0, 7}},
	{"tcp",   -1, 6, 6,    20, -1, 0, {0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2}},
	{"tcpopt", -1, 6, 6,   32, -1, 0, {0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x80, 2}},
	{"udp",   -1, 17, 17,  8,  -1, 0, {0x30, 0x39, 0, 9}},
	{"icmp",  -1, 1, 58,   8,  -1, 0, {8, 0, 0, 0, 0, 1, 0, 1}},
	{"sctp",  -1, 132, 132, 12, -1, 0, {0x30, 0x39, 0, 80}},
	{"none",  -1, 59, 59,  0,  -1, 0, {0}},
	{"esp",   -1, 50, 50,  16, -1, 0, {0, 0, 1, 0}},
	{"other", -1, 253, 253, 4, -1, 0, {0}}, /* RFC 3692: for experiments */
};
/* clang-format on */

static inline const struct pkt_layer *pkt_layer_find(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(pkt_layers) / sizeof(pkt_layers[0]); i++) {
		if (strlen(pkt_layers[i].word) == len && !memcmp(pkt_layers[i].word, word, len))
			return &pkt_layers[i];
	}
	return NULL;
}

/* Adds the layer; false when the one above cannot say what follows. */
static inline bool pkt_push(struct pkt *pkt, const struct pkt_layer *layer, size_t *next,
			    size_t *next_len)
{
	bool in_ipv6 = pkt->ip && pkt->bytes[pkt->ip] >> 4 == 6;
	int says = *next_len == 2 ? layer->ethertype : in_ipv6 ? layer->proto6 : layer->proto4;

	if (says < 0 || *next_len == 0 || pkt->len + layer->len > PKT_MAX)
		return false;
	if (*next_len == 2)
		pkt_put16(pkt->bytes + *next, (unsigned int)says);
	else
		pkt->bytes[*next] = (uint8_t)says;
	if (!pkt->ip && (layer->ethertype == 0x0800 || layer->ethertype == 0x86dd))
		pkt->ip = pkt->len;
	if (layer->next >= 0)
		pkt->l4 = pkt->len + layer->len;
	memcpy(pkt->bytes + pkt->len, layer->bytes,
	       layer->len < sizeof(layer->bytes) ? layer->len : sizeof(layer->bytes));
	*next = pkt->len + (size_t)(layer->next < 0 ? 0 : layer->next);
	*next_len = layer->next_len;
	pkt->len += layer->len;
	return true;
}

static inline void pkt_ipv4_checksum(uint8_t *ip)
{
	size_t len = (size_t)(ip[0] & 15) * 4;
	unsigned int sum = 0;

	pkt_put16(ip + 10, 0);
	for (size_t i = 0; i < len; i += 2)
		sum += pkt_get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	pkt_put16(ip + 10, ~sum & 0xffff);
}

/* Lengths and addresses, once the frame's own length is known. */
static inline void pkt_finish_ip(struct pkt *pkt)
{
	uint8_t *ip = pkt->bytes + pkt->ip;
	size_t rest = pkt->len - pkt->ip;

	if (ip[0] >> 4 == 6) {
		pkt_put16(ip + 4, (unsigned int)(rest - 40));
		/* 2001:db8::/32, RFC 3849 */
		memcpy(ip + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		memcpy(ip + 24, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
		if (ip[6] == 17)
			pkt_put16(ip + 44, (unsigned int)(rest - 40));
		return;
	}
	pkt_put16(ip + 2, (unsigned int)rest);
	memcpy(ip + 12, "\xc0\0\2\1\xc0\0\2\2", 8); /* 192.0.2.0/24, RFC 5737 */
	pkt_ipv4_checksum(ip);
	if (ip[9] == 17)
		pkt_put16(pkt->bytes + pkt->l4 + 4, (unsigned int)(pkt->len - pkt->l4));
}

/* Builds "WORD/WORD/…" and fills up to @size bytes. -EINVAL: a word that is not
 * known or cannot stand there; -EMSGSIZE. */
static inline int pkt_build(struct pkt *pkt, const char *words, size_t size)
{
	size_t next = 12, next_len = 2, at;

	if (size > PKT_MAX)
		return -EMSGSIZE;
	memset(pkt, 0, sizeof(*pkt));
	/* Locally administered, nobody's: a stack that sees it does not answer. */
	memcpy(pkt->bytes, "\2\0\0\0\xbe\xef\2\0\0\0\xca\xfe", 12);
	pkt->len = 14;
	while (*words) {
		const struct pkt_layer *layer;
		size_t len = strcspn(words, "/");

		layer = pkt_layer_find(words, len);
		if (!layer || !pkt_push(pkt, layer, &next, &next_len))
			return -EINVAL;
		words += len + (words[len] == '/');
	}
	for (at = pkt->len; at < size; at++)
		pkt->bytes[at] = (uint8_t)(at * 7);
	if (size > pkt->len)
		pkt->len = size;
	if (pkt->ip)
		pkt_finish_ip(pkt);
	return 0;
}

/* ---- the model ----------------------------------------------------------- */

static inline bool pkt_model_is_tag(unsigned int ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

/* @room: bytes of the IP packet from the transport header on. */
static inline enum weir_class pkt_model_l4(const uint8_t *l4, size_t room, unsigned int proto,
					   bool v6)
{
	size_t need, doff;

	switch (proto) {
	case 6:
		doff = room >= 20 ? (size_t)(l4[12] >> 4) * 4 : 0;
		if (doff < 20 || doff > room)
			return WEIR_CLASS_MALFORMED;
		return v6 ? WEIR_CLASS_IPV6_TCP : WEIR_CLASS_IPV4_TCP;
	case 17:
		if (room < 8)
			return WEIR_CLASS_MALFORMED;
		return v6 ? WEIR_CLASS_IPV6_UDP : WEIR_CLASS_IPV4_UDP;
	case 132:
		if (room < 12)
			return WEIR_CLASS_MALFORMED;
		return v6 ? WEIR_CLASS_IPV6_SCTP : WEIR_CLASS_IPV4_SCTP;
	case 1:
	case 58:
		if (v6 != (proto == 58))
			break;
		need = v6 ? 4 : 8;
		if (room < need)
			return WEIR_CLASS_MALFORMED;
		return v6 ? WEIR_CLASS_IPV6_ICMP : WEIR_CLASS_IPV4_ICMP;
	case 44:
		if (!v6)
			break;
		return room < 8 ? WEIR_CLASS_MALFORMED : WEIR_CLASS_IPV6_FRAGMENT;
	default:
		break;
	}
	return v6 ? WEIR_CLASS_IPV6_OTHER : WEIR_CLASS_IPV4_OTHER;
}

static inline enum weir_class pkt_model_ipv4(const uint8_t *ip, size_t room)
{
	size_t header, total;

	if (room < 20 || ip[0] >> 4 != 4)
		return WEIR_CLASS_MALFORMED;
	header = (size_t)(ip[0] & 15) * 4;
	total = pkt_get16(ip + 2);
	if (header < 20 || total < header || total > room)
		return WEIR_CLASS_MALFORMED;
	if (pkt_get16(ip + 6) & 0x3fff)
		return WEIR_CLASS_IPV4_FRAGMENT;
	return pkt_model_l4(ip + header, total - header, ip[9], false);
}

static inline enum weir_class pkt_model_ipv6(const uint8_t *ip, size_t room)
{
	unsigned int proto;
	const uint8_t *at;
	size_t left;

	if (room < 40 || ip[0] >> 4 != 6)
		return WEIR_CLASS_MALFORMED;
	left = pkt_get16(ip + 4);
	proto = ip[6];
	if (left == 0 && proto == 0)
		left = room - 40;
	if (left > room - 40)
		return WEIR_CLASS_MALFORMED;
	at = ip + 40;
	for (int i = 0; i < 8; i++) {
		size_t len;

		if (proto != 0 && proto != 43 && proto != 60 && proto != 51)
			break;
		/* At least the two bytes that say what follows and how long. */
		if (left < 2)
			return WEIR_CLASS_MALFORMED;
		len = proto == 51 ? ((size_t)at[1] + 2) * 4 : ((size_t)at[1] + 1) * 8;
		if (len > left)
			return WEIR_CLASS_MALFORMED;
		proto = at[0];
		at += len;
		left -= len;
	}
	return pkt_model_l4(at, left, proto, true);
}

/* What @len bytes from the Ethernet header on are. */
static inline enum weir_class pkt_model(const uint8_t *bytes, size_t len)
{
	unsigned int ethertype;
	size_t at = 14;

	if (len < at)
		return WEIR_CLASS_MALFORMED;
	ethertype = pkt_get16(bytes + 12);
	for (int tags = 0; tags < 4 && pkt_model_is_tag(ethertype); tags++) {
		if (len - at < 4)
			return WEIR_CLASS_MALFORMED;
		ethertype = pkt_get16(bytes + at + 2);
		at += 4;
	}
	if (ethertype == 0x0800)
		return pkt_model_ipv4(bytes + at, len - at);
	if (ethertype == 0x86dd)
		return pkt_model_ipv6(bytes + at, len - at);
	if (ethertype != 0x0806)
		return WEIR_CLASS_OTHER_ETHERTYPE;
	if (len - at < 8)
		return WEIR_CLASS_MALFORMED;
	if (len - at < 8 + 2 * ((size_t)bytes[at + 4] + bytes[at + 5]))
		return WEIR_CLASS_MALFORMED;
	return WEIR_CLASS_ARP;
}

#define PKT_CLASS_NAME(HOOK, CLASS) #CLASS,

static inline const char *pkt_class_name(enum weir_class class)
{
	static const char *const names[] = {WEIR_COUNT_CLASSES(PKT_CLASS_NAME, )};

	return (unsigned int)class < WEIR_CLASSES ? names[class] : "?";
}

/* ---- the table ----------------------------------------------------------- */

enum pkt_patch_at { PKT_AT_IP, PKT_AT_L4 };

/* A frame and what it is. @value of @width bytes is written over the finished
 * frame; width 0: nothing is. */
struct pkt_row {
	const char *words;
	size_t size;
	enum weir_class class;
	enum pkt_patch_at at;
	uint8_t off, width;
	uint16_t value;
	const char *why; /* of a patch */
};

/* clang-format off */
#define PKT_IS(words, size, class) {words, size, WEIR_CLASS_##class, PKT_AT_IP, 0, 0, 0, ""}
#define PKT_WITH(words, size, class, where, off, width, value, why) \
	{words, size, WEIR_CLASS_##class, PKT_AT_##where, off, width, value, why}

static const struct pkt_row pkt_table[] = {
	PKT_IS("arp", 42, ARP), PKT_IS("arp", 60, ARP), PKT_IS("vlan/arp", 0, ARP),
	PKT_IS("ipv4/tcp", 0, IPV4_TCP), PKT_IS("ipv4/tcpopt", 100, IPV4_TCP),
	PKT_IS("ipv4opt/tcp", 64, IPV4_TCP), PKT_IS("ipv4/tcp", 1514, IPV4_TCP),
	PKT_IS("ipv4/udp", 0, IPV4_UDP), PKT_IS("ipv4opt/udp", 90, IPV4_UDP),
	PKT_IS("ipv4/icmp", 98, IPV4_ICMP), PKT_IS("ipv4/sctp", 70, IPV4_SCTP),
	PKT_IS("frag4first/udp", 120, IPV4_FRAGMENT), PKT_IS("frag4last", 60, IPV4_FRAGMENT),
	PKT_IS("frag4last/tcp", 0, IPV4_FRAGMENT),
	PKT_IS("ipv4/other", 60, IPV4_OTHER), PKT_IS("ipv4/esp", 60, IPV4_OTHER),
	PKT_IS("ipv4/ah/tcp", 90, IPV4_OTHER), PKT_IS("ipv4/ipv4/tcp", 90, IPV4_OTHER),
	PKT_IS("ipv4/none", 0, IPV4_OTHER),
	PKT_IS("ipv6/tcp", 0, IPV6_TCP), PKT_IS("ipv6/tcpopt", 120, IPV6_TCP),
	PKT_IS("ipv6/udp", 0, IPV6_UDP), PKT_IS("ipv6/icmp", 118, IPV6_ICMP),
	PKT_IS("ipv6/sctp", 90, IPV6_SCTP), PKT_IS("ipv6/frag/udp", 90, IPV6_FRAGMENT),
	PKT_IS("ipv6/hbh/frag", 90, IPV6_FRAGMENT),
	PKT_IS("ipv6/none", 0, IPV6_OTHER), PKT_IS("ipv6/esp", 90, IPV6_OTHER),
	PKT_IS("ipv6/other", 90, IPV6_OTHER), PKT_IS("ipv6/ipv6/tcp", 120, IPV6_OTHER),
	PKT_IS("ipv6/hbh/tcp", 0, IPV6_TCP), PKT_IS("ipv6/route/udp", 0, IPV6_UDP),
	PKT_IS("ipv6/dst/icmp", 0, IPV6_ICMP), PKT_IS("ipv6/ah/sctp", 0, IPV6_SCTP),
	PKT_IS("ipv6/hbh/dst/route/ah/dst/tcp", 0, IPV6_TCP),
	PKT_IS("ipv6/hbh/dst/route/ah/dst/dst/dst/dst/udp", 0, IPV6_UDP),
	PKT_IS("ipv6/hbh/dst/route/ah/dst/dst/dst/dst/dst/udp", 0, IPV6_OTHER),
	PKT_IS("ipv6/ah/ah/ah/ah/ah/ah/ah/ah/tcp", 0, IPV6_TCP),
	PKT_IS("lldp", 60, OTHER_ETHERTYPE), PKT_IS("llc", 60, OTHER_ETHERTYPE),
	PKT_IS("vlan/lldp", 60, OTHER_ETHERTYPE),
	PKT_IS("vlan/ipv4/tcp", 0, IPV4_TCP), PKT_IS("vlan/ipv6/udp", 0, IPV6_UDP),
	PKT_IS("q9100/ipv4/udp", 0, IPV4_UDP), PKT_IS("qinq/vlan/ipv4/icmp", 80, IPV4_ICMP),
	PKT_IS("qinq/vlan/ipv6/hbh/tcp", 0, IPV6_TCP), PKT_IS("qinq/q9100/vlan/ipv6/icmp", 0, IPV6_ICMP),
	PKT_IS("vlan/vlan/vlan/vlan/ipv4/sctp", 0, IPV4_SCTP),
	PKT_IS("q9100/vlan/vlan/vlan/vlan/ipv4/tcp", 0, OTHER_ETHERTYPE),
	PKT_IS("qinq/vlan/frag4first", 64, IPV4_FRAGMENT), PKT_IS("vlan/ipv6/frag/tcp", 0, IPV6_FRAGMENT),
	PKT_IS("ipv4/tcp", 3000, IPV4_TCP), PKT_IS("ipv6/udp", 9014, IPV6_UDP),
	PKT_IS("qinq/vlan/ipv4/tcp", 9022, IPV4_TCP),
	PKT_WITH("ipv4/tcp", 60, MALFORMED, IP, 0, 1, 0x65, "version 6"),
	PKT_WITH("ipv4/tcp", 60, MALFORMED, IP, 0, 1, 0x44, "header of 16 bytes"),
	PKT_WITH("ipv4/tcp", 60, MALFORMED, IP, 2, 2, 19, "total length below the header's"),
	PKT_WITH("ipv4opt/tcp", 80, MALFORMED, IP, 2, 2, 31, "total length inside the options"),
	PKT_WITH("ipv4/tcp", 60, MALFORMED, IP, 2, 2, 47, "one byte beyond the frame"),
	PKT_WITH("ipv4/tcp", 60, MALFORMED, IP, 2, 2, 0, "total length zero"),
	PKT_WITH("ipv4/tcp", 60, IPV4_TCP, IP, 2, 2, 40, "padding behind the packet"),
	PKT_WITH("ipv4/tcp", 60, MALFORMED, IP, 2, 2, 39, "TCP header cut by the packet's end"),
	PKT_WITH("ipv4/udp", 60, MALFORMED, IP, 2, 2, 27, "UDP header cut by the packet's end"),
	PKT_WITH("ipv4/icmp", 60, MALFORMED, IP, 2, 2, 27, "ICMP header cut"),
	PKT_WITH("ipv4/sctp", 60, MALFORMED, IP, 2, 2, 31, "SCTP header cut"),
	PKT_WITH("ipv4/tcp", 60, IPV4_FRAGMENT, IP, 6, 2, 0x2000, "more fragments"),
	PKT_WITH("ipv4/tcp", 60, IPV4_TCP, IP, 6, 2, 0x8000, "reserved flag is no fragment"),
	PKT_WITH("ipv4/tcp", 60, MALFORMED, L4, 12, 1, 0x40, "TCP header of 16 bytes"),
	PKT_WITH("ipv4/tcp", 60, MALFORMED, L4, 12, 1, 0xf0, "TCP options beyond the packet"),
	PKT_WITH("ipv6/tcp", 80, MALFORMED, IP, 0, 1, 0x40, "version 4"),
	PKT_WITH("ipv6/tcp", 80, MALFORMED, IP, 4, 2, 27, "payload one byte beyond the frame"),
	PKT_WITH("ipv6/tcp", 80, IPV6_TCP, IP, 4, 2, 20, "padding behind the packet"),
	PKT_WITH("ipv6/tcp", 80, MALFORMED, IP, 4, 2, 19, "TCP header cut by the packet's end"),
	PKT_WITH("ipv6/udp", 80, MALFORMED, IP, 4, 2, 0, "payload length zero without jumbogram"),
	PKT_WITH("ipv6/hbh/udp", 80, IPV6_UDP, IP, 4, 2, 0, "jumbogram: length from the frame"),
	PKT_WITH("ipv6/icmp", 80, MALFORMED, IP, 4, 2, 3, "ICMPv6 header cut"),
	PKT_WITH("ipv6/icmp", 80, IPV6_ICMP, IP, 4, 2, 4, "ICMPv6 header of 4 bytes"),
	PKT_WITH("ipv6/none", 60, IPV6_OTHER, IP, 4, 2, 0, "no next header, no payload"),
	PKT_WITH("ipv6/dst/udp", 90, MALFORMED, IP, 41, 1, 200, "extension beyond the packet"),
	PKT_WITH("ipv6/dst/udp", 90, MALFORMED, IP, 4, 2, 1, "extension header cut"),
	PKT_WITH("ipv6/frag/udp", 90, MALFORMED, IP, 4, 2, 7, "fragment header cut"),
	PKT_WITH("ipv6/tcp", 80, MALFORMED, L4, 12, 1, 0x40, "TCP header of 16 bytes"),
};
/* clang-format on */

#define PKT_ROWS (sizeof(pkt_table) / sizeof(pkt_table[0]))

static inline int pkt_build_row(struct pkt *pkt, const struct pkt_row *row)
{
	uint8_t *at;
	int err = pkt_build(pkt, row->words, row->size);

	if (err)
		return err;
	at = pkt->bytes + (row->at == PKT_AT_IP ? pkt->ip : pkt->l4) + row->off;
	if (row->width == 2)
		pkt_put16(at, row->value);
	else if (row->width == 1)
		*at = (uint8_t)row->value;
	return 0;
}

#endif
