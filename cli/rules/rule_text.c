// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rules as text, which is read again. */
#include "cli/rules/rule.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#include "maps/weir_map.h"

struct text {
	char *buf;
	size_t at;
};

static void put(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *text, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text->buf + text->at, WEIR_RULE_TEXT_MAX - text->at, fmt, args);
	va_end(args);
	if (n > 0 && text->at + (size_t)n < WEIR_RULE_TEXT_MAX)
		text->at += (size_t)n;
}

static void put_prefix(struct text *text, const char *word, uint8_t family, const uint8_t *addr,
		       unsigned int len)
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(family == WEIR_IPV4 ? AF_INET : AF_INET6, addr, host, sizeof(host));
	put(text, " %s %s", word, host);
	if (len != (family == WEIR_IPV4 ? 32 : 128))
		put(text, "/%u", len);
}

static void put_range(struct text *text, const char *word, unsigned int min, unsigned int max)
{
	put(text, " %s %u", word, min);
	if (max != min)
		put(text, "-%u", max);
}

static void put_flags(struct text *text, uint8_t flags)
{
	const char *comma = "";

	for (int i = 0; i < 8; i++)
		if (flags & 1U << i) {
			put(text, "%s%s", comma, weir_tcp_flag_names[i]);
			comma = ",";
		}
}

static void put_mac(struct text *text, const char *word, const uint8_t *mac)
{
	put(text, " %s %02x:%02x:%02x:%02x:%02x:%02x", word, mac[0], mac[1], mac[2], mac[3], mac[4],
	    mac[5]);
}

static void put_transport(struct text *text, const struct weir_filter_rule *rule)
{
	const char *name = weir_proto_name(rule->proto);

	if (rule->has & WEIR_HAS_PROTO && rule->proto == IPPROTO_ICMPV6)
		put(text, " proto icmp6");
	else if (rule->has & WEIR_HAS_PROTO && name)
		put(text, " proto %s", name);
	else if (rule->has & WEIR_HAS_PROTO)
		put(text, " proto %u", rule->proto);
	if (rule->has & WEIR_HAS_SPORT)
		put_range(text, "sport", rule->sport_min, rule->sport_max);
	if (rule->has & WEIR_HAS_DPORT)
		put_range(text, "dport", rule->dport_min, rule->dport_max);
	if (rule->has & WEIR_HAS_FLAGS) {
		put(text, " flags ");
		put_flags(text, rule->flags);
		if (rule->flags_mask != rule->flags || !rule->flags) {
			put(text, "/");
			put_flags(text, rule->flags_mask);
		}
	}
	if (rule->has & WEIR_HAS_ICMP) {
		put(text, " icmp %u", rule->icmp_min >> 8);
		if (rule->icmp_min == rule->icmp_max)
			put(text, "/%u", rule->icmp_min & 0xff);
	}
}

const char *weir_rule_text(const struct weir_filter_rule *rule, char *buf)
{
	struct text text = {.buf = buf};

	put(&text, "%s", rule->deny ? "deny" : "allow");
	if (rule->has & WEIR_HAS_SRC)
		put_prefix(&text, "src", rule->family, rule->src, rule->src_len);
	if (rule->has & WEIR_HAS_DST)
		put_prefix(&text, "dst", rule->family, rule->dst, rule->dst_len);
	put_transport(&text, rule);
	if (rule->has & WEIR_HAS_SMAC)
		put_mac(&text, "smac", rule->smac);
	if (rule->has & WEIR_HAS_DMAC)
		put_mac(&text, "dmac", rule->dmac);
	if (rule->has & WEIR_HAS_FRAGMENT)
		put(&text, " fragment");
	return buf;
}
