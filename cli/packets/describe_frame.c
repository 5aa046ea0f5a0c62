// SPDX-License-Identifier: LGPL-2.1-or-later
/* Words of a whole packet: its payload, and the damage that is done to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/describe_in.h"

/* "14", "ipv4+2"; *end behind it. */
static int read_offset(struct weir_description *d, const char *text, const char **end, size_t *out)
{
	const char *plus = strchr(text, '+');
	size_t at = 0, nth = 0;
	unsigned long more;
	char *stop;

	if (plus && !(*text >= '0' && *text <= '9')) {
		size_t len = (size_t)(plus - text);

		while (nth < d->n) {
			const char *name = weir_headers[d->layers[nth].header].name;

			if (strlen(name) == len && !strncmp(name, text, len))
				break;
			nth++;
		}
		if (nth == d->n)
			return weir_describe_fail(d, text, "the packet has no such header");
		at = d->layers[nth].at;
		text = plus + 1;
	}
	if (*text < '0' || *text > '9')
		return weir_describe_fail(d, text, "not an offset");
	more = strtoul(text, &stop, 0);
	if (more >= d->len || at + more >= d->len)
		return weir_describe_fail(d, text, "beyond the packet");
	at += more;
	*end = stop;
	*out = at;
	return 0;
}

static int take_data(struct weir_description *d)
{
	size_t n;
	int err = weir_describe_hex(d, "data", d->bytes + d->len, WEIR_DESCRIBE_MAX - d->len, &n);

	d->len += err ? 0 : n;
	d->has_data = true;
	return err;
}

static int take_edit(struct weir_description *d, bool flip)
{
	struct weir_described_edit *edit = &d->edits[d->n_edits];
	const char *offset = weir_describe_next(d);

	if (!offset)
		return weir_describe_fail(d, flip ? "flip" : "set", "an offset must follow");
	if (flip && strstr(offset, "..")) {
		if (d->flips)
			return weir_describe_fail(d, offset, "one range of bits is enough");
		d->flips = offset;
		return 0;
	}
	if (d->n_edits == WEIR_DESCRIBE_EDITS)
		return weir_describe_fail(d, offset, "too many changes");
	d->n_edits++;
	edit->offset = offset;
	return flip ? 0
		    : weir_describe_hex(d, offset, edit->bytes, sizeof(edit->bytes),
					&edit->n_bytes);
}

static int take_cut(struct weir_description *d)
{
	const char *word = weir_describe_next(d);
	char *end;

	if (!word || *word < '0' || *word > '9')
		return weir_describe_fail(d, "cut", "a length must follow");
	d->has_cut = true;
	d->cut_from = d->cut_to = (size_t)strtoul(word, &end, 0);
	if (!strncmp(end, "..", 2) && end[2] >= '0' && end[2] <= '9')
		d->cut_to = (size_t)strtoul(end + 2, &end, 0);
	if (*end || d->cut_from > d->cut_to || !d->cut_from)
		return weir_describe_fail(d, word, "not a length or A..B");
	return 0;
}

int weir_describe_frame_word(struct weir_description *d, const char *word)
{
	if (!strcmp(word, "data"))
		return take_data(d);
	if (!strcmp(word, "len"))
		return weir_describe_number(d, word, WEIR_DESCRIBE_MAX, &d->len_wanted);
	if (!strcmp(word, "pad"))
		return weir_describe_number(d, word, WEIR_DESCRIBE_MAX, &d->pad);
	if (!strcmp(word, "set") || !strcmp(word, "flip"))
		return take_edit(d, *word == 'f');
	if (!strcmp(word, "cut"))
		return take_cut(d);
	if (!strcmp(word, "times"))
		return weir_describe_number(d, word, 1000000, &d->times);
	return weir_describe_fail(d, word,
				  "neither a header, nor a field of the last one, nor "
				  "data, len, pad, set, flip, cut, times");
}

/* ---- out ----------------------------------------------------------------- */

static int edit(struct weir_description *d, const struct weir_described_edit *edit)
{
	const char *end = "";
	size_t at = 0;
	int err = read_offset(d, edit->offset, &end, &at);

	if (err)
		return err;
	if (edit->n_bytes && !*end) {
		if (edit->n_bytes > d->len - at)
			return weir_describe_fail(d, edit->offset, "beyond the packet");
		memcpy(d->bytes + at, edit->bytes, edit->n_bytes);
		return 0;
	}
	if (edit->n_bytes || end[0] != '.' || end[1] < '0' || end[1] > '7' || end[2])
		return weir_describe_fail(d, edit->offset, "not OFFSET of set, OFFSET.BIT of flip");
	d->bytes[at] ^= (uint8_t)(1u << (end[1] - '0'));
	return 0;
}

static int emit_cuts(struct weir_description *d, weir_described_fn fn, void *ctx)
{
	size_t from = d->has_cut ? d->cut_from : d->len, to = d->has_cut ? d->cut_to : d->len;

	if (to > d->len)
		return weir_describe_fail(d, "cut", "the packet is shorter");
	for (size_t len = from; len <= to; len++) {
		int err = fn(d->bytes, len, ctx);

		if (err)
			return err;
	}
	return 0;
}

static int emit_flips(struct weir_description *d, weir_described_fn fn, void *ctx)
{
	const char *end = "";
	size_t from = 0, to = 0;
	int err;

	if (!d->flips)
		return emit_cuts(d, fn, ctx);
	err = read_offset(d, d->flips, &end, &from);
	if (!err && strncmp(end, "..", 2) != 0)
		return weir_describe_fail(d, d->flips, "not OFFSET..OFFSET");
	err = err ? err : read_offset(d, end + 2, &end, &to);
	if (!err && (*end || to < from))
		return weir_describe_fail(d, d->flips, "not OFFSET..OFFSET");
	for (size_t bit = from * 8; !err && bit < (to + 1) * 8; bit++) {
		d->bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
		err = emit_cuts(d, fn, ctx);
		d->bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
	}
	return err;
}

int weir_describe_emit(struct weir_description *d, weir_described_fn fn, void *ctx)
{
	int err = 0;

	for (size_t i = 0; !err && i < d->n_edits; i++)
		err = edit(d, &d->edits[i]);
	for (size_t i = 0; !err && i < d->times; i++)
		err = emit_flips(d, fn, ctx);
	return err;
}
