// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The JSON writer and the text helpers. In: values, in the order in which
 * they appear. Out: RFC 8259 JSON in UTF-8, or text safe for a terminal.
 */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <wchar.h>

#include "cli/out.h"
#include "cli/say.h"

/* ---- UTF-8 --------------------------------------------------------------- */

/* Length of the valid UTF-8 sequence at @s (RFC 3629: no overlong form, no
 * surrogate, at most U+10FFFF); 0: invalid. The NUL stops a cut sequence. */
static size_t utf8_len(const unsigned char *s)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	for (i = 1; i < len; i++) {
		if (s[i] < lo || s[i] > hi)
			return 0;
		lo = 0x80;
		hi = 0xbf;
	}
	return len;
}

/* ---- JSON ---------------------------------------------------------------- */

static void put_escaped(FILE *file, unsigned char c)
{
	static const char short_form[] = "b\bf\fn\nr\rt\t\"\"\\\\";
	size_t i;

	for (i = 0; i + 1 < sizeof(short_form); i += 2) {
		if ((unsigned char)short_form[i + 1] == c) {
			fputc('\\', file);
			fputc(short_form[i], file);
			return;
		}
	}
	fprintf(file, "\\u%04x", c);
}

static void put_string(FILE *file, const char *value, bool bytes)
{
	const unsigned char *s = (const unsigned char *)value;
	size_t len;

	fputc('"', file);
	while (*s) {
		len = utf8_len(s);
		if (!len && bytes)
			fprintf(file, "\\\\x%02x", *s);
		else if (!len)
			fputs("\xef\xbf\xbd", file); /* U+FFFD */
		else if (*s < 0x20 || *s == '"' || *s == '\\' || *s == 0x7f)
			put_escaped(file, *s);
		else
			fwrite(s, 1, len, file);
		s += len ? len : 1;
	}
	fputc('"', file);
}

static void new_line(struct weir_json *json)
{
	unsigned int i;

	if (!json->pretty)
		return;
	fputc('\n', json->file);
	for (i = 0; i < json->depth; i++)
		fputs("    ", json->file);
}

/* What stands before every value: comma, line break, key. */
static void lead(struct weir_json *json, const char *key)
{
	uint64_t bit = 1ull << json->depth;

	if (json->has_member & bit)
		fputc(',', json->file);
	if (json->depth && !(json->tight_arrays && (json->is_array & bit)))
		new_line(json);
	json->has_member |= bit;
	if (key) {
		put_string(json->file, key, false);
		fputs(json->pretty ? ": " : ":", json->file);
	}
}

static void open_nest(struct weir_json *json, const char *key, char bracket)
{
	lead(json, key);
	fputc(bracket, json->file);
	if (json->depth < WEIR_JSON_DEPTH_MAX)
		json->depth++;
	json->has_member &= ~(1ull << json->depth);
	json->is_array &= ~(1ull << json->depth);
	if (bracket != '[')
		return;
	json->is_array |= 1ull << json->depth;
	if (json->tight_arrays && json->pretty)
		fputc(' ', json->file);
}

static void close_nest(struct weir_json *json, char bracket)
{
	bool filled = json->has_member & (1ull << json->depth);

	if (json->depth)
		json->depth--;
	if (filled && bracket == ']' && json->tight_arrays)
		fputs(json->pretty ? " " : "", json->file);
	else if (filled)
		new_line(json);
	fputc(bracket, json->file);
}

void weir_json_start(struct weir_json *json, FILE *file, bool pretty)
{
	*json = (struct weir_json){.file = file, .pretty = pretty};
}

void weir_json_end(struct weir_json *json)
{
	fputc('\n', json->file);
	json->has_member = 0;
}

void weir_json_object(struct weir_json *json, const char *key)
{
	open_nest(json, key, '{');
}

void weir_json_object_end(struct weir_json *json)
{
	close_nest(json, '}');
}

void weir_json_array(struct weir_json *json, const char *key)
{
	open_nest(json, key, '[');
}

void weir_json_array_end(struct weir_json *json)
{
	close_nest(json, ']');
}

void weir_json_string(struct weir_json *json, const char *key, const char *value)
{
	lead(json, key);
	if (value)
		put_string(json->file, value, false);
	else
		fputs("null", json->file);
}

void weir_json_name(struct weir_json *json, const char *key, const char *value)
{
	lead(json, key);
	put_string(json->file, value, true);
}

void weir_json_u64(struct weir_json *json, const char *key, uint64_t value)
{
	lead(json, key);
	fprintf(json->file, "%" PRIu64, value);
}

void weir_json_double(struct weir_json *json, const char *key, double value)
{
	lead(json, key);
	if (isfinite(value))
		fprintf(json->file, "%.15g", value); /* DBL_DIG: what a double keeps */
	else
		fputs("null", json->file);
}

void weir_json_bool(struct weir_json *json, const char *key, bool value)
{
	lead(json, key);
	fputs(value ? "true" : "false", json->file);
}

/* ---- text ---------------------------------------------------------------- */

/* U+0080..U+009F, C2 80..C2 9F in UTF-8, are control characters as well. */
static bool is_c1_control(const unsigned char *s)
{
	return s[0] == 0xc2 && s[1] < 0xa0;
}

/* The bytes of the next character; 0: it is printed as \xNN. */
static size_t printable_len(const unsigned char *s)
{
	return (*s < 0x20 && *s != '\t') || *s == 0x7f || is_c1_control(s) ? 0 : utf8_len(s);
}

void weir_text_print(FILE *file, const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "-");
	size_t len;

	while (*s) {
		len = printable_len(s);
		if (!len) {
			fprintf(file, "\\x%02x", *s++);
			continue;
		}
		fwrite(s, 1, len, file);
		s += len;
	}
}

/* Of a character of UTF-8. The C library knows, in a locale that has them: the process' own need
 * not be one. */
static int columns_of(const unsigned char *s, size_t len)
{
	static locale_t utf8;
	wchar_t character = s[0] & (0xff >> (len + 1));
	locale_t before;
	int columns = 1;

	if (len == 1)
		return 1;
	for (size_t i = 1; i < len; i++)
		character = character << 6 | (s[i] & 0x3f);
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	if (utf8) {
		before = uselocale(utf8);
		columns = wcwidth(character);
		(void)uselocale(before);
	}
	return columns < 0 ? 1 : columns;
}

uint32_t weir_text_columns(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t columns = 0;

	while (*s) {
		size_t len = printable_len(s);

		columns += len ? (uint32_t)columns_of(s, len) : (uint32_t)strlen("\\xNN");
		s += len ? len : 1;
	}
	return columns;
}

const char *weir_text_si(double value, char *buf, size_t len)
{
	static const char prefix[] = "kMGTPE";
	const char *p = prefix;
	int digits;

	if (value < 999.5) {
		snprintf(buf, len, "%.0f", value);
		return buf;
	}
	value /= 1000;
	/* 999.5 would be rounded to 1000 */
	while (value >= 999.5 && p[1]) {
		value /= 1000;
		p++;
	}
	if (value < 9.995)
		digits = 2;
	else
		digits = value < 99.95 ? 1 : 0;
	snprintf(buf, len, "%.*f%c", digits, value, *p);
	return buf;
}

const char *weir_text_age(uint64_t seconds, char *buf, size_t len)
{
	if (seconds < 60)
		snprintf(buf, len, "%" PRIu64 "s", seconds);
	else if (seconds < 3600)
		snprintf(buf, len, "%" PRIu64 "m%02" PRIu64 "s", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(buf, len, "%" PRIu64 "h%02" PRIu64 "m", seconds / 3600, seconds / 60 % 60);
	else
		snprintf(buf, len, "%" PRIu64 "d%02" PRIu64 "h", seconds / 86400,
			 seconds / 3600 % 24);
	return buf;
}

const char *weir_text_hex(const uint8_t *bytes, size_t n, char *buf)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		buf[2 * i] = digits[bytes[i] >> 4];
		buf[2 * i + 1] = digits[bytes[i] & 15];
	}
	buf[2 * n] = '\0';
	return buf;
}

/* Of the first write that failed: stdio forgets it. */
static int failed;
static bool said;

int weir_out_flush(void)
{
	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && !failed)
		failed = errno ? -errno : -EIO;
	return failed;
}

void weir_out_say(int err)
{
	failed = err;
	said = true;
	if (err != -EPIPE)
		weir_say_error("standard output: %s", strerror(-err));
}

int weir_out_finish(void)
{
	int err = weir_out_flush();

	if (err && !said)
		weir_out_say(err);
	if (fflush(stderr) || ferror(stderr))
		err = err ? err : -EIO;
	return err;
}
