// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * In: other people's names, and numbers. Out: text that is as wide as it says and moves no
 * cursor: also what has no width (direction marks, joiners) is shown as bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "cli/out.h"
#include "cli/top/cell.h"

#define PIECE_LEN 17 /* MB_LEN_MAX, and the NUL */

/* The next character of @text, as it is shown; the bytes that it took. */
static size_t next_piece(const char *text, mbstate_t *state, char *piece, uint32_t *columns)
{
	wchar_t wide = 0;
	size_t n = mbrtowc(&wide, text, strlen(text), state);
	int width = n && n < PIECE_LEN ? wcwidth(wide) : -1;

	if (width > 0) {
		memcpy(piece, text, n);
		piece[n] = '\0';
		*columns = (uint32_t)width;
		return n;
	}
	memset(state, 0, sizeof(*state));
	snprintf(piece, PIECE_LEN, "\\x%02x", (unsigned char)*text);
	*columns = 4;
	return 1;
}

uint32_t weir_cell_fit(char *buf, size_t len, const char *text, uint32_t columns, const char *mark)
{
	size_t used = 0, keep = 0; /* keep: what a mark can follow */
	uint32_t wide = 0, keep_wide = 0;
	mbstate_t state = {0};

	buf[0] = '\0';
	while (*text) {
		char piece[PIECE_LEN];
		uint32_t width;
		size_t n;

		text += next_piece(text, &state, piece, &width);
		n = strlen(piece);
		if (wide + width > columns || used + n + strlen(mark) + 1 > len) {
			buf[keep] = '\0';
			if (!columns || keep + strlen(mark) + 1 > len)
				return keep_wide;
			memcpy(buf + keep, mark, strlen(mark) + 1);
			return keep_wide + 1;
		}
		memcpy(buf + used, piece, n + 1);
		used += n;
		wide += width;
		if (wide + 1 <= columns) {
			keep = used;
			keep_wide = wide;
		}
	}
	return wide;
}

const char *weir_cell_rate(double value, char *buf, size_t len)
{
	if (!(value > 0) || value >= 9.95)
		return weir_text_si(value > 0 ? value : 0, buf, len);
	if (value < 0.05)
		snprintf(buf, len, "<0.1");
	else
		snprintf(buf, len, "%.1f", value);
	return buf;
}

const char *weir_cell_count(uint64_t value, uint32_t columns, char *buf, size_t len)
{
	if (snprintf(buf, len, "%" PRIu64, value) > (int)columns)
		weir_text_si((double)value, buf, len);
	return buf;
}
