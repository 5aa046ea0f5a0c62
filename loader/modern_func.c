// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * BTF for functions of an object that was compiled without it.
 *
 * In: function symbols, after they have been put in their places. Out: a FUNC
 * each, and a .BTF.ext that says where they begin, which makes the kernel keep
 * their names. Each start is a "line", too, whose text is the function: libbpf
 * complains about programs without any, and the verifier's log gains by it. The kernel wants an
 * entry for each subprogram of a program or none at all (check_btf_func()), so no function may be
 * left out. Signatures are unknown: main programs get the context, subprograms no arguments and
 * static linkage, so that the verifier follows the calls as without BTF.
 */
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "loader/modern.h"

#define BTF_VERSION_1 1

/* .BTF.ext as libbpf writes and reads it (btf_ext_header, btf_ext_info_sec). */
struct ext_header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	uint32_t func_info_off, func_info_len;
	uint32_t line_info_off, line_info_len;
	uint32_t core_relo_off, core_relo_len;
};

struct ext_section {
	uint32_t name_off;
	uint32_t n;
};

struct ext_func {
	uint32_t insn_off_bytes;
	uint32_t type_id;
};

struct ext_line {
	uint32_t insn_off_bytes;
	uint32_t file_name_off;
	uint32_t line_off; /* text of the line */
	uint32_t line_col; /* line number and column; not known */
};

struct entry {
	uint32_t section;
	uint32_t symbol;
	uint64_t offset_bytes;
	uint32_t type_id;
	uint32_t line_off;
};

static int by_place(const void *a, const void *b)
{
	const struct entry *l = a, *r = b;

	if (l->section != r->section)
		return l->section < r->section ? -1 : 1;
	if (l->offset_bytes != r->offset_bytes)
		return l->offset_bytes < r->offset_bytes ? -1 : 1;
	return l->symbol < r->symbol ? -1 : l->symbol > r->symbol;
}

static bool is_function(const struct weir_elf *elf, const struct weir_elf_symbol *sym)
{
	const struct weir_elf_section *section;

	if (sym->dropped || sym->type != STT_FUNC || sym->section >= elf->n_sections)
		return false;
	section = &elf->sections[sym->section];
	/* libbpf looks sections up by name: of two, it sees the first. */
	return !section->dropped && section->flags & SHF_EXECINSTR && section->name[0] &&
	       sym->value < section->size_bytes &&
	       weir_elf_find(elf, section->name) == (int)sym->section;
}

static size_t list_entries(const struct weir_elf *elf, struct entry *list)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < elf->n_symbols; i++)
		if (is_function(elf, &elf->symbols[i]))
			list[n++] = (struct entry){
				.section = elf->symbols[i].section,
				.symbol = (uint32_t)i,
				.offset_bytes = elf->symbols[i].value,
			};
	if (n)
		qsort(list, n, sizeof(*list), by_place);
	for (size_t i = 0; i < n; i++)
		if (!kept || list[kept - 1].section != list[i].section ||
		    list[kept - 1].offset_bytes != list[i].offset_bytes)
			list[kept++] = list[i];
	return kept;
}

/* btf_func_check_meta() wants an identifier; compilers put dots into clones. */
static char *identifier(const char *name)
{
	char *id = strdup(*name ? name : "_");

	for (char *at = id; at && *at; at++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", *at))
			*at = '_';
	if (id && *id >= '0' && *id <= '9')
		*id = '_';
	return id;
}

static int add_protos(struct btf *btf, int *prog, int *subprog)
{
	int number = btf__add_int(btf, "int", sizeof(uint32_t), BTF_INT_SIGNED), ctx, err;

	ctx = number < 0 ? number : btf__add_ptr(btf, 0);
	if (ctx < 0)
		return ctx;
	*prog = btf__add_func_proto(btf, number);
	err = *prog < 0 ? *prog : btf__add_func_param(btf, "ctx", ctx);
	if (err)
		return err;
	*subprog = btf__add_func_proto(btf, number);
	return *subprog < 0 ? *subprog : 0;
}

static int add_function(const struct weir_elf *elf, struct btf *btf, struct entry *entry, int proto,
			bool is_sub)
{
	char *name = identifier(elf->symbols[entry->symbol].name), *line = NULL;
	int id = -ENOMEM, line_off = -ENOMEM;

	if (name && asprintf(&line, "%s()", name) >= 0) {
		id = btf__add_func(btf, name, is_sub ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL, proto);
		line_off = btf__add_str(btf, line);
		free(line);
	}
	free(name);
	if (id < 0 || line_off < 0)
		return id < 0 ? id : line_off;
	entry->type_id = (uint32_t)id;
	entry->line_off = (uint32_t)line_off;
	return 0;
}

static int add_functions(const struct weir_elf *elf, struct btf *btf, struct entry *list, size_t n)
{
	int prog, subprog, err;

	err = add_protos(btf, &prog, &subprog);
	for (size_t i = 0; i < n && !err; i++) {
		bool is_sub = !strcmp(elf->sections[list[i].section].name, ".text");

		err = add_function(elf, btf, &list[i], is_sub ? subprog : prog, is_sub);
	}
	return err;
}

static size_t count_sections(const struct entry *list, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += !i || list[i].section != list[i - 1].section;
	return count;
}

/* Bytes of one kind of information about @n functions, of @record_bytes each. */
static uint32_t info_bytes(const struct entry *list, size_t n, size_t record_bytes)
{
	return (uint32_t)(sizeof(uint32_t) + count_sections(list, n) * sizeof(struct ext_section) +
			  n * record_bytes);
}

/* Size of records, then for each section its name and records of its functions. */
static int encode(const struct weir_elf *elf, struct btf *btf, const struct entry *list, size_t n,
		  int file_name_off, uint8_t *at)
{
	const uint32_t record_bytes =
		file_name_off ? sizeof(struct ext_line) : sizeof(struct ext_func);
	struct ext_section *section = NULL;

	memcpy(at, &record_bytes, sizeof(record_bytes));
	at += sizeof(record_bytes);
	for (size_t i = 0; i < n; i++) {
		/* struct ext_func is its first two words, but for the second's meaning. */
		struct ext_line record = {.insn_off_bytes = (uint32_t)list[i].offset_bytes};

		if (!i || list[i].section != list[i - 1].section) {
			int name_off = btf__add_str(btf, elf->sections[list[i].section].name);

			if (name_off < 0)
				return name_off;
			section = (void *)at;
			section->name_off = (uint32_t)name_off;
			at += sizeof(*section);
		}
		record.file_name_off = file_name_off ? (uint32_t)file_name_off : list[i].type_id;
		record.line_off = list[i].line_off;
		memcpy(at, &record, record_bytes);
		at += record_bytes;
		section->n++;
	}
	return 0;
}

static int store(struct weir_elf *elf, struct btf *btf, const struct entry *list, size_t n,
		 const char *name)
{
	struct ext_header hdr = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION_1,
		.hdr_len = sizeof(hdr),
		.func_info_len = info_bytes(list, n, sizeof(struct ext_func)),
		.line_info_len = info_bytes(list, n, sizeof(struct ext_line)),
	};
	int at, err, file_name_off = btf__add_str(btf, *name ? name : "?");
	uint8_t *data;

	if (file_name_off < 0)
		return file_name_off;
	hdr.line_info_off = hdr.func_info_len;
	hdr.core_relo_off = hdr.line_info_off + hdr.line_info_len;
	at = weir_elf_add_section(elf, BTF_EXT_ELF_SEC, SHT_PROGBITS, 0, sizeof(uint32_t));
	if (at < 0)
		return at;
	err = weir_elf_resize(&elf->sections[at], sizeof(hdr) + (uint64_t)hdr.core_relo_off);
	if (err)
		return err;
	data = elf->sections[at].data;
	memcpy(data, &hdr, sizeof(hdr));
	data += sizeof(hdr);
	err = encode(elf, btf, list, n, 0, data);
	return err ?: encode(elf, btf, list, n, file_name_off, data + hdr.line_info_off);
}

static void drop_section(struct weir_elf *elf, const char *section)
{
	int at = weir_elf_find(elf, section);

	if (at >= 0)
		elf->sections[at].dropped = true;
}

int weir_modern_funcs(struct weir_elf *elf, struct btf *btf, const char *name)
{
	struct entry *list;
	size_t n;
	int err;

	/* Damaged, or speaking of BTF that is not there. */
	drop_section(elf, BTF_ELF_SEC);
	drop_section(elf, BTF_EXT_ELF_SEC);
	list = calloc(elf->n_symbols + 1, sizeof(*list));
	if (!list)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	n = list_entries(elf, list);
	err = n ? add_functions(elf, btf, list, n) : 0;
	if (!err && n)
		err = store(elf, btf, list, n, name);
	free(list);
	return err ? weir_fail(err, "%s: functions cannot be described in BTF", name) : 0;
}
