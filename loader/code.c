// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions of an object, and what their instructions refer to.
 *
 * In: a model whose symbols are repaired (symbols.c). Out: functions in order,
 * each made of whole instructions; and for an instruction the code that it
 * calls or takes the address of. The rule is libbpf's and LLVM's: a call goes
 * to symbol + (imm + 1) instructions, or without a relocation that far from
 * itself; an address is symbol + imm bytes.
 */
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/code_ref.h"
#include "loader/log.h"

#define INSN_BYTES ((uint64_t)sizeof(struct bpf_insn))

static struct bpf_insn insn_at(const struct weir_elf_section *section, uint64_t offset)
{
	struct bpf_insn insn;

	memcpy(&insn, section->data + offset, sizeof(insn));
	return insn;
}

uint64_t weir_insn_len(const struct weir_elf_section *section, uint64_t offset)
{
	return section->data[offset] == (BPF_LD | BPF_IMM | BPF_DW) ? 2 * INSN_BYTES : INSN_BYTES;
}

struct weir_elf_rel *weir_rel_from(const struct weir_elf_section *section, uint64_t offset)
{
	size_t low = 0, high = section->n_rels;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (section->rels[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low < section->n_rels ? &section->rels[low] : NULL;
}

/* Fills where @ref points: @delta bytes from @from, which is in @section. */
static int aim(const struct weir_elf *elf, uint32_t section, uint64_t offset, uint64_t from,
	       int64_t delta, struct weir_code_ref *ref)
{
	const struct weir_elf_section *at = &elf->sections[section];
	int64_t target;

	if (__builtin_add_overflow((int64_t)from, delta, &target) || target < 0 ||
	    (uint64_t)target >= elf->sections[ref->section].size_bytes)
		return weir_fail(-EINVAL,
				 "section %s: instruction %llu refers to code outside section %s",
				 at->name, (unsigned long long)(offset / INSN_BYTES),
				 elf->sections[ref->section].name);
	ref->offset_bytes = (uint64_t)target;
	return 1;
}

int weir_code_ref_at(const struct weir_elf *elf, uint32_t section, uint64_t offset,
		     struct weir_code_ref *out)
{
	const struct weir_elf_section *sec = &elf->sections[section];
	const struct bpf_insn insn = insn_at(sec, offset);
	struct weir_code_ref ref = {.address = insn.code == (BPF_LD | BPF_IMM | BPF_DW)};
	const struct weir_elf_symbol *sym;
	int64_t delta;
	int ret;

	if (!ref.address && insn.code != (BPF_JMP | BPF_CALL))
		return 0;
	delta = ref.address ? insn.imm : ((int64_t)insn.imm + 1) * (int64_t)INSN_BYTES;
	ref.rel = weir_rel_from(sec, offset);
	if (!ref.rel || ref.rel->offset != offset) {
		if (ref.address || insn.src_reg != BPF_PSEUDO_CALL)
			return 0;
		ref.rel = NULL;
		ref.section = section;
		ret = aim(elf, section, offset, offset, delta, &ref);
	} else {
		sym = &elf->symbols[ref.rel->symbol];
		if (sym->section >= elf->n_sections)
			return 0; /* extern: a kernel function or variable */
		ref.section = sym->section;
		if (!(elf->sections[ref.section].flags & SHF_EXECINSTR)) {
			if (ref.address)
				return 0;
			return weir_fail(
				-EINVAL, "section %s: instruction %llu calls into data: '%s'",
				sec->name, (unsigned long long)(offset / INSN_BYTES), sym->name);
		}
		ret = aim(elf, section, offset, sym->value, delta, &ref);
	}
	if (ret > 0)
		*out = ref;
	return ret;
}

static bool is_func(const struct weir_elf *elf, const struct weir_elf_symbol *sym)
{
	return !sym->dropped && sym->type == STT_FUNC && sym->section < elf->n_sections &&
	       !elf->sections[sym->section].dropped &&
	       (elf->sections[sym->section].flags & SHF_EXECINSTR);
}

/* Whole instructions within the section; the last one complete. */
static int check_func(const struct weir_elf *elf, const struct weir_func *func, const char *name)
{
	const struct weir_elf_section *sec = &elf->sections[func->section];
	const char *symbol = elf->symbols[func->symbol].name;
	uint64_t end = func->offset_bytes + func->len_bytes;
	uint64_t at;

	if (func->offset_bytes > sec->size_bytes ||
	    func->len_bytes > sec->size_bytes - func->offset_bytes)
		return weir_fail(-EINVAL, "%s: function %s leaves section %s", name, symbol,
				 sec->name);
	if (!func->len_bytes || func->offset_bytes % INSN_BYTES || func->len_bytes % INSN_BYTES)
		return weir_fail(-EINVAL,
				 "%s: function %s: %llu bytes at byte %llu of section %s are not "
				 "whole instructions",
				 name, symbol, (unsigned long long)func->len_bytes,
				 (unsigned long long)func->offset_bytes, sec->name);
	for (at = func->offset_bytes; at < end; at += weir_insn_len(sec, at))
		;
	if (at != end)
		return weir_fail(-EINVAL, "%s: function %s ends within an instruction", name,
				 symbol);
	return 0;
}

/* By place; of two names of one place the global one first. */
static int compare_funcs(const void *a, const void *b, void *ctx)
{
	const struct weir_func *x = a, *y = b;
	const struct weir_elf *elf = ctx;
	int x_local, y_local;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (x->offset_bytes != y->offset_bytes)
		return x->offset_bytes < y->offset_bytes ? -1 : 1;
	x_local = elf->symbols[x->symbol].bind == STB_LOCAL;
	y_local = elf->symbols[y->symbol].bind == STB_LOCAL;
	if (x_local != y_local)
		return x_local - y_local;
	return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

/* Drops aliases (same place, same length) from the sorted list. */
static int check_order(const struct weir_elf *elf, struct weir_funcs *funcs, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < funcs->n; i++) {
		const struct weir_func *func = &funcs->list[i];
		const struct weir_func *last = kept ? &funcs->list[kept - 1] : NULL;

		if (last && last->section == func->section) {
			if (last->offset_bytes == func->offset_bytes &&
			    last->len_bytes == func->len_bytes)
				continue;
			if (last->offset_bytes + last->len_bytes > func->offset_bytes)
				return weir_fail(-EINVAL,
						 "%s: functions %s and %s overlap in section %s",
						 name, elf->symbols[last->symbol].name,
						 elf->symbols[func->symbol].name,
						 elf->sections[func->section].name);
		}
		funcs->list[kept++] = *func;
	}
	funcs->n = kept;
	return 0;
}

/* What every later walk relies on: references of code stay within sections. */
static int check_refs(const struct weir_elf *elf, const struct weir_funcs *funcs)
{
	struct weir_code_ref ref;

	for (size_t i = 0; i < funcs->n; i++) {
		const struct weir_func *func = &funcs->list[i];
		const struct weir_elf_section *sec = &elf->sections[func->section];
		uint64_t end = func->offset_bytes + func->len_bytes;

		for (uint64_t at = func->offset_bytes; at < end; at += weir_insn_len(sec, at)) {
			int ret = weir_code_ref_at(elf, func->section, at, &ref);

			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

int weir_funcs_collect(const struct weir_elf *elf, const char *name, struct weir_funcs *out)
{
	struct weir_funcs funcs = {NULL, 0};
	int err = 0;

	funcs.list = calloc(elf->n_symbols + 1, sizeof(*funcs.list));
	if (!funcs.list)
		return weir_fail(-ENOMEM, "%s: functions: out of memory", name);
	for (size_t i = 0; !err && i < elf->n_symbols; i++) {
		const struct weir_elf_symbol *sym = &elf->symbols[i];
		struct weir_func *func = &funcs.list[funcs.n];

		if (!is_func(elf, sym))
			continue;
		*func = (struct weir_func){
			.symbol = (uint32_t)i,
			.section = sym->section,
			.offset_bytes = sym->value,
			.len_bytes = sym->size_bytes,
		};
		funcs.n++;
		err = check_func(elf, func, name);
	}
	if (!err) {
		qsort_r(funcs.list, funcs.n, sizeof(*funcs.list), compare_funcs, (void *)elf);
		err = check_order(elf, &funcs, name);
	}
	if (!err)
		err = check_refs(elf, &funcs);
	if (err) {
		weir_funcs_free(&funcs);
		return err;
	}
	*out = funcs;
	return 0;
}

void weir_funcs_free(struct weir_funcs *funcs)
{
	if (!funcs)
		return;
	free(funcs->list);
	*funcs = (struct weir_funcs){NULL, 0};
}

int weir_funcs_index(const struct weir_funcs *funcs, uint32_t section, uint64_t offset_bytes,
		     bool inside)
{
	size_t low = 0, high = funcs->n;
	const struct weir_func *func;

	/* the last function that starts at or before the place */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		func = &funcs->list[mid];
		if (func->section < section ||
		    (func->section == section && func->offset_bytes <= offset_bytes))
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return -ENOENT;
	func = &funcs->list[low - 1];
	if (func->section != section || offset_bytes - func->offset_bytes >= func->len_bytes)
		return -ENOENT;
	return inside || func->offset_bytes == offset_bytes ? (int)(low - 1) : -ENOENT;
}

const struct weir_func *weir_funcs_at(const struct weir_funcs *funcs, uint32_t section,
				      uint64_t offset_bytes)
{
	int index = weir_funcs_index(funcs, section, offset_bytes, false);

	return index < 0 ? NULL : &funcs->list[index];
}

bool weir_func_is_called(const struct weir_elf *elf, const struct weir_funcs *funcs,
			 const struct weir_func *func)
{
	struct weir_code_ref ref = {0};

	for (size_t i = 0; i < funcs->n; i++) {
		const struct weir_func *from = &funcs->list[i];
		const struct weir_elf_section *sec = &elf->sections[from->section];
		uint64_t end = from->offset_bytes + from->len_bytes;

		for (uint64_t at = from->offset_bytes; at < end; at += weir_insn_len(sec, at))
			if (weir_code_ref_at(elf, from->section, at, &ref) > 0 &&
			    ref.section == func->section && ref.offset_bytes == func->offset_bytes)
				return true;
	}
	return false;
}
