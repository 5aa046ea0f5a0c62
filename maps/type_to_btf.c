// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types as BTF, so that other tools and a later weir read a map that was made here. In: a
 * tree. Out: ids in a BTF, with names that type_meaning.c and others understand: struct
 * in_addr, __be16, unsigned char[6].
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "maps/type.h"

static int find_or_add_int(struct btf *btf, const char *name, uint32_t size, int encoding)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_INT);

	return id > 0 ? id : btf__add_int(btf, name, size, encoding);
}

static int number(struct btf *btf, const struct weir_type *type)
{
	static const char *const words[] = {"__u8", "__u16", "__u32", "__u64", "unsigned __int128"};
	static const char *const swords[] = {"__s8", "__s16", "__s32", "__s64", "__int128"};
	bool is_signed = type->form == WEIR_FORM_INT;
	int nth = type->size_bytes == 1	  ? 0
		  : type->size_bytes == 2 ? 1
		  : type->size_bytes == 4 ? 2
		  : type->size_bytes == 8 ? 3
					  : 4;
	char name[16];
	int id;

	id = find_or_add_int(btf, is_signed ? swords[nth] : words[nth], type->size_bytes,
			     is_signed ? BTF_INT_SIGNED : 0);
	if (id < 0 || !type->big_endian)
		return id;
	snprintf(name, sizeof(name), "__be%u", type->size_bytes * 8);
	nth = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	return nth > 0 ? nth : btf__add_typedef(btf, name, id);
}

static int array_of(struct btf *btf, int element, uint32_t n)
{
	int index = find_or_add_int(btf, "__ARRAY_SIZE_TYPE__", 4, 0);

	return element < 0 || index < 0 ? -ENOMEM : btf__add_array(btf, index, element, n);
}

static int bytes_of(struct btf *btf, uint32_t n, bool text)
{
	return array_of(
		btf,
		find_or_add_int(btf, text ? "char" : "unsigned char", 1, text ? BTF_INT_SIGNED : 0),
		n);
}

/* struct in_addr, struct in6_addr. */
static int address(struct btf *btf, const char *name, uint32_t size)
{
	const struct weir_type be32 = {.form = WEIR_FORM_UINT, .size_bytes = 4, .big_endian = true};
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT), inner;

	if (id > 0)
		return id;
	inner = size == 4 ? number(btf, &be32) : bytes_of(btf, size, false);
	id = inner < 0 ? inner : btf__add_struct(btf, name, size);
	if (id < 0)
		return id;
	inner = btf__add_field(btf, size == 4 ? "s_addr" : "s6_addr", inner, 0, 0);
	return inner < 0 ? inner : id;
}

static int composite(struct btf *btf, const struct weir_type *type)
{
	int ids[256], id, err = 0;

	if (type->n_fields > sizeof(ids) / sizeof(*ids))
		return -E2BIG;
	for (size_t i = 0; i < type->n_fields; i++) {
		ids[i] = weir_type_to_btf(btf, type->fields[i].type);
		if (ids[i] < 0)
			return ids[i];
	}
	id = btf__add_struct(btf, NULL, type->size_bytes);
	for (size_t i = 0; i < type->n_fields && id > 0 && !err; i++)
		err = btf__add_field(btf, type->fields[i].name, ids[i], type->fields[i].bit_offset,
				     type->fields[i].bit_size);
	return err ? err : id;
}

int weir_type_to_btf(struct btf *btf, const struct weir_type *type)
{
	struct weir_type plain = *type;

	switch (type->form) {
	case WEIR_FORM_BOOL:
		return find_or_add_int(btf, "_Bool", type->size_bytes, BTF_INT_BOOL);
	case WEIR_FORM_FLOAT:
		return btf__add_float(btf, type->size_bytes == 8 ? "double" : "float",
				      type->size_bytes);
	case WEIR_FORM_IPV4:
		return address(btf, "in_addr", 4);
	case WEIR_FORM_IPV6:
		return address(btf, "in6_addr", 16);
	case WEIR_FORM_MAC:
	case WEIR_FORM_BYTES:
		return bytes_of(btf, type->size_bytes, false);
	case WEIR_FORM_STRING:
		return bytes_of(btf, type->size_bytes, true);
	case WEIR_FORM_ARRAY:
		return array_of(btf, weir_type_to_btf(btf, type->element), type->n_elements);
	case WEIR_FORM_STRUCT:
	case WEIR_FORM_PREFIX:
		return composite(btf, type);
	default:
		plain.form = type->form == WEIR_FORM_INT ? WEIR_FORM_INT : WEIR_FORM_UINT;
		return number(btf, &plain);
	}
}
