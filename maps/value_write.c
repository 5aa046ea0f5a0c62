// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bytes as text, for people and for weir itself to read again. In: a type, bytes.
 * Out: "10.1.2.0/24", "saddr=10.0.0.1,dport=53", "[1,2]", "\"a b\"". Struct members
 * stand bare at the top and in braces inside.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "maps/value.h"
#include "maps/value_in.h"
#include "maps/weir_map.h"

/* ---- single things ------------------------------------------------------- */

static void put_octet(struct weir_buf *out, uint8_t octet)
{
	weir_buf_u64(out, octet);
}

void weir_put_ipv4(struct weir_buf *out, const uint8_t *at)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			weir_buf_char(out, '.');
		put_octet(out, at[i]);
	}
}

void weir_put_ipv6(struct weir_buf *out, const uint8_t *at)
{
	char text[INET6_ADDRSTRLEN];

	/* RFC 5952 */
	weir_buf_text(out, inet_ntop(AF_INET6, at, text, sizeof(text)));
}

void weir_put_mac(struct weir_buf *out, const uint8_t *at)
{
	for (int i = 0; i < 6; i++) {
		if (i)
			weir_buf_char(out, ':');
		weir_buf_hex(out, at + i, 1);
	}
}

void weir_put_wide(struct weir_buf *out, struct weir_u128 value)
{
	char text[40];

	if (!value.high) {
		weir_buf_u64(out, value.low);
		return;
	}
	snprintf(text, sizeof(text), "0x%llx%016llx", (unsigned long long)value.high,
		 (unsigned long long)value.low);
	weir_buf_text(out, text);
}

void weir_put_float(struct weir_buf *out, const uint8_t *at, uint32_t size)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*g", size == sizeof(double) ? 17 : 9,
		 weir_float_load(at, size));
	weir_buf_text(out, text);
}

const char *weir_enum_name(const struct weir_type *type, uint64_t value)
{
	for (size_t i = 0; i < type->n_enumerators; i++)
		if (type->enumerators[i].value == value)
			return type->enumerators[i].short_name;
	return NULL;
}

const char *weir_ifname(const struct weir_value_env *env, uint64_t ifindex, char *name)
{
	if (!ifindex || ifindex > INT32_MAX)
		return NULL;
	if (env && env->ifname)
		return env->ifname((uint32_t)ifindex, name, env->ctx) ? NULL : name;
	return if_indextoname((uint32_t)ifindex, name);
}

static void put_number(const struct weir_type *type, struct weir_u128 value,
		       const struct weir_value_env *env, struct weir_buf *out)
{
	char ifname[IF_NAMESIZE], hex[16];
	const char *name = NULL;

	switch (type->form) {
	case WEIR_FORM_BOOL:
		name = value.low > 1 || value.high ? NULL : value.low ? "true" : "false";
		break;
	case WEIR_FORM_ENUM:
		name = weir_enum_name(type, value.low);
		break;
	case WEIR_FORM_PROTO:
		name = weir_proto_name((uint32_t)value.low);
		break;
	case WEIR_FORM_IFINDEX:
		name = weir_ifname(env, value.low, ifname);
		break;
	case WEIR_FORM_ETHERTYPE:
		name = weir_ethertype_name((uint32_t)value.low);
		snprintf(hex, sizeof(hex), "0x%04x", (unsigned int)value.low);
		name = name ? name : hex;
		break;
	default:
		break;
	}
	if (name)
		weir_buf_text(out, name);
	else if (type->form == WEIR_FORM_INT || (type->form == WEIR_FORM_ENUM && type->is_signed) ||
		 (type->form == WEIR_FORM_IFINDEX && (int64_t)value.low < 0))
		weir_buf_i64(out, (int64_t)value.low);
	else
		weir_put_wide(out, value);
}

/* ---- strings ------------------------------------------------------------- */

/* Everything behind the first NUL is NUL, so the text says all. */
bool weir_is_string(const uint8_t *at, size_t size)
{
	size_t len = strnlen((const char *)at, size);

	for (size_t i = len; i < size; i++)
		if (at[i])
			return false;
	return true;
}

static bool is_bare(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum(at[i]) && !strchr("_.:/@%+-", at[i]))
			return false;
	return len && !(len > 1 && at[0] == '0' && at[1] == 'x');
}

static void put_string(struct weir_buf *out, const uint8_t *at, size_t size)
{
	size_t len = strnlen((const char *)at, size);
	char hex[8];

	if (is_bare(at, len)) {
		weir_buf_put(out, at, len);
		return;
	}
	weir_buf_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '"' || at[i] == '\\') {
			weir_buf_char(out, '\\');
			weir_buf_char(out, (char)at[i]);
		} else if (at[i] < 0x20 || at[i] == 0x7f) {
			snprintf(hex, sizeof(hex), "\\x%02x", at[i]);
			weir_buf_text(out, hex);
		} else {
			weir_buf_char(out, (char)at[i]);
		}
	}
	weir_buf_char(out, '"');
}

/* ---- any ----------------------------------------------------------------- */

static void put_bytes(struct weir_buf *out, const uint8_t *at, size_t size)
{
	weir_buf_put(out, "0x", 2);
	weir_buf_hex(out, at, size);
}

bool weir_value_is_plain(const struct weir_type *type, const uint8_t *at)
{
	if (type->gaps)
		for (uint32_t i = 0; i < type->size_bytes; i++)
			if (type->gaps[i] & at[i])
				return false;
	switch (type->form) {
	case WEIR_FORM_STRING:
		return weir_is_string(at, type->size_bytes);
	case WEIR_FORM_FLOAT:
		return !isnan(weir_float_load(at, type->size_bytes));
	case WEIR_FORM_ARRAY:
		for (uint32_t i = 0; i < type->n_elements; i++)
			if (!weir_value_is_plain(type->element,
						 at + (size_t)i * type->element->size_bytes))
				return false;
		return true;
	case WEIR_FORM_PREFIX:
		return weir_prefix_is_plain(type, at);
	default:
		return true;
	}
}

/* Length within the address, and nothing behind it. */
bool weir_prefix_is_plain(const struct weir_type *type, const uint8_t *at)
{
	uint32_t len, max = (type->size_bytes - 4) * 8;

	memcpy(&len, at, sizeof(len));
	if (len > max)
		return false;
	for (uint32_t bit = len; bit < max; bit++)
		if (at[4 + bit / 8] >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static void put(const struct weir_type *type, const uint8_t *at, bool inside,
		const struct weir_value_env *env, struct weir_buf *out);

static void put_struct(const struct weir_type *type, const uint8_t *at,
		       const struct weir_value_env *env, struct weir_buf *out)
{
	bool any = false;

	for (size_t i = 0; i < type->n_fields; i++) {
		const struct weir_field *f = &type->fields[i];

		if (f->hidden)
			continue;
		if (any)
			weir_buf_char(out, ',');
		any = true;
		weir_buf_text(out, f->name);
		weir_buf_char(out, '=');
		weir_field_write(f, at, env, out);
	}
}

static void put_array(const struct weir_type *type, const uint8_t *at,
		      const struct weir_value_env *env, struct weir_buf *out)
{
	weir_buf_char(out, '[');
	for (uint32_t i = 0; i < type->n_elements; i++) {
		if (i)
			weir_buf_char(out, ',');
		put(type->element, at + (size_t)i * type->element->size_bytes, true, env, out);
	}
	weir_buf_char(out, ']');
}

static void put_prefix(const struct weir_type *type, const uint8_t *at,
		       const struct weir_value_env *env, struct weir_buf *out)
{
	uint32_t len;

	memcpy(&len, at, sizeof(len));
	put(type->fields[1].type, at + 4, true, env, out);
	weir_buf_char(out, '/');
	weir_buf_u64(out, len);
}

static void put(const struct weir_type *type, const uint8_t *at, bool inside,
		const struct weir_value_env *env, struct weir_buf *out)
{
	const struct weir_field whole = {.type = (struct weir_type *)type};

	if (!weir_value_is_plain(type, at)) {
		put_bytes(out, at, type->size_bytes);
		return;
	}
	switch (type->form) {
	case WEIR_FORM_IPV4:
		weir_put_ipv4(out, at);
		break;
	case WEIR_FORM_IPV6:
		weir_put_ipv6(out, at);
		break;
	case WEIR_FORM_MAC:
		weir_put_mac(out, at);
		break;
	case WEIR_FORM_FLOAT:
		weir_put_float(out, at, type->size_bytes);
		break;
	case WEIR_FORM_STRING:
		put_string(out, at, type->size_bytes);
		break;
	case WEIR_FORM_BYTES:
		put_bytes(out, at, type->size_bytes);
		break;
	case WEIR_FORM_STRUCT:
		if (inside)
			weir_buf_char(out, '{');
		put_struct(type, at, env, out);
		if (inside)
			weir_buf_char(out, '}');
		break;
	case WEIR_FORM_ARRAY:
		put_array(type, at, env, out);
		break;
	case WEIR_FORM_PREFIX:
		put_prefix(type, at, env, out);
		break;
	default:
		put_number(type, weir_bits_load(&whole, at), env, out);
	}
}

void weir_field_write(const struct weir_field *f, const void *bytes,
		      const struct weir_value_env *env, struct weir_buf *out)
{
	if (weir_form_is_number(f->type->form))
		put_number(f->type, weir_bits_load(f, bytes), env, out);
	else
		put(f->type, (const uint8_t *)bytes + f->bit_offset / 8, true, env, out);
}

void weir_value_write(const struct weir_type *type, const void *bytes,
		      const struct weir_value_env *env, struct weir_buf *out)
{
	put(type, bytes, false, env, out);
}
