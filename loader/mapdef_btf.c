// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * BTF map definitions: section ".maps".
 *
 * In: the ELF model, and BTF in which a DATASEC ".maps" lists variables whose
 * struct says by its members' types what the map is: a number is the length of
 * an array behind a pointer. Out: struct weir_mapdef. The members are libbpf's
 * (parse_btf_map_def()), and beside them iproute2's id, inner_id and inner_idx,
 * with which tail-call sections and inner maps work as for the old records.
 */
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "loader/log.h"
#include "loader/mapdef_read.h"

#define MAPS_SECTION ".maps"

static bool is_member_number(const struct btf *btf, uint32_t type_id, uint32_t *out)
{
	const struct btf_type *t = btf__type_by_id(btf, weir_btf_strip(btf, type_id));

	if (!t || !btf_is_ptr(t))
		return false;
	t = btf__type_by_id(btf, t->type);
	if (!t || !btf_is_array(t))
		return false;
	*out = btf_array(t)->nelems;
	return true;
}

/* The type that a "key" or "value" member points to, and its size. */
static bool is_member_type(const struct btf *btf, uint32_t type_id, uint32_t *of,
			   uint32_t *size_bytes)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);
	int64_t size;

	if (!t || !btf_is_ptr(t))
		return false;
	size = btf__resolve_size(btf, t->type);
	if (size < 0 || size > UINT32_MAX)
		return false;
	*of = t->type;
	*size_bytes = (uint32_t)size;
	return true;
}

/* Takes the member that holds a number; *known false: another kind of member. */
static bool take_number(const struct btf *btf, const char *member, uint32_t type_id,
			struct weir_mapdef *def, bool *known)
{
	struct weir_map_decl *decl = &def->decl;
	uint32_t map_extra;
	const struct {
		const char *member;
		uint32_t *to;
		bool refused_by_libbpf;
	} numbers[] = {
		{"type", &decl->type, false},
		{"key_size", &decl->key_size_bytes, false},
		{"value_size", &decl->value_size_bytes, false},
		{"max_entries", &decl->max_entries, false},
		{"map_flags", &decl->flags, false},
		{"numa_node", &decl->numa_node, false},
		{"map_extra", &map_extra, false},
		{"pinning", &decl->pinning, false},
		{"id", &decl->id, true},
		{"inner_id", &decl->inner_id, true},
		{"inner_idx", &decl->inner_idx, true},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(member, numbers[i].member) != 0)
			continue;
		*known = true;
		if (numbers[i].refused_by_libbpf)
			def->extended = true;
		return is_member_number(btf, type_id, numbers[i].to);
	}
	*known = false;
	return true;
}

static bool is_values(const struct btf *btf, uint32_t type_id)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);

	return t && btf_is_array(t) && btf_array(t)->nelems == 0;
}

static int bad_member(const char *name, const struct weir_mapdef *def, const char *member)
{
	return weir_fail(
		-EINVAL,
		"%s: map '%s': member '%s' is not what a map definition has; write it with "
		"__uint(), __type() or __array() of <bpf/bpf_helpers.h>",
		name, def->decl.name, member);
}

/* @said: key_size or value_size of an earlier member, which must agree. */
static bool take_type(const struct btf *btf, uint32_t member_type, uint32_t *type_id,
		      uint32_t *said)
{
	uint32_t size_bytes;

	if (!is_member_type(btf, member_type, type_id, &size_bytes) ||
	    (*said && *said != size_bytes))
		return false;
	*said = size_bytes;
	return true;
}

static int read_member(const struct btf *btf, const struct btf_member *m, struct weir_mapdef *def,
		       const char *name)
{
	const char *member = btf__name_by_offset(btf, m->name_off);
	struct weir_map_decl *decl = &def->decl;
	uint32_t key_bytes = decl->key_size_bytes, value_bytes = decl->value_size_bytes;
	bool known, ok;

	ok = take_number(btf, member, m->type, def, &known);
	/* A size that follows its type has to agree, too. */
	if ((def->key_type_id && key_bytes != decl->key_size_bytes) ||
	    (def->value_type_id && value_bytes != decl->value_size_bytes))
		ok = false;
	if (!known && !strcmp(member, "key"))
		ok = take_type(btf, m->type, &def->key_type_id, &decl->key_size_bytes);
	else if (!known && !strcmp(member, "value"))
		ok = take_type(btf, m->type, &def->value_type_id, &decl->value_size_bytes);
	else if (!known && !strcmp(member, "values")) {
		ok = is_values(btf, m->type);
		def->values_type_id = m->type;
	} else if (!known) {
		weir_log(WEIR_LOG_NOTICE, "%s: map '%s': unknown member '%s' ignored", name,
			 decl->name, member);
	}
	return ok ? 0 : bad_member(name, def, member);
}

static int read_struct(const struct btf *btf, struct weir_mapdef *def, const char *name)
{
	const struct btf_type *var = btf__type_by_id(btf, def->var_id);
	const struct btf_type *t = btf__type_by_id(btf, weir_btf_strip(btf, var->type));
	int err = 0;

	if (!t || !btf_is_struct(t))
		return weir_fail(-EINVAL, "%s: map '%s' is not a struct", name, def->decl.name);
	if (t->size > def->len_bytes)
		return weir_fail(-EINVAL,
				 "%s: map '%s': its struct has %u bytes, the variable %llu", name,
				 def->decl.name, t->size, (unsigned long long)def->len_bytes);
	for (uint32_t i = 0; i < btf_vlen(t) && !err; i++)
		err = read_member(btf, &btf_members(t)[i], def, name);
	if (!err && def->decl.type == BPF_MAP_TYPE_UNSPEC)
		err = weir_fail(-EINVAL, "%s: map '%s' has no type; add __uint(type, ...)", name,
				def->decl.name);
	if (def->decl.pinning > 1) /* LIBBPF_PIN_BY_NAME */
		def->extended = true;
	if (weir_map_type_is_outer(def->decl.type))
		def->decl.value_size_bytes = sizeof(uint32_t);
	return err;
}

/* ---- finding ------------------------------------------------------------- */

/* The symbol of variable @var_name in section @section; @offset tells static
 * ones of one name apart once a linker has filled it in. */
static int find_symbol(const struct weir_elf *elf, uint32_t section, const char *var_name,
		       uint32_t offset)
{
	int found = -ENOENT;

	for (size_t i = 0; i < elf->n_symbols; i++) {
		const struct weir_elf_symbol *sym = &elf->symbols[i];

		if (sym->dropped || sym->section != section || sym->type == STT_SECTION ||
		    strcmp(sym->name, var_name) != 0)
			continue;
		if (sym->value == offset)
			return (int)i;
		if (found < 0)
			found = (int)i;
	}
	return found;
}

static int read_var(const struct weir_elf *elf, const struct btf *btf, uint32_t section,
		    const struct btf_var_secinfo *info, const char *name, struct weir_mapdefs *defs)
{
	const struct btf_type *var = btf__type_by_id(btf, info->type);
	const struct weir_elf_section *in = &elf->sections[section];
	const struct weir_elf_symbol *sym;
	struct weir_mapdef def = {0};
	const char *var_name = btf__name_by_offset(btf, var->name_off);
	int at, err;

	for (size_t i = 0; i < defs->n; i++)
		if (defs->list[i].var_id == info->type)
			return weir_fail(-EINVAL, "%s: BTF lists map '%s' twice", name, var_name);
	at = btf_is_var(var) ? find_symbol(elf, section, var_name, info->offset) : -ENOENT;
	if (at < 0)
		return weir_fail(-EINVAL,
				 "%s: '%s' of BTF's section .maps has no symbol there; "
				 "do not strip the symbol table",
				 name, var_name);
	sym = &elf->symbols[at];
	if (sym->value > in->size_bytes || sym->size_bytes > in->size_bytes - sym->value)
		return weir_fail(-EINVAL, "%s: map '%s' lies outside section .maps", name,
				 var_name);
	def.decl.name = sym->name;
	def.decl.style = WEIR_MAP_BTF;
	def.decl.section = in->name;
	def.section = section;
	def.symbol = (uint32_t)at;
	def.offset_bytes = sym->value;
	def.len_bytes = sym->size_bytes ? sym->size_bytes : info->size;
	def.var_id = info->type;
	err = read_struct(btf, &def, name);
	return err ? err : weir_mapdefs_add(defs, &def, name);
}

/* The one section ".maps" with contents; -ENOENT: none. */
static int find_section(const struct weir_elf *elf, const char *name)
{
	int found = -ENOENT;

	for (size_t i = 0; i < elf->n_sections; i++) {
		const struct weir_elf_section *section = &elf->sections[i];

		if (section->dropped || strcmp(section->name, MAPS_SECTION) != 0)
			continue;
		if (found >= 0)
			return weir_fail(-EINVAL,
					 "%s: has several sections .maps; link them into "
					 "one with bpftool gen object",
					 name);
		if (section->size_bytes && !section->data)
			return weir_fail(-EINVAL, "%s: section .maps has no contents", name);
		found = (int)i;
	}
	return found >= 0 && elf->sections[found].size_bytes ? found : -ENOENT;
}

int weir_mapdefs_read_btf(const struct weir_elf *elf, const struct btf *btf, const char *name,
			  struct weir_mapdefs *defs)
{
	int section = find_section(elf, name), err = 0;
	size_t first = defs->n;
	bool found = false;

	if (section < 0)
		return section == -ENOENT ? 0 : section;
	if (!btf)
		return weir_fail(-EINVAL,
				 "%s: maps in section .maps are defined by BTF, and it has none; "
				 "compile it with -g",
				 name);
	for (uint32_t id = 1; id < btf__type_cnt(btf) && !err; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!btf_is_datasec(t) ||
		    strcmp(btf__name_by_offset(btf, t->name_off), MAPS_SECTION) != 0)
			continue;
		found = true;
		for (uint32_t i = 0; i < btf_vlen(t) && !err; i++)
			err = read_var(elf, btf, (uint32_t)section, &btf_var_secinfos(t)[i], name,
				       defs);
	}
	if (!err && !found)
		err = weir_fail(-EINVAL,
				"%s: BTF does not describe section .maps; compile it with "
				"-g",
				name);
	if (defs->n > first)
		weir_mapdefs_sort(defs->list + first, defs->n - first);
	return err;
}
