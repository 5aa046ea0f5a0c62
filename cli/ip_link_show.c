// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `ip -s link show`: the real ip owns every field of an interface, so it prints;
 * the runs of an XDP program, when the kernel counts them, are put behind it.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ip.h"

/* Runs of program @id; 0: none counted. */
static uint64_t runs_of(uint32_t id, uint64_t *time_ns)
{
	struct weir_prog prog;

	if (!id || weir_prog_brief_by_id(id, &prog))
		return 0;
	*time_ns = prog.run_time_ns;
	return prog.run_count;
}

/* N of "    prog/xdp... id N "; 0: another line. */
static uint32_t id_of(const char *line, size_t len)
{
	static const char mark[] = "prog/xdp";
	const char *id;

	line += strspn(line, " ");
	if (strncmp(line, mark, strlen(mark)) != 0)
		return 0;
	id = strstr(line, " id ");
	return id && id < line + len ? (uint32_t)strtoul(id + 4, NULL, 10) : 0;
}

/* Copies @text; behind each `prog/xdp id N ... ` line of it the counts. */
static void print_text(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		uint64_t runs, time_ns;

		fwrite(text, 1, len, stdout);
		runs = runs_of(id_of(text, len), &time_ns);
		if (runs)
			printf("run_cnt %" PRIu64 " run_time_ns %" PRIu64 " ", runs, time_ns);
		text += len;
		if (*text)
			putchar(*text++);
	}
}

/* The end of the object that begins at @text; NULL: none. No string of it has
 * braces: names of programs are C names. */
static const char *object_end(const char *text)
{
	return strchr(text, '}');
}

/* Copies JSON; the counts become members of each "prog" object. */
static void print_json(const char *text)
{
	static const char mark[] = "\"prog\":";
	const char *at, *end, *id;
	uint64_t runs, time_ns;

	while ((at = strstr(text, mark)) && (end = object_end(at))) {
		id = strstr(at, "\"id\":");
		runs = id && id < end ? runs_of((uint32_t)strtoul(id + 5, NULL, 10), &time_ns) : 0;
		while (end > at && isspace((unsigned char)end[-1]))
			end--;
		fwrite(text, 1, (size_t)(end - text), stdout);
		if (runs)
			printf(",\"run_cnt\":%" PRIu64 ",\"run_time_ns\":%" PRIu64, runs, time_ns);
		text = end;
	}
	fputs(text, stdout);
}

int weir_ip_link_show(struct weir_compat *c, char **words)
{
	char *out = NULL;
	size_t len = 0;
	int status;

	status = weir_real_output(c, words, &out, &len);
	if (status < 0)
		return weir_real_line(c, words); /* says why not */
	if (c->json)
		print_json(out);
	else
		print_text(out);
	free(out);
	return status;
}
