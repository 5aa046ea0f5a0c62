// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a program uses, its subprograms and callbacks included: helpers, data of
 * the object (maps and variables), functions of its own.
 *
 * In: a function of a model. Out: BPF_FUNC_* numbers and places. A helper call is
 * BPF_CALL with src_reg 0, the number in imm, and no relocation; a map or a
 * variable is the symbol of an ld_imm64, plus its imm.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/code_ref.h"
#include "loader/log.h"

struct walk {
	const struct weir_elf *elf;
	const struct weir_funcs *funcs;
	bool *seen;
	size_t *todo;
	size_t n_todo;
	struct weir_uses uses;
};

static int note_helper(struct walk *walk, uint32_t helper)
{
	struct weir_uses *uses = &walk->uses;
	uint32_t *list;

	for (size_t i = 0; i < uses->n_helpers; i++)
		if (uses->helpers[i] == helper)
			return 0;
	list = reallocarray(uses->helpers, uses->n_helpers + 1, sizeof(*list));
	if (!list)
		return weir_fail(-ENOMEM, "uses: out of memory");
	uses->helpers = list;
	list[uses->n_helpers++] = helper;
	return 0;
}

/* The datum that the ld_imm64 @insn loads the address of. */
static int note_datum(struct walk *walk, const struct weir_elf_symbol *sym,
		      const struct bpf_insn *insn)
{
	const struct weir_place place = {sym->section, sym->value + (uint64_t)(int64_t)insn->imm};
	struct weir_uses *uses = &walk->uses;
	struct weir_place *list;

	for (size_t i = 0; i < uses->n_data; i++)
		if (!memcmp(&uses->data[i], &place, sizeof(place)))
			return 0;
	list = reallocarray(uses->data, uses->n_data + 1, sizeof(*list));
	if (!list)
		return weir_fail(-ENOMEM, "uses: out of memory");
	uses->data = list;
	list[uses->n_data++] = place;
	return 0;
}

static void note_func(struct walk *walk, const struct weir_code_ref *ref)
{
	int index = weir_funcs_index(walk->funcs, ref->section, ref->offset_bytes, true);

	if (index < 0 || walk->seen[index])
		return;
	walk->seen[index] = true;
	walk->todo[walk->n_todo++] = (size_t)index;
}

static int walk_insn(struct walk *walk, uint32_t section, uint64_t offset)
{
	const struct weir_elf_section *sec = &walk->elf->sections[section];
	const struct weir_elf_rel *rel;
	struct weir_code_ref ref;
	struct bpf_insn insn;
	bool is_load;
	int ret;

	ret = weir_code_ref_at(walk->elf, section, offset, &ref);
	if (ret < 0)
		return ret;
	if (ret > 0) {
		note_func(walk, &ref);
		return 0;
	}
	memcpy(&insn, sec->data + offset, sizeof(insn));
	is_load = insn.code == (BPF_LD | BPF_IMM | BPF_DW);
	if (!is_load && (insn.code != (BPF_JMP | BPF_CALL) || insn.src_reg))
		return 0;
	rel = weir_rel_from(sec, offset);
	if (rel && rel->offset != offset)
		rel = NULL;
	if (is_load)
		return rel ? note_datum(walk, &walk->elf->symbols[rel->symbol], &insn) : 0;
	return rel ? 0 : note_helper(walk, (uint32_t)insn.imm);
}

static int walk_all(struct walk *walk)
{
	int err = 0;

	while (!err && walk->n_todo) {
		const struct weir_func *func = &walk->funcs->list[walk->todo[--walk->n_todo]];
		const struct weir_elf_section *sec = &walk->elf->sections[func->section];
		uint64_t end = func->offset_bytes + func->len_bytes;

		for (uint64_t at = func->offset_bytes; !err && at < end;
		     at += weir_insn_len(sec, at))
			err = walk_insn(walk, func->section, at);
	}
	return err;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void weir_uses_free(struct weir_uses *uses)
{
	free(uses->helpers);
	free(uses->data);
	*uses = (struct weir_uses){0};
}

int weir_func_uses(const struct weir_elf *elf, const struct weir_funcs *funcs,
		   const struct weir_func *func, struct weir_uses *out)
{
	struct walk walk = {.elf = elf, .funcs = funcs};
	struct weir_code_ref start = {
		.section = func->section,
		.offset_bytes = func->offset_bytes,
	};
	int err;

	walk.seen = calloc(funcs->n + 1, sizeof(*walk.seen));
	walk.todo = calloc(funcs->n + 1, sizeof(*walk.todo));
	if (!walk.seen || !walk.todo) {
		err = weir_fail(-ENOMEM, "uses: out of memory");
		goto out;
	}
	note_func(&walk, &start);
	err = walk_all(&walk);
	if (err)
		goto out;
	if (walk.uses.n_helpers)
		qsort(walk.uses.helpers, walk.uses.n_helpers, sizeof(*walk.uses.helpers),
		      compare_numbers);
	for (size_t i = 0; i < funcs->n; i++)
		walk.uses.n_subprogs += walk.seen[i];
	walk.uses.n_subprogs--;
	*out = walk.uses;
	walk.uses = (struct weir_uses){0};
out:
	free(walk.seen);
	free(walk.todo);
	weir_uses_free(&walk.uses);
	return err;
}
