// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What surrounds the lines of tc and ip: options, batch text, messages, and the
 * search for the real program. Nothing is run.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/compat.h"
#include "loader/log.h"

/* ---- options ------------------------------------------------------------- */

static char line[1024];
static char *argv[64];

/* Cuts @text at blanks; '' is an empty word. */
static char **words_of(const char *text)
{
	size_t n = 0;
	char *at;

	snprintf(line, sizeof(line), "%s", text);
	for (at = strtok(line, " "); at; at = strtok(NULL, " "))
		argv[n++] = strcmp(at, "''") == 0 ? at + 2 : at;
	argv[n] = NULL;
	return argv;
}

static const struct {
	const char *program, *line;
	const char *set;  /* letters of fields, in the order of set_of() */
	const char *rest; /* the first word that is no option; NULL: none */
} options[] = {
	{"tc", "", "", NULL},
	{"tc", "qdisc", "", "qdisc"},
	{"tc", "-s qdisc show", "s", "qdisc"},
	{"tc", "-stat -statistics -stats qdisc", "s", "qdisc"},
	{"tc", "-d -r -p -j -o -N -i -g -t -ts qdisc", "jpdoN", "qdisc"},
	{"tc", "-details -raw -pretty -json -oneline -Numeric -iec -graph qdisc", "jpdoN", "qdisc"},
	{"tc", "-br qdisc", "b", "qdisc"},
	{"tc", "-b qdisc", "B", NULL}, /* -batch comes first */
	{"tc", "-batch - -force", "fB", NULL},
	{"tc", "-f -b x", "fB", NULL},
	{"tc", "-n ns qdisc", "n", "qdisc"},
	{"tc", "-net a -netns b qdisc", "n", "qdisc"},
	{"tc", "-nm qdisc", "m", "qdisc"},
	{"tc", "-na qdisc", "m", "qdisc"},
	{"tc", "-c names -nm qdisc", "m", "qdisc"}, /* -cf comes before -color */
	{"tc", "-cf names qdisc", "", "qdisc"},
	{"tc", "-col qdisc", "", "qdisc"},
	{"tc", "-color=never qdisc", "", "qdisc"},
	{"tc", "-c=auto qdisc", "", "qdisc"},
	{"tc", "-color=sometimes qdisc", "?", "-color=sometimes"},
	{"tc", "-echo -e qdisc", "e", "qdisc"},
	{"tc", "- qdisc", "s", "qdisc"}, /* matches() takes the empty rest, too */
	{"tc", "-V", "V", NULL},
	{"tc", "-Ver -frobnicate", "V", "-frobnicate"},
	{"tc", "-h -frobnicate", "h", "-frobnicate"},
	{"tc", "-frobnicate qdisc", "?", "-frobnicate"},
	{"tc", "-jp qdisc", "?", "-jp"},
	{"tc", "-j -jp -V", "j?", "-jp"},
	{"tc", "--json qdisc", "?", "--json"},
	{"tc", "-- qdisc", "?", "--"},
	{"tc", "-n", "?", "-n"},
	{"tc", "-b", "?", "-b"},
	{"tc", "'' -j", "", ""},
	{"ip", "link", "", "link"},
	{"ip", "-4 -6 -0 -M -B link", "", "link"},
	{"ip", "-44 link", "?", "-44"},
	{"ip", "-h link", "", "link"}, /* -human-readable */
	{"ip", "-he link", "h", "link"},
	{"ip", "-l 3 -r -rc 5 link", "", "link"},
	{"ip", "-f inet6 link", "", "link"}, /* -family comes before -force */
	{"ip", "-fo link", "f", "link"},
	{"ip", "-a -c -br -s -d -j -p -o -t link", "jpdsbo", "link"},
	{"ip", "--json --details link", "jd", "link"},
	{"ip", "-j -- -d", "j", "-d"},
	{"ip", "-- ''", "", ""},
	{"ip", "---j link", "?", "---j"},
	{"ip", "-b", "?", "-b"},
	{"ip", "-echo link", "e", "link"},
	{"ip", "-n a -V", "nV", NULL},
};

static void set_of(const struct weir_compat *c, char *out)
{
	const struct {
		bool is_set;
		char letter;
	} fields[] = {
		{c->force, 'f'},   {c->json, 'j'},  {c->pretty, 'p'},  {c->details, 'd'},
		{c->stats, 's'},   {c->brief, 'b'}, {c->echo, 'e'},    {c->oneline, 'o'},
		{c->numeric, 'N'}, {c->names, 'm'}, {c->netns, 'n'},   {c->batch, 'B'},
		{c->version, 'V'}, {c->help, 'h'},  {c->unknown, '?'},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].is_set)
			*out++ = fields[i].letter;
	*out = '\0';
}

static void compat_options(void **state)
{
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		struct weir_compat c = {.program = options[i].program};
		char **words = words_of(options[i].line), **rest = words, set[32];

		c.is_ip = !strcmp(c.program, "ip");
		weir_compat_options(&c, &rest);
		set_of(&c, set);
		if (strcmp(set, options[i].set) != 0 || !*rest != !options[i].rest ||
		    (*rest && strcmp(*rest, options[i].rest) != 0) || c.options != words ||
		    c.n_options != (size_t)(rest - words)) {
			print_error("%s %s: '%s', rest %s; expected '%s', %s\n", c.program,
				    options[i].line, set, *rest, options[i].set, options[i].rest);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static void compat_option_values(void **state)
{
	struct weir_compat c = {.program = "tc"};
	char **rest = words_of("-n one -batch a -net two -b - qdisc"), **words = rest;

	(void)state;
	weir_compat_options(&c, &rest);
	assert_string_equal(c.netns, "two");
	assert_string_equal(c.batch, "-");
	assert_ptr_equal(c.batch, words[7]);
}

static void compat_names(void **state)
{
	(void)state;
	assert_true(weir_compat_is_name("tc"));
	assert_true(weir_compat_is_name("/usr/libexec/weir/shims/ip"));
	assert_false(weir_compat_is_name("weir"));
	assert_false(weir_compat_is_name("tcc"));
	assert_false(weir_compat_is_name("/tc/weir"));
	assert_false(weir_compat_is_name(""));
}

/* ---- what the real program is given -------------------------------------- */

static void expect_argv(struct weir_compat *c, char **words, const char *expected)
{
	char **real = weir_real_argv(c, (char *)"/real", words);
	char got[256] = "";

	assert_non_null(real);
	for (size_t i = 0; real[i]; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s|", real[i]);
	assert_string_equal(got, expected);
	free(real);
}

static void compat_real_argv(void **state)
{
	struct weir_compat c = {.program = "tc"};
	char *batch_words[] = {(char *)"-batch", (char *)"-", NULL};
	char **rest = words_of("-s -n ns -b a -force qdisc show");

	(void)state;
	weir_compat_options(&c, &rest);
	expect_argv(&c, rest, "/real|-s|-n|ns|-b|a|-force|qdisc|show|");
	c.in_batch = true;
	expect_argv(&c, batch_words, "/real|-s|-n|ns|-force|-batch|-|");
	/* the same text as a value of another option stays */
	c = (struct weir_compat){.program = "tc"};
	rest = words_of("-n x -b x");
	weir_compat_options(&c, &rest);
	c.in_batch = true;
	expect_argv(&c, batch_words, "/real|-n|x|-batch|-|");
}

static void make_file(const char *dir, const char *name, const char *text, mode_t mode)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void expect_path(const char *path, const char *expected)
{
	char got[PATH_MAX];

	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_int_equal(weir_real_path("weir-none", got, sizeof(got)), -ENOENT);
	assert_int_equal(weir_real_path("tc", got, sizeof(got)), 0);
	assert_string_equal(got, expected);
}

/* A program of this very build, under another name. */
static void copy_self(const char *to)
{
	char command[2 * PATH_MAX];

	snprintf(command, sizeof(command), "/bin/cp /proc/%d/exe %s", getpid(), to);
	assert_int_equal(system(command), 0); /* NOLINT(bugprone-command-processor) */
}

static void compat_real_path(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		bool is_real;
	} files[] = {
		{"#!/bin/sh\necho\n", 0755, true},
		{"#!/bin/sh\necho\n", 0644, false},
		{"echo\n", 0755, true},
		{"", 0755, true},
		{"#!/bin/sh\nexec weir tc \"$@\"\n", 0755, false},
		{"#!/bin/sh\n/opt/weir/bin/weir -n x tc $*\n", 0755, false},
		{"#!/bin/sh\n\"/a b/weir\" tc\n", 0755, false},
		{"#!/bin/weir tc\n", 0755, false},
		{"#!/bin/sh\nexec /home/weird/tc # weirs, weir-like my-weir it\n", 0755, true},
	};
	char dir[] = "/tmp/weir-test-XXXXXX", a[64], b[64], path[256], want[128];
	char *old = getenv("PATH") ? strdup(getenv("PATH")) : NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	assert_int_equal(mkdir(a, 0700) | mkdir(b, 0700), 0);
	make_file(b, "tc", "#!/bin/sh\n", 0755);
	snprintf(path, sizeof(path), "/nowhere:%s:%s", a, b);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		make_file(a, "tc", files[i].text, files[i].mode);
		snprintf(want, sizeof(want), "%s/tc", files[i].is_real ? a : b);
		expect_path(path, want);
	}
	snprintf(want, sizeof(want), "%s/tc", a);
	copy_self(want);
	snprintf(want, sizeof(want), "%s/tc", b);
	expect_path(path, want);
	/* a folder, a link to nothing */
	snprintf(want, sizeof(want), "%s/tc", a);
	assert_int_equal(unlink(want) | mkdir(want, 0755), 0);
	snprintf(want, sizeof(want), "%s/tc", b);
	expect_path(path, want);
	snprintf(want, sizeof(want), "%s/tc", a);
	assert_int_equal(rmdir(want) | symlink("gone", want), 0);
	snprintf(want, sizeof(want), "%s/tc", b);
	expect_path(path, want);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(setenv("PATH", old ? old : "/bin", 1), 0);
	free(old);
	assert_int_equal(system(path), 0); /* NOLINT(bugprone-command-processor) */
}

static void compat_real_path_short(void **state)
{
	char got[4];

	(void)state;
	assert_int_equal(weir_real_path("sh", got, sizeof(got)), -ENOENT);
}

/* ---- batch text ---------------------------------------------------------- */

static const struct {
	const char *text;
	const char *words; /* "word|word|" of each line, lines joined by "\n" */
	int end;
	const char *why;
	unsigned long line_no; /* at the end */
} batches[] = {
	{"", "", 0, NULL, 0},
	{"\n\n \t\n", "", 0, NULL, 3},
	{"a b\n", "a|b|\n", 0, NULL, 1},
	{"a b", "a|b|\n", 0, NULL, 1},
	{"  a\tb  \r\nc\r\n", "a|b|\nc|\n", 0, NULL, 2},
	{"# a\nb # c\nd#e\n#", "b|\nd|\n", 0, NULL, 4},
	{"a \\\nb\\\nc\nd\n", "a|bc|\nd|\n", 0, NULL, 4},
	{"a # x \\\nb\n", "a|\nb|\n", 0, NULL, 2},
	{"a \\\n# x\nb\n", "a|\nb|\n", 0, NULL, 3},
	{"a \\\n\\\n\\\nb", "a|b|\n", 0, NULL, 4},
	{"a \\ \nb\\c\n", "a|\\|\nb\\c|\n", 0, NULL, 2},
	{"a \\\r\nb\n", "a|\\|\nb|\n", 0, NULL, 2},
	{"a \\", "a|\\|\n", 0, NULL, 1},
	{"a\nb \\\n", "a|\n", -ENODATA, "Missing continuation line", 2},
	{"'a b' \"c d\" 'e\"f' \"g'h\" '' \"\"\n", "a b|c d|e\"f|g'h|||\n", 0, NULL, 1},
	{"'a'b x'y'z x\"y\n", "a|b|x'y'z|x\"y|\n", 0, NULL, 1},
	{"'a#b'\n", "", -EINVAL, "Unterminated quoted string", 1},
	{"ok\n'a\nb'\n", "ok|\n", -EINVAL, "Unterminated quoted string", 2},
	{"'a \\\nb'\n", "a b|\n", 0, NULL, 2},
	{"a\"\n", "a\"|\n", 0, NULL, 1},
	{"\"", "", -EINVAL, "Unterminated quoted string", 1},
};

static void open_text(struct weir_batch_text *text, const char *bytes, size_t len)
{
	*text = (struct weir_batch_text){.in = tmpfile()};
	assert_non_null(text->in);
	assert_int_equal(fwrite(bytes, 1, len, text->in), len);
	rewind(text->in);
}

static void close_text(struct weir_batch_text *text)
{
	(void)fclose(text->in);
	free(text->line);
}

static void join(char **words, int n, char *out, size_t len)
{
	for (int i = 0; i < n; i++)
		snprintf(out + strlen(out), len - strlen(out), "%s|", words[i]);
	snprintf(out + strlen(out), len - strlen(out), "\n");
}

static void compat_batch_text(void **state)
{
	char *words[WEIR_BATCH_WORDS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(batches) / sizeof(*batches); i++) {
		struct weir_batch_text text;
		const char *why = NULL;
		char got[256] = "";
		int n;

		open_text(&text, batches[i].text, strlen(batches[i].text));
		while ((n = weir_batch_read(&text, words, &why)) > 0) {
			assert_null(words[n]);
			join(words, n, got, sizeof(got));
		}
		assert_string_equal(got, batches[i].words);
		assert_int_equal(n, batches[i].end);
		assert_int_equal(text.line_no, batches[i].line_no);
		if (batches[i].why)
			assert_string_equal(why, batches[i].why);
		close_text(&text);
	}
}

static void compat_batch_limits(void **state)
{
	char *words[WEIR_BATCH_WORDS_MAX];
	struct weir_batch_text text;
	const char *why = NULL;
	size_t len = 300000;
	char *bytes = malloc(len);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', len);
	open_text(&text, bytes, len);
	assert_int_equal(weir_batch_read(&text, words, &why), 1);
	assert_int_equal(strlen(words[0]), len);
	assert_int_equal(weir_batch_read(&text, words, &why), 0);
	close_text(&text);

	for (int n = WEIR_BATCH_WORDS_MAX - 2; n <= WEIR_BATCH_WORDS_MAX; n++) {
		for (int i = 0; i < n; i++)
			memcpy(bytes + 2 * i, "x ", 2);
		open_text(&text, bytes, 2 * (size_t)n);
		if (n < WEIR_BATCH_WORDS_MAX) {
			assert_int_equal(weir_batch_read(&text, words, &why), n);
		} else {
			assert_int_equal(weir_batch_read(&text, words, &why), -EINVAL);
			assert_string_equal(why, "Too many arguments to command");
		}
		close_text(&text);
	}
	free(bytes);
	/* a NUL ends its line, as it does for iproute2 */
	open_text(&text, "a\0b\nc\n", 6);
	assert_int_equal(weir_batch_read(&text, words, &why), 1);
	assert_int_equal(weir_batch_read(&text, words, &why), 1);
	assert_string_equal(words[0], "c");
	close_text(&text);
}

/* Bytes of all kinds: what was read and written reads the same again. */
static void compat_batch_round_trip(void **state)
{
	static const char alphabet[] = "ab '\"\\\t#\r\n|\xff";
	char *words[WEIR_BATCH_WORDS_MAX];
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct weir_batch_text text, again;
		char bytes[64], first[512] = "", second[512] = "";
		const char *why;
		FILE *copy = tmpfile();
		int n;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223; /* Numerical Recipes' generator */
			bytes[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		assert_non_null(copy);
		open_text(&text, bytes, sizeof(bytes));
		while ((n = weir_batch_read(&text, words, &why)) > 0) {
			join(words, n, first, sizeof(first));
			weir_batch_write(copy, words);
		}
		rewind(copy);
		again = (struct weir_batch_text){.in = copy};
		while ((n = weir_batch_read(&again, words, &why)) > 0)
			join(words, n, second, sizeof(second));
		assert_int_equal(n, 0);
		assert_string_equal(second, first);
		close_text(&text);
		close_text(&again);
	}
}

/* ---- messages ------------------------------------------------------------ */

static FILE *real_err;
static char *said;
static size_t said_len;

static void hear_errors(void)
{
	real_err = stderr;
	stderr = open_memstream(&said, &said_len);
	assert_non_null(stderr);
}

static void expect_said(const char *expected)
{
	(void)fclose(stderr);
	stderr = real_err;
	assert_string_equal(said, expected);
	free(said);
}

static void compat_refused(void **state)
{
	static const struct {
		struct weir_ack ack;
		const char *said;
	} rows[] = {
		{{0}, ""},
		{{.text = "a warning"}, ""},
		{{.err = -EEXIST}, "RTNETLINK answers: File exists\n"},
		{{.err = -EEXIST, .text = "Filter already exists"},
		 "Error: Filter already exists.\n"},
		{{.err = -EINVAL, .text = "Has a full stop."}, "Error: Has a full stop.\n"},
		{{.err = -EINVAL, .text = "e\x1b[m"}, "Error: e\\x1b[m.\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		hear_errors();
		assert_int_equal(weir_compat_refused(&rows[i].ack), rows[i].ack.err != 0);
		expect_said(rows[i].said);
	}
}

static void speak(bool verbose)
{
	weir_compat_say_begin(verbose);
	weir_log(WEIR_LOG_NOTICE, "one");
	weir_log(WEIR_LOG_INFO, "done");
	weir_log(WEIR_LOG_DETAIL, "detail");
	weir_log(WEIR_LOG_NOTICE, "two");
	weir_fail(-EINVAL, "failed");
}

static void compat_say_order(void **state)
{
	(void)state;
	hear_errors();
	speak(false);
	weir_compat_say_end(false);
	expect_said("detail\nfailed\nnote: one\nnote: two\n");
	hear_errors();
	speak(true);
	weir_compat_say_end(true); /* the kernel's answer is to come first */
	expect_said("done\ndetail\nfailed\n");
	/* nothing is left for the next line, nothing is heard between */
	hear_errors();
	weir_log(WEIR_LOG_NOTICE, "unheard");
	weir_compat_say_begin(false);
	weir_compat_say_end(false);
	expect_said("");
}

/* ---- completion and the command line of weir ----------------------------- */

static char *complete(const char *text)
{
	FILE *real_out = stdout;
	char **words = words_of(text), *printed;
	size_t len;

	stdout = open_memstream(&printed, &len);
	assert_non_null(stdout);
	assert_int_equal(weir_complete(words), 0);
	(void)fclose(stdout);
	stdout = real_out;
	return printed;
}

static void compat_completion(void **state)
{
	static const struct {
		const char *line, *offered, *not_offered;
	} rows[] = {
		{"tc ''", "filter\n", "link\n"},
		{"ip ''", "link\n", "filter\n"},
		{"-n x tc ''", "qdisc\n", "link\n"},
		{"tc -", "-batch\n", "qdisc\n"},
		{"tc -s -n x ''", "qdisc\n", "-batch\n"},
		{"tc -batch ''", "@file\n", "qdisc\n"},
		{"tc -n ''", "@netns\n", "qdisc\n"},
		{"tc qdisc ''", "replace\n", "change\n"},
		{"tc qdisc add ''", "clsact\n", "bpf\n"},
		{"tc qdisc add dev ''", "@dev\n", "clsact\n"},
		{"tc qdisc add dev clsact clsact ''", "", "clsact\n"},
		{"tc filter add dev bpf ''", "ingress\n", "obj\n"},
		{"tc filter add dev x ingress bpf ''", "direct-action\n", "ingress\n"},
		{"tc filter add dev x ingress bpf obj ''", "@file\n", "section\n"},
		{"tc filter add dev x ingress bpf obj none.o ''", "section\n", "@file\n"},
		{"tc filter add dev x ingress bpf obj none.o sec ''", "", "section\n"},
		{"tc filter add dev x ingress pref ''", "", "bpf\n"},
		{"tc actions add action ''", "bpf\n", "obj\n"},
		{"tc actions add action bpf ''", "index\n", "direct-action\n"},
		{"tc exec bpf ''", "graft\n", "obj\n"},
		{"ip link set dev x ''", "xdpgeneric\n", "obj\n"},
		{"ip link set dev x xdpdrv ''", "off\n", "xdpgeneric\n"},
		{"ip route add 10.0.0.0/8 encap bpf ''", "headroom\n", "obj\n"},
		{"ip route add 10.0.0.0/8 encap bpf in ''", "pinned\n", "encap\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *printed = complete(rows[i].line);

		if (!strstr(printed, rows[i].offered) || strstr(printed, rows[i].not_offered))
			fail_msg("%s: offers %s", rows[i].line, printed);
		free(printed);
	}
}

static void compat_foreign_command(void **state)
{
	struct weir_cli cli;
	char **words = words_of("-j -n x tc -s help qdisc");

	(void)state;
	assert_int_equal(weir_cli_parse(words, &cli), -1);
	assert_string_equal(cli.command->name, "tc");
	assert_true(cli.globals.json);
	assert_string_equal(cli.globals.netns, "x");
	assert_ptr_equal(cli.words, words + 4);
	assert_int_equal(weir_cli_parse(words_of("ip"), &cli), -1);
	assert_null(*cli.words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compat_options),
		cmocka_unit_test(compat_option_values),
		cmocka_unit_test(compat_names),
		cmocka_unit_test(compat_real_argv),
		cmocka_unit_test(compat_real_path),
		cmocka_unit_test(compat_real_path_short),
		cmocka_unit_test(compat_batch_text),
		cmocka_unit_test(compat_batch_limits),
		cmocka_unit_test(compat_batch_round_trip),
		cmocka_unit_test(compat_refused),
		cmocka_unit_test(compat_say_order),
		cmocka_unit_test(compat_completion),
		cmocka_unit_test(compat_foreign_command),
	};

	return cmocka_run_group_tests_name("compat", tests, NULL, NULL);
}
