// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets of forwarding in the kernel: found by their gates, made, given programs. */
#include "cli/forward/set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/step/embed.h"

WEIR_EMBED(forward_object, "forward.o", WEIR_FORWARD_OBJECT);

static const char *const map_names[] = {
	[WEIR_FORWARD_REASON_MAP] = "weir_forward",	 [WEIR_FORWARD_TO_MAP] = "weir_forward_to",
	[WEIR_FORWARD_TO_FAR_MAP] = "weir_fwd_to_far",	 [WEIR_FORWARD_PORTS_MAP] = "weir_ports",
	[WEIR_FORWARD_PORTS_FAR_MAP] = "weir_ports_far", [WEIR_FORWARD_VLANS_MAP] = "weir_vlans",
	[WEIR_FORWARD_DEVS_MAP] = "weir_devs",
};

void weir_forward_set_init(struct weir_forward_set *set)
{
	*set = (struct weir_forward_set){0};
	for (int i = 0; i < WEIR_FORWARD_MAPS; i++)
		set->map_fds[i] = -1;
	for (int i = 0; i < WEIR_FORWARD_SIDES; i++)
		weir_slot_init(&set->slots[i], &weir_step_forward);
}

static void forget_gates(struct weir_forward_set *set)
{
	free(set->gates);
	set->gates = NULL;
	set->n_gates = 0;
}

void weir_forward_set_close(struct weir_forward_set *set)
{
	for (int i = 0; i < WEIR_FORWARD_MAPS; i++)
		if (set->map_fds[i] >= 0)
			close(set->map_fds[i]);
	for (int i = 0; i < WEIR_FORWARD_SIDES; i++)
		weir_slot_close(&set->slots[i]);
	forget_gates(set);
}

enum weir_forward_side weir_forward_side_of(enum weir_hook hook)
{
	return hook == WEIR_HOOK_XDP ? WEIR_FORWARD_XDP : WEIR_FORWARD_TC;
}

/* ---- finding -------------------------------------------------------------- */

struct search {
	struct weir_forward_set *set;
	int slot_fds[WEIR_FORWARD_SIDES];
};

static int add_gate(struct weir_forward_set *set, const struct weir_attachment *at)
{
	struct weir_forward_at *gates = reallocarray(set->gates, set->n_gates + 1, sizeof(*gates));

	if (!gates)
		return -ENOMEM;
	gates[set->n_gates++] = (struct weir_forward_at){at->ifindex, at->hook, at->mode};
	set->gates = gates;
	return 0;
}

static int look(const struct weir_attachment *at, void *ctx)
{
	struct search *search = ctx;
	int *kept = &search->slot_fds[weir_forward_side_of(at->hook)], fd;

	/* not seen for once must not mean that there is none: a second set would be made */
	if (!at->has_prog && (at->hook == WEIR_HOOK_XDP || at->tcx || !strcmp(at->kind, "bpf"))) {
		if (weir_say_blind(at->dev))
			return -EPERM;
		weir_say_error("%s: the program at %s cannot be read; try again", at->dev,
			       weir_hook_name(at->hook));
		return -EAGAIN;
	}
	if (!at->has_prog || strncmp(at->prog.name, "gate_", 5) != 0)
		return 0;
	fd = weir_step_map_of(&at->prog, weir_step_forward.slot_map);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0) {
		weir_say_error("%s: the steps of its gate cannot be read: %s", at->dev,
			       strerror(-fd));
		return fd;
	}
	if (*kept < 0)
		*kept = fd;
	else
		close(fd);
	return add_gate(search->set, at);
}

static int open_maps(struct weir_forward_set *set, const struct weir_slot *slot)
{
	for (int i = 0; i < WEIR_FORWARD_MAPS; i++) {
		if (set->map_fds[i] >= 0)
			continue;
		set->map_fds[i] = weir_slot_map(slot, map_names[i]);
		if (set->map_fds[i] >= 0)
			continue;
		weir_say_error("forward: program id %u has no map %s: made by another version of "
			       "weir; `weir forward off` takes it off",
			       slot->prog_id, map_names[i]);
		return set->map_fds[i];
	}
	return 0;
}

int weir_forward_set_find(struct weir_forward_set *set, struct weir_net *net)
{
	struct search search = {set, {-1, -1}};
	int err = weir_query(net, NULL, look, &search);

	for (int i = 0; i < WEIR_FORWARD_SIDES; i++) {
		if (search.slot_fds[i] < 0)
			continue;
		if (err) {
			close(search.slot_fds[i]);
			continue;
		}
		err = weir_slot_open(&set->slots[i], search.slot_fds[i]);
		err = err ?: open_maps(set, &set->slots[i]);
	}
	return err;
}

int weir_forward_set_gates(struct weir_forward_set *set, struct weir_net *net)
{
	struct search search = {set, {-1, -1}};
	int err;

	forget_gates(set);
	err = weir_query(net, NULL, look, &search);
	for (int i = 0; i < WEIR_FORWARD_SIDES; i++)
		if (search.slot_fds[i] >= 0)
			close(search.slot_fds[i]);
	return err;
}

const struct weir_forward_at *weir_forward_set_gate_of(const struct weir_forward_set *set,
						       int ifindex)
{
	for (size_t i = 0; i < set->n_gates; i++)
		if (set->gates[i].ifindex == ifindex)
			return &set->gates[i];
	return NULL;
}

int weir_forward_set_unpin(const struct weir_slot *slot, const char *bpffs)
{
	char name[64];
	uint32_t id;
	int err = weir_slot_id(slot, &id);

	if (err)
		return err;
	snprintf(name, sizeof(name), "weir_%s-%u", weir_step_forward.name, id);
	return weir_map_unpin(name, bpffs);
}

/* ---- making --------------------------------------------------------------- */

/* Takes over the maps that this object made. */
static int take_maps(struct weir_forward_set *set, const struct weir_object *obj)
{
	for (int i = 0; i < WEIR_FORWARD_MAPS; i++) {
		if (set->map_fds[i] < 0)
			set->map_fds[i] = dup(weir_step_object_map(obj, map_names[i]));
		if (set->map_fds[i] < 0)
			return -errno;
	}
	return 0;
}

int weir_forward_set_load(struct weir_forward_set *set, struct weir_slot *slot,
			  const struct weir_forward_consts *consts)
{
	struct weir_load_map maps[WEIR_FORWARD_MAPS + 1];
	struct weir_load_opts opts = {.sz = sizeof(opts), .maps = maps, .unpinned = true};
	struct weir_object *obj = NULL;
	int err;

	for (int i = 0; i < WEIR_FORWARD_MAPS; i++)
		if (set->map_fds[i] >= 0)
			maps[opts.n_maps++] =
				(struct weir_load_map){.name = map_names[i], .fd = set->map_fds[i]};
	maps[opts.n_maps++] = (struct weir_load_map){
		.name = ".rodata", .data = consts, .data_bytes = sizeof(*consts)};
	err = weir_embedded_open(&forward_object, slot->kind, slot->step->progs[slot->kind], &obj);
	err = err ?: weir_object_load(obj, &opts);
	err = err ?: take_maps(set, obj);
	err = err
		      ?: weir_slot_put(slot, weir_object_prog_fd(obj),
				       set->map_fds[WEIR_FORWARD_REASON_MAP]);
	weir_object_close(obj);
	return err;
}
