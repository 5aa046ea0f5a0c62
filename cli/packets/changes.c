// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two packets compared. Headers are paired so that the fewest fields differ: those at the front
 * with those at the front, those at the back with those at the back; what is left over between
 * was put in or taken out. Fields of pairs are compared one by one, all other bytes as bytes.
 */
#include <stdio.h>
#include <string.h>

#include "cli/packets/changes.h"
#include "cli/packets/header.h"

#define RUN_BYTES 32 /* of a line of bytes */

struct side {
	const uint8_t *bytes;
	size_t len_bytes;
	struct weir_layer layers[WEIR_LAYERS_MAX];
	size_t n;
};

static size_t end_of_headers(const struct side *side)
{
	return side->n ? side->layers[side->n - 1].at + side->layers[side->n - 1].len_bytes : 0;
}

static const uint8_t *header_at(const struct side *side, size_t nth)
{
	return side->bytes + side->layers[nth].at;
}

static const struct weir_header_info *info_of(const struct side *side, size_t nth)
{
	return &weir_headers[side->layers[nth].header];
}

/* ---- words --------------------------------------------------------------- */

/* "vlan", "vlan.2" */
static void name_of(const struct side *side, size_t nth, char *buf, size_t len)
{
	unsigned int same = 1;

	for (size_t i = 0; i < nth; i++)
		same += side->layers[i].header == side->layers[nth].header;
	if (same > 1)
		snprintf(buf, len, "%s.%u", info_of(side, nth)->name, same);
	else
		snprintf(buf, len, "%s", info_of(side, nth)->name);
}

static void append(char *buf, size_t len, const char *text)
{
	size_t used = strlen(buf);

	snprintf(buf + used, len - used, "%s%s", used ? " " : "", text);
}

static void append_field(const struct side *side, size_t nth, const char *name, char *buf,
			 size_t len)
{
	const struct weir_header_field *field =
		weir_header_field_find(side->layers[nth].header, name);
	char text[64];

	weir_header_field_write(field, header_at(side, nth), text, sizeof(text));
	append(buf, len, text);
}

/* The header with its ends, as it is described. */
static void append_layer(const struct side *side, size_t nth, char *buf, size_t len)
{
	static const char *const ends[][2] = {{"src", "dst"}, {"sport", "dport"}};
	enum weir_header header = side->layers[nth].header;

	append(buf, len, info_of(side, nth)->name);
	if (weir_header_field_find(header, "vid"))
		append_field(side, nth, "vid", buf, len);
	for (int i = 0; i < 2; i++) {
		if (!weir_header_field_find(header, ends[i][0]))
			continue;
		append_field(side, nth, ends[i][0], buf, len);
		append(buf, len, ">");
		append_field(side, nth, ends[i][1], buf, len);
	}
}

void weir_packet_words(const uint8_t *bytes, size_t len_bytes, char *buf, size_t len)
{
	struct side side = {.bytes = bytes, .len_bytes = len_bytes};
	char text[32];

	*buf = '\0';
	side.n = weir_layers(bytes, len_bytes, side.layers);
	if (side.n == 1) {
		append(buf, len, "eth type");
		append_field(&side, 0, "type", buf, len);
	}
	for (size_t i = 1; i < side.n; i++)
		append_layer(&side, i, buf, len);
	snprintf(text, sizeof(text), "len %zu", len_bytes);
	append(buf, len, text);
}

/* ---- bytes --------------------------------------------------------------- */

static void hex(const uint8_t *bytes, size_t n, char *buf)
{
	*buf = '\0';
	for (size_t i = 0; i < n; i++)
		sprintf(buf + 2 * i, "%02x", bytes[i]);
}

/* Runs that differ; up to two equal bytes do not end one. */
static void compare_bytes(const uint8_t *old, const uint8_t *now, size_t n, size_t at,
			  struct weir_lines *out)
{
	char was[2 * RUN_BYTES + 1], is[2 * RUN_BYTES + 1];
	size_t i = 0;

	while (i < n) {
		size_t len = 1;

		if (old[i] == now[i]) {
			i++;
			continue;
		}
		for (size_t k = i + 1; k < n && k - i < RUN_BYTES && k - i - len < 3; k++)
			if (old[k] != now[k])
				len = k - i + 1;
		hex(old + i, len, was);
		hex(now + i, len, is);
		weir_lines_add(out, "bytes at %zu %s > %s", at + i, was, is);
		i += len;
	}
}

/* ---- headers ------------------------------------------------------------- */

static bool same_field(const struct weir_header_field *field, const uint8_t *old,
		       const uint8_t *now)
{
	if (field->bits > 64)
		return !memcmp(old + field->bit / 8, now + field->bit / 8, field->bits / 8);
	return weir_bits_get(old, field->bit, field->bits) ==
	       weir_bits_get(now, field->bit, field->bits);
}

static unsigned int count_fields(const struct side *old, size_t o, const struct side *now, size_t n)
{
	unsigned int differ = old->layers[o].len_bytes != now->layers[n].len_bytes;

	for (const struct weir_header_field *f = info_of(old, o)->fields; f->name; f++)
		differ += !same_field(f, header_at(old, o), header_at(now, n));
	return differ;
}

/* What no field covers: reserved bits and options. */
static void compare_rest(const struct side *old, size_t o, const struct side *now, size_t n,
			 struct weir_lines *out)
{
	const struct weir_layer *was = &old->layers[o], *is = &now->layers[n];
	size_t len = was->len_bytes < is->len_bytes ? was->len_bytes : is->len_bytes;
	uint8_t a[2048 + 8], b[2048 + 8];
	char name[32];

	if (len > 2048)
		return;
	memcpy(a, header_at(old, o), len);
	memcpy(b, header_at(now, n), len);
	for (const struct weir_header_field *f = info_of(old, o)->fields; f->name; f++) {
		for (unsigned int bit = f->bit; bit < (unsigned int)f->bit + f->bits; bit++) {
			weir_bits_set(a, bit, 1, 0);
			weir_bits_set(b, bit, 1, 0);
		}
	}
	compare_bytes(a, b, len, was->at, out);
	name_of(now, n, name, sizeof(name));
	if (is->len_bytes > len)
		weir_lines_add(out, "+%zu at %zu %s options", is->len_bytes - len, is->at + len,
			       name);
	else if (was->len_bytes > len)
		weir_lines_add(out, "-%zu at %zu %s options", was->len_bytes - len, was->at + len,
			       name);
}

static void compare_layer(const struct side *old, size_t o, const struct side *now, size_t n,
			  struct weir_lines *out)
{
	char name[32], was[64], is[64];

	name_of(now, n, name, sizeof(name));
	for (const struct weir_header_field *f = info_of(old, o)->fields; f->name; f++) {
		if (same_field(f, header_at(old, o), header_at(now, n)))
			continue;
		weir_header_field_write(f, header_at(old, o), was, sizeof(was));
		weir_header_field_write(f, header_at(now, n), is, sizeof(is));
		weir_lines_add(out, "%s %s %s > %s", name, f->name, was, is);
	}
	compare_rest(old, o, now, n, out);
}

/* ---- pairs --------------------------------------------------------------- */

/* How many headers are paired at the front and at the back. */
struct pairing {
	size_t front, back;
	unsigned int differ;
};

/* Pairs @front from the front, as many as there can be from the back. */
static struct pairing try_pairing(const struct side *old, const struct side *now, size_t front)
{
	struct pairing pairing = {.front = front};

	for (size_t i = 0; i < front; i++)
		pairing.differ += count_fields(old, i, now, i);
	while (front + pairing.back < old->n && front + pairing.back < now->n) {
		size_t o = old->n - 1 - pairing.back, n = now->n - 1 - pairing.back;

		if (old->layers[o].header != now->layers[n].header)
			break;
		pairing.differ += count_fields(old, o, now, n);
		pairing.back++;
	}
	return pairing;
}

static struct pairing find_pairing(const struct side *old, const struct side *now)
{
	struct pairing best = {0}, next;

	for (size_t front = 0; front <= old->n && front <= now->n; front++) {
		if (front && old->layers[front - 1].header != now->layers[front - 1].header)
			break;
		next = try_pairing(old, now, front);
		if (!front || next.front + next.back > best.front + best.back ||
		    (next.front + next.back == best.front + best.back && next.differ < best.differ))
			best = next;
	}
	return best;
}

static void add_unpaired(const struct side *side, const struct pairing *pairing, char sign,
			 struct weir_lines *out)
{
	for (size_t i = pairing->front; i + pairing->back < side->n; i++) {
		char words[256] = "";

		append_layer(side, i, words, sizeof(words));
		weir_lines_add(out, "%c%zu at %zu %s", sign, side->layers[i].len_bytes,
			       side->layers[i].at, words);
	}
}

static void compare_payload(const struct side *old, const struct side *now, struct weir_lines *out)
{
	size_t was = end_of_headers(old), is = end_of_headers(now);
	size_t old_len = old->len_bytes - was, now_len = now->len_bytes - is;

	compare_bytes(old->bytes + was, now->bytes + is, old_len < now_len ? old_len : now_len, was,
		      out);
	if (old_len < now_len)
		weir_lines_add(out, "+%zu at end", now_len - old_len);
	else if (old_len > now_len)
		weir_lines_add(out, "-%zu at end", old_len - now_len);
}

void weir_changes_of(const uint8_t *old_packet, size_t old_bytes, const uint8_t *now_packet,
		     size_t now_bytes, struct weir_lines *out)
{
	struct side old = {.bytes = old_packet, .len_bytes = old_bytes};
	struct side now = {.bytes = now_packet, .len_bytes = now_bytes};
	struct pairing pairing;

	if (old_bytes == now_bytes && !memcmp(old_packet, now_packet, old_bytes))
		return;
	old.n = weir_layers(old_packet, old_bytes, old.layers);
	now.n = weir_layers(now_packet, now_bytes, now.layers);
	pairing = find_pairing(&old, &now);
	for (size_t i = 0; i < pairing.front; i++)
		compare_layer(&old, i, &now, i, out);
	add_unpaired(&old, &pairing, '-', out);
	add_unpaired(&now, &pairing, '+', out);
	for (size_t i = pairing.back; i > 0; i--)
		compare_layer(&old, old.n - i, &now, now.n - i, out);
	compare_payload(&old, &now, out);
}
