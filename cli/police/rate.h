/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rates and sizes as tc(8) writes them. Rates: a number of bits a second, or with a unit:
 * bit, kbit, mbit, gbit, tbit (by 1000), kibit ... (by 1024), bps, kbps ... kibps ... (bytes),
 * and pps, kpps, mpps. Sizes: b or nothing, k or kb, m or mb, g or gb (by 1024), kbit, mbit,
 * gbit (by 1024, of bits), and p, for packets.
 */
#ifndef WEIR_CLI_POLICE_RATE_H
#define WEIR_CLI_POLICE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define WEIR_RATE_TEXT_MAX 40
#define WEIR_RATE_BITS_MAX UINT64_C(10000000000000) /* 10 tbit */
#define WEIR_RATE_PPS_MAX  UINT64_C(10000000000)
#define WEIR_SIZE_MAX	   (UINT64_C(1) << 40)

/* Bits or packets a second. -EINVAL: no rate; -ERANGE. */
int weir_rate_read(const char *text, uint64_t *rate, bool *packets);
/* Bytes or packets. */
int weir_size_read(const char *text, uint64_t *size, bool *packets);
/* As short as it can be read again; @buf of WEIR_RATE_TEXT_MAX. */
const char *weir_rate_text(uint64_t rate, bool packets, char *buf);
const char *weir_size_text(uint64_t size, bool packets, char *buf);

#endif
