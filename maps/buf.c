// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Text on its way out. In: pieces. Out: one string, or large writes to a file. A
 * million entries pass through here, so numbers are not printed by printf.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "maps/buf.h"

void weir_buf_init(struct weir_buf *buf, int fd)
{
	*buf = (struct weir_buf){.fd = fd};
}

void weir_buf_free(struct weir_buf *buf)
{
	free(buf->bytes);
	buf->bytes = NULL;
	buf->len = buf->room = 0;
}

int weir_buf_flush(struct weir_buf *buf)
{
	size_t at = 0;

	while (buf->fd >= 0 && at < buf->len && !buf->err) {
		ssize_t n = write(buf->fd, buf->bytes + at, buf->len - at);

		if (n >= 0)
			at += (size_t)n;
		else if (errno != EINTR)
			buf->err = -errno;
	}
	if (buf->fd >= 0)
		buf->len = 0;
	return buf->err;
}

char *weir_buf_slow_room(struct weir_buf *buf, size_t len)
{
	size_t room = buf->room ? buf->room : 256;
	char *bytes;

	if (buf->fd >= 0 && buf->len)
		(void)weir_buf_flush(buf);
	if (buf->fd >= 0 && room < WEIR_BUF_PIECE)
		room = WEIR_BUF_PIECE;
	while (room - buf->len < len)
		room *= 2;
	if (buf->err)
		return NULL;
	if (room > buf->room) {
		bytes = realloc(buf->bytes, room);
		if (!bytes) {
			buf->err = -ENOMEM;
			return NULL;
		}
		buf->bytes = bytes;
		buf->room = room;
	}
	return buf->bytes + buf->len;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233"
			    "34353637383940414243444546474849505152535455565758596061626364656667"
			    "6869707172737475767778798081828384858687888990919293949596979899";

void weir_buf_u64(struct weir_buf *buf, uint64_t value)
{
	char digits[20], *end = digits + sizeof(digits), *at = end;

	while (value >= 100) {
		at -= 2;
		memcpy(at, pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	if (value >= 10) {
		at -= 2;
		memcpy(at, pairs + 2 * value, 2);
	} else {
		*--at = (char)('0' + value);
	}
	weir_buf_put(buf, at, (size_t)(end - at));
}

void weir_buf_i64(struct weir_buf *buf, int64_t value)
{
	if (value < 0)
		weir_buf_char(buf, '-');
	weir_buf_u64(buf, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void weir_buf_hex(struct weir_buf *buf, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = bytes;
	char *to = weir_buf_room(buf, 2 * len);

	if (!to)
		return;
	for (size_t i = 0; i < len; i++) {
		*to++ = digits[from[i] >> 4];
		*to++ = digits[from[i] & 15];
	}
	buf->len += 2 * len;
}

const char *weir_buf_string(struct weir_buf *buf)
{
	weir_buf_char(buf, '\0');
	if (buf->err)
		return NULL;
	buf->len--;
	return buf->bytes;
}
