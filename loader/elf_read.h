/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the two files that read an ELF object: elf_read.c, elf_read_rel.c. */
#ifndef WEIR_LOADER_ELF_READ_H
#define WEIR_LOADER_ELF_READ_H

#include <gelf.h>

#include "loader/elf.h"

/* What the model has no counterpart for. */
#define WEIR_ELF_NO_INDEX UINT32_MAX

struct weir_elf_reader {
	const char *name;
	const uint8_t *bytes;
	size_t len;
	Elf *libelf;
	size_t names_index; /* section header string table */
	Elf_Scn *symtab;
	uint32_t *section_of; /* index in the file -> in the model, or WEIR_ELF_NO_INDEX */
	size_t n_headers;
	uint32_t *symbol_of;
	size_t n_entries;
	struct weir_elf *elf;
};

/* Relocations of all sections, once sections and symbols are in the model. */
int weir_elf_reader_rels(struct weir_elf_reader *rd);
/* One line "FILE: damaged: WHAT: libelf's words"; -ENOEXEC. */
int weir_elf_reader_fail(const struct weir_elf_reader *rd, const char *what);

#endif
