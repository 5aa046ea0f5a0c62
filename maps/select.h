/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which entries, and which of their fields: "where packets > 5", "within 10.0.0.0/8",
 * "sort -hits", "fields saddr,hits". */
#ifndef WEIR_MAPS_SELECT_H
#define WEIR_MAPS_SELECT_H

#include "maps/table.h"

/* A field of the key or of the value. */
struct weir_place {
	bool of_key;
	struct weir_field field;
	char name[64]; /* as it is shown */
};

#define WEIR_COLUMNS_MAX 64 /* of a table */

enum weir_op {
	WEIR_OP_EQ,
	WEIR_OP_NE,
	WEIR_OP_LT,
	WEIR_OP_LE,
	WEIR_OP_GT,
	WEIR_OP_GE,
	WEIR_OP_HAS
};

struct weir_test {
	struct weir_place place;
	enum weir_op op;
	uint8_t *operand; /* bytes of the field's type; NULL: text */
	const char *text; /* of ~ */
};

struct weir_select {
	struct weir_test tests[WEIR_CONDITIONS_MAX];
	size_t n_tests;
	bool has_within;
	uint8_t within[20];		 /* an address of 4 or 16 bytes */
	uint32_t within_bits, within_at; /* length, and where the address stands in the key */
	bool has_sort, descending;
	struct weir_place sort;
	struct weir_place *fields;
	size_t n_fields;
};

/* "key", "value", "key.PATH", "value.PATH", a path of the value, else of the key. -EINVAL,
 * logged. */
bool weir_place_known(const struct weir_table *table, const char *path, struct weir_place *out);
int weir_place_find(const struct weir_table *table, const char *path, struct weir_place *out);
/* -EINVAL, logged: no such field, operator or prefix. weir_select_free() in any case. */
int weir_select_make(const struct weir_table *table, const struct weir_dump_opts *opts,
		     struct weir_select *out);
void weir_select_free(struct weir_select *select);
bool weir_select_takes(const struct weir_table *table, const struct weir_select *select,
		       const void *key, const void *value);
/* Order of one field of two entries. */
int weir_place_compare(const struct weir_place *place, const void *key_a, const void *value_a,
		       const void *key_b, const void *value_b);

#endif
