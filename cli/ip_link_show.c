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

/* Copies @text; behind each `prog/xdp id N ... ` line of it the counts. With
 * -oneline a backslash ends what is a line without. */
static void print_text(const char *text, bool oneline)
{
	while (*text) {
		size_t len = strcspn(text, oneline ? "\\\n" : "\n");
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

/* Members as they stand before: each behind the same blanks. */
static void print_members(const char *blanks, int n_blanks, uint64_t runs, uint64_t time_ns)
{
	const char *space = n_blanks ? " " : "";

	printf(",%.*s\"run_cnt\":%s%" PRIu64, n_blanks, blanks, space, runs);
	printf(",%.*s\"run_time_ns\":%s%" PRIu64, n_blanks, blanks, space, time_ns);
}

/* Copies JSON; the counts become members of each "prog" object. No string in it
 * has braces: names of programs are C names. */
static void print_json(const char *text)
{
	static const char mark[] = "\"prog\":", id_mark[] = "\"id\":";
	const char *at, *open, *end, *id;
	uint64_t runs, time_ns;

	while ((at = strstr(text, mark)) && (open = strchr(at, '{')) && (end = strchr(at, '}'))) {
		id = strstr(open, id_mark);
		runs = id && id < end ? runs_of((uint32_t)strtoul(id + strlen(id_mark), NULL, 10),
						&time_ns)
				      : 0;
		while (end > open && isspace((unsigned char)end[-1]))
			end--;
		fwrite(text, 1, (size_t)(end - text), stdout);
		if (runs)
			print_members(open + 1, (int)strspn(open + 1, " \n"), runs, time_ns);
		text = end;
	}
	fputs(text, stdout);
}

static int has_run(const struct weir_attachment *at, void *ctx)
{
	(void)ctx;
	return at->prog.run_count != 0;
}

int weir_ip_link_show(struct weir_compat *c, char **words)
{
	char *out = NULL;
	size_t len = 0;
	int status;

	/* Nothing to add: then it is the real ip's own, colours of a terminal included. */
	weir_log_to(NULL, NULL, WEIR_LOG_ERROR);
	if (!weir_compat_net(c) || weir_query_xdp(c->net, NULL, has_run, NULL) <= 0)
		return weir_real_line(c, words);
	status = weir_real_output(c, words, &out, &len);
	if (status < 0)
		return weir_real_line(c, words); /* says why not */
	if (c->json)
		print_json(out);
	else
		print_text(out, c->oneline);
	free(out);
	return status;
}
