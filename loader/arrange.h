/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the files that put functions where libbpf wants them: arrange.c
 * decides, arrange_emit.c writes the code, arrange_btf.c moves .BTF.ext.
 */
#ifndef WEIR_LOADER_ARRANGE_H
#define WEIR_LOADER_ARRANGE_H

#include "loader/code_ref.h"

#define WEIR_NO_PIECE SIZE_MAX

/* A function at a new place. */
struct weir_piece {
	size_t func; /* index in funcs */
	uint32_t section;
	uint64_t offset_bytes;
};

struct weir_arrange {
	struct weir_elf *elf; /* still as it was, until arrange.c commits */
	const struct weir_funcs *funcs;
	struct btf *btf;
	const char *name;
	int entry;
	bool *called;		   /* by function */
	size_t *home;		   /* by function: the piece that its symbol names */
	size_t *target;		   /* by function: the piece that calls go to, or WEIR_NO_PIECE */
	struct weir_piece *pieces; /* in order of section and offset */
	size_t n_pieces;
	uint32_t text;			/* index of .text, WEIR_ELF_UNDEF: none (yet) */
	uint32_t text_symbol;		/* its section symbol */
	bool *held;			/* by section: functions were in it */
	struct weir_elf_section *built; /* by section: new bytes and relocations */
};

/* Fills built[] from the pieces. */
int weir_arrange_emit(struct weir_arrange *ar);
/* Gives references of data to functions the function's own symbol. */
void weir_arrange_name_programs(struct weir_arrange *ar);
/* Where nothing moves: gives references to .text the form that libbpf takes. */
int weir_arrange_touch_up(struct weir_arrange *ar);
/* Moves the records of .BTF.ext along; the sections are still the old ones. */
int weir_arrange_btf(struct weir_arrange *ar);
/* The section symbol of .text, made when it is missing. */
int weir_arrange_text_symbol(struct weir_arrange *ar);

#endif
