// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types, values and files of entries, as text. In: a line with the type of keys, one with
 * the type of values, and the rest of a file. What is read is written and read again, as
 * text and as JSON, and gives the same bytes. No kernel is asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "maps/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz_values: not: %s\n", what);
	abort();
}

/* A type from the line at *at; NULL: none, or too large to be a key. */
static struct weir_type *take_type(const char **at, const char *end)
{
	const char *line_end = memchr(*at, '\n', (size_t)(end - *at));
	struct weir_type *type = NULL;
	char text[256];
	size_t len;

	if (!line_end)
		return NULL;
	len = (size_t)(line_end - *at);
	if (len >= sizeof(text))
		return NULL;
	memcpy(text, *at, len);
	text[len] = '\0';
	*at = line_end + 1;
	if (weir_type_from_text(text, "fuzz", &type))
		return NULL;
	expect(type->size_bytes > 0, "a type has a size");
	if (type->size_bytes <= 512)
		return type;
	weir_type_free(type);
	return NULL;
}

/* An interface of no machine. */
static int ifname(uint32_t ifindex, char *name, void *ctx)
{
	(void)ctx;
	strcpy(name, "if7");
	return ifindex == 7 ? 0 : -1;
}

static int ifindex(const char *name, uint32_t *out, void *ctx)
{
	(void)ctx;
	*out = 7;
	return strcmp(name, "if7") ? -1 : 0;
}

static const struct weir_value_env env = {.ifname = ifname, .ifindex = ifindex};

static void round_trip(const struct weir_type *type, const uint8_t *bytes, bool json)
{
	uint8_t again[512] = {0};
	struct weir_buf text;
	const char *written;

	weir_buf_init(&text, -1);
	if (json)
		weir_value_json(type, bytes, &env, &text);
	else
		weir_value_write(type, bytes, &env, &text);
	written = weir_buf_string(&text);
	expect(written, "there is memory");
	if (weir_value_read(type, written, text.len, "fuzz", &env, again)) {
		fprintf(stderr, "own text: %s\n", written);
		expect(false, "own text is read");
	}
	/* a zero of the other sign is the same number in text */
	expect(!memcmp(bytes, again, type->size_bytes), "and gives the same bytes");
	if (!json)
		expect(weir_value_word_end(written, written + text.len) == written + text.len,
		       "it is one word");
	weir_buf_free(&text);
}

static void try_value(const struct weir_type *type, const char *text, size_t len)
{
	uint8_t bytes[512] = {0};

	if (weir_value_read(type, text, len, "fuzz", &env, bytes))
		return;
	round_trip(type, bytes, false);
	round_trip(type, bytes, true);
}

/* Any bytes are a value, whatever they mean. */
static void try_bytes(const struct weir_type *type, const char *at, size_t len)
{
	uint8_t bytes[512] = {0};

	memcpy(bytes, at, len < type->size_bytes ? len : type->size_bytes);
	round_trip(type, bytes, false);
	round_trip(type, bytes, true);
}

static void try_file(struct weir_type *key, struct weir_type *value, const char *at, size_t len)
{
	struct weir_table table = {.fd = -1, .key = key, .value = value, .cpus = 2};
	char path[32], *with[] = {"1"};
	struct weir_bulk_opts opts = {.size = sizeof(opts), .value = with, .n_value = 1};
	struct weir_checked checked;
	struct weir_source src;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	table.map = (struct weir_map){.key_size_bytes = key->size_bytes,
				      .value_size_bytes = value->size_bytes};
	table.stride_bytes = (value->size_bytes + 7) & ~7u;
	table.env = env;
	expect(fd >= 0 && write(fd, at, len) == (ssize_t)len, "a file");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	table.is_lpm = key->form == WEIR_FORM_PREFIX;
	opts.merge = table.is_lpm;
	if (!weir_source_open(&table, path, &opts, &src))
		(void)weir_check_source(&src, &checked);
	weir_source_close(&src);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *at = (const char *)data, *end = at + len;
	struct weir_type *key = take_type(&at, end), *value = key ? take_type(&at, end) : NULL;

	if (key && value) {
		try_value(value, at, (size_t)(end - at));
		try_bytes(value, at, (size_t)(end - at));
		try_bytes(key, at, (size_t)(end - at));
		try_file(key, value, at, (size_t)(end - at));
	}
	weir_type_free(key);
	weir_type_free(value);
	return 0;
}
