// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPEC and bytecode as words: each row is a command line's part, what it means
 * and what is said. Nothing is loaded.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/bpf.h>
#include <linux/bpf_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/spec.h"

/* ---- standard error ------------------------------------------------------ */

static FILE *real_err;
static char *said;
static size_t said_len;

static void hear(void)
{
	real_err = stderr;
	stderr = open_memstream(&said, &said_len);
	assert_non_null(stderr);
}

static void heard(const char *what, const char *expected)
{
	(void)fclose(stderr);
	stderr = real_err;
	if (strcmp(said, expected) != 0)
		fail_msg("%s: said %s", what, said);
	free(said);
}

/* ---- SPEC ---------------------------------------------------------------- */

static const struct weir_spec_rules filter_rules = {
	.bytecode = true,
	.export_word = true,
	.prog_type = BPF_PROG_TYPE_SCHED_CLS,
};
static const struct weir_spec_rules xdp_rules = {.prog_type = BPF_PROG_TYPE_XDP};
static const struct weir_spec_rules graft_rules = {
	.type_word = true,
	.prog_type = BPF_PROG_TYPE_SCHED_CLS,
};

struct row {
	const struct weir_spec_rules *rules;
	const char *line; /* cut at blanks; ~ in a word stands for one */
	int status;
	const char *said;
	/* the meaning, "" is NULL */
	enum weir_spec_kind kind;
	const char *file, *section, *prog, *uds;
	bool verbose;
	const char *rest; /* the word it stops at */
	uint32_t prog_type;
	uint16_t n_ops;
};

#define MISSING "Command line is not complete. Try option \"help\"\n"
#define OBJ	WEIR_SPEC_OBJECT
#define PIN	WEIR_SPEC_PINNED
#define OPS	WEIR_SPEC_BYTECODE

static const struct row rows[] = {
	/* the first word, by its prefixes */
	{&filter_rules, "obj a.o", 0, "", OBJ, "a.o"},
	{&filter_rules, "o a.o", 0, "", OBJ, "a.o"},
	{&filter_rules, "object-file a.o", 0, "", OBJ, "a.o"},
	{&filter_rules, "object- a.o", 0, "", OBJ, "a.o"},
	{&filter_rules, "object-p /p", 0, "", PIN, "/p"},
	{&filter_rules, "pinned m:x/y", 0, "", PIN, "m:x/y"},
	{&filter_rules, "p /p", 0, "", PIN, "/p"},
	{&filter_rules, "f /p", 0, "", PIN, "/p"},
	{&filter_rules, "fd /p", 0, "", PIN, "/p"},
	{&filter_rules, "fdx /p", 1, "What mode is \"fdx\"?\n"},
	{&filter_rules, "objx a.o", 1, "What mode is \"objx\"?\n"},
	{&filter_rules, "foo", 1, "What mode is \"foo\"?\n"},
	{&filter_rules, "obj", 255, MISSING},
	{&filter_rules, "pinned", 255, MISSING},
	{&filter_rules, "bytecode", 255, MISSING},
	/* bytecode: where it may stand */
	{&filter_rules, "bc 1,6~0~0~0", 0, "", OPS, .n_ops = 1},
	{&filter_rules, "b 1,6~0~0~0 sec", 0, "", OPS, .n_ops = 1, .rest = "sec"},
	{&filter_rules, "bytecode 2,6~0~0~1,6~0~0~2,", 0, "", OPS, .n_ops = 2},
	{&xdp_rules, "bc 1,6~0~0~0", 1, "What mode is \"bc\"?\n"},
	{&graft_rules, "bytecode 1,6~0~0~0", 1, "What mode is \"bytecode\"?\n"},
	{&filter_rules, "bcf /nosuch", 1, "/nosuch: No such file or directory\n", OPS},
	{&filter_rules, "bytecode-file /", 1, "/: Is a directory\n", OPS},
	/* behind FILE: in this order or not at all */
	{&filter_rules, "obj a.o sec s program p exp /u verb x", 0, "", OBJ, "a.o", "s", "p", "/u",
	 true, "x"},
	{&filter_rules, "obj a.o section .text", 0, "", OBJ, "a.o", ".text"},
	{&filter_rules, "obj a.o s 3/0 v", 0, "", OBJ, "a.o", "3/0", .verbose = true},
	{&filter_rules, "obj a.o v sec s", 0, "", OBJ, "a.o", .verbose = true, .rest = "sec"},
	{&filter_rules, "obj a.o program p sec s", 0, "", OBJ, "a.o", .prog = "p", .rest = "sec"},
	{&filter_rules, "obj a.o prog p", 0, "", OBJ, "a.o", .rest = "prog"},
	{&filter_rules, "obj a.o export /u sec s", 0, "", OBJ, "a.o", .uds = "/u", .rest = "sec"},
	{&filter_rules, "obj a.o sec", 255, MISSING, OBJ, "a.o"},
	{&filter_rules, "obj a.o program", 255, MISSING, OBJ, "a.o"},
	{&filter_rules, "obj a.o export", 255, MISSING, OBJ, "a.o"},
	{&filter_rules, "obj a.o type act", 0, "", OBJ, "a.o", .rest = "type"},
	{&xdp_rules, "obj a.o sec xdp export /u", 0, "", OBJ, "a.o", "xdp", .rest = "export"},
	{&filter_rules, "pinned /p sec s verbose da", 0, "", PIN, "/p", "s", .verbose = true,
	 .rest = "da"},
	/* type, of graft */
	{&graft_rules, "obj a.o type act sec s", 0, "", OBJ, "a.o", "s",
	 .prog_type = BPF_PROG_TYPE_SCHED_ACT},
	{&graft_rules, "obj a.o t x", 0, "", OBJ, "a.o", .prog_type = BPF_PROG_TYPE_XDP},
	{&graft_rules, "obj a.o type lwt", 0, "", OBJ, "a.o", .prog_type = BPF_PROG_TYPE_LWT_IN},
	{&graft_rules, "obj a.o type lwt_s", 0, "", OBJ, "a.o",
	 .prog_type = BPF_PROG_TYPE_LWT_SEG6LOCAL},
	{&graft_rules, "obj a.o type socket", 1, "What type is \"socket\"?\n", OBJ, "a.o"},
	{&graft_rules, "obj a.o type", 255, MISSING, OBJ, "a.o"},
	{&graft_rules, "obj a.o export /u", 0, "", OBJ, "a.o", .rest = "export"},
};

static char line[256];
static char *words[32];

static char **words_of(const char *text)
{
	size_t n = 0;

	snprintf(line, sizeof(line), "%s", text);
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
		for (char *at = word; *at; at++)
			*at = *at == '~' ? ' ' : *at;
		words[n++] = word;
	}
	words[n] = NULL;
	return words;
}

static void same(const char *what, const char *got, const char *expected)
{
	if (strcmp(got ?: "", expected ?: "") != 0)
		fail_msg("%s: %s instead of %s", what, got ?: "nothing", expected ?: "nothing");
}

static void spec_rows(void **state)
{
	(void)state;
	(void)unsetenv("TC_BPF_UDS");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		struct weir_spec spec;
		char **at;
		int status;

		at = words_of(row->line);
		hear();
		status = weir_spec_parse(&at, row->rules, &spec);
		heard(row->line, row->said);
		if (status != row->status || spec.kind != row->kind ||
		    spec.verbose != row->verbose || spec.n_ops != row->n_ops)
			fail_msg("%s: status %d, kind %d, %u instructions", row->line, status,
				 spec.kind, spec.n_ops);
		same(row->line, spec.file, row->file);
		same(row->line, spec.section, row->section);
		same(row->line, spec.prog, row->prog);
		same(row->line, spec.export_uds, row->uds);
		if (!status)
			same(row->line, *at, row->rest);
		assert_int_equal(spec.prog_type, row->prog_type ?: row->rules->prog_type);
		weir_spec_free(&spec);
		weir_spec_free(&spec); /* empty then */
	}
}

static void spec_begins(void **state)
{
	(void)state;
	assert_true(weir_spec_begins("bytecode-f", &filter_rules));
	assert_true(weir_spec_begins("o", &filter_rules));
	assert_true(weir_spec_begins("pin", &xdp_rules));
	assert_false(weir_spec_begins("bytecode", &xdp_rules));
	assert_false(weir_spec_begins("", &filter_rules));
	assert_false(weir_spec_begins("off", &xdp_rules));
}

/* The socket of the environment counts, and the word is then none of ours. */
static void spec_uds(void **state)
{
	struct weir_spec spec;
	char **at = words_of("obj a.o export /u");

	(void)state;
	(void)setenv("TC_BPF_UDS", "/env", 1);
	assert_int_equal(weir_spec_parse(&at, &filter_rules, &spec), 0);
	assert_string_equal(spec.export_uds, "/env");
	assert_string_equal(*at, "export");
	at = words_of("obj a.o");
	assert_int_equal(weir_spec_parse(&at, &xdp_rules, &spec), 0);
	assert_null(spec.export_uds);
	(void)unsetenv("TC_BPF_UDS");
}

static void spec_path(void **state)
{
	const struct weir_compat c = {0};
	char buf[64], small[8];

	(void)state;
	assert_int_equal(weir_spec_path(&c, "/a/b", BPF_PROG_TYPE_XDP, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/a/b");
	assert_int_equal(weir_spec_path(&c, "/1234567", BPF_PROG_TYPE_XDP, buf, sizeof(buf)), 0);
	hear();
	assert_int_equal(weir_spec_path(&c, "/1234567", BPF_PROG_TYPE_XDP, small, sizeof(small)),
			 -ENAMETOOLONG);
	heard("a path that is too long", "/1234567...: File name too long\n");
}

/* ---- bytecode ------------------------------------------------------------ */

#define HEAD "Bytecode begins with its number of instructions, 1 to 4096, and a comma\n"
#define LONG "Real program length exceeds encoded length parameter!\n"
#define LESS "Parsed program length is less than encoded length parameter!\n"
#define BAD0 "Error at instruction 0!\n"

static const struct {
	const char *text;
	uint16_t n; /* 0: refused */
	const char *said;
	struct sock_filter last;
} codes[] = {
	{"1,6 0 0 0", 1, "", {6, 0, 0, 0}},
	{"1,6 0 0 0,", 1, "", {6, 0, 0, 0}},
	{"1,65535 255 255 4294967295", 1, "", {65535, 255, 255, 4294967295u}},
	{"2,40 0 0 12,6 0 0 262144", 2, "", {6, 0, 0, 262144}},
	/* as tcpdump -ddd prints it; blank lines, blanks, and what Windows adds */
	{"2\n40 0 0 12\n6 0 0 1\n", 2, "", {6, 0, 0, 1}},
	{"\n\n2\n\n40 0 0 12\n\n6 0 0 1\n\n", 2, "", {6, 0, 0, 1}},
	{"2\r\n40 0 0 12\r\n6 0 0 1\r\n", 2, "", {6, 0, 0, 1}},
	{" 2 ,\t40  0\t0 12 , 6 0 0 1 ", 2, "", {6, 0, 0, 1}},
	/* counts */
	{"", 0, HEAD},
	{",", 0, HEAD},
	{"0,", 0, HEAD},
	{"-1,6 0 0 0", 0, HEAD},
	{"+1,6 0 0 0", 0, HEAD},
	{"0x1,6 0 0 0", 0, HEAD},
	{"1 6 0 0 0", 0, HEAD},
	{"x", 0, HEAD},
	{"4097,6 0 0 0", 0, HEAD},
	{"65537,6 0 0 0", 0, HEAD},
	{"4294967297,6 0 0 0", 0, HEAD},
	{"99999999999999999999999,6 0 0 0", 0, HEAD},
	{"1", 0, LESS},
	{"1,", 0, LESS},
	{"2,6 0 0 0", 0, LESS},
	{"4096,6 0 0 0", 0, LESS},
	{"1,6 0 0 0,6 0 0 0", 0, LONG},
	{"1,6 0 0 0,x", 0, LONG},
	/* instructions */
	{"1,6 0 0", 0, BAD0},
	{"1,6 0 0 ", 0, BAD0},
	{"1,6", 0, BAD0},
	{"1,6,0,0,0", 0, BAD0},
	{"1,a b c d", 0, BAD0},
	{"1,6 0 0 0x10", 0, BAD0},
	{"1,6 0 0 -1", 0, BAD0},
	{"1,6 0 0 4294967296", 0, BAD0},
	{"1,6 256 0 0", 0, BAD0},
	{"1,6 0 256 0", 0, BAD0},
	{"1,65536 0 0 0", 0, BAD0},
	{"1,6 0 0 0 0", 0, BAD0},
	{"2,6 0 0 0,6 0 0", 0, "Error at instruction 1!\n"},
};

static void bytecode_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		char *copy = strdup(codes[i].text);
		struct sock_filter *ops = NULL;
		uint16_t n = 0;
		bool good;

		hear();
		good = weir_bytecode_parse(copy, &ops, &n);
		heard(codes[i].text, codes[i].said);
		if (good != (codes[i].n > 0) || n != codes[i].n)
			fail_msg("%s: %u instructions", codes[i].text, n);
		if (good)
			assert_memory_equal(&ops[n - 1], &codes[i].last, sizeof(*ops));
		free(ops);
		free(copy);
	}
}

/* As many as the kernel takes, and one more. */
static void bytecode_longest(void **state)
{
	char *text;
	size_t len;
	struct sock_filter *ops = NULL;
	uint16_t n = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	(void)fprintf(out, "%d", BPF_MAXINSNS);
	for (int i = 0; i < BPF_MAXINSNS; i++)
		(void)fprintf(out, ",6 0 0 %d", i);
	(void)fclose(out);
	assert_true(weir_bytecode_parse(text, &ops, &n));
	assert_int_equal(n, BPF_MAXINSNS);
	assert_int_equal(ops[n - 1].k, BPF_MAXINSNS - 1);
	free(ops);
	free(text);
}

/* What is printed is read again, and noise ends in an error or in as many as said. */
static void bytecode_noise(void **state)
{
	static const char letters[] = "0123456789 ,,,\n\t\r-x";
	unsigned int seed = 7;
	char text[64];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct sock_filter *ops = NULL;
		uint16_t n = 0;
		size_t len = (size_t)rand_r(&seed) % (sizeof(text) - 1);

		for (size_t i = 0; i < len; i++)
			text[i] = letters[(size_t)rand_r(&seed) % (sizeof(letters) - 1)];
		text[len] = '\0';
		hear();
		if (weir_bytecode_parse(text, &ops, &n))
			assert_in_range(n, 1, sizeof(text));
		else
			assert_null(ops);
		(void)fclose(stderr);
		stderr = real_err;
		assert_true(ops || said_len);
		free(said);
		free(ops);
	}
}

/* ---- files --------------------------------------------------------------- */

static char path[] = "/tmp/weir-test-bytecode-XXXXXX";

static void write_file(const void *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void bytecode_files(void **state)
{
	static char big[(1 << 20) + 2];
	char said_here[128];
	char *text;

	(void)state;
	close(mkstemp(path));
	write_file("1\n6 0 0 0\n", 10);
	text = weir_bytecode_read(path);
	assert_string_equal(text, "1\n6 0 0 0\n");
	free(text);
	write_file("", 0);
	text = weir_bytecode_read(path);
	assert_string_equal(text, "");
	free(text);
	/* what stands behind a NUL would be passed over */
	write_file("1,6 0 0 0\0,6 0 0 1", 18);
	hear();
	assert_null(weir_bytecode_read(path));
	snprintf(said_here, sizeof(said_here),
		 "%s: not a text; bytecode is decimals, as tcpdump -ddd prints them\n", path);
	heard("a NUL", said_here);
	memset(big, ' ', sizeof(big));
	write_file(big, sizeof(big));
	hear();
	assert_null(weir_bytecode_read(path));
	snprintf(said_here, sizeof(said_here), "%s: too long for bytecode\n", path);
	heard("a long file", said_here);
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spec_rows),	  cmocka_unit_test(spec_begins),
		cmocka_unit_test(spec_uds),	  cmocka_unit_test(spec_path),
		cmocka_unit_test(bytecode_rows),  cmocka_unit_test(bytecode_longest),
		cmocka_unit_test(bytecode_noise), cmocka_unit_test(bytecode_files),
	};

	return cmocka_run_group_tests_name("spec", tests, NULL, NULL);
}
