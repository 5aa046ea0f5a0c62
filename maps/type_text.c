// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types as people write them: "ipv4", "u64[4]", "prefix ipv6", "{u32 prio; u64 hits}".
 * Members stand where C would put them, each at a multiple of its alignment, the whole
 * padded to the largest; `packed` behind the brace leaves no room.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/type.h"

#define ELEMENTS_MAX 65536u

struct text {
	const char *at;
	const char *all;
	const char *what;
	bool failed; /* and said why */
};

static struct weir_type *read_type(struct text *in, unsigned int depth);

static struct weir_type *fail(struct text *in, const char *why)
{
	if (!in->failed)
		weir_fail(-EINVAL, "%s: type \"%s\": %s at \"%.20s\"", in->what, in->all, why,
			  in->at);
	in->failed = true;
	return NULL;
}

static void skip(struct text *in)
{
	while (isspace((unsigned char)*in->at))
		in->at++;
}

static bool take(struct text *in, char c)
{
	skip(in);
	if (*in->at != c)
		return false;
	in->at++;
	return true;
}

static size_t word(struct text *in)
{
	size_t len = 0;

	skip(in);
	while (isalnum((unsigned char)in->at[len]) || in->at[len] == '_')
		len++;
	return len;
}

static bool take_word(struct text *in, const char *text)
{
	size_t len = word(in);

	if (len != strlen(text) || strncmp(in->at, text, len) != 0)
		return false;
	in->at += len;
	return true;
}

/* Natural alignment: of addresses in bytes 1, of numbers their size up to 8. */
static uint32_t align_of(const struct weir_type *type)
{
	uint32_t align = 1;

	switch (type->form) {
	case WEIR_FORM_ARRAY:
		return align_of(type->element);
	case WEIR_FORM_STRUCT:
		for (size_t i = 0; i < type->n_fields; i++)
			if (align_of(type->fields[i].type) > align)
				align = align_of(type->fields[i].type);
		return align;
	case WEIR_FORM_STRING:
	case WEIR_FORM_BYTES:
	case WEIR_FORM_MAC:
		return 1;
	case WEIR_FORM_IPV4:
	case WEIR_FORM_IPV6:
	case WEIR_FORM_PREFIX:
		return 4;
	default:
		return type->size_bytes > 8 ? 16 : type->size_bytes;
	}
}

/* "[4]" behind a type or a name: an array, or the size of text and bytes. */
static struct weir_type *read_counts(struct text *in, struct weir_type *type)
{
	while (type && take(in, '[')) {
		unsigned long n;
		char *end;

		skip(in);
		n = strtoul(in->at, &end, 0);
		if (end == in->at || !n || n > ELEMENTS_MAX) {
			weir_type_free(type);
			return fail(in, "a number of elements is expected");
		}
		in->at = end;
		if (!take(in, ']')) {
			weir_type_free(type);
			return fail(in, "\"]\" is expected");
		}
		if (!type->size_bytes)
			type->size_bytes = (uint32_t)n;
		else
			type = weir_type_array(type, (uint32_t)n);
	}
	return type;
}

static bool is_member(const struct weir_type *type, const char *name, size_t len)
{
	for (size_t i = 0; i < type->n_fields; i++)
		if (!strncmp(type->fields[i].name, name, len) && !type->fields[i].name[len])
			return true;
	return false;
}

static bool add_member(struct text *in, struct weir_type *into, bool packed, struct weir_type *type)
{
	size_t len = word(in);
	uint32_t align;
	char *name;

	if (!len || isdigit((unsigned char)*in->at)) {
		weir_type_free(type);
		return fail(in, "a name is expected");
	}
	if (is_member(into, in->at, len)) {
		weir_type_free(type);
		return fail(in, "a second member of that name");
	}
	name = strndup(in->at, len);
	in->at += len;
	type = read_counts(in, type);
	if (type && !type->size_bytes) {
		weir_type_free(type);
		type = fail(in, "it needs a size in brackets");
	}
	if (!type || !name) {
		weir_type_free(type);
		free(name);
		return false;
	}
	align = packed ? 1 : align_of(type);
	into->size_bytes = (into->size_bytes + align - 1) / align * align;
	len = type->size_bytes;
	if (!weir_type_add(into, name, type, into->size_bytes * 8, 0)) {
		free(name);
		return false;
	}
	into->size_bytes += (uint32_t)len;
	free(name);
	return true;
}

/* Behind the brace. */
static struct weir_type *read_struct(struct text *in, unsigned int depth)
{
	struct weir_type *type = weir_type_new(WEIR_FORM_STRUCT, 0);
	bool packed = take_word(in, "packed");
	uint32_t align;

	while (type && !take(in, '}')) {
		struct weir_type *member = read_type(in, depth + 1);

		if (!member || !add_member(in, type, packed, member)) {
			weir_type_free(type);
			return NULL;
		}
		if (!take(in, ';') && !take(in, ',') && *in->at != '}') {
			weir_type_free(type);
			return fail(in, "\";\" is expected");
		}
	}
	if (!type || !type->n_fields) {
		weir_type_free(type);
		return fail(in, "a member is expected");
	}
	align = packed ? 1 : align_of(type);
	type->size_bytes = (type->size_bytes + align - 1) / align * align;
	return type;
}

static struct weir_type *read_prefix(struct text *in)
{
	if (take_word(in, "ipv4"))
		return weir_type_prefix(4 + 4);
	if (take_word(in, "ipv6"))
		return weir_type_prefix(4 + 16);
	return fail(in, "ipv4 or ipv6 is expected");
}

/* Without the counts behind it. */
static struct weir_type *read_base(struct text *in, unsigned int depth)
{
	struct weir_type *type;
	size_t len;

	if (depth > WEIR_TYPE_DEPTH_MAX)
		return fail(in, "too deep");
	(void)take_word(in, "struct");
	if (take(in, '{'))
		return read_struct(in, depth);
	if (take_word(in, "prefix"))
		return read_prefix(in);
	(void)(take_word(in, "const") || take_word(in, "unsigned"));
	len = word(in);
	type = len ? weir_type_by_word(in->at, len) : NULL;
	if (!type)
		return fail(in, "no type is known");
	in->at += len;
	return type;
}

static struct weir_type *read_type(struct text *in, unsigned int depth)
{
	struct weir_type *type = read_base(in, depth);

	return type ? read_counts(in, type) : NULL;
}

int weir_type_from_text(const char *text, const char *what, struct weir_type **out)
{
	struct text in = {.at = text, .all = text, .what = what};
	struct weir_type *type = read_type(&in, 0);

	if (type && !type->size_bytes) {
		weir_type_free(type);
		type = fail(&in, "it needs a size in brackets");
	}
	skip(&in);
	if (type && *in.at) {
		weir_type_free(type);
		type = fail(&in, "nothing more is expected");
	}
	if (!type)
		return in.failed ? -EINVAL : weir_fail(-ENOMEM, "%s: out of memory", what);
	if (weir_type_finish(type, false)) {
		weir_type_free(type);
		return weir_fail(-ENOMEM, "%s: out of memory", what);
	}
	*out = type;
	return 0;
}
