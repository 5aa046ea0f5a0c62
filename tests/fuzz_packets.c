// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What weir test reads: packets in words, captures, expectations; and what it compares. The first
 * byte says which. What is printed of a packet is an expectation that the packet meets.
 */
/* link: -Wl,--wrap=weir_say_error */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/packets/changes.h"
#include "cli/packets/describe.h"
#include "cli/packets/expect.h"
#include "cli/packets/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

void __wrap_weir_say_error(const char *fmt, ...);

/* Nobody is to read thousands of lines. */
void __wrap_weir_say_error(const char *fmt, ...)
{
	(void)fmt;
}

static void expect(bool good)
{
	if (!good)
		abort();
}

/* Lines may ask for a million packets. */
static int few(const uint8_t *bytes, size_t len, void *ctx)
{
	unsigned int *n = ctx;
	char words[64];

	expect(len <= WEIR_DESCRIBE_MAX);
	weir_packet_words(bytes, len, words, sizeof(words));
	return ++*n == 100;
}

static int few_packets(const struct weir_packet *packet, void *ctx)
{
	return few(packet->bytes, packet->len_bytes, ctx);
}

static void try_words(const char *text, size_t len)
{
	char *line = strndup(text, len), why[64];
	unsigned int n = 0;

	(void)weir_describe(line, few, &n, why, sizeof(why));
	free(line);
}

static void try_capture(const uint8_t *bytes, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	unsigned int n = 0;
	char path[32];

	expect(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)weir_packets_read(path, few_packets, &n);
	close(fd);
}

static void try_expectation(const uint8_t *bytes, size_t len)
{
	FILE *file = len ? fmemopen((void *)(unsigned long)bytes, len, "r") : NULL;
	struct weir_outcome outcome = {.number = 3, .verdict = "XDP_DROP", .words = ""};
	struct weir_expectation all = {.list = NULL};
	struct weir_lines problems = {.list = NULL};

	if (!file)
		return;
	if (!weir_expect_read(file, "fuzz", &all)) {
		weir_expect_compare(weir_expect_find(&all, 3), &outcome, &problems);
		weir_expect_beyond(&all, 3, &problems);
	}
	weir_lines_free(&problems);
	weir_expect_free(&all);
	fclose(file);
}

/* Two packets: what is printed of their difference is read, and met. */
static void try_changes(const uint8_t *bytes, size_t len)
{
	size_t half = len / 2;
	struct weir_outcome outcome = {.number = 1,
				       .words = "",
				       .verdict = "XDP_TX",
				       .in_bytes = half,
				       .out_bytes = len - half};
	struct weir_expectation all = {.list = NULL};
	struct weir_lines problems = {.list = NULL};
	char *text;
	size_t text_len;
	FILE *file;

	weir_changes_of(bytes, half, bytes + half, len - half, &outcome.changes);
	expect(outcome.changes.n || (half == len - half && !memcmp(bytes, bytes + half, half)));
	file = open_memstream(&text, &text_len);
	weir_outcome_print(&outcome, file);
	fclose(file);
	file = fmemopen(text, text_len, "r");
	expect(!weir_expect_read(file, "own", &all));
	weir_expect_compare(weir_expect_find(&all, 1), &outcome, &problems);
	expect(!problems.n);
	fclose(file);
	free(text);
	weir_expect_free(&all);
	weir_outcome_free(&outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	switch (*data % 4) {
	case 0:
		try_words((const char *)data + 1, len - 1);
		break;
	case 1:
		try_capture(data + 1, len - 1);
		break;
	case 2:
		try_expectation(data + 1, len - 1);
		break;
	default:
		try_changes(data + 1, len - 1);
		break;
	}
	return 0;
}
