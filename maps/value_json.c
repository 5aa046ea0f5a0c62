// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bytes as JSON. Names, addresses and prefixes are strings, as are numbers of more
 * than 64 bits; other numbers are numbers; structs objects; arrays arrays.
 */
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "maps/value.h"
#include "maps/value_in.h"
#include "maps/weir_map.h"

/* Length of the UTF-8 character at @at; 0: none. RFC 3629. */
static size_t utf8_len(const uint8_t *at, size_t left)
{
	static const struct {
		size_t len;
		uint32_t min;
		uint8_t mask, bits;
	} kinds[] = {{1, 0, 0x80, 0x00},
		     {2, 0x80, 0xe0, 0xc0},
		     {3, 0x800, 0xf0, 0xe0},
		     {4, 0x10000, 0xf8, 0xf0}};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		uint32_t c = at[0] & (uint8_t)~kinds[k].mask;

		if ((at[0] & kinds[k].mask) != kinds[k].bits)
			continue;
		if (kinds[k].len > left)
			return 0;
		for (size_t i = 1; i < kinds[k].len; i++) {
			if ((at[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (at[i] & 0x3f);
		}
		return c < kinds[k].min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)
			       ? 0
			       : kinds[k].len;
	}
	return 0;
}

static bool is_utf8(const uint8_t *at, size_t len)
{
	size_t n;

	for (; len; at += n, len -= n) {
		n = utf8_len(at, len);
		if (!n)
			return false;
	}
	return true;
}

void weir_json_quote(struct weir_buf *out, const char *text, size_t len)
{
	char code[8];

	weir_buf_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];

		if (c == '"' || c == '\\') {
			weir_buf_char(out, '\\');
			weir_buf_char(out, (char)c);
		} else if (c < 0x20) {
			snprintf(code, sizeof(code), "\\u%04x", c);
			weir_buf_text(out, code);
		} else {
			weir_buf_char(out, (char)c);
		}
	}
	weir_buf_char(out, '"');
}

static void put_quoted(struct weir_buf *out, const char *text)
{
	weir_json_quote(out, text, strlen(text));
}

static void put_number(const struct weir_type *type, struct weir_u128 value,
		       const struct weir_value_env *env, struct weir_buf *out)
{
	char ifname[IF_NAMESIZE];
	const char *name = NULL;

	if (type->form == WEIR_FORM_BOOL && !value.high && value.low <= 1) {
		weir_buf_text(out, value.low ? "true" : "false");
		return;
	}
	if (type->form == WEIR_FORM_ENUM)
		name = weir_enum_name(type, value.low);
	else if (type->form == WEIR_FORM_PROTO)
		name = weir_proto_name((uint32_t)value.low);
	else if (type->form == WEIR_FORM_ETHERTYPE)
		name = weir_ethertype_name((uint32_t)value.low);
	else if (type->form == WEIR_FORM_IFINDEX)
		name = weir_ifname(env, value.low, ifname);
	if (name) {
		put_quoted(out, name);
	} else if (type->form == WEIR_FORM_INT ||
		   (type->form == WEIR_FORM_ENUM && type->is_signed)) {
		weir_buf_i64(out, (int64_t)value.low);
	} else if (value.high) {
		weir_buf_char(out, '"');
		weir_put_wide(out, value);
		weir_buf_char(out, '"');
	} else {
		weir_buf_u64(out, value.low);
	}
}

static void put(const struct weir_type *type, const uint8_t *at, const struct weir_value_env *env,
		struct weir_buf *out);

static void put_struct(const struct weir_type *type, const uint8_t *at,
		       const struct weir_value_env *env, struct weir_buf *out)
{
	bool any = false;

	weir_buf_char(out, '{');
	for (size_t i = 0; i < type->n_fields; i++) {
		const struct weir_field *f = &type->fields[i];

		if (f->hidden)
			continue;
		if (any)
			weir_buf_char(out, ',');
		any = true;
		put_quoted(out, f->name);
		weir_buf_char(out, ':');
		weir_field_json(f, at, env, out);
	}
	weir_buf_char(out, '}');
}

static void put(const struct weir_type *type, const uint8_t *at, const struct weir_value_env *env,
		struct weir_buf *out)
{
	const struct weir_field whole = {.type = (struct weir_type *)type};
	bool plain = weir_value_is_plain(type, at);
	size_t len;

	if (weir_form_is_number(type->form)) {
		put_number(type, weir_bits_load(&whole, at), env, out);
		return;
	}
	if (plain && type->form == WEIR_FORM_STRUCT) {
		put_struct(type, at, env, out);
		return;
	}
	if (plain && type->form == WEIR_FORM_ARRAY) {
		weir_buf_char(out, '[');
		for (uint32_t i = 0; i < type->n_elements; i++) {
			if (i)
				weir_buf_char(out, ',');
			put(type->element, at + (size_t)i * type->element->size_bytes, env, out);
		}
		weir_buf_char(out, ']');
		return;
	}
	len = strnlen((const char *)at, type->size_bytes);
	if (plain && type->form == WEIR_FORM_STRING && is_utf8(at, len) &&
	    !(len > 1 && at[0] == '0' && at[1] == 'x')) {
		weir_json_quote(out, (const char *)at, len);
		return;
	}
	if (plain && type->form == WEIR_FORM_FLOAT &&
	    isfinite(weir_float_load(at, type->size_bytes))) {
		weir_put_float(out, at, type->size_bytes);
		return;
	}
	weir_buf_char(out, '"');
	if (type->form == WEIR_FORM_STRING) {
		weir_buf_put(out, "0x", 2);
		weir_buf_hex(out, at, type->size_bytes);
	} else {
		/* addresses, prefixes, bytes: nothing that JSON would escape */
		weir_value_write(type, at, env, out);
	}
	weir_buf_char(out, '"');
}

void weir_value_json(const struct weir_type *type, const void *bytes,
		     const struct weir_value_env *env, struct weir_buf *out)
{
	put(type, bytes, env, out);
}

void weir_field_json(const struct weir_field *f, const void *bytes,
		     const struct weir_value_env *env, struct weir_buf *out)
{
	if (weir_form_is_number(f->type->form))
		put_number(f->type, weir_bits_load(f, bytes), env, out);
	else
		put(f->type, (const uint8_t *)bytes + f->bit_offset / 8, env, out);
}
