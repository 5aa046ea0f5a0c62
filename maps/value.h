/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys and values as text and JSON, and text back as bytes. What is written is
 * taken again, and gives the same bytes: where a type leaves something out
 * (padding that is not zero, the smaller member of a union, a number that has no
 * name) bytes or numbers are written instead.
 */
#ifndef WEIR_MAPS_VALUE_H
#define WEIR_MAPS_VALUE_H

#include "maps/buf.h"
#include "maps/type.h"

/* Interfaces have names in a network namespace. NULL members: the caller's own. */
struct weir_value_env {
	/* 0 and @name of IFNAMSIZ bytes; negative: none */
	int (*ifname)(uint32_t ifindex, char *name, void *ctx);
	/* 0 and the index; negative: none */
	int (*ifindex)(const char *name, uint32_t *out, void *ctx);
	void *ctx;
	bool mask; /* a prefix may have bits behind its length: they are cut off */
};

/* ---- numbers and bits ---------------------------------------------------- */

struct weir_u128 {
	uint64_t high, low;
};

/* The number of @f in @bytes, which begin where its offset counts from; sign-extended
 * when it is signed. */
struct weir_u128 weir_bits_load(const struct weir_field *f, const void *bytes);
void weir_bits_store(const struct weir_field *f, struct weir_u128 value, void *bytes);
/* A float of 4 or 8 bytes. */
double weir_float_load(const void *bytes, uint32_t size_bytes);
/* Is it a number, by whatever name it is shown? */
bool weir_form_is_number(enum weir_form form);

/* ---- out ----------------------------------------------------------------- */

/* "saddr=10.0.0.1,ports=[53,80]"; no blanks outside of quoted strings. */
void weir_value_write(const struct weir_type *type, const void *bytes,
		      const struct weir_value_env *env, struct weir_buf *out);
void weir_value_json(const struct weir_type *type, const void *bytes,
		     const struct weir_value_env *env, struct weir_buf *out);
void weir_field_write(const struct weir_field *f, const void *bytes,
		      const struct weir_value_env *env, struct weir_buf *out);
void weir_field_json(const struct weir_field *f, const void *bytes,
		     const struct weir_value_env *env, struct weir_buf *out);
/* A JSON string with its quotes. */
void weir_json_quote(struct weir_buf *out, const char *text, size_t len);

/* A type in the words of weir_type_from_text(); bitfields as "u32 x : 3". */
void weir_type_write(const struct weir_type *type, struct weir_buf *out);

/* ---- in ------------------------------------------------------------------ */

/* @text of @len bytes, all of it. @bytes hold what is not said: zeroes, or the present
 * value for a change of a part. Errors are logged as "@what: ...", -EINVAL, -ERANGE. */
int weir_value_read(const struct weir_type *type, const char *text, size_t len, const char *what,
		    const struct weir_value_env *env, void *bytes);
/* The same for one field of what begins at @bytes. */
int weir_field_read(const struct weir_field *f, const char *text, size_t len, const char *what,
		    const struct weir_value_env *env, void *bytes);
/* The end of the word that begins at @text: a blank outside of quotes, braces and
 * brackets, or the end of the text. */
const char *weir_value_word_end(const char *text, const char *end);

#endif
