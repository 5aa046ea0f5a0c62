// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bytes of an object file -> the ELF model.
 *
 * In: any bytes at all. Out: a model whose offsets, sizes and indexes are
 * inside what they refer to, or one line that names what is wrong. Left out
 * are sections that no loader needs (DWARF, notes, address significance) with
 * their symbols. libelf walks the tables; the rules are those of the gABI.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elf_read.h"
#include "loader/log.h"

/* Longest name accepted: mangled names of Rust stay far below. Bounds the
 * memory that a hostile symbol table pointing into one long string can take. */
#define NAME_MAX_BYTES 4096

struct strings {
	const char *bytes;
	size_t len;
};

int weir_elf_reader_fail(const struct weir_elf_reader *rd, const char *what)
{
	return weir_fail(-ENOEXEC, "%s: damaged: %s: %s", rd->name, what, elf_errmsg(-1));
}

static int check_ident(const uint8_t *ident, const char *name)
{
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	if (ident[EI_CLASS] == ELFCLASS32)
		return weir_fail(-ENOEXEC,
				 "%s: a 32-bit ELF file; BPF objects have 64: compile with "
				 "clang -target bpf",
				 name);
	if (ident[EI_CLASS] != ELFCLASS64)
		return weir_fail(-ENOEXEC, "%s: damaged: ELF class %u", name, ident[EI_CLASS]);
	if (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB)
		return weir_fail(-ENOEXEC, "%s: damaged: ELF byte order %u", name, ident[EI_DATA]);
	if ((ident[EI_DATA] == ELFDATA2LSB) != little)
		return weir_fail(-ENOEXEC,
				 "%s: compiled for a %s-endian machine, this one is %s-endian; "
				 "compile with -target %s (or -target bpf on this machine)",
				 name, little ? "big" : "little", little ? "little" : "big",
				 little ? "bpfel" : "bpfeb");
	return 0;
}

static int check_header(const struct weir_elf_reader *rd)
{
	Elf64_Ehdr header;
	int err;

	if (rd->len < SELFMAG || memcmp(rd->bytes, ELFMAG, SELFMAG) != 0)
		return weir_fail(-ENOEXEC,
				 "%s: not an ELF file; give an object made by clang -target bpf -c",
				 rd->name);
	if (rd->len < sizeof(header))
		return weir_fail(-ENOEXEC, "%s: truncated: %zu bytes, the ELF header has %zu",
				 rd->name, rd->len, sizeof(header));
	err = check_ident(rd->bytes, rd->name);
	if (err)
		return err;
	memcpy(&header, rd->bytes, sizeof(header));
	if (header.e_machine != EM_BPF && header.e_machine != EM_NONE)
		return weir_fail(-ENOEXEC,
				 "%s: made for machine %u, not for BPF (%u); compile with "
				 "clang -target bpf",
				 rd->name, header.e_machine, EM_BPF);
	if (header.e_type != ET_REL)
		return weir_fail(-ENOEXEC,
				 "%s: ELF type %u, not a relocatable object (%u); compile with -c, "
				 "do not link",
				 rd->name, header.e_type, ET_REL);
	if (header.e_shoff > rd->len ||
	    header.e_shnum * sizeof(Elf64_Shdr) > rd->len - header.e_shoff)
		return weir_fail(-ENOEXEC,
				 "%s: truncated: section headers at byte %llu of a file of %zu",
				 rd->name, (unsigned long long)header.e_shoff, rd->len);
	rd->elf->machine = header.e_machine;
	return 0;
}

static int check_bounds(const struct weir_elf_reader *rd, size_t index, const GElf_Shdr *header)
{
	if (header->sh_type == SHT_NOBITS || header->sh_type == SHT_NULL)
		return 0;
	if (header->sh_offset > rd->len || header->sh_size > rd->len - header->sh_offset)
		return weir_fail(-ENOEXEC,
				 "%s: truncated: section %zu is %llu bytes at byte %llu of a file "
				 "of %zu",
				 rd->name, index, (unsigned long long)header->sh_size,
				 (unsigned long long)header->sh_offset, rd->len);
	return 0;
}

static int open_strings(const struct weir_elf_reader *rd, size_t index, struct strings *out)
{
	Elf_Scn *scn = elf_getscn(rd->libelf, index);
	GElf_Shdr header;
	int err;

	if (!scn || !gelf_getshdr(scn, &header) || header.sh_type != SHT_STRTAB)
		return weir_fail(-ENOEXEC, "%s: damaged: section %zu is no string table", rd->name,
				 index);
	err = check_bounds(rd, index, &header);
	if (err)
		return err;
	/* a last NUL makes every offset inside the table a string */
	if (header.sh_size == 0 || rd->bytes[header.sh_offset + header.sh_size - 1])
		return weir_fail(-ENOEXEC, "%s: damaged: string table %zu is not terminated",
				 rd->name, index);
	out->bytes = (const char *)rd->bytes + header.sh_offset;
	out->len = header.sh_size;
	return 0;
}

static int get_string(const struct weir_elf_reader *rd, const struct strings *table,
		      uint64_t offset, const char **out)
{
	if (offset >= table->len)
		return weir_fail(-ENOEXEC, "%s: damaged: name at byte %llu of a table of %zu",
				 rd->name, (unsigned long long)offset, table->len);
	if (strnlen(table->bytes + offset, NAME_MAX_BYTES) == NAME_MAX_BYTES)
		return weir_fail(-ENOEXEC, "%s: damaged: a name is longer than %d bytes", rd->name,
				 NAME_MAX_BYTES - 1);
	*out = table->bytes + offset;
	return 0;
}

/* Sections that say nothing to a loader. */
static bool is_ballast(const char *name)
{
	static const char *const prefixes[] = {".debug",    ".zdebug",	".note",
					       ".eh_frame", ".comment", ".llvm"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static int read_section(struct weir_elf_reader *rd, size_t index, const GElf_Shdr *header,
			const char *name)
{
	struct weir_elf_section *sec;
	int at;

	if (header->sh_type != SHT_PROGBITS && header->sh_type != SHT_NOBITS)
		return 0;
	if (is_ballast(name))
		return 0;
	if (header->sh_type == SHT_NOBITS && (header->sh_flags & SHF_EXECINSTR) && header->sh_size)
		return weir_fail(-ENOEXEC, "%s: damaged: executable section %s has no bytes",
				 rd->name, name);
	at = weir_elf_add_section(rd->elf, name, header->sh_type, header->sh_flags,
				  header->sh_addralign);
	if (at < 0)
		return at;
	rd->section_of[index] = (uint32_t)at;
	sec = &rd->elf->sections[at];
	if (header->sh_type == SHT_PROGBITS && header->sh_size) {
		sec->data = malloc(header->sh_size);
		if (!sec->data)
			return weir_fail(-ENOMEM, "%s: section %s: out of memory", rd->name, name);
		memcpy(sec->data, rd->bytes + header->sh_offset, header->sh_size);
	}
	sec->size_bytes = header->sh_size;
	return 0;
}

static int note_symtab(struct weir_elf_reader *rd, Elf_Scn *scn, const GElf_Shdr *header)
{
	if (header->sh_type == SHT_SYMTAB_SHNDX)
		return weir_fail(-ENOEXEC, "%s: more sections than a BPF object can have",
				 rd->name);
	if (header->sh_type != SHT_SYMTAB)
		return 0;
	if (rd->symtab)
		return weir_fail(-ENOEXEC, "%s: damaged: two symbol tables", rd->name);
	rd->symtab = scn;
	return 0;
}

static int read_sections(struct weir_elf_reader *rd)
{
	struct strings names = {NULL, 0};
	const char *name = "";
	GElf_Shdr header;
	uint64_t total = 0;
	Elf_Scn *scn = NULL;
	int err;

	err = open_strings(rd, rd->names_index, &names);
	while (!err && (scn = elf_nextscn(rd->libelf, scn))) {
		if (!gelf_getshdr(scn, &header))
			return weir_elf_reader_fail(rd, "section header");
		err = check_bounds(rd, elf_ndxscn(scn), &header);
		if (!err)
			err = get_string(rd, &names, header.sh_name, &name);
		if (!err)
			err = note_symtab(rd, scn, &header);
		/* no two sections share bytes, so that memory stays near the file's size */
		if (header.sh_type != SHT_NOBITS && header.sh_type != SHT_NULL)
			total += header.sh_size;
		if (!err && total > rd->len)
			err = weir_fail(-ENOEXEC, "%s: damaged: sections overlap", rd->name);
		if (!err)
			err = read_section(rd, elf_ndxscn(scn), &header, name);
	}
	return err;
}

/* Where @raw stands, in model terms; 1: in a section that was left out. */
static int locate_symbol(const struct weir_elf_reader *rd, const GElf_Sym *raw, const char *name,
			 uint32_t *out)
{
	const struct weir_elf_section *sec;

	switch (raw->st_shndx) {
	case SHN_UNDEF:
		*out = WEIR_ELF_UNDEF;
		return 0;
	case SHN_ABS:
		*out = WEIR_ELF_ABS;
		return 0;
	case SHN_COMMON:
		*out = WEIR_ELF_COMMON;
		return 0;
	}
	if (raw->st_shndx >= rd->n_headers) /* SHN_XINDEX and the other reserved ones, too */
		return weir_fail(-ENOEXEC, "%s: damaged: symbol '%s' is in section %u of %zu",
				 rd->name, name, raw->st_shndx, rd->n_headers);
	if (rd->section_of[raw->st_shndx] == WEIR_ELF_NO_INDEX)
		return 1;
	sec = &rd->elf->sections[rd->section_of[raw->st_shndx]];
	if (raw->st_value > sec->size_bytes || raw->st_size > sec->size_bytes - raw->st_value)
		return weir_fail(-ENOEXEC, "%s: damaged: symbol '%s' leaves section %s", rd->name,
				 name, sec->name);
	*out = rd->section_of[raw->st_shndx];
	return 0;
}

static int read_symbol(struct weir_elf_reader *rd, const struct strings *names, const GElf_Sym *raw,
		       uint32_t *index)
{
	struct weir_elf_symbol *sym = &rd->elf->symbols[rd->elf->n_symbols];
	const char *name = "";
	uint32_t section = WEIR_ELF_UNDEF;
	char *copy;
	int err;

	err = get_string(rd, names, raw->st_name, &name);
	if (!err)
		err = locate_symbol(rd, raw, name, &section);
	if (err)
		return err < 0 ? err : 0;
	copy = strdup(name);
	if (!copy)
		return weir_fail(-ENOMEM, "%s: symbol '%s': out of memory", rd->name, name);
	*sym = (struct weir_elf_symbol){
		.name = copy,
		.bind = GELF_ST_BIND(raw->st_info),
		.type = GELF_ST_TYPE(raw->st_info),
		.visibility = GELF_ST_VISIBILITY(raw->st_other),
		.section = section,
		.value = raw->st_value,
		.size_bytes = raw->st_size,
	};
	/* It stands for the section; what else it may say misleads who moves code. */
	if (sym->type == STT_SECTION)
		sym->value = sym->size_bytes = 0;
	*index = (uint32_t)rd->elf->n_symbols++;
	return 0;
}

static int read_symbols(struct weir_elf_reader *rd)
{
	struct strings names = {NULL, 0};
	Elf_Data *data;
	GElf_Shdr header;
	GElf_Sym raw;
	int err;

	if (!rd->symtab)
		return 0;
	data = elf_getdata(rd->symtab, NULL);
	if (!data || !gelf_getshdr(rd->symtab, &header))
		return weir_elf_reader_fail(rd, "symbol table");
	if (header.sh_entsize != sizeof(Elf64_Sym) || header.sh_size % sizeof(Elf64_Sym))
		return weir_fail(-ENOEXEC, "%s: damaged: size of the symbol table", rd->name);
	err = open_strings(rd, header.sh_link, &names);
	if (err)
		return err;
	rd->n_entries = header.sh_size / sizeof(Elf64_Sym);
	rd->symbol_of = calloc(rd->n_entries + 1, sizeof(*rd->symbol_of));
	rd->elf->symbols = calloc(rd->n_entries + 1, sizeof(*rd->elf->symbols));
	if (!rd->symbol_of || !rd->elf->symbols)
		return weir_fail(-ENOMEM, "%s: symbols: out of memory", rd->name);
	for (size_t i = 0; i < rd->n_entries; i++) {
		rd->symbol_of[i] = WEIR_ELF_NO_INDEX;
		if (i == 0) /* entry 0 stands for "no symbol" */
			continue;
		if (!gelf_getsym(data, (int)i, &raw))
			return weir_elf_reader_fail(rd, "symbol");
		err = read_symbol(rd, &names, &raw, &rd->symbol_of[i]);
		if (err)
			return err;
	}
	return 0;
}

static int read_all(struct weir_elf_reader *rd)
{
	int err;

	err = check_header(rd);
	if (err)
		return err;
	elf_version(EV_CURRENT);
	/* libelf writes only to files that it opened for writing */
	rd->libelf = elf_memory((char *)rd->bytes, rd->len);
	if (!rd->libelf || elf_getshdrnum(rd->libelf, &rd->n_headers) ||
	    elf_getshdrstrndx(rd->libelf, &rd->names_index))
		return weir_elf_reader_fail(rd, "section headers");
	rd->section_of = malloc((rd->n_headers + 1) * sizeof(*rd->section_of));
	if (!rd->section_of)
		return weir_fail(-ENOMEM, "%s: sections: out of memory", rd->name);
	for (size_t i = 0; i < rd->n_headers; i++)
		rd->section_of[i] = WEIR_ELF_NO_INDEX;
	err = read_sections(rd);
	if (!err)
		err = read_symbols(rd);
	return err ? err : weir_elf_reader_rels(rd);
}

int weir_elf_read(const void *bytes, size_t len, const char *name, struct weir_elf **out)
{
	struct weir_elf_reader rd = {.name = name, .bytes = bytes, .len = len};
	int err;

	rd.elf = calloc(1, sizeof(*rd.elf));
	err = rd.elf ? read_all(&rd) : weir_fail(-ENOMEM, "%s: out of memory", name);
	if (!err) {
		*out = rd.elf;
		rd.elf = NULL;
	}
	elf_end(rd.libelf);
	free(rd.section_of);
	free(rd.symbol_of);
	weir_elf_free(rd.elf);
	return err;
}
