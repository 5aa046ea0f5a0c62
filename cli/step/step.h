/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps of the datapath, and their sets. A set is a pinned program array; the program in its
 * slot 0 has all that the step goes by among its maps. What stands on interfaces is a gate
 * (bpf/gate.bpf.c) that calls slots; several interfaces may share a set.
 */
#ifndef WEIR_CLI_STEP_STEP_H
#define WEIR_CLI_STEP_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "loader/weir.h"
#include "maps/gate.h"
#include "maps/weir_map.h"

/* XDP programs jump to XDP programs only, and with frags only to those with frags. */
enum weir_step_kind { WEIR_STEP_XDP, WEIR_STEP_XDP_FRAGS, WEIR_STEP_TC, WEIR_STEP_KINDS };

#define WEIR_STEP_COUNTERS 2

struct weir_step_names;

struct weir_step {
	const char *name;     /* of the command, "filter"; pins are "weir_filter-SET" */
	const char *label;    /* "weir-filter": of its filters at tc */
	const char *how;      /* how a first one is made, for who looks for one */
	const char *slot_map; /* the kernel's name of its program arrays */
	const char *reasons;  /* of its counters by reason, which gates count in, too */
	const char *counters[WEIR_STEP_COUNTERS]; /* of its program, more that people look at */
	/* Calls weir_step_names_add() for each entry of them that is to be seen, by the rules of
	 * program @prog_id; NULL: all are, by their keys. Logged. */
	int (*names)(uint32_t prog_id, struct weir_step_names *names);
	const char *progs[WEIR_STEP_KINDS]; /* its program, by kind */
	/* In a gate whose slot has lost its program: */
	uint32_t lost_reason;
	bool lost_drops;
};

/* In the order in which packets meet them at XDP; NULL ends it. */
extern const struct weir_step *const weir_steps[];
extern const struct weir_step weir_step_filter, weir_step_police, weir_step_forward;

/* BPF_PROG_TYPE_*. */
uint32_t weir_step_prog_type(enum weir_step_kind kind);
/* The kind that fits @hook here. */
enum weir_step_kind weir_step_kind_at(enum weir_hook hook);

/* ---- slots --------------------------------------------------------------- */

/* A set as the kernel has it; every fd is -1 where there is none. */
struct weir_slot {
	const struct weir_step *step;
	enum weir_step_kind kind;
	int fd;		  /* the program array; -1: the set is yet to be made */
	int reason_fd;	  /* counters */
	uint32_t prog_id; /* in slot 0 */
};

void weir_slot_init(struct weir_slot *slot, const struct weir_step *step);
void weir_slot_close(struct weir_slot *slot);
/* Opens the set of the program array @fd, which is taken over. -ENODATA: its pin was removed,
 * and with it the program. Logged. */
int weir_slot_open(struct weir_slot *slot, int fd);
/* Puts a loaded program into the slot, in one step for all who call it; makes the array
 * where there is none yet. @reason_fd is then the slot's own copy. Logged. */
int weir_slot_put(struct weir_slot *slot, int prog_fd, int reason_fd);
/* fd of the program's map @name, which the caller closes; -ENOENT, not logged. */
int weir_slot_map(const struct weir_slot *slot, const char *name);
/* Id of the program array. Logged. */
int weir_slot_id(const struct weir_slot *slot, uint32_t *out);
/* 1: a gate to program array @id is loaded, which is to say attached. 0: none; else an error,
 * which may be logged. */
int weir_slot_is_used(uint32_t id);

/* A map of a step's program that people look at. */
struct weir_step_counter {
	uint32_t map_id, prog_id, slot_id;
	const struct weir_step *step; /* its entries may be called by this one's rules; NULL: no */
};

/* The slot of @step that @gate calls, and the program there. -ENOENT: it calls none, or the slot is
 * empty; else an error, which may be logged. */
int weir_step_slot_of(const struct weir_prog *gate, const struct weir_step *step, uint32_t *slot_id,
		      uint32_t *prog_id);
/* Counters of @prog, which is in slot @slot_id of @step: by reason, then `counters'. Returns how
 * many; what cannot be read is left out. */
#define WEIR_STEP_COUNTERS_ALL (1 + WEIR_STEP_COUNTERS)
size_t weir_step_counters(const struct weir_step *step, uint32_t slot_id,
			  const struct weir_prog *prog,
			  struct weir_step_counter out[WEIR_STEP_COUNTERS_ALL]);

/* fd of the map called @name among those of @prog; -ENOENT, not logged. */
int weir_step_map_of(const struct weir_prog *prog, const char *name);
/* Number of @obj's map @name, as an fd of @obj; -ENOENT. */
int weir_step_object_map(const struct weir_object *obj, const char *name);

#endif
