// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * .BTF.ext: which type each function has, which source line each instruction
 * came from, which instructions CO-RE adjusts.
 *
 * In: the section and the object's BTF. Out: checked records, each with its
 * section and instruction. Layout (Documentation/bpf/btf.rst): a
 * header; for each kind the record size, then blocks of {section name, count,
 * records}; every record begins with the byte offset of its instruction.
 * libbpf 1.1 checks the blocks but not what the records refer to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <linux/bpf.h>

#include "loader/btf.h"
#include "loader/btf_ext.h"
#include "loader/log.h"

#define HEADER_MIN offsetof(struct weir_btf_ext_header, kinds[WEIR_BTF_EXT_CORE])

/* struct bpf_core_relo of libbpf; enum bpf_core_relo_kind ends with
 * BPF_CORE_TYPE_MATCHES, Linux 6.0. */
struct core_relo {
	uint32_t insn_off;
	uint32_t type_id;
	uint32_t access_str_off;
	uint32_t kind;
};
#define CORE_KIND_LAST 12

/* Longest record believed; the known ones have 8 and 16 bytes. */
#define RECORD_MAX     64

static const uint32_t record_min[WEIR_BTF_EXT_KINDS] = {
	[WEIR_BTF_EXT_FUNC] = sizeof(struct bpf_func_info),
	[WEIR_BTF_EXT_LINE] = sizeof(struct bpf_line_info),
	[WEIR_BTF_EXT_CORE] = sizeof(struct core_relo),
};

struct reader {
	const struct weir_elf *elf;
	const struct btf *btf;
	const uint8_t *bytes;
	size_t len;
	struct weir_btf_ext ext;
	const char *why;
};

static int damaged(struct reader *rd, const char *why)
{
	rd->why = why;
	return -EINVAL;
}

/* Field numbers separated by colons: libbpf reads signs and spaces, too, and
 * then counts members backwards. */
static bool is_access_string(const char *text)
{
	size_t digits;

	for (;;) {
		digits = strspn(text, "0123456789");
		if (digits < 1 || digits > 9)
			return false;
		text += digits;
		if (!*text)
			return true;
		if (*text++ != ':')
			return false;
	}
}

static int check_func(struct reader *rd, struct weir_btf_ext_record *record)
{
	struct bpf_func_info info;
	const struct btf_type *type;

	memcpy(&info, record->bytes, sizeof(info));
	type = btf__type_by_id(rd->btf, info.type_id);
	if (!type || !btf_is_func(type))
		return damaged(rd, "function without a function type");
	record->type_id = info.type_id;
	return 0;
}

static int check_line(struct reader *rd, struct weir_btf_ext_record *record)
{
	struct bpf_line_info info;

	memcpy(&info, record->bytes, sizeof(info));
	if (!btf__str_by_offset(rd->btf, info.file_name_off) ||
	    !btf__str_by_offset(rd->btf, info.line_off))
		return damaged(rd, "source line outside the strings");
	return 0;
}

static int check_core(struct reader *rd, struct weir_btf_ext_record *record)
{
	struct core_relo relo;
	const char *access;

	memcpy(&relo, record->bytes, sizeof(relo));
	access = btf__str_by_offset(rd->btf, relo.access_str_off);
	if (!relo.type_id || !btf__type_by_id(rd->btf, relo.type_id))
		return damaged(rd, "CO-RE relocation of a type that does not exist");
	if (!access || !is_access_string(access))
		return damaged(rd, "CO-RE relocation of a field that cannot be read");
	if (relo.kind > CORE_KIND_LAST)
		return damaged(rd, "CO-RE relocation of a kind unknown to libbpf");
	record->type_id = relo.type_id;
	return 0;
}

static int read_record(struct reader *rd, enum weir_btf_ext_kind kind, uint32_t section,
		       const uint8_t *bytes)
{
	static int (*const check[WEIR_BTF_EXT_KINDS])(struct reader *,
						      struct weir_btf_ext_record *) = {
		[WEIR_BTF_EXT_FUNC] = check_func,
		[WEIR_BTF_EXT_LINE] = check_line,
		[WEIR_BTF_EXT_CORE] = check_core,
	};
	struct weir_btf_ext_record record = {.section = section, .bytes = bytes};
	int err;

	memcpy(&record.offset_bytes, bytes, sizeof(record.offset_bytes));
	if (record.offset_bytes % sizeof(struct bpf_insn) ||
	    record.offset_bytes >= rd->elf->sections[section].size_bytes)
		return damaged(rd, "instruction outside its section");
	err = check[kind](rd, &record);
	return err ? err : weir_btf_ext_add(&rd->ext.kinds[kind], &record);
}

/* One block at @at; *@at moves behind it. */
static int read_block(struct reader *rd, enum weir_btf_ext_kind kind, size_t *at, size_t end)
{
	const uint32_t record_bytes = rd->ext.kinds[kind].record_bytes;
	struct weir_btf_ext_block head;
	const char *name;
	int section, err;

	if (end - *at < sizeof(head))
		return damaged(rd, "block cut short");
	memcpy(&head, rd->bytes + *at, sizeof(head));
	*at += sizeof(head);
	if (!head.num_info || head.num_info > (end - *at) / record_bytes)
		return damaged(rd, "count of records");
	name = btf__str_by_offset(rd->btf, head.sec_name_off);
	section = name ? weir_elf_find(rd->elf, name) : -ENOENT;
	if (section < 0)
		return damaged(rd, "section that does not exist");
	for (uint32_t i = 0; i < head.num_info; i++, *at += record_bytes) {
		err = read_record(rd, kind, (uint32_t)section, rd->bytes + *at);
		if (err)
			return err;
	}
	return 0;
}

static int read_kind(struct reader *rd, enum weir_btf_ext_kind kind, size_t at, size_t len)
{
	struct weir_btf_ext_list *list = &rd->ext.kinds[kind];
	const size_t end = at + len;
	int err = 0;

	list->record_bytes = record_min[kind];
	if (!len)
		return 0;
	if (len < sizeof(list->record_bytes))
		return damaged(rd, "record size missing");
	memcpy(&list->record_bytes, rd->bytes + at, sizeof(list->record_bytes));
	at += sizeof(list->record_bytes);
	if (list->record_bytes < record_min[kind] || list->record_bytes > RECORD_MAX ||
	    list->record_bytes % sizeof(uint32_t))
		return damaged(rd, "record size");
	if (at == end)
		return damaged(rd, "kind without records");
	while (!err && at < end)
		err = read_block(rd, kind, &at, end);
	return err;
}

static int read_header(struct reader *rd, struct weir_btf_ext_header *out)
{
	struct weir_btf_ext_header header = {0};

	if (rd->len < HEADER_MIN)
		return damaged(rd, "header cut short");
	memcpy(&header, rd->bytes, HEADER_MIN);
	if (header.magic != BTF_MAGIC || header.version != BTF_VERSION || header.flags)
		return damaged(rd, "magic number or version");
	if (header.hdr_len < HEADER_MIN || header.hdr_len > rd->len ||
	    header.hdr_len % sizeof(uint32_t))
		return damaged(rd, "header length");
	if (header.hdr_len >= sizeof(header))
		memcpy(&header, rd->bytes, sizeof(header));
	*out = header;
	return 0;
}

static int read_all(struct reader *rd, bool *core)
{
	struct weir_btf_ext_header header;
	size_t room;
	int err;

	*core = true; /* unless the header says otherwise */
	err = read_header(rd, &header);
	if (err)
		return err;
	*core = header.kinds[WEIR_BTF_EXT_CORE].len > 0;
	room = rd->len - header.hdr_len;
	for (int i = 0; !err && i < WEIR_BTF_EXT_KINDS; i++) {
		uint32_t off = header.kinds[i].off, len = header.kinds[i].len;

		if (off > room || len > room - off || off % sizeof(uint32_t))
			return damaged(rd, "records outside the section");
		err = read_kind(rd, (enum weir_btf_ext_kind)i, header.hdr_len + off, len);
	}
	return err;
}

int weir_btf_ext_read(const struct weir_elf *elf, const struct btf *btf, struct weir_btf_ext *out,
		      const char **why, bool *core)
{
	struct reader rd = {.elf = elf, .btf = btf, .why = "out of memory"};
	int nth = weir_elf_find(elf, WEIR_BTF_EXT_NAME);
	int err;

	if (nth < 0)
		return 0;
	rd.bytes = elf->sections[nth].data;
	rd.len = rd.bytes ? elf->sections[nth].size_bytes : 0;
	err = read_all(&rd, core);
	if (err) {
		weir_btf_ext_free(&rd.ext);
		*why = rd.why;
		return err;
	}
	*out = rd.ext;
	return 1;
}

int weir_btf_ext_check(struct weir_elf *elf, const struct btf *btf, const char *name)
{
	struct weir_btf_ext ext = {0};
	const char *why = NULL;
	bool core = false;
	int ret;

	ret = weir_btf_ext_read(elf, btf, &ext, &why, &core);
	if (ret == -ENOMEM)
		return ret;
	if (ret >= 0) {
		weir_btf_ext_free(&ext);
		return 0;
	}
	if (core)
		return weir_fail(-EINVAL,
				 "%s: .BTF.ext is damaged (%s), and CO-RE relocations would be "
				 "lost with it; compile it again",
				 name, why);
	weir_log(WEIR_LOG_NOTICE, "%s: .BTF.ext is damaged (%s): left out, source lines are lost",
		 name, why);
	elf->sections[weir_elf_find(elf, WEIR_BTF_EXT_NAME)].dropped = true;
	return 0;
}

/* Capacity grows at powers of two; weir_btf_ext_add() is the only one to append. */
int weir_btf_ext_add(struct weir_btf_ext_list *list, const struct weir_btf_ext_record *record)
{
	struct weir_btf_ext_record *more;

	if ((list->n & (list->n - 1)) == 0) {
		more = reallocarray(list->list, list->n ? 2 * list->n : 1, sizeof(*more));
		if (!more)
			return weir_fail(-ENOMEM, WEIR_BTF_EXT_NAME ": out of memory");
		list->list = more;
	}
	list->list[list->n++] = *record;
	return 0;
}

void weir_btf_ext_free(struct weir_btf_ext *ext)
{
	if (!ext)
		return;
	for (int i = 0; i < WEIR_BTF_EXT_KINDS; i++)
		free(ext->kinds[i].list);
	memset(ext, 0, sizeof(*ext));
}
