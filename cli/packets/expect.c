// SPDX-License-Identifier: LGPL-2.1-or-later
/* Expectations: read, found, compared, written. */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/expect.h"
#include "cli/say.h"
#include "loader/weir.h"

struct reader {
	const char *name;
	unsigned int line;
	struct weir_expectation *out;
};

static int fail(const struct reader *reader, const char *word, const char *cause)
{
	weir_say_error("%s:%u: '%.60s': %s", reader->name, reader->line, word, cause);
	return -EINVAL;
}

/* ---- reading ------------------------------------------------------------- */

static bool read_number(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*out = strtoull(*at, &end, 10);
	*at = end;
	return !errno;
}

static int read_range(const struct reader *reader, const char *word, struct weir_expected *out)
{
	const char *at = word;

	if (!strcmp(word, "*"))
		return 0;
	if (!read_number(&at, &out->from) || !out->from)
		return fail(reader, word,
			    "a packet's number, A-B or * stands first; counts and "
			    "changes are indented");
	out->to = out->from;
	if (*at == '-') {
		at++;
		if (!read_number(&at, &out->to))
			return fail(reader, word, "not a range of packets");
	}
	if (*at || out->to < out->from)
		return fail(reader, word, "not a range of packets");
	return 0;
}

/* Verdicts without a name are numbers. */
static bool is_verdict(const char *word)
{
	const char *at = *word == '-' ? word + 1 : word;
	uint64_t number;

	for (int32_t i = -1; i < 16; i++) {
		const char *xdp = weir_verdict_name(BPF_PROG_TYPE_XDP, i);
		const char *tc = weir_verdict_name(BPF_PROG_TYPE_SCHED_CLS, i);

		if ((xdp && !strcmp(xdp, word)) || (tc && !strcmp(tc, word)))
			return true;
	}
	return !strcmp(word, WEIR_VERDICT_NOT_RUN) ||
	       (read_number(&at, &number) && !*at && number <= UINT32_MAX);
}

/* "98", "98 > 60", "unchanged", "uncounted" */
static int read_rest(const struct reader *reader, char **save, struct weir_expected *out)
{
	char *word;

	while ((word = strtok_r(NULL, " \t\r\n", save))) {
		const char *at = word;
		uint64_t number = 0;

		if (!strcmp(word, "unchanged")) {
			out->unchanged = true;
		} else if (!strcmp(word, "uncounted")) {
			out->uncounted = true;
		} else if (!strcmp(word, ">") && out->in_bytes != WEIR_LENGTH_UNSAID &&
			   out->out_bytes == WEIR_LENGTH_UNSAID) {
			word = strtok_r(NULL, " \t\r\n", save);
			at = word ? word : ">";
			if (!read_number(&at, &number) || *at)
				return fail(reader, word ? word : ">", "a length must follow");
			out->out_bytes = number;
		} else if (read_number(&at, &number) && !*at &&
			   out->in_bytes == WEIR_LENGTH_UNSAID) {
			out->in_bytes = number;
		} else {
			return fail(reader, word, "not a length, nor unchanged or uncounted");
		}
	}
	if (out->out_bytes == WEIR_LENGTH_UNSAID && out->unchanged)
		out->out_bytes = out->in_bytes;
	return 0;
}

static int add(struct weir_expectation *all, const struct weir_expected *expected)
{
	if (all->n == all->cap) {
		size_t cap = all->cap ? 2 * all->cap : 16;
		struct weir_expected *list = reallocarray(all->list, cap, sizeof(*list));

		if (!list)
			return -ENOMEM;
		all->list = list;
		all->cap = cap;
	}
	all->list[all->n++] = *expected;
	return 0;
}

static int read_packet(struct reader *reader, char *line)
{
	struct weir_expected expected = {
		.line = reader->line,
		.in_bytes = WEIR_LENGTH_UNSAID,
		.out_bytes = WEIR_LENGTH_UNSAID,
	};
	char *save = NULL, *word = strtok_r(line, " \t\r\n", &save);
	int err = read_range(reader, word, &expected);

	if (err)
		return err;
	word = strtok_r(NULL, " \t\r\n", &save);
	if (!word || !is_verdict(word))
		return fail(reader, word ? word : "end of line",
			    "a verdict must follow: XDP_DROP, TC_ACT_OK, NOT_RUN, ...");
	snprintf(expected.verdict, sizeof(expected.verdict), "%s", word);
	err = read_rest(reader, &save, &expected);
	return err ? err : add(reader->out, &expected);
}

static int read_item(struct reader *reader, char *line)
{
	struct weir_expected *last = reader->out->n ? &reader->out->list[reader->out->n - 1] : NULL;
	char *save = NULL, *word = strtok_r(line, " \t\r\n", &save), *text;
	struct weir_lines *into;
	size_t room, used = 0;
	char *joined;

	if (!last)
		return fail(reader, word, "no packet stands before");
	if (strcmp(word, "count") != 0 && strcmp(word, "change") != 0)
		return fail(reader, word, "neither count nor change");
	into = word[1] == 'o' ? &last->counts : &last->changes;
	if (word[1] == 'o' ? last->uncounted : last->unchanged)
		return fail(reader, word, "contradicts the line of the packet");
	room = strlen(save) + 2;
	joined = calloc(1, room);
	if (!joined)
		return -ENOMEM;
	while ((text = strtok_r(NULL, " \t\r\n", &save))) {
		used += (size_t)snprintf(joined + used, room - used, "%s%s", used ? " " : "", text);
	}
	if (*joined)
		weir_lines_add(into, "%s", joined);
	free(joined);
	if (into->failed)
		return -ENOMEM;
	return used ? 0 : fail(reader, word, "something must follow");
}

/* A '#' behind a blank begins a comment: names of maps may hold one. */
static void cut_comment(char *line)
{
	for (char *s = line; *s; s++) {
		if (*s == '#' && (s == line || s[-1] == ' ' || s[-1] == '\t')) {
			*s = '\0';
			return;
		}
	}
}

static int by_number(const void *left, const void *right)
{
	const struct weir_expected *a = left, *b = right;

	return (a->from > b->from) - (a->from < b->from);
}

static int check_overlap(struct reader *reader)
{
	struct weir_expectation *all = reader->out;

	if (all->n)
		qsort(all->list, all->n, sizeof(*all->list), by_number);
	for (size_t i = 1; i < all->n; i++) {
		if (all->list[i].from > all->list[i - 1].to)
			continue;
		weir_say_error("%s:%u and %u: both speak of packet %" PRIu64, reader->name,
			       all->list[i - 1].line, all->list[i].line, all->list[i].from);
		return -EINVAL;
	}
	return 0;
}

int weir_expect_read(FILE *file, const char *name, struct weir_expectation *out)
{
	struct reader reader = {.name = name, .out = out};
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, file) > 0) {
		bool indented = *line == ' ' || *line == '\t';

		reader.line++;
		cut_comment(line);
		if (!line[strspn(line, " \t\r\n")])
			continue;
		err = indented ? read_item(&reader, line) : read_packet(&reader, line);
	}
	free(line);
	if (!err && ferror(file)) {
		err = -errno;
		weir_say_error("%s: %s", name, strerror(-err));
	}
	return err ? err : check_overlap(&reader);
}

void weir_expect_free(struct weir_expectation *all)
{
	for (size_t i = 0; i < all->n; i++) {
		weir_lines_free(&all->list[i].counts);
		weir_lines_free(&all->list[i].changes);
	}
	free(all->list);
	*all = (struct weir_expectation){.list = NULL};
}

/* ---- comparing ----------------------------------------------------------- */

const struct weir_expected *weir_expect_find(const struct weir_expectation *all, uint64_t number)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (all->list[mid].from <= number && number <= all->list[mid].to)
			return &all->list[mid];
		if (all->list[mid].to < number)
			low = mid + 1;
		else
			high = mid;
	}
	/* that of all others is the first: its number is 0 */
	return all->n && !all->list[0].from ? &all->list[0] : NULL;
}

static bool has_line(const struct weir_lines *lines, const char *line)
{
	for (size_t i = 0; i < lines->n; i++)
		if (!strcmp(lines->list[i], line))
			return true;
	return false;
}

/* Order is ours to choose: it is not compared. */
static void compare_lines(const char *what, const struct weir_lines *want,
			  const struct weir_lines *got, struct weir_lines *problems)
{
	for (size_t i = 0; i < want->n; i++)
		if (!has_line(got, want->list[i]))
			weir_lines_add(problems, "missing: %s %s", what, want->list[i]);
	for (size_t i = 0; i < got->n; i++)
		if (!has_line(want, got->list[i]))
			weir_lines_add(problems, "not expected: %s %s", what, got->list[i]);
}

void weir_expect_compare(const struct weir_expected *want, const struct weir_outcome *got,
			 struct weir_lines *problems)
{
	if (!want) {
		weir_lines_add(problems,
			       "nothing is expected of it: %s; a line '* VERDICT' speaks "
			       "of all others",
			       got->verdict);
		return;
	}
	if (strcmp(want->verdict, got->verdict) != 0)
		weir_lines_add(problems, "verdict %s, expected %s", got->verdict, want->verdict);
	if (want->in_bytes != WEIR_LENGTH_UNSAID && want->in_bytes != got->in_bytes)
		weir_lines_add(problems, "length %zu, expected %zu: another packet", got->in_bytes,
			       want->in_bytes);
	if (want->out_bytes != WEIR_LENGTH_UNSAID && want->out_bytes != got->out_bytes)
		weir_lines_add(problems, "length afterwards %zu, expected %zu", got->out_bytes,
			       want->out_bytes);
	if (want->counts.n || want->uncounted)
		compare_lines("count", &want->counts, &got->counts, problems);
	if (want->changes.n || want->unchanged)
		compare_lines("change", &want->changes, &got->changes, problems);
}

void weir_expect_beyond(const struct weir_expectation *all, uint64_t last,
			struct weir_lines *problems)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].to > last)
			weir_lines_add(problems,
				       "line %u expects packet %" PRIu64
				       ": there are only %" PRIu64,
				       all->list[i].line, all->list[i].to, last);
}

/* ---- writing ------------------------------------------------------------- */

void weir_outcome_print(const struct weir_outcome *outcome, FILE *file)
{
	fprintf(file, "%" PRIu64 " %s %zu", outcome->number, outcome->verdict, outcome->in_bytes);
	if (outcome->out_bytes != outcome->in_bytes && outcome->out_bytes)
		fprintf(file, " > %zu", outcome->out_bytes);
	if (!outcome->changes.n && outcome->out_bytes)
		fprintf(file, " unchanged");
	if (!outcome->counts.n)
		fprintf(file, " uncounted");
	fprintf(file, "  # %s\n", outcome->words);
	for (size_t i = 0; i < outcome->counts.n; i++)
		fprintf(file, "  count %s\n", outcome->counts.list[i]);
	for (size_t i = 0; i < outcome->changes.n; i++)
		fprintf(file, "  change %s\n", outcome->changes.list[i]);
}

void weir_outcome_free(struct weir_outcome *outcome)
{
	weir_lines_free(&outcome->counts);
	weir_lines_free(&outcome->changes);
}
