/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BTF of an object: checked before libbpf sees it, since libbpf 1.1 trusts
 * what it reads; and the note that marks a program as loaded by weir.
 */
#ifndef WEIR_LOADER_BTF_H
#define WEIR_LOADER_BTF_H

#include "loader/elf.h"

struct btf;

/*
 * Checks .BTF (header length by hdr_len, string and type sections, every name
 * offset, type id and kind, no type containing itself by value, no endless
 * chain of modifiers, no struct with an array bigger than itself) and opens a modifiable copy.
 * *out = NULL and 0 when the object has none, and, after a notice, when it is
 * damaged and nothing needs it. -EINVAL: damaged, and needed by ".maps" or by
 * CO-RE records.
 */
int weir_btf_open(const struct weir_elf *elf, const char *name, struct btf **out);

/* Checks .BTF.ext against @btf: header, record sizes, section names, string
 * offsets, type ids, instruction offsets within their sections. On damage the
 * section is dropped from @elf with a notice (CO-RE records lost: -EINVAL). */
int weir_btf_ext_check(struct weir_elf *elf, const struct btf *btf, const char *name);

/* Makes the bytes of @btf the contents of section ".BTF" (added when absent). */
int weir_btf_store(struct weir_elf *elf, const struct btf *btf, const char *name);

/* The type in C words, "struct weir_counter", "__u32", "enum x"; malloc()ed. */
int weir_btf_type_name(const struct btf *btf, uint32_t type_id, char **out);

/*
 * The note: one string at the end of BTF's string section, referenced by no
 * type, that the kernel keeps with the program:
 *   "weir1\x1f<object file name>\x1f<section>"
 */
int weir_btf_note_add(struct btf *btf, const char *object, const char *section);
/* Looks for the note in @len bytes of raw BTF; false: none. Buffers get
 * NUL-terminated, cut copies. */
bool weir_btf_note_find(const void *raw, uint32_t len, char *object, size_t object_len,
			char *section, size_t section_len);

#endif
