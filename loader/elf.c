// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ELF model itself: looking up, appending, resizing, freeing.
 *
 * In: what elf_read.c filled, or nothing. Out: the same model, changed. All
 * memory of the model is malloc()ed piece by piece, so that a pass may replace
 * a name or a section's bytes without knowing who made them.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elf.h"
#include "loader/log.h"

/* Room for one more element of @size bytes behind @n; NULL leaves @list alone. */
static void *grow(void *list, size_t n, size_t size)
{
	return reallocarray(list, n + 1, size);
}

int weir_elf_find(const struct weir_elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->n_sections; i++)
		if (!elf->sections[i].dropped && !strcmp(elf->sections[i].name, name))
			return (int)i;
	return -ENOENT;
}

int weir_elf_add_section(struct weir_elf *elf, const char *name, uint32_t type, uint64_t flags,
			 uint64_t align)
{
	struct weir_elf_section *list;
	char *copy = strdup(name);

	list = grow(elf->sections, elf->n_sections, sizeof(*list));
	if (list)
		elf->sections = list;
	if (!list || !copy) {
		free(copy);
		return weir_fail(-ENOMEM, "section %s: out of memory", name);
	}
	list[elf->n_sections] = (struct weir_elf_section){
		.name = copy,
		.type = type,
		.flags = flags,
		.align = align,
	};
	return (int)elf->n_sections++;
}

int weir_elf_add_symbol(struct weir_elf *elf, const char *name, uint8_t bind, uint8_t type,
			uint32_t section, uint64_t value, uint64_t size_bytes)
{
	struct weir_elf_symbol *list;
	char *copy = strdup(name);

	list = grow(elf->symbols, elf->n_symbols, sizeof(*list));
	if (list)
		elf->symbols = list;
	if (!list || !copy) {
		free(copy);
		return weir_fail(-ENOMEM, "symbol %s: out of memory", name);
	}
	list[elf->n_symbols] = (struct weir_elf_symbol){
		.name = copy,
		.bind = bind,
		.type = type,
		.visibility = STV_DEFAULT,
		.section = section,
		.value = value,
		.size_bytes = size_bytes,
	};
	return (int)elf->n_symbols++;
}

int weir_elf_resize(struct weir_elf_section *section, uint64_t size_bytes)
{
	uint8_t *data;

	if (section->type != SHT_NOBITS && size_bytes > section->size_bytes) {
		data = realloc(section->data, size_bytes);
		if (!data)
			return weir_fail(-ENOMEM, "section %s: out of memory", section->name);
		memset(data + section->size_bytes, 0, size_bytes - section->size_bytes);
		section->data = data;
	} else if (!size_bytes) {
		free(section->data);
		section->data = NULL;
	}
	section->size_bytes = size_bytes;
	return 0;
}

int weir_elf_add_rel(struct weir_elf_section *section, uint64_t offset, uint32_t symbol,
		     uint32_t type)
{
	struct weir_elf_rel *list = grow(section->rels, section->n_rels, sizeof(*list));
	size_t at = section->n_rels;

	if (!list)
		return weir_fail(-ENOMEM, "section %s: out of memory", section->name);
	section->rels = list;
	while (at > 0 && list[at - 1].offset > offset)
		at--;
	memmove(&list[at + 1], &list[at], (section->n_rels - at) * sizeof(*list));
	list[at] = (struct weir_elf_rel){.offset = offset, .symbol = symbol, .type = type};
	section->n_rels++;
	return 0;
}

void weir_elf_free(struct weir_elf *elf)
{
	if (!elf)
		return;
	for (size_t i = 0; i < elf->n_sections; i++) {
		free(elf->sections[i].name);
		free(elf->sections[i].data);
		free(elf->sections[i].rels);
	}
	for (size_t i = 0; i < elf->n_symbols; i++)
		free(elf->symbols[i].name);
	free(elf->sections);
	free(elf->symbols);
	free(elf);
}
