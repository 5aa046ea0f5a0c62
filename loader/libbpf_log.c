// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where libbpf's messages go; see libbpf_log.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "loader/libbpf_log.h"
#include "loader/log.h"

#define KEPT_LINES 16
#define LINE_BYTES 256

static __thread struct {
	char line[KEPT_LINES][LINE_BYTES];
	unsigned int n;
} kept;

static void keep(const char *line)
{
	if (kept.n == KEPT_LINES)
		return;
	snprintf(kept.line[kept.n++], LINE_BYTES, "%.*s", LINE_BYTES - 1, line);
}

static int on_line(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char line[2 * LINE_BYTES];
	char *text = line;

	if (level != LIBBPF_WARN && !weir_log_wants(WEIR_LOG_DEBUG))
		return 0;
	vsnprintf(line, sizeof(line), fmt, args);
	if (!strncmp(text, "libbpf: ", 8))
		text += 8;
	text[strcspn(text, "\n")] = '\0';
	if (level == LIBBPF_WARN)
		keep(text);
	weir_log(WEIR_LOG_DEBUG, "libbpf: %s", text);
	return 0;
}

void weir_libbpf_capture(void)
{
	libbpf_set_print(on_line);
}

void weir_libbpf_clear(void)
{
	kept.n = 0;
}

bool weir_libbpf_subject(const char *kind, char *name, size_t len)
{
	size_t kind_len = strlen(kind);

	for (unsigned int i = 0; i < kept.n; i++) {
		const char *start = kept.line[i], *end;

		if (strncmp(start, kind, kind_len) != 0 || strncmp(start + kind_len, " '", 2) != 0)
			continue;
		start += kind_len + 2;
		end = strchr(start, '\'');
		if (!end)
			continue;
		snprintf(name, len, "%.*s", (int)(end - start), start);
		return true;
	}
	return false;
}

const char *weir_libbpf_first(void)
{
	return kept.n ? kept.line[0] : "";
}
