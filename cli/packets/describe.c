// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From words to packets: first the words in their order, each header with its usual contents;
 * then, from the inside out, what depends on what is within: lengths and checksums. At last the
 * damage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/describe_in.h"

int weir_describe_fail(struct weir_description *d, const char *word, const char *cause)
{
	snprintf(d->why, d->why_len, "'%s': %s", word ? word : "end of line", cause);
	return -EINVAL;
}

int weir_describe_number(struct weir_description *d, const char *what, uint64_t max, size_t *out)
{
	const char *word = weir_describe_next(d);
	unsigned long long value;
	char *end;

	if (!word || *word < '0' || *word > '9')
		return weir_describe_fail(d, what, "a number must follow");
	errno = 0;
	value = strtoull(word, &end, 0);
	if (*end || errno || value > max)
		return weir_describe_fail(d, word, "not a number that can be there");
	*out = (size_t)value;
	return 0;
}

int weir_describe_hex(struct weir_description *d, const char *what, uint8_t *at, size_t room,
		      size_t *out)
{
	const char *word = weir_describe_next(d);
	size_t n = 0;

	if (!word)
		return weir_describe_fail(d, what, "bytes in hexadecimal must follow");
	for (const char *s = word; *s; s += 2, n++) {
		int byte = weir_hex_byte(s);

		if (n == room)
			return weir_describe_fail(d, what, "too many bytes");
		if (byte < 0)
			return weir_describe_fail(d, word, "not bytes in hexadecimal");
		at[n] = (uint8_t)byte;
	}
	*out = n;
	return 0;
}

/* ---- headers ------------------------------------------------------------- */

/* What is usual. Addresses: RFC 5737, RFC 3849, and MACs that are nobody's. */
static const struct usual {
	size_t len_bytes;
	uint8_t bytes[40];
} usual[WEIR_HEADERS] = {
	[WEIR_HEADER_ETH] = {14, "\2\0\0\0\xbe\xef\2\0\0\0\xca\xfe\x88\xb5"},
	[WEIR_HEADER_VLAN] = {4, "\0\1\x88\xb5"},
	[WEIR_HEADER_QINQ] = {4, "\0\1\x88\xb5"},
	[WEIR_HEADER_ARP] = {28,
			     "\0\1\x8\0\6\4\0\1\2\0\0\0\xca\xfe\xc0\0\2\1\0\0\0\0\0\0\xc0\0\2\2"},
	[WEIR_HEADER_IPV4] = {20, "\x45\0\0\0\0\1\0\0\x40\xfd\0\0\xc0\0\2\1\xc0\0\2\2"},
	[WEIR_HEADER_IPV6] = {40, "\x60\0\0\0\0\0\x3b\x40\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
				  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"},
	[WEIR_HEADER_HOPOPTS] = {8, "\x3b\0\1\4"},
	[WEIR_HEADER_ROUTING] = {24, "\x3b\2\4"},
	[WEIR_HEADER_FRAGMENT] = {8, "\x3b\0\0\0\0\0\0\7"},
	[WEIR_HEADER_DSTOPTS] = {8, "\x3b\0\1\4"},
	[WEIR_HEADER_AH] = {24, "\x3b\4\0\0\0\0\0\1\0\0\0\1"},
	[WEIR_HEADER_ESP] = {16, "\0\0\0\1\0\0\0\1"},
	[WEIR_HEADER_GRE] = {4, "\0\0\x88\xb5"},
	[WEIR_HEADER_TCP] = {20, "\x30\x39\0\x50\0\0\0\1\0\0\0\0\x50\2\xff\xff"},
	[WEIR_HEADER_UDP] = {8, "\x30\x39\0\x09"},
	[WEIR_HEADER_ICMP] = {8, "\x8\0\0\0\0\1\0\1"},
	[WEIR_HEADER_ICMPV6] = {8, "\x80\0\0\0\0\1\0\1"},
	[WEIR_HEADER_SCTP] = {12, "\x30\x39\0\x50"},
};

static bool was_set(const struct weir_described *layer, unsigned int bit)
{
	const struct weir_header_field *fields = weir_headers[layer->header].fields;

	for (unsigned int i = 0; fields[i].name; i++)
		if (fields[i].bit == bit)
			return layer->set >> i & 1;
	return false;
}

static void compute(struct weir_description *d, size_t nth, unsigned int bit, unsigned int bits,
		    uint64_t value)
{
	if (!was_set(&d->layers[nth], bit))
		weir_bits_set(d->bytes + d->layers[nth].at, bit, bits, value);
}

static int announce(struct weir_description *d, enum weir_header header)
{
	const struct weir_header_info *info = &weir_headers[header], *outer;
	int says;

	if (!d->n)
		return 0;
	outer = &weir_headers[d->layers[d->n - 1].header];
	says = outer->next == WEIR_NEXT_ETHERTYPE ? info->ethertype
	       : outer->next == WEIR_NEXT_PROTO	  ? info->proto
						  : -1;
	if (outer->next == WEIR_NEXT_NOTHING ||
	    (says < 0 && !was_set(&d->layers[d->n - 1], outer->next_bit)))
		return weir_describe_fail(d, info->name, "cannot follow the header before");
	if (says >= 0)
		compute(d, d->n - 1, outer->next_bit, outer->next == WEIR_NEXT_ETHERTYPE ? 16 : 8,
			(uint64_t)says);
	return 0;
}

static int push(struct weir_description *d, enum weir_header header)
{
	int err;

	if (d->has_data)
		return weir_describe_fail(d, weir_headers[header].name,
					  "headers stand before data");
	if (d->n == WEIR_LAYERS_MAX)
		return weir_describe_fail(d, weir_headers[header].name, "too many headers");
	err = announce(d, header);
	if (err)
		return err;
	memcpy(d->bytes + d->len, usual[header].bytes, usual[header].len_bytes);
	d->layers[d->n++] = (struct weir_described){header, d->len, usual[header].len_bytes, 0};
	d->len += usual[header].len_bytes;
	return 0;
}

static int set_field(struct weir_description *d, const struct weir_header_field *field,
		     const char *value)
{
	struct weir_described *layer = &d->layers[d->n - 1];

	if (field->form == WEIR_FIELD_FLAG)
		value = "1";
	if (!value)
		return weir_describe_fail(d, field->name, "a value must follow");
	if (weir_header_field_read(field, value, d->bytes + layer->at))
		return weir_describe_fail(d, value, "not a value of that field");
	layer->set |= 1u << (field - weir_headers[layer->header].fields);
	return 0;
}

static int set_by_name(struct weir_description *d, const char *name, const char *value)
{
	const struct weir_header_field *field =
		weir_header_field_find(d->layers[d->n - 1].header, name);

	return field ? set_field(d, field, value)
		     : weir_describe_fail(d, ">", "that header has no ends");
}

/* Words that need no name: "A > B", a port, a tag's number. */
static int take_ends(struct weir_description *d)
{
	enum weir_header header = d->layers[d->n - 1].header;
	bool ports = header == WEIR_HEADER_TCP || header == WEIR_HEADER_UDP ||
		     header == WEIR_HEADER_SCTP;
	bool tag = header == WEIR_HEADER_VLAN || header == WEIR_HEADER_QINQ;
	const char *first = d->words[d->at], *src;
	int err;

	if (first && d->words[d->at + 1] && !strcmp(d->words[d->at + 1], ">")) {
		src = weir_describe_next(d);
		(void)weir_describe_next(d);
		err = set_by_name(d, ports ? "sport" : "src", src);
		return err ? err : set_by_name(d, ports ? "dport" : "dst", weir_describe_next(d));
	}
	if (tag)
		return set_by_name(d, "vid", weir_describe_next(d));
	if (ports && first && *first >= '0' && *first <= '9')
		return set_by_name(d, "dport", weir_describe_next(d));
	return 0;
}

/* Of the last header, which then has options. */
static int take_size(struct weir_description *d)
{
	struct weir_described *layer = &d->layers[d->n - 1];
	uint8_t *at = d->bytes + layer->at;
	unsigned int unit = 4;
	size_t size = 0, max = 60;
	int err;

	if (layer->header == WEIR_HEADER_HOPOPTS || layer->header == WEIR_HEADER_DSTOPTS ||
	    layer->header == WEIR_HEADER_ROUTING) {
		unit = 8;
		max = 2048;
	} else if (layer->header == WEIR_HEADER_AH) {
		max = 1028;
	} else if (layer->header != WEIR_HEADER_IPV4 && layer->header != WEIR_HEADER_TCP) {
		return weir_describe_fail(d, "size", "that header has no options");
	}
	if (d->has_data)
		return weir_describe_fail(d, "size", "headers stand before data");
	err = weir_describe_number(d, "size", max, &size);
	if (err)
		return err;
	if (size % unit || size < weir_headers[layer->header].min_bytes)
		return weir_describe_fail(d, d->words[d->at - 1], "not a length of that header");
	/* NOP of IPv4 and TCP; PadN, RFC 8200 4.2 */
	if (layer->header == WEIR_HEADER_IPV4 || layer->header == WEIR_HEADER_TCP)
		memset(at + layer->len_bytes, 1, max - layer->len_bytes);
	else
		memset(at + layer->len_bytes, 0, max - layer->len_bytes);
	if (layer->header == WEIR_HEADER_HOPOPTS || layer->header == WEIR_HEADER_DSTOPTS)
		at[3] = (uint8_t)((size - 4) % 256);
	layer->len_bytes = size;
	d->len = layer->at + size;
	return 0;
}

/* ---- what depends on what is within -------------------------------------- */

/* Of the IP header around layer @nth; 0: there is none. */
static uint32_t pseudo_sum(const struct weir_description *d, size_t nth, size_t len,
			   unsigned int proto)
{
	while (nth-- > 0) {
		const uint8_t *ip = d->bytes + d->layers[nth].at;
		uint8_t rest[4] = {(uint8_t)(len >> 8), (uint8_t)len, 0, (uint8_t)proto};
		bool v6 = d->layers[nth].header == WEIR_HEADER_IPV6;

		if (v6 || d->layers[nth].header == WEIR_HEADER_IPV4)
			return weir_sum_add(weir_sum_add(0, rest, 4), ip + (v6 ? 8 : 12),
					    v6 ? 32 : 8);
	}
	return 0;
}

static void compute_sum(struct weir_description *d, size_t nth, unsigned int bit, uint32_t pseudo,
			size_t len)
{
	uint8_t *at = d->bytes + d->layers[nth].at;
	uint16_t sum;

	if (was_set(&d->layers[nth], bit))
		return;
	weir_bits_set(at, bit, 16, 0);
	sum = weir_sum_end(weir_sum_add(pseudo, at, len));
	/* RFC 768: zero is none */
	if (!sum && d->layers[nth].header == WEIR_HEADER_UDP)
		sum = 0xffff;
	weir_bits_set(at, bit, 16, sum);
}

static void finish_layer(struct weir_description *d, size_t nth)
{
	const struct weir_described *layer = &d->layers[nth];
	size_t rest = d->len - layer->at, own = layer->len_bytes;

	switch (layer->header) {
	case WEIR_HEADER_IPV4:
		compute(d, nth, 4, 4, own / 4);
		compute(d, nth, 16, 16, rest);
		compute_sum(d, nth, 80, 0, own);
		break;
	case WEIR_HEADER_IPV6:
		compute(d, nth, 32, 16, rest - own);
		break;
	case WEIR_HEADER_HOPOPTS:
	case WEIR_HEADER_ROUTING:
	case WEIR_HEADER_DSTOPTS:
		compute(d, nth, 8, 8, own / 8 - 1);
		break;
	case WEIR_HEADER_AH:
		compute(d, nth, 8, 8, own / 4 - 2);
		break;
	case WEIR_HEADER_TCP:
		compute(d, nth, 96, 4, own / 4);
		compute_sum(d, nth, 128, pseudo_sum(d, nth, rest, 6), rest);
		break;
	case WEIR_HEADER_UDP:
		compute(d, nth, 32, 16, rest);
		compute_sum(d, nth, 48, pseudo_sum(d, nth, rest, 17), rest);
		break;
	case WEIR_HEADER_ICMP:
		compute_sum(d, nth, 16, 0, rest);
		break;
	case WEIR_HEADER_ICMPV6:
		compute_sum(d, nth, 16, pseudo_sum(d, nth, rest, 58), rest);
		break;
	default:
		break;
	}
}

static int finish(struct weir_description *d)
{
	if (d->len_wanted && d->len_wanted < d->len)
		return weir_describe_fail(d, "len",
					  "the headers are longer; cut shortens a packet");
	for (size_t i = d->len; i < d->len_wanted; i++)
		d->bytes[i] = (uint8_t)(i * 7);
	if (d->len_wanted)
		d->len = d->len_wanted;
	for (size_t i = d->n; i-- > 0;)
		finish_layer(d, i);
	if (d->len + d->pad > WEIR_DESCRIBE_MAX)
		return weir_describe_fail(d, "pad", "the packet is too long");
	memset(d->bytes + d->len, 0, d->pad);
	d->len += d->pad;
	return 0;
}

/* ---- lines --------------------------------------------------------------- */

static int take_word(struct weir_description *d, const char *word)
{
	const struct weir_header_field *field;
	int header = weir_header_by_name(word), err;

	if (header >= 0) {
		err = push(d, (enum weir_header)header);
		return err ? err : take_ends(d);
	}
	if (!strcmp(word, "size") && d->n)
		return take_size(d);
	field = d->n ? weir_header_field_find(d->layers[d->n - 1].header, word) : NULL;
	if (field)
		return set_field(d, field,
				 field->form == WEIR_FIELD_FLAG ? NULL : weir_describe_next(d));
	return weir_describe_frame_word(d, word);
}

static int take_words(struct weir_description *d)
{
	const char *word = d->words[0];
	int err = 0;

	if (!strcmp(word, "hex")) {
		(void)weir_describe_next(d);
		d->has_data = true;
		err = weir_describe_hex(d, "hex", d->bytes, WEIR_DESCRIBE_MAX, &d->len);
	} else if (strcmp(word, "eth") != 0) {
		err = push(d, WEIR_HEADER_ETH);
	}
	while (!err && (word = weir_describe_next(d)))
		err = take_word(d, word);
	return err;
}

static int split(struct weir_description *d, char *line)
{
	char *save = NULL, *word;
	size_t n = 0;

	line[strcspn(line, "#")] = '\0';
	for (word = strtok_r(line, " \t\r\n", &save); word;
	     word = strtok_r(NULL, " \t\r\n", &save)) {
		if (n == WEIR_DESCRIBE_WORDS)
			return weir_describe_fail(d, word, "too many words");
		d->words[n++] = word;
	}
	d->words[n] = NULL;
	return 0;
}

int weir_describe(const char *line, weir_described_fn fn, void *ctx, char *why, size_t why_len)
{
	struct weir_description *d = calloc(1, sizeof(*d));
	char *copy = strdup(line);
	int err = d && copy ? 0 : -ENOMEM;

	if (!err) {
		d->why = why;
		d->why_len = why_len;
		d->times = 1;
		err = split(d, copy);
	}
	if (!err && d->words[0]) {
		err = take_words(d);
		err = err ? err : finish(d);
		err = err ? err : weir_describe_emit(d, fn, ctx);
	}
	free(copy);
	free(d);
	return err;
}
