// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files read for import. In: a file, a map's types. Out: entries as bytes, each with
 * the line that it stands in. The form is told by what the file begins with: "[" or
 * "{" is JSON; a first line all of whose columns are fields is a table's header; else
 * there are lines, with comments behind "#".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/merge.h"

#define PIECE_BYTES    65536u
#define LINE_BYTES_MAX (4u << 20) /* of a line, or of an object in JSON */

/* ---- bytes --------------------------------------------------------------- */

static int fail_read(const struct weir_source *src, int err)
{
	return weir_fail(err, "%s: %s", src->name, weir_errstr(err));
}

static int read_more(struct weir_source *src)
{
	ssize_t n;

	if (src->at) {
		memmove(src->buf, src->buf + src->at, src->len - src->at);
		src->len -= src->at;
		src->at = 0;
	}
	if (src->len + PIECE_BYTES > src->room) {
		size_t room = src->room ? 2 * src->room : 2 * PIECE_BYTES;
		char *buf;

		if (src->len > LINE_BYTES_MAX) {
			return weir_fail(-E2BIG, "%s: an entry of more than %u bytes",
					 weir_source_label(src), LINE_BYTES_MAX);
		}
		buf = realloc(src->buf, room + 1); /* and a NUL behind the last word */
		if (!buf)
			return fail_read(src, -ENOMEM);
		src->buf = buf;
		src->room = room;
	}
	do
		n = read(src->fd, src->buf + src->len, PIECE_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_read(src, -errno);
	src->len += (size_t)n;
	src->ended = !n;
	return 0;
}

int weir_source_fill(struct weir_source *src, size_t want)
{
	int err = 0;

	while (!err && !src->ended && src->len - src->at < want)
		err = read_more(src);
	return err;
}

bool weir_source_line(struct weir_source *src, char **line, size_t *len, int *err)
{
	size_t looked = 0;
	char *end;

	*err = 0;
	for (;;) {
		char *from = src->buf + src->at;
		size_t have = src->len - src->at;

		end = have > looked ? memchr(from + looked, '\n', have - looked) : NULL;
		if (end || src->ended)
			break;
		looked = have;
		*err = read_more(src);
		if (*err)
			return false;
	}
	*line = src->buf + src->at;
	*len = end ? (size_t)(end - *line) : src->len - src->at;
	if (!end && !*len)
		return false;
	src->at += *len + (end != NULL);
	src->line = src->next_line++;
	if (*len && (*line)[*len - 1] == '\r')
		--*len;
	return true;
}

/* For each entry, wrong or not: so without printf. */
const char *weir_source_label(struct weir_source *src)
{
	char digits[20], *at = digits + sizeof(digits), *to = src->own.label + src->label_len;
	uint64_t line = src->line;

	if (src->label_line == line)
		return src->own.label;
	do
		*--at = (char)('0' + line % 10);
	while (line /= 10);
	memcpy(to, at, (size_t)(digits + sizeof(digits) - at));
	to[digits + sizeof(digits) - at] = '\0';
	src->label_line = src->line;
	return src->own.label;
}

/* ---- values -------------------------------------------------------------- */

int weir_source_value(struct weir_source *src, char *const *words, size_t n, void *value)
{
	const char *label = weir_source_label(src);

	memset(value, 0, weir_table_value_bytes(src->table));
	if (!n) {
		words = src->opts->value;
		n = src->opts->n_value;
	}
	if (!n)
		return weir_fail(-EINVAL, "%s: a value is missing; `with VALUE` gives one to all",
				 label);
	return weir_table_read_value(src->table, words, n, value);
}

/* ---- ranges -------------------------------------------------------------- */

static bool read_range(const struct weir_source *src, const char *word, uint32_t *from,
		       uint32_t *to)
{
	const char *dash = strchr(word, '-');
	struct in_addr a, b;
	char first[32];

	if (!dash || src->table->key->form != WEIR_FORM_PREFIX ||
	    src->table->key->size_bytes != 8 || (size_t)(dash - word) >= sizeof(first))
		return false;
	memcpy(first, word, (size_t)(dash - word));
	first[dash - word] = '\0';
	if (inet_pton(AF_INET, first, &a) != 1 || inet_pton(AF_INET, dash + 1, &b) != 1)
		return false;
	*from = ntohl(a.s_addr);
	*to = ntohl(b.s_addr);
	return *from <= *to;
}

/* The largest prefix that begins the range. */
static void take_prefix(struct weir_source *src, uint8_t *key)
{
	uint32_t len = 32, address_be = htonl(src->range_from);

	while (len && !(src->range_from & 1u << (32 - len))) {
		uint64_t size = 1ull << (33 - len);

		if (src->range_from + size - 1 > src->range_to)
			break;
		len--;
	}
	memcpy(key, &len, sizeof(len));
	memcpy(key + 4, &address_be, sizeof(address_be));
	src->in_range = src->range_from + ((1ull << (32 - len)) - 1) < src->range_to;
	src->range_from += (uint32_t)(1ull << (32 - len));
}

/* ---- lines --------------------------------------------------------------- */

size_t weir_words_split(char *line, size_t len, char **words, size_t max)
{
	char *at = line, *end = line + len;
	size_t n = 0;

	for (;;) {
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		if (at == end || *at == '#' || *at == ';' || n == max)
			return n;
		words[n++] = at;
		at = (char *)weir_value_word_end(at, end);
		*at = '\0'; /* the line's end has room for it */
		at += at < end;
	}
}

/* "add SET ENTRY" of `ipset save`; 0 for its "create ...". */
static size_t skip_ipset(char ***words, size_t n)
{
	if (n >= 2 && !strcmp(**words, "create"))
		return 0;
	if (n >= 3 && !strcmp(**words, "add")) {
		*words += 2;
		return 1; /* timeouts and comments are not ours */
	}
	return n;
}

static int read_words(struct weir_source *src, char **words, size_t n, void *key, void *value)
{
	int err = weir_source_value(src, words + 1, n - 1, value);

	if (err)
		return err;
	if (read_range(src, *words, &src->range_from, &src->range_to)) {
		take_prefix(src, key);
		return 1;
	}
	err = weir_table_read_key(src->table, words, 1, key);
	return err ? err : 1;
}

static int next_line(struct weir_source *src, void *key, void *value)
{
	char *words_room[WEIR_LINE_WORDS_MAX], **words, *line;
	size_t len, n;
	int err;

	/* @value is still the one of the range */
	if (src->in_range) {
		take_prefix(src, key);
		return 1;
	}
	while (weir_source_line(src, &line, &len, &err)) {
		if (src->form == WEIR_SOURCE_TABLE) {
			if (len)
				return weir_source_row(src, line, len, key, value);
			continue;
		}
		words = words_room;
		n = weir_words_split(line, len, words, WEIR_LINE_WORDS_MAX);
		n = n ? skip_ipset(&words, n) : 0;
		if (n)
			return read_words(src, words, n, key, value);
	}
	return err;
}

int weir_source_next(struct weir_source *src, void *key, void *value)
{
	if (src->merged)
		return weir_merged_next(src->merged, key, value);
	return src->form == WEIR_SOURCE_JSON ? weir_source_json(src, key, value)
					     : next_line(src, key, value);
}

/* ---- opened -------------------------------------------------------------- */

/* A copy of what comes from @from that can be read again. */
static int keep_input(int from)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	char piece[PIECE_BYTES];
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while ((n = read(from, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR))
		for (ssize_t at = 0; at < n;) {
			ssize_t put = write(fd, piece + at, (size_t)(n - at));

			if (put < 0) {
				n = -errno;
				close(fd);
				return (int)n;
			}
			at += put;
		}
	if (n < 0) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	return fd;
}

/* The character behind @at and blanks; 0: the end of what is there. */
static char after_blanks(const struct weir_source *src, size_t *at)
{
	while (*at < src->len && strchr(" \t\r\n", src->buf[*at]))
		++*at;
	return *at < src->len ? src->buf[*at] : '\0';
}

/* An object, or an array of such. Lines may begin with brackets, too: keys that are arrays. */
static bool is_json(const struct weir_source *src)
{
	size_t at = 0;
	char c = after_blanks(src, &at);

	if (c == '[') {
		at++;
		c = after_blanks(src, &at);
		if (c == ']' || !c)
			return true;
	}
	if (c != '{')
		return false;
	at++;
	c = after_blanks(src, &at);
	return c == '"' || c == '}' || !c;
}

/* What the file begins with. */
static int find_form(struct weir_source *src)
{
	int err = weir_source_fill(src, PIECE_BYTES);
	size_t len;
	char *line;

	if (!err && is_json(src)) {
		src->form = WEIR_SOURCE_JSON;
		return 0;
	}
	if (!err && weir_source_line(src, &line, &len, &err) && !weir_source_header(src, line, len))
		src->form = WEIR_SOURCE_TABLE;
	return err;
}

uint64_t weir_source_bytes(const struct weir_source *src)
{
	struct stat st;

	return fstat(src->fd, &st) ? 0 : (uint64_t)st.st_size;
}

int weir_source_rewind(struct weir_source *src)
{
	size_t len;
	char *line;
	int err;

	if (src->merged) {
		weir_merged_rewind(src->merged);
		return 0;
	}
	if (lseek(src->fd, 0, SEEK_SET) < 0)
		return fail_read(src, -errno);
	src->at = src->len = 0;
	src->ended = src->in_range = src->in_array = src->any = false;
	src->line = src->next_line = 1;
	if (src->form == WEIR_SOURCE_TABLE && !weir_source_line(src, &line, &len, &err))
		return err;
	return 0;
}

int weir_source_open(const struct weir_table *table, const char *path,
		     const struct weir_bulk_opts *opts, struct weir_source *out)
{
	bool is_input = !strcmp(path, "-");
	int err, fd;

	*out = (struct weir_source){.own = *table, .opts = opts};
	out->table = &out->own;
	out->name = is_input ? "standard input" : path;
	snprintf(out->own.label, sizeof(out->own.label) - 21, "%s:", out->name);
	out->label_len = strlen(out->own.label);
	out->line = out->next_line = 1;
	fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	out->fd = fd < 0 ? -errno : fd;
	if (fd >= 0 && (is_input || lseek(fd, 0, SEEK_SET) < 0))
		out->fd = keep_input(fd);
	if (fd > STDIN_FILENO && out->fd != fd)
		close(fd);
	if (out->fd < 0)
		return fail_read(out, out->fd);
	err = find_form(out);
	return err ?: weir_source_rewind(out);
}

void weir_source_close(struct weir_source *src)
{
	if (src->fd >= 0)
		close(src->fd);
	free(src->buf);
	weir_merged_free(src->merged);
}
