/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text that grows, or that goes on to a file in large pieces. After a failure
 * nothing more is taken, and `err` says why; so writers need no checks.
 */
#ifndef WEIR_MAPS_BUF_H
#define WEIR_MAPS_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct weir_buf {
	char *bytes;
	size_t len, room;
	int fd;	 /* where it goes when full; -1: it grows */
	int err; /* -ENOMEM, or write(2)'s */
};

#define WEIR_BUF_PIECE 65536u /* bytes a write(2) */

void weir_buf_init(struct weir_buf *buf, int fd);
void weir_buf_free(struct weir_buf *buf);
/* Writes what is left; 0 or the error. */
int weir_buf_flush(struct weir_buf *buf);
/* Makes room for @len bytes more, by growing or writing; NULL after a failure. */
char *weir_buf_slow_room(struct weir_buf *buf, size_t len);

/* At least @len bytes at the end, to be written and then added to len. */
static inline char *weir_buf_room(struct weir_buf *buf, size_t len)
{
	return buf->room - buf->len >= len ? buf->bytes + buf->len : weir_buf_slow_room(buf, len);
}

static inline void weir_buf_put(struct weir_buf *buf, const void *bytes, size_t len)
{
	char *to = weir_buf_room(buf, len);

	if (to) {
		memcpy(to, bytes, len);
		buf->len += len;
	}
}

static inline void weir_buf_char(struct weir_buf *buf, char c)
{
	char *to = weir_buf_room(buf, 1);

	if (to) {
		*to = c;
		buf->len++;
	}
}

static inline void weir_buf_text(struct weir_buf *buf, const char *text)
{
	weir_buf_put(buf, text, strlen(text));
}

void weir_buf_u64(struct weir_buf *buf, uint64_t value);
void weir_buf_i64(struct weir_buf *buf, int64_t value);
/* Two digits a byte, in their order. */
void weir_buf_hex(struct weir_buf *buf, const void *bytes, size_t len);
/* Ends what grows with a NUL that is not counted; NULL after a failure. */
const char *weir_buf_string(struct weir_buf *buf);

#endif
