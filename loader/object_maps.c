// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The maps of an object: what it declares, where a load pins each, and which of them
 * a program uses. In: the definitions, the mount table. Out: the list for callers.
 *
 * A map in a device's memory is not the host's map of that name, so it is pinned
 * elsewhere: BPFFS/tc/dev/DEVICE/globals, .../<sha1>, .../<custom path>.
 */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "loader/error.h"
#include "loader/log.h"
#include "loader/object.h"
#include "loader/object_state.h"
#include "maps/bpffs.h"
#include "maps/pin.h"

/* ---- pins ---------------------------------------------------------------- */

static enum weir_pin_scope scope_of(const struct weir_map_decl *decl)
{
	char dir[PATH_MAX];

	if (decl->pinning == 0)
		return WEIR_PIN_NONE;
	/* LIBBPF_PIN_BY_NAME is 1, iproute2's PIN_GLOBAL_NS 2: both mean global there. */
	if (decl->style == WEIR_MAP_BTF && decl->pinning <= 2)
		return WEIR_PIN_GLOBAL;
	if (decl->pinning == 1)
		return WEIR_PIN_OBJECT;
	if (decl->pinning == 2)
		return WEIR_PIN_GLOBAL;
	return weir_pin_custom_dir(decl->pinning, dir, sizeof(dir)) == 0 ? WEIR_PIN_CUSTOM
									 : WEIR_PIN_UNKNOWN;
}

/* Directory below the mount point that @decl is pinned in; empty: none. */
static int pin_dir_of(const struct weir_object *obj, const struct weir_map_decl *decl, char *buf,
		      size_t len)
{
	int n = 0;

	buf[0] = '\0';
	switch (decl->scope) {
	case WEIR_PIN_GLOBAL:
		n = snprintf(buf, len, "%s", obj->pin_dir ? obj->pin_dir : "tc/globals");
		break;
	case WEIR_PIN_OBJECT:
		n = snprintf(buf, len, "tc/%s", weir_object_sha1(obj));
		break;
	case WEIR_PIN_CUSTOM:
		return weir_pin_custom_dir(decl->pinning, buf, len);
	default:
		break;
	}
	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

static int place_map(const struct weir_object *obj, const char *mnt, const char *device,
		     struct weir_mapdef *def)
{
	bool on_device = device && !weir_map_stays_with_host(def->decl.type);
	char dir[PATH_MAX], name[256], *path;
	int err, n;

	def->decl.scope = scope_of(&def->decl);
	err = pin_dir_of(obj, &def->decl, dir, sizeof(dir));
	if (err)
		return weir_fail(err, "%s: map %s: no usable pin directory", obj->name,
				 def->decl.name);
	if (!dir[0])
		return 0;
	snprintf(name, sizeof(name), "%s", def->decl.name);
	weir_bpffs_escape(name);
	if (on_device)
		n = asprintf(&path, "%s/tc/dev/%s/%s/%s", mnt, device,
			     strncmp(dir, "tc/", 3) != 0 ? dir : dir + 3, name);
	else
		n = asprintf(&path, "%s/%s/%s", mnt, dir, name);
	if (n < 0)
		return weir_fail(-ENOMEM, "%s: out of memory", obj->name);
	free((void *)def->decl.pin_path);
	def->decl.pin_path = path;
	return 0;
}

bool weir_map_stays_with_host(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

static bool pins_anything(const struct weir_object *obj)
{
	for (size_t i = 0; i < obj->defs.n; i++)
		if (obj->defs.list[i].decl.pinning)
			return true;
	return false;
}

int weir_object_place_maps(struct weir_object *obj, const char *device)
{
	char mnt[PATH_MAX] = "";
	int err;

	/* Looked for when something needs it. */
	err = obj->bpffs || pins_anything(obj) ? weir_bpffs_find(obj->bpffs, mnt, sizeof(mnt)) : 0;
	if (err && err != -ENOENT)
		return weir_fail(err, "%s: %s", obj->bpffs ? obj->bpffs : "bpffs",
				 err == -ENOTDIR ? "not a BPF file system" : weir_errstr(err));
	err = 0;
	for (size_t i = 0; i < obj->defs.n && !err; i++) {
		err = place_map(obj, mnt, device, &obj->defs.list[i]);
		if (obj->n_maps)
			obj->maps[i].pin_path = obj->defs.list[i].decl.pin_path;
	}
	return err;
}

/* ---- the list ------------------------------------------------------------ */

/* Data sections that libbpf makes maps of; listed so that nothing that a load
 * creates is hidden. */
static bool is_data_section(const struct weir_elf_section *sec)
{
	if (sec->dropped || !(sec->flags & SHF_ALLOC) || (sec->flags & SHF_EXECINSTR) ||
	    !sec->size_bytes)
		return false;
	return !strncmp(sec->name, ".rodata", 7) || !strncmp(sec->name, ".data", 5) ||
	       !strncmp(sec->name, ".bss", 4);
}

static struct weir_map_decl data_decl(const struct weir_elf_section *sec)
{
	bool readonly = !strncmp(sec->name, ".rodata", 7);

	return (struct weir_map_decl){
		.name = sec->name,
		.style = WEIR_MAP_DATA,
		.section = sec->name,
		.type = BPF_MAP_TYPE_ARRAY,
		.key_size_bytes = 4,
		.value_size_bytes = (uint32_t)sec->size_bytes,
		.max_entries = 1,
		.flags = readonly ? BPF_F_RDONLY_PROG | BPF_F_MMAPABLE : BPF_F_MMAPABLE,
		.inner_idx = UINT32_MAX,
	};
}

int weir_object_list_maps(struct weir_object *obj)
{
	int err = weir_object_place_maps(obj, NULL);
	size_t n = obj->defs.n;

	if (err)
		return err;
	for (size_t i = 0; i < obj->elf->n_sections; i++)
		n += is_data_section(&obj->elf->sections[i]);
	obj->maps = calloc(n + 1, sizeof(*obj->maps));
	obj->reused = calloc(obj->defs.n + 1, sizeof(*obj->reused));
	obj->unused = calloc(obj->defs.n + 1, sizeof(*obj->unused));
	if (!obj->maps || !obj->reused || !obj->unused)
		return weir_fail(-ENOMEM, "%s: out of memory", obj->name);
	for (size_t i = 0; i < obj->defs.n; i++)
		obj->maps[obj->n_maps++] = obj->defs.list[i].decl;
	for (size_t i = 0; i < obj->elf->n_sections; i++)
		if (is_data_section(&obj->elf->sections[i]))
			obj->maps[obj->n_maps++] = data_decl(&obj->elf->sections[i]);
	return 0;
}

/* ---- used by a program --------------------------------------------------- */

static bool holds(const struct weir_mapdef *def, const struct weir_place *place)
{
	return def->section == place->section && place->offset_bytes >= def->offset_bytes &&
	       place->offset_bytes - def->offset_bytes < def->len_bytes;
}

static bool is_at(const struct weir_object *obj, size_t nth, const struct weir_place *place)
{
	if (nth < obj->defs.n)
		return holds(&obj->defs.list[nth], place);
	return place->section < obj->elf->n_sections &&
	       obj->maps[nth].section == obj->elf->sections[place->section].name;
}

int weir_object_maps_of(const struct weir_object *obj, const struct weir_uses *uses, uint32_t **out,
			size_t *n_out)
{
	uint32_t *list = calloc(obj->n_maps + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return weir_fail(-ENOMEM, "%s: out of memory", obj->name);
	for (size_t i = 0; i < obj->n_maps; i++) {
		for (size_t k = 0; k < uses->n_data; k++) {
			if (!is_at(obj, i, &uses->data[k]))
				continue;
			list[n++] = (uint32_t)i;
			break;
		}
	}
	*out = list;
	*n_out = n;
	return 0;
}
