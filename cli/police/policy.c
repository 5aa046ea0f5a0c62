// SPDX-License-Identifier: LGPL-2.1-or-later
/* Policies out of words, and into them; and the numbers of which a bucket is made. */
#include "cli/police/policy.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cli/police/rate.h"

#define WHY	       160 /* bytes */
#define NSEC_PER_SEC   UINT64_C(1000000000)
#define TIMES_PER_SEC  (NSEC_PER_SEC << WEIR_TIME_BITS)
#define BURST_NS       UINT64_C(10000000) /* of the default burst, and at least: */
#define BURST_PACKETS  5
#define FRAME_BYTES    1514
#define LEASES_SHARE   8 /* of the burst is what all CPUs have in hand at most */
#define SMALLEST_FRAME 60

__extension__ typedef unsigned __int128 wide;

static int fail(char *why, const char *what, const char *text, const char *cause)
{
	snprintf(why, WHY, "%s '%.60s': %s", what, text, cause);
	return -EINVAL;
}

bool weir_policy_words_any(const struct weir_policy_words *words)
{
	return words->rate || words->burst || words->per || words->exceed || words->drop ||
	       words->pace || words->dscp || words->mark;
}

uint64_t weir_tick_ns(void)
{
	struct timespec tick;

	/* Linux: the resolution of the coarse clocks is the tick, whatever HZ is. */
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec || tick.tv_nsec <= 0)
		return NSEC_PER_SEC / 100; /* the longest there is */
	return (uint64_t)tick.tv_nsec;
}

/* ---- costs --------------------------------------------------------------- */

/* What one byte or packet costs, times 2^shift, with as many bits as fit. */
static void set_cost(struct weir_policy *policy)
{
	wide second = (wide)TIMES_PER_SEC * (policy->unit == WEIR_POLICE_BYTES ? 8 : 1);
	unsigned int shift = WEIR_COST_SHIFT_MAX;

	policy->mult = 0;
	if (!policy->rate)
		return;
	while (shift && (second << shift) / policy->rate >> WEIR_COST_MULT_BITS)
		shift--;
	policy->shift = (uint8_t)shift;
	policy->mult = (uint64_t)(((second << shift) + policy->rate / 2) / policy->rate);
}

static wide cost_of(const struct weir_policy *policy, uint64_t amount)
{
	return (wide)amount * policy->mult >> policy->shift;
}

static void set_quantum(struct weir_policy *policy)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t quantum = policy->burst / (LEASES_SHARE * (cpus > 0 ? (uint64_t)cpus : 1));
	wide one = cost_of(policy, policy->unit == WEIR_POLICE_BYTES ? SMALLEST_FRAME : 1);

	policy->quantum = 0;
	if (policy->per != WEIR_PER_RULE && quantum > WEIR_KEY_QUANTUM_NS << WEIR_TIME_BITS)
		quantum = WEIR_KEY_QUANTUM_NS << WEIR_TIME_BITS;
	if (policy->exceed != WEIR_EXCEED_PACE && quantum >= one)
		policy->quantum = quantum;
}

uint64_t weir_policy_flow(const struct weir_policy *policy, uint64_t ns)
{
	wide flow = (wide)policy->rate * ns / NSEC_PER_SEC;

	if (policy->unit == WEIR_POLICE_BYTES)
		flow /= 8;
	return flow ? (uint64_t)flow : 1;
}

static uint64_t default_burst(const struct weir_policy *policy)
{
	uint64_t least = BURST_PACKETS * (policy->unit == WEIR_POLICE_BYTES ? FRAME_BYTES : 1);
	uint64_t flow = weir_policy_flow(policy, BURST_NS);

	if (policy->exceed == WEIR_EXCEED_PACE)
		return 0;
	return flow > least ? flow : least;
}

/* ---- words --------------------------------------------------------------- */

static int read_rate(const struct weir_policy_words *words, struct weir_policy *policy, char *why)
{
	uint64_t rate = 0;
	bool packets;
	int err;

	if (!words->rate) {
		snprintf(why, WHY, "rate: is missing, as in rate 10mbit or rate 1000pps");
		return -EINVAL;
	}
	err = weir_rate_read(words->rate, &rate, &packets);
	if (err == -ERANGE)
		return fail(why, "rate", words->rate,
			    "not 1bit to 10tbit, 1pps to 10000mpps, or 0");
	if (err)
		return fail(why, "rate", words->rate,
			    "not a rate, as 10mbit, 100kbps (bytes) or 1000pps");
	policy->rate = rate;
	policy->unit = packets ? WEIR_POLICE_PACKETS : WEIR_POLICE_BYTES;
	return 0;
}

static int read_burst(const struct weir_policy_words *words, struct weir_policy *policy, char *why)
{
	bool packets = policy->unit == WEIR_POLICE_PACKETS, of_packets;
	uint64_t given = default_burst(policy);
	wide burst;
	int err;

	if (words->burst) {
		err = weir_size_read(words->burst, &given, &of_packets);
		if (err == -ERANGE)
			return fail(why, "burst", words->burst, "more than a bucket holds");
		if (err)
			return fail(why, "burst", words->burst,
				    "not a size, as 64k, 1500b or 100p");
		if (of_packets != packets)
			return fail(why, "burst", words->burst,
				    packets ? "the rate is of packets, and this of bytes: say 100p"
					    : "the rate is of bytes, and this of packets: say 64k");
		if (!given && policy->exceed != WEIR_EXCEED_PACE)
			return fail(why, "burst", words->burst, "nothing would pass");
	}
	policy->burst_given = given;
	burst = cost_of(policy, given);
	if (burst > WEIR_TIME_BURST_MAX)
		return fail(why, "burst", words->burst ? words->burst : words->rate,
			    "would fill for more than fifty days at this rate");
	policy->burst = (uint64_t)burst;
	return 0;
}

static bool read_len(const char *text, size_t len, unsigned int max, uint8_t *out)
{
	unsigned int value = 0;

	if (!len || len > 3)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		value = value * 10 + (unsigned int)(text[i] - '0');
	}
	*out = (uint8_t)value;
	return value <= max;
}

static uint64_t mask_of(unsigned int len)
{
	return len >= 64 ? UINT64_MAX : len ? UINT64_MAX << (64 - len) : 0;
}

static const char *const per_names[] = {"rule", "src", "dst", "flow", "interface"};

/* "src", "src/24", "src/24,56" */
static int read_per(const struct weir_policy_words *words, struct weir_policy *policy, char *why)
{
	const char *text = words->per ? words->per : "rule", *slash = strchr(text, '/'), *comma;
	size_t len = slash ? (size_t)(slash - text) : strlen(text), i = 0;
	bool fits = true;

	while (i < 5 && (strlen(per_names[i]) != len || strncasecmp(per_names[i], text, len) != 0))
		i++;
	if (i == 5)
		return fail(why, "per", text,
			    "not rule, src, dst, flow, interface, src/LEN or src/LEN,LEN6");
	policy->per = (uint8_t)i;
	policy->len4 = 32;
	policy->len6 = 128;
	if (slash) {
		if (i != WEIR_PER_SRC && i != WEIR_PER_DST)
			return fail(why, "per", text, "only src and dst have prefixes");
		slash++;
		comma = strchr(slash, ',');
		policy->len6 = 64; /* a host's network */
		fits = read_len(slash, comma ? (size_t)(comma - slash) : strlen(slash), 32,
				&policy->len4);
		if (comma)
			fits = fits && read_len(comma + 1, strlen(comma + 1), 128, &policy->len6);
	}
	if (!fits)
		return fail(why, "per", text,
			    "its lengths are not 0 to 32 (IPv4), then 0 to 128 (IPv6)");
	policy->mask4 = (uint32_t)(mask_of(policy->len4) >> 32);
	policy->mask6_hi = mask_of(policy->len6);
	policy->mask6_lo = policy->len6 > 64 ? mask_of(policy->len6 - 64U) : 0;
	return 0;
}

/* RFC 2474, 2597, 3246, 5865, 8622. */
static int dscp_by_name(const char *text)
{
	int a, b;

	if (!strcasecmp(text, "default") || !strcasecmp(text, "be"))
		return 0;
	if (!strcasecmp(text, "ef"))
		return 46;
	if (!strcasecmp(text, "va"))
		return 44;
	if (!strcasecmp(text, "le"))
		return 1;
	a = text[0] && text[1] ? text[2] - '0' : -1;
	if (!strncasecmp(text, "cs", 2) && a >= 0 && a <= 7 && !text[3])
		return a * 8;
	b = a >= 1 && a <= 4 ? text[3] - '0' : -1;
	if (!strncasecmp(text, "af", 2) && b >= 1 && b <= 3 && !text[4])
		return a * 8 + b * 2;
	return -1;
}

static int read_dscp(const char *text, struct weir_policy *policy, char *why)
{
	int named = dscp_by_name(text);
	uint8_t value;

	if (named < 0 && !read_len(text, strlen(text), 63, &value))
		return fail(why, "dscp", text, "neither 0 to 63 nor a name, as af11, cs1 or ef");
	policy->exceed = WEIR_EXCEED_DSCP;
	policy->value = named < 0 ? value : (uint32_t)named;
	return 0;
}

static int read_mark(const char *text, struct weir_policy *policy, char *why)
{
	unsigned long long value = 0;
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)*text))
		value = strtoull(text, &end, 0);
	if (!end || *end || errno || value > UINT32_MAX)
		return fail(why, "mark", text, "not a number from 0 to 4294967295");
	policy->exceed = WEIR_EXCEED_MARK;
	policy->value = (uint32_t)value;
	return 0;
}

static int read_exceed(const struct weir_policy_words *words, struct weir_policy *policy, char *why)
{
	int n = words->drop + words->pace + (words->dscp != NULL) + (words->mark != NULL);

	if (n > 1 || words->exceed != (n == 1)) {
		snprintf(why, WHY, "exceed: one of drop, dscp X, mark N and pace follows it");
		return -EINVAL;
	}
	if (words->dscp)
		return read_dscp(words->dscp, policy, why);
	if (words->mark)
		return read_mark(words->mark, policy, why);
	policy->exceed = words->pace ? WEIR_EXCEED_PACE : WEIR_EXCEED_DROP;
	return 0;
}

int weir_policy_read(const struct weir_policy_words *words, struct weir_policy *out, char *why)
{
	struct weir_policy policy = {0};
	int err = read_rate(words, &policy, why);

	err = err ?: read_per(words, &policy, why);
	err = err ?: read_exceed(words, &policy, why);
	if (err)
		return err;
	set_cost(&policy);
	err = read_burst(words, &policy, why);
	if (err)
		return err;
	set_quantum(&policy);
	*out = policy;
	return 0;
}

/* ---- text ---------------------------------------------------------------- */

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
	n = vsnprintf(text->buf + text->at, WEIR_POLICY_TEXT_MAX - text->at, fmt, args);
	va_end(args);
	if (n > 0 && text->at + (size_t)n < WEIR_POLICY_TEXT_MAX)
		text->at += (size_t)n;
}

const char *weir_policy_text(const struct weir_policy *policy, char *buf)
{
	bool packets = policy->unit == WEIR_POLICE_PACKETS;
	struct text text = {.buf = buf};
	char number[WEIR_RATE_TEXT_MAX];

	put(&text, "rate %s", weir_rate_text(policy->rate, packets, number));
	put(&text, " burst %s", weir_size_text(policy->burst_given, packets, number));
	if (policy->per != WEIR_PER_RULE && policy->per < 5)
		put(&text, " per %s", per_names[policy->per]);
	if (policy->len4 != 32 || policy->len6 != 128)
		put(&text, "/%u,%u", policy->len4, policy->len6);
	if (policy->exceed == WEIR_EXCEED_DSCP)
		put(&text, " exceed dscp %u", policy->value);
	else if (policy->exceed == WEIR_EXCEED_MARK)
		put(&text, " exceed mark %u", policy->value);
	else if (policy->exceed == WEIR_EXCEED_PACE)
		put(&text, " exceed pace");
	return buf;
}

bool weir_policy_has_same_keys(const struct weir_policy *a, const struct weir_policy *b)
{
	return a->per == b->per && a->len4 == b->len4 && a->len6 == b->len6;
}

bool weir_policy_is_same(const struct weir_policy *a, const struct weir_policy *b)
{
	return weir_policy_has_same_keys(a, b) && a->unit == b->unit && a->rate == b->rate &&
	       a->burst_given == b->burst_given && a->exceed == b->exceed && a->value == b->value;
}
