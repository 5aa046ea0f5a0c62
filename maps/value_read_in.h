/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between value_read.c, value_word.c and value_number.c. */
#ifndef WEIR_MAPS_VALUE_READ_IN_H
#define WEIR_MAPS_VALUE_READ_IN_H

#include "maps/value.h"

/* Text on its way to bytes. */
struct weir_reading {
	const char *at, *end;
	const char *what; /* names the map, or file and line, in errors */
	const struct weir_value_env *env;
	char path[96]; /* "flow.saddr: " in errors, or "" */
};

/* ---- words --------------------------------------------------------------- */

bool weir_is_blank(char c);
void weir_skip_blanks(struct weir_reading *rd);
/* Behind blanks; false: another character stands there. */
bool weir_take_char(struct weir_reading *rd, char c);
/* Of a bare word. */
size_t weir_word_len(const char *at, const char *end);
/* "@what is expected before ...", -EINVAL. */
int weir_expected(const struct weir_reading *rd, const char *what);
/* A word, quoted or bare, into @to with a NUL. */
int weir_read_word(struct weir_reading *rd, char *to, size_t room);
/* -1: none. */
int weir_hex_digit(int c);
/* Does "0x" stand here, quoted or not? */
bool weir_begins_bytes(const struct weir_reading *rd);
int weir_read_bytes(struct weir_reading *rd, size_t size, uint8_t *to);
int weir_read_string(struct weir_reading *rd, size_t size, uint8_t *to);

/* ---- numbers ------------------------------------------------------------- */

/* Most numbers are this; false: look at it more closely. */
bool weir_read_decimal(const struct weir_field *f, const char *at, size_t len, void *bytes);
/* A word of @len bytes as the number or the name of one that @f has. */
int weir_read_number(const struct weir_reading *rd, const struct weir_field *f, const char *at,
		     size_t len, void *bytes);

#endif
