/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two readers behind weir_mapdefs_collect(), and what they share. */
#ifndef WEIR_LOADER_MAPDEF_READ_H
#define WEIR_LOADER_MAPDEF_READ_H

#include "loader/mapdef.h"

/* A section of iproute2-style records: "maps" or "maps/NAME". */
bool weir_section_is_legacy_maps(const struct weir_elf_section *section);

/* Each appends what it finds to @defs, in section order. */
int weir_mapdefs_read_elf(const struct weir_elf *elf, const struct btf *btf, const char *name,
			  struct weir_mapdefs *defs);
int weir_mapdefs_read_btf(const struct weir_elf *elf, const struct btf *btf, const char *name,
			  struct weir_mapdefs *defs);

/* Appends a copy of @def. */
int weir_mapdefs_add(struct weir_mapdefs *defs, const struct weir_mapdef *def, const char *name);

/* Sorts @n definitions by section and offset. */
void weir_mapdefs_sort(struct weir_mapdef *list, size_t n);

/* BPF_MAP_TYPE_ARRAY_OF_MAPS or _HASH_OF_MAPS. */
bool weir_map_type_is_outer(uint32_t map_type);

/* @type_id without typedefs and modifiers. */
uint32_t weir_btf_strip(const struct btf *btf, uint32_t type_id);

#endif
