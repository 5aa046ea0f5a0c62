// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Standard error of `weir tc` and `weir ip`: scripts read its first line. In:
 * the library's log and the kernel's refusals. Out: lines in iproute2's order.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compat.h"
#include "cli/out.h"

/* Notices of one line, held back. */
static struct {
	char *text;
	size_t len;
} held;

static void hold(const char *line)
{
	size_t len = strlen(line);
	char *text = realloc(held.text, held.len + len + 2);

	if (!text)
		return;
	memcpy(text + held.len, line, len + 1);
	text[held.len + len] = '\n';
	text[held.len + len + 1] = '\0';
	held.text = text;
	held.len += len + 1;
}

static void print_line(const char *line)
{
	/* In order with what went to standard output before it. */
	(void)fflush(stdout);
	weir_text_print(stderr, line);
	fputc('\n', stderr);
}

static void hear(void *ctx, enum weir_log_level level, const char *line)
{
	(void)ctx;
	if (level == WEIR_LOG_NOTICE)
		hold(line);
	else
		print_line(line);
}

void weir_compat_say_begin(bool verbose)
{
	weir_log_to(hear, NULL, verbose ? WEIR_LOG_INFO : WEIR_LOG_NOTICE);
}

void weir_compat_say_end(bool refused)
{
	char *line, *rest = held.text;

	while (!refused && (line = strsep(&rest, "\n")) && *line) {
		fputs("note: ", stderr);
		print_line(line);
	}
	free(held.text);
	held.text = NULL;
	held.len = 0;
	weir_log_to(NULL, NULL, WEIR_LOG_ERROR);
}

void weir_compat_say(const char *fmt, ...)
{
	va_list args;
	char *line;
	int len;

	va_start(args, fmt);
	len = vasprintf(&line, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	print_line(line);
	free(line);
}

bool weir_compat_refused(const struct weir_ack *ack)
{
	size_t len = strlen(ack->text);

	if (!ack->err)
		return false;
	if (len)
		weir_compat_say("Error: %s%s", ack->text, ack->text[len - 1] == '.' ? "" : ".");
	if (ack->miss_type)
		weir_compat_say("Missing required attribute %u", ack->miss_type);
	if (!len)
		weir_compat_say("RTNETLINK answers: %s", strerror(-ack->err));
	return true;
}
