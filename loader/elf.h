/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ELF relocatable file as plain structs, and back.
 *
 * The reader checks every offset, size and index against the file, so that
 * whatever works on the model needs no bounds checks of that kind. The writer
 * always produces the form that current libbpf reads: ELF64, EM_BPF, SHT_REL,
 * one symbol table. Nothing here knows of maps or programs.
 */
#ifndef WEIR_LOADER_ELF_H
#define WEIR_LOADER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Section number of a symbol that has none in the model. */
#define WEIR_ELF_UNDEF	UINT32_MAX	 /* SHN_UNDEF: extern */
#define WEIR_ELF_ABS	(UINT32_MAX - 1) /* SHN_ABS */
#define WEIR_ELF_COMMON (UINT32_MAX - 2) /* SHN_COMMON */

struct weir_elf_rel {
	uint64_t offset; /* within the section */
	uint32_t symbol; /* index in weir_elf.symbols */
	uint32_t type;	 /* R_BPF_*; 0 in the files of some old compilers */
};

struct weir_elf_section {
	char *name;
	uint32_t type;	/* SHT_*; never SYMTAB, STRTAB, REL, RELA */
	uint64_t flags; /* SHF_* */
	uint64_t align;
	uint8_t *data; /* NULL for SHT_NOBITS and for size 0 */
	uint64_t size_bytes;
	struct weir_elf_rel *rels; /* sorted by offset */
	size_t n_rels;
	bool had_rela; /* relocations came as SHT_RELA; addends are in data now */
	bool dropped;  /* not written; symbols in it are not written either */
};

struct weir_elf_symbol {
	char *name;	    /* "" when it has none */
	uint8_t bind;	    /* STB_* */
	uint8_t type;	    /* STT_* */
	uint8_t visibility; /* STV_* */
	uint32_t section;   /* index in weir_elf.sections, or WEIR_ELF_* */
	uint64_t value;	    /* offset in the section */
	uint64_t size_bytes;
	bool dropped; /* not written */
};

struct weir_elf {
	struct weir_elf_section *sections;
	size_t n_sections;
	struct weir_elf_symbol *symbols;
	size_t n_symbols;
	uint16_t machine; /* EM_BPF or EM_NONE, as read */
};

/* Reads @len bytes at @bytes (copied as needed). @name is for messages.
 * -ENOEXEC: not ELF64 / ET_REL / EM_BPF|EM_NONE, wrong byte order, or damaged. */
int weir_elf_read(const void *bytes, size_t len, const char *name, struct weir_elf **out);
/* Encodes into a malloc()ed buffer that the caller frees. Local symbols come
 * first; relocations against dropped symbols are -EINVAL. */
int weir_elf_write(const struct weir_elf *elf, void **bytes, size_t *len);
void weir_elf_free(struct weir_elf *elf);

/* Index of the first section (not dropped) called @name; -ENOENT. */
int weir_elf_find(const struct weir_elf *elf, const char *name);
/* Append; strings are copied. Return the index, or -ENOMEM. Pointers into the
 * arrays are invalid after a call. */
int weir_elf_add_section(struct weir_elf *elf, const char *name, uint32_t type, uint64_t flags,
			 uint64_t align);
int weir_elf_add_symbol(struct weir_elf *elf, const char *name, uint8_t bind, uint8_t type,
			uint32_t section, uint64_t value, uint64_t size_bytes);
/* Sets the section's size; new bytes are zero. */
int weir_elf_resize(struct weir_elf_section *section, uint64_t size_bytes);
int weir_elf_add_rel(struct weir_elf_section *section, uint64_t offset, uint32_t symbol,
		     uint32_t type);

#endif
