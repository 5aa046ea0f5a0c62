/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* struct weir_object, for the files that are its phases:
 * object.c, object_maps.c (open), choose.c, image.c (modern form), kernel.c,
 * kernel_maps.c (load), slots.c. */
#ifndef WEIR_LOADER_OBJECT_STATE_H
#define WEIR_LOADER_OBJECT_STATE_H

#include "loader/code.h"
#include "loader/elf.h"
#include "loader/mapdef.h"
#include "loader/weir.h"
#include "maps/undo.h"

struct bpf_map;
struct bpf_object;
struct bpf_program;
struct btf;
struct weir_device;

enum weir_object_phase {
	WEIR_OBJECT_OPEN,
	WEIR_OBJECT_IMAGED, /* modern form made; the model is no longer the file's */
	WEIR_OBJECT_LOADED,
};

struct weir_object {
	enum weir_object_phase phase;
	char *name;  /* file name without directories */
	char *bpffs; /* as asked for; NULL: found */
	char *pin_dir;
	void *file; /* its bytes, for the hash */
	size_t file_len;
	char sha1[41]; /* "" until it is asked for: weir_object_sha1() */
	char *license;

	/* the file as read */
	struct weir_elf *elf;
	struct weir_funcs funcs;
	struct btf *btf;
	struct weir_mapdefs defs;

	/* what it declares, for callers */
	struct weir_map_decl *maps; /* defs.n of defs, then data sections */
	size_t n_maps;
	struct weir_prog_decl *progs;
	size_t *prog_funcs; /* progs[i] is funcs.list[prog_funcs[i]] */
	size_t n_progs;
	struct weir_tail_decl *tails;
	size_t *tail_progs; /* tails[i] is progs[tail_progs[i]] */
	size_t n_tails;
	int chosen;	    /* index in progs; -1: none */
	uint32_t prog_type; /* what the chosen one is loaded as */

	/* the modern form */
	void *image;
	size_t image_len;
	char *entry_name; /* chosen program in the image */
	char *entry_section;

	/* in the kernel */
	struct bpf_object *bpf;
	struct bpf_program *entry;
	const struct weir_device *device; /* made for it, during a load; NULL: for the host */
	bool was_on_device;		  /* an earlier load was for one */
	bool *reused;			  /* per defs.list: opened from its pin */
	bool *unused;		/* the same: of no use to the device's program, not made */
	struct weir_undo *undo; /* of a provisional load; NULL */
};

/* object.c: lists function @nth_func as a program, which is then the last one. */
int weir_object_add_prog(struct weir_object *obj, size_t nth_func);

/* object_maps.c: lists the maps. */
int weir_object_list_maps(struct weir_object *obj);
/* Says where a load pins each: in the scope of @device (struct weir_device.pin_dir), or of
 * the host (NULL). */
int weir_object_place_maps(struct weir_object *obj, const char *device);
/* Perf event arrays do: the device's events arrive there. */
bool weir_map_stays_with_host(uint32_t type);
/* Which of weir_object_maps() @uses means; malloc()ed. */
int weir_object_maps_of(const struct weir_object *obj, const struct weir_uses *uses, uint32_t **out,
			size_t *n_out);

/* image.c: arranges and modernises for loading (chosen program is the entry)
 * or, @convert, for other tools. Ends phase OPEN. */
int weir_object_make_image(struct weir_object *obj, bool convert);

/* kernel_maps.c: gives libbpf the pinned maps. */
int weir_object_reuse_maps(struct weir_object *obj, struct weir_undo *undo);
/* Directories of all pins, with the mount when it is absent. */
int weir_object_make_pin_dirs(struct weir_object *obj, struct weir_undo *undo);
/* Pins the others. *@raced: somebody else pinned one of them since they were reused. What we
 * pinned before stays: the next round finds it, and so may they. */
int weir_object_pin_maps(struct weir_object *obj, struct weir_undo *undo, bool *raced);

/* lacks.c: fails with what the kernel lacks for the map or program of this name, by a
 * probe; 0, when it lacks nothing of that kind. */
int weir_lacks_map(const struct weir_object *obj, const char *name);
int weir_lacks_prog(const struct weir_object *obj, const char *name);

/* slots.c: inner maps and tail calls, after the programs are loaded. @outlives: the
 * programs are to run when the object is closed. */
int weir_object_fill_slots(struct weir_object *obj, bool outlives, struct weir_undo *undo);

/* kernel.c: the libbpf program of that function; NULL. */
struct bpf_program *weir_object_prog(const struct weir_object *obj, const char *section,
				     const char *name);

/* object.c: the libbpf map of a definition. */
struct bpf_map *weir_object_map(const struct weir_object *obj, size_t nth);

#endif
