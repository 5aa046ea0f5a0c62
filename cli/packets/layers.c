// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which headers a packet has. */
#include "cli/packets/header.h"

static int header_of(enum weir_next next, unsigned int value)
{
	for (int i = 0; i < WEIR_HEADERS; i++) {
		int says = next == WEIR_NEXT_ETHERTYPE ? weir_headers[i].ethertype
						       : weir_headers[i].proto;

		if (next != WEIR_NEXT_NOTHING && says >= 0 && (unsigned int)says == value)
			return i;
	}
	return -1;
}

/* By its own word; less than the least: it cannot be. */
static size_t length_of(enum weir_header header, const uint8_t *at)
{
	switch (header) {
	case WEIR_HEADER_IPV4:
		return (size_t)(at[0] & 15) * 4;
	case WEIR_HEADER_TCP:
		return (size_t)(at[12] >> 4) * 4;
	case WEIR_HEADER_HOPOPTS:
	case WEIR_HEADER_DSTOPTS:
	case WEIR_HEADER_ROUTING:
		return ((size_t)at[1] + 1) * 8;
	case WEIR_HEADER_AH:
		return ((size_t)at[1] + 2) * 4;
	default:
		return weir_headers[header].min_bytes;
	}
}

/* The version too: tunnels and damaged packets. */
static bool is_what_it_says(enum weir_header header, const uint8_t *at)
{
	if (header == WEIR_HEADER_IPV4)
		return at[0] >> 4 == 4;
	if (header == WEIR_HEADER_IPV6)
		return at[0] >> 4 == 6;
	/* other hardware, other lengths */
	if (header == WEIR_HEADER_ARP)
		return at[4] == 6 && at[5] == 4;
	/* with a checksum, a key or numbers it is longer, RFC 2890 */
	if (header == WEIR_HEADER_GRE)
		return !(at[0] & 0xf0) && !(at[1] & 7);
	return true;
}

static bool is_later_fragment(enum weir_header header, const uint8_t *at)
{
	if (header == WEIR_HEADER_IPV4)
		return weir_bits_get(at, 51, 13);
	return header == WEIR_HEADER_FRAGMENT && weir_bits_get(at, 16, 13);
}

size_t weir_layers(const uint8_t *bytes, size_t len_bytes, struct weir_layer *out)
{
	int header = WEIR_HEADER_ETH;
	size_t at = 0, n = 0;

	while (header >= 0 && n < WEIR_LAYERS_MAX) {
		const struct weir_header_info *info = &weir_headers[header];
		const uint8_t *here = bytes + at;
		size_t own;

		if (len_bytes - at < info->min_bytes || !is_what_it_says(header, here))
			break;
		own = length_of(header, here);
		if (own < info->min_bytes || own > len_bytes - at)
			break;
		out[n++] = (struct weir_layer){header, at, own};
		at += own;
		if (is_later_fragment(header, here) || info->next == WEIR_NEXT_NOTHING)
			break;
		header = header_of(info->next, (unsigned int)weir_bits_get(
						       here, info->next_bit,
						       info->next == WEIR_NEXT_ETHERTYPE ? 16 : 8));
	}
	return n;
}
