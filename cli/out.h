/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standard output: a JSON writer that streams, and text for people.
 * Nothing here allocates; write errors are kept by the FILE and reported once
 * by weir_out_finish().
 */
#ifndef WEIR_CLI_OUT_H
#define WEIR_CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- JSON ---------------------------------------------------------------- */

struct weir_json {
	FILE *file;
	bool pretty;
	unsigned int depth;
	uint64_t has_member; /* bit = depth: a comma is due before the next */
	uint64_t is_array;   /* bit = depth */
	bool tight_arrays;   /* members of arrays on one line, as iproute2 does: "[ {" */
};

#define WEIR_JSON_DEPTH_MAX 63 /* bits of has_member */

void weir_json_start(struct weir_json *json, FILE *file, bool pretty);
/* Ends the line after a whole value, so that a stream has one value a line. */
void weir_json_end(struct weir_json *json);

/* @key is NULL inside arrays and at the top. */
void weir_json_object(struct weir_json *json, const char *key);
void weir_json_object_end(struct weir_json *json);
void weir_json_array(struct weir_json *json, const char *key);
void weir_json_array_end(struct weir_json *json);

/* Bytes that are not UTF-8 become U+FFFD, since JSON has no other way; NULL
 * is written as null. */
void weir_json_string(struct weir_json *json, const char *key, const char *value);
/* The same with bytes that are not UTF-8 as \xNN: for names, of which no two may be one. */
void weir_json_name(struct weir_json *json, const char *key, const char *value);
void weir_json_u64(struct weir_json *json, const char *key, uint64_t value);
/* Infinities and NaN, which JSON lacks, become null. */
void weir_json_double(struct weir_json *json, const char *key, double value);
void weir_json_bool(struct weir_json *json, const char *key, bool value);

/* ---- text ---------------------------------------------------------------- */

/* @text with control characters as \xNN: other people's names reach terminals.
 * NULL prints "-". */
void weir_text_print(FILE *file, const char *text);
/* How wide that is on a terminal of UTF-8. */
uint32_t weir_text_columns(const char *text);
/* "950", "1.25k", "10.0G": three digits and a decimal prefix. */
const char *weir_text_si(double value, char *buf, size_t len);
/* "12s", "3m05s", "4h07m", "12d03h". */
const char *weir_text_age(uint64_t seconds, char *buf, size_t len);
/* @bytes as hexadecimal digits; @buf holds 2 * @n + 1. */
const char *weir_text_hex(const uint8_t *bytes, size_t n, char *buf);

/* What was printed is out. -errno of the first write that failed, which weir_out_finish() says. */
int weir_out_flush(void);
/* An error line about @err of standard output. A reader that has seen enough (head) is none: the
 * exit status tells. */
void weir_out_say(int err);
/* Flushes both streams. -EIO or the like after weir_out_say() when something could not be
 * written. */
int weir_out_finish(void);

#endif
