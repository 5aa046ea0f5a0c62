// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Code at its new place.
 *
 * In: the plan (pieces) and the sections as they were. Out: new bytes and
 * relocations, in which every reference to code has a form that libbpf 1.1
 * takes: calls and addresses reach .text by a relocation, against its section
 * symbol or a global function, or within .text by distance; src_reg says
 * which kind it is.
 */
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/arrange.h"
#include "loader/log.h"

#define INSN_BYTES ((int64_t)sizeof(struct bpf_insn))

static void set_ref(uint8_t *at, bool address, int64_t imm)
{
	struct bpf_insn insn;

	memcpy(&insn, at, sizeof(insn));
	insn.src_reg = address ? BPF_PSEUDO_FUNC : BPF_PSEUDO_CALL;
	insn.imm = (int32_t)imm;
	memcpy(at, &insn, sizeof(insn));
}

/* libbpf takes function addresses only against global functions. */
static bool is_global_func(const struct weir_elf_symbol *sym)
{
	return sym->type == STT_FUNC && sym->bind == STB_GLOBAL;
}

/* True when @ref's own symbol will stand at the start of @piece. */
static bool keeps_symbol(const struct weir_arrange *ar, const struct weir_code_ref *ref,
			 size_t piece)
{
	const size_t func = ar->pieces[piece].func;

	if (!ref->rel || ar->home[func] != piece ||
	    !is_global_func(&ar->elf->symbols[ref->rel->symbol]))
		return false;
	return ar->elf->symbols[ref->rel->symbol].section == ar->funcs->list[func].section &&
	       ar->elf->symbols[ref->rel->symbol].value == ar->funcs->list[func].offset_bytes;
}

/* Writes the reference at byte @at of @out, which is section @section. */
static int put_ref(struct weir_arrange *ar, struct weir_elf_section *out, uint32_t section,
		   uint64_t at, const struct weir_code_ref *ref)
{
	int func = weir_funcs_index(ar->funcs, ref->section, ref->offset_bytes, false);
	size_t piece = ar->target[func]; /* arrange.c has seen every reference */
	int64_t offset = (int64_t)ar->pieces[piece].offset_bytes;
	uint32_t symbol = ar->text_symbol;

	if (keeps_symbol(ar, ref, piece)) {
		symbol = ref->rel->symbol;
		offset = 0;
	} else if (!ref->rel && section == ar->text) {
		set_ref(out->data + at, false, (offset - (int64_t)at) / INSN_BYTES - 1);
		return 0;
	}
	set_ref(out->data + at, ref->address, ref->address ? offset : offset / INSN_BYTES - 1);
	return weir_elf_add_rel(out, at, symbol, ref->address ? R_BPF_64_64 : R_BPF_64_32);
}

/* Relocations of the bytes [@from, @to) that are no references to code. */
static int copy_rels(const struct weir_elf_section *sec, uint64_t from, uint64_t to,
		     struct weir_elf_section *out, uint64_t at)
{
	const struct weir_elf_rel *rel = weir_rel_from(sec, from);
	int err = 0;

	for (; !err && rel && rel < sec->rels + sec->n_rels && rel->offset < to; rel++)
		err = weir_elf_add_rel(out, at + rel->offset - from, rel->symbol, rel->type);
	return err;
}

static int emit_piece(struct weir_arrange *ar, const struct weir_piece *piece)
{
	const struct weir_func *func = &ar->funcs->list[piece->func];
	const struct weir_elf_section *sec = &ar->elf->sections[func->section];
	struct weir_elf_section *out = &ar->built[piece->section];
	struct weir_code_ref ref;
	uint64_t len;
	int ret;

	memcpy(out->data + piece->offset_bytes, sec->data + func->offset_bytes, func->len_bytes);
	for (uint64_t done = 0; done < func->len_bytes; done += len) {
		uint64_t from = func->offset_bytes + done, to = piece->offset_bytes + done;

		len = weir_insn_len(sec, from);
		ret = weir_code_ref_at(ar->elf, func->section, from, &ref);
		if (ret > 0)
			ret = put_ref(ar, out, piece->section, to, &ref);
		else if (!ret)
			ret = copy_rels(sec, from, from + len, out, to);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int weir_arrange_emit(struct weir_arrange *ar)
{
	int err = 0;

	for (size_t i = 0; i < ar->n_pieces; i++) {
		const struct weir_piece *piece = &ar->pieces[i];
		uint64_t end = piece->offset_bytes + ar->funcs->list[piece->func].len_bytes;
		struct weir_elf_section *out = &ar->built[piece->section];

		if (out->size_bytes < end)
			out->size_bytes = end;
	}
	for (size_t i = 0; i < ar->elf->n_sections; i++) {
		struct weir_elf_section *out = &ar->built[i];

		out->name = ar->elf->sections[i].name; /* borrowed, for messages */
		if (!out->size_bytes)
			continue;
		out->data = malloc(out->size_bytes);
		if (!out->data)
			return weir_fail(-ENOMEM, "%s: section %s: out of memory", ar->name,
					 out->name);
	}
	for (size_t i = 0; !err && i < ar->n_pieces; i++)
		err = emit_piece(ar, &ar->pieces[i]);
	return err;
}

static int touch_up_ref(struct weir_arrange *ar, uint32_t section, uint64_t at,
			const struct weir_code_ref *ref)
{
	const struct weir_elf_symbol *sym = &ar->elf->symbols[ref->rel->symbol];
	const bool fits = !ref->address || sym->type == STT_SECTION || is_global_func(sym);
	uint8_t *insn = ar->elf->sections[section].data + at;
	int64_t delta = (int64_t)(ref->offset_bytes - (fits ? sym->value : 0));
	int err;

	if (!fits) {
		err = weir_arrange_text_symbol(ar);
		if (err)
			return err;
		ref->rel->symbol = ar->text_symbol;
	}
	set_ref(insn, ref->address, ref->address ? delta : delta / INSN_BYTES - 1);
	return 0;
}

int weir_arrange_touch_up(struct weir_arrange *ar)
{
	struct weir_code_ref ref;
	int ret;

	for (size_t i = 0; i < ar->funcs->n; i++) {
		const struct weir_func *func = &ar->funcs->list[i];
		const struct weir_elf_section *sec = &ar->elf->sections[func->section];
		uint64_t end = func->offset_bytes + func->len_bytes;

		for (uint64_t at = func->offset_bytes; at < end; at += weir_insn_len(sec, at)) {
			ret = weir_code_ref_at(ar->elf, func->section, at, &ref);
			if (ret > 0 && ref.rel)
				ret = touch_up_ref(ar, func->section, at, &ref);
			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

/* A program array of static programs refers to them by section and offset;
 * libbpf wants the program's own symbol. */
static void name_programs_in(const struct weir_arrange *ar, struct weir_elf_section *sec)
{
	for (size_t i = 0; i < sec->n_rels; i++) {
		struct weir_elf_rel *rel = &sec->rels[i];
		const struct weir_elf_symbol *sym = &ar->elf->symbols[rel->symbol];
		uint64_t offset;
		int func;

		if (sym->type != STT_SECTION || sym->section >= ar->elf->n_sections ||
		    sec->size_bytes - rel->offset < sizeof(offset))
			continue;
		memcpy(&offset, sec->data + rel->offset, sizeof(offset));
		func = weir_funcs_index(ar->funcs, sym->section, offset, false);
		if (func < 0)
			continue;
		rel->symbol = ar->funcs->list[func].symbol;
		memset(sec->data + rel->offset, 0, sizeof(offset));
	}
}

void weir_arrange_name_programs(struct weir_arrange *ar)
{
	for (size_t i = 0; i < ar->elf->n_sections; i++) {
		struct weir_elf_section *sec = &ar->elf->sections[i];

		if (!sec->dropped && (sec->flags & SHF_ALLOC) && !(sec->flags & SHF_EXECINSTR))
			name_programs_in(ar, sec);
	}
}
