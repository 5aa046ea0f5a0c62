// SPDX-License-Identifier: LGPL-2.1-or-later
/* One outcome after the other, to wherever it was asked for. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/packets/expect.h"
#include "cli/packets/report.h"
#include "cli/say.h"

static int fail_write(const char *path)
{
	int err = errno ? -errno : -EIO;

	weir_say_error("%s: cannot be written: %s", path, strerror(-err));
	return err;
}

int weir_report_open(const struct weir_globals *globals, const struct weir_test_config *cfg,
		     const char *name, struct weir_report *out)
{
	*out = (struct weir_report){.name = name, .how = WEIR_REPORT_TEXT};
	if (cfg->out && !strcmp(cfg->out, "-"))
		out->how = WEIR_REPORT_NOTHING;
	else if (globals->json)
		out->how = WEIR_REPORT_JSON;
	else if (cfg->expect)
		out->how = WEIR_REPORT_TAP;
	if (out->how == WEIR_REPORT_JSON) {
		weir_json_start(&out->json, stdout, globals->pretty);
		weir_json_array(&out->json, NULL);
	}
	if (cfg->junit) {
		out->junit = open_memstream(&out->junit_text, &out->junit_len);
		if (!out->junit)
			return -ENOMEM;
	}
	if (cfg->save) {
		out->save = fopen(cfg->save, "we");
		if (!out->save)
			return fail_write(cfg->save);
	}
	return 0;
}

/* ---- JSON ---------------------------------------------------------------- */

static void add_lines(struct weir_json *json, const char *key, const struct weir_lines *lines)
{
	weir_json_array(json, key);
	for (size_t i = 0; i < lines->n; i++)
		weir_json_string(json, NULL, lines->list[i]);
	weir_json_array_end(json);
}

/* "MAP ROW PACKETS BYTES" */
static void add_count(struct weir_json *json, const char *line)
{
	char *copy = strdup(line), *save = NULL;
	const char *map = copy ? strtok_r(copy, " ", &save) : NULL;
	const char *row = map ? strtok_r(NULL, " ", &save) : NULL;
	char *numbers = row ? save : NULL;

	if (numbers) {
		weir_json_object(json, NULL);
		weir_json_string(json, "map", map);
		weir_json_string(json, "counter", row);
		weir_json_u64(json, "packets", strtoull(numbers, &numbers, 10));
		weir_json_u64(json, "bytes", strtoull(numbers, NULL, 10));
		weir_json_object_end(json);
	}
	free(copy);
}

static void add_json(struct weir_json *json, const struct weir_outcome *outcome,
		     const struct weir_lines *problems)
{
	weir_json_object(json, NULL);
	weir_json_u64(json, "packet", outcome->number);
	weir_json_string(json, "words", outcome->words);
	weir_json_u64(json, "bytes", outcome->in_bytes);
	weir_json_string(json, "verdict", outcome->verdict);
	weir_json_u64(json, "bytes_out", outcome->out_bytes);
	weir_json_array(json, "counts");
	for (size_t i = 0; i < outcome->counts.n; i++)
		add_count(json, outcome->counts.list[i]);
	weir_json_array_end(json);
	add_lines(json, "changes", &outcome->changes);
	if (problems) {
		weir_json_bool(json, "ok", !problems->n);
		add_lines(json, "problems", problems);
	}
	weir_json_object_end(json);
}

/* ---- TAP, JUnit ---------------------------------------------------------- */

static void add_tap(const struct weir_report *report, const char *what,
		    const struct weir_lines *problems)
{
	printf("%sok %" PRIu64 " - %s\n", problems->n ? "not " : "", report->n, what);
	for (size_t i = 0; i < problems->n; i++)
		printf("# %s\n", problems->list[i]);
}

static void put_xml(FILE *file, const char *text)
{
	for (; *text; text++) {
		const char *entity = *text == '<'   ? "&lt;"
				     : *text == '>' ? "&gt;"
				     : *text == '&' ? "&amp;"
				     : *text == '"' ? "&quot;"
						    : NULL;

		if (entity)
			fputs(entity, file);
		else
			fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
	}
}

static void add_junit(const struct weir_report *report, const char *what,
		      const struct weir_lines *problems)
{
	FILE *file = report->junit;

	fputs("  <testcase classname=\"", file);
	put_xml(file, report->name);
	fprintf(file, "\" name=\"%" PRIu64 " ", report->n);
	put_xml(file, what);
	if (!problems->n) {
		fputs("\"/>\n", file);
		return;
	}
	fputs("\">\n    <failure message=\"", file);
	put_xml(file, problems->list[0]);
	fputs("\">", file);
	for (size_t i = 0; i < problems->n; i++) {
		put_xml(file, problems->list[i]);
		fputc('\n', file);
	}
	fputs("</failure>\n  </testcase>\n", file);
}

static void add_verdict(struct weir_report *report, const char *what,
			const struct weir_lines *problems)
{
	report->failed += problems->n > 0;
	if (report->how == WEIR_REPORT_TAP)
		add_tap(report, what, problems);
	if (report->junit)
		add_junit(report, what, problems);
}

void weir_report_add(struct weir_report *report, const struct weir_outcome *outcome,
		     const struct weir_lines *problems)
{
	char what[512];

	report->n++;
	if (report->how == WEIR_REPORT_TEXT)
		weir_outcome_print(outcome, stdout);
	if (report->how == WEIR_REPORT_JSON)
		add_json(&report->json, outcome, problems);
	if (report->save)
		weir_outcome_print(outcome, report->save);
	if (!problems)
		return;
	snprintf(what, sizeof(what), "%s %s", outcome->verdict, outcome->words);
	add_verdict(report, what, problems);
}

void weir_report_whole(struct weir_report *report, const char *what,
		       const struct weir_lines *problems)
{
	report->n++;
	if (report->how == WEIR_REPORT_JSON) {
		weir_json_object(&report->json, NULL);
		weir_json_bool(&report->json, "ok", !problems->n);
		add_lines(&report->json, "problems", problems);
		weir_json_object_end(&report->json);
	}
	add_verdict(report, what, problems);
}

/* ---- the end ------------------------------------------------------------- */

static int write_junit(const struct weir_report *report, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return fail_write(path);
	fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"weir test ");
	put_xml(file, report->name);
	fprintf(file, "\" tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\">\n", report->n,
		report->failed);
	fwrite(report->junit_text, 1, report->junit_len, file);
	fputs("</testsuite>\n", file);
	return ferror(file) | fclose(file) ? fail_write(path) : 0;
}

int weir_report_close(struct weir_report *report, const struct weir_test_config *cfg)
{
	int err = 0;

	if (report->how == WEIR_REPORT_JSON) {
		weir_json_array_end(&report->json);
		weir_json_end(&report->json);
	}
	if (report->how == WEIR_REPORT_TAP)
		printf("1..%" PRIu64 "\n", report->n);
	if (report->save && (ferror(report->save) | fclose(report->save)))
		err = fail_write(cfg->save);
	if (report->junit) {
		if (fclose(report->junit))
			err = -ENOMEM;
		err = err ? err : write_junit(report, cfg->junit);
		free(report->junit_text);
	}
	return err;
}
