/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long a connection may take for what it does. The HTTP library has a limit for silence
 * alone, which each byte begins anew; these limits are absolute. A thread of its own looks once
 * a second, and shuts down the sockets of those whose time is up: the library then closes them.
 */
#ifndef WEIR_CLI_SERVE_GUARD_H
#define WEIR_CLI_SERVE_GUARD_H

#include <pthread.h>
#include <stdbool.h>

#include "cli/serve/state.h"

enum weir_phase {
	WEIR_PHASE_FIRST, /* accepted; until the headers of its first request are there */
	WEIR_PHASE_NEXT,  /* answered; until those of the next one are */
	WEIR_PHASE_ANSWER,
	WEIR_PHASE_STREAM,
	WEIR_PHASES
};

struct weir_guarded; /* a connection */

struct weir_guard {
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	pthread_t thread;
	const struct weir_state *state;
	bool stopping;
	struct weir_guarded *connections;
};

int weir_guard_start(struct weir_guard *guard, const struct weir_state *state);
/* Connections may still be there, and are to be removed. */
void weir_guard_stop(struct weir_guard *guard);
/* In the first phase; @fd stays the caller's, and open until it is removed. NULL: no memory, and
 * it is shut down. */
struct weir_guarded *weir_guard_add(struct weir_guard *guard, int fd);
/* @at may be NULL. */
void weir_guard_remove(struct weir_guard *guard, struct weir_guarded *at);
/* Its time begins now. @at may be NULL. */
void weir_guard_enter(struct weir_guard *guard, struct weir_guarded *at, enum weir_phase phase);

#endif
