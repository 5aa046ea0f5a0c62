/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams of events: a board each snapshot, for as long as the client likes and reads. There
 * are few places: one whose client is gone gives its place up when another one wants it.
 */
#ifndef WEIR_CLI_SERVE_STREAM_H
#define WEIR_CLI_SERVE_STREAM_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/serve/state.h"

struct stream;

struct weir_streams {
	struct weir_state *state;
	pthread_mutex_t lock; /* of all below */
	struct stream *first;
	unsigned int n; /* places taken */
	uint64_t beat;
	bool stopping;
};

void weir_streams_start(struct weir_streams *streams, struct weir_state *state);
/* What @connection, whose socket is @fd, is to be answered with; NULL: no place. */
struct MHD_Response *weir_streams_open(struct weir_streams *streams,
				       struct MHD_Connection *connection, int fd);
/* A new snapshot is there, or it is time for a sign of life. */
void weir_streams_wake(struct weir_streams *streams);
/* All end by themselves from now on. */
void weir_streams_stop(struct weir_streams *streams);
/* None is left. */
void weir_streams_free(struct weir_streams *streams);

#endif
