// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From the modern image to programs in the kernel: libbpf opens the image,
 * pinned maps are reused, libbpf creates the rest and loads, new maps are
 * pinned, slots filled. What is created goes into the caller's undo journal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "loader/device.h"
#include "loader/error.h"
#include "loader/libbpf_log.h"
#include "loader/log.h"
#include "loader/object.h"
#include "loader/object_state.h"
#include "loader/section.h"
#include "loader/verifier.h"

/* Another loader may pin a map between our look and our pin; then all is opened
 * again with theirs. Each round some loader has finished, so few are needed. */
#define PIN_ROUNDS 8

/* Between the rounds: a program was refused, and the verifier's log would tell
 * why. No errno of the kernel's. */
#define ELOG	   4095

/* Stands for a log when there is no memory for one. */
static char no_log[1];

/* ---- programs ------------------------------------------------------------ */

struct bpf_program *weir_object_prog(const struct weir_object *obj, const char *section,
				     const char *name)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj->bpf)
	{
		if (!strcmp(bpf_program__name(prog), name) &&
		    !strcmp(bpf_program__section_name(prog), section))
			return prog;
	}
	return NULL;
}

/* XDP programs share one attach type so that they may share a program array
 * (kernel 6.18 compares it). */
static void set_kind(struct bpf_program *prog, uint32_t prog_type, bool frags, bool no_attach_type)
{
	struct weir_section_kind kind = weir_section_kind(bpf_program__section_name(prog));
	uint32_t attach_type = prog_type == BPF_PROG_TYPE_XDP ? BPF_XDP : 0;

	if (kind.prog_type == prog_type && kind.attach_type)
		attach_type = kind.attach_type;
	bpf_program__set_type(prog, prog_type);
	bpf_program__set_expected_attach_type(prog, no_attach_type ? 0 : attach_type);
	if (prog_type == BPF_PROG_TYPE_XDP && (frags || kind.frags))
		bpf_program__set_flags(prog, bpf_program__flags(prog) | BPF_F_XDP_HAS_FRAGS);
	bpf_program__set_autoload(prog, true);
}

/* A program that a BTF program array names in its static .values. */
static bool is_static_value(const struct weir_object *obj, const char *name)
{
	int nth = weir_elf_find(obj->elf, ".maps");
	const struct weir_elf_section *sec;

	if (nth < 0)
		return false;
	sec = &obj->elf->sections[nth];
	for (size_t i = 0; i < sec->n_rels; i++)
		if (!strcmp(obj->elf->symbols[sec->rels[i].symbol].name, name))
			return true;
	return false;
}

static bool is_wanted_tail(const struct weir_object *obj, const struct bpf_program *prog)
{
	for (size_t i = 0; i < obj->n_tails; i++)
		if (obj->tails[i].map && !strcmp(obj->tails[i].prog, bpf_program__name(prog)) &&
		    !strcmp(obj->tails[i].section, bpf_program__section_name(prog)))
			return true;
	return false;
}

static int pick_entry(struct weir_object *obj, const struct weir_load_opts *opts)
{
	bool frags = obj->progs[obj->chosen].frags;
	struct bpf_program *prog;

	obj->entry = weir_object_prog(obj, obj->entry_section, obj->entry_name);
	if (!obj->entry)
		return weir_fail(-ENOENT, "%s: program %s was lost in the modern form", obj->name,
				 obj->entry_name);
	bpf_object__for_each_program(prog, obj->bpf)
	{
		/* a device has no program arrays */
		if (prog == obj->entry ||
		    (!obj->device &&
		     (is_wanted_tail(obj, prog) || is_static_value(obj, bpf_program__name(prog)))))
			set_kind(prog, obj->prog_type, frags, opts->no_attach_type);
		else
			bpf_program__set_autoload(prog, false);
	}
	return 0;
}

/* For checks: tail programs are of the kind of the only other kind present. */
static uint32_t common_type(const struct weir_object *obj)
{
	uint32_t type = 0;

	for (size_t i = 0; i < obj->n_progs; i++) {
		if (!obj->progs[i].prog_type)
			continue;
		if (type && type != obj->progs[i].prog_type)
			return 0;
		type = obj->progs[i].prog_type;
	}
	return type;
}

static int pick_all(struct weir_object *obj)
{
	uint32_t common = common_type(obj);
	struct bpf_program *prog;
	size_t n = 0;

	bpf_object__for_each_program(prog, obj->bpf)
	{
		const char *section = bpf_program__section_name(prog);
		uint32_t type = weir_section_kind(section).prog_type, id, key;

		if (!type && weir_section_is_tail(section, &id, &key))
			type = common;
		if (type) {
			set_kind(prog, type, false, false);
			n++;
		} else {
			weir_log(WEIR_LOG_NOTICE,
				 "%s: program %s: section %s says no kind; name it with its type",
				 obj->name, bpf_program__name(prog), section);
			bpf_program__set_autoload(prog, false);
		}
	}
	return n ? 0 : weir_fail(-ENOENT, "%s: no program whose kind is known", obj->name);
}

/* ---- load ---------------------------------------------------------------- */

static int open_image(struct weir_object *obj, char *log)
{
	char name[64];
	bool has_log = log && log != no_log;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = name, .relaxed_maps = true,
		    .kernel_log_buf = has_log ? log : NULL,
		    .kernel_log_size = has_log ? WEIR_VERIFIER_LOG_BYTES : 0);
	int err;

	/* as libbpf derives it from a path, for "count.rodata" */
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(obj->name, "."), obj->name);
	weir_libbpf_clear();
	bpf_object__close(obj->bpf);
	obj->bpf = bpf_object__open_mem(obj->image, obj->image_len, &opts);
	if (obj->bpf)
		return 0;
	err = -errno;
	return weir_fail(err, "%s: cannot be opened: %s", obj->name,
			 weir_libbpf_first()[0] ? weir_libbpf_first() : weir_errstr(err));
}

/* The kernel refused: libbpf's first warnings say where, errno says what. */
static int explain_load(const struct weir_object *obj, int err, const char *log)
{
	char subject[128];

	if (weir_libbpf_subject("map", subject, sizeof(subject)) && obj->device && err != -EPERM)
		return weir_device_refuse_map(obj->device, obj, subject, err);
	if (weir_libbpf_subject("map", subject, sizeof(subject)))
		return weir_lacks_map(obj, subject)
			       ?: weir_fail(err,
					    "%s: map %s: the kernel does not create it: %s%s%s",
					    obj->name, subject, weir_errstr(err),
					    weir_errhint(err) ? "; " : "", weir_errhint(err) ?: "");
	if (weir_libbpf_subject("prog", subject, sizeof(subject))) {
		if (!log)
			return -ELOG;
		if (obj->device && err != -EPERM)
			return weir_device_refuse_prog(obj->device, obj, subject, log, err);
		return weir_lacks_prog(obj, subject)
			       ?: weir_verifier_report(err, obj->name, subject, log);
	}
	if (err == -EPERM)
		return weir_fail(err, "%s: no permission to load: %s", obj->name,
				 weir_errhint(err));
	return weir_fail(err, "%s: cannot be loaded: %s%s%s", obj->name, weir_errstr(err),
			 weir_libbpf_first()[0] ? ": " : "", weir_libbpf_first());
}

/* What the program does not use is not made: the device need not take it. */
static void set_device(struct weir_object *obj)
{
	uint32_t ifindex = (uint32_t)obj->device->ifindex;
	struct bpf_program *prog;
	struct bpf_map *map;

	bpf_object__for_each_program(prog, obj->bpf)
	{
		bpf_program__set_ifindex(prog, ifindex);
	}
	bpf_object__for_each_map(map, obj->bpf)
	{
		if (bpf_map__is_internal(map))
			bpf_map__set_autocreate(map, false);
		else if (!weir_map_stays_with_host(bpf_map__type(map)))
			bpf_map__set_ifindex(map, ifindex);
	}
	for (size_t i = 0; i < obj->defs.n; i++)
		if (obj->unused[i] && (map = weir_object_map(obj, i)))
			bpf_map__set_autocreate(map, false);
}

static int set_map(const struct weir_object *obj, const struct weir_load_map *want)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj->bpf, want->name);
	int err = 0;

	if (!map)
		return weir_fail(-ENOENT, "%s: declares no map '%s'; weir inspect lists them",
				 obj->name, want->name);
	if (want->fd > 0)
		err = bpf_map__reuse_fd(map, want->fd);
	if (!err && want->max_entries)
		err = bpf_map__set_max_entries(map, want->max_entries);
	if (!err && want->data)
		err = bpf_map__set_initial_value(map, want->data, want->data_bytes);
	return err ? weir_fail(err, "%s: map %s: cannot be made as wanted: %s", obj->name,
			       want->name, weir_errstr(err))
		   : 0;
}

static int set_maps(const struct weir_object *obj, const struct weir_load_opts *opts)
{
	int err = 0;

	for (size_t i = 0; !err && i < opts->n_maps; i++)
		err = set_map(obj, &opts->maps[i]);
	return err;
}

/* The kernel looks a device's index up in the caller's network namespace. libbpf opens no
 * path meanwhile that depends on it. */
static int load_image(struct weir_object *obj, const char *log)
{
	int err = obj->device ? weir_net_enter(obj->device->net) : 0;

	if (err)
		return err;
	weir_libbpf_clear();
	err = bpf_object__load(obj->bpf);
	if (obj->device)
		weir_net_leave(obj->device->net);
	return err ? explain_load(obj, err, log) : 0;
}

static bool uses_pins(const struct weir_load_opts *opts)
{
	return !opts->verify_only && !opts->unpinned;
}

static int one_round(struct weir_object *obj, const struct weir_load_opts *opts, char *log,
		     struct weir_undo *undo, bool *raced)
{
	int err;

	err = open_image(obj, log);
	err = err ?: opts->all ? pick_all(obj) : pick_entry(obj, opts);
	if (!err && obj->device)
		set_device(obj);
	if (!err && opts->whole_log && obj->entry)
		bpf_program__set_log_level(obj->entry, 1);
	if (!err && uses_pins(opts))
		err = weir_object_reuse_maps(obj, undo);
	err = err ?: set_maps(obj, opts);
	err = err ?: load_image(obj, log);
	if (!err && opts->whole_log && log)
		weir_verifier_log_all(log);
	if (!err && uses_pins(opts))
		err = weir_object_pin_maps(obj, undo, raced);
	return err;
}

static int rounds(struct weir_object *obj, const struct weir_load_opts *opts, char *log,
		  struct weir_undo *undo)
{
	bool raced = true;
	int err = 0;

	for (int i = 0; raced && i < PIN_ROUNDS; i++) {
		raced = false;
		err = one_round(obj, opts, log, undo, &raced);
	}
	return raced ? weir_fail(err, "%s: other loaders keep pinning its maps; try again",
				 obj->name)
		     : err;
}

/* Most loads need no log: it is asked for by a second try. */
static int load_rounds(struct weir_object *obj, const struct weir_load_opts *opts,
		       struct weir_undo *undo)
{
	bool quiet = !opts->whole_log;
	char *log;
	int err;

	if (quiet) {
		err = rounds(obj, opts, NULL, undo);
		if (err != -ELOG)
			return err;
	}
	log = weir_verifier_log_new();
	err = rounds(obj, opts, log ?: no_log, undo);
	weir_verifier_log_free(log);
	return err;
}

static bool uses_map(const struct weir_prog_decl *prog, size_t nth)
{
	for (size_t i = 0; i < prog->n_maps; i++)
		if (prog->maps[i] == nth)
			return true;
	return false;
}

/* Says where the maps are to be: with the host, or with obj->device. */
static int settle(struct weir_object *obj)
{
	int err = obj->device ? weir_device_check(obj->device, obj) : 0;

	for (size_t i = 0; i < obj->defs.n; i++)
		obj->unused[i] = obj->device && !uses_map(&obj->progs[obj->chosen], i);
	/* opened, they are placed for the host */
	if (!err && (obj->device || obj->was_on_device))
		err = weir_object_place_maps(obj, obj->device ? obj->device->pin_dir : NULL);
	obj->was_on_device |= obj->device != NULL;
	return err;
}

static int load(struct weir_object *obj, const struct weir_load_opts *opts, struct weir_undo *undo)
{
	int err = settle(obj);

	/* A load that failed for a device is tried again for the host. */
	if (!err && !obj->image)
		err = weir_object_make_image(obj, false);
	if (!err && uses_pins(opts))
		err = weir_object_make_pin_dirs(obj, undo);
	err = err ?: load_rounds(obj, opts, undo);
	/* outer maps and program arrays, which devices do not have */
	if (!err && !opts->verify_only && !obj->device)
		err = weir_object_fill_slots(obj, uses_pins(opts), undo);
	if (!err)
		obj->phase = WEIR_OBJECT_LOADED;
	return err;
}

int weir_object_load_undoable(struct weir_object *obj, const struct weir_load_opts *opts,
			      struct weir_undo *undo)
{
	static const struct weir_load_opts defaults = {.sz = sizeof(defaults)};
	struct weir_device device;
	int err = 0;

	if (!opts)
		opts = &defaults;
	if (opts->sz != sizeof(*opts))
		return weir_fail(-E2BIG, "%s: options of another libweir version", obj->name);
	if (opts->all ? !opts->verify_only : obj->chosen < 0)
		return weir_fail(-EINVAL, "%s: no program was chosen", obj->name);
	if (opts->ifindex && (opts->all || !opts->net))
		return weir_fail(-EINVAL,
				 "%s: a device takes one program, and its namespace is to "
				 "be given",
				 obj->name);
	if (obj->phase == WEIR_OBJECT_LOADED)
		return weir_fail(-EALREADY, "%s: already loaded", obj->name);
	if (opts->ifindex) {
		err = weir_device_find(opts->net, (int)opts->ifindex, &device);
		obj->device = err ? NULL : &device;
	}
	err = err ?: load(obj, opts, undo);
	obj->device = NULL;
	return err;
}

void weir_object_unload(struct weir_object *obj)
{
	bpf_object__close(obj->bpf);
	obj->bpf = NULL;
	obj->entry = NULL;
	obj->phase = obj->image ? WEIR_OBJECT_IMAGED : WEIR_OBJECT_OPEN;
}

int weir_object_load(struct weir_object *obj, const struct weir_load_opts *opts)
{
	struct weir_undo *undo = NULL;
	int err;

	err = weir_undo_new(&undo);
	err = err ?: weir_object_load_undoable(obj, opts, undo);
	if (!err && opts && opts->provisional) {
		obj->undo = undo;
		return 0;
	}
	if (!err)
		weir_undo_commit(undo);
	weir_undo_free(undo);
	return err;
}

int weir_object_prog_fd(const struct weir_object *obj)
{
	return obj->phase == WEIR_OBJECT_LOADED && obj->entry ? bpf_program__fd(obj->entry)
							      : -EBADF;
}
