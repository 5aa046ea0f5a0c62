// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Standard error. In: the library's log lines and the command's own errors.
 * Out: one line each, with control characters made visible, since names of
 * files, filters and programs are other people's bytes.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/out.h"
#include "cli/say.h"
#include "loader/weir.h"

/* Where the first error of the library goes instead. */
static char *caught;
static size_t caught_len;
static bool had_error;
static bool is_quiet;

static void print_line(const char *prefix, const char *line)
{
	fputs(prefix, stderr);
	weir_text_print(stderr, line);
	fputc('\n', stderr);
}

static void hear(void *ctx, enum weir_log_level level, const char *line)
{
	(void)ctx;
	if (caught && level <= WEIR_LOG_DETAIL) {
		if (level == WEIR_LOG_ERROR && !*caught)
			snprintf(caught, caught_len, "%s", line);
		return;
	}
	switch (level) {
	case WEIR_LOG_ERROR:
		had_error = true;
		print_line("weir: ", line);
		break;
	case WEIR_LOG_DETAIL:
		print_line("  ", line);
		break;
	case WEIR_LOG_NOTICE:
		print_line("weir: note: ", line);
		break;
	case WEIR_LOG_INFO:
	case WEIR_LOG_DEBUG:
		print_line("weir: ", line);
		break;
	}
}

void weir_say_start(bool quiet, unsigned int verbose)
{
	enum weir_log_level max = WEIR_LOG_NOTICE;

	is_quiet = quiet;
	if (quiet)
		max = WEIR_LOG_DETAIL;
	else if (verbose == 1)
		max = WEIR_LOG_INFO;
	else if (verbose > 1)
		max = WEIR_LOG_DEBUG;
	weir_log_to(hear, NULL, max);
}

void weir_say_catch(char *text, size_t len)
{
	*text = '\0';
	caught = text;
	caught_len = len;
}

void weir_say_release(void)
{
	caught = NULL;
}

static void say(const char *prefix, const char *fmt, va_list args)
{
	char *line;

	if (vasprintf(&line, fmt, args) < 0) {
		fputs("weir: out of memory\n", stderr);
		return;
	}
	print_line(prefix, line);
	free(line);
}

void weir_say_error(const char *fmt, ...)
{
	va_list args;

	had_error = true;
	va_start(args, fmt);
	say("weir: ", fmt, args);
	va_end(args);
}

void weir_say_note(const char *fmt, ...)
{
	va_list args;

	if (is_quiet)
		return;
	va_start(args, fmt);
	say("weir: note: ", fmt, args);
	va_end(args);
}

int weir_say_blind(const char *what)
{
	if (!weir_query_is_blind())
		return 0;
	weir_say_error("%s: " WEIR_SAY_BLIND, what);
	return -EPERM;
}

bool weir_say_had_error(void)
{
	return had_error;
}

void weir_say_reset(void)
{
	had_error = false;
	is_quiet = false;
	weir_log_to(NULL, NULL, WEIR_LOG_ERROR);
}
