/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of weir_maps_modernise(): types in BTF, functions in BTF, places in ELF. */
#ifndef WEIR_LOADER_MODERN_H
#define WEIR_LOADER_MODERN_H

#include "loader/mapdef.h"

#define WEIR_MAPS_SECTION ".maps"

/* What becomes of one map. */
struct weir_modern_map {
	const struct weir_mapdef *inner; /* template of an outer map; NULL: none, or its own */
	uint32_t struct_id;
	uint32_t struct_bytes;	   /* where the slots of "values" begin */
	uint32_t old_struct_bytes; /* BTF style: the same before */
	uint32_t slots;		   /* static slots to be added, see weir_modern_opts */
	uint64_t offset_bytes;	   /* in the new section */
	uint64_t len_bytes;	   /* struct and slots */
};

/* modern_type.c: the struct that says in BTF what @def is; with @slots "pinning"
 * for libbpf's other users, too. Fills struct_id and both struct sizes. */
int weir_modern_type(struct btf *btf, const struct weir_mapdef *def, bool pinning,
		     struct weir_modern_map *map);

/* modern_type.c: 32-bit INT of @is_signed, found or added. Returns its id. */
int weir_modern_int(struct btf *btf, bool is_signed);

/* modern_func.c: FUNC for every function of @elf and section .BTF.ext with
 * their func_info, where the object has no BTF of its own. */
int weir_modern_funcs(struct weir_elf *elf, struct btf *btf, const char *name);

/* modern_place.c: section, symbols and relocations for @maps, @defs->n of them. */
int weir_modern_place(struct weir_elf *elf, struct weir_mapdefs *defs, struct weir_modern_map *maps,
		      const char *name);

#endif
