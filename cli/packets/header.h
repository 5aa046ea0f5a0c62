/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Protocol headers as tables: which fields there are, at which bit, and what follows. Packets
 * are built from words by these tables (describe.h), and two packets compared by them.
 */
#ifndef WEIR_CLI_PACKETS_HEADER_H
#define WEIR_CLI_PACKETS_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weir_header {
	WEIR_HEADER_ETH,
	WEIR_HEADER_VLAN,
	WEIR_HEADER_QINQ,
	WEIR_HEADER_ARP,
	WEIR_HEADER_IPV4,
	WEIR_HEADER_IPV6,
	WEIR_HEADER_HOPOPTS,
	WEIR_HEADER_ROUTING,
	WEIR_HEADER_FRAGMENT,
	WEIR_HEADER_DSTOPTS,
	WEIR_HEADER_AH,
	WEIR_HEADER_ESP,
	WEIR_HEADER_GRE,
	WEIR_HEADER_TCP,
	WEIR_HEADER_UDP,
	WEIR_HEADER_ICMP,
	WEIR_HEADER_ICMPV6,
	WEIR_HEADER_SCTP,
	WEIR_HEADERS
};

enum weir_header_field_form {
	WEIR_FIELD_NUMBER,
	WEIR_FIELD_HEX,
	WEIR_FIELD_FLAG, /* one bit */
	WEIR_FIELD_MAC,
	WEIR_FIELD_IPV4,
	WEIR_FIELD_IPV6,
	WEIR_FIELD_TCP_FLAGS, /* letters, as tcpdump has them: "S.", "FPU" */
};

struct weir_header_field {
	const char *name; /* NULL ends the list */
	uint16_t bit;	  /* of the header, the first is the most significant */
	uint16_t bits;
	enum weir_header_field_form form;
};

/* Which field names the header that follows. */
enum weir_next { WEIR_NEXT_NOTHING, WEIR_NEXT_ETHERTYPE, WEIR_NEXT_PROTO };

struct weir_header_info {
	const char *name;
	const struct weir_header_field *fields;
	int ethertype; /* that says it; -1: none does */
	int proto;     /* IP protocol that says it; -1 */
	enum weir_next next;
	uint16_t next_bit;
	uint8_t min_bytes;
};

extern const struct weir_header_info weir_headers[WEIR_HEADERS];

/* -ENOENT. */
int weir_header_by_name(const char *name);
const struct weir_header_field *weir_header_field_find(enum weir_header header, const char *name);

/* The byte that two hexadecimal digits say; -EINVAL. */
int weir_hex_byte(const char *digits);

/* Up to 64 bits. */
uint64_t weir_bits_get(const uint8_t *at, unsigned int bit, unsigned int bits);
void weir_bits_set(uint8_t *at, unsigned int bit, unsigned int bits, uint64_t value);

/* @header: where it begins. -EINVAL: @text is no value of that field. */
int weir_header_field_read(const struct weir_header_field *field, const char *text,
			   uint8_t *header);
void weir_header_field_write(const struct weir_header_field *field, const uint8_t *header,
			     char *buf, size_t len);

/* A header in a packet. */
struct weir_layer {
	enum weir_header header;
	size_t at;	  /* bytes from the beginning of the packet */
	size_t len_bytes; /* options included */
};

#define WEIR_LAYERS_MAX 24

/* The headers of @len_bytes from an Ethernet header on, up to the first that is cut off or whose
 * length cannot be. Returns how many. A fragment's payload is no header. */
size_t weir_layers(const uint8_t *bytes, size_t len_bytes, struct weir_layer *out);

/* RFC 1071 over @len_bytes, on from @sum. */
uint32_t weir_sum_add(uint32_t sum, const uint8_t *bytes, size_t len_bytes);
uint16_t weir_sum_end(uint32_t sum);

#endif
