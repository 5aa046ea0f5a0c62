// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Drivers name their counters as they like; of those for each queue the ways are few. In: a name.
 * Out: direction, queue and what is counted. A name with any other word or a second number is of
 * something else: a priority, a size, what XDP did.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "loader/queue_stats.h"

struct token {
	const char *text;
	size_t len;
	bool is_number;
};

/* Letters or digits, whatever stands between them. */
static bool next_token(const char **at, struct token *out)
{
	int (*is_same)(int);

	while (**at && !isalnum((unsigned char)**at))
		++*at;
	out->text = *at;
	out->is_number = isdigit((unsigned char)**at);
	is_same = out->is_number ? isdigit : isalpha;
	while (is_same((unsigned char)**at))
		++*at;
	out->len = (size_t)(*at - out->text);
	return out->len;
}

static bool is_word(const struct token *token, const char *list)
{
	for (; *list; list += strcspn(list, " "), list += *list == ' ')
		if (strcspn(list, " ") == token->len && !strncasecmp(list, token->text, token->len))
			return true;
	return false;
}

struct reading {
	bool has_direction, tx, has_queue, xdp, packets, bytes;
	uint32_t queue;
};

static bool take_direction(struct reading *reading, bool tx)
{
	if (reading->has_direction && reading->tx != tx)
		return false;
	reading->has_direction = true;
	reading->tx = tx;
	return true;
}

static bool take_number(struct reading *reading, const struct token *token)
{
	if (reading->has_queue || token->len > 4)
		return false;
	reading->has_queue = true;
	for (size_t i = 0; i < token->len; i++)
		reading->queue = reading->queue * 10 + (uint32_t)(token->text[i] - '0');
	return true;
}

static bool take(struct reading *reading, const struct token *token)
{
	bool quantity = reading->packets || reading->bytes;

	if (token->is_number)
		return take_number(reading, token);
	if (is_word(token, "rx rxq"))
		return take_direction(reading, false);
	if (is_word(token, "tx txq"))
		return take_direction(reading, true);
	if (is_word(token, "queue q ring"))
		return true;
	if (is_word(token, "xdp") && !reading->xdp)
		return reading->xdp = true;
	if (is_word(token, "packets pkts frames cnt") && !quantity)
		return reading->packets = true;
	if (is_word(token, "bytes octets") && !quantity)
		return reading->bytes = true;
	return false;
}

bool weir_queue_counter_parse(const char *name, struct weir_queue_counter *out)
{
	struct reading reading = {0};
	struct token token;

	while (next_token(&name, &token))
		if (!take(&reading, &token))
			return false;
	if (!reading.has_direction || !reading.has_queue || (!reading.packets && !reading.bytes))
		return false;
	*out = (struct weir_queue_counter){.tx = reading.tx, .queue = reading.queue};
	if (reading.packets)
		out->field = reading.xdp ? WEIR_QUEUE_XDP_PACKETS : WEIR_QUEUE_PACKETS;
	else
		out->field = reading.xdp ? WEIR_QUEUE_XDP_BYTES : WEIR_QUEUE_BYTES;
	return true;
}
