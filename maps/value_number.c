// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words as numbers. In: a word, and the type that it is for. Out: the number, which
 * fits, or an error that says what would: numbers with 0x, 0o, 0b or plain digits, and
 * the names that the type has.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loader/log.h"
#include "maps/pin.h"
#include "maps/value_read_in.h"
#include "maps/weir_map.h"

#define LISTED_BYTES 160 /* of names in an error */

/* ---- digits -------------------------------------------------------------- */

static int digit_of(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isalpha((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : 99;
}

/* value * base + digit; false: more than 128 bits. */
static bool push_digit(struct weir_u128 *value, unsigned int base, unsigned int digit)
{
	unsigned __int128 wide = (unsigned __int128)value->high << 64 | value->low, next;

	if (__builtin_mul_overflow(wide, (unsigned __int128)base, &next) ||
	    __builtin_add_overflow(next, (unsigned __int128)digit, &next))
		return false;
	value->high = (uint64_t)(next >> 64);
	value->low = (uint64_t)next;
	return true;
}

enum digits { NOT_DIGITS, TOO_LARGE, OCTAL, GOOD };

static enum digits read_digits(const char *at, size_t len, struct weir_u128 *out)
{
	unsigned int base = 10;

	*out = (struct weir_u128){0};
	if (len > 1 && at[0] == '0' && isalpha((unsigned char)at[1])) {
		base = tolower(at[1]) == 'x'   ? 16
		       : tolower(at[1]) == 'b' ? 2
		       : at[1] == 'o'	       ? 8
					       : 0;
		at += 2;
		len -= 2;
	} else if (len > 1 && at[0] == '0') {
		return OCTAL;
	}
	if (!len || !base)
		return NOT_DIGITS;
	for (size_t i = 0; i < len; i++) {
		unsigned int digit = (unsigned int)digit_of(at[i]);

		if (digit >= base)
			return NOT_DIGITS;
		if (!push_digit(out, base, digit))
			return TOO_LARGE;
	}
	return GOOD;
}

/* ---- ranges -------------------------------------------------------------- */

static bool is_signed(const struct weir_type *type)
{
	return type->form == WEIR_FORM_INT || (type->form == WEIR_FORM_ENUM && type->is_signed);
}

static bool fits(struct weir_u128 value, bool negative, bool is_signed, uint32_t bits)
{
	uint64_t limit;

	if (bits >= 128)
		return !negative;
	if (bits > 64)
		return !negative && !(value.high >> (bits - 64));
	if (value.high)
		return false;
	if (!is_signed)
		return !(negative && value.low) && (bits == 64 || !(value.low >> bits));
	limit = 1ull << (bits - 1);
	return negative ? value.low <= limit : value.low < limit;
}

static int out_of_range(const struct weir_reading *rd, const char *at, size_t len, bool is_signed,
			uint32_t bits)
{
	if (bits > 64)
		return weir_fail(-ERANGE, "%s: %s%.*s: out of range; it has %u bits", rd->what,
				 rd->path, (int)len, at, bits);
	if (is_signed)
		return weir_fail(-ERANGE, "%s: %s%.*s: out of range; from %lld to %lld", rd->what,
				 rd->path, (int)len, at, -(long long)(1ull << (bits - 1)),
				 (long long)((1ull << (bits - 1)) - 1));
	return weir_fail(-ERANGE, "%s: %s%.*s: out of range; from 0 to %llu", rd->what, rd->path,
			 (int)len, at,
			 bits == 64 ? ~0ull : (unsigned long long)((1ull << bits) - 1));
}

/* ---- names --------------------------------------------------------------- */

static bool is_name(const char *name, const char *at, size_t len)
{
	return !strncasecmp(name, at, len) && !name[len];
}

static int find_enumerator(const struct weir_type *type, const char *at, size_t len,
			   struct weir_u128 *out)
{
	for (size_t i = 0; i < type->n_enumerators; i++) {
		const struct weir_enumerator *e = &type->enumerators[i];

		if (!is_name(e->name, at, len) &&
		    !(e->short_name && is_name(e->short_name, at, len)))
			continue;
		out->low = e->value;
		out->high = type->is_signed && (int64_t)e->value < 0 ? ~0ull : 0;
		return 0;
	}
	return -ENOENT;
}

static int find_interface(const struct weir_reading *rd, const char *at, size_t len, uint32_t *out)
{
	char name[128];

	if (len >= sizeof(name))
		return -ENOENT;
	memcpy(name, at, len);
	name[len] = '\0';
	if (rd->env && rd->env->ifindex)
		return rd->env->ifindex(name, out, rd->env->ctx) ? -ENOENT : 0;
	*out = if_nametoindex(name);
	return *out ? 0 : -ENOENT;
}

/* A path is said to be wrong here; other words are numbers. */
static int find_prog(const struct weir_reading *rd, const char *at, size_t len, uint32_t *out)
{
	char path[PATH_MAX];
	int err;

	if (!memchr(at, '/', len) || len >= sizeof(path))
		return -ENOENT;
	memcpy(path, at, len);
	path[len] = '\0';
	err = weir_pin_id_at(path, WEIR_PIN_OF_PROG, rd->what, out);
	return err == -ENOENT ? -ESRCH : err; /* it is said already */
}

static int find_name(const struct weir_reading *rd, const struct weir_type *type, const char *at,
		     size_t len, struct weir_u128 *out)
{
	uint32_t number = 0;
	int err = -ENOENT;

	*out = (struct weir_u128){0};
	switch (type->form) {
	case WEIR_FORM_ENUM:
		return find_enumerator(type, at, len, out);
	case WEIR_FORM_BOOL:
		if (is_name("true", at, len) || is_name("false", at, len)) {
			out->low = is_name("true", at, len);
			return 0;
		}
		return err;
	case WEIR_FORM_PROTO:
		err = weir_proto_number(at, len, &number);
		break;
	case WEIR_FORM_ETHERTYPE:
		err = weir_ethertype_number(at, len, &number);
		break;
	case WEIR_FORM_IFINDEX:
		err = find_interface(rd, at, len, &number);
		break;
	case WEIR_FORM_PROG:
		err = find_prog(rd, at, len, &number);
		break;
	default:
		break;
	}
	out->low = number;
	return err;
}

/* What stands here instead of a number. */
static int not_a_number(const struct weir_reading *rd, const struct weir_type *type, const char *at,
			size_t len)
{
	char names[LISTED_BYTES] = "";
	size_t used = 0;

	if (type->form == WEIR_FORM_IFINDEX)
		return weir_fail(-EINVAL, "%s: %s%.*s: no such interface; `ip link` lists them",
				 rd->what, rd->path, (int)len, at);
	for (size_t i = 0; i < type->n_enumerators; i++) {
		const char *name = type->enumerators[i].short_name ?: type->enumerators[i].name;
		int n = snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
				 name);

		if (n < 0 || used + (size_t)n >= sizeof(names) - 5) {
			snprintf(names + used, sizeof(names) - used, "%s", used ? ", ..." : "");
			break;
		}
		used += (size_t)n;
	}
	if (*names)
		return weir_fail(-EINVAL, "%s: %s%.*s: not one of %s, and no number", rd->what,
				 rd->path, (int)len, at, names);
	return weir_fail(-EINVAL, "%s: %s%.*s: not a number%s", rd->what, rd->path, (int)len, at,
			 type->form == WEIR_FORM_BOOL	     ? "; true or false"
			 : type->form == WEIR_FORM_PROTO     ? " or name of an IP protocol"
			 : type->form == WEIR_FORM_ETHERTYPE ? " or name of an ethertype"
							     : "");
}

bool weir_read_decimal(const struct weir_field *f, const char *at, size_t len, void *bytes)
{
	uint32_t bits = f->type->size_bytes * 8;
	uint64_t value = 0;

	/* 18 digits fit, and a zero at the start is not ours to judge */
	if (f->type->form != WEIR_FORM_UINT || f->bit_size || !len || len > 18 ||
	    (len > 1 && *at == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(at[i] - '0');
	}
	if (bits < 64 && value >> bits)
		return false;
	weir_bits_store(f, (struct weir_u128){.low = value}, bytes);
	return true;
}

int weir_read_number(const struct weir_reading *rd, const struct weir_field *f, const char *at,
		     size_t len, void *bytes)
{
	uint32_t bits = f->bit_size ? f->bit_size : f->type->size_bytes * 8;
	bool sign = len > 1 && *at == '-', is_sign = is_signed(f->type);
	struct weir_u128 value;
	enum digits digits;
	int err;

	err = find_name(rd, f->type, at, len, &value);
	if (!err)
		weir_bits_store(f, value, bytes);
	if (err != -ENOENT)
		return err;
	digits = read_digits(at + sign, len - sign, &value);
	if (digits == OCTAL)
		return weir_fail(-EINVAL, "%s: %s%.*s: leading zero; 0o is octal, 0x hexadecimal",
				 rd->what, rd->path, (int)len, at);
	if (digits == NOT_DIGITS)
		return not_a_number(rd, f->type, at, len);
	if (digits == TOO_LARGE || !fits(value, sign, is_sign, bits))
		return out_of_range(rd, at, len, is_sign, bits);
	if (sign) {
		value.low = -value.low;
		value.high = value.low ? ~0ull : 0;
	}
	weir_bits_store(f, value, bytes);
	return 0;
}
