// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Values of one type as values of another. In: both types, once. Out: a list of moves, which
 * is then carried out for each value: bytes as they are, or numbers into wider ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/convert.h"

#define PATH_LEN 256

struct move {
	struct weir_field from, to; /* offsets from the beginning of the value */
	uint32_t bytes;		    /* to copy; 0: a number */
};

struct weir_convert {
	uint32_t size_bytes; /* of a new value */
	struct move *moves;
	size_t n, room;
	bool drop;
	const char *what;
};

static int add_move(struct weir_convert *convert, const struct weir_field *from,
		    const struct weir_field *to, uint32_t bytes)
{
	if (convert->n == convert->room) {
		size_t room = convert->room ? 2 * convert->room : 16;
		struct move *moves = reallocarray(convert->moves, room, sizeof(*moves));

		if (!moves)
			return weir_fail(-ENOMEM, "%s: out of memory", convert->what);
		convert->moves = moves;
		convert->room = room;
	}
	convert->moves[convert->n++] = (struct move){.from = *from, .to = *to, .bytes = bytes};
	return 0;
}

static int fail_lost(const struct weir_convert *convert, const char *path, const char *why)
{
	return weir_fail(-EINVAL, "%s: %s%s%s", convert->what, path, *path ? ": " : "", why);
}

/* ---- pairs --------------------------------------------------------------- */

static int pair(struct weir_convert *convert, const struct weir_field *from,
		const struct weir_field *to, const char *path);

static const struct weir_field *find(const struct weir_type *type, const char *name)
{
	for (size_t i = 0; i < type->n_fields; i++)
		if (!strcmp(type->fields[i].name, name))
			return &type->fields[i];
	return NULL;
}

static struct weir_field inside(const struct weir_field *outer, const struct weir_field *member)
{
	struct weir_field f = *member;

	f.bit_offset += outer->bit_offset;
	return f;
}

static int pair_structs(struct weir_convert *convert, const struct weir_field *from,
			const struct weir_field *to, const char *path)
{
	char name[PATH_LEN];
	int err = 0;

	for (size_t i = 0; i < from->type->n_fields && !err; i++) {
		const struct weir_field *f = &from->type->fields[i], *t = find(to->type, f->name);
		struct weir_field a, b;

		if (f->hidden)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", path, *path ? "." : "", f->name);
		if (!t && convert->drop)
			continue;
		if (!t)
			return fail_lost(convert, name,
					 "the new value has no such field; the word drop lets it "
					 "go");
		a = inside(from, f);
		b = inside(to, t);
		err = pair(convert, &a, &b, name);
	}
	return err;
}

static int pair_arrays(struct weir_convert *convert, const struct weir_field *from,
		       const struct weir_field *to, const char *path)
{
	struct weir_field a = {.type = from->type->element}, b = {.type = to->type->element};
	char name[PATH_LEN];
	int err = 0;

	if (from->type->n_elements > to->type->n_elements && !convert->drop)
		return fail_lost(convert, path, "the new array is shorter; the word drop cuts it");
	for (uint32_t i = 0; i < from->type->n_elements && i < to->type->n_elements && !err; i++) {
		a.bit_offset = from->bit_offset + i * a.type->size_bytes * 8;
		b.bit_offset = to->bit_offset + i * b.type->size_bytes * 8;
		snprintf(name, sizeof(name), "%s[%u]", path, i);
		err = pair(convert, &a, &b, name);
	}
	return err;
}

static uint32_t bits_of(const struct weir_field *f)
{
	return f->bit_size ? f->bit_size : f->type->size_bytes * 8;
}

static bool is_signed(const struct weir_type *type)
{
	return type->form == WEIR_FORM_INT || (type->form == WEIR_FORM_ENUM && type->is_signed);
}

/* Can the bytes of one stand at the beginning of the other? */
static bool copies(const struct weir_type *from, const struct weir_type *to)
{
	if (from->form == to->form && from->size_bytes == to->size_bytes)
		return true;
	/* bytes of which nothing is known may have been anything */
	return from->size_bytes <= to->size_bytes &&
	       (to->form == WEIR_FORM_BYTES ||
		(from->form == WEIR_FORM_STRING && to->form == WEIR_FORM_STRING));
}

static int pair(struct weir_convert *convert, const struct weir_field *from,
		const struct weir_field *to, const char *path)
{
	const struct weir_type *a = from->type, *b = to->type;

	if (a->form == WEIR_FORM_STRUCT && b->form == WEIR_FORM_STRUCT)
		return pair_structs(convert, from, to, path);
	if (a->form == WEIR_FORM_ARRAY && b->form == WEIR_FORM_ARRAY)
		return pair_arrays(convert, from, to, path);
	if (weir_form_is_number(a->form) && weir_form_is_number(b->form)) {
		if (bits_of(from) > bits_of(to) || (is_signed(a) && !is_signed(b)) ||
		    (!is_signed(a) && is_signed(b) && bits_of(from) == bits_of(to)))
			return fail_lost(convert, path, "the new number is too narrow");
		return add_move(convert, from, to, 0);
	}
	if (!from->bit_size && !to->bit_size && copies(a, b))
		return add_move(convert, from, to, a->size_bytes);
	return fail_lost(convert, path, "its type is another one now");
}

/* ---- whole values -------------------------------------------------------- */

int weir_convert_new(const struct weir_type *from, const struct weir_type *to, const char *what,
		     bool drop, struct weir_convert **out)
{
	const struct weir_field a = {.type = (struct weir_type *)from};
	const struct weir_field b = {.type = (struct weir_type *)to};
	struct weir_convert *convert = calloc(1, sizeof(*convert));
	int err;

	if (!convert)
		return weir_fail(-ENOMEM, "%s: out of memory", what);
	convert->size_bytes = to->size_bytes;
	convert->drop = drop;
	convert->what = what;
	err = pair(convert, &a, &b, "");
	if (err) {
		weir_convert_free(convert);
		return err;
	}
	*out = convert;
	return 0;
}

void weir_convert_free(struct weir_convert *convert)
{
	if (convert)
		free(convert->moves);
	free(convert);
}

void weir_convert_value(const struct weir_convert *convert, const void *from, void *to)
{
	memset(to, 0, convert->size_bytes);
	for (size_t i = 0; i < convert->n; i++) {
		const struct move *move = &convert->moves[i];

		if (move->bytes)
			memcpy((uint8_t *)to + move->to.bit_offset / 8,
			       (const uint8_t *)from + move->from.bit_offset / 8, move->bytes);
		else
			weir_bits_store(&move->to, weir_bits_load(&move->from, from), to);
	}
}
