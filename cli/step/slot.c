// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets in the kernel: made, opened, their programs exchanged. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "cli/say.h"
#include "cli/step/step.h"

void weir_slot_init(struct weir_slot *slot, const struct weir_step *step)
{
	*slot = (struct weir_slot){.step = step, .fd = -1, .reason_fd = -1};
}

void weir_slot_close(struct weir_slot *slot)
{
	if (slot->fd >= 0)
		close(slot->fd);
	if (slot->reason_fd >= 0)
		close(slot->reason_fd);
	slot->fd = slot->reason_fd = -1;
}

int weir_step_map_of(const struct weir_prog *prog, const char *name)
{
	for (uint32_t i = 0; i < prog->n_map_ids; i++) {
		int fd = weir_map_open_id_quiet(prog->map_ids[i]);
		int err = fd < 0 ? fd : 0;
		struct weir_map map;

		err = err ?: weir_map_by_fd(fd, &map);
		if (!err && !strcmp(map.name, name))
			return fd;
		if (fd >= 0)
			close(fd);
		if (err)
			return err;
	}
	return -ENOENT;
}

int weir_step_object_map(const struct weir_object *obj, const char *name)
{
	const struct weir_map_decl *maps;
	size_t n = weir_object_maps(obj, &maps);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(maps[i].name, name))
			return weir_object_map_fd(obj, i);
	return -ENOENT;
}

int weir_step_slot_of(const struct weir_prog *gate, const struct weir_step *step, uint32_t *slot_id,
		      uint32_t *prog_id)
{
	int fd = weir_step_map_of(gate, step->slot_map), err;
	uint32_t index = 0;
	struct weir_map map;

	if (fd < 0)
		return fd;
	err = weir_map_by_fd(fd, &map);
	if (!err && bpf_map_lookup_elem(fd, &index, prog_id))
		err = -errno;
	close(fd);
	if (!err)
		*slot_id = map.id;
	return err;
}

/* Where a map called @name stands among a step's counters; -ENOENT. */
static int place_of(const struct weir_step *step, const char *name)
{
	if (!strcmp(name, step->reasons))
		return 0;
	for (int i = 0; i < WEIR_STEP_COUNTERS; i++)
		if (step->counters[i] && !strcmp(name, step->counters[i]))
			return 1 + i;
	return -ENOENT;
}

size_t weir_step_counters(const struct weir_step *step, uint32_t slot_id,
			  const struct weir_prog *prog,
			  struct weir_step_counter out[WEIR_STEP_COUNTERS_ALL])
{
	struct weir_step_counter found[WEIR_STEP_COUNTERS_ALL] = {0};
	size_t n = 0;

	for (uint32_t i = 0; i < prog->n_map_ids; i++) {
		int fd = weir_map_open_id_quiet(prog->map_ids[i]), at;
		struct weir_map map;

		if (fd < 0)
			continue;
		at = weir_map_by_fd(fd, &map) ? -ENOENT : place_of(step, map.name);
		close(fd);
		if (at >= 0)
			found[at] = (struct weir_step_counter){map.id, prog->id, slot_id,
							       at ? step : NULL};
	}
	for (int i = 0; i < WEIR_STEP_COUNTERS_ALL; i++)
		if (found[i].map_id)
			out[n++] = found[i];
	return n;
}

static int kind_of(const struct weir_step *step, const struct weir_prog *prog)
{
	for (int kind = 0; kind < WEIR_STEP_KINDS; kind++)
		if (!strcmp(prog->name, step->progs[kind]))
			return kind;
	return -EMEDIUMTYPE;
}

int weir_slot_open(struct weir_slot *slot, int fd)
{
	const char *name = slot->step->name;
	struct weir_prog prog;
	uint32_t index = 0, id = 0;
	int kind, err;

	slot->fd = fd;
	if (bpf_map_lookup_elem(fd, &index, &id)) {
		weir_say_error("%s: the set has lost its program: its pin was removed; take it off "
			       "with `weir %s dev DEV off`",
			       name, name);
		return -ENODATA;
	}
	err = weir_prog_by_id(id, &prog);
	if (err)
		return err;
	kind = kind_of(slot->step, &prog);
	if (kind < 0) {
		weir_say_error("%s: program id %u (%s) is none of the step's", name, id, prog.name);
		return kind;
	}
	slot->kind = (enum weir_step_kind)kind;
	slot->prog_id = id;
	slot->reason_fd = weir_step_map_of(&prog, slot->step->reasons);
	if (slot->reason_fd >= 0)
		return 0;
	weir_say_error("%s: program id %u has no counters: made by another version of weir; take "
		       "it off with `weir %s dev DEV off`",
		       name, id, name);
	return -ENOENT;
}

static int make(struct weir_slot *slot, int reason_fd)
{
	const struct weir_create_opts opts = {
		.size = sizeof(opts),
		.name = slot->step->slot_map,
		.type = BPF_MAP_TYPE_PROG_ARRAY,
		.key_type = "u32",
		.value_type = "u32",
		.max_entries = 1,
	};
	int fd = weir_map_create(&opts);

	if (fd < 0)
		return fd;
	slot->fd = fd;
	slot->reason_fd = dup(reason_fd);
	return slot->reason_fd < 0 ? -errno : 0;
}

/* libbpf asks old kernels whether they keep names, and takes any failure for a no: nobody
 * would know the program again. */
static int check_name(const struct weir_step *step, int prog_fd)
{
	struct weir_prog prog;
	int err = weir_prog_by_fd(prog_fd, &prog);

	if (err || kind_of(step, &prog) >= 0)
		return err;
	weir_say_error("%s: the kernel has loaded the program without its name; try again",
		       step->name);
	return -EAGAIN;
}

int weir_slot_put(struct weir_slot *slot, int prog_fd, int reason_fd)
{
	uint32_t index = 0;
	int err = check_name(slot->step, prog_fd);

	err = err ?: slot->fd < 0 ? make(slot, reason_fd) : 0;
	if (err)
		return err;
	if (bpf_map_update_elem(slot->fd, &index, &prog_fd, BPF_ANY))
		err = -errno;
	if (err)
		weir_say_error("%s: the new program cannot take the old one's place: %s",
			       slot->step->name, strerror(-err));
	return err;
}

int weir_slot_map(const struct weir_slot *slot, const char *name)
{
	struct weir_prog prog;
	int err = weir_prog_by_id(slot->prog_id, &prog);

	return err ?: weir_step_map_of(&prog, name);
}

int weir_slot_id(const struct weir_slot *slot, uint32_t *out)
{
	struct weir_map map;
	int err = weir_map_by_fd(slot->fd, &map);

	if (!err)
		*out = map.id;
	return err;
}

int weir_slot_is_used(uint32_t id)
{
	struct weir_prog prog;
	uint32_t prog_id = 0;
	int err;

	while (!(err = weir_prog_next(&prog_id, &prog)))
		if (weir_prog_uses(&prog, id))
			return 1;
	return err == -ENOENT ? 0 : err;
}
