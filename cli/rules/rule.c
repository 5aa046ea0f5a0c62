// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules out of words, and their order. */
#include "cli/rules/rule.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "maps/weir_map.h"

#define WHY 160 /* bytes */

static int fail(char *why, const char *what, const char *text, const char *cause)
{
	snprintf(why, WHY, "%s '%.60s': %s", what, text, cause);
	return -EINVAL;
}

/* Digits only. */
static bool read_number(const char *text, size_t len, unsigned long max, unsigned long *out)
{
	unsigned long value = 0;

	if (!len || len > 10)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		value = value * 10 + (unsigned long)(text[i] - '0');
	}
	*out = value;
	return value <= max;
}

static bool has_bits_behind(const uint8_t *addr, unsigned int len, unsigned int bytes)
{
	unsigned int i = len / 8;

	if (i < bytes && len % 8 && addr[i] & (0xff >> len % 8))
		return true;
	for (i += len % 8 ? 1 : 0; i < bytes; i++)
		if (addr[i])
			return true;
	return false;
}

int weir_prefix_read(const char *text, uint8_t addr[16], uint8_t *len, uint8_t *family, char *why)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN + 1];
	unsigned long bits;
	bool is6 = memchr(text, ':', n) != NULL;

	if (n >= sizeof(host))
		return fail(why, "prefix", text, "not an address");
	memcpy(host, text, n);
	host[n] = '\0';
	memset(addr, 0, 16);
	if (inet_pton(is6 ? AF_INET6 : AF_INET, host, addr) != 1)
		return fail(why, "prefix", text, "not an IPv4 or IPv6 address");
	bits = is6 ? 128 : 32;
	if (slash && !read_number(slash + 1, strlen(slash + 1), bits, &bits))
		return fail(why, "prefix", text,
			    is6 ? "its length is not 0 to 128" : "its length is not 0 to 32");
	if (has_bits_behind(addr, (unsigned int)bits, is6 ? 16 : 4))
		return fail(why, "prefix", text, "has bits behind its length");
	*len = (uint8_t)bits;
	*family = is6 ? WEIR_IPV6 : WEIR_IPV4;
	return 0;
}

static int read_address(const char *text, bool is_src, struct weir_filter_rule *rule, char *why)
{
	uint8_t family, other = rule->family;
	bool has_other = rule->has & (WEIR_HAS_SRC | WEIR_HAS_DST);
	int err;

	if (!text)
		return 0;
	err = weir_prefix_read(text, is_src ? rule->src : rule->dst,
			       is_src ? &rule->src_len : &rule->dst_len, &family, why);
	if (err)
		return err;
	if (has_other && family != other)
		return fail(why, is_src ? "src" : "dst", text, "src and dst are of two families");
	rule->family = family;
	rule->has |= is_src ? WEIR_HAS_SRC : WEIR_HAS_DST;
	return 0;
}

static int read_proto(const char *text, struct weir_filter_rule *rule, char *why)
{
	unsigned long number;
	uint32_t named;

	if (!text)
		return 0;
	if (!strcasecmp(text, "icmp6"))
		named = IPPROTO_ICMPV6;
	else if (read_number(text, strlen(text), 255, &number))
		named = (uint32_t)number;
	else if (weir_proto_number(text, strlen(text), &named))
		return fail(why, "proto", text, "neither a protocol's name nor 0 to 255");
	rule->proto = (uint8_t)named;
	rule->has |= WEIR_HAS_PROTO;
	return 0;
}

static int read_range(const char *what, const char *text, uint32_t bit, uint16_t *min,
		      uint16_t *max, struct weir_filter_rule *rule, char *why)
{
	const char *dash;
	unsigned long a, b;

	if (!text)
		return 0;
	dash = strchr(text, '-');
	if (!read_number(text, dash ? (size_t)(dash - text) : strlen(text), 65535, &a))
		return fail(why, what, text, "not a port or ports, as 80 or 1024-65535");
	b = a;
	if (dash && !read_number(dash + 1, strlen(dash + 1), 65535, &b))
		return fail(why, what, text, "not a port or ports, as 80 or 1024-65535");
	if (b < a)
		return fail(why, what, text, "ends before it begins");
	*min = (uint16_t)a;
	*max = (uint16_t)b;
	rule->has |= bit;
	return 0;
}

/* RFC 9293 3.1, from bit 0; RFC 3168 the last two. */
const char *const weir_tcp_flag_names[8] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};

static bool read_flag_list(const char *text, size_t len, uint8_t *out)
{
	*out = 0;
	while (len) {
		const char *comma = memchr(text, ',', len);
		size_t n = comma ? (size_t)(comma - text) : len;
		size_t i = 0;

		while (i < 8 && (strlen(weir_tcp_flag_names[i]) != n ||
				 strncasecmp(weir_tcp_flag_names[i], text, n) != 0))
			i++;
		if (i == 8)
			return false;
		*out |= (uint8_t)(1U << i);
		text += n + (comma ? 1 : 0);
		len -= n + (comma ? 1 : 0);
		if (comma && !len)
			return false;
	}
	return true;
}

static int read_flags(const char *text, struct weir_filter_rule *rule, char *why)
{
	static const char usage[] = "not flags set/flags looked at, as syn/syn,ack";
	const char *slash;

	if (!text)
		return 0;
	slash = strchr(text, '/');
	if (!read_flag_list(text, slash ? (size_t)(slash - text) : strlen(text), &rule->flags))
		return fail(why, "flags", text, usage);
	rule->flags_mask = rule->flags;
	if (slash && !read_flag_list(slash + 1, strlen(slash + 1), &rule->flags_mask))
		return fail(why, "flags", text, usage);
	if (!rule->flags_mask)
		return fail(why, "flags", text, usage);
	if (rule->flags & ~rule->flags_mask)
		return fail(why, "flags", text, "wants flags that it does not look at");
	rule->has |= WEIR_HAS_FLAGS;
	return 0;
}

static int read_icmp(const char *text, struct weir_filter_rule *rule, char *why)
{
	const char *slash;
	unsigned long type, code;

	if (!text)
		return 0;
	slash = strchr(text, '/');
	if (!read_number(text, slash ? (size_t)(slash - text) : strlen(text), 255, &type) ||
	    (slash && !read_number(slash + 1, strlen(slash + 1), 255, &code)))
		return fail(why, "icmp", text, "not a type, or type/code, of numbers to 255");
	rule->icmp_min = (uint16_t)(type << 8 | (slash ? code : 0));
	rule->icmp_max = (uint16_t)(type << 8 | (slash ? code : 255));
	rule->has |= WEIR_HAS_ICMP;
	return 0;
}

static int read_mac(const char *what, const char *text, uint32_t bit, uint8_t mac[6],
		    struct weir_filter_rule *rule, char *why)
{
	const char *at = text;

	if (!text)
		return 0;
	for (int i = 0; i < 6; i++) {
		if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) ||
		    at[2] != (i < 5 ? ':' : '\0'))
			return fail(why, what, text, "not a MAC address, as 02:00:00:00:00:01");
		mac[i] = (uint8_t)strtoul((char[]){at[0], at[1], '\0'}, NULL, 16);
		at += i < 5 ? 3 : 2;
	}
	rule->has |= bit;
	return 0;
}

static bool proto_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

/* Parts that cannot be of one packet; and those that say what another leaves out. */
static int complete(struct weir_filter_rule *rule, char *why)
{
	const uint32_t ports = WEIR_HAS_SPORT | WEIR_HAS_DPORT;
	const char *cause = NULL;

	if (rule->has & WEIR_HAS_FLAGS && !(rule->has & WEIR_HAS_PROTO)) {
		rule->proto = IPPROTO_TCP;
		rule->has |= WEIR_HAS_PROTO;
	}
	if (rule->has & WEIR_HAS_ICMP && !(rule->has & WEIR_HAS_PROTO) &&
	    rule->has & (WEIR_HAS_SRC | WEIR_HAS_DST)) {
		rule->proto = rule->family == WEIR_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		rule->has |= WEIR_HAS_PROTO;
	}
	if (!rule->has)
		cause = "the rule names nothing; `default allow' or `default deny' is for the rest";
	else if (rule->has & WEIR_HAS_FRAGMENT &&
		 rule->has & (ports | WEIR_HAS_FLAGS | WEIR_HAS_ICMP))
		cause = "later fragments have no ports, flags or ICMP types";
	else if (rule->has & WEIR_HAS_ICMP && !(rule->has & WEIR_HAS_PROTO))
		cause = "icmp: whose types? say proto icmp or proto icmp6";
	else if (rule->has & WEIR_HAS_ICMP && rule->proto != IPPROTO_ICMP &&
		 rule->proto != IPPROTO_ICMPV6)
		cause = "only icmp and icmp6 have ICMP types";
	else if (rule->has & WEIR_HAS_FLAGS && rule->proto != IPPROTO_TCP)
		cause = "only tcp has these flags";
	else if (rule->has & ports && rule->has & WEIR_HAS_PROTO && !proto_has_ports(rule->proto))
		cause = "only tcp, udp, udplite, sctp and dccp have ports";
	if (!cause)
		return 0;
	snprintf(why, WHY, "%s", cause);
	return -EINVAL;
}

bool weir_rule_words_any(const struct weir_rule_words *words)
{
	return words->src || words->dst || words->proto || words->sport || words->dport ||
	       words->flags || words->icmp || words->smac || words->dmac || words->fragment;
}

int weir_rule_read(const struct weir_rule_words *words, bool deny, struct weir_filter_rule *out,
		   char *why)
{
	struct weir_filter_rule rule = {.deny = deny};
	int err = read_address(words->src, true, &rule, why);

	err = err ?: read_address(words->dst, false, &rule, why);
	err = err ?: read_proto(words->proto, &rule, why);
	err = err
		      ?: read_range("sport", words->sport, WEIR_HAS_SPORT, &rule.sport_min,
				    &rule.sport_max, &rule, why);
	err = err
		      ?: read_range("dport", words->dport, WEIR_HAS_DPORT, &rule.dport_min,
				    &rule.dport_max, &rule, why);
	err = err ?: read_flags(words->flags, &rule, why);
	err = err ?: read_icmp(words->icmp, &rule, why);
	err = err ?: read_mac("smac", words->smac, WEIR_HAS_SMAC, rule.smac, &rule, why);
	err = err ?: read_mac("dmac", words->dmac, WEIR_HAS_DMAC, rule.dmac, &rule, why);
	if (words->fragment)
		rule.has |= WEIR_HAS_FRAGMENT;
	err = err ?: complete(&rule, why);
	if (!err)
		*out = rule;
	return err;
}

/* ---- the short form ------------------------------------------------------ */

bool weir_rule_is_prefix(const struct weir_filter_rule *rule)
{
	return rule->has == WEIR_HAS_SRC || rule->has == WEIR_HAS_DST;
}

void weir_rule_to_prefix(const struct weir_filter_rule *rule, struct weir_filter_prefix *out)
{
	bool is_src = rule->has == WEIR_HAS_SRC;

	*out = (struct weir_filter_prefix){
		.len = is_src ? rule->src_len : rule->dst_len,
		.family = rule->family,
		.side = is_src ? WEIR_SRC : WEIR_DST,
		.deny = rule->deny,
		.counter = rule->counter,
	};
	memcpy(out->addr, is_src ? rule->src : rule->dst, sizeof(out->addr));
}

void weir_rule_from_prefix(const struct weir_filter_prefix *prefix, struct weir_filter_rule *out)
{
	bool is_src = prefix->side == WEIR_SRC;

	*out = (struct weir_filter_rule){
		.has = is_src ? WEIR_HAS_SRC : WEIR_HAS_DST,
		.family = prefix->family,
		.deny = prefix->deny,
		.counter = prefix->counter,
	};
	memcpy(is_src ? out->src : out->dst, prefix->addr, sizeof(prefix->addr));
	*(is_src ? &out->src_len : &out->dst_len) = prefix->len;
}

/* ---- order --------------------------------------------------------------- */

/* 0: any address; else its length and one. */
static unsigned int narrow(const struct weir_filter_rule *rule, uint32_t bit, uint8_t len)
{
	return rule->has & bit ? len + 1U : 0;
}

static int by_number(unsigned int a, unsigned int b)
{
	return a < b ? -1 : a > b;
}

int weir_rule_order(const void *left, const void *right)
{
	const struct weir_filter_rule *a = left, *b = right;
	const uint32_t address = WEIR_HAS_SRC | WEIR_HAS_DST;
	struct weir_filter_rule x = *a, y = *b;
	int order =
		by_number(narrow(b, WEIR_HAS_SRC, b->src_len), narrow(a, WEIR_HAS_SRC, a->src_len));

	order = order
			?: by_number(narrow(b, WEIR_HAS_DST, b->dst_len),
				     narrow(a, WEIR_HAS_DST, a->dst_len));
	order = order
			?: by_number((unsigned int)__builtin_popcount(b->has & ~address),
				     (unsigned int)__builtin_popcount(a->has & ~address));
	order = order ?: by_number(b->deny, a->deny);
	x.counter = y.counter = 0;
	return order ?: memcmp(&x, &y, sizeof(x));
}

bool weir_rule_is_same(const struct weir_filter_rule *a, const struct weir_filter_rule *b)
{
	struct weir_filter_rule x = *a, y = *b;

	x.counter = y.counter = 0;
	x.deny = y.deny = 0;
	return !memcmp(&x, &y, sizeof(x));
}

int weir_prefix_compare(const void *left, const void *right)
{
	const struct weir_filter_prefix *a = left, *b = right;
	int order = by_number(a->family, b->family);

	order = order ?: by_number(a->side, b->side);
	order = order ?: memcmp(a->addr, b->addr, sizeof(a->addr));
	return order ?: by_number(a->len, b->len);
}
