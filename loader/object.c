// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An object file from its bytes to the list of what it declares. In: a file.
 * Out: struct weir_object, on which choose.c, image.c and kernel.c go on. The
 * kernel is not asked here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gelf.h>
#include <linux/bpf.h>

#include "loader/btf.h"
#include "loader/error.h"
#include "loader/libbpf_log.h"
#include "loader/log.h"
#include "loader/object.h"
#include "loader/object_state.h"
#include "loader/section.h"
#include "maps/bpffs.h"
#include "maps/pin.h"

/* A BPF object beyond this is a mistake: the kernel takes at most a million
 * instructions a program, 8 MiB. */
#define OBJECT_BYTES_MAX (256u << 20)

/* ---- bytes --------------------------------------------------------------- */

static int read_all(int fd, const char *path, size_t size, void **bytes, size_t *len)
{
	size_t done = 0;
	char *buf;

	buf = malloc(size ? size : 1);
	if (!buf)
		return weir_fail(-ENOMEM, "%s: out of memory", path);
	while (done < size) {
		ssize_t n = read(fd, buf + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			free(buf);
			return weir_fail(err, "%s: cannot read: %s", path, weir_errstr(err));
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*bytes = buf;
	*len = done;
	return 0;
}

static int read_file(const char *path, void **bytes, size_t *len)
{
	struct stat st;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		err = -errno;
		return weir_fail(err, "%s: cannot open: %s", path, weir_errstr(err));
	}
	if (fstat(fd, &st) < 0)
		err = weir_fail(-errno, "%s: cannot stat: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		err = weir_fail(-ENOEXEC, "%s: not a regular file; give a compiled BPF object",
				path);
	else if (st.st_size > OBJECT_BYTES_MAX)
		err = weir_fail(-EFBIG, "%s: %lld bytes, more than any BPF object", path,
				(long long)st.st_size);
	else
		err = read_all(fd, path, (size_t)st.st_size, bytes, len);
	close(fd);
	return err;
}

/* ---- declarations -------------------------------------------------------- */

int weir_object_add_prog(struct weir_object *obj, size_t nth_func)
{
	const struct weir_func *func = &obj->funcs.list[nth_func];
	const char *section = obj->elf->sections[func->section].name;
	struct weir_section_kind kind = weir_section_kind(section);
	const char *name = obj->elf->symbols[func->symbol].name;
	struct weir_uses uses;
	uint32_t *maps;
	size_t n_maps;
	int err;

	/* tc objects of one section a direction often say it in the function only. */
	if (kind.prog_type == BPF_PROG_TYPE_SCHED_CLS && !kind.hook)
		kind.hook = weir_name_direction(name);
	err = weir_func_uses(obj->elf, &obj->funcs, func, &uses);
	if (err)
		return err;
	err = weir_object_maps_of(obj, &uses, &maps, &n_maps);
	if (err) {
		weir_uses_free(&uses);
		return err;
	}
	free(uses.data);
	obj->prog_funcs[obj->n_progs] = nth_func;
	obj->progs[obj->n_progs++] = (struct weir_prog_decl){
		.name = name,
		.section = section,
		.prog_type = kind.prog_type,
		.hook = kind.hook,
		.insns = (uint32_t)(func->len_bytes / sizeof(struct bpf_insn)),
		.frags = kind.frags,
		.helpers = uses.helpers,
		.n_helpers = uses.n_helpers,
		.maps = maps,
		.n_maps = n_maps,
		.n_subprogs = uses.n_subprogs,
	};
	return 0;
}

/* Programs are the functions that nothing calls, and global ones outside
 * .text; a global function in .text is one only where nothing calls it. */
static bool is_program(const struct weir_object *obj, const struct weir_func *func)
{
	const struct weir_elf_symbol *sym = &obj->elf->symbols[func->symbol];
	bool in_text = !strcmp(obj->elf->sections[func->section].name, ".text");

	if (!sym->name[0])
		return false;
	if (!weir_func_is_called(obj->elf, &obj->funcs, func))
		return !in_text || sym->bind != STB_LOCAL;
	return !in_text && sym->bind != STB_LOCAL;
}

static int list_progs(struct weir_object *obj)
{
	int err;

	obj->progs = calloc(obj->funcs.n + 1, sizeof(*obj->progs));
	obj->prog_funcs = calloc(obj->funcs.n + 1, sizeof(*obj->prog_funcs));
	if (!obj->progs || !obj->prog_funcs)
		return weir_fail(-ENOMEM, "%s: out of memory", obj->name);
	for (size_t i = 0; i < obj->funcs.n; i++) {
		if (!is_program(obj, &obj->funcs.list[i]))
			continue;
		err = weir_object_add_prog(obj, i);
		if (err)
			return err;
	}
	return 0;
}

static const char *tail_map(const struct weir_object *obj, uint32_t id)
{
	for (size_t i = 0; i < obj->defs.n; i++) {
		const struct weir_map_decl *decl = &obj->defs.list[i].decl;

		if (decl->type == BPF_MAP_TYPE_PROG_ARRAY && decl->id == id)
			return decl->name;
	}
	return NULL;
}

static int list_tails(struct weir_object *obj)
{
	obj->tails = calloc(obj->n_progs + 1, sizeof(*obj->tails));
	obj->tail_progs = calloc(obj->n_progs + 1, sizeof(*obj->tail_progs));
	if (!obj->tails || !obj->tail_progs)
		return weir_fail(-ENOMEM, "%s: out of memory", obj->name);
	for (size_t i = 0; i < obj->n_progs; i++) {
		struct weir_tail_decl tail = {
			.section = obj->progs[i].section,
			.prog = obj->progs[i].name,
		};

		if (!weir_section_is_tail(tail.section, &tail.id, &tail.key))
			continue;
		tail.map = tail_map(obj, tail.id);
		obj->tail_progs[obj->n_tails] = i;
		obj->tails[obj->n_tails++] = tail;
	}
	return 0;
}

static int read_license(struct weir_object *obj)
{
	int nth = weir_elf_find(obj->elf, "license");
	const struct weir_elf_section *sec;

	if (nth < 0) {
		obj->license = strdup("");
	} else {
		sec = &obj->elf->sections[nth];
		obj->license =
			sec->data ? strndup((const char *)sec->data, sec->size_bytes) : strdup("");
	}
	return obj->license ? 0 : weir_fail(-ENOMEM, "%s: out of memory", obj->name);
}

/* ---- open ---------------------------------------------------------------- */

/* BTF that is damaged is left out where nothing needs it, as iproute2 did. */
static int read_btf(struct weir_object *obj)
{
	int err;

	err = weir_btf_open(obj->elf, obj->name, &obj->btf);
	if (err)
		return err;
	if (!obj->btf)
		return 0;
	return weir_btf_ext_check(obj->elf, obj->btf, obj->name);
}

static int open_phases(struct weir_object *obj, const void *bytes, size_t len)
{
	int err;

	err = weir_elf_read(bytes, len, obj->name, &obj->elf);
	err = err ?: weir_symbols_repair(obj->elf, obj->name);
	err = err ?: weir_funcs_collect(obj->elf, obj->name, &obj->funcs);
	err = err ?: read_btf(obj);
	err = err ?: weir_mapdefs_collect(obj->elf, obj->btf, obj->name, &obj->defs);
	err = err ?: read_license(obj);
	err = err ?: weir_object_list_maps(obj);
	err = err ?: list_progs(obj);
	err = err ?: list_tails(obj);
	return err;
}

static int take_opts(struct weir_object *obj, const struct weir_open_opts *opts)
{
	if (!opts)
		return 0;
	if (opts->sz != sizeof(*opts))
		return weir_fail(-E2BIG, "%s: options of another libweir version", obj->name);
	if (opts->pin_dir &&
	    (strchr(opts->pin_dir, '.') || opts->pin_dir[0] == '/' || !opts->pin_dir[0]))
		return weir_fail(-EINVAL,
				 "pin directory '%s': give a path below the bpffs, without dots",
				 opts->pin_dir);
	if (opts->bpffs && !(obj->bpffs = strdup(opts->bpffs)))
		return weir_fail(-ENOMEM, "%s: out of memory", obj->name);
	if (opts->pin_dir && !(obj->pin_dir = strdup(opts->pin_dir)))
		return weir_fail(-ENOMEM, "%s: out of memory", obj->name);
	return 0;
}

/* Takes over @bytes, also on failure. */
static int open_bytes(void *bytes, size_t len_bytes, const char *name,
		      const struct weir_open_opts *opts, struct weir_object **out)
{
	const char *base = strrchr(name, '/');
	struct weir_object *obj;
	int err;

	weir_libbpf_capture();
	obj = calloc(1, sizeof(*obj));
	if (!obj) {
		free(bytes);
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	}
	obj->file = bytes;
	obj->file_len = len_bytes;
	obj->chosen = -1;
	obj->name = strdup(base ? base + 1 : name);
	err = obj->name ? take_opts(obj, opts) : weir_fail(-ENOMEM, "%s: out of memory", name);
	err = err ?: open_phases(obj, bytes, len_bytes);
	if (err) {
		weir_object_close(obj);
		return err;
	}
	*out = obj;
	return 0;
}

int weir_object_open(const char *path, const struct weir_open_opts *opts, struct weir_object **out)
{
	void *bytes = NULL;
	size_t len = 0;
	int err;

	err = read_file(path, &bytes, &len);
	return err ?: open_bytes(bytes, len, path, opts, out);
}

int weir_object_open_mem(const void *bytes, size_t len_bytes, const char *name,
			 const struct weir_open_opts *opts, struct weir_object **out)
{
	void *copy = malloc(len_bytes ?: 1);

	if (!copy)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	memcpy(copy, bytes, len_bytes);
	return open_bytes(copy, len_bytes, name, opts, out);
}

void weir_object_close(struct weir_object *obj)
{
	if (!obj)
		return;
	weir_undo_free(obj->undo);
	bpf_object__close(obj->bpf);
	for (size_t i = 0; i < obj->n_progs; i++) {
		free((void *)obj->progs[i].helpers);
		free((void *)obj->progs[i].maps);
	}
	for (size_t i = 0; i < obj->defs.n; i++)
		free((void *)obj->defs.list[i].decl.pin_path);
	free(obj->progs);
	free(obj->prog_funcs);
	free(obj->tails);
	free(obj->tail_progs);
	free(obj->maps);
	free(obj->reused);
	free(obj->unused);
	weir_mapdefs_free(&obj->defs);
	weir_funcs_free(&obj->funcs);
	btf__free(obj->btf);
	weir_elf_free(obj->elf);
	free(obj->image);
	free(obj->file);
	free(obj->entry_name);
	free(obj->entry_section);
	free(obj->license);
	free(obj->bpffs);
	free(obj->pin_dir);
	free(obj->name);
	free(obj);
}

/* ---- looking ------------------------------------------------------------- */

size_t weir_object_maps(const struct weir_object *obj, const struct weir_map_decl **out)
{
	*out = obj->maps;
	return obj->n_maps;
}

size_t weir_object_progs(const struct weir_object *obj, const struct weir_prog_decl **out)
{
	*out = obj->progs;
	return obj->n_progs;
}

size_t weir_object_tails(const struct weir_object *obj, const struct weir_tail_decl **out)
{
	*out = obj->tails;
	return obj->n_tails;
}

const char *weir_object_license(const struct weir_object *obj)
{
	return obj->license;
}

const char *weir_object_name(const struct weir_object *obj)
{
	return obj->name;
}

/* Few objects are pinned by it. */
const char *weir_object_sha1(const struct weir_object *obj)
{
	char *sha1 = ((struct weir_object *)obj)->sha1;

	if (!*sha1)
		weir_pin_sha1(obj->file, obj->file_len, sha1);
	return sha1;
}

const struct weir_prog_decl *weir_object_chosen(const struct weir_object *obj)
{
	return obj->chosen < 0 ? NULL : &obj->progs[obj->chosen];
}

int weir_object_label(const struct weir_object *obj, char *buf, size_t len)
{
	if (obj->chosen < 0)
		return -EINVAL;
	snprintf(buf, len, "%s:[%s]", obj->name, obj->progs[obj->chosen].section);
	return 0;
}

void weir_object_keep(struct weir_object *obj)
{
	if (obj->undo)
		weir_undo_commit(obj->undo);
}

int weir_object_bpffs(const struct weir_object *obj, char *buf, size_t len)
{
	return weir_bpffs_find(obj->bpffs, buf, len);
}

struct bpf_map *weir_object_map(const struct weir_object *obj, size_t nth)
{
	return bpf_object__find_map_by_name(obj->bpf, obj->defs.list[nth].decl.name);
}

int weir_object_map_fd(const struct weir_object *obj, size_t nth)
{
	struct bpf_map *map = NULL;

	if (obj->phase == WEIR_OBJECT_LOADED && nth < obj->defs.n)
		map = weir_object_map(obj, nth);
	return map ? bpf_map__fd(map) : -EBADF;
}
