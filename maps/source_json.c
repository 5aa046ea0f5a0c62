// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * JSON as `dump` prints it: an array of objects with "key" and "value", or such objects
 * one after the other. Each object is looked at by itself, so a file of any size needs
 * room for one. bpftool's "formatted" objects are taken for what they say.
 */
#include <errno.h>
#include <string.h>

#include "loader/log.h"
#include "maps/source.h"

static int fail(struct weir_source *src, const char *why)
{
	return weir_fail(-EINVAL, "%s: %s", weir_source_label(src), why);
}

/* The next character that is no blank, counting lines; 0: the end. */
static int peek(struct weir_source *src, char *out)
{
	for (;;) {
		int err = weir_source_fill(src, 1);

		if (err)
			return err;
		if (src->at == src->len) {
			*out = '\0';
			return 0;
		}
		*out = src->buf[src->at];
		if (!strchr(" \t\r\n", *out))
			return 0;
		src->next_line += *out == '\n';
		src->at++;
	}
}

/* Behind a JSON value that begins at @at; NULL: it has no end here. */
static const char *skip_value(const char *at, const char *end)
{
	unsigned int depth = 0;
	bool quoted = false;

	for (; at < end; at++) {
		if (quoted && *at == '\\') {
			at++;
		} else if (*at == '"') {
			quoted = !quoted;
			if (!quoted && !depth)
				return at + 1;
		} else if (quoted) {
			continue;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if (*at == '}' || *at == ']') {
			if (!depth)
				return at;
			if (!--depth)
				return at + 1;
		} else if (!depth && (*at == ',' || strchr(" \t\r\n", *at))) {
			return at;
		}
	}
	return NULL;
}

/* The whole object at `at` is in the buffer. *len of it. */
static int fill_object(struct weir_source *src, size_t *len)
{
	size_t want = 4096;

	for (;;) {
		int err = weir_source_fill(src, want);
		const char *from, *end;

		if (err)
			return err;
		from = src->buf + src->at;
		end = skip_value(from, src->buf + src->len);
		if (end) {
			*len = (size_t)(end - from);
			return 0;
		}
		if (src->ended)
			return fail(src, "an object without its end");
		want = 2 * (src->len - src->at);
	}
}

struct member {
	const char *at;
	size_t len;
};

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && strchr(" \t\r\n", *at))
		at++;
	return at;
}

/* Calls @fn for each member of the object that begins at @at. */
static int each_member(struct weir_source *src, const char *at, const char *end, const char *what,
		       void (*fn)(const char *name, struct member value, void *ctx), void *ctx)
{
	at = skip_blanks(at + 1, end);
	while (at < end && *at != '}') {
		const char *name = at, *name_end = skip_value(at, end), *from, *to;

		from = name_end ? skip_blanks(name_end, end) : NULL;
		if (!from || *name != '"' || *from != ':')
			return fail(src, what);
		from = skip_blanks(from + 1, end);
		to = skip_value(from, end);
		if (!to || to == from)
			return fail(src, "a member without a value");
		fn(name, (struct member){from, (size_t)(to - from)}, ctx);
		at = skip_blanks(to, end);
		at = at < end && *at == ',' ? skip_blanks(at + 1, end) : at;
	}
	return 0;
}

struct entry {
	struct member key, value, formatted; /* which has both, of bpftool */
};

static void note_part(const char *name, struct member value, void *ctx)
{
	struct entry *entry = ctx;

	if (!strncmp(name, "\"key\"", 5))
		entry->key = value;
	else if (!strncmp(name, "\"value\"", 7) || !strncmp(name, "\"values\"", 8))
		entry->value = value;
	else if (!strncmp(name, "\"formatted\"", 11))
		entry->formatted = value;
}

static int find_parts(struct weir_source *src, const char *at, const char *end, struct entry *entry)
{
	return each_member(src, at, end, "not an object of \"key\" and \"value\"", note_part,
			   entry);
}

struct ref {
	struct member id, name;
};

static void note_ref(const char *name, struct member value, void *ctx)
{
	struct ref *ref = ctx;

	if (!strncmp(name, "\"id\"", 4))
		ref->id = value;
	else if (!strncmp(name, "\"name\"", 6))
		ref->name = value;
}

static bool copy_word(struct member from, char *to, size_t len)
{
	bool quoted = from.len > 1 && *from.at == '"';

	from.at += quoted;
	from.len -= quoted ? 2 : 0;
	if (!from.len || from.len >= len)
		return false;
	memcpy(to, from.at, from.len);
	to[from.len] = '\0';
	return true;
}

/* {"id":5,"name":"x"}, or the id alone. */
static int read_ref(struct weir_source *src, const struct member *from, void *value)
{
	char id[16], name[WEIR_REF_NAME_LEN + 1];
	char *words[] = {(char *)"id", id, (char *)"name", name};
	struct ref ref = {.id = *from};
	int err = 0;

	if (*from->at == '{') {
		ref.id = (struct member){0};
		err = each_member(src, from->at, from->at + from->len, "not an object of \"id\"",
				  note_ref, &ref);
	}
	if (err)
		return err;
	if (!copy_word(ref.id, id, sizeof(id)))
		return fail(src, "an object without \"id\"");
	return weir_source_value(src, words, copy_word(ref.name, name, sizeof(name)) ? 4 : 2,
				 value);
}

/* {"percpu":[1,2]}: each of them. */
static int read_percpu(struct weir_source *src, const char *at, const char *end, uint8_t *value)
{
	const struct weir_table *table = src->table;
	unsigned int cpu = 0;
	int err;

	at = memchr(at, '[', (size_t)(end - at));
	at = at ? skip_blanks(at + 1, end) : end;
	for (; at < end && *at != ']'; cpu++) {
		const char *to = skip_value(at, end);

		if (!to || cpu == table->cpus)
			break;
		err = weir_value_read(table->value, at, (size_t)(to - at), src->own.label,
				      &table->env, value + cpu * table->stride_bytes);
		if (err)
			return err;
		at = skip_blanks(to, end);
		at = at < end && *at == ',' ? skip_blanks(at + 1, end) : at;
	}
	if (cpu != table->cpus || at >= end || *at != ']')
		return weir_fail(-EINVAL, "%s: its values are not those of %u CPUs", src->own.label,
				 table->cpus);
	return 0;
}

static int read_value(struct weir_source *src, const struct member *from, void *value)
{
	const struct weir_table *table = src->table;
	int err = 0;

	memset(value, 0, weir_table_value_bytes(table));
	if (!from->at)
		return weir_source_value(src, NULL, 0, value);
	if (table->ref != WEIR_REF_NONE)
		return read_ref(src, from, value);
	if (table->percpu && from->len > 9 && !strncmp(from->at, "{\"percpu\"", 9))
		return read_percpu(src, from->at, from->at + from->len, value);
	for (unsigned int cpu = 0; cpu < table->cpus && !err; cpu++)
		err = weir_value_read(table->value, from->at, from->len, src->own.label,
				      &table->env, (uint8_t *)value + cpu * table->stride_bytes);
	return err;
}

static int read_object(struct weir_source *src, const char *at, size_t len, void *key, void *value)
{
	struct entry entry = {0};
	int err = find_parts(src, at, at + len, &entry);

	(void)weir_source_label(src);
	if (!err && entry.formatted.at)
		err = find_parts(src, entry.formatted.at, entry.formatted.at + entry.formatted.len,
				 &entry);
	if (err)
		return err;
	if (!entry.key.at)
		return fail(src, "an object without \"key\"");
	memset(key, 0, src->table->map.key_size_bytes);
	err = weir_value_read(src->table->key, entry.key.at, entry.key.len, src->own.label,
			      &src->table->env, key);
	return err ?: read_value(src, &entry.value, value);
}

int weir_source_json(struct weir_source *src, void *key, void *value)
{
	size_t len = 0;
	char c;
	int err = peek(src, &c);

	if (!err && c == '[' && !src->in_array && !src->any) {
		src->in_array = true;
		src->at++;
		err = peek(src, &c);
	}
	if (!err && src->any && c == ',') {
		src->at++;
		err = peek(src, &c);
	}
	src->line = src->next_line;
	if (err)
		return err;
	if (src->in_array && c == ']') {
		src->at++;
		src->in_array = false;
		err = peek(src, &c);
		src->line = src->next_line;
		return err || !c ? err : fail(src, "something stands behind the array");
	}
	if (!c)
		return src->in_array ? fail(src, "an array without its end") : 0;
	if (c != '{')
		return fail(src, "an object is expected");
	err = fill_object(src, &len);
	err = err ?: read_object(src, src->buf + src->at, len, key, value);
	if (err)
		return err;
	for (size_t i = 0; i < len; i++)
		src->next_line += src->buf[src->at + i] == '\n';
	src->at += len;
	src->any = true;
	return 1;
}
