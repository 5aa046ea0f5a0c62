/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries as text: lines, JSON (print.c), tables (print_table.c); programs and maps
 * that a value refers to (print_ref.c).
 */
#ifndef WEIR_MAPS_PRINT_H
#define WEIR_MAPS_PRINT_H

#include "maps/select.h"

struct weir_print {
	const struct weir_table *table;
	const struct weir_dump_opts *opts;
	const char *prefix;		 /* before each line; NULL */
	const struct weir_place *fields; /* only these; NULL: all */
	size_t n_fields;
	struct weir_place *columns; /* of a table; `fields` are them */
	struct weir_buf out;
	uint8_t *sum; /* of the CPUs' values of one entry */
	uint64_t n;   /* entries printed */
};

/* -ENOMEM, -EINVAL, logged. weir_print_end() in any case. */
int weir_print_start(struct weir_print *print, const struct weir_table *table,
		     const struct weir_dump_opts *opts, int fd);
/* What stands around all entries: the brackets of JSON, the header of a table. */
int weir_print_open(struct weir_print *print, const struct weir_select *select);
void weir_print_close(struct weir_print *print);
void weir_print_end(struct weir_print *print);
/* Logged, unless writing failed: that is in out.err. */
int weir_print_entry(struct weir_print *print, const void *key, const void *value);
/* The one value that stands for all CPUs: their sum, or what is on all of them, as long as
 * no other is asked for. NULL: there is none. */
const uint8_t *weir_print_one_value(const struct weir_print *print, const uint8_t *value);

/* ---- between the files --------------------------------------------------- */

/* What stands behind a key: the value's text, or each CPU's, or what it refers to. */
int weir_print_value(struct weir_print *print, const uint8_t *key, const uint8_t *value);
/* "id 5 name drop", {"id":5,"name":"drop"}, and with `inner` the entries of a map. */
int weir_print_ref(struct weir_print *print, const uint8_t *key, const uint8_t *value);
int weir_print_header(struct weir_print *print);
int weir_print_row(struct weir_print *print, const uint8_t *key, const uint8_t *value);

#endif
