/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the bytes of a key or a value mean (DESIGN D6): a tree made once for a map,
 * then walked for each entry. Made from BTF (type_btf.c), from types on the
 * command line (type_text.c), or, with nothing known, from the map's shape.
 */
#ifndef WEIR_MAPS_TYPE_H
#define WEIR_MAPS_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weir_form {
	WEIR_FORM_UINT,
	WEIR_FORM_INT,
	WEIR_FORM_BOOL,
	WEIR_FORM_FLOAT,     /* 4 or 8 bytes */
	WEIR_FORM_ENUM,	     /* a number with names */
	WEIR_FORM_IPV4,	     /* 4 bytes */
	WEIR_FORM_IPV6,	     /* 16 bytes */
	WEIR_FORM_MAC,	     /* 6 bytes */
	WEIR_FORM_PROTO,     /* number of an IP protocol, by name */
	WEIR_FORM_ETHERTYPE, /* 2 bytes, by name, else hexadecimal */
	WEIR_FORM_IFINDEX,   /* by the name of the interface */
	WEIR_FORM_PROG,	     /* id of a program; taken by the path of a pin, too */
	WEIR_FORM_STRING,    /* char[], zeroes behind it */
	WEIR_FORM_BYTES,     /* 0x and two digits a byte */
	WEIR_FORM_STRUCT,    /* a union is one whose largest member is shown */
	WEIR_FORM_ARRAY,
	WEIR_FORM_PREFIX, /* key of an LPM trie: length in bits, and an address */
};

struct weir_type;

struct weir_field {
	char *name;
	struct weir_type *type;
	uint32_t bit_offset;
	uint32_t bit_size; /* of a bitfield; 0: all of the type */
	bool hidden;	   /* another member of a union is shown; taken as input */
};

struct weir_enumerator {
	char *name;	  /* as declared */
	char *short_name; /* common prefix cut, lower case; inside of name or its own */
	uint64_t value;
};

struct weir_type {
	enum weir_form form;
	uint32_t size_bytes;
	bool big_endian;	   /* numbers: network byte order */
	bool is_signed;		   /* ENUM */
	struct weir_field *fields; /* STRUCT; PREFIX: its length and its address */
	size_t n_fields;
	struct weir_type *element; /* ARRAY */
	uint32_t n_elements;
	struct weir_enumerator *enumerators; /* ENUM, in declared order */
	size_t n_enumerators;
	uint8_t *gaps; /* bits that no shown field has; NULL: there are none */
};

#define WEIR_TYPE_DEPTH_MAX 32
#define WEIR_TYPE_NODES_MAX 65536u

void weir_type_free(struct weir_type *type);

/* All return NULL without memory. */
struct weir_type *weir_type_new(enum weir_form form, uint32_t size_bytes);
struct weir_type *weir_type_array(struct weir_type *element, uint32_t n);
/* The key of an LPM trie of @size_bytes, 4 of them the length. */
struct weir_type *weir_type_prefix(uint32_t size_bytes);
/* Adds a copy of @name with @type, which it owns from now on, also on failure. */
struct weir_field *weir_type_add(struct weir_type *type, const char *name, struct weir_type *of,
				 uint32_t bit_offset, uint32_t bit_size);
int weir_type_add_enumerator(struct weir_type *type, const char *name, uint64_t value);

/* Once all of it is there: gaps, short names of enumerators, prefixes. -ENOMEM. */
int weir_type_finish(struct weir_type *type, bool is_lpm_key);

/* Is anything of it a number that can be added up? Then all of it is, or is equal
 * on all CPUs as a rule. */
bool weir_type_sums(const struct weir_type *type);
/* A field by its path, "flow.saddr" or "counts[3]", with the bit offset of the
 * whole. false: none. */
bool weir_type_find(const struct weir_type *type, const char *path, struct weir_field *out);

/* ---- where types come from ----------------------------------------------- */

struct btf;

/* The type @type_id of a map's key or value. NULL in *out: BTF does not tell. @key_of_array:
 * an integer whose typedef has the name of an enum has its names. -ENOMEM, -E2BIG. */
int weir_type_from_btf(const struct btf *btf, uint32_t type_id, bool is_lpm_key,
		       struct weir_type **out);
/* "ipv4", "u32", "{u32 prio; u64 hits}", "struct { be16 port; ipv4 addr[2]; }". -EINVAL,
 * logged as "@what: ...". */
int weir_type_from_text(const char *text, const char *what, struct weir_type **out);
/* The id of @type in @btf, which gets what it needs. -ENOMEM, -E2BIG. */
int weir_type_to_btf(struct btf *btf, const struct weir_type *type);
/* A type by its word, "ipv4" or "be16"; NULL: no such word, or no memory. */
struct weir_type *weir_type_by_word(const char *word, size_t len);
/* What a number or an array of @size_bytes is by the field's name and the name of its
 * type; @of is then changed. */
void weir_type_mean(struct weir_type *of, const char *field, const char *type_name);

/* ---- names of numbers ---------------------------------------------------- */

/* NULL: none. */
const char *weir_ethertype_name(uint32_t ethertype);
/* -ENOENT. Any case. Those of protocols: maps/weir_map.h. */
int weir_ethertype_number(const char *name, size_t len, uint32_t *out);

#endif
