/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets made of others by damage: for model checks. */
#ifndef WEIR_TESTS_MUTATE_H
#define WEIR_TESTS_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* xorshift64: the same packets for the same seed, not 0, everywhere. */
static inline uint64_t mutate_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Changes some bytes of the headers, sometimes cuts the packet. Returns its length, which is
 * more than an Ethernet header's, as @len must be. */
static inline size_t mutate_packet(uint8_t *bytes, size_t len, uint64_t *state)
{
	uint64_t n = mutate_random(state) % 6;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = mutate_random(state) % (len < 128 ? len : 128);

		if (at < 12)
			continue; /* addresses decide nothing */
		if (mutate_random(state) % 3 == 0)
			bytes[at] ^= (uint8_t)(1U << mutate_random(state) % 8);
		else
			bytes[at] = (uint8_t)mutate_random(state);
	}
	return mutate_random(state) % 4 ? len : 14 + mutate_random(state) % (len - 13);
}

#endif
