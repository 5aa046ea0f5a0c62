/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of a step's command: the set that it is about, and where that stands. */
#ifndef WEIR_CLI_STEP_LINE_H
#define WEIR_CLI_STEP_LINE_H

#include "cli/command.h"
#include "cli/step/step.h"

#define WEIR_SET_NAME_MAX 40 /* characters of a set's name */

/* One run of the command. */
struct weir_step_line {
	const struct weir_globals *globals;
	const struct weir_step_config *place;
	bool takes_off;	      /* what has lost its program is fine */
	struct weir_net *net; /* with dev */
	enum weir_hook hook;
	bool attached; /* the interface has a gate to this set */
	bool there;    /* the set is in the kernel */
	struct weir_slot slot;
	int lock_fd;
	char name[WEIR_SET_NAME_MAX + 1]; /* of the set; "" while it has none */
};

void weir_step_line_init(struct weir_step_line *line, const struct weir_step *step,
			 const struct weir_globals *globals, const struct weir_step_config *place);
void weir_step_line_close(struct weir_step_line *line);

/* Waits for other commands that change sets; the lock goes with the line. */
void weir_step_line_lock(struct weir_step_line *line);
/* Fills in the set; `there` tells whether it exists. Logged; WEIR_EXIT_USAGE. */
int weir_step_line_find(struct weir_step_line *line);
/* Says that there is nothing to show or to take off: -ENOENT; or that it is not to be seen: -EPERM.
 */
int weir_step_line_refuse_missing(const struct weir_step_line *line);
/* "eth0 xdp", "set edge", or both. */
void weir_step_line_title(const struct weir_step_line *line, char *buf, size_t len);

/* What a verb does to the line's set, or with one that must be there. */
enum weir_step_does { WEIR_STEP_SHOWS, WEIR_STEP_MAKES, WEIR_STEP_CHANGES, WEIR_STEP_TAKES_OFF };

/* The way of every line: the set is found, and shown, edited (@dry_run: tried) or taken off.
 * @show and @edit get @ctx. Logged; WEIR_EXIT_USAGE. */
int weir_step_line_run(struct weir_step_line *line, enum weir_step_does does, bool dry_run,
		       int (*show)(void *ctx), int (*edit)(void *ctx), void *ctx);

/* Puts the gate on the interface. Logged. */
int weir_step_line_attach(struct weir_step_line *line);
/* @write puts a program into line->slot; then the set is pinned and attached, all or none.
 * Logged. */
int weir_step_line_install(struct weir_step_line *line, int (*write)(void *ctx), void *ctx);
/* Takes the set off the interface, or, without one, removes it. A set without a name goes
 * with its last interface; one with a name when it is told. Logged. */
int weir_step_line_off(const struct weir_step_line *line);

#endif
