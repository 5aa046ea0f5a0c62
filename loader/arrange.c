// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every function where libbpf 1.1 looks for it.
 *
 * In: a model and its functions. Out: the same, with subprograms and callbacks
 * in .text and programs outside. The rules it serves: libbpf takes functions
 * outside .text as programs and wants them global; those in .text it takes as
 * subprograms, and only there does it look for what is called.
 *
 *   .text  not called, or called   stays
 *   .text  the entry               to a section of its own; called: a copy stays
 *   else   not called              stays (a program), becomes global
 *   else   called, local           to .text
 *   else   called, global or entry stays, and a local copy goes to .text
 *
 * Objects in which nothing has to move keep their sections byte for byte.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "loader/arrange.h"
#include "loader/log.h"

static bool is_code(const struct weir_elf_section *sec)
{
	return !sec->dropped && (sec->flags & SHF_EXECINSTR);
}

/* ---- which functions are called ------------------------------------------ */

static int note_calls(struct weir_arrange *ar, const struct weir_func *func)
{
	const struct weir_elf_section *sec = &ar->elf->sections[func->section];
	uint64_t end = func->offset_bytes + func->len_bytes;
	struct weir_code_ref ref;
	int ret, index;

	for (uint64_t at = func->offset_bytes; at < end; at += weir_insn_len(sec, at)) {
		ret = weir_code_ref_at(ar->elf, func->section, at, &ref);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		index = weir_funcs_index(ar->funcs, ref.section, ref.offset_bytes, false);
		if (index < 0)
			return weir_fail(-EINVAL,
					 "%s: function %s refers to byte %llu of section %s, where "
					 "no function starts",
					 ar->name, ar->elf->symbols[func->symbol].name,
					 (unsigned long long)ref.offset_bytes,
					 ar->elf->sections[ref.section].name);
		ar->called[index] = true;
	}
	return 0;
}

/* ---- where each goes ----------------------------------------------------- */

static bool goes_to_text(const struct weir_arrange *ar, size_t nth)
{
	const struct weir_func *func = &ar->funcs->list[nth];

	if ((int)nth == ar->entry)
		return false;
	if (func->section == ar->text)
		return true;
	return ar->called[nth] && ar->elf->symbols[func->symbol].bind == STB_LOCAL;
}

/* True when @nth is called but does not go to .text itself. */
static bool needs_copy(const struct weir_arrange *ar, size_t nth)
{
	return ar->called[nth] && !goes_to_text(ar, nth);
}

static bool must_move(const struct weir_arrange *ar, size_t nth)
{
	if (needs_copy(ar, nth))
		return true;
	return goes_to_text(ar, nth) != (ar->funcs->list[nth].section == ar->text);
}

static int add_code_section(struct weir_elf *elf, const char *name)
{
	return weir_elf_add_section(elf, name, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
				    sizeof(struct bpf_insn));
}

/* ".text.NAME", as compilers name the section of a single function; unique,
 * since .BTF.ext knows sections by name. */
static int add_entry_section(struct weir_arrange *ar)
{
	const char *func = ar->elf->symbols[ar->funcs->list[ar->entry].symbol].name;
	char *name, *longer;
	int ret;

	if (asprintf(&name, ".text.%s", func) < 0)
		return weir_fail(-ENOMEM, "%s: out of memory", ar->name);
	while (weir_elf_find(ar->elf, name) >= 0) {
		ret = asprintf(&longer, "%s_", name);
		free(name);
		if (ret < 0)
			return weir_fail(-ENOMEM, "%s: out of memory", ar->name);
		name = longer;
	}
	ret = add_code_section(ar->elf, name);
	free(name);
	return ret;
}

int weir_arrange_text_symbol(struct weir_arrange *ar)
{
	int ret;

	if (ar->text_symbol != UINT32_MAX)
		return 0;
	for (size_t i = 0; i < ar->elf->n_symbols; i++) {
		const struct weir_elf_symbol *sym = &ar->elf->symbols[i];

		if (sym->type == STT_SECTION && sym->section == ar->text && !sym->value &&
		    !sym->dropped) {
			ar->text_symbol = (uint32_t)i;
			return 0;
		}
	}
	ret = weir_elf_add_symbol(ar->elf, "", STB_LOCAL, STT_SECTION, ar->text, 0, 0);
	if (ret < 0)
		return ret;
	ar->text_symbol = (uint32_t)ret;
	return 0;
}

static int find_text(struct weir_arrange *ar)
{
	int nth = weir_elf_find(ar->elf, ".text");

	ar->text = nth < 0 ? WEIR_ELF_UNDEF : (uint32_t)nth;
	if (nth >= 0 &&
	    (!is_code(&ar->elf->sections[nth]) || ar->elf->sections[nth].type != SHT_PROGBITS))
		return weir_fail(-EINVAL, "%s: section .text is not code", ar->name);
	return 0;
}

/* .text with its symbol, and the entry's section, as far as the plan needs them. */
static int make_sections(struct weir_arrange *ar, uint32_t *entry_section)
{
	int ret = 0;

	if (ar->entry >= 0) {
		*entry_section = ar->funcs->list[ar->entry].section;
		if (*entry_section == ar->text)
			ret = add_entry_section(ar);
		if (ret < 0)
			return ret;
		if (*entry_section == ar->text)
			*entry_section = (uint32_t)ret;
	}
	if (ar->text == WEIR_ELF_UNDEF) {
		ret = add_code_section(ar->elf, ".text");
		if (ret < 0)
			return ret;
		ar->text = (uint32_t)ret;
	}
	return weir_arrange_text_symbol(ar);
}

static void add_piece(struct weir_arrange *ar, size_t func, uint32_t section, uint64_t *ends)
{
	ar->pieces[ar->n_pieces++] = (struct weir_piece){
		.func = func,
		.section = section,
		.offset_bytes = ends[section],
	};
	ends[section] += ar->funcs->list[func].len_bytes;
}

/* What stays comes first and in the old order, what arrives behind it. */
static int lay_out(struct weir_arrange *ar)
{
	uint32_t entry_section = WEIR_ELF_UNDEF;
	uint64_t *ends;
	int err;

	err = make_sections(ar, &entry_section);
	if (err)
		return err;
	ends = calloc(ar->elf->n_sections, sizeof(*ends));
	if (!ends)
		return weir_fail(-ENOMEM, "%s: out of memory", ar->name);
	for (size_t i = 0; i < ar->funcs->n; i++) {
		uint32_t section = ar->funcs->list[i].section;

		ar->target[i] = WEIR_NO_PIECE;
		if (goes_to_text(ar, i) && section != ar->text)
			continue;
		ar->home[i] = ar->n_pieces;
		if (goes_to_text(ar, i))
			ar->target[i] = ar->n_pieces;
		add_piece(ar, i, (int)i == ar->entry ? entry_section : section, ends);
	}
	for (size_t i = 0; i < ar->funcs->n; i++) {
		bool moves = goes_to_text(ar, i) && ar->funcs->list[i].section != ar->text;

		if (!moves && !needs_copy(ar, i))
			continue;
		if (moves)
			ar->home[i] = ar->n_pieces;
		ar->target[i] = ar->n_pieces;
		add_piece(ar, i, ar->text, ends);
	}
	if (ends[ar->text] > INT32_MAX) /* distances are 32 bits with a sign */
		err = weir_fail(-E2BIG, "%s: too much code", ar->name);
	free(ends);
	return err;
}

/* ---- making it so -------------------------------------------------------- */

static void commit_sections(struct weir_arrange *ar)
{
	for (size_t i = 0; i < ar->elf->n_sections; i++) {
		struct weir_elf_section *sec = &ar->elf->sections[i];
		struct weir_elf_section *built = &ar->built[i];

		if (!built->size_bytes && !ar->held[i]) {
			if (is_code(sec)) /* code of no function: nothing it refers to is kept */
				sec->n_rels = 0;
			continue;
		}
		free(sec->data);
		free(sec->rels);
		sec->data = built->data;
		sec->size_bytes = built->size_bytes;
		sec->rels = built->rels;
		sec->n_rels = built->n_rels;
		sec->dropped = !built->size_bytes;
		built->data = NULL;
		built->rels = NULL;
	}
}

/* A function's symbol, its aliases and the labels within it. */
static void move_symbol(const struct weir_arrange *ar, struct weir_elf_symbol *sym)
{
	const struct weir_piece *piece;
	uint64_t within;
	int func;

	func = weir_funcs_index(ar->funcs, sym->section, sym->value, true);
	if (func < 0 && sym->value) /* a label behind the last instruction */
		func = weir_funcs_index(ar->funcs, sym->section, sym->value - 1, true);
	if (func < 0) {
		sym->dropped = true;
		return;
	}
	piece = &ar->pieces[ar->home[func]];
	within = sym->value - ar->funcs->list[func].offset_bytes;
	/* What followed the function stays behind. */
	if (sym->size_bytes > ar->funcs->list[func].len_bytes - within)
		sym->size_bytes = ar->funcs->list[func].len_bytes - within;
	sym->value = piece->offset_bytes + within;
	sym->section = piece->section;
}

static int commit_symbols(struct weir_arrange *ar)
{
	int ret;

	for (size_t i = 0; i < ar->elf->n_symbols; i++) {
		struct weir_elf_symbol *sym = &ar->elf->symbols[i];

		if (sym->dropped || sym->type == STT_SECTION ||
		    sym->section >= ar->elf->n_sections ||
		    !(ar->elf->sections[sym->section].flags & SHF_EXECINSTR) ||
		    !ar->held[sym->section])
			continue;
		move_symbol(ar, sym);
	}
	for (size_t i = 0; i < ar->funcs->n; i++) {
		const struct weir_func *func = &ar->funcs->list[i];
		const struct weir_piece *piece;

		if (!needs_copy(ar, i))
			continue;
		piece = &ar->pieces[ar->target[i]];
		ret = weir_elf_add_symbol(ar->elf, ar->elf->symbols[func->symbol].name, STB_LOCAL,
					  STT_FUNC, piece->section, piece->offset_bytes,
					  func->len_bytes);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int move_all(struct weir_arrange *ar)
{
	int err;

	err = lay_out(ar);
	if (err)
		return err;
	ar->built = calloc(ar->elf->n_sections, sizeof(*ar->built));
	ar->held = calloc(ar->elf->n_sections, sizeof(*ar->held));
	if (!ar->built || !ar->held)
		return weir_fail(-ENOMEM, "%s: out of memory", ar->name);
	for (size_t i = 0; i < ar->funcs->n; i++)
		ar->held[ar->funcs->list[i].section] = true;
	err = weir_arrange_emit(ar);
	if (!err && ar->btf)
		err = weir_arrange_btf(ar);
	if (!err)
		err = commit_symbols(ar);
	if (!err)
		commit_sections(ar);
	for (size_t i = 0; i < ar->elf->n_sections; i++) {
		free(ar->built[i].data);
		free(ar->built[i].rels);
	}
	return err;
}

/* libbpf refuses a program that is local. */
static void make_programs_global(const struct weir_arrange *ar)
{
	for (size_t i = 0; i < ar->elf->n_symbols; i++) {
		struct weir_elf_symbol *sym = &ar->elf->symbols[i];

		if (!sym->dropped && sym->type == STT_FUNC && sym->bind == STB_LOCAL &&
		    sym->section < ar->elf->n_sections && sym->section != ar->text &&
		    is_code(&ar->elf->sections[sym->section]))
			sym->bind = STB_GLOBAL;
	}
}

static int arrange(struct weir_arrange *ar)
{
	bool moves = false;
	int err;

	err = find_text(ar);
	for (size_t i = 0; !err && i < ar->funcs->n; i++)
		err = note_calls(ar, &ar->funcs->list[i]);
	if (err)
		return err;
	weir_arrange_name_programs(ar);
	for (size_t i = 0; !moves && i < ar->funcs->n; i++)
		moves = must_move(ar, i);
	err = moves ? move_all(ar) : weir_arrange_touch_up(ar);
	if (!err)
		make_programs_global(ar);
	return err;
}

int weir_code_arrange(struct weir_elf *elf, struct weir_funcs *funcs, int entry, struct btf *btf,
		      const char *name, uint32_t *entry_symbol)
{
	struct weir_arrange ar = {
		.elf = elf,
		.funcs = funcs,
		.btf = btf,
		.name = name,
		.entry = entry,
		.text_symbol = UINT32_MAX,
	};
	uint32_t symbol = entry < 0 ? 0 : funcs->list[entry].symbol;
	struct weir_funcs rebuilt;
	int err;

	ar.called = calloc(funcs->n + 1, sizeof(*ar.called));
	ar.home = calloc(funcs->n + 1, sizeof(*ar.home));
	ar.target = calloc(funcs->n + 1, sizeof(*ar.target));
	ar.pieces = calloc(2 * funcs->n + 1, sizeof(*ar.pieces));
	if (!ar.called || !ar.home || !ar.target || !ar.pieces)
		err = weir_fail(-ENOMEM, "%s: functions: out of memory", name);
	else
		err = arrange(&ar);
	if (err)
		goto out;
	if (!btf && weir_elf_find(elf, ".BTF.ext") >= 0)
		elf->sections[weir_elf_find(elf, ".BTF.ext")].dropped = true;
	err = weir_funcs_collect(elf, name, &rebuilt);
	if (err)
		goto out;
	weir_funcs_free(funcs);
	*funcs = rebuilt;
	if (entry >= 0 && entry_symbol)
		*entry_symbol = symbol;
out:
	free(ar.called);
	free(ar.home);
	free(ar.target);
	free(ar.pieces);
	free(ar.built);
	free(ar.held);
	return err;
}
