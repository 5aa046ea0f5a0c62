// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ELF model -> bytes of an object file.
 *
 * In: a model. Out: the one form that all of today's readers take: ELF64 in
 * this machine's byte order, EM_BPF, relocations as SHT_REL in a section of
 * their own behind their target, one symbol table with local symbols first
 * (gABI), one string table for symbols and sections, as LLVM writes it.
 * libelf can only write to files; hence an encoder of our own.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elf.h"
#include "loader/log.h"

#define REL_PREFIX ".rel"

struct writer {
	const struct weir_elf *elf;
	uint32_t *section_to; /* index in the model -> in the file; 0: not written */
	uint32_t *symbol_to;
	uint32_t n_headers;
	uint32_t n_symbols, n_locals; /* both with the null symbol */
	uint32_t symtab, strtab;      /* their section numbers */

	uint8_t *bytes;
	size_t at;	   /* next byte of contents */
	size_t headers_at; /* section header table */
	char *names;	   /* in bytes, once laid out */
	size_t names_len;
};

static bool has_rels(const struct weir_elf_section *sec)
{
	return !sec->dropped && sec->n_rels;
}

static bool is_written(const struct weir_elf *elf, const struct weir_elf_symbol *sym)
{
	if (sym->dropped)
		return false;
	return sym->section >= elf->n_sections || !elf->sections[sym->section].dropped;
}

static size_t align_up(size_t value, size_t align)
{
	return (value + align - 1) / align * align;
}

/* Alignment 0 and 1 mean the same; what is no power of two is not believed. */
static size_t align_of(const struct weir_elf_section *sec)
{
	if (!sec->align || sec->align & (sec->align - 1) || sec->align > 4096)
		return 1;
	return sec->align;
}

static int number_sections(struct writer *wr)
{
	const struct weir_elf *elf = wr->elf;
	uint32_t n = 1; /* section 0 is none */

	for (size_t i = 0; i < elf->n_sections; i++) {
		if (elf->sections[i].dropped)
			continue;
		wr->section_to[i] = n++;
		n += has_rels(&elf->sections[i]);
	}
	wr->symtab = n++;
	wr->strtab = n++;
	wr->n_headers = n;
	if (n >= SHN_LORESERVE)
		return weir_fail(-E2BIG, "object: %u sections; ELF numbers at most %u", n,
				 SHN_LORESERVE - 1);
	return 0;
}

static void number_symbols(struct writer *wr)
{
	const struct weir_elf *elf = wr->elf;
	uint32_t n = 1;

	for (int local = 1; local >= 0; local--) {
		for (size_t i = 0; i < elf->n_symbols; i++)
			if (is_written(elf, &elf->symbols[i]) &&
			    (elf->symbols[i].bind == STB_LOCAL) == local)
				wr->symbol_to[i] = n++;
		if (local)
			wr->n_locals = n;
	}
	wr->n_symbols = n;
}

/* Room for everything, counted as generously as alignment may ask. */
static size_t measure(struct writer *wr)
{
	const struct weir_elf *elf = wr->elf;
	size_t total = sizeof(Elf64_Ehdr);
	size_t names = 1 + sizeof(".symtab") + sizeof(".strtab");

	for (size_t i = 0; i < elf->n_sections; i++) {
		const struct weir_elf_section *sec = &elf->sections[i];

		if (sec->dropped)
			continue;
		names += strlen(sec->name) + 1 + (has_rels(sec) ? strlen(REL_PREFIX) : 0);
		total += align_of(sec) + (sec->data ? sec->size_bytes : 0);
		total += sizeof(uint64_t) + sec->n_rels * sizeof(Elf64_Rel);
	}
	for (size_t i = 0; i < elf->n_symbols; i++)
		if (wr->symbol_to[i] && elf->symbols[i].name[0])
			names += strlen(elf->symbols[i].name) + 1;
	wr->names_len = names;
	return total + names + 3 * sizeof(uint64_t) + wr->n_symbols * sizeof(Elf64_Sym) +
	       wr->n_headers * sizeof(Elf64_Shdr);
}

/* Takes the next @len bytes of the file. */
static void *take(struct writer *wr, size_t len, size_t align)
{
	wr->at = align_up(wr->at, align);
	wr->at += len;
	return wr->bytes + wr->at - len;
}

static uint32_t add_name(struct writer *wr, const char *prefix, const char *name)
{
	size_t offset = wr->names_len;
	size_t prefix_len = strlen(prefix), name_len = strlen(name);

	memcpy(wr->names + offset, prefix, prefix_len);
	memcpy(wr->names + offset + prefix_len, name, name_len + 1);
	wr->names_len += prefix_len + name_len + 1;
	return (uint32_t)offset;
}

static void put_header(struct writer *wr, uint32_t number, const Elf64_Shdr *header)
{
	memcpy(wr->bytes + wr->headers_at + number * sizeof(*header), header, sizeof(*header));
}

static int put_rels(struct writer *wr, const struct weir_elf_section *sec, uint32_t number,
		    uint32_t name)
{
	Elf64_Rel *out = take(wr, sec->n_rels * sizeof(*out), sizeof(uint64_t));
	Elf64_Shdr header = {
		.sh_name = name,
		.sh_type = SHT_REL,
		.sh_flags = SHF_INFO_LINK,
		.sh_offset = (size_t)((uint8_t *)out - wr->bytes),
		.sh_size = sec->n_rels * sizeof(*out),
		.sh_link = wr->symtab,
		.sh_info = number,
		.sh_addralign = sizeof(uint64_t),
		.sh_entsize = sizeof(*out),
	};

	for (size_t i = 0; i < sec->n_rels; i++) {
		const struct weir_elf_rel *rel = &sec->rels[i];

		if (rel->symbol >= wr->elf->n_symbols || !wr->symbol_to[rel->symbol])
			return weir_fail(-EINVAL,
					 "section %s: relocation at byte %llu points at a symbol "
					 "that was removed",
					 sec->name, (unsigned long long)rel->offset);
		out[i].r_offset = rel->offset;
		out[i].r_info = ELF64_R_INFO((uint64_t)wr->symbol_to[rel->symbol], rel->type);
	}
	put_header(wr, number + 1, &header);
	return 0;
}

static int put_section(struct writer *wr, const struct weir_elf_section *sec, uint32_t number)
{
	const size_t len = sec->data ? sec->size_bytes : 0;
	const bool rels = has_rels(sec);
	uint32_t name = add_name(wr, rels ? REL_PREFIX : "", sec->name);
	uint8_t *out = take(wr, len, align_of(sec));
	Elf64_Shdr header = {
		/* ".relNAME" holds "NAME", too */
		.sh_name = name + (rels ? (uint32_t)strlen(REL_PREFIX) : 0),
		.sh_type = sec->type,
		.sh_flags = sec->flags,
		.sh_offset = (size_t)(out - wr->bytes),
		.sh_size = sec->type == SHT_NOBITS ? sec->size_bytes : len,
		.sh_addralign = align_of(sec),
	};

	if (len)
		memcpy(out, sec->data, len);
	put_header(wr, number, &header);
	return rels ? put_rels(wr, sec, number, name) : 0;
}

static uint16_t section_number(const struct writer *wr, uint32_t section)
{
	switch (section) {
	case WEIR_ELF_UNDEF:
		return SHN_UNDEF;
	case WEIR_ELF_ABS:
		return SHN_ABS;
	case WEIR_ELF_COMMON:
		return SHN_COMMON;
	}
	return (uint16_t)wr->section_to[section];
}

static void put_symbols(struct writer *wr)
{
	Elf64_Sym *out = take(wr, wr->n_symbols * sizeof(*out), sizeof(uint64_t));
	Elf64_Shdr header = {
		.sh_name = add_name(wr, "", ".symtab"),
		.sh_type = SHT_SYMTAB,
		.sh_offset = (size_t)((uint8_t *)out - wr->bytes),
		.sh_size = wr->n_symbols * sizeof(*out),
		.sh_link = wr->strtab,
		.sh_info = wr->n_locals,
		.sh_addralign = sizeof(uint64_t),
		.sh_entsize = sizeof(*out),
	};

	for (size_t i = 0; i < wr->elf->n_symbols; i++) {
		const struct weir_elf_symbol *sym = &wr->elf->symbols[i];

		if (!wr->symbol_to[i])
			continue;
		out[wr->symbol_to[i]] = (Elf64_Sym){
			.st_name = sym->name[0] ? add_name(wr, "", sym->name) : 0,
			.st_info = ELF64_ST_INFO(sym->bind, sym->type),
			.st_other = ELF64_ST_VISIBILITY(sym->visibility),
			.st_shndx = section_number(wr, sym->section),
			.st_value = sym->value,
			.st_size = sym->size_bytes,
		};
	}
	put_header(wr, wr->symtab, &header);
}

static void put_strings(struct writer *wr)
{
	uint32_t name = add_name(wr, "", ".strtab");
	Elf64_Shdr header = {
		.sh_name = name,
		.sh_type = SHT_STRTAB,
		.sh_offset = (size_t)((uint8_t *)wr->names - wr->bytes),
		.sh_size = wr->names_len,
		.sh_addralign = 1,
	};

	put_header(wr, wr->strtab, &header);
}

static void put_ident(struct writer *wr)
{
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	Elf64_Ehdr header = {
		.e_type = ET_REL,
		.e_machine = EM_BPF,
		.e_version = EV_CURRENT,
		.e_shoff = wr->headers_at,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = (uint16_t)wr->n_headers,
		.e_shstrndx = (uint16_t)wr->strtab,
	};

	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = little ? ELFDATA2LSB : ELFDATA2MSB;
	header.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(wr->bytes, &header, sizeof(header));
}

static int encode(struct writer *wr)
{
	int err = 0;

	/* tables whose size is known first, contents behind them */
	wr->at = sizeof(Elf64_Ehdr);
	wr->headers_at =
		(size_t)((uint8_t *)take(wr, wr->n_headers * sizeof(Elf64_Shdr), sizeof(uint64_t)) -
			 wr->bytes);
	wr->names = take(wr, wr->names_len, 1);
	wr->names_len = 1; /* offset 0 is the empty name */
	for (size_t i = 0; !err && i < wr->elf->n_sections; i++)
		if (wr->section_to[i])
			err = put_section(wr, &wr->elf->sections[i], wr->section_to[i]);
	if (err)
		return err;
	put_symbols(wr);
	put_strings(wr);
	put_ident(wr);
	return 0;
}

int weir_elf_write(const struct weir_elf *elf, void **bytes, size_t *len)
{
	struct writer wr = {.elf = elf};
	int err;

	wr.section_to = calloc(elf->n_sections + elf->n_symbols + 1, sizeof(*wr.section_to));
	if (!wr.section_to)
		return weir_fail(-ENOMEM, "object: out of memory while writing it");
	wr.symbol_to = wr.section_to + elf->n_sections;
	err = number_sections(&wr);
	if (err)
		goto out;
	number_symbols(&wr);
	wr.bytes = calloc(1, measure(&wr));
	err = wr.bytes ? encode(&wr) : weir_fail(-ENOMEM, "object: out of memory while writing it");
	if (err)
		goto out;
	*bytes = wr.bytes;
	*len = wr.at;
	wr.bytes = NULL;
out:
	free(wr.section_to);
	free(wr.bytes);
	return err;
}
