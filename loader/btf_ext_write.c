// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Records of .BTF.ext -> the section's bytes.
 *
 * In: records in any order. Out: the section, sorted as libbpf and the kernel
 * want it, by section and then by instruction, with the names of sections in
 * the object's BTF. The layout is told in btf_ext.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <linux/bpf.h>

#include "loader/btf_ext.h"
#include "loader/log.h"

/* Of equal places the earlier record of the file stays first. */
static int compare_records(const void *a, const void *b)
{
	const struct weir_btf_ext_record *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (x->offset_bytes != y->offset_bytes)
		return x->offset_bytes < y->offset_bytes ? -1 : 1;
	return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static bool starts_block(const struct weir_btf_ext_list *list, size_t nth)
{
	return nth == 0 || list->list[nth].section != list->list[nth - 1].section;
}

static size_t kind_len(const struct weir_btf_ext_list *list)
{
	size_t len = list->n ? sizeof(list->record_bytes) : 0;

	for (size_t i = 0; i < list->n; i++)
		len += list->record_bytes +
		       (starts_block(list, i) ? sizeof(struct weir_btf_ext_block) : 0);
	return len;
}

static void put_record(uint8_t *at, const struct weir_btf_ext_list *list, size_t nth,
		       enum weir_btf_ext_kind kind)
{
	const struct weir_btf_ext_record *record = &list->list[nth];

	memcpy(at, record->bytes, list->record_bytes);
	memcpy(at, &record->offset_bytes, sizeof(record->offset_bytes));
	if (kind != WEIR_BTF_EXT_LINE)
		memcpy(at + offsetof(struct bpf_func_info, type_id), &record->type_id,
		       sizeof(record->type_id));
}

static int put_block_header(uint8_t *at, const struct weir_elf *elf, struct btf *btf,
			    const struct weir_btf_ext_list *list, size_t nth)
{
	const char *name = elf->sections[list->list[nth].section].name;
	struct weir_btf_ext_block head = {0};
	int off = btf__add_str(btf, name);

	if (off < 0)
		return weir_fail(off, WEIR_BTF_EXT_NAME ": cannot add the name %s", name);
	head.sec_name_off = (uint32_t)off;
	while (nth + head.num_info < list->n &&
	       list->list[nth + head.num_info].section == list->list[nth].section)
		head.num_info++;
	memcpy(at, &head, sizeof(head));
	return 0;
}

static int put_kind(uint8_t *at, const struct weir_elf *elf, struct btf *btf,
		    const struct weir_btf_ext_list *list, enum weir_btf_ext_kind kind)
{
	int err;

	if (!list->n)
		return 0;
	memcpy(at, &list->record_bytes, sizeof(list->record_bytes));
	at += sizeof(list->record_bytes);
	for (size_t i = 0; i < list->n; i++, at += list->record_bytes) {
		if (starts_block(list, i)) {
			err = put_block_header(at, elf, btf, list, i);
			if (err)
				return err;
			at += sizeof(struct weir_btf_ext_block);
		}
		put_record(at, list, i, kind);
	}
	return 0;
}

int weir_btf_ext_store(struct weir_elf *elf, struct btf *btf, struct weir_btf_ext *ext)
{
	struct weir_btf_ext_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
	};
	struct weir_elf_section *sec;
	size_t len = 0;
	uint8_t *bytes;
	int err = 0, nth;

	for (int i = 0; i < WEIR_BTF_EXT_KINDS; i++) {
		struct weir_btf_ext_list *list = &ext->kinds[i];

		if (list->n)
			qsort(list->list, list->n, sizeof(*list->list), compare_records);
		header.kinds[i].off = (uint32_t)len;
		header.kinds[i].len = (uint32_t)kind_len(list);
		len += header.kinds[i].len;
	}
	nth = weir_elf_find(elf, WEIR_BTF_EXT_NAME);
	if (nth >= 0 && !len) {
		elf->sections[nth].dropped = true;
		return 0;
	}
	bytes = nth < 0 ? NULL : calloc(1, sizeof(header) + len);
	if (!bytes)
		return weir_fail(-ENOMEM, WEIR_BTF_EXT_NAME ": out of memory");
	memcpy(bytes, &header, sizeof(header));
	for (int i = 0; !err && i < WEIR_BTF_EXT_KINDS; i++)
		err = put_kind(bytes + sizeof(header) + header.kinds[i].off, elf, btf,
			       &ext->kinds[i], (enum weir_btf_ext_kind)i);
	if (err) {
		free(bytes);
		return err;
	}
	sec = &elf->sections[nth];
	free(sec->data);
	sec->data = bytes;
	sec->size_bytes = sizeof(header) + len;
	return 0;
}
