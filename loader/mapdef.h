/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Map declarations of an object: iproute2-style records and BTF definitions
 * read into one list, and that list written as BTF definitions.
 */
#ifndef WEIR_LOADER_MAPDEF_H
#define WEIR_LOADER_MAPDEF_H

#include "loader/elf.h"
#include "loader/weir.h"

struct btf;

struct weir_mapdef {
	struct weir_map_decl decl; /* strings: name, section borrowed from the ELF; types owned */
	uint32_t section;	   /* index in weir_elf.sections */
	uint32_t symbol;	   /* index in weir_elf.symbols */
	uint64_t offset_bytes;	   /* in the section */
	uint64_t len_bytes;
	uint32_t var_id;	 /* BTF VAR; 0: none */
	uint32_t key_type_id;	 /* 0: none */
	uint32_t value_type_id;	 /* 0: none */
	uint32_t values_type_id; /* BTF style: the "values" member's type; 0: none */
	bool extended; /* BTF style: has members that libbpf refuses: id, inner_id, inner_idx,
			  pinning > 1 */
	char *key_type, *value_type; /* own decl.key_type, decl.value_type */
	char *former_name; /* owned; decl.name before a second map of that name was renamed */
};

struct weir_mapdefs {
	struct weir_mapdef *list; /* legacy ones in section order, then BTF ones */
	size_t n;
};

/*
 * Reads sections "maps", "maps/NAME" and ".maps". @btf may be NULL. Pin scope
 * and path of the declarations are left for the caller.
 * -EINVAL with the record named: sizes that differ within a section, below 16
 * bytes, above 36 with a surplus that is not zero; two maps at one place;
 * ".maps" without BTF; a BTF definition that cannot be read.
 */
int weir_mapdefs_collect(const struct weir_elf *elf, const struct btf *btf, const char *name,
			 struct weir_mapdefs *out);
void weir_mapdefs_free(struct weir_mapdefs *defs);

struct weir_modern_opts {
	/* for other tools (convert): inner maps become static .values slots
	 * where they fit; a loader that fills slots itself leaves this false */
	bool static_slots;
};

/*
 * Rewrites every map as a BTF definition in one ".maps" section: record
 * growth, symbol values and relocations, VAR and DATASEC. *@btf is created
 * when NULL (then also FUNC and func_info for every function, so that the
 * kernel can keep names and the note), else extended: ids and string offsets
 * stay valid. Old map DATASECs become harmless types of the same length.
 * Then the bytes of *@btf replace section ".BTF". Afterwards the kernel-side
 * meaning that BTF cannot carry (object and custom pins, ids, slots) is only
 * in @defs.
 */
int weir_maps_modernise(struct weir_elf *elf, struct btf **btf, struct weir_mapdefs *defs,
			const struct weir_modern_opts *opts, const char *name);

#endif
