/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The set of a network namespace in the kernel: maps that all its programs share, and a slot
 * (cli/step/step.h) for XDP and one for tc. All is found by the gates that are attached.
 */
#ifndef WEIR_CLI_FORWARD_SET_H
#define WEIR_CLI_FORWARD_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/step/step.h"
#include "loader/weir.h"
#include "maps/forward.h"
#include "maps/weir_map.h"

enum weir_forward_side { WEIR_FORWARD_XDP, WEIR_FORWARD_TC, WEIR_FORWARD_SIDES };

enum weir_forward_map {
	WEIR_FORWARD_REASON_MAP,
	WEIR_FORWARD_TO_MAP,
	WEIR_FORWARD_TO_FAR_MAP,
	WEIR_FORWARD_PORTS_MAP,
	WEIR_FORWARD_PORTS_FAR_MAP,
	WEIR_FORWARD_VLANS_MAP,
	WEIR_FORWARD_DEVS_MAP,
	WEIR_FORWARD_MAPS
};

/* Where a gate is. */
struct weir_forward_at {
	int ifindex;
	enum weir_hook hook;
	enum weir_xdp_mode mode;
};

struct weir_forward_set {
	int map_fds[WEIR_FORWARD_MAPS]; /* -1: none */
	struct weir_slot slots[WEIR_FORWARD_SIDES];
	struct weir_forward_at *gates; /* attached */
	size_t n_gates;
};

void weir_forward_set_init(struct weir_forward_set *set);
void weir_forward_set_close(struct weir_forward_set *set);
/* The set of @net; without one it stays empty. -ENODATA: a pin was removed, and with it the
 * program; where gates are is known then, too. Logged. */
int weir_forward_set_find(struct weir_forward_set *set, struct weir_net *net);
/* Where @ifindex has a gate; NULL: nowhere. */
const struct weir_forward_at *weir_forward_set_gate_of(const struct weir_forward_set *set,
						       int ifindex);
/* Looks again for where gates are. Logged. */
int weir_forward_set_gates(struct weir_forward_set *set, struct weir_net *net);
/* Puts a new program into @slot; makes the set's maps where there are none. Logged. */
int weir_forward_set_load(struct weir_forward_set *set, struct weir_slot *slot,
			  const struct weir_forward_consts *consts);
/* Removes the pin of a slot. Logged. */
int weir_forward_set_unpin(const struct weir_slot *slot, const char *bpffs);

enum weir_forward_side weir_forward_side_of(enum weir_hook hook);

#endif
