// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The words of values: blanks, quotes, escapes, bytes in hexadecimal. In: a place in a
 * text. Out: the word there, and the place behind it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loader/log.h"
#include "maps/value_read_in.h"

/* ---- words --------------------------------------------------------------- */

bool weir_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void weir_skip_blanks(struct weir_reading *rd)
{
	while (rd->at < rd->end && weir_is_blank(*rd->at))
		rd->at++;
}

bool weir_take_char(struct weir_reading *rd, char c)
{
	weir_skip_blanks(rd);
	if (rd->at == rd->end || *rd->at != c)
		return false;
	rd->at++;
	return true;
}

/* A bare word, or what stands between quotes without escapes. */
size_t weir_word_len(const char *at, const char *end)
{
	const char *from = at;

	while (at < end && !weir_is_blank(*at) && !strchr(",}]=\"", *at))
		at++;
	return (size_t)(at - from);
}

int weir_expected(const struct weir_reading *rd, const char *what)
{
	size_t left = (size_t)(rd->end - rd->at);

	if (!left)
		return weir_fail(-EINVAL, "%s: %s%s is missing at the end", rd->what, rd->path,
				 what);
	return weir_fail(-EINVAL, "%s: %s%s is expected before \"%.*s\"", rd->what, rd->path, what,
			 left > 24 ? 24 : (int)left, rd->at);
}

int weir_hex_digit(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* \n, \t, \x0a, \u00e9 as UTF-8; *len bytes of @to. @at is behind the backslash. */
static const char *read_escape(const char *at, const char *end, char *to, size_t *len)
{
	static const char from[] = "ntrbf\"\\/", means[] = "\n\t\r\b\f\"\\/";
	const char *known = at < end && *at ? strchr(from, *at) : NULL;
	unsigned int n = at < end && *at == 'x' ? 2 : at < end && *at == 'u' ? 4 : 0, code = 0;

	if (known) {
		*to = means[known - from];
		*len = 1;
		return at + 1;
	}
	if (!n || (size_t)(end - at) < n + 1)
		return NULL;
	for (unsigned int i = 1; i <= n; i++) {
		int digit = weir_hex_digit((unsigned char)at[i]);

		if (digit < 0)
			return NULL;
		code = code << 4 | (unsigned int)digit;
	}
	if (n == 2 || code < 0x80) {
		to[0] = (char)code;
		*len = 1;
	} else if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3f));
		*len = 2;
	} else {
		to[0] = (char)(0xe0 | code >> 12);
		to[1] = (char)(0x80 | (code >> 6 & 0x3f));
		to[2] = (char)(0x80 | (code & 0x3f));
		*len = 3;
	}
	return at + n + 1;
}

/* The text between quotes, up to @room bytes. *len is how many it has. -EINVAL. */
static int read_quoted(struct weir_reading *rd, char *to, size_t room, size_t *len)
{
	const char *at = rd->at + 1;
	char piece[4];
	size_t n;

	for (*len = 0; at && at < rd->end && *at != '"';) {
		piece[0] = *at;
		n = 1;
		at = *at == '\\' ? read_escape(at + 1, rd->end, piece, &n) : at + 1;
		for (size_t i = 0; at && i < n; i++, (*len)++)
			if (*len < room)
				to[*len] = piece[i];
	}
	if (!at)
		return weir_fail(-EINVAL, "%s: %sa backslash that begins nothing known", rd->what,
				 rd->path);
	if (at == rd->end)
		return weir_fail(-EINVAL, "%s: %sa quote without its end", rd->what, rd->path);
	rd->at = at + 1;
	return 0;
}

/* A word, quoted or bare, into @to with a NUL. */
int weir_read_word(struct weir_reading *rd, char *to, size_t room)
{
	size_t len;
	int err;

	weir_skip_blanks(rd);
	if (rd->at < rd->end && *rd->at == '"') {
		err = read_quoted(rd, to, room - 1, &len);
		if (err)
			return err;
	} else {
		len = weir_word_len(rd->at, rd->end);
		memcpy(to, rd->at, len < room ? len : room - 1);
		rd->at += len;
	}
	if (!len)
		return weir_expected(rd, "a value");
	if (len >= room)
		return weir_fail(-EINVAL, "%s: %s\"%.20s...\": too long", rd->what, rd->path, to);
	to[len] = '\0';
	return 0;
}

/* ---- bytes --------------------------------------------------------------- */

bool weir_begins_bytes(const struct weir_reading *rd)
{
	const char *at = rd->at;

	while (at < rd->end && weir_is_blank(*at))
		at++;
	at += at < rd->end && *at == '"';
	return rd->end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
}

/* "0x" and two digits a byte, as many as there are bytes. */
int weir_read_bytes(struct weir_reading *rd, size_t size, uint8_t *to)
{
	const char *from;
	size_t len;
	bool quoted;

	weir_skip_blanks(rd);
	quoted = rd->at < rd->end && *rd->at == '"';
	from = rd->at + quoted;
	len = weir_word_len(from, rd->end);
	if (len > 2 && from[0] == '0' && (from[1] == 'x' || from[1] == 'X')) {
		from += 2;
		len -= 2;
	}
	for (size_t i = 0; i < len; i++)
		if (weir_hex_digit((unsigned char)from[i]) < 0)
			return weir_fail(-EINVAL, "%s: %s%.*s: not hexadecimal bytes", rd->what,
					 rd->path, (int)(len > 40 ? 40 : len), from);
	if (len != 2 * size)
		return weir_fail(-EINVAL, "%s: %s%zu digits; %zu bytes have %zu", rd->what,
				 rd->path, len, size, 2 * size);
	for (size_t i = 0; i < len; i++) {
		uint8_t digit = (uint8_t)weir_hex_digit((unsigned char)from[i]);

		to[i / 2] = (uint8_t)(i % 2 ? to[i / 2] << 4 | digit : digit);
	}
	rd->at = from + len;
	if (quoted && !weir_take_char(rd, '"'))
		return weir_expected(rd, "a quote");
	return 0;
}

int weir_read_string(struct weir_reading *rd, size_t size, uint8_t *to)
{
	size_t len;
	int err;

	if (rd->at < rd->end && *rd->at != '"' && weir_begins_bytes(rd))
		return weir_read_bytes(rd, size, to);
	memset(to, 0, size);
	if (rd->at < rd->end && *rd->at == '"') {
		/* JSON's way to say bytes that are no text */
		if (weir_begins_bytes(rd) && weir_word_len(rd->at + 1, rd->end) == 2 + 2 * size)
			return weir_read_bytes(rd, size, to);
		err = read_quoted(rd, (char *)to, size, &len);
		if (err)
			return err;
	} else {
		len = weir_word_len(rd->at, rd->end);
		memcpy(to, rd->at, len < size ? len : size);
		rd->at += len;
		if (!len)
			return weir_expected(rd, "a text");
	}
	if (len > size)
		return weir_fail(-ERANGE, "%s: %sa text of %zu bytes; there is room for %zu",
				 rd->what, rd->path, len, size);
	return 0;
}

const char *weir_value_word_end(const char *text, const char *end)
{
	unsigned int depth = 0;
	bool quoted = false;

	for (; text < end; text++) {
		if (quoted && *text == '\\' && text + 1 < end) {
			text++;
		} else if (quoted) {
			quoted = *text != '"';
		} else if (*text == '"') {
			quoted = true;
		} else if (*text == '{' || *text == '[') {
			depth++;
		} else if ((*text == '}' || *text == ']') && depth) {
			depth--;
		} else if (!depth && weir_is_blank(*text)) {
			break;
		}
	}
	return text;
}
