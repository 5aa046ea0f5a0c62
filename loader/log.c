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

/* Where the first error goes instead, while a call may still turn out well. */
static struct {
	char *text;
	size_t len;
} held;

void weir_log_hold(char *text, size_t len)
{
	*text = '\0';
	held.text = text;
	held.len = len;
}

void weir_log_release(void)
{
	held.text = NULL;
}

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

/* Errors and their details become steps that weir -v tells. */
__attribute__((format(printf, 2, 0))) static enum weir_log_level hold(enum weir_log_level level,
								      const char *fmt, va_list args)
{
	if (!held.text || level > WEIR_LOG_DETAIL)
		return level;
	if (level == WEIR_LOG_ERROR && !*held.text) {
		vsnprintf(held.text, held.len, fmt, args);
		make_line(held.text);
	}
	return WEIR_LOG_INFO;
}

__attribute__((format(printf, 2, 0))) static void vlog(enum weir_log_level level, const char *fmt,
						       va_list args)
{
	char small[512], *text = small, *big = NULL;
	int saved_errno = errno;
	va_list again;
	int len;

	va_copy(again, args);
	level = hold(level, fmt, again);
	va_end(again);
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
