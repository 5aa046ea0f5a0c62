// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Map records of the years before BTF definitions.
 *
 * In: sections "maps" and "maps/NAME", whose variables are one struct of
 * 32-bit numbers each. Out: struct weir_mapdef. Two families share the first
 * five numbers and part ways after them:
 *
 *   iproute2   struct bpf_elf_map: id, pinning, inner_id, inner_idx
 *   samples    struct bpf_map_def of the kernel's samples/bpf and of old libbpf
 *              and its users: [inner_map_idx, numa_node], or [pinning ...]
 *
 * BTF tells by the members' names which one it is. Without BTF the positions
 * are iproute2's (include/bpf_elf.h), unless the section can only be the
 * samples': 28 bytes end before inner_id, without which iproute2 refuses a map
 * of maps.
 */
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/log.h"
#include "loader/mapdef_read.h"

#define RECORD_MIN_BYTES     16 /* type, sizes, max_elem */
#define RECORD_ELF_BYTES     36 /* sizeof(struct bpf_elf_map) */
#define RECORD_SAMPLES_BYTES 28 /* sizeof(struct bpf_map_def), samples/bpf/bpf_load.h, 4.13 */
/* A compiler pads records of one struct by less than this. */
#define PADDING_BYTES	     8
/* First id given to an inner map that the samples' records name by position. */
#define SYNTHETIC_ID	     0x40000000u

enum field {
	TYPE,
	KEY_SIZE,
	VALUE_SIZE,
	MAX_ENTRIES,
	FLAGS,
	ID,
	PINNING,
	INNER_ID,
	INNER_IDX,
	N_ELF_FIELDS, /* in the order of struct bpf_elf_map up to here */
	INNER_MAP_IDX = N_ELF_FIELDS,
	NUMA_NODE,
	N_FIELDS,
};

static const enum field samples_layout[] = {
	TYPE, KEY_SIZE, VALUE_SIZE, MAX_ENTRIES, FLAGS, INNER_MAP_IDX, NUMA_NODE,
};

static const struct {
	const char *member;
	enum field field;
} field_names[] = {
	{"type", TYPE},
	{"size_key", KEY_SIZE},
	{"key_size", KEY_SIZE},
	{"size_value", VALUE_SIZE},
	{"value_size", VALUE_SIZE},
	{"max_elem", MAX_ENTRIES},
	{"max_entries", MAX_ENTRIES},
	{"flags", FLAGS},
	{"map_flags", FLAGS},
	{"id", ID},
	{"map_id", ID}, /* calico */
	{"pinning", PINNING},
	{"pinning_strategy", PINNING}, /* calico */
	{"inner_id", INNER_ID},
	{"inner_idx", INNER_IDX},
	{"inner_map_idx", INNER_MAP_IDX},
	{"numa_node", NUMA_NODE},
};

struct record {
	uint32_t field[N_FIELDS];
	bool has[N_FIELDS];
};

/* ---- finding ------------------------------------------------------------- */

bool weir_section_is_legacy_maps(const struct weir_elf_section *section)
{
	return !section->dropped && !(section->flags & SHF_EXECINSTR) &&
	       (!strcmp(section->name, "maps") || !strncmp(section->name, "maps/", 5));
}

static bool is_map_symbol(const struct weir_elf *elf, const struct weir_elf_symbol *sym)
{
	if (sym->dropped || sym->section >= elf->n_sections || !sym->name[0])
		return false;
	/* Local symbols without a type are the labels of old compilers. */
	if (sym->type != STT_OBJECT && (sym->type != STT_NOTYPE || sym->bind == STB_LOCAL))
		return false;
	return weir_section_is_legacy_maps(&elf->sections[sym->section]);
}

static int find_records(const struct weir_elf *elf, const char *name, struct weir_mapdefs *defs)
{
	for (size_t i = 0; i < elf->n_symbols; i++) {
		const struct weir_elf_symbol *sym = &elf->symbols[i];
		const struct weir_elf_section *section;
		struct weir_mapdef def = {0};
		int err;

		if (!is_map_symbol(elf, sym))
			continue;
		section = &elf->sections[sym->section];
		if (!section->data || sym->value > section->size_bytes ||
		    sym->size_bytes > section->size_bytes - sym->value)
			return weir_fail(-EINVAL, "%s: map '%s' lies outside section '%s'", name,
					 sym->name, section->name);
		def.decl.name = sym->name;
		def.decl.style = WEIR_MAP_ELF;
		def.decl.section = section->name;
		def.decl.inner_idx = UINT32_MAX;
		def.section = sym->section;
		def.symbol = (uint32_t)i;
		def.offset_bytes = sym->value;
		def.len_bytes = sym->size_bytes;
		err = weir_mapdefs_add(defs, &def, name);
		if (err)
			return err;
	}
	weir_mapdefs_sort(defs->list, defs->n);
	return 0;
}

/* Every section that holds bytes must hold maps: iproute2's "0 maps found". */
static int check_sections(const struct weir_elf *elf, const struct weir_mapdefs *defs,
			  const char *name)
{
	size_t next = 0;

	for (size_t i = 0; i < elf->n_sections; i++) {
		const struct weir_elf_section *section = &elf->sections[i];
		bool has = next < defs->n && defs->list[next].section == i;

		while (next < defs->n && defs->list[next].section == i)
			next++;
		if (!has && section->size_bytes && weir_section_is_legacy_maps(section))
			return weir_fail(-EINVAL,
					 "%s: section '%s' has %llu bytes but no symbol of a map; "
					 "do not strip the symbol table",
					 name, section->name,
					 (unsigned long long)section->size_bytes);
	}
	return 0;
}

/* ---- sizes --------------------------------------------------------------- */

static const uint8_t *bytes_of(const struct weir_elf *elf, const struct weir_mapdef *def)
{
	return elf->sections[def->section].data + def->offset_bytes;
}

static bool is_zero(const uint8_t *bytes, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static int check_size(const struct weir_mapdef *def, const char *name)
{
	if (def->len_bytes >= RECORD_MIN_BYTES && def->len_bytes % sizeof(uint32_t) == 0)
		return 0;
	return weir_fail(
		-EINVAL, "%s: map '%s' has %llu bytes, no map record: at least %d, a multiple of 4",
		name, def->decl.name, (unsigned long long)def->len_bytes, RECORD_MIN_BYTES);
}

/* Do the longer record's last bytes mean something? */
static bool sizes_differ(const struct weir_elf *elf, const struct weir_mapdef *a,
			 const struct weir_mapdef *b)
{
	const struct weir_mapdef *longer = a->len_bytes > b->len_bytes ? a : b;
	uint64_t less = a->len_bytes > b->len_bytes ? b->len_bytes : a->len_bytes;

	if (longer->len_bytes - less >= PADDING_BYTES)
		return true;
	return !is_zero(bytes_of(elf, longer) + less, longer->len_bytes - less);
}

static int check_sizes(const struct weir_elf *elf, const struct weir_mapdef *run, size_t n,
		       const char *name)
{
	for (size_t i = 0; i < n; i++) {
		int err = check_size(&run[i], name);

		if (err)
			return err;
		if (sizes_differ(elf, &run[0], &run[i]))
			return weir_fail(-EINVAL,
					 "%s: section '%s' mixes records of different structs: map "
					 "'%s' has %llu bytes, map '%s' %llu; declare them alike",
					 name, run[i].decl.section, run[0].decl.name,
					 (unsigned long long)run[0].len_bytes, run[i].decl.name,
					 (unsigned long long)run[i].len_bytes);
	}
	return 0;
}

/* ---- by name ------------------------------------------------------------- */

/* The BTF variable of @def, which DATASEC @sec may hold. Names may repeat once
 * objects are linked; then the offset tells, which the linker has filled in. */
static uint32_t var_in(const struct btf *btf, const struct btf_type *sec,
		       const struct weir_mapdef *def)
{
	const struct btf_var_secinfo *info = btf_var_secinfos(sec);
	uint32_t found = 0;

	for (uint32_t i = 0; i < btf_vlen(sec); i++) {
		const struct btf_type *var = btf__type_by_id(btf, info[i].type);

		if (!btf_is_var(var) ||
		    strcmp(btf__name_by_offset(btf, var->name_off), def->decl.name) != 0)
			continue;
		if (info[i].offset == def->offset_bytes)
			return info[i].type;
		if (!found)
			found = info[i].type;
	}
	return found;
}

static uint32_t find_var(const struct btf *btf, const struct weir_mapdef *def)
{
	uint32_t var = 0;

	for (uint32_t id = 1; btf && !var && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_datasec(t) &&
		    !strcmp(btf__name_by_offset(btf, t->name_off), def->decl.section))
			var = var_in(btf, t, def);
	}
	return var;
}

/* Each BTF variable belongs to one map. */
static void find_vars(const struct btf *btf, struct weir_mapdef *run, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		run[i].var_id = find_var(btf, &run[i]);
		for (size_t k = 0; k < i && run[i].var_id; k++)
			if (run[k].var_id == run[i].var_id)
				run[i].var_id = 0;
	}
}

static void read_member(const struct btf *btf, const struct btf_type *t, uint32_t i,
			const struct weir_mapdef *def, uint8_t *rest, struct record *rec)
{
	const char *member = btf__name_by_offset(btf, btf_members(t)[i].name_off);
	uint32_t bit = btf_member_bit_offset(t, i), at = bit / 8;

	if (bit % 8 || at + sizeof(uint32_t) > def->len_bytes ||
	    btf__resolve_size(btf, btf_members(t)[i].type) != sizeof(uint32_t))
		return;
	for (size_t k = 0; k < sizeof(field_names) / sizeof(field_names[0]); k++) {
		enum field field = field_names[k].field;

		if (strcmp(member, field_names[k].member) != 0 || rec->has[field])
			continue;
		memcpy(&rec->field[field], rest + at, sizeof(uint32_t));
		rec->has[field] = true;
		/* What no name explains must be zero in the end. */
		memset(rest + at, 0, sizeof(uint32_t));
		return;
	}
}

/* True when the variable's struct names its members as one of the families. */
static bool read_by_name(const struct btf *btf, const struct weir_mapdef *def, uint8_t *rest,
			 struct record *rec)
{
	const struct btf_type *t = NULL;

	if (def->var_id)
		t = btf__type_by_id(btf, def->var_id);
	if (t && btf_is_var(t))
		t = btf__type_by_id(btf, weir_btf_strip(btf, t->type));
	if (!t || !btf_is_struct(t))
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		read_member(btf, t, i, def, rest, rec);
	return rec->has[TYPE] && rec->has[KEY_SIZE] && rec->has[VALUE_SIZE] &&
	       rec->has[MAX_ENTRIES];
}

/* ---- by position --------------------------------------------------------- */

/* One outer map makes the whole section the samples': it is one struct. */
static bool is_samples_run(const struct weir_elf *elf, const struct weir_mapdef *run, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t type;

		memcpy(&type, bytes_of(elf, &run[i]), sizeof(type));
		if (run[i].len_bytes == RECORD_SAMPLES_BYTES && weir_map_type_is_outer(type))
			return true;
	}
	return false;
}

static void read_by_position(const struct weir_mapdef *def, bool samples, uint8_t *rest,
			     struct record *rec)
{
	uint32_t n = samples ? sizeof(samples_layout) / sizeof(samples_layout[0]) : N_ELF_FIELDS;

	*rec = (struct record){0};
	for (uint32_t i = 0; i < n && (i + 1) * sizeof(uint32_t) <= def->len_bytes; i++) {
		enum field field = samples ? samples_layout[i] : (enum field)i;

		memcpy(&rec->field[field], rest + i * sizeof(uint32_t), sizeof(uint32_t));
		rec->has[field] = true;
		memset(rest + i * sizeof(uint32_t), 0, sizeof(uint32_t));
	}
}

/* ---- records ------------------------------------------------------------- */

static void take(struct weir_mapdef *def, const struct record *rec)
{
	struct weir_map_decl *decl = &def->decl;

	decl->type = rec->field[TYPE];
	decl->key_size_bytes = rec->field[KEY_SIZE];
	decl->value_size_bytes = rec->field[VALUE_SIZE];
	decl->max_entries = rec->field[MAX_ENTRIES];
	decl->flags = rec->field[FLAGS];
	decl->numa_node = rec->field[NUMA_NODE];
	decl->id = rec->field[ID];
	decl->pinning = rec->field[PINNING];
	decl->inner_id = rec->field[INNER_ID];
	/* Too short to have one: 0, as iproute2 fills the rest of its struct. */
	decl->inner_idx = rec->field[INNER_IDX];
	/* The kernel keeps ids of maps (kernel/bpf/map_in_map.c); iproute2 sets 4 as well. */
	if (weir_map_type_is_outer(decl->type))
		decl->value_size_bytes = sizeof(uint32_t);
}

static int read_record(const struct weir_elf *elf, const struct btf *btf, struct weir_mapdef *def,
		       bool samples, struct record *rec, const char *name)
{
	uint8_t *rest = malloc(def->len_bytes);
	uint64_t at = 0;

	if (!rest)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	memcpy(rest, bytes_of(elf, def), def->len_bytes);
	if (!read_by_name(btf, def, rest, rec)) {
		memcpy(rest, bytes_of(elf, def), def->len_bytes);
		read_by_position(def, samples, rest, rec);
	}
	while (at < def->len_bytes && !rest[at])
		at++;
	free(rest);
	if (at < def->len_bytes)
		return weir_fail(
			-EINVAL,
			"%s: map '%s': its record of %llu bytes says something at byte %llu "
			"that no known map record has; struct bpf_elf_map has %d bytes",
			name, def->decl.name, (unsigned long long)def->len_bytes,
			(unsigned long long)at, RECORD_ELF_BYTES);
	take(def, rec);
	if (def->decl.type == BPF_MAP_TYPE_UNSPEC)
		return weir_fail(-EINVAL, "%s: map '%s' has no type; set its first member", name,
				 def->decl.name);
	return 0;
}

static uint32_t free_id(const struct weir_mapdefs *defs)
{
	uint32_t id = SYNTHETIC_ID;

	for (size_t i = 0; i < defs->n; i++)
		if (defs->list[i].decl.id >= id && defs->list[i].decl.id < UINT32_MAX)
			id = defs->list[i].decl.id + 1;
	return id;
}

/* The samples name the inner map by its place in the section. */
static void link_inner(const struct weir_mapdefs *defs, struct weir_mapdef *run, size_t n,
		       struct weir_mapdef *outer, const struct record *rec)
{
	struct weir_mapdef *inner;

	if (!weir_map_type_is_outer(outer->decl.type) || !rec->has[INNER_MAP_IDX] ||
	    rec->field[INNER_MAP_IDX] >= n)
		return;
	inner = &run[rec->field[INNER_MAP_IDX]];
	if (inner == outer)
		return;
	if (!inner->decl.id) {
		inner->decl.id = free_id(defs);
		/* They fill no slots themselves. */
		inner->decl.inner_idx = UINT32_MAX;
	}
	outer->decl.inner_id = inner->decl.id;
}

static int read_run(const struct weir_elf *elf, const struct btf *btf, struct weir_mapdefs *defs,
		    size_t first, size_t n, const char *name)
{
	struct weir_mapdef *run = &defs->list[first];
	struct record *recs;
	bool samples;
	int err;

	err = check_sizes(elf, run, n, name);
	if (err)
		return err;
	recs = calloc(n, sizeof(*recs));
	if (!recs)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	find_vars(btf, run, n);
	samples = is_samples_run(elf, run, n);
	for (size_t i = 0; i < n && !err; i++)
		err = read_record(elf, btf, &run[i], samples, &recs[i], name);
	for (size_t i = 0; i < n && !err; i++)
		link_inner(defs, run, n, &run[i], &recs[i]);
	free(recs);
	return err;
}

int weir_mapdefs_read_elf(const struct weir_elf *elf, const struct btf *btf, const char *name,
			  struct weir_mapdefs *defs)
{
	int err;

	err = find_records(elf, name, defs);
	err = err ?: check_sections(elf, defs, name);
	for (size_t first = 0, n; first < defs->n && !err; first += n) {
		for (n = 1; first + n < defs->n &&
			    defs->list[first + n].section == defs->list[first].section;)
			n++;
		err = read_run(elf, btf, defs, first, n, name);
	}
	return err;
}
