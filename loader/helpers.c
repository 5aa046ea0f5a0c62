// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which kernel helpers a program calls, its subprograms and callbacks
 * included.
 *
 * In: a function of a model. Out: BPF_FUNC_* numbers. A helper call is
 * BPF_CALL with src_reg 0, the number in imm, and no relocation.
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
	uint32_t *helpers;
	size_t n_helpers;
};

static int note_helper(struct walk *walk, uint32_t helper)
{
	uint32_t *list;

	for (size_t i = 0; i < walk->n_helpers; i++)
		if (walk->helpers[i] == helper)
			return 0;
	list = reallocarray(walk->helpers, walk->n_helpers + 1, sizeof(*list));
	if (!list)
		return weir_fail(-ENOMEM, "helpers: out of memory");
	walk->helpers = list;
	list[walk->n_helpers++] = helper;
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
	int ret;

	ret = weir_code_ref_at(walk->elf, section, offset, &ref);
	if (ret < 0)
		return ret;
	if (ret > 0) {
		note_func(walk, &ref);
		return 0;
	}
	memcpy(&insn, sec->data + offset, sizeof(insn));
	if (insn.code != (BPF_JMP | BPF_CALL) || insn.src_reg)
		return 0;
	rel = weir_rel_from(sec, offset);
	return rel && rel->offset == offset ? 0 : note_helper(walk, (uint32_t)insn.imm);
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

int weir_func_helpers(const struct weir_elf *elf, const struct weir_funcs *funcs,
		      const struct weir_func *func, uint32_t **out)
{
	struct walk walk = {.elf = elf, .funcs = funcs};
	struct weir_code_ref start = {
		.section = func->section,
		.offset_bytes = func->offset_bytes,
	};
	int ret;

	walk.seen = calloc(funcs->n + 1, sizeof(*walk.seen));
	walk.todo = calloc(funcs->n + 1, sizeof(*walk.todo));
	if (!walk.seen || !walk.todo) {
		ret = weir_fail(-ENOMEM, "helpers: out of memory");
		goto out;
	}
	note_func(&walk, &start);
	ret = walk_all(&walk);
	if (ret)
		goto out;
	if (walk.n_helpers)
		qsort(walk.helpers, walk.n_helpers, sizeof(*walk.helpers), compare_numbers);
	ret = (int)walk.n_helpers;
	*out = walk.helpers;
	walk.helpers = NULL;
out:
	free(walk.seen);
	free(walk.todo);
	free(walk.helpers);
	return ret;
}
