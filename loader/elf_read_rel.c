// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Relocation sections -> the model's relocations, by section and offset.
 *
 * In: a reader whose sections and symbols are in the model. Out: relocations
 * whose offsets lie in their section and whose symbols exist. Addends of
 * SHT_RELA go into the relocated bytes, where SHT_REL has them. Relocations of
 * .BTF and .BTF.ext end here: compilers also write the values in place.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elf_read.h"
#include "loader/log.h"

/* LLVM's Relocs/BPF.def since 13; elf.h of glibc knows only types 0, 1 and 10. */
#define R_BPF_64_ABS64 2

#define INSN_BYTES     ((uint64_t)sizeof(struct bpf_insn))
#define NO_INDEX       UINT32_MAX

/* Adds @addend to the @bytes wide field at @at, as the linker would have done. */
static void add_field(uint8_t *at, size_t bytes, int64_t addend)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes);
	value += (uint64_t)addend;
	memcpy(at, &value, bytes);
}

/* SHT_RELA keeps addends apart, SHT_REL in the bytes that get relocated. */
static int fold_addend(const struct weir_elf_reader *rd, struct weir_elf_section *sec,
		       const GElf_Rela *rel)
{
	uint8_t *at = sec->data + rel->r_offset;
	int64_t addend = rel->r_addend;

	if (!addend)
		return 0;
	if (!(sec->flags & SHF_EXECINSTR)) {
		bool wide = GELF_R_TYPE(rel->r_info) == R_BPF_64_ABS64;

		if (wide && sec->size_bytes - rel->r_offset < sizeof(uint64_t))
			return weir_fail(-ENOEXEC, "%s: damaged: a relocation leaves section %s",
					 rd->name, sec->name);
		add_field(at, wide ? sizeof(uint64_t) : sizeof(uint32_t), addend);
		return 0;
	}
	/* a call counts instructions, an address counts bytes; both in imm */
	if (*at == (BPF_JMP | BPF_CALL))
		addend /= (int64_t)INSN_BYTES;
	if (addend < INT32_MIN || addend > INT32_MAX)
		return weir_fail(-ENOEXEC, "%s: damaged: addend of a relocation in section %s",
				 rd->name, sec->name);
	add_field(at + offsetof(struct bpf_insn, imm), sizeof(int32_t), addend);
	return 0;
}

static int read_rel(const struct weir_elf_reader *rd, struct weir_elf_section *sec,
		    const GElf_Rela *rel)
{
	const bool code = sec->flags & SHF_EXECINSTR;
	const uint64_t width = code ? INSN_BYTES : sizeof(uint32_t);
	const uint64_t symbol = GELF_R_SYM(rel->r_info);
	int err;

	if (rel->r_offset > sec->size_bytes || width > sec->size_bytes - rel->r_offset ||
	    (code && rel->r_offset % INSN_BYTES))
		return weir_fail(-ENOEXEC, "%s: damaged: relocation at byte %llu of section %s",
				 rd->name, (unsigned long long)rel->r_offset, sec->name);
	if (symbol >= rd->n_entries)
		return weir_fail(-ENOEXEC,
				 "%s: damaged: relocation in %s against symbol %llu of %zu",
				 rd->name, sec->name, (unsigned long long)symbol, rd->n_entries);
	err = fold_addend(rd, sec, rel);
	if (err)
		return err;
	/* their readers take the values in place, and passes of ours change them */
	if (!strcmp(sec->name, ".BTF") || !strcmp(sec->name, ".BTF.ext"))
		return 0;
	if (rd->symbol_of[symbol] == WEIR_ELF_NO_INDEX) {
		if (!(sec->flags & SHF_ALLOC))
			return 0;
		return weir_fail(-ENOEXEC,
				 "%s: relocation at byte %llu of section %s points at debug data "
				 "or at nothing",
				 rd->name, (unsigned long long)rel->r_offset, sec->name);
	}
	sec->rels[sec->n_rels++] = (struct weir_elf_rel){
		.offset = rel->r_offset,
		.symbol = rd->symbol_of[symbol],
		.type = (uint32_t)GELF_R_TYPE(rel->r_info),
	};
	return 0;
}

/* One entry of either kind, as the bigger one. */
static bool get_rel(Elf_Data *data, int index, bool rela, GElf_Rela *out)
{
	GElf_Rel rel;

	if (rela)
		return gelf_getrela(data, index, out) != NULL;
	if (!gelf_getrel(data, index, &rel))
		return false;
	*out = (GElf_Rela){.r_offset = rel.r_offset, .r_info = rel.r_info};
	return true;
}

static int compare_rels(const void *a, const void *b)
{
	const struct weir_elf_rel *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int read_rel_table(struct weir_elf_reader *rd, Elf_Scn *scn, const GElf_Shdr *header)
{
	const bool rela = header->sh_type == SHT_RELA;
	const size_t entry = rela ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
	const size_t n = header->sh_size / entry;
	struct weir_elf_section *sec;
	struct weir_elf_rel *list;
	GElf_Rela rel;
	Elf_Data *data;
	int err;

	if (header->sh_info >= rd->n_headers || header->sh_entsize != entry ||
	    header->sh_size % entry)
		return weir_fail(-ENOEXEC, "%s: damaged: relocation section %zu", rd->name,
				 elf_ndxscn(scn));
	if (rd->section_of[header->sh_info] == WEIR_ELF_NO_INDEX || n == 0)
		return 0;
	sec = &rd->elf->sections[rd->section_of[header->sh_info]];
	if (!rd->symtab || header->sh_link != elf_ndxscn(rd->symtab) || !sec->data)
		return weir_fail(-ENOEXEC, "%s: damaged: relocations of section %s", rd->name,
				 sec->name);
	data = elf_getdata(scn, NULL);
	if (!data)
		return weir_elf_reader_fail(rd, "relocations");
	list = reallocarray(sec->rels, sec->n_rels + n, sizeof(*list));
	if (!list)
		return weir_fail(-ENOMEM, "%s: relocations: out of memory", rd->name);
	sec->rels = list;
	sec->had_rela |= rela;
	for (size_t i = 0; i < n; i++) {
		if (!get_rel(data, (int)i, rela, &rel))
			return weir_elf_reader_fail(rd, "relocation");
		err = read_rel(rd, sec, &rel);
		if (err)
			return err;
	}
	qsort(sec->rels, sec->n_rels, sizeof(*sec->rels), compare_rels);
	return 0;
}

int weir_elf_reader_rels(struct weir_elf_reader *rd)
{
	GElf_Shdr header;
	Elf_Scn *scn = NULL;
	int err = 0;

	while (!err && (scn = elf_nextscn(rd->libelf, scn))) {
		if (!gelf_getshdr(scn, &header))
			return weir_elf_reader_fail(rd, "section header");
		if (header.sh_type == SHT_REL || header.sh_type == SHT_RELA)
			err = read_rel_table(rd, scn, &header);
	}
	return err;
}
