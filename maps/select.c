// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Selection of entries. In: a map's types, conditions as words. Out: yes or no for
 * an entry's bytes. Operands are read by the type of the field they are compared
 * with, so that "saddr = 10.0.0.1" and "proto != tcp" mean what they say.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "maps/select.h"

/* ---- places -------------------------------------------------------------- */

static int no_field(const struct weir_table *table, const char *path)
{
	const struct weir_type *types[] = {table->key, table->value};
	char names[200] = "key, value";
	size_t used = strlen(names);

	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < types[t]->n_fields && used < sizeof(names) - 1; i++)
			used += (size_t)snprintf(names + used, sizeof(names) - used, ", %s",
						 types[t]->fields[i].name);
	return weir_fail(-EINVAL, "%s: no field %s; there are %s", table->label, path, names);
}

bool weir_place_known(const struct weir_table *table, const char *path, struct weir_place *out)
{
	const struct weir_field key = {.type = table->key}, value = {.type = table->value};

	*out = (struct weir_place){0};
	snprintf(out->name, sizeof(out->name), "%s", path);
	out->of_key = !strcmp(path, "key") || !strncmp(path, "key.", 4);
	if (!strcmp(path, "key") || !strcmp(path, "value")) {
		out->field = out->of_key ? key : value;
		return true;
	}
	if (out->of_key)
		return weir_type_find(table->key, path + 4, &out->field);
	if (!strncmp(path, "value.", 6))
		return weir_type_find(table->value, path + 6, &out->field);
	if (weir_type_find(table->value, path, &out->field))
		return true;
	out->of_key = true;
	return weir_type_find(table->key, path, &out->field);
}

int weir_place_find(const struct weir_table *table, const char *path, struct weir_place *out)
{
	return weir_place_known(table, path, out) ? 0 : no_field(table, path);
}

static const uint8_t *bytes_of(const struct weir_place *place, const void *key, const void *value)
{
	return place->of_key ? key : value;
}

static int compare_numbers(const struct weir_type *type, struct weir_u128 a, struct weir_u128 b)
{
	bool is_signed =
		type->form == WEIR_FORM_INT || (type->form == WEIR_FORM_ENUM && type->is_signed);

	if (is_signed)
		return (int64_t)a.low < (int64_t)b.low ? -1 : (int64_t)a.low > (int64_t)b.low;
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	return a.low < b.low ? -1 : a.low > b.low;
}

/* @b's bytes begin where @at counts from. */
static int compare(const struct weir_field *f, const uint8_t *a, const struct weir_field *f_b,
		   const uint8_t *b)
{
	const uint8_t *at_a = a + f->bit_offset / 8, *at_b = b + f_b->bit_offset / 8;
	double x, y;

	if (weir_form_is_number(f->type->form))
		return compare_numbers(f->type, weir_bits_load(f, a), weir_bits_load(f_b, b));
	if (f->type->form == WEIR_FORM_FLOAT) {
		x = weir_float_load(at_a, f->type->size_bytes);
		y = weir_float_load(at_b, f->type->size_bytes);
		return x < y ? -1 : x > y;
	}
	/* a prefix: by address, then by length */
	if (f->type->form == WEIR_FORM_PREFIX) {
		int order = memcmp(at_a + 4, at_b + 4, f->type->size_bytes - 4);

		return order ? order : memcmp(at_a, at_b, 4);
	}
	return memcmp(at_a, at_b, f->type->size_bytes);
}

int weir_place_compare(const struct weir_place *place, const void *key_a, const void *value_a,
		       const void *key_b, const void *value_b)
{
	return compare(&place->field, bytes_of(place, key_a, value_a), &place->field,
		       bytes_of(place, key_b, value_b));
}

/* ---- where --------------------------------------------------------------- */

static int find_op(const char *word, enum weir_op *out)
{
	static const struct {
		const char *word;
		enum weir_op op;
	} ops[] = {
		{"==", WEIR_OP_EQ}, {"=", WEIR_OP_EQ},	{"!=", WEIR_OP_NE}, {"<", WEIR_OP_LT},
		{"<=", WEIR_OP_LE}, {">", WEIR_OP_GT},	{">=", WEIR_OP_GE}, {"~", WEIR_OP_HAS},
		{"eq", WEIR_OP_EQ}, {"ne", WEIR_OP_NE}, {"lt", WEIR_OP_LT}, {"le", WEIR_OP_LE},
		{"gt", WEIR_OP_GT}, {"ge", WEIR_OP_GE},
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(ops[i].word, word)) {
			*out = ops[i].op;
			return 0;
		}
	return -ENOENT;
}

static int make_test(const struct weir_table *table, const struct weir_condition *from,
		     struct weir_test *out)
{
	const struct weir_field *f = &out->place.field;
	int err = weir_place_find(table, from->field, &out->place);

	if (err)
		return err;
	if (find_op(from->op, &out->op))
		return weir_fail(-EINVAL, "%s: '%s': not one of = != < <= > >= ~", table->label,
				 from->op);
	if (out->op == WEIR_OP_HAS) {
		out->text = from->operand;
		return 0;
	}
	out->operand = calloc(1, f->type->size_bytes + 16);
	if (!out->operand)
		return weir_fail(-ENOMEM, "%s: out of memory", table->label);
	return weir_value_read(f->type, from->operand, strlen(from->operand), table->label,
			       &table->env, out->operand);
}

static bool has_text(const struct weir_table *table, const struct weir_test *test, const void *key,
		     const void *value)
{
	struct weir_buf text;
	const char *written;
	bool has;

	weir_buf_init(&text, -1);
	weir_field_write(&test->place.field, bytes_of(&test->place, key, value), &table->env,
			 &text);
	written = weir_buf_string(&text);
	has = written && strstr(written, test->text);
	weir_buf_free(&text);
	return has;
}

static bool holds(const struct weir_table *table, const struct weir_test *test, const void *key,
		  const void *value)
{
	const struct weir_field operand = {.type = test->place.field.type};
	int order;

	if (test->op == WEIR_OP_HAS)
		return has_text(table, test, key, value);
	order = compare(&test->place.field, bytes_of(&test->place, key, value), &operand,
			test->operand);
	switch (test->op) {
	case WEIR_OP_EQ:
		return order == 0;
	case WEIR_OP_NE:
		return order != 0;
	case WEIR_OP_LT:
		return order < 0;
	case WEIR_OP_LE:
		return order <= 0;
	case WEIR_OP_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

/* ---- within -------------------------------------------------------------- */

/* Where in the key an address of @size bytes stands; -1: nowhere. */
static int64_t address_at(const struct weir_type *type, uint32_t size)
{
	enum weir_form form = size == 4 ? WEIR_FORM_IPV4 : WEIR_FORM_IPV6;

	if (type->form == form)
		return 0;
	for (size_t i = 0; i < type->n_fields; i++)
		if (type->fields[i].type->form == form)
			return type->fields[i].bit_offset / 8;
	return -1;
}

static int make_within(const struct weir_table *table, const char *text, struct weir_select *out)
{
	char address[64];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint32_t size = strchr(text, ':') ? 16 : 4;
	unsigned long bits = size * 8;
	int64_t at = address_at(table->key, size);
	char *end = NULL;

	snprintf(address, sizeof(address), "%.*s", (int)(len < 63 ? len : 63), text);
	if (slash)
		bits = strtoul(slash + 1, &end, 10);
	if (inet_pton(size == 4 ? AF_INET : AF_INET6, address, out->within) != 1 ||
	    bits > size * 8 || (slash && (end == slash + 1 || *end)))
		return weir_fail(-EINVAL, "%s: within %s: not a prefix", table->label, text);
	if (at < 0)
		return weir_fail(-EINVAL, "%s: within %s: its keys have no %s address",
				 table->label, text, size == 4 ? "IPv4" : "IPv6");
	out->has_within = true;
	out->within_at = (uint32_t)at;
	out->within_bits = (uint32_t)bits;
	return 0;
}

static bool lies_within(const struct weir_table *table, const struct weir_select *select,
			const uint8_t *key)
{
	const uint8_t *address = key + select->within_at;
	uint32_t whole = select->within_bits / 8, rest = select->within_bits % 8, len;

	if (table->key->form == WEIR_FORM_PREFIX) {
		memcpy(&len, key, sizeof(len));
		if (len < select->within_bits)
			return false;
	}
	if (memcmp(address, select->within, whole) != 0)
		return false;
	return !rest || (address[whole] ^ select->within[whole]) >> (8 - rest) == 0;
}

/* ---- made ---------------------------------------------------------------- */

static int make_fields(const struct weir_table *table, const char *list, struct weir_select *out)
{
	size_t n = 1;
	int err = 0;

	for (const char *at = list; *at; at++)
		n += *at == ',';
	out->fields = calloc(n, sizeof(*out->fields));
	if (!out->fields)
		return weir_fail(-ENOMEM, "%s: out of memory", table->label);
	while (*list && !err) {
		size_t len = strcspn(list, ",");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(len < 63 ? len : 63), list);
		err = weir_place_find(table, name, &out->fields[out->n_fields++]);
		list += len + (list[len] == ',');
	}
	return err;
}

int weir_select_make(const struct weir_table *table, const struct weir_dump_opts *opts,
		     struct weir_select *out)
{
	const char *sort = opts->sort;
	int err = 0;

	*out = (struct weir_select){0};
	if (opts->n_where > WEIR_CONDITIONS_MAX)
		return weir_fail(-E2BIG, "%s: more than %d conditions", table->label,
				 WEIR_CONDITIONS_MAX);
	for (size_t i = 0; i < opts->n_where && !err; i++)
		err = make_test(table, &opts->where[i], &out->tests[out->n_tests++]);
	if (!err && opts->within)
		err = make_within(table, opts->within, out);
	if (!err && sort) {
		out->has_sort = true;
		out->descending = *sort == '-';
		err = weir_place_find(table, sort + out->descending, &out->sort);
	}
	if (!err && opts->fields)
		err = make_fields(table, opts->fields, out);
	return err;
}

void weir_select_free(struct weir_select *select)
{
	for (size_t i = 0; i < select->n_tests; i++)
		free(select->tests[i].operand);
	free(select->fields);
}

bool weir_select_takes(const struct weir_table *table, const struct weir_select *select,
		       const void *key, const void *value)
{
	if (select->has_within && !lies_within(table, select, key))
		return false;
	for (size_t i = 0; i < select->n_tests; i++)
		if (!holds(table, &select->tests[i], key, value))
			return false;
	return true;
}
