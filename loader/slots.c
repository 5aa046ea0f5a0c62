// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Slots of outer maps and program arrays: what iproute2's inner_id/inner_idx
 * and "<id>/<key>" say and BTF cannot. Filled when everything else has been
 * loaded: a reused, pinned array is live, so all of its slots change or none.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "loader/error.h"
#include "loader/log.h"
#include "loader/object_state.h"

/* ---- one slot, undoable -------------------------------------------------- */

struct slot {
	int map_fd; /* duplicate */
	uint32_t key;
	int old_fd; /* what was there; -1: nothing */
};

static void slot_restore(void *data)
{
	struct slot *slot = data;

	if (slot->old_fd < 0)
		(void)bpf_map_delete_elem(slot->map_fd, &slot->key);
	else
		(void)bpf_map_update_elem(slot->map_fd, &slot->key, &slot->old_fd, BPF_ANY);
}

static void slot_drop(void *data)
{
	struct slot *slot = data;

	if (slot->old_fd >= 0)
		close(slot->old_fd);
	close(slot->map_fd);
	free(slot);
}

/* Looking into a program array or an outer map gives the id of what is there. */
static int slot_content(int map_fd, uint32_t key, bool progs)
{
	uint32_t id;

	if (bpf_map_lookup_elem(map_fd, &key, &id))
		return -errno;
	return progs ? bpf_prog_get_fd_by_id(id) : bpf_map_get_fd_by_id(id);
}

static int slot_save(int map_fd, uint32_t key, bool progs, struct weir_undo *undo)
{
	struct slot *slot;
	int err;

	err = weir_undo_reserve(undo);
	if (err)
		return err;
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	slot->key = key;
	slot->old_fd = slot_content(map_fd, key, progs);
	slot->map_fd = dup(map_fd);
	if (slot->map_fd < 0) {
		err = -errno;
		slot_drop(slot);
		return err;
	}
	weir_undo_push(undo, slot_restore, slot_drop, slot);
	return 0;
}

/* A fresh map needs no undoing: it goes with the object. */
static int slot_fill(const struct weir_object *obj, size_t nth_map, uint32_t key, int value_fd,
		     const char *what, bool progs, struct weir_undo *undo)
{
	const struct weir_map_decl *decl = &obj->defs.list[nth_map].decl;
	int map_fd = bpf_map__fd(weir_object_map(obj, nth_map));
	int err = 0;

	if (obj->reused[nth_map])
		err = slot_save(map_fd, key, progs, undo);
	if (!err && bpf_map_update_elem(map_fd, &key, &value_fd, BPF_ANY))
		err = -errno;
	if (err == -E2BIG)
		return weir_fail(err, "%s: slot %u for %s is beyond map %s, which has %u entries",
				 obj->name, key, what, decl->name, decl->max_entries);
	if (err == -EINVAL && progs)
		return weir_fail(
			err,
			"%s: program %s does not fit program array %s: programs of another "
			"type, attach type or frags setting are in it; remove its pin %s",
			obj->name, what, decl->name, decl->pin_path ?: "");
	if (err)
		return weir_fail(err, "%s: cannot put %s into slot %u of map %s: %s", obj->name,
				 what, key, decl->name, weir_errstr(err));
	return 0;
}

/* ---- inner maps ---------------------------------------------------------- */

/* iproute2 leaves an outer map that it found pinned alone; an empty slot there
 * is filled all the same, since then nothing is lost. */
static bool slot_is_kept(const struct weir_object *obj, size_t outer, uint32_t key)
{
	int fd;

	if (!obj->reused[outer])
		return false;
	fd = slot_content(bpf_map__fd(weir_object_map(obj, outer)), key, false);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int fill_inner(const struct weir_object *obj, size_t inner, struct weir_undo *undo)
{
	const struct weir_map_decl *decl = &obj->defs.list[inner].decl;
	int fd = bpf_map__fd(weir_object_map(obj, inner));

	for (size_t i = 0; i < obj->defs.n; i++) {
		int err;

		if (obj->defs.list[i].decl.inner_id != decl->id ||
		    slot_is_kept(obj, i, decl->inner_idx))
			continue;
		err = slot_fill(obj, i, decl->inner_idx, fd, decl->name, false, undo);
		if (err)
			return err;
	}
	return 0;
}

static int fill_inners(const struct weir_object *obj, struct weir_undo *undo)
{
	for (size_t i = 0; i < obj->defs.n; i++) {
		const struct weir_map_decl *decl = &obj->defs.list[i].decl;
		int err;

		if (!decl->id || decl->inner_id || decl->inner_idx == UINT32_MAX)
			continue;
		err = fill_inner(obj, i, undo);
		if (err)
			return err;
	}
	return 0;
}

/* ---- tail calls ---------------------------------------------------------- */

static int fill_tail(const struct weir_object *obj, size_t nth, struct weir_undo *undo)
{
	const struct weir_tail_decl *tail = &obj->tails[nth];
	int fd = bpf_program__fd(weir_object_prog(obj, tail->section, tail->prog));

	for (size_t i = 0; i < obj->defs.n; i++) {
		const struct weir_map_decl *decl = &obj->defs.list[i].decl;
		int err;

		if (decl->type != BPF_MAP_TYPE_PROG_ARRAY || decl->id != tail->id)
			continue;
		err = slot_fill(obj, i, tail->key, fd, tail->prog, true, undo);
		if (err)
			return err;
	}
	return 0;
}

static int fill_tails(const struct weir_object *obj, struct weir_undo *undo)
{
	for (size_t i = 0; i < obj->n_tails; i++) {
		int err;

		if (!obj->tails[i].map) {
			weir_log(WEIR_LOG_NOTICE,
				 "%s: section %s: no program array has id %u; its program is left "
				 "out",
				 obj->name, obj->tails[i].section, obj->tails[i].id);
			continue;
		}
		err = fill_tail(obj, i, undo);
		if (err)
			return err;
	}
	return 0;
}

/* The kernel empties a program array when its last fd or pin goes. */
static void warn_unpinned(const struct weir_object *obj)
{
	for (size_t i = 0; i < obj->n_tails; i++) {
		for (size_t j = 0; j < obj->defs.n; j++) {
			const struct weir_map_decl *decl = &obj->defs.list[j].decl;

			if (decl->type != BPF_MAP_TYPE_PROG_ARRAY || decl->pin_path ||
			    decl->id != obj->tails[i].id)
				continue;
			weir_log(WEIR_LOG_NOTICE,
				 "%s: tail-call map %s is not pinned: the kernel empties it when "
				 "this command ends; give it a pinning",
				 obj->name, decl->name);
			return;
		}
	}
}

int weir_object_fill_slots(struct weir_object *obj, bool outlives, struct weir_undo *undo)
{
	int err;

	if (outlives)
		warn_unpinned(obj);
	err = fill_inners(obj, undo);
	return err ?: fill_tails(obj, undo);
}
