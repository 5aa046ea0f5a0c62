/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * .BTF.ext as a list of records, each with the instruction it speaks of, so
 * that records can follow their function; and back. Checking alone: btf.h.
 */
#ifndef WEIR_LOADER_BTF_EXT_H
#define WEIR_LOADER_BTF_EXT_H

#include "loader/elf.h"

struct btf;

enum weir_btf_ext_kind {
	WEIR_BTF_EXT_FUNC, /* struct bpf_func_info */
	WEIR_BTF_EXT_LINE, /* struct bpf_line_info */
	WEIR_BTF_EXT_CORE, /* struct bpf_core_relo */
	WEIR_BTF_EXT_KINDS,
};

#define WEIR_BTF_EXT_NAME ".BTF.ext"

/* libbpf's struct btf_ext_header is not installed; version 1, LLVM 8. */
struct weir_btf_ext_header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	struct {
		uint32_t off, len;   /* off counts from the header's end */
	} kinds[WEIR_BTF_EXT_KINDS]; /* the last one since LLVM 10: hdr_len 32 */
};

struct weir_btf_ext_block {
	uint32_t sec_name_off;
	uint32_t num_info;
};

struct weir_btf_ext_record {
	uint32_t section;      /* index in weir_elf.sections */
	uint32_t offset_bytes; /* of the instruction, in the section */
	uint32_t type_id;      /* FUNC and CORE; written back */
	const uint8_t *bytes;  /* whole record; borrowed from the ELF section */
};

struct weir_btf_ext_list {
	uint32_t record_bytes;
	struct weir_btf_ext_record *list;
	size_t n;
};

struct weir_btf_ext {
	struct weir_btf_ext_list kinds[WEIR_BTF_EXT_KINDS];
};

/*
 * Reads and checks section ".BTF.ext" of @elf. 1: read into @out; 0: there is
 * none. -EINVAL (not logged): damaged, *@why tells how and *@core whether CO-RE
 * relocations were, or may have been, in it. @out lives as long as the section's bytes.
 */
int weir_btf_ext_read(const struct weir_elf *elf, const struct btf *btf, struct weir_btf_ext *out,
		      const char **why, bool *core);
/* Makes the records the contents of ".BTF.ext"; sorts them. Names of sections
 * are added to @btf. */
int weir_btf_ext_store(struct weir_elf *elf, struct btf *btf, struct weir_btf_ext *ext);
/* Appends a copy of @record. */
int weir_btf_ext_add(struct weir_btf_ext_list *list, const struct weir_btf_ext_record *record);
void weir_btf_ext_free(struct weir_btf_ext *ext);

#endif
