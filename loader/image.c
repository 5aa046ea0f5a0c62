// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The modern form of an object (DESIGN D1): functions arranged, maps as BTF
 * definitions, the note added, encoded as ELF. kernel.c gives it to libbpf;
 * weir_object_convert() writes it to a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/bpf.h>

#include "loader/btf.h"
#include "loader/error.h"
#include "loader/log.h"
#include "loader/object_state.h"
#include "loader/section.h"

/* ---- image --------------------------------------------------------------- */

static int remember_entry(struct weir_object *obj, uint32_t symbol)
{
	const struct weir_elf_symbol *sym = &obj->elf->symbols[symbol];

	obj->entry_name = strdup(sym->name);
	obj->entry_section = strdup(obj->elf->sections[sym->section].name);
	if (!obj->entry_name || !obj->entry_section)
		return weir_fail(-ENOMEM, "%s: out of memory", obj->name);
	return 0;
}

static int arrange(struct weir_object *obj, bool convert)
{
	int entry = -1, err;
	uint32_t symbol = 0;

	if (!convert && obj->chosen >= 0)
		entry = (int)obj->prog_funcs[obj->chosen];
	err = weir_code_arrange(obj->elf, &obj->funcs, entry, obj->btf, obj->name, &symbol);
	if (!err && entry >= 0)
		err = remember_entry(obj, symbol);
	return err;
}

/* Tells this program from everybody else's, see btf.h. */
static int add_note(struct weir_object *obj)
{
	const char *section = obj->chosen >= 0 ? obj->progs[obj->chosen].section : "";
	int err;

	if (!obj->btf)
		return 0;
	err = weir_btf_note_add(obj->btf, obj->name, section);
	return err ?: weir_btf_store(obj->elf, obj->btf, obj->name);
}

int weir_object_make_image(struct weir_object *obj, bool convert)
{
	const struct weir_modern_opts opts = {.static_slots = convert};
	int err;

	if (obj->phase != WEIR_OBJECT_OPEN)
		return weir_fail(-EALREADY, "%s: already loaded or converted", obj->name);
	obj->phase = WEIR_OBJECT_IMAGED;
	err = arrange(obj, convert);
	err = err ?: weir_maps_modernise(obj->elf, &obj->btf, &obj->defs, &opts, obj->name);
	if (!convert)
		err = err ?: add_note(obj);
	return err ?: weir_elf_write(obj->elf, &obj->image, &obj->image_len);
}

/* ---- convert ------------------------------------------------------------- */

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A reader of @path sees the old file or the whole new one. */
static int write_file(const char *path, const void *bytes, size_t len)
{
	char *tmp;
	int fd, err;
	mode_t mask;

	if (asprintf(&tmp, "%s.XXXXXX", path) < 0)
		return weir_fail(-ENOMEM, "%s: out of memory", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		free(tmp);
		return weir_fail(err, "%s: cannot create: %s", path, weir_errstr(err));
	}
	mask = umask(0);
	umask(mask);
	err = write_all(fd, bytes, len);
	if (!err && fchmod(fd, 0666 & ~mask) < 0)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(tmp, path) < 0)
		err = -errno;
	if (err) {
		unlink(tmp);
		weir_fail(err, "%s: cannot write: %s", path, weir_errstr(err));
	}
	free(tmp);
	return err;
}

static void say_lost_pin(const struct weir_object *obj, const struct weir_map_decl *decl)
{
	switch (decl->scope) {
	case WEIR_PIN_OBJECT:
		weir_log(WEIR_LOG_NOTICE,
			 "%s: map %s: pinning per object file is not expressed; other tools make "
			 "an unpinned map",
			 obj->name, decl->name);
		break;
	case WEIR_PIN_CUSTOM:
	case WEIR_PIN_UNKNOWN:
		weir_log(WEIR_LOG_NOTICE,
			 "%s: map %s: custom pinning id %u is not expressed; other tools make an "
			 "unpinned map",
			 obj->name, decl->name, decl->pinning);
		break;
	case WEIR_PIN_GLOBAL:
		weir_log(
			WEIR_LOG_INFO,
			"%s: map %s: pinned by name: in BPFFS/tc/globals by tc and ip, in BPFFS by "
			"bpftool",
			obj->name, decl->name);
		break;
	default:
		break;
	}
}

static void say_lost_tail(const struct weir_object *obj, const struct weir_tail_decl *tail)
{
	if (!tail->map)
		return;
	weir_log(WEIR_LOG_NOTICE,
		 "%s: section %s: tail call not expressed; fill slot %u of %s with program %s "
		 "(tc exec bpf graft, bpftool map update)",
		 obj->name, tail->section, tail->key, tail->map, tail->prog);
}

static void say_untyped(const struct weir_object *obj, const struct weir_prog_decl *prog)
{
	uint32_t id, key;

	if (prog->prog_type || weir_section_is_tail(prog->section, &id, &key))
		return;
	weir_log(
		WEIR_LOG_NOTICE,
		"%s: section %s: name without a program type; tc and ip need 'section %s', bpftool "
		"'type xdp' or 'type classifier'",
		obj->name, prog->section, prog->section);
}

int weir_object_convert(struct weir_object *obj, const char *path)
{
	int err;

	err = weir_object_make_image(obj, true);
	err = err ?: write_file(path, obj->image, obj->image_len);
	if (err)
		return err;
	for (size_t i = 0; i < obj->n_maps; i++)
		say_lost_pin(obj, &obj->maps[i]);
	for (size_t i = 0; i < obj->n_tails; i++)
		say_lost_tail(obj, &obj->tails[i]);
	for (size_t i = 0; i < obj->n_progs; i++)
		say_untyped(obj, &obj->progs[i]);
	return 0;
}
