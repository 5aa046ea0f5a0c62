// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rates and sizes, out of text and into it. */
#include "cli/police/rate.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KI UINT64_C(1024)

/* What a unit stands for, as a fraction: bits a second, packets a second; bytes, packets. */
struct unit {
	const char *name;
	uint64_t times, by;
	bool packets;
};

static const struct unit rates[] = {
	{"", 1, 1, false},
	{"bit", 1, 1, false},
	{"kbit", 1000, 1, false},
	{"mbit", 1000000, 1, false},
	{"gbit", 1000000000, 1, false},
	{"tbit", UINT64_C(1000000000000), 1, false},
	{"kibit", KI, 1, false},
	{"mibit", KI *KI, 1, false},
	{"gibit", KI *KI *KI, 1, false},
	{"tibit", KI *KI *KI *KI, 1, false},
	{"bps", 8, 1, false},
	{"kbps", 8000, 1, false},
	{"mbps", 8000000, 1, false},
	{"gbps", UINT64_C(8000000000), 1, false},
	{"tbps", UINT64_C(8000000000000), 1, false},
	{"kibps", 8 * KI, 1, false},
	{"mibps", 8 * KI *KI, 1, false},
	{"gibps", 8 * KI *KI *KI, 1, false},
	{"tibps", 8 * KI *KI *KI *KI, 1, false},
	{"pps", 1, 1, true},
	{"kpps", 1000, 1, true},
	{"mpps", 1000000, 1, true},
	{NULL, 0, 0, false},
};

static const struct unit sizes[] = {
	{"", 1, 1, false},
	{"b", 1, 1, false},
	{"k", KI, 1, false},
	{"kb", KI, 1, false},
	{"m", KI *KI, 1, false},
	{"mb", KI *KI, 1, false},
	{"g", KI *KI *KI, 1, false},
	{"gb", KI *KI *KI, 1, false},
	{"kbit", KI, 8, false},
	{"mbit", KI *KI, 8, false},
	{"gbit", KI *KI *KI, 8, false},
	{"p", 1, 1, true},
	{NULL, 0, 0, false},
};

/* Digits, perhaps a fraction, then a unit. @value is in the unit's base, rounded down. */
static int read_number(const char *text, const struct unit *units, uint64_t *value, bool *packets)
{
	uint64_t digits = 0, scale = 1;
	const struct unit *unit;
	bool behind = false;
	const char *at = text;
	__extension__ unsigned __int128 wide;

	if (!isdigit((unsigned char)*at))
		return -EINVAL;
	for (; isdigit((unsigned char)*at) || (*at == '.' && !behind); at++) {
		if (*at == '.') {
			behind = true;
			if (!isdigit((unsigned char)at[1]))
				return -EINVAL;
			continue;
		}
		if (digits > UINT64_MAX / 100 || scale > 1000000000)
			return -ERANGE;
		digits = digits * 10 + (uint64_t)(*at - '0');
		scale *= behind ? 10 : 1;
	}
	for (unit = units; unit->name && strcasecmp(unit->name, at) != 0; unit++)
		;
	if (!unit->name)
		return -EINVAL;
	wide = digits;
	wide = wide * unit->times / unit->by / scale;
	if (wide > UINT64_MAX)
		return -ERANGE;
	/* 0.5pps is not a rate of nothing */
	if (!wide && digits)
		return -ERANGE;
	*value = (uint64_t)wide;
	*packets = unit->packets;
	return 0;
}

int weir_rate_read(const char *text, uint64_t *rate, bool *packets)
{
	uint64_t value;
	bool is_packets;
	int err = read_number(text, rates, &value, &is_packets);

	if (!err && value > (is_packets ? WEIR_RATE_PPS_MAX : WEIR_RATE_BITS_MAX))
		err = -ERANGE;
	if (!err) {
		*rate = value;
		*packets = is_packets;
	}
	return err;
}

int weir_size_read(const char *text, uint64_t *size, bool *packets)
{
	uint64_t value;
	bool is_packets;
	int err = read_number(text, sizes, &value, &is_packets);

	if (!err && value > WEIR_SIZE_MAX)
		err = -ERANGE;
	if (!err) {
		*size = value;
		*packets = is_packets;
	}
	return err;
}

/* The largest of the units that leaves no rest. */
static const char *put(uint64_t value, uint64_t base, const char *const *units, char *buf)
{
	size_t i = 0;

	while (value && value % base == 0 && units[i + 1]) {
		value /= base;
		i++;
	}
	snprintf(buf, WEIR_RATE_TEXT_MAX, "%" PRIu64 "%s", value, units[i]);
	return buf;
}

const char *weir_rate_text(uint64_t rate, bool packets, char *buf)
{
	static const char *const bits[] = {"bit", "kbit", "mbit", "gbit", "tbit", NULL};
	static const char *const of_packets[] = {"pps", "kpps", "mpps", NULL};

	return put(rate, 1000, packets ? of_packets : bits, buf);
}

const char *weir_size_text(uint64_t size, bool packets, char *buf)
{
	static const char *const bytes[] = {"b", "k", "m", "g", NULL};
	static const char *const of_packets[] = {"p", NULL};

	return put(size, KI, packets ? of_packets : bytes, buf);
}
