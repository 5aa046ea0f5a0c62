// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Numbers of any size, byte order and bit offset, in and out of bytes. In C's
 * bitfields the first bit is the lowest of the first byte where bytes are little
 * endian, and the highest where they are not.
 */
#include <endian.h>
#include <string.h>

#include "maps/value.h"

bool weir_form_is_number(enum weir_form form)
{
	switch (form) {
	case WEIR_FORM_UINT:
	case WEIR_FORM_INT:
	case WEIR_FORM_BOOL:
	case WEIR_FORM_ENUM:
	case WEIR_FORM_PROTO:
	case WEIR_FORM_ETHERTYPE:
	case WEIR_FORM_IFINDEX:
	case WEIR_FORM_PROG:
		return true;
	default:
		return false;
	}
}

static bool is_little(const struct weir_type *type)
{
	return !type->big_endian && __BYTE_ORDER == __LITTLE_ENDIAN;
}

static struct weir_u128 load_bytes(const uint8_t *at, size_t size, bool little)
{
	struct weir_u128 value = {0};

	for (size_t i = 0; i < size; i++) {
		value.high = value.high << 8 | value.low >> 56;
		value.low = value.low << 8 | at[little ? size - 1 - i : i];
	}
	return value;
}

static void store_bytes(uint8_t *at, size_t size, bool little, struct weir_u128 value)
{
	for (size_t i = 0; i < size; i++) {
		at[little ? i : size - 1 - i] = (uint8_t)value.low;
		value.low = value.low >> 8 | value.high << 56;
		value.high >>= 8;
	}
}

static struct weir_u128 extend(struct weir_u128 value, uint32_t bits)
{
	if (bits && bits < 64 && value.low >> (bits - 1) & 1)
		value.low |= ~0ull << bits;
	if (bits && bits <= 64)
		value.high = value.low >> 63 ? ~0ull : 0;
	return value;
}

static bool is_signed(const struct weir_type *type)
{
	return type->form == WEIR_FORM_INT || (type->form == WEIR_FORM_ENUM && type->is_signed);
}

/* The bits of a bitfield as a number: it is at most 64 of them in at most 9 bytes. */
static uint32_t bit_shift(const struct weir_field *f, uint32_t size)
{
	uint32_t first = f->bit_offset % 8;

	return __BYTE_ORDER == __LITTLE_ENDIAN ? first : size * 8 - first - f->bit_size;
}

static struct weir_u128 shift_right(struct weir_u128 value, uint32_t n)
{
	if (n) {
		value.low = value.low >> n | value.high << (64 - n);
		value.high >>= n;
	}
	return value;
}

struct weir_u128 weir_bits_load(const struct weir_field *f, const void *bytes)
{
	const uint8_t *at = (const uint8_t *)bytes + f->bit_offset / 8;
	uint32_t bits = f->bit_size ? f->bit_size : f->type->size_bytes * 8, size;
	struct weir_u128 value;

	if (!f->bit_size) {
		value = load_bytes(at, f->type->size_bytes, is_little(f->type));
	} else {
		size = (f->bit_offset % 8 + bits + 7) / 8;
		value = load_bytes(at, size, __BYTE_ORDER == __LITTLE_ENDIAN);
		value = shift_right(value, bit_shift(f, size));
		value.high = 0;
		if (bits < 64)
			value.low &= (1ull << bits) - 1;
	}
	return is_signed(f->type) ? extend(value, bits) : value;
}

void weir_bits_store(const struct weir_field *f, struct weir_u128 value, void *bytes)
{
	uint8_t *at = (uint8_t *)bytes + f->bit_offset / 8;
	bool little = __BYTE_ORDER == __LITTLE_ENDIAN;
	uint32_t size, shift;
	struct weir_u128 old;

	if (!f->bit_size) {
		store_bytes(at, f->type->size_bytes, is_little(f->type), value);
		return;
	}
	size = (f->bit_offset % 8 + f->bit_size + 7) / 8;
	shift = bit_shift(f, size);
	old = load_bytes(at, size, little);
	for (uint32_t i = 0; i < f->bit_size; i++) {
		uint32_t to = shift + i;
		uint64_t *word = to < 64 ? &old.low : &old.high;

		*word &= ~(1ull << (to % 64));
		*word |= (value.low >> i & 1) << (to % 64);
	}
	store_bytes(at, size, little, old);
}

double weir_float_load(const void *bytes, uint32_t size_bytes)
{
	double wide;
	float narrow;

	if (size_bytes == sizeof(wide)) {
		memcpy(&wide, bytes, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, bytes, sizeof(narrow));
	return (double)narrow;
}
