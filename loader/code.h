/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions of an object: finding them, whatever compiler wrote the
 * symbols, and putting each where libbpf wants it.
 */
#ifndef WEIR_LOADER_CODE_H
#define WEIR_LOADER_CODE_H

#include "loader/elf.h"

struct btf;

struct weir_func {
	uint32_t symbol;  /* index in weir_elf.symbols */
	uint32_t section; /* index in weir_elf.sections */
	uint64_t offset_bytes;
	uint64_t len_bytes; /* a multiple of 8, not 0 */
};

struct weir_funcs {
	struct weir_func *list; /* by section, then by offset */
	size_t n;
};

/* Gives symbols what old compilers left out: type and size of functions in
 * executable sections and of objects in "maps", "maps/..." sections, by the
 * distance to the next one; relocation types by the instruction. Of local
 * NOTYPE symbols in code most are jump labels; those count that stand where a
 * function must start. Names of functions that have none are not invented. */
int weir_symbols_repair(struct weir_elf *elf, const char *name);

/* Lists functions. -EINVAL: one that is not whole instructions, overlaps
 * another, or leaves its section. */
int weir_funcs_collect(const struct weir_elf *elf, const char *name, struct weir_funcs *out);
void weir_funcs_free(struct weir_funcs *funcs);
const struct weir_func *weir_funcs_at(const struct weir_funcs *funcs, uint32_t section,
				      uint64_t offset_bytes);

/* True when a BPF-to-BPF call or a function address of the object targets @func. */
bool weir_func_is_called(const struct weir_elf *elf, const struct weir_funcs *funcs,
			 const struct weir_func *func);

/* Where a datum stands: a map's record, a variable. */
struct weir_place {
	uint64_t section; /* index in weir_elf.sections, or no section at all: extern */
	uint64_t offset_bytes;
};

/* What a function uses, subprograms and callbacks followed. */
struct weir_uses {
	uint32_t *helpers; /* BPF_FUNC_*, sorted */
	size_t n_helpers;
	struct weir_place *data;
	size_t n_data;
	size_t n_subprogs; /* functions beside @func */
};

int weir_func_uses(const struct weir_elf *elf, const struct weir_funcs *funcs,
		   const struct weir_func *func, struct weir_uses *out);
void weir_uses_free(struct weir_uses *uses);

/*
 * Moves functions to where libbpf looks for them: subprograms and callbacks
 * (targets of BPF-to-BPF calls and of function addresses) into .text, and
 * @entry (index in @funcs, or -1) out of .text into a section of its own.
 * Relocations, calls without relocations, symbols, and .BTF.ext move along.
 * A global function that is called and also stands in a program section stays
 * and is copied as a local one. Programs that are static become global.
 * @btf may be NULL (then .BTF.ext is dropped). @funcs is rebuilt. *entry_symbol
 * receives the symbol of @entry.
 */
int weir_code_arrange(struct weir_elf *elf, struct weir_funcs *funcs, int entry, struct btf *btf,
		      const char *name, uint32_t *entry_symbol);

#endif
