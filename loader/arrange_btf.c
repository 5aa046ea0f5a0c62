// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * .BTF.ext after functions have moved.
 *
 * In: the plan and the section as it was. Out: the section anew, each record
 * at the place, or the two places, of its function. A copy in .text has a
 * static function type of its own: the kernel verifies global functions apart
 * from their callers, which the copy, a local one, does not need.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "loader/arrange.h"
#include "loader/btf_ext.h"
#include "loader/log.h"

static int static_type(const struct weir_arrange *ar, uint32_t type_id, uint32_t *out)
{
	const struct btf_type *type = btf__type_by_id(ar->btf, type_id);
	char *name;
	int id;

	if (BTF_INFO_VLEN(type->info) == BTF_FUNC_STATIC) {
		*out = type_id;
		return 0;
	}
	/* adding may move the strings that the name lies in */
	name = strdup(btf__str_by_offset(ar->btf, type->name_off));
	if (!name)
		return weir_fail(-ENOMEM, "%s: BTF: out of memory", ar->name);
	id = btf__add_func(ar->btf, name, BTF_FUNC_STATIC, (int)type->type);
	if (id < 0)
		weir_fail(id, "%s: BTF: cannot add function %s", ar->name, name);
	else
		*out = (uint32_t)id;
	free(name);
	return id < 0 ? id : 0;
}

static int add_at(const struct weir_arrange *ar, size_t nth, uint64_t offset,
		  struct weir_btf_ext_record record, struct weir_btf_ext_list *out)
{
	const struct weir_piece *piece = &ar->pieces[nth];

	record.section = piece->section;
	record.offset_bytes = (uint32_t)(piece->offset_bytes + offset);
	return weir_btf_ext_add(out, &record);
}

/* @record at the home of its function and, if another, where calls go. */
static int move_record(const struct weir_arrange *ar, enum weir_btf_ext_kind kind,
		       struct weir_btf_ext_record record, struct weir_btf_ext_list *out)
{
	int func = weir_funcs_index(ar->funcs, record.section, record.offset_bytes, true);
	uint64_t offset;
	int err;

	if (func < 0) /* of code that no function holds and that is gone now */
		return 0;
	offset = record.offset_bytes - ar->funcs->list[func].offset_bytes;
	err = add_at(ar, ar->home[func], offset, record, out);
	if (err || ar->target[func] == WEIR_NO_PIECE || ar->target[func] == ar->home[func])
		return err;
	if (kind == WEIR_BTF_EXT_FUNC)
		err = static_type(ar, record.type_id, &record.type_id);
	return err ? err : add_at(ar, ar->target[func], offset, record, out);
}

int weir_arrange_btf(struct weir_arrange *ar)
{
	struct weir_btf_ext old = {0}, moved = {0};
	const char *why = NULL;
	bool core;
	int ret;

	ret = weir_btf_ext_read(ar->elf, ar->btf, &old, &why, &core);
	if (ret == -EINVAL)
		return weir_fail(ret, "%s: .BTF.ext is damaged: %s", ar->name, why);
	if (ret <= 0)
		return ret;
	ret = 0;
	for (int kind = 0; !ret && kind < WEIR_BTF_EXT_KINDS; kind++) {
		moved.kinds[kind].record_bytes = old.kinds[kind].record_bytes;
		for (size_t i = 0; !ret && i < old.kinds[kind].n; i++)
			ret = move_record(ar, (enum weir_btf_ext_kind)kind, old.kinds[kind].list[i],
					  &moved.kinds[kind]);
	}
	if (!ret)
		ret = weir_btf_ext_store(ar->elf, ar->btf, &moved);
	weir_btf_ext_free(&old);
	weir_btf_ext_free(&moved);
	return ret;
}
