// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The library's only voice: formats a line and hands it to the caller's
 * callback. In: a level and a printf format. Out: exactly one line, whatever
 * names from files and kernels it quotes; without a callback, nothing.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"

static struct {
	weir_log_fn fn;
	void *ctx;
	enum weir_log_level max;
} sink;

void weir_log_to(weir_log_fn fn, void *ctx, enum weir_log_level max)
{
	sink.fn = fn;
	sink.ctx = ctx;
	sink.max = max;
}

bool weir_log_wants(enum weir_log_level level)
{
	return sink.fn && level <= sink.max;
}

/* Names quoted in a line come from object files and pins: a control character
 * in one must not become a second line or a terminal command. */
static void make_line(char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
			*text = '?';
}

__attribute__((format(printf, 2, 0))) static void vlog(enum weir_log_level level, const char *fmt,
						       va_list args)
{
	char small[512], *text = small, *big = NULL;
	int saved_errno = errno;
	va_list again;
	int len;

	if (!weir_log_wants(level))
		return;
	va_copy(again, args);
	len = vsnprintf(small, sizeof(small), fmt, args);
	/* Without memory the line is cut, not lost. */
	if (len >= (int)sizeof(small) && (big = malloc((size_t)len + 1))) {
		vsnprintf(big, (size_t)len + 1, fmt, again);
		text = big;
	}
	va_end(again);
	if (len >= 0) {
		make_line(text);
		sink.fn(sink.ctx, level, text);
	}
	free(big);
	errno = saved_errno;
}

void weir_log(enum weir_log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vlog(level, fmt, args);
	va_end(args);
}

int weir_fail(int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vlog(WEIR_LOG_ERROR, fmt, args);
	va_end(args);
	return err;
}
