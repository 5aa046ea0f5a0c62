// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Symbols as today's compilers write them.
 *
 * In: a model as read, perhaps by an LLVM before 8, which left symbols without
 * type and size, or relocations without type. Out: functions are STT_FUNC and
 * maps STT_OBJECT, each reaching to the next one or to the section's end;
 * relocations of code say what they are.
 *
 * In code, a global name is a function and a local one a jump label (LBB0_1),
 * unless it stands where a function must start: at the section's first byte,
 * where a call or an address points, or behind an exit where no jump leads.
 * Data has no labels.
 */
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/code_ref.h"
#include "loader/log.h"

#define INSN_BYTES ((uint64_t)sizeof(struct bpf_insn))

struct place {
	uint32_t section;
	uint64_t offset;
};

/* Where something starts. */
struct places {
	struct place *list;
	size_t n, room;
};

static int places_add(struct places *places, uint32_t section, uint64_t offset)
{
	struct place *list;

	if (places->n == places->room) {
		size_t room = places->room ? 2 * places->room : 64;

		list = reallocarray(places->list, room, sizeof(*list));
		if (!list)
			return weir_fail(-ENOMEM, "symbols: out of memory");
		places->list = list;
		places->room = room;
	}
	places->list[places->n++] = (struct place){.section = section, .offset = offset};
	return 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void places_sort(struct places *places)
{
	if (places->n)
		qsort(places->list, places->n, sizeof(*places->list), compare_places);
}

static bool places_have(const struct places *places, uint32_t section, uint64_t offset)
{
	const struct place key = {.section = section, .offset = offset};

	return places->n &&
	       bsearch(&key, places->list, places->n, sizeof(key), compare_places) != NULL;
}

/* The next start in @section behind @offset, or @end. */
static uint64_t places_next(const struct places *places, uint32_t section, uint64_t offset,
			    uint64_t end)
{
	const struct place key = {.section = section, .offset = offset};
	size_t low = 0, high = places->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_places(&places->list[mid], &key) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < places->n && places->list[low].section == section)
		return places->list[low].offset;
	return end;
}

static bool is_code(const struct weir_elf_section *sec)
{
	return !sec->dropped && (sec->flags & SHF_EXECINSTR);
}

static bool is_maps(const struct weir_elf_section *sec)
{
	return !sec->dropped && (!strcmp(sec->name, "maps") || !strncmp(sec->name, "maps/", 5));
}

/* The section that @sym stands in, if it is one that repair is about. */
static const struct weir_elf_section *section_of(const struct weir_elf *elf,
						 const struct weir_elf_symbol *sym)
{
	const struct weir_elf_section *sec;

	if (sym->dropped || sym->section >= elf->n_sections)
		return NULL;
	sec = &elf->sections[sym->section];
	return is_code(sec) || is_maps(sec) ? sec : NULL;
}

static int name_relocations(const struct weir_elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->n_sections; i++) {
		const struct weir_elf_section *sec = &elf->sections[i];

		for (size_t j = 0; is_code(sec) && j < sec->n_rels; j++) {
			struct weir_elf_rel *rel = &sec->rels[j];

			if (rel->type != R_BPF_NONE)
				continue;
			if (sec->data[rel->offset] == (BPF_LD | BPF_IMM | BPF_DW))
				rel->type = R_BPF_64_64;
			else if (sec->data[rel->offset] == (BPF_JMP | BPF_CALL))
				rel->type = R_BPF_64_32;
			else
				return weir_fail(
					-EINVAL,
					"%s: section %s: instruction %llu has a relocation "
					"but is neither a load of an address nor a call",
					name, sec->name,
					(unsigned long long)(rel->offset / INSN_BYTES));
		}
	}
	return 0;
}

static void type_globals(const struct weir_elf *elf)
{
	for (size_t i = 0; i < elf->n_symbols; i++) {
		struct weir_elf_symbol *sym = &elf->symbols[i];
		const struct weir_elf_section *sec = section_of(elf, sym);

		if (!sec || sym->type != STT_NOTYPE || !sym->name[0])
			continue;
		if (is_maps(sec))
			sym->type = STT_OBJECT;
		else if (sym->bind != STB_LOCAL)
			sym->type = STT_FUNC;
	}
}

static bool is_thing(const struct weir_elf *elf, const struct weir_elf_symbol *sym)
{
	return section_of(elf, sym) && (sym->type == STT_FUNC || sym->type == STT_OBJECT);
}

static int find_things(const struct weir_elf *elf, struct places *out)
{
	int err = 0;

	out->n = 0;
	for (size_t i = 0; !err && i < elf->n_symbols; i++)
		if (is_thing(elf, &elf->symbols[i]))
			err = places_add(out, elf->symbols[i].section, elf->symbols[i].value);
	places_sort(out);
	return err;
}

/* What the instructions say about the places in code. */
struct flow {
	struct places targets; /* of calls and addresses; first bytes of sections */
	struct places jumps;   /* of jumps */
	struct places behind;  /* of instructions that do not go on to the next */
};

static int note_insn(const struct weir_elf *elf, uint32_t section, uint64_t at, struct flow *flow)
{
	struct weir_code_ref ref;
	struct bpf_insn insn;
	uint8_t class, op;
	int ret;

	ret = weir_code_ref_at(elf, section, at, &ref);
	if (ret > 0)
		ret = places_add(&flow->targets, ref.section, ref.offset_bytes);
	memcpy(&insn, elf->sections[section].data + at, sizeof(insn));
	class = BPF_CLASS(insn.code);
	op = BPF_OP(insn.code);
	if (ret || (class != BPF_JMP && class != BPF_JMP32) || op == BPF_CALL)
		return ret;
	if (op == BPF_EXIT || op == BPF_JA)
		ret = places_add(&flow->behind, section, at + INSN_BYTES);
	if (!ret && op != BPF_EXIT) {
		/* the long jump of Linux 6.6 keeps its distance in imm */
		int64_t distance = class == BPF_JMP32 && op == BPF_JA ? insn.imm : insn.off;

		ret = places_add(&flow->jumps, section,
				 at + (uint64_t)((distance + 1) * (int64_t)INSN_BYTES));
	}
	return ret;
}

static int find_flow(const struct weir_elf *elf, struct flow *flow)
{
	int err = 0;

	for (uint32_t i = 0; i < elf->n_sections; i++) {
		const struct weir_elf_section *sec = &elf->sections[i];
		uint64_t end = sec->size_bytes / INSN_BYTES * INSN_BYTES;

		if (!is_code(sec))
			continue;
		err = places_add(&flow->targets, i, 0);
		for (uint64_t at = 0; !err && at < end; at += weir_insn_len(sec, at))
			err = note_insn(elf, i, at, flow);
		if (err)
			return err;
	}
	places_sort(&flow->targets);
	places_sort(&flow->jumps);
	places_sort(&flow->behind);
	return 0;
}

/* A local name without a type that does not look like a jump label. */
static bool is_label(const struct weir_elf *elf, const struct weir_elf_symbol *sym)
{
	const struct weir_elf_section *sec = section_of(elf, sym);

	return sec && is_code(sec) && sym->bind == STB_LOCAL && sym->type == STT_NOTYPE &&
	       sym->name[0] && strncmp(sym->name, "LBB", 3) != 0 &&
	       strncmp(sym->name, ".L", 2) != 0;
}

static bool is_start(const struct flow *flow, const struct weir_elf_symbol *sym)
{
	if (places_have(&flow->targets, sym->section, sym->value))
		return true;
	return places_have(&flow->behind, sym->section, sym->value) &&
	       !places_have(&flow->jumps, sym->section, sym->value);
}

/* Static functions of LLVM before 8: named, but local and without a type. */
static int type_labels(const struct weir_elf *elf, const struct places *things)
{
	struct flow flow = {0};
	bool known = false;
	int err = 0;

	for (size_t i = 0; !err && i < elf->n_symbols; i++) {
		struct weir_elf_symbol *sym = &elf->symbols[i];

		if (!is_label(elf, sym) || places_have(things, sym->section, sym->value))
			continue;
		if (!known)
			err = find_flow(elf, &flow);
		known = true;
		if (!err && is_start(&flow, sym))
			sym->type = STT_FUNC;
	}
	free(flow.targets.list);
	free(flow.jumps.list);
	free(flow.behind.list);
	return err;
}

static void size_things(const struct weir_elf *elf, const struct places *things)
{
	for (size_t i = 0; i < elf->n_symbols; i++) {
		struct weir_elf_symbol *sym = &elf->symbols[i];

		if (is_thing(elf, sym) && !sym->size_bytes)
			sym->size_bytes = places_next(things, sym->section, sym->value,
						      elf->sections[sym->section].size_bytes) -
					  sym->value;
	}
}

int weir_symbols_repair(struct weir_elf *elf, const char *name)
{
	struct places things = {NULL, 0, 0};
	int err;

	err = name_relocations(elf, name);
	if (err)
		return err;
	type_globals(elf);
	err = find_things(elf, &things);
	if (!err)
		err = type_labels(elf, &things);
	if (!err)
		err = find_things(elf, &things);
	if (!err)
		size_things(elf, &things);
	free(things.list);
	return err;
}
