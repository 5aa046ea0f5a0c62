// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Text as bytes. In: what value_write.c or value_json.c have written, or what a person
 * types: "saddr=10.0.0.1,dport=53", "{a={x=1},b=[1,2]}", {"a": {"x": 1}}, a part of
 * a struct by its path ("flow.saddr=10.0.0.1"), "0x" and all bytes of anything.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/value_in.h"
#include "maps/value_read_in.h"

static int read_value(struct weir_reading *rd, const struct weir_field *f, void *bytes,
		      unsigned int depth);

/* ---- addresses ----------------------------------------------------------- */

static int bad_address(const struct weir_reading *rd, const char *text, const char *kind)
{
	return weir_fail(-EINVAL, "%s: %s%s: not %s", rd->what, rd->path, text, kind);
}

static int read_mac(const struct weir_reading *rd, const char *text, uint8_t *to)
{
	unsigned int n = 0, octet;
	const char *at = text;

	for (; n < 6; n++) {
		int high = weir_hex_digit((unsigned char)at[0]);
		int low = high < 0 ? -1 : weir_hex_digit((unsigned char)at[1]);

		if (high < 0)
			break;
		octet = low < 0 ? (unsigned int)high : (unsigned int)(high << 4 | low);
		at += low < 0 ? 1 : 2;
		to[n] = (uint8_t)octet;
		if (n < 5 && *at != ':' && *at != '-')
			break;
		at += n < 5;
	}
	return n == 6 && !*at ? 0 : bad_address(rd, text, "a MAC address");
}

static int read_float(const struct weir_reading *rd, const char *text, uint32_t size, uint8_t *to)
{
	double wide;
	float narrow;
	char *end;

	errno = 0;
	wide = strtod(text, &end);
	narrow = (float)wide;
	if (end == text || *end)
		return bad_address(rd, text, "a number");
	memcpy(to, size == sizeof(wide) ? (void *)&wide : (void *)&narrow, size);
	return 0;
}

static int read_single(struct weir_reading *rd, const struct weir_type *type, uint8_t *to)
{
	char text[128];
	int err = weir_read_word(rd, text, sizeof(text));

	if (err)
		return err;
	switch (type->form) {
	case WEIR_FORM_IPV4:
		return inet_pton(AF_INET, text, to) == 1 ? 0
							 : bad_address(rd, text, "an IPv4 address");
	case WEIR_FORM_IPV6:
		return inet_pton(AF_INET6, text, to) == 1
			       ? 0
			       : bad_address(rd, text, "an IPv6 address");
	case WEIR_FORM_MAC:
		return read_mac(rd, text, to);
	default:
		return read_float(rd, text, type->size_bytes, to);
	}
}

/* ---- prefixes ------------------------------------------------------------ */

static void mask_bits(uint8_t *to, uint32_t len, uint32_t max)
{
	for (uint32_t bit = len; bit < max; bit++)
		to[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
}

static int host_bits(const struct weir_reading *rd, const struct weir_type *type, const char *text,
		     const uint8_t *bytes)
{
	uint32_t len, max = (type->size_bytes - 4) * 8;
	struct weir_buf masked;
	uint8_t copy[512];

	memcpy(copy, bytes, type->size_bytes < sizeof(copy) ? type->size_bytes : sizeof(copy));
	memcpy(&len, copy, sizeof(len));
	mask_bits(copy + 4, len, max);
	weir_buf_init(&masked, -1);
	weir_value_write(type, copy, rd->env, &masked);
	weir_fail(-EINVAL, "%s: %s%s: bits are set behind the prefix; %s, or the word mask",
		  rd->what, rd->path, text, weir_buf_string(&masked) ?: "mask them");
	weir_buf_free(&masked);
	return -EINVAL;
}

/* "10.0.0.0/8", or a plain address, all of whose bits count. */
static int read_prefix(struct weir_reading *rd, const struct weir_type *type, uint8_t *to)
{
	uint32_t max = (type->size_bytes - 4) * 8, len = max;
	struct weir_reading inner = *rd;
	char text[1100], *slash, *end;
	int err = weir_read_word(rd, text, sizeof(text));

	if (err)
		return err;
	slash = strchr(text, '/');
	if (slash) {
		unsigned long n =
			isdigit((unsigned char)slash[1]) ? strtoul(slash + 1, &end, 10) : ~0ul;

		if (n == ~0ul || *end || n > max)
			return weir_fail(-ERANGE,
					 "%s: %s%s: a length from 0 to %u follows the slash",
					 rd->what, rd->path, text, max);
		len = (uint32_t)n;
		*slash = '\0';
	}
	inner.at = text;
	inner.end = text + strlen(text);
	err = read_value(&inner, &(struct weir_field){.type = type->fields[1].type}, to + 4, 0);
	if (slash)
		*slash = '/';
	if (err)
		return err;
	memcpy(to, &len, sizeof(len));
	if (rd->env && rd->env->mask)
		mask_bits(to + 4, len, max);
	return weir_prefix_is_plain(type, to) ? 0 : host_bits(rd, type, text, to);
}

/* ---- structs and arrays -------------------------------------------------- */

static int unknown_field(const struct weir_reading *rd, const struct weir_type *type,
			 const char *name)
{
	char names[200] = "";
	size_t used = 0;

	for (size_t i = 0; i < type->n_fields && used < sizeof(names) - 8; i++) {
		int n = snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
				 type->fields[i].name);

		used += n > 0 ? (size_t)n : 0;
	}
	if (used >= sizeof(names))
		memcpy(names + sizeof(names) - 5, ", ...", 5);
	names[sizeof(names) - 1] = '\0';
	return weir_fail(-EINVAL, "%s: %sno field %s; there are %s", rd->what, rd->path, name,
			 names);
}

static int read_member(struct weir_reading *rd, const struct weir_type *type, uint8_t *to,
		       unsigned int depth)
{
	size_t path_len = strlen(rd->path);
	struct weir_field f;
	char name[256];
	int err;

	weir_skip_blanks(rd);
	if (rd->at < rd->end && *rd->at == '"') {
		err = weir_read_word(rd, name, sizeof(name));
	} else {
		size_t len = 0;

		while (rd->at + len < rd->end && !weir_is_blank(rd->at[len]) &&
		       !strchr("=:,{}\"", rd->at[len]))
			len++;
		err = len && len < sizeof(name) ? 0 : weir_expected(rd, "a field's name");
		if (!err) {
			memcpy(name, rd->at, len);
			name[len] = '\0';
			rd->at += len;
		}
	}
	if (err)
		return err;
	if (!weir_type_find(type, name, &f))
		return unknown_field(rd, type, name);
	if (!weir_take_char(rd, '=') && !weir_take_char(rd, ':'))
		return weir_expected(rd, "\"=\"");
	snprintf(rd->path + path_len, sizeof(rd->path) - path_len, "%.40s: ", name);
	err = read_value(rd, &f, to, depth + 1);
	rd->path[path_len] = '\0';
	return err;
}

/* The only field that is shown; NULL: there are more. */
static const struct weir_field *sole_field(const struct weir_type *type)
{
	const struct weir_field *sole = NULL;

	for (size_t i = 0; i < type->n_fields; i++) {
		if (type->fields[i].hidden)
			continue;
		if (sole)
			return NULL;
		sole = &type->fields[i];
	}
	return sole;
}

/* A struct of one field may be given as that field's value. */
static bool is_sole_value(const struct weir_reading *rd, const struct weir_type *type)
{
	const char *at = rd->at;

	if (!sole_field(type))
		return false;
	while (at < rd->end && (isalnum((unsigned char)*at) || strchr("_.[]", *at)))
		at++;
	return at == rd->end || *at != '=';
}

static int read_struct(struct weir_reading *rd, const struct weir_type *type, uint8_t *to,
		       unsigned int depth)
{
	bool braced = weir_take_char(rd, '{');
	int err;

	if (!braced && is_sole_value(rd, type))
		return read_value(rd, sole_field(type), to, depth + 1);
	if (braced && weir_take_char(rd, '}'))
		return 0;
	do {
		err = read_member(rd, type, to, depth);
		if (err)
			return err;
	} while (weir_take_char(rd, ','));
	return !braced || weir_take_char(rd, '}') ? 0 : weir_expected(rd, "\"}\"");
}

/* "[3]=5,[7]=1": some elements, the others stay. */
static bool begins_some(const struct weir_reading *rd)
{
	const char *at = rd->at + 1;

	while (at < rd->end && isdigit((unsigned char)*at))
		at++;
	return rd->at < rd->end && *rd->at == '[' && rd->end - at > 1 && at[0] == ']' &&
	       (at[1] == '=' || at[1] == '[' || at[1] == '.');
}

static int read_some(struct weir_reading *rd, const struct weir_type *type, uint8_t *to,
		     unsigned int depth)
{
	int err;

	do
		err = read_member(rd, type, to, depth);
	while (!err && weir_take_char(rd, ','));
	return err;
}

static int read_array(struct weir_reading *rd, const struct weir_type *type, uint8_t *to,
		      unsigned int depth)
{
	const struct weir_field element = {.type = type->element};
	uint32_t n = 0;
	int err;

	if (begins_some(rd))
		return read_some(rd, type, to, depth);
	if (!weir_take_char(rd, '['))
		return weir_expected(rd, "\"[\"");
	if (!type->n_elements && weir_take_char(rd, ']'))
		return 0;
	do {
		if (n == type->n_elements)
			return weir_fail(-ERANGE, "%s: %smore than %u elements", rd->what, rd->path,
					 n);
		err = read_value(rd, &element, to + (size_t)n++ * type->element->size_bytes,
				 depth + 1);
		if (err)
			return err;
	} while (weir_take_char(rd, ','));
	if (!weir_take_char(rd, ']'))
		return weir_expected(rd, "\"]\"");
	if (n < type->n_elements)
		return weir_fail(-ERANGE,
				 "%s: %s%u elements; there must be %u, or give one as [N]=",
				 rd->what, rd->path, n, type->n_elements);
	return 0;
}

/* ---- any ----------------------------------------------------------------- */

static int read_number_word(struct weir_reading *rd, const struct weir_field *f, void *bytes)
{
	char text[256];
	int err = weir_read_word(rd, text, sizeof(text));

	return err ?: weir_read_number(rd, f, text, strlen(text), bytes);
}

static int read_value(struct weir_reading *rd, const struct weir_field *f, void *bytes,
		      unsigned int depth)
{
	uint8_t *to = (uint8_t *)bytes + f->bit_offset / 8;

	if (depth > WEIR_TYPE_DEPTH_MAX)
		return weir_fail(-E2BIG, "%s: %snested too deeply", rd->what, rd->path);
	weir_skip_blanks(rd);
	if (weir_form_is_number(f->type->form))
		return read_number_word(rd, f, bytes);
	if (f->type->form == WEIR_FORM_STRING)
		return weir_read_string(rd, f->type->size_bytes, to);
	if (f->type->form == WEIR_FORM_BYTES || weir_begins_bytes(rd))
		return weir_read_bytes(rd, f->type->size_bytes, to);
	switch (f->type->form) {
	case WEIR_FORM_STRUCT:
		return read_struct(rd, f->type, to, depth);
	case WEIR_FORM_ARRAY:
		return read_array(rd, f->type, to, depth);
	case WEIR_FORM_PREFIX:
		return read_prefix(rd, f->type, to);
	default:
		return read_single(rd, f->type, to);
	}
}

/* "0" for any struct or array: all of it is zero. */
static bool is_all_zero(const struct weir_type *type, const char *text, size_t len)
{
	return len == 1 && *text == '0' &&
	       (type->form == WEIR_FORM_STRUCT || type->form == WEIR_FORM_ARRAY);
}

int weir_value_read(const struct weir_type *type, const char *text, size_t len, const char *what,
		    const struct weir_value_env *env, void *bytes)
{
	const struct weir_field whole = {.type = (struct weir_type *)type};

	return weir_field_read(&whole, text, len, what, env, bytes);
}

int weir_field_read(const struct weir_field *f, const char *text, size_t len, const char *what,
		    const struct weir_value_env *env, void *bytes)
{
	struct weir_reading rd = {.at = text, .end = text + len, .what = what, .env = env};
	int err;

	if (weir_read_decimal(f, text, len, bytes))
		return 0;
	if (is_all_zero(f->type, text, len)) {
		memset((uint8_t *)bytes + f->bit_offset / 8, 0, f->type->size_bytes);
		return 0;
	}
	err = read_value(&rd, f, bytes, 0);
	if (err)
		return err;
	weir_skip_blanks(&rd);
	if (rd.at < rd.end)
		return weir_fail(-EINVAL, "%s: \"%.*s\" is left over behind the value", what,
				 rd.end - rd.at > 24 ? 24 : (int)(rd.end - rd.at), rd.at);
	return 0;
}
