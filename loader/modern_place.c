// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where maps stand in the rewritten ELF: one section ".maps".
 *
 * In: the model, old places in @defs, new sizes in @maps. Out: the model with
 * the sections "maps" and "maps/NAME" gone, each map a global object symbol in
 * ".maps", and each reference made through that symbol. libbpf finds the map of
 * a relocation by the symbol's value alone (bpf_program__record_reloc()),
 * whereas compilers reach static maps through the section's symbol with an
 * offset in the instruction.
 */
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "loader/mapdef_read.h"
#include "loader/modern.h"

/* LLVM, BPFRelocs; elf.h of glibc 2.36 has none of them. */
#define REL_BPF_64	 1 /* LLVM before 13: pointers in data as well */
#define REL_BPF_ABS64	 2
#define REL_BPF_ABS32	 3
#define REL_BPF_NODYLD32 4

#define MAP_ALIGN_BYTES	 8
#define LDDW_IMM_BYTES	 4	    /* struct bpf_insn: imm stands at byte 4 */
#define LDDW_BYTES	 16	    /* two struct bpf_insn */
#define SECTION_MAX	 UINT32_MAX /* offsets in BTF have 32 bits */

static bool holds_maps(const struct weir_elf *elf, uint32_t section)
{
	if (section >= elf->n_sections || elf->sections[section].dropped)
		return false;
	return weir_section_is_legacy_maps(&elf->sections[section]) ||
	       !strcmp(elf->sections[section].name, WEIR_MAPS_SECTION);
}

/* ---- references ---------------------------------------------------------- */

/* Reads what is added to the symbol at @rel, and clears it. */
static int take_addend(struct weir_elf_section *in, const struct weir_elf_rel *rel, int64_t *addend)
{
	int32_t narrow = 0;
	uint64_t room;
	uint8_t *at;

	*addend = 0;
	if (!in->data || rel->offset >= in->size_bytes)
		return 0;
	room = in->size_bytes - rel->offset;
	at = in->data + rel->offset;
	if (in->flags & SHF_EXECINSTR) {
		if (room < LDDW_BYTES || *at != (BPF_LD | BPF_DW | BPF_IMM))
			return -EINVAL;
		memcpy(&narrow, at + LDDW_IMM_BYTES, sizeof(narrow));
		memset(at + LDDW_IMM_BYTES, 0, sizeof(narrow));
		*addend = narrow;
	} else if ((rel->type == REL_BPF_ABS64 || rel->type == REL_BPF_64) &&
		   room >= sizeof(*addend)) {
		memcpy(addend, at, sizeof(*addend));
		memset(at, 0, sizeof(*addend));
	} else if ((rel->type == REL_BPF_ABS32 || rel->type == REL_BPF_NODYLD32) &&
		   room >= sizeof(narrow)) {
		memcpy(&narrow, at, sizeof(narrow));
		memset(at, 0, sizeof(narrow));
		*addend = narrow;
	}
	return 0;
}

static const struct weir_mapdef *map_at(const struct weir_mapdefs *defs, uint32_t section,
					uint64_t offset_bytes)
{
	for (size_t i = 0; i < defs->n; i++)
		if (defs->list[i].section == section && defs->list[i].offset_bytes == offset_bytes)
			return &defs->list[i];
	return NULL;
}

static int retarget(const struct weir_elf *elf, const struct weir_mapdefs *defs,
		    struct weir_elf_section *in, struct weir_elf_rel *rel, const char *name)
{
	const struct weir_elf_symbol *sym = &elf->symbols[rel->symbol];
	const struct weir_mapdef *def;
	int64_t addend;

	if (!holds_maps(elf, sym->section))
		return 0;
	if (take_addend(in, rel, &addend))
		return weir_fail(
			-EINVAL,
			"%s: section '%s': the instruction at byte %llu refers to a map but "
			"does not load it",
			name, in->name, (unsigned long long)rel->offset);
	def = map_at(defs, sym->section, sym->value + (uint64_t)addend);
	if (!def)
		return weir_fail(-EINVAL,
				 "%s: section '%s': byte %llu refers to section '%s', but no map "
				 "begins there",
				 name, in->name, (unsigned long long)rel->offset,
				 elf->sections[sym->section].name);
	rel->symbol = def->symbol;
	return 0;
}

/* Maps that BTF and its companion mention need no relocation any more. */
static bool is_btf_section(const struct weir_elf_section *section)
{
	return !strcmp(section->name, BTF_ELF_SEC) || !strcmp(section->name, BTF_EXT_ELF_SEC);
}

static void drop_rels(struct weir_elf_section *section)
{
	free(section->rels);
	section->rels = NULL;
	section->n_rels = 0;
}

static int retarget_all(struct weir_elf *elf, const struct weir_mapdefs *defs, const char *name)
{
	int err = 0;

	for (size_t i = 0; i < elf->n_sections; i++) {
		struct weir_elf_section *section = &elf->sections[i];

		if (is_btf_section(section))
			drop_rels(section);
		for (size_t k = 0; k < section->n_rels && !section->dropped && !err; k++)
			err = retarget(elf, defs, section, &section->rels[k], name);
	}
	return err;
}

/* ---- slots --------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
	const struct weir_elf_rel *l = a, *r = b;

	return l->offset < r->offset ? -1 : l->offset > r->offset;
}

/* Slots that a definition of ".maps" fills move with it. */
static int move_slots(struct weir_elf_section *section, const struct weir_mapdefs *defs,
		      const struct weir_modern_map *maps, const char *name)
{
	for (size_t k = 0; k < section->n_rels; k++) {
		struct weir_elf_rel *rel = &section->rels[k];
		size_t i = 0;

		while (i < defs->n &&
		       (defs->list[i].decl.style != WEIR_MAP_BTF ||
			rel->offset < defs->list[i].offset_bytes + maps[i].old_struct_bytes ||
			rel->offset >= defs->list[i].offset_bytes + defs->list[i].len_bytes))
			i++;
		if (i == defs->n)
			return weir_fail(
				-EINVAL,
				"%s: section .maps: the reference at byte %llu is no slot of a "
				"map",
				name, (unsigned long long)rel->offset);
		rel->offset -= defs->list[i].offset_bytes + maps[i].old_struct_bytes;
		rel->offset += maps[i].offset_bytes + maps[i].struct_bytes;
	}
	if (section->n_rels)
		qsort(section->rels, section->n_rels, sizeof(*section->rels), by_offset);
	return 0;
}

static bool has_rel_at(const struct weir_elf_section *section, uint64_t offset)
{
	for (size_t k = 0; k < section->n_rels; k++)
		if (section->rels[k].offset == offset)
			return true;
	return false;
}

/* Inner maps of @outer as libbpf reads them: pointers behind its struct. */
static int add_slots(struct weir_elf_section *section, const struct weir_mapdefs *defs,
		     const struct weir_mapdef *outer, const struct weir_modern_map *map)
{
	int err = 0;

	for (size_t i = 0; i < defs->n && !err; i++) {
		const struct weir_map_decl *inner = &defs->list[i].decl;
		uint64_t at = map->offset_bytes + map->struct_bytes +
			      (uint64_t)inner->inner_idx * sizeof(uint64_t);

		if (inner->id != outer->decl.inner_id || inner->inner_idx >= map->slots ||
		    has_rel_at(section, at))
			continue;
		err = weir_elf_add_rel(section, at, defs->list[i].symbol, REL_BPF_ABS64);
	}
	return err;
}

/* ---- section and symbols ------------------------------------------------- */

static uint64_t slot_bytes(const struct weir_mapdef *def, const struct weir_modern_map *map)
{
	uint64_t old = 0, added = (uint64_t)map->slots * sizeof(uint64_t);

	if (def->decl.style == WEIR_MAP_BTF && def->len_bytes > map->old_struct_bytes)
		old = def->len_bytes - map->old_struct_bytes;
	return old > added ? old : added;
}

/* libbpf creates maps in this order, and fills an outer map's slots at once:
 * so what the slots hold comes first. */
static int lay_out(const struct weir_mapdefs *defs, struct weir_modern_map *maps, uint64_t *total,
		   const char *name)
{
	uint64_t at = 0;

	for (size_t k = 0; k < 2 * defs->n; k++) {
		size_t i = k < defs->n ? k : k - defs->n;

		if (weir_map_type_is_outer(defs->list[i].decl.type) != (k >= defs->n))
			continue;
		maps[i].offset_bytes = at;
		maps[i].len_bytes = maps[i].struct_bytes + slot_bytes(&defs->list[i], &maps[i]);
		at += maps[i].len_bytes + MAP_ALIGN_BYTES - 1;
		at -= at % MAP_ALIGN_BYTES;
		if (at > SECTION_MAX)
			return weir_fail(-EINVAL, "%s: maps need more than 4 GiB", name);
	}
	*total = at;
	return 0;
}

/* Old places are gone, and with them every symbol that is not a map's. */
static void drop_old(struct weir_elf *elf, const struct weir_mapdefs *defs)
{
	for (size_t i = 0; i < elf->n_symbols; i++) {
		struct weir_elf_symbol *sym = &elf->symbols[i];
		bool kept = sym->section < elf->n_sections && sym->type == STT_SECTION &&
			    !weir_section_is_legacy_maps(&elf->sections[sym->section]);

		if (holds_maps(elf, sym->section) && !kept)
			sym->dropped = true;
	}
	for (size_t i = 0; i < defs->n; i++)
		elf->symbols[defs->list[i].symbol].dropped = false;
	for (size_t i = 0; i < elf->n_sections; i++)
		if (weir_section_is_legacy_maps(&elf->sections[i]))
			elf->sections[i].dropped = true;
}

/* Contents are zero: libbpf reads BTF, symbols and relocations only. */
static int make_section(struct weir_elf *elf)
{
	int at = weir_elf_find(elf, WEIR_MAPS_SECTION), err;
	struct weir_elf_section *section;

	if (at < 0)
		return weir_elf_add_section(elf, WEIR_MAPS_SECTION, SHT_PROGBITS,
					    SHF_ALLOC | SHF_WRITE, MAP_ALIGN_BYTES);
	section = &elf->sections[at];
	section->type = SHT_PROGBITS;
	section->align = MAP_ALIGN_BYTES;
	err = weir_elf_resize(section, 0);
	return err ? err : at;
}

static void move_symbols(struct weir_elf *elf, struct weir_mapdefs *defs,
			 const struct weir_modern_map *maps, uint32_t section)
{
	for (size_t i = 0; i < defs->n; i++) {
		struct weir_mapdef *def = &defs->list[i];
		struct weir_elf_symbol *sym = &elf->symbols[def->symbol];

		sym->bind = STB_GLOBAL;
		sym->type = STT_OBJECT;
		sym->section = def->section = section;
		sym->value = def->offset_bytes = maps[i].offset_bytes;
		sym->size_bytes = def->len_bytes = maps[i].len_bytes;
	}
}

int weir_modern_place(struct weir_elf *elf, struct weir_mapdefs *defs, struct weir_modern_map *maps,
		      const char *name)
{
	uint64_t total = 0;
	int at, err;

	err = lay_out(defs, maps, &total, name);
	err = err ?: retarget_all(elf, defs, name);
	if (err)
		return err;
	drop_old(elf, defs);
	if (!defs->n)
		return 0;
	at = make_section(elf);
	if (at < 0)
		return at;
	err = weir_elf_resize(&elf->sections[at], total);
	err = err ?: move_slots(&elf->sections[at], defs, maps, name);
	for (size_t i = 0; i < defs->n && !err; i++)
		if (maps[i].slots)
			err = add_slots(&elf->sections[at], defs, &defs->list[i], &maps[i]);
	if (!err)
		move_symbols(elf, defs, maps, (uint32_t)at);
	return err;
}
