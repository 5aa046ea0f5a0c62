// SPDX-License-Identifier: LGPL-2.1-or-later
/* The tables, and fields as text. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/header.h"

#define NUMBER(name, bit, bits)                    \
	{                                          \
		name, bit, bits, WEIR_FIELD_NUMBER \
	}
#define HEX(name, bit, bits)                    \
	{                                       \
		name, bit, bits, WEIR_FIELD_HEX \
	}
#define FLAG(name, bit)                       \
	{                                     \
		name, bit, 1, WEIR_FIELD_FLAG \
	}
#define MAC(name, bit)                        \
	{                                     \
		name, bit, 48, WEIR_FIELD_MAC \
	}
#define IPV4(name, bit)                        \
	{                                      \
		name, bit, 32, WEIR_FIELD_IPV4 \
	}
#define IPV6(name, bit)                         \
	{                                       \
		name, bit, 128, WEIR_FIELD_IPV6 \
	}
#define END                                   \
	{                                     \
		NULL, 0, 0, WEIR_FIELD_NUMBER \
	}

/* clang-format off */
static const struct weir_header_field eth[] = {MAC("dst", 0), MAC("src", 48), HEX("type", 96, 16), END};
static const struct weir_header_field vlan[] = {
	NUMBER("pcp", 0, 3), FLAG("dei", 3), NUMBER("vid", 4, 12), HEX("type", 16, 16), END};
static const struct weir_header_field arp[] = { /* RFC 826, of Ethernet and IPv4 */
	NUMBER("hardware", 0, 16), HEX("protocol", 16, 16), NUMBER("hlen", 32, 8),
	NUMBER("plen", 40, 8), NUMBER("op", 48, 16), MAC("sha", 64), IPV4("src", 112),
	MAC("tha", 144), IPV4("dst", 192), END};
static const struct weir_header_field ipv4[] = { /* RFC 791 3.1 */
	NUMBER("version", 0, 4), NUMBER("ihl", 4, 4), HEX("tos", 8, 8), NUMBER("total", 16, 16),
	NUMBER("id", 32, 16), FLAG("reserved", 48), FLAG("df", 49), FLAG("mf", 50),
	NUMBER("offset", 51, 13), NUMBER("ttl", 64, 8), NUMBER("proto", 72, 8), HEX("sum", 80, 16),
	IPV4("src", 96), IPV4("dst", 128), END};
static const struct weir_header_field ipv6[] = { /* RFC 8200 3 */
	NUMBER("version", 0, 4), HEX("class", 4, 8), HEX("flow", 12, 20), NUMBER("plen", 32, 16),
	NUMBER("next", 48, 8), NUMBER("hop", 56, 8), IPV6("src", 64), IPV6("dst", 192), END};
static const struct weir_header_field options[] = {NUMBER("next", 0, 8), NUMBER("hdrlen", 8, 8), END};
static const struct weir_header_field routing[] = {
	NUMBER("next", 0, 8), NUMBER("hdrlen", 8, 8), NUMBER("type", 16, 8), NUMBER("left", 24, 8),
	END};
static const struct weir_header_field fragment[] = {
	NUMBER("next", 0, 8), NUMBER("offset", 16, 13), FLAG("mf", 31), NUMBER("id", 32, 32), END};
static const struct weir_header_field ah[] = { /* RFC 4302 2 */
	NUMBER("next", 0, 8), NUMBER("hdrlen", 8, 8), NUMBER("spi", 32, 32), NUMBER("seq", 64, 32),
	END};
static const struct weir_header_field esp[] = {NUMBER("spi", 0, 32), NUMBER("seq", 32, 32), END};
static const struct weir_header_field gre[] = {HEX("flags", 0, 16), HEX("type", 16, 16), END};
static const struct weir_header_field tcp[] = { /* RFC 9293 3.1 */
	NUMBER("sport", 0, 16), NUMBER("dport", 16, 16), NUMBER("seq", 32, 32),
	NUMBER("ack", 64, 32), NUMBER("doff", 96, 4), {"flags", 104, 8, WEIR_FIELD_TCP_FLAGS},
	NUMBER("win", 112, 16), HEX("sum", 128, 16), NUMBER("urg", 144, 16), END};
static const struct weir_header_field udp[] = {
	NUMBER("sport", 0, 16), NUMBER("dport", 16, 16), NUMBER("ulen", 32, 16),
	HEX("sum", 48, 16), END};
static const struct weir_header_field icmp[] = {
	NUMBER("type", 0, 8), NUMBER("code", 8, 8), HEX("sum", 16, 16), NUMBER("id", 32, 16),
	NUMBER("seq", 48, 16), END};
static const struct weir_header_field sctp[] = {
	NUMBER("sport", 0, 16), NUMBER("dport", 16, 16), HEX("vtag", 32, 32), HEX("sum", 64, 32),
	END};

#define NOTHING	     WEIR_NEXT_NOTHING, 0
#define ETHERTYPE(b) WEIR_NEXT_ETHERTYPE, b
#define PROTO(b)     WEIR_NEXT_PROTO, b

/* linux/if_ether.h, linux/in.h */
const struct weir_header_info weir_headers[WEIR_HEADERS] = {
	[WEIR_HEADER_ETH] = {"eth", eth, 0x6558, -1, ETHERTYPE(96), 14},
	[WEIR_HEADER_VLAN] = {"vlan", vlan, 0x8100, -1, ETHERTYPE(16), 4},
	[WEIR_HEADER_QINQ] = {"qinq", vlan, 0x88a8, -1, ETHERTYPE(16), 4},
	[WEIR_HEADER_ARP] = {"arp", arp, 0x0806, -1, NOTHING, 28},
	[WEIR_HEADER_IPV4] = {"ipv4", ipv4, 0x0800, 4, PROTO(72), 20},
	[WEIR_HEADER_IPV6] = {"ipv6", ipv6, 0x86dd, 41, PROTO(48), 40},
	[WEIR_HEADER_HOPOPTS] = {"hopopts", options, -1, 0, PROTO(0), 8},
	[WEIR_HEADER_ROUTING] = {"routing", routing, -1, 43, PROTO(0), 8},
	[WEIR_HEADER_FRAGMENT] = {"fragment", fragment, -1, 44, PROTO(0), 8},
	[WEIR_HEADER_DSTOPTS] = {"dstopts", options, -1, 60, PROTO(0), 8},
	[WEIR_HEADER_AH] = {"ah", ah, -1, 51, PROTO(0), 12},
	[WEIR_HEADER_ESP] = {"esp", esp, -1, 50, NOTHING, 8},
	[WEIR_HEADER_GRE] = {"gre", gre, -1, 47, ETHERTYPE(16), 4},
	[WEIR_HEADER_TCP] = {"tcp", tcp, -1, 6, NOTHING, 20},
	[WEIR_HEADER_UDP] = {"udp", udp, -1, 17, NOTHING, 8},
	[WEIR_HEADER_ICMP] = {"icmp", icmp, -1, 1, NOTHING, 8},
	[WEIR_HEADER_ICMPV6] = {"icmpv6", icmp, -1, 58, NOTHING, 8},
	[WEIR_HEADER_SCTP] = {"sctp", sctp, -1, 132, NOTHING, 12},
};
/* clang-format on */

int weir_header_by_name(const char *name)
{
	for (int i = 0; i < WEIR_HEADERS; i++)
		if (!strcmp(weir_headers[i].name, name))
			return i;
	return -ENOENT;
}

const struct weir_header_field *weir_header_field_find(enum weir_header header, const char *name)
{
	for (const struct weir_header_field *f = weir_headers[header].fields; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

int weir_hex_byte(const char *digits)
{
	int high = hex_digit(digits[0]), low = high < 0 ? -1 : hex_digit(digits[1]);

	return low < 0 ? -EINVAL : high << 4 | low;
}

/* ---- bits ---------------------------------------------------------------- */

uint64_t weir_bits_get(const uint8_t *at, unsigned int bit, unsigned int bits)
{
	uint64_t value = 0;

	for (unsigned int i = bit; i < bit + bits; i++)
		value = value << 1 | (at[i / 8] >> (7 - i % 8) & 1);
	return value;
}

void weir_bits_set(uint8_t *at, unsigned int bit, unsigned int bits, uint64_t value)
{
	for (unsigned int i = bit + bits; i-- > bit; value >>= 1) {
		uint8_t mask = (uint8_t)(0x80u >> i % 8);

		at[i / 8] = (uint8_t)(value & 1 ? at[i / 8] | mask : at[i / 8] & ~mask);
	}
}

/* ---- fields as text ------------------------------------------------------ */

static const char tcp_letters[] = "FSRP.UEW"; /* from the least significant bit */

static int read_tcp_flags(const char *text, uint64_t *out)
{
	*out = 0;
	if (!strcmp(text, "none"))
		return 0;
	for (; *text; text++) {
		const char *at = strchr(tcp_letters, *text == 'A' ? '.' : *text);

		if (!at)
			return -EINVAL;
		*out |= 1u << (at - tcp_letters);
	}
	return 0;
}

static void write_tcp_flags(uint64_t value, char *buf, size_t len)
{
	size_t n = 0;

	for (unsigned int i = 0; i < 8; i++)
		if (value >> i & 1 && n + 1 < len)
			buf[n++] = tcp_letters[i];
	buf[n] = '\0';
	if (!n)
		snprintf(buf, len, "none");
}

static int read_mac(const char *text, uint8_t *mac)
{
	for (int i = 0; i < 6; i++, text += 3) {
		int byte = weir_hex_byte(text);

		if (byte < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac[i] = (uint8_t)byte;
	}
	return 0;
}

static int read_number(const struct weir_header_field *field, const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno || (*out >> (field->bits - 1)) > 1)
		return -EINVAL;
	return 0;
}

int weir_header_field_read(const struct weir_header_field *field, const char *text, uint8_t *header)
{
	uint8_t *at = header + field->bit / 8;
	uint64_t value;
	int err;

	switch (field->form) {
	case WEIR_FIELD_MAC:
		return read_mac(text, at);
	case WEIR_FIELD_IPV4:
		return inet_pton(AF_INET, text, at) == 1 ? 0 : -EINVAL;
	case WEIR_FIELD_IPV6:
		return inet_pton(AF_INET6, text, at) == 1 ? 0 : -EINVAL;
	case WEIR_FIELD_TCP_FLAGS:
		err = read_tcp_flags(text, &value);
		break;
	default:
		err = read_number(field, text, &value);
		break;
	}
	if (!err)
		weir_bits_set(header, field->bit, field->bits, value);
	return err;
}

void weir_header_field_write(const struct weir_header_field *field, const uint8_t *header,
			     char *buf, size_t len)
{
	const uint8_t *at = header + field->bit / 8;
	uint64_t value;

	switch (field->form) {
	case WEIR_FIELD_MAC:
		snprintf(buf, len, "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3],
			 at[4], at[5]);
		return;
	case WEIR_FIELD_IPV4:
	case WEIR_FIELD_IPV6:
		if (!inet_ntop(field->form == WEIR_FIELD_IPV4 ? AF_INET : AF_INET6, at, buf,
			       (socklen_t)len))
			*buf = '\0';
		return;
	default:
		break;
	}
	value = weir_bits_get(header, field->bit, field->bits);
	if (field->form == WEIR_FIELD_TCP_FLAGS)
		write_tcp_flags(value, buf, len);
	else if (field->form == WEIR_FIELD_HEX)
		snprintf(buf, len, "0x%0*llx", (field->bits + 3) / 4, (unsigned long long)value);
	else
		snprintf(buf, len, "%llu", (unsigned long long)value);
}

/* ---- checksums ----------------------------------------------------------- */

uint32_t weir_sum_add(uint32_t sum, const uint8_t *bytes, size_t len_bytes)
{
	for (size_t i = 0; i < len_bytes; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

uint16_t weir_sum_end(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
