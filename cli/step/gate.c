// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Gates on interfaces. In: a place, and a set's slot. Out: the gate there calls it, or no
 * longer does; the other steps of the place go on as they were.
 */
#include "cli/step/gate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/step/embed.h"

WEIR_EMBED(gate_object, "gate.o", WEIR_GATE_OBJECT);

static const char *const kind_names[WEIR_STEP_KINDS] = {"xdp", "frags", "tc"};

/* The steps of a place; fds are -1 where a step is not there. */
struct chain {
	enum weir_step_kind kind;
	bool there; /* a gate stands there */
	bool force; /* another program of weir's may be replaced */
	const char *dev;
	struct {
		int slot_fd, reason_fd;
	} step[WEIR_GATE_STEPS];
};

bool weir_prog_is_gate(const struct weir_prog *prog)
{
	return prog->ours && !strncmp(prog->name, "gate_", 5);
}

static bool is_gate(const struct weir_attachment *at)
{
	return at->has_prog && weir_prog_is_gate(&at->prog);
}

static void refuse_unreadable(const char *dev, int err)
{
	weir_say_error("%s: the steps of its gate cannot be read: %s", dev, strerror(-err));
}

/* ---- finding ------------------------------------------------------------- */

struct search {
	const struct weir_step *step;
	enum weir_hook hook; /* NONE: any */
	enum weir_hook found;
	uint32_t slot_id;
	unsigned int n;
};

static int look(const struct weir_attachment *at, void *ctx)
{
	struct weir_attachment behind;
	struct search *search = ctx;
	struct weir_map map;
	int fd, err;

	/* weir capture stands before it for a while; its sets can be edited all the same */
	if (at->has_prog && weir_prog_is_capture(&at->prog)) {
		behind = *at;
		if (!weir_prog_captured(&at->prog, &behind.prog))
			at = &behind;
	}
	if (!is_gate(at) || (search->hook && search->hook != at->hook))
		return 0;
	fd = weir_step_map_of(&at->prog, search->step->slot_map);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0) {
		refuse_unreadable(at->dev, fd);
		return fd;
	}
	err = weir_map_by_fd(fd, &map);
	close(fd);
	if (err)
		return err;
	search->slot_id = map.id;
	search->found = at->hook;
	search->n++;
	return 0;
}

int weir_gate_find(struct weir_net *net, const char *dev, const struct weir_step *step,
		   enum weir_hook *hook, uint32_t *slot_id)
{
	struct search search = {.step = step, .hook = *hook};
	int err = weir_query(net, dev, look, &search);

	if (err)
		return err;
	if (search.n > 1) {
		weir_say_error("%s: %ss at %u hooks; name one: xdp, ingress or egress", dev,
			       step->name, search.n);
		return -ENOTUNIQ;
	}
	if (!search.n)
		return -ENOENT;
	*slot_id = search.slot_id;
	*hook = search.found;
	return 0;
}

/* ---- the steps of a place -------------------------------------------------- */

static void chain_init(struct chain *chain, const struct weir_gate_place *place)
{
	*chain = (struct chain){.dev = place->dev, .force = place->force};
	for (int i = 0; i < WEIR_GATE_STEPS; i++)
		chain->step[i].slot_fd = chain->step[i].reason_fd = -1;
}

static void drop_step(struct chain *chain, int i)
{
	if (chain->step[i].slot_fd >= 0)
		close(chain->step[i].slot_fd);
	if (chain->step[i].reason_fd >= 0)
		close(chain->step[i].reason_fd);
	chain->step[i].slot_fd = chain->step[i].reason_fd = -1;
}

static void chain_close(struct chain *chain)
{
	for (int i = 0; i < WEIR_GATE_STEPS; i++)
		drop_step(chain, i);
}

static int chain_size(const struct chain *chain)
{
	int n = 0;

	for (int i = 0; i < WEIR_GATE_STEPS; i++)
		n += chain->step[i].slot_fd >= 0;
	return n;
}

static int read_chain(const struct weir_attachment *at, void *ctx)
{
	struct chain *chain = ctx;

	/* weir_attach() names others' */
	if (!at->has_prog || !at->prog.ours || (chain->force && !is_gate(at)))
		return 0;
	if (weir_prog_is_capture(&at->prog)) {
		weir_say_error("%s: xdp is captured from by weir capture; end that, or `weir "
			       "capture dev %s off` does",
			       chain->dev, chain->dev);
		return -EBUSY;
	}
	if (!is_gate(at)) {
		weir_say_error("%s: xdp holds program %s (id %u); `weir detach dev %s xdp` removes "
			       "it, force replaces it",
			       chain->dev, at->prog.name, at->prog.id, chain->dev);
		return -EEXIST;
	}
	chain->there = true;
	chain->kind =
		strncmp(at->prog.name, "gate_frags", 10) ? WEIR_STEP_XDP : WEIR_STEP_XDP_FRAGS;
	for (int i = 0; weir_steps[i]; i++) {
		chain->step[i].slot_fd = weir_step_map_of(&at->prog, weir_steps[i]->slot_map);
		if (chain->step[i].slot_fd == -ENOENT)
			continue;
		if (chain->step[i].slot_fd < 0) {
			refuse_unreadable(chain->dev, chain->step[i].slot_fd);
			return chain->step[i].slot_fd;
		}
		chain->step[i].reason_fd = weir_step_map_of(&at->prog, weir_steps[i]->reasons);
		if (chain->step[i].reason_fd >= 0)
			continue;
		refuse_unreadable(chain->dev, chain->step[i].reason_fd);
		return chain->step[i].reason_fd;
	}
	return 0;
}

static int place_of(const struct weir_step *step)
{
	int i = 0;

	while (weir_steps[i] != step)
		i++;
	return i;
}

/* ---- loading ------------------------------------------------------------- */

#define MAPS_OF_STEP 2

/* The gate that calls the steps of @chain: an fd. */
static int load(const struct chain *chain)
{
	struct weir_load_map maps[1 + MAPS_OF_STEP * WEIR_GATE_STEPS];
	char names[MAPS_OF_STEP * WEIR_GATE_STEPS][16], prog[16];
	struct weir_load_opts opts = {.sz = sizeof(opts), .maps = maps, .unpinned = true};
	struct weir_gate_consts consts = {0};
	struct weir_object *obj;
	size_t n = 0;
	int err, fd;

	for (int i = 0; weir_steps[i]; i++) {
		char *slot = names[MAPS_OF_STEP * n], *lost = names[MAPS_OF_STEP * n + 1];

		if (chain->step[i].slot_fd < 0)
			continue;
		consts.step[n].lost_reason = weir_steps[i]->lost_reason;
		consts.step[n].lost_drops = weir_steps[i]->lost_drops;
		n++;
		snprintf(slot, 16, "weir_slot_%zu", n);
		snprintf(lost, 16, "weir_lost_%zu", n);
		maps[opts.n_maps++] =
			(struct weir_load_map){.name = slot, .fd = chain->step[i].slot_fd};
		maps[opts.n_maps++] =
			(struct weir_load_map){.name = lost, .fd = chain->step[i].reason_fd};
	}
	maps[opts.n_maps++] = (struct weir_load_map){
		.name = ".rodata", .data = &consts, .data_bytes = sizeof(consts)};
	snprintf(prog, sizeof(prog), "gate_%s_%zu", kind_names[chain->kind], n);
	err = weir_embedded_open(&gate_object, chain->kind, prog, &obj);
	if (err)
		return err;
	err = weir_object_load(obj, &opts);
	fd = err ? err : dup(weir_object_prog_fd(obj));
	weir_object_close(obj);
	return fd < 0 && !err ? -errno : fd;
}

static int attach(const struct weir_gate_place *place, const struct weir_step *step,
		  const struct chain *chain)
{
	struct weir_attach_opts opts = {
		.sz = sizeof(opts),
		.dev = place->dev,
		.hook = place->hook,
		.mode = place->mode,
		.tcx = place->tcx,
		.force = place->force,
		.name = place->hook == WEIR_HOOK_XDP ? NULL : step->label,
		.prog_label = place->hook == WEIR_HOOK_XDP ? "weir-gate" : step->label,
	};
	int err;

	opts.prog_fd = load(chain);
	if (opts.prog_fd < 0)
		return opts.prog_fd;
	err = weir_attach(place->net, &opts, NULL);
	close(opts.prog_fd);
	return err;
}

/* ---- adding, removing ---------------------------------------------------- */

static int join(const struct weir_gate_place *place, const struct weir_slot *slot,
		struct chain *chain)
{
	int i = place_of(slot->step);

	if (chain->there && chain->kind != slot->kind) {
		weir_say_error("%s: its gate and the set of %s are of two kinds, with and without "
			       "several buffers a frame; `weir detach dev %s xdp` comes first",
			       place->dev, slot->step->name, place->dev);
		return -EMEDIUMTYPE;
	}
	/* who looked for it first did not see it */
	if (chain->step[i].slot_fd >= 0) {
		weir_say_error("%s: xdp %ss by another set by now; try again", place->dev,
			       slot->step->name);
		return -EEXIST;
	}
	chain->kind = slot->kind;
	chain->step[i].slot_fd = dup(slot->fd);
	chain->step[i].reason_fd = dup(slot->reason_fd);
	return chain->step[i].slot_fd < 0 || chain->step[i].reason_fd < 0 ? -errno : 0;
}

static int read_place(const struct weir_gate_place *place, struct chain *chain)
{
	if (place->hook != WEIR_HOOK_XDP)
		return 0;
	return weir_query_xdp(place->net, place->dev, read_chain, chain);
}

int weir_gate_add(const struct weir_gate_place *place, const struct weir_slot *slot)
{
	struct chain chain;
	int err;

	chain_init(&chain, place);
	err = read_place(place, &chain);
	err = err ?: join(place, slot, &chain);
	err = err ?: attach(place, slot->step, &chain);
	chain_close(&chain);
	return err;
}

int weir_gate_remove(const struct weir_gate_place *place, const struct weir_step *step)
{
	const struct weir_detach_opts opts = {
		.sz = sizeof(opts),
		.dev = place->dev,
		.hook = place->hook,
		.name = place->hook == WEIR_HOOK_XDP ? NULL : step->label,
	};
	struct chain chain;
	int err;

	chain_init(&chain, place);
	err = read_place(place, &chain);
	if (!err)
		drop_step(&chain, place_of(step));
	if (!err && chain_size(&chain))
		err = attach(place, step, &chain);
	else if (!err)
		err = weir_detach(place->net, &opts);
	chain_close(&chain);
	return err < 0 ? err : 0;
}
