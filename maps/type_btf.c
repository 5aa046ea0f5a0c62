// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types from BTF. In: the kernel's BTF of a map, which it has checked, or that of an
 * object. Out: a tree with the meaning of D6: declaration tags "weir:WORD" first,
 * then what well-known types and names of fields say, else plain numbers.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "maps/type.h"

static const char tag_mark[] = "weir:";

struct build {
	const struct btf *btf;
	uint32_t nodes;
	int err;
};

static struct weir_type *from(struct build *b, uint32_t id, const char *field, unsigned int depth);

static const char *name_of(const struct build *b, uint32_t offset)
{
	static const char none[sizeof(tag_mark)] = "";
	const char *name = btf__name_by_offset(b->btf, offset);

	return name ? name : none;
}

static struct weir_type *fail(struct build *b, int err)
{
	if (!b->err)
		b->err = err;
	return NULL;
}

/* ---- numbers ------------------------------------------------------------- */

static struct weir_type *from_enum(struct build *b, const struct btf_type *t)
{
	struct weir_type *type = weir_type_new(WEIR_FORM_ENUM, t->size);

	if (!type)
		return fail(b, -ENOMEM);
	type->is_signed = btf_kflag(t);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		bool wide = btf_is_enum64(t);
		uint64_t value = wide ? btf_enum64_value(btf_enum64(t) + i)
				      : (uint64_t)(int64_t)btf_enum(t)[i].val;
		uint32_t name = wide ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;

		if (!wide && !type->is_signed)
			value = (uint32_t)value;
		if (weir_type_add_enumerator(type, name_of(b, name), value)) {
			weir_type_free(type);
			return fail(b, -ENOMEM);
		}
	}
	return type;
}

static struct weir_type *from_int(struct build *b, const struct btf_type *t)
{
	uint8_t encoding = btf_int_encoding(t);
	enum weir_form form = encoding & BTF_INT_BOOL	  ? WEIR_FORM_BOOL
			      : encoding & BTF_INT_SIGNED ? WEIR_FORM_INT
							  : WEIR_FORM_UINT;
	struct weir_type *type = weir_type_new(form, t->size);

	return type ? type : fail(b, -ENOMEM);
}

/* ---- what holds others --------------------------------------------------- */

/* The word of a declaration tag on member @nth of @id; NULL. */
static const char *tag_of(const struct build *b, uint32_t id, int nth)
{
	for (uint32_t i = 1; i < btf__type_cnt(b->btf); i++) {
		const struct btf_type *t = btf__type_by_id(b->btf, i);

		const char *name = name_of(b, t->name_off);

		if (btf_is_decl_tag(t) && t->type == id && btf_decl_tag(t)->component_idx == nth &&
		    !strncmp(name, tag_mark, sizeof(tag_mark) - 1))
			return name + sizeof(tag_mark) - 1;
	}
	return NULL;
}

static struct weir_type *apply_tag(const char *tag, struct weir_type *type)
{
	struct weir_type *meant = tag ? weir_type_by_word(tag, strlen(tag)) : NULL;

	if (!meant || meant->size_bytes != type->size_bytes) {
		weir_type_free(meant);
		return type;
	}
	weir_type_free(type);
	return meant;
}

static int add_members(struct build *b, struct weir_type *into, uint32_t id, uint32_t base_bits,
		       bool hide, unsigned int depth);

/* Of a union the largest member is shown, the first of equal ones. */
static uint32_t shown_member(const struct build *b, const struct btf_type *t)
{
	uint32_t best = 0;
	int64_t best_size = -1;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		int64_t size = btf__resolve_size(b->btf, btf_members(t)[i].type);

		if (size > best_size) {
			best_size = size;
			best = i;
		}
	}
	return best;
}

static int add_member(struct build *b, struct weir_type *into, const struct btf_type *t,
		      uint32_t id, uint32_t nth, uint32_t base_bits, bool hide, unsigned int depth)
{
	const struct btf_member *m = btf_members(t) + nth;
	const char *name = name_of(b, m->name_off);
	uint32_t bits = base_bits + btf_member_bit_offset(t, nth);
	struct weir_type *type;
	struct weir_field *f;

	if (!*name) {
		uint32_t inner = m->type;
		const struct btf_type *of;

		while ((of = btf__type_by_id(b->btf, inner)) &&
		       (btf_is_mod(of) || btf_is_typedef(of)))
			inner = of->type;
		if (of && btf_is_composite(of))
			return add_members(b, into, inner, bits, hide, depth + 1);
		return 0; /* an unnamed bitfield: a gap */
	}
	type = from(b, m->type, name, depth + 1);
	if (!type)
		return b->err;
	type = apply_tag(tag_of(b, id, (int)nth), type);
	f = weir_type_add(into, name, type, bits, btf_member_bitfield_size(t, nth));
	if (!f)
		return b->err = -ENOMEM;
	f->hidden = hide;
	return 0;
}

static int add_members(struct build *b, struct weir_type *into, uint32_t id, uint32_t base_bits,
		       bool hide, unsigned int depth)
{
	const struct btf_type *t = btf__type_by_id(b->btf, id);
	uint32_t shown = btf_is_union(t) ? shown_member(b, t) : 0;

	if (depth > WEIR_TYPE_DEPTH_MAX)
		return b->err = -E2BIG;
	for (uint32_t i = 0; i < btf_vlen(t) && !b->err; i++)
		(void)add_member(b, into, t, id, i, base_bits,
				 hide || (btf_is_union(t) && i != shown), depth);
	return b->err;
}

static struct weir_type *from_composite(struct build *b, const struct btf_type *t, uint32_t id,
					unsigned int depth)
{
	struct weir_type *type;

	if (!strcmp(name_of(b, t->name_off), "in_addr") && t->size == 4)
		return weir_type_new(WEIR_FORM_IPV4, 4);
	if (!strcmp(name_of(b, t->name_off), "in6_addr") && t->size == 16)
		return weir_type_new(WEIR_FORM_IPV6, 16);
	type = weir_type_new(WEIR_FORM_STRUCT, t->size);
	if (!type)
		return fail(b, -ENOMEM);
	if (add_members(b, type, id, 0, false, depth)) {
		weir_type_free(type);
		return NULL;
	}
	return type;
}

static bool is_char(const struct build *b, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(b->btf, id);
	const char *name;

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(b->btf, t->type);
	if (!t || !btf_is_int(t) || t->size != 1)
		return false;
	name = name_of(b, t->name_off);
	return btf_int_encoding(t) & BTF_INT_CHAR || !strcmp(name, "char");
}

static struct weir_type *from_array(struct build *b, const struct btf_type *t, const char *field,
				    unsigned int depth)
{
	const struct btf_array *array = btf_array(t);
	struct weir_type *element, *type;

	if (is_char(b, array->type)) {
		type = weir_type_new(WEIR_FORM_STRING, array->nelems);
		return type ? type : fail(b, -ENOMEM);
	}
	element = from(b, array->type, "[]", depth + 1); /* no name of its own */
	if (!element)
		return NULL;
	if (array->nelems > WEIR_TYPE_NODES_MAX * 64) {
		weir_type_free(element);
		return fail(b, -E2BIG);
	}
	type = weir_type_array(element, array->nelems);
	if (!type)
		return fail(b, -ENOMEM);
	weir_type_mean(type, field, "");
	return type;
}

/* ---- any ----------------------------------------------------------------- */

/* @typedef_name: the outermost, "" for none. */
static struct weir_type *from_plain(struct build *b, const struct btf_type *t, uint32_t id,
				    const char *field, const char *typedef_name, unsigned int depth)
{
	struct weir_type *type;

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		type = from_int(b, t);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return from_enum(b, t);
	case BTF_KIND_FLOAT:
		type = weir_type_new(
			t->size == 4 || t->size == 8 ? WEIR_FORM_FLOAT : WEIR_FORM_BYTES, t->size);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return from_composite(b, t, id, depth);
	case BTF_KIND_ARRAY:
		return from_array(b, t, field, depth);
	case BTF_KIND_PTR:
		type = weir_type_new(WEIR_FORM_BYTES, 8);
		break;
	default:
		return fail(b, -EOPNOTSUPP);
	}
	if (!type)
		return fail(b, -ENOMEM);
	weir_type_mean(type, field, typedef_name);
	return type;
}

static struct weir_type *from(struct build *b, uint32_t id, const char *field, unsigned int depth)
{
	const struct btf_type *t = btf__type_by_id(b->btf, id);
	const char *typedef_name = "";

	if (depth > WEIR_TYPE_DEPTH_MAX || b->nodes++ > WEIR_TYPE_NODES_MAX)
		return fail(b, -E2BIG);
	for (unsigned int i = 0; t && (btf_is_mod(t) || btf_is_typedef(t)); i++) {
		/* u8 of the kernel is __u8 of the interface: the last one that says more */
		if (btf_is_typedef(t) && !*typedef_name)
			typedef_name = name_of(b, t->name_off);
		id = t->type;
		t = btf__type_by_id(b->btf, id);
		if (i > WEIR_TYPE_DEPTH_MAX)
			return fail(b, -E2BIG);
	}
	return t ? from_plain(b, t, id, field, typedef_name, depth) : fail(b, -EOPNOTSUPP);
}

/* Arrays want integer keys: an enum's name on a typedef says which names they have. */
static struct weir_type *enum_of_typedef(struct build *b, uint32_t id, uint32_t size)
{
	const struct btf_type *t = btf__type_by_id(b->btf, id);
	const struct btf_type *named;
	struct weir_type *type;
	int enum_id;

	if (!t || !btf_is_typedef(t))
		return NULL;
	enum_id = btf__find_by_name_kind(b->btf, name_of(b, t->name_off), BTF_KIND_ENUM);
	if (enum_id < 0)
		return NULL;
	named = btf__type_by_id(b->btf, (uint32_t)enum_id);
	type = from_enum(b, named);
	if (type)
		type->size_bytes = size;
	return type;
}

int weir_type_from_btf(const struct btf *btf, uint32_t type_id, bool is_lpm_key,
		       struct weir_type **out)
{
	struct build b = {.btf = btf};
	struct weir_type *type = NULL;
	int64_t size = btf__resolve_size(btf, type_id);
	int err;

	*out = NULL;
	if (size <= 0)
		return 0;
	if (size == 4)
		type = enum_of_typedef(&b, type_id, 4);
	type = type ?: from(&b, type_id, "", 0);
	if (!type)
		return b.err == -ENOMEM ? b.err : 0;
	err = weir_type_finish(type, is_lpm_key);
	if (err) {
		weir_type_free(type);
		return err;
	}
	*out = type;
	return 0;
}
