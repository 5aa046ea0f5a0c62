// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Turns keys into words. In: BTF of a map, then keys. Out: text. The BTF comes
 * from the kernel, which has checked it.
 *
 * Kernel rule: an array map with BTF needs a key of kind INT
 * (array_map_check_btf), so its enum can only be named by a typedef.
 */
#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps/key_names.h"

#define NUMBER_ROOM 21 /* "-9223372036854775808" and a NUL */

struct enumerator {
	uint64_t value; /* cut to the key's size */
	size_t nth;	/* of two with one value the first declared is taken */
	char *name;
};

struct weir_key_names {
	size_t key_size;
	bool number; /* else hex bytes, where no enumerator fits */
	bool is_signed;
	size_t room;
	struct enumerator *list; /* sorted by value */
	size_t n;
};

static uint64_t cut(uint64_t value, size_t size)
{
	return size < sizeof(value) ? value & ((1ull << (size * 8)) - 1) : value;
}

static bool is_word_size(size_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static uint64_t read_key(const void *key, size_t size)
{
	uint16_t half;
	uint32_t word;
	uint64_t wide;

	switch (size) {
	case 1:
		return *(const uint8_t *)key;
	case 2:
		memcpy(&half, key, sizeof(half));
		return half;
	case 4:
		memcpy(&word, key, sizeof(word));
		return word;
	default:
		memcpy(&wide, key, sizeof(wide));
		return wide;
	}
}

static bool is_modifier(const struct btf_type *type)
{
	return btf_is_mod(type) || btf_is_typedef(type);
}

static const struct btf_type *enum_named(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);

	if (id < 0)
		id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM64);
	return id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
}

/* Sets what the key is; returns its enum, or NULL. */
static const struct btf_type *resolve_key(const struct btf *btf, uint32_t type_id,
					  struct weir_key_names *names)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id), *named = NULL;

	while (type && is_modifier(type)) {
		if (btf_is_typedef(type) && !named)
			named = enum_named(btf, btf__name_by_offset(btf, type->name_off));
		type = btf__type_by_id(btf, type->type);
	}
	if (!type || !is_word_size(names->key_size))
		return NULL;
	if (btf_is_any_enum(type)) {
		names->number = true;
		names->is_signed = btf_kflag(type);
		return type;
	}
	if (!btf_is_int(type))
		return NULL;
	names->number = true;
	names->is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
	return named;
}

static int compare(const void *left, const void *right)
{
	const struct enumerator *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->nth < b->nth ? -1 : a->nth > b->nth;
}

static int collect(const struct btf *btf, const struct btf_type *type, const struct weir_map *map,
		   struct weir_key_names *names)
{
	size_t n = btf_vlen(type);

	names->list = calloc(n ? n : 1, sizeof(*names->list));
	if (!names->list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		uint64_t value = btf_is_enum64(type) ? btf_enum64_value(btf_enum64(type) + i)
						     : (uint64_t)btf_enum(type)[i].val;
		uint32_t name_off = btf_is_enum64(type) ? btf_enum64(type)[i].name_off
							: btf_enum(type)[i].name_off;
		struct enumerator *entry = &names->list[names->n];

		value = cut(value, names->key_size);
		if (weir_map_is_array(map) && value >= map->max_entries)
			continue;
		*entry = (struct enumerator){.value = value, .nth = i};
		entry->name = strdup(btf__name_by_offset(btf, name_off));
		if (!entry->name)
			return -ENOMEM;
		names->n++;
	}
	qsort(names->list, names->n, sizeof(*names->list), compare);
	return 0;
}

/* Length of the longest prefix that all names share, that ends in '_', and
 * that leaves something of each. */
static size_t common_prefix(const struct weir_key_names *names)
{
	const char *first = names->n ? names->list[0].name : "";
	size_t len = strlen(first);

	for (size_t i = 1; i < names->n; i++) {
		const char *name = names->list[i].name;
		size_t same = 0;

		while (same < len && name[same] == first[same])
			same++;
		len = same;
	}
	for (size_t i = 0; i < names->n; i++)
		if (len && !names->list[i].name[len])
			len--;
	while (len && first[len - 1] != '_')
		len--;
	return names->n > 1 ? len : 0;
}

static bool is_upper(const struct weir_key_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		for (const char *at = names->list[i].name; *at; at++)
			if (islower((unsigned char)*at))
				return false;
	return true;
}

static void prettify(struct weir_key_names *names)
{
	size_t prefix = common_prefix(names);
	bool lower = is_upper(names);

	for (size_t i = 0; i < names->n; i++) {
		char *name = names->list[i].name;
		size_t len = strlen(name) - prefix;

		memmove(name, name + prefix, len + 1);
		for (char *at = name; lower && *at; at++)
			*at = (char)tolower((unsigned char)*at);
		if (names->room < len + 1)
			names->room = len + 1;
	}
}

int weir_key_names_new(const struct btf *btf, const struct weir_map *map,
		       struct weir_key_names **out)
{
	struct weir_key_names *names = calloc(1, sizeof(*names));
	const struct btf_type *type;

	if (!names)
		return -ENOMEM;
	names->key_size = map->key_size_bytes;
	names->number = weir_map_is_array(map);
	type = resolve_key(btf, map->key_type_id, names);
	names->room = names->number ? NUMBER_ROOM : 3 * names->key_size + 1;
	if (type && collect(btf, type, map, names)) {
		weir_key_names_free(names);
		return -ENOMEM;
	}
	prettify(names);
	*out = names;
	return 0;
}

int weir_key_names_given(const struct weir_entry_name *list, size_t n, struct weir_key_names **out)
{
	struct weir_key_names *names = calloc(1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	names->key_size = sizeof(list->index);
	names->number = true;
	names->list = calloc(n ? n : 1, sizeof(*names->list));
	for (size_t i = 0; names->list && i < n; i++) {
		struct enumerator *entry = &names->list[i];

		*entry = (struct enumerator){list[i].index, i, strdup(list[i].name)};
		if (!entry->name)
			break;
		names->n++;
	}
	if (!names->list || names->n != n) {
		weir_key_names_free(names);
		return -ENOMEM;
	}
	qsort(names->list, n, sizeof(*names->list), compare);
	*out = names;
	return 0;
}

void weir_key_names_free(struct weir_key_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i].name);
	free(names->list);
	free(names);
}

bool weir_key_names_any(const struct weir_key_names *names)
{
	return names->n;
}

size_t weir_key_names_room(const struct weir_key_names *names)
{
	return names->room;
}

static int64_t extend(uint64_t value, size_t size)
{
	unsigned int shift = 64 - 8 * (unsigned int)size;

	return (int64_t)(value << shift) >> shift;
}

const char *weir_key_names_find(const struct weir_key_names *names, uint64_t value)
{
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (names->list[mid].value < value)
			low = mid + 1;
		else
			high = mid;
	}
	return low < names->n && names->list[low].value == value ? names->list[low].name : NULL;
}

uint64_t weir_key_names_end(const struct weir_key_names *names)
{
	return names->n ? names->list[names->n - 1].value + 1 : 0;
}

/* Bytes as bpftool prints and reads them: "0a 00 00 01". */
static void write_hex(const uint8_t *key, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*text++ = digits[key[i] >> 4];
		*text++ = digits[key[i] & 15];
		*text++ = i + 1 < len ? ' ' : '\0';
	}
}

void weir_key_names_write(const struct weir_key_names *names, const void *key, char *text)
{
	const char *name;
	uint64_t value;

	if (!names->number) {
		write_hex(key, names->key_size, text);
		return;
	}
	value = read_key(key, names->key_size);
	name = weir_key_names_find(names, value);
	if (name)
		(void)snprintf(text, names->room, "%s", name);
	else if (names->is_signed)
		(void)snprintf(text, names->room, "%lld",
			       (long long)extend(value, names->key_size));
	else
		(void)snprintf(text, names->room, "%llu", (unsigned long long)value);
}
