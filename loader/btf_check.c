// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Checks raw BTF before libbpf opens it.
 *
 * In: the bytes of section .BTF. Out: yes, or the first fault and its type.
 * libbpf 1.1 only finds where each type ends; it then follows ids and name
 * offsets as they come and walks chains until they end. So each id, offset
 * and kind is checked here as the kernel does it (kernel/bpf/btf.c), and the
 * types are walked once as two graphs that must have no loop:
 *
 *   by value   what a type contains: members, elements, the type behind a
 *              modifier. A loop would have no size.
 *   by name    how a type is spelled: pointers and prototypes too, but not
 *              members, since only a struct or union can name itself in C.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdlib.h>

#include "loader/btf_check.h"

/* kernel/bpf/btf.c: BTF_INFO_MASK; the other bits of info are reserved. */
#define INFO_MASK	  0x9f00ffffu
/* include/uapi/linux/btf.h: BTF_MAX_NAME_OFFSET. */
#define STRINGS_MAX_BYTES (0x00ffffffu + 1)
#define INT_MAX_BYTES	  16 /* kernel/bpf/btf.c: BITS_PER_U128 */

struct check {
	const uint8_t *types;
	uint32_t types_bytes;
	const char *strings;
	uint32_t strings_bytes;
	const struct btf_type **type; /* by id; [0] is void: NULL */
	uint32_t n;		      /* ids, void included */
	uint64_t *size_bytes;	      /* by id, once walked by value */
	uint8_t *seen;
	struct walk_step *stack;
	struct weir_btf_fault fault;
};

static int fault(struct check *c, uint32_t id, const char *cause)
{
	c->fault = (struct weir_btf_fault){.cause = cause, .type_id = id};
	return -EINVAL;
}

/* ---- header and layout --------------------------------------------------- */

static int check_header(struct check *c, const uint8_t *bytes, size_t len)
{
	const struct btf_header *hdr = (const void *)bytes;
	uint64_t body;

	if (len < sizeof(*hdr))
		return fault(c, 0, "it is shorter than its header");
	if (hdr->magic != BTF_MAGIC || hdr->version != BTF_VERSION || hdr->flags)
		return fault(c, 0, "its header is not that of BTF version 1");
	/* Newer headers may be longer: hdr_len counts, not our struct. */
	if (hdr->hdr_len < sizeof(*hdr) || hdr->hdr_len > len || hdr->hdr_len % 4)
		return fault(c, 0, "its header has an impossible length");
	body = len - hdr->hdr_len;
	/* Types first and no gap: the kernel demands it (kernel/bpf/btf.c,
	 * btf_check_sec_info), and libbpf loses a gap when it adds types. */
	if (hdr->type_off || hdr->type_len % 4 || hdr->type_len != hdr->str_off ||
	    (uint64_t)hdr->str_off + hdr->str_len > body)
		return fault(c, 0, "its sections overlap, leave a gap, or leave the file");
	c->types = bytes + hdr->hdr_len + hdr->type_off;
	c->types_bytes = hdr->type_len;
	c->strings = (const char *)bytes + hdr->hdr_len + hdr->str_off;
	c->strings_bytes = hdr->str_len;
	if (!c->strings_bytes || c->strings_bytes > STRINGS_MAX_BYTES || c->strings[0] ||
	    c->strings[c->strings_bytes - 1])
		return fault(c, 0, "its strings do not begin and end with a NUL");
	return 0;
}

/* Bytes that follow struct btf_type: once, and for each of vlen items. */
struct kind_size {
	uint8_t fixed, item;
};

static const struct kind_size kind_sizes[] = {
	[BTF_KIND_INT] = {sizeof(uint32_t), 0},
	[BTF_KIND_PTR] = {0, 0},
	[BTF_KIND_ARRAY] = {sizeof(struct btf_array), 0},
	[BTF_KIND_STRUCT] = {0, sizeof(struct btf_member)},
	[BTF_KIND_UNION] = {0, sizeof(struct btf_member)},
	[BTF_KIND_ENUM] = {0, sizeof(struct btf_enum)},
	[BTF_KIND_FUNC_PROTO] = {0, sizeof(struct btf_param)},
	[BTF_KIND_VAR] = {sizeof(struct btf_var), 0},
	[BTF_KIND_DATASEC] = {0, sizeof(struct btf_var_secinfo)},
	[BTF_KIND_DECL_TAG] = {sizeof(struct btf_decl_tag), 0},
	[BTF_KIND_ENUM64] = {0, sizeof(struct btf_enum64)},
};

static uint64_t type_bytes(const struct btf_type *t)
{
	struct kind_size size = kind_sizes[btf_kind(t)];

	return sizeof(*t) + size.fixed + (uint64_t)size.item * btf_vlen(t);
}

/* Fills c->type[]: finds where each type begins. */
static int index_types(struct check *c)
{
	uint32_t at = 0;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	c->type = calloc(c->types_bytes / sizeof(struct btf_type) + 1, sizeof(*c->type));
	if (!c->type)
		return -ENOMEM;
	for (c->n = 1; at < c->types_bytes; c->n++) {
		const struct btf_type *t = (const void *)(c->types + at);

		if (c->types_bytes - at < sizeof(*t))
			return fault(c, c->n, "it is cut off");
		if (t->info & ~INFO_MASK || btf_kind(t) == BTF_KIND_UNKN ||
		    btf_kind(t) > BTF_KIND_ENUM64)
			return fault(c, c->n, "its kind is unknown");
		if (c->types_bytes - at < type_bytes(t))
			return fault(c, c->n, "it is cut off");
		c->type[c->n] = t;
		at += (uint32_t)type_bytes(t);
	}
	return 0;
}

/* ---- each type by itself ------------------------------------------------- */

static bool name_ok(const struct check *c, uint32_t name_off)
{
	return name_off < c->strings_bytes;
}

static bool id_ok(const struct check *c, uint32_t id)
{
	return id < c->n;
}

static bool int_ok(const struct btf_type *t)
{
	return t->size && t->size <= INT_MAX_BYTES && btf_int_bits(t) &&
	       btf_int_bits(t) + btf_int_offset(t) <= t->size * 8;
}

static bool array_ok(const struct check *c, const struct btf_type *t)
{
	const struct btf_array *array = btf_array(t);

	return array->type && id_ok(c, array->type) && array->index_type &&
	       id_ok(c, array->index_type);
}

static bool members_ok(const struct check *c, const struct btf_type *t)
{
	const struct btf_member *member = btf_members(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!name_ok(c, member[i].name_off) || !member[i].type || !id_ok(c, member[i].type))
			return false;
	return true;
}

static bool enumerators_ok(const struct check *c, const struct btf_type *t)
{
	/* Both kinds begin with the name. */
	const uint8_t *at = (const uint8_t *)(t + 1);
	size_t step = kind_sizes[btf_kind(t)].item;

	if (t->size > 8 || t->size & (t->size - 1))
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!name_ok(c, *(const uint32_t *)(at + i * step)))
			return false;
	return true;
}

static bool proto_ok(const struct check *c, const struct btf_type *t)
{
	const struct btf_param *param = btf_params(t);

	if (!id_ok(c, t->type))
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!name_ok(c, param[i].name_off) || !id_ok(c, param[i].type))
			return false;
	return true;
}

static bool func_ok(const struct check *c, const struct btf_type *t)
{
	return t->name_off && id_ok(c, t->type) && t->type && btf_is_func_proto(c->type[t->type]) &&
	       btf_vlen(t) <= BTF_FUNC_EXTERN;
}

static bool var_ok(const struct check *c, const struct btf_type *t)
{
	return t->name_off && t->type && id_ok(c, t->type) &&
	       btf_var(t)->linkage <= BTF_VAR_GLOBAL_EXTERN;
}

/* Variables, or in .ksyms also functions. */
static bool datasec_ok(const struct check *c, const struct btf_type *t)
{
	const struct btf_var_secinfo *var = btf_var_secinfos(t);

	if (!t->name_off)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (!var[i].type || !id_ok(c, var[i].type))
			return false;
		if (!btf_is_var(c->type[var[i].type]) && !btf_is_func(c->type[var[i].type]))
			return false;
		if (t->size && (uint64_t)var[i].offset + var[i].size > t->size)
			return false;
	}
	return true;
}

static bool type_ok(const struct check *c, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return int_ok(t);
	case BTF_KIND_ARRAY:
		return array_ok(c, t);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members_ok(c, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enumerators_ok(c, t);
	case BTF_KIND_FUNC_PROTO:
		return proto_ok(c, t);
	case BTF_KIND_FUNC:
		return func_ok(c, t);
	case BTF_KIND_VAR:
		return var_ok(c, t);
	case BTF_KIND_DATASEC:
		return datasec_ok(c, t);
	case BTF_KIND_FWD:
	case BTF_KIND_FLOAT:
		return true;
	default: /* PTR, TYPEDEF, modifiers, tags */
		return id_ok(c, t->type);
	}
}

static int check_types(struct check *c)
{
	for (uint32_t id = 1; id < c->n; id++) {
		if (!name_ok(c, c->type[id]->name_off))
			return fault(c, id, "its name lies outside the strings");
		if (!type_ok(c, c->type[id]))
			return fault(c, id, "a number in it is out of range");
	}
	return 0;
}

/* ---- the two graphs ------------------------------------------------------ */

enum graph { BY_VALUE, BY_NAME };

struct walk_step {
	uint32_t id;
	uint32_t next; /* edge to follow */
};

enum { UNSEEN, ON_PATH, DONE };

/* Both graphs: the one type behind a modifier, typedef, variable or tag. */
static bool refers_to_one(const struct btf_type *t, enum graph graph)
{
	switch (btf_kind(t)) {
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
	case BTF_KIND_VAR:
		return true;
	case BTF_KIND_PTR:
	case BTF_KIND_FUNC:
	case BTF_KIND_DECL_TAG:
		return graph == BY_NAME;
	default:
		return false;
	}
}

/* The @nth type that @t leads to in @graph; false: no more. */
static bool edge(const struct btf_type *t, enum graph graph, uint32_t nth, uint32_t *to)
{
	if (refers_to_one(t, graph)) {
		*to = t->type;
		return nth == 0;
	}
	if (btf_is_array(t)) {
		*to = nth ? btf_array(t)->index_type : btf_array(t)->type;
		return nth < (graph == BY_NAME ? 2 : 1);
	}
	if (btf_is_composite(t) && graph == BY_VALUE && nth < btf_vlen(t)) {
		*to = btf_members(t)[nth].type;
		return true;
	}
	if (btf_is_func_proto(t) && graph == BY_NAME && nth <= btf_vlen(t)) {
		*to = nth ? btf_params(t)[nth - 1].type : t->type;
		return true;
	}
	return false;
}

/* Bits from the start of the struct to the end of member @i. */
static uint64_t member_end_bits(const struct check *c, const struct btf_type *t, uint32_t i)
{
	const struct btf_member *member = &btf_members(t)[i];
	const struct btf_type *of = c->type[member->type];
	uint32_t width = btf_member_bitfield_size(t, i);

	if (width)
		return btf_member_bit_offset(t, i) + (uint64_t)width;
	/* Before kind_flag (kernel 5.0) the INT itself told a bit field's width. */
	if (btf_is_int(of))
		return btf_member_bit_offset(t, i) + (uint64_t)btf_int_bits(of);
	return btf_member_bit_offset(t, i) + c->size_bytes[member->type] * 8;
}

/*
 * An array beyond 4 GiB is fine behind a pointer, where a map definition uses
 * its length to say a number, and too large for any struct.
 */
static uint64_t array_bytes(uint64_t element_bytes, uint32_t n)
{
	const uint64_t too_large = (uint64_t)1 << 40;

	return n && element_bytes > UINT32_MAX / n ? too_large : element_bytes * n;
}

/* Called when everything that @id contains has its size. */
static int size_type(struct check *c, uint32_t id)
{
	const struct btf_type *t = c->type[id];

	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (uint32_t i = 0; i < btf_vlen(t); i++)
			if (member_end_bits(c, t, i) > (uint64_t)t->size * 8)
				return fault(c, id, "a member reaches beyond its struct");
		/* fallthrough */
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
	case BTF_KIND_DATASEC:
		c->size_bytes[id] = t->size;
		return 0;
	case BTF_KIND_PTR:
		c->size_bytes[id] = sizeof(uint64_t); /* of the BPF machine */
		return 0;
	case BTF_KIND_ARRAY:
		c->size_bytes[id] =
			array_bytes(c->size_bytes[btf_array(t)->type], btf_array(t)->nelems);
		return 0;
	default:
		if (refers_to_one(t, BY_VALUE))
			c->size_bytes[id] = c->size_bytes[t->type];
		return 0;
	}
}

/* Depth first from @root, without recursion: a file may have a million types. */
static int walk_from(struct check *c, enum graph graph, uint32_t root)
{
	size_t depth = 0;

	c->stack[depth++] = (struct walk_step){.id = root};
	c->seen[root] = ON_PATH;
	while (depth) {
		struct walk_step *top = &c->stack[depth - 1];
		uint32_t to;
		int err;

		if (edge(c->type[top->id], graph, top->next, &to)) {
			top->next++;
			if (to && c->seen[to] == ON_PATH)
				return fault(c, to,
					     graph == BY_VALUE ? "it contains itself"
							       : "it refers to itself without end");
			if (to && c->seen[to] == UNSEEN) {
				c->seen[to] = ON_PATH;
				c->stack[depth++] = (struct walk_step){.id = to};
			}
			continue;
		}
		err = graph == BY_VALUE ? size_type(c, top->id) : 0;
		if (err)
			return err;
		c->seen[top->id] = DONE;
		depth--;
	}
	return 0;
}

static int walk(struct check *c, enum graph graph)
{
	int err = 0;

	for (uint32_t id = 0; id < c->n; id++)
		c->seen[id] = UNSEEN;
	for (uint32_t id = 1; id < c->n && !err; id++)
		if (c->seen[id] == UNSEEN)
			err = walk_from(c, graph, id);
	return err;
}

static int check_graphs(struct check *c)
{
	int err;

	c->size_bytes = calloc(c->n, sizeof(*c->size_bytes));
	c->seen = calloc(c->n, sizeof(*c->seen));
	c->stack = calloc(c->n, sizeof(*c->stack));
	if (!c->size_bytes || !c->seen || !c->stack)
		return -ENOMEM;
	err = walk(c, BY_VALUE);
	return err ? err : walk(c, BY_NAME);
}

int weir_btf_check(const void *bytes, size_t len, struct weir_btf_fault *found)
{
	struct check c = {0};
	int err;

	err = check_header(&c, bytes, len);
	err = err ? err : index_types(&c);
	err = err ? err : check_types(&c);
	err = err ? err : check_graphs(&c);
	if (err == -EINVAL)
		*found = c.fault;
	free(c.type);
	free(c.size_bytes);
	free(c.seen);
	free(c.stack);
	return err;
}
