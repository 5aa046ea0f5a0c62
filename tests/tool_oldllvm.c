// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes an object of today's clang look as an old LLVM would have written it.
 *
 *   --notype       functions and map records: no type, no size (before LLVM 8)
 *   --labels       a local LBBm_n symbol at every third instruction
 *   --static-syms  functions and map records become local
 *   --rela         relocations as SHT_RELA, with the addends out of the code
 *   --reltype0     relocations without a type
 *   --em-none      machine number 0 (before LLVM 3.9)
 *
 * Reads by the library's model but writes by itself, so that it is a witness
 * of the library's writer and not a mirror of it.
 */
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elf.h"
#include "loader/log.h"

/* LLVM's Relocs/BPF.def; glibc's elf.h does not have it */
#define R_BPF_64_ABS64 2

struct shape {
	bool notype, labels, static_syms, rela, reltype0, em_none;
};

struct blob {
	uint8_t *bytes;
	size_t len;
};

static void die(const char *what)
{
	fprintf(stderr, "tool_oldllvm: %s\n", what);
	exit(1);
}

/* Appends at a multiple of 8; returns where. */
static size_t put(struct blob *blob, const void *bytes, size_t len)
{
	size_t at = (blob->len + 7) & ~(size_t)7;

	blob->bytes = realloc(blob->bytes, at + len + 1);
	if (!blob->bytes)
		die("out of memory");
	memset(blob->bytes + blob->len, 0, at - blob->len);
	if (len)
		memcpy(blob->bytes + at, bytes, len);
	blob->len = at + len;
	return at;
}

static uint32_t put_name(struct blob *names, const char *name)
{
	uint32_t at = (uint32_t)names->len;

	names->bytes = realloc(names->bytes, names->len + strlen(name) + 1);
	if (!names->bytes)
		die("out of memory");
	memcpy(names->bytes + at, name, strlen(name) + 1);
	names->len += strlen(name) + 1;
	return at;
}

/* ---- old shapes, in the model -------------------------------------------- */

static bool is_maps(const char *section)
{
	return !strcmp(section, "maps") || !strncmp(section, "maps/", 5);
}

static bool is_thing(const struct weir_elf *elf, const struct weir_elf_symbol *sym)
{
	if (sym->section >= elf->n_sections)
		return false;
	return sym->type == STT_FUNC ||
	       (sym->type == STT_OBJECT && is_maps(elf->sections[sym->section].name));
}

static void age_symbols(struct weir_elf *elf, const struct shape *shape)
{
	for (size_t i = 0; i < elf->n_symbols; i++) {
		struct weir_elf_symbol *sym = &elf->symbols[i];

		if (!is_thing(elf, sym))
			continue;
		if (shape->static_syms)
			sym->bind = STB_LOCAL;
		if (shape->notype) {
			sym->type = STT_NOTYPE;
			sym->size_bytes = 0;
		}
	}
}

static void add_labels(struct weir_elf *elf)
{
	char name[32];

	for (uint32_t i = 0; i < elf->n_sections; i++) {
		if (!(elf->sections[i].flags & SHF_EXECINSTR))
			continue;
		for (uint64_t at = 8; at < elf->sections[i].size_bytes; at += 24) {
			snprintf(name, sizeof(name), "LBB%u_%u", i, (unsigned int)(at / 8));
			if (weir_elf_add_symbol(elf, name, STB_LOCAL, STT_NOTYPE, i, at, 0) < 0)
				die("out of memory");
		}
	}
}

/* Takes the addend out of the bytes at @at. */
static int64_t lift_addend(uint8_t *at, bool code, uint32_t type)
{
	struct bpf_insn insn;
	int64_t wide = 0;

	if (!code) {
		size_t len = type == R_BPF_64_ABS64 ? sizeof(int64_t) : sizeof(int32_t);

		memcpy(&wide, at, len);
		memset(at, 0, len);
		return wide;
	}
	memcpy(&insn, at, sizeof(insn));
	wide = insn.imm;
	if (insn.code == (BPF_JMP | BPF_CALL)) {
		wide = (wide + 1) * (int64_t)sizeof(insn);
		insn.imm = -1;
	} else {
		insn.imm = 0;
	}
	memcpy(at, &insn, sizeof(insn));
	return wide;
}

/* ---- writing ------------------------------------------------------------- */

struct out {
	struct blob file, names;
	Elf64_Shdr *headers;
	uint32_t n_headers;
	uint32_t *symbol_to;
};

static uint32_t add_header(struct out *out, const char *name, Elf64_Shdr header)
{
	out->headers = realloc(out->headers, (out->n_headers + 1) * sizeof(header));
	if (!out->headers)
		die("out of memory");
	header.sh_name = name[0] ? put_name(&out->names, name) : 0;
	out->headers[out->n_headers] = header;
	return out->n_headers++;
}

/* The symbol table is section 1; model section n is section n + 2. */
static void write_symbols(struct out *out, const struct weir_elf *elf)
{
	Elf64_Sym *table = calloc(elf->n_symbols + 1, sizeof(*table));
	uint32_t n = 1, locals = 1;
	Elf64_Shdr header = {
		.sh_type = SHT_SYMTAB,
		.sh_link = (uint32_t)elf->n_sections + 2,
		.sh_addralign = 8,
		.sh_entsize = sizeof(*table),
	};

	out->symbol_to = calloc(elf->n_symbols + 1, sizeof(*out->symbol_to));
	if (!table || !out->symbol_to)
		die("out of memory");
	for (int local = 1; local >= 0; local--) {
		for (size_t i = 0; i < elf->n_symbols; i++) {
			const struct weir_elf_symbol *sym = &elf->symbols[i];
			uint16_t section = (uint16_t)(sym->section + 2);

			if ((sym->bind == STB_LOCAL) != local)
				continue;
			if (sym->section == WEIR_ELF_UNDEF)
				section = SHN_UNDEF;
			else if (sym->section >= elf->n_sections)
				section = sym->section == WEIR_ELF_ABS ? SHN_ABS : SHN_COMMON;
			out->symbol_to[i] = n;
			table[n].st_name = sym->name[0] ? put_name(&out->names, sym->name) : 0;
			table[n].st_info = ELF64_ST_INFO(sym->bind, sym->type);
			table[n].st_other = sym->visibility;
			table[n].st_shndx = section;
			table[n].st_value = sym->value;
			table[n++].st_size = sym->size_bytes;
		}
		if (local)
			locals = n;
	}
	header.sh_info = locals;
	header.sh_size = n * sizeof(*table);
	header.sh_offset = put(&out->file, table, header.sh_size);
	add_header(out, ".symtab", header);
	free(table);
}

static void write_sections(struct out *out, const struct weir_elf *elf)
{
	for (size_t i = 0; i < elf->n_sections; i++) {
		const struct weir_elf_section *sec = &elf->sections[i];
		Elf64_Shdr header = {
			.sh_type = sec->type,
			.sh_flags = sec->flags,
			.sh_size = sec->size_bytes,
			.sh_addralign = sec->align,
		};

		header.sh_offset =
			put(&out->file, sec->data, sec->data ? (size_t)sec->size_bytes : 0);
		add_header(out, sec->name, header);
	}
}

/* Encodes the table of section @nth, which takes addends out of its bytes. */
static size_t put_rels(struct out *out, const struct weir_elf *elf, size_t nth,
		       const struct shape *shape)
{
	const struct weir_elf_section *sec = &elf->sections[nth];
	const size_t entry = shape->rela ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
	const bool code = sec->flags & SHF_EXECINSTR;
	uint8_t *table = calloc(sec->n_rels + 1, entry);
	size_t at;

	if (!table)
		die("out of memory");
	for (size_t i = 0; i < sec->n_rels; i++) {
		const struct weir_elf_rel *rel = &sec->rels[i];
		const uint32_t type = shape->reltype0 && code ? 0 : rel->type;
		Elf64_Rela raw = {
			.r_offset = rel->offset,
			.r_info = ELF64_R_INFO((uint64_t)out->symbol_to[rel->symbol], type),
		};

		if (shape->rela)
			raw.r_addend = lift_addend(sec->data + rel->offset, code, rel->type);
		memcpy(table + i * entry, &raw, entry);
	}
	at = put(&out->file, table, sec->n_rels * entry);
	free(table);
	return at;
}

static void name_rels(struct out *out, const struct weir_elf *elf, size_t nth, size_t at,
		      const struct shape *shape)
{
	const size_t entry = shape->rela ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
	Elf64_Shdr header = {
		.sh_type = shape->rela ? SHT_RELA : SHT_REL,
		.sh_link = 1,
		.sh_info = (uint32_t)nth + 2,
		.sh_addralign = 8,
		.sh_entsize = entry,
		.sh_offset = at,
		.sh_size = elf->sections[nth].n_rels * entry,
	};
	char name[256];

	snprintf(name, sizeof(name), "%s%s", shape->rela ? ".rela" : ".rel",
		 elf->sections[nth].name);
	add_header(out, name, header);
}

static void write_header(struct out *out, uint16_t strings, const struct shape *shape)
{
	Elf64_Ehdr ident = {
		.e_type = ET_REL,
		.e_machine = shape->em_none ? EM_NONE : EM_BPF,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(ident),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = (uint16_t)out->n_headers,
		.e_shstrndx = strings,
	};

	ident.e_shoff = put(&out->file, out->headers, out->n_headers * sizeof(Elf64_Shdr));
	memcpy(ident.e_ident, ELFMAG, SELFMAG);
	ident.e_ident[EI_CLASS] = ELFCLASS64;
	ident.e_ident[EI_DATA] =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	ident.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(out->file.bytes, &ident, sizeof(ident));
}

/* Sections: null, .symtab, the model's, .strtab, relocations. */
static void write_object(struct out *out, const struct weir_elf *elf, const struct shape *shape)
{
	size_t *rels_at = calloc(elf->n_sections + 1, sizeof(*rels_at));
	const Elf64_Ehdr blank = {0};
	uint32_t strings;

	if (!rels_at)
		die("out of memory");
	put(&out->file, &blank, sizeof(blank));
	put_name(&out->names, "");
	add_header(out, "", (Elf64_Shdr){0});
	write_symbols(out, elf);
	for (size_t i = 0; i < elf->n_sections; i++)
		rels_at[i] = put_rels(out, elf, i, shape);
	write_sections(out, elf);
	strings =
		add_header(out, ".strtab", (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_addralign = 1});
	for (size_t i = 0; i < elf->n_sections; i++)
		if (elf->sections[i].n_rels)
			name_rels(out, elf, i, rels_at[i], shape);
	out->headers[strings].sh_size = out->names.len;
	out->headers[strings].sh_offset = put(&out->file, out->names.bytes, out->names.len);
	write_header(out, (uint16_t)strings, shape);
	free(rels_at);
}

/* ---- files --------------------------------------------------------------- */

static struct blob read_file(const char *path)
{
	struct blob blob = {NULL, 0};
	FILE *file = fopen(path, "rb");
	uint8_t chunk[4096];
	size_t n;

	if (!file)
		die(path);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		blob.bytes = realloc(blob.bytes, blob.len + n);
		if (!blob.bytes)
			die("out of memory");
		memcpy(blob.bytes + blob.len, chunk, n);
		blob.len += n;
	}
	fclose(file);
	return blob;
}

static void write_file(const char *path, const struct blob *blob)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(blob->bytes, 1, blob->len, file) != blob->len || fclose(file))
		die(path);
}

static void print_line(void *ctx, enum weir_log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "%s\n", line);
}

static bool take_option(struct shape *shape, const char *word)
{
	const struct {
		const char *word;
		bool *flag;
	} options[] = {
		{"--notype", &shape->notype},		{"--labels", &shape->labels},
		{"--static-syms", &shape->static_syms}, {"--rela", &shape->rela},
		{"--reltype0", &shape->reltype0},	{"--em-none", &shape->em_none},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!strcmp(word, options[i].word)) {
			*options[i].flag = true;
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	struct shape shape = {0};
	struct out out = {0};
	struct weir_elf *elf;
	struct blob in;
	int arg = 1;

	while (arg < argc && take_option(&shape, argv[arg]))
		arg++;
	if (argc - arg != 2) {
		fputs("usage: tool_oldllvm [--notype] [--labels] [--static-syms] [--rela] "
		      "[--reltype0] [--em-none] IN OUT\n",
		      stderr);
		return 2;
	}
	weir_log_to(print_line, NULL, WEIR_LOG_NOTICE);
	in = read_file(argv[arg]);
	if (weir_elf_read(in.bytes, in.len, argv[arg], &elf))
		return 1;
	age_symbols(elf, &shape);
	if (shape.labels)
		add_labels(elf);
	write_object(&out, elf, &shape);
	write_file(argv[arg + 1], &out.file);
	weir_elf_free(elf);
	free(in.bytes);
	free(out.file.bytes);
	free(out.names.bytes);
	free(out.headers);
	free(out.symbol_to);
	return 0;
}
