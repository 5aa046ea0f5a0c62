/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is attached in a network namespace, and the counter maps of the machine. */
#ifndef WEIR_CLI_BOARD_LOOK_H
#define WEIR_CLI_BOARD_LOOK_H

#include "cli/stages.h"
#include "cli/step/step.h"
#include "loader/weir.h"
#include "maps/weir_map.h"

struct weir_watched {
	uint32_t id;
	struct weir_counters *ctrs;  /* NULL: no counter map */
	struct weir_step_counter as; /* its entries are called by these rules; no step: by keys */
	bool present;		     /* in the look at hand */
	bool behind;		     /* in it, of a step */
	bool failed;		     /* until then it is not read */
	uint32_t number;	     /* in the snapshot at hand */
	bool in_snap;
	uint64_t count_due_ns; /* when all of its entries are counted again */
	uint32_t wanted;       /* series, by the last reading */
};

/* What is attached, and what each of that runs. */
struct weir_attached {
	struct weir_attachment *items;
	struct weir_stages *stages; /* of the first items; lists of all that there is room for */
	size_t n, n_stages, room;
};

struct weir_look {
	struct weir_net *net;
	const char *dev; /* only what is on it; NULL: all, and what is pinned */
	int ifindex;	 /* of @dev, whatever it is called by now; 0: what is called so */
	struct weir_pins *pins;
	struct weir_attached now, before; /* @before spares reading its programs again */
	uint64_t nth;			  /* look */
	struct weir_watched *maps;	  /* by id */
	size_t n_maps, room_maps;
	uint64_t time_ns;
	uint64_t runs_ns; /* when a program was last seen to have run; 0: never */
	bool has_runs;	  /* runs are being collected: programs are looked at each time */
};

/* -ENOMEM, logged. */
int weir_board_no_memory(void);

/* Looks at all of it again. Logged; then what is known is as before, or a part of it. */
int weir_look_around(struct weir_look *look);
/* Nothing is attached, no map is watched, until it is looked around again: soon. */
void weir_look_forget(struct weir_look *look);
/* Have rules changed by which entries are called? */
bool weir_look_is_stale(const struct weir_look *look);
/* Is an interface one of those that are looked at? */
bool weir_look_is_at(const struct weir_look *look, int ifindex, const char *dev);
/* Does the program of @now's @nth item use the map, or one that it runs? */
bool weir_look_uses(const struct weir_look *look, size_t nth, uint32_t map_id);
/* NULL: it is not watched. */
struct weir_watched *weir_look_map(const struct weir_look *look, uint32_t id);
/* @look->net, too. */
void weir_look_free(struct weir_look *look);

#endif
