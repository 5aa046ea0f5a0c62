/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the HTTP side knows: the last snapshot with its rates and history, and the texts made of
 * it, each once for all clients that want it. Threads of the server read, one thread takes
 * snapshots in.
 */
#ifndef WEIR_CLI_SERVE_STATE_H
#define WEIR_CLI_SERVE_STATE_H

#include <pthread.h>

#include "cli/board/board.h"
#include "maps/buf.h"

enum weir_view {
	WEIR_VIEW_METRICS,
	WEIR_VIEW_BOARD,
	WEIR_VIEW_EVENT,
	WEIR_VIEW_HISTORY, /* one for each tier */
	WEIR_VIEWS = WEIR_VIEW_HISTORY + WEIR_TIERS
};

/* Texts of one view that there are at most. Who is slow to read holds one, of the board of
 * then; when all are held, others get the newest of them. */
#define WEIR_VERSIONS 6

/* A text that several clients hold. */
struct weir_page {
	struct weir_buf text;
	uint64_t sequence;    /* of its board */
	unsigned int holders; /* changed by atomic operations */
};

/* "{map=...,key=...} " of each series of a layout: most of what metrics are. */
struct weir_labels {
	struct weir_buf text;
	uint64_t layout;
	uint32_t n, room;
	size_t *ends;
};

struct weir_state {
	pthread_mutex_t lock;
	struct weir_board board;
	/* of this board and those before, held here, too; in no order */
	struct weir_page *versions[WEIR_VIEWS][WEIR_VERSIONS];
	struct weir_labels labels;
	uint64_t sequence;	    /* of the board; 0: none yet */
	uint64_t interval_ns;	    /* between snapshots, as configured; set by who starts it */
	uint64_t cpu_ns;	    /* that collecting has taken since the start */
	uint64_t crowded_ns;	    /* when last there was no room for a version; atomic */
	uint64_t requests, refused; /* all, and those turned away; atomic */
};

int weir_state_start(struct weir_state *state);
void weir_state_end(struct weir_state *state);
/* Takes @snap in, as weir_board_take() does. */
int weir_state_take(struct weir_state *state, struct weir_snap *snap);
/* A text of the present board, or, when too many are held, of one before; to be released.
 * NULL: no memory, or no board yet. */
struct weir_page *weir_state_view(struct weir_state *state, enum weir_view view);
void weir_page_release(struct weir_page *page);
/* The last snapshot is older than five intervals and ten seconds: what it says is no more. */
bool weir_state_is_stale(struct weir_state *state);

/* ---- texts (metrics.c, json.c) ------------------------------------------- */

/* Prometheus' text format, version 0.0.4. */
void weir_metrics_write(struct weir_state *state, struct weir_buf *out);
void weir_labels_free(struct weir_labels *labels);
void weir_board_json(const struct weir_state *state, struct weir_buf *out);
void weir_history_json(const struct weir_state *state, uint32_t tier, struct weir_buf *out);
/* "eth0" as JSON or a label's value has it, without quotes around; what is not UTF-8, or a
 * control character, becomes \xff. */
void weir_text_escape(struct weir_buf *out, const char *text);

#endif
