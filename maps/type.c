// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Trees of types: made, completed, searched, freed. In: parts, in any order. Out:
 * a tree that writers and readers can walk without looking at BTF again.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps/type.h"

/* ---- made, freed --------------------------------------------------------- */

struct weir_type *weir_type_new(enum weir_form form, uint32_t size_bytes)
{
	struct weir_type *type = calloc(1, sizeof(*type));

	if (type) {
		type->form = form;
		type->size_bytes = size_bytes;
	}
	return type;
}

void weir_type_free(struct weir_type *type)
{
	if (!type)
		return;
	for (size_t i = 0; i < type->n_fields; i++) {
		free(type->fields[i].name);
		weir_type_free(type->fields[i].type);
	}
	for (size_t i = 0; i < type->n_enumerators; i++) {
		free(type->enumerators[i].name);
		free(type->enumerators[i].short_name);
	}
	free(type->fields);
	free(type->enumerators);
	weir_type_free(type->element);
	free(type->gaps);
	free(type);
}

struct weir_type *weir_type_array(struct weir_type *element, uint32_t n)
{
	struct weir_type *type =
		element ? weir_type_new(WEIR_FORM_ARRAY, n * element->size_bytes) : NULL;

	if (!type) {
		weir_type_free(element);
		return NULL;
	}
	type->element = element;
	type->n_elements = n;
	return type;
}

struct weir_field *weir_type_add(struct weir_type *type, const char *name, struct weir_type *of,
				 uint32_t bit_offset, uint32_t bit_size)
{
	struct weir_field *fields;
	char *copy = strdup(name);

	fields = reallocarray(type->fields, type->n_fields + 1, sizeof(*fields));
	if (fields)
		type->fields = fields;
	if (!fields || !copy || !of) {
		free(copy);
		weir_type_free(of);
		return NULL;
	}
	fields[type->n_fields] = (struct weir_field){
		.name = copy, .type = of, .bit_offset = bit_offset, .bit_size = bit_size};
	return &fields[type->n_fields++];
}

struct weir_type *weir_type_prefix(uint32_t size_bytes)
{
	struct weir_type *type = weir_type_new(WEIR_FORM_PREFIX, size_bytes);
	uint32_t data = size_bytes - 4;
	enum weir_form form = data == 4	   ? WEIR_FORM_IPV4
			      : data == 16 ? WEIR_FORM_IPV6
					   : WEIR_FORM_BYTES;

	if (type && weir_type_add(type, "prefixlen", weir_type_new(WEIR_FORM_UINT, 4), 0, 0) &&
	    weir_type_add(type, "data", weir_type_new(form, data), 32, 0))
		return type;
	weir_type_free(type);
	return NULL;
}

int weir_type_add_enumerator(struct weir_type *type, const char *name, uint64_t value)
{
	struct weir_enumerator *list =
		reallocarray(type->enumerators, type->n_enumerators + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	type->enumerators = list;
	list[type->n_enumerators] = (struct weir_enumerator){.name = strdup(name), .value = value};
	if (!list[type->n_enumerators].name)
		return -ENOMEM;
	type->n_enumerators++;
	return 0;
}

/* ---- short names --------------------------------------------------------- */

/* Length of the prefix that all share, that ends in '_', and leaves each something. */
static size_t common_prefix(const struct weir_type *type)
{
	const char *first = type->enumerators[0].name;
	size_t len = strlen(first);

	for (size_t i = 1; i < type->n_enumerators; i++) {
		size_t same = 0;

		while (same < len && type->enumerators[i].name[same] == first[same])
			same++;
		len = same;
	}
	while (len && first[len - 1] != '_')
		len--;
	/* What is left must not begin like a number. */
	for (size_t i = 0; i < type->n_enumerators && len; i++)
		if (!isalpha((unsigned char)type->enumerators[i].name[len]))
			return 0;
	return type->n_enumerators > 1 ? len : 0;
}

static int shorten(struct weir_type *type)
{
	size_t prefix = type->n_enumerators ? common_prefix(type) : 0;
	bool upper = true;

	for (size_t i = 0; i < type->n_enumerators; i++)
		for (const char *at = type->enumerators[i].name; *at; at++)
			upper &= !islower((unsigned char)*at);
	for (size_t i = 0; i < type->n_enumerators; i++) {
		struct weir_enumerator *e = &type->enumerators[i];

		e->short_name = strdup(e->name + prefix);
		if (!e->short_name)
			return -ENOMEM;
		for (char *at = e->short_name; upper && *at; at++)
			*at = (char)tolower((unsigned char)*at);
	}
	return 0;
}

/* ---- gaps ---------------------------------------------------------------- */

static void cover_bits(uint8_t *gaps, uint32_t from, uint32_t n)
{
	for (uint32_t bit = from; bit < from + n; bit++)
		gaps[bit / 8] &= (uint8_t) ~(1u << (bit % 8));
}

/* Clears what @type has of @gaps, which begins at its own first byte. */
static void cover(const struct weir_type *type, uint8_t *gaps)
{
	if (type->form == WEIR_FORM_ARRAY) {
		for (uint32_t i = 0; i < type->n_elements; i++)
			cover(type->element, gaps + (size_t)i * type->element->size_bytes);
		return;
	}
	if (type->form != WEIR_FORM_STRUCT && type->form != WEIR_FORM_PREFIX) {
		memset(gaps, 0, type->size_bytes);
		return;
	}
	for (size_t i = 0; i < type->n_fields; i++) {
		const struct weir_field *f = &type->fields[i];

		if (f->hidden)
			continue;
		if (f->bit_size)
			cover_bits(gaps, f->bit_offset, f->bit_size);
		else
			cover(f->type, gaps + f->bit_offset / 8);
	}
}

static int note_gaps(struct weir_type *type)
{
	uint8_t *gaps = malloc(type->size_bytes ? type->size_bytes : 1);
	bool any = false;

	if (!gaps)
		return -ENOMEM;
	memset(gaps, 0xff, type->size_bytes);
	cover(type, gaps);
	for (uint32_t i = 0; i < type->size_bytes; i++)
		any |= gaps[i] != 0;
	if (any)
		type->gaps = gaps;
	else
		free(gaps);
	return 0;
}

/* ---- completed ----------------------------------------------------------- */

/* {u32 length; data}: what an LPM trie's key is, when the data is one thing. */
static void be_prefix(struct weir_type *type)
{
	const struct weir_field *f = type->fields;
	enum weir_form form;

	if (type->form != WEIR_FORM_STRUCT || type->n_fields != 2 || f[0].bit_offset ||
	    f[0].bit_size || f[0].type->form != WEIR_FORM_UINT || f[0].type->size_bytes != 4 ||
	    f[1].bit_offset != 32 || f[1].bit_size || f[1].type->size_bytes + 4 != type->size_bytes)
		return;
	form = f[1].type->form;
	/* A number of that size is an address in all but its type. */
	if (form == WEIR_FORM_UINT && f[1].type->size_bytes == 4)
		f[1].type->form = WEIR_FORM_IPV4;
	else if (form == WEIR_FORM_BYTES && f[1].type->size_bytes == 4)
		f[1].type->form = WEIR_FORM_IPV4;
	else if ((form == WEIR_FORM_BYTES || form == WEIR_FORM_ARRAY) &&
		 f[1].type->size_bytes == 16)
		f[1].type->form = WEIR_FORM_IPV6;
	else if (form != WEIR_FORM_IPV4 && form != WEIR_FORM_IPV6 && form != WEIR_FORM_BYTES)
		return;
	type->form = WEIR_FORM_PREFIX;
}

static int finish(struct weir_type *type)
{
	int err = type->form == WEIR_FORM_ENUM ? shorten(type) : 0;

	for (size_t i = 0; i < type->n_fields && !err; i++)
		err = finish(type->fields[i].type);
	return !err && type->element ? finish(type->element) : err;
}

int weir_type_finish(struct weir_type *type, bool is_lpm_key)
{
	int err;

	if (is_lpm_key)
		be_prefix(type);
	err = finish(type);
	return err ?: note_gaps(type);
}

/* ---- questions ----------------------------------------------------------- */

bool weir_type_sums(const struct weir_type *type)
{
	bool sums = type->form == WEIR_FORM_UINT || type->form == WEIR_FORM_INT;

	if (type->form == WEIR_FORM_ARRAY)
		return weir_type_sums(type->element);
	if (type->form != WEIR_FORM_STRUCT)
		return sums && type->size_bytes <= sizeof(uint64_t);
	for (size_t i = 0; i < type->n_fields; i++)
		if (!type->fields[i].hidden && !weir_type_sums(type->fields[i].type))
			return false;
	return type->n_fields > 0;
}

static const struct weir_field *member(const struct weir_type *type, const char *name, size_t len)
{
	if (type->form != WEIR_FORM_STRUCT && type->form != WEIR_FORM_PREFIX)
		return NULL;
	for (size_t i = 0; i < type->n_fields; i++)
		if (!strncmp(type->fields[i].name, name, len) && !type->fields[i].name[len])
			return &type->fields[i];
	return NULL;
}

/* Behind a field's name: "[3]" once or more. */
static bool step_into(const char **path, struct weir_field *out)
{
	while (**path == '[') {
		const struct weir_type *array = out->type;
		unsigned long nth;
		char *end;

		nth = strtoul(*path + 1, &end, 10);
		if (array->form != WEIR_FORM_ARRAY || end == *path + 1 || *end != ']' ||
		    nth >= array->n_elements)
			return false;
		out->type = array->element;
		out->bit_offset += (uint32_t)nth * array->element->size_bytes * 8;
		*path = end + 1;
	}
	return true;
}

bool weir_type_find(const struct weir_type *type, const char *path, struct weir_field *out)
{
	struct weir_field at = {.type = (struct weir_type *)type};

	for (;;) {
		size_t len = strcspn(path, ".[");
		const struct weir_field *f;

		if (len) {
			f = member(at.type, path, len);
			if (!f)
				return false;
			at.bit_offset += f->bit_offset;
			at.bit_size = f->bit_size;
			at.type = f->type;
			path += len;
		}
		if (!step_into(&path, &at))
			return false;
		if (!*path)
			break;
		if (*path++ != '.')
			return false;
	}
	*out = at;
	return true;
}
