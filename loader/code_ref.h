/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* References of instructions to code: calls and function addresses. */
#ifndef WEIR_LOADER_CODE_REF_H
#define WEIR_LOADER_CODE_REF_H

#include "loader/code.h"

struct weir_code_ref {
	bool address;		  /* ld_imm64 of a function rather than a call of it */
	struct weir_elf_rel *rel; /* the relocation it has; NULL: none */
	uint32_t section;	  /* where it points */
	uint64_t offset_bytes;
};

/* Bytes that the instruction at @offset of @section takes: 8, or 16 for
 * ld_imm64. @offset is a multiple of 8 inside the section. */
uint64_t weir_insn_len(const struct weir_elf_section *section, uint64_t offset);

/* The first relocation of @section at or behind @offset; NULL: none. */
struct weir_elf_rel *weir_rel_from(const struct weir_elf_section *section, uint64_t offset);

/* 1: the instruction at @offset refers to code, described in @out; 0: it does
 * not. -EINVAL (logged): it calls what is no code, or points outside. */
int weir_code_ref_at(const struct weir_elf *elf, uint32_t section, uint64_t offset,
		     struct weir_code_ref *out);

/* Index in @funcs of the function that starts at @section, @offset_bytes or,
 * with @inside, holds it; -ENOENT (not logged). */
int weir_funcs_index(const struct weir_funcs *funcs, uint32_t section, uint64_t offset_bytes,
		     bool inside);

#endif
