/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots over time: rates, and the last of them for plots. A series is the same one when
 * its map (by its id, else its pin) and its name are; an interface by its index. A count that
 * is lower than before began from zero.
 */
#ifndef WEIR_CLI_BOARD_BOARD_H
#define WEIR_CLI_BOARD_BOARD_H

#include "cli/board/snap.h"

#define WEIR_POINTS 120 /* of history */

/* Rates by the second, the newest at board->newest, those before it going round. */
struct weir_line {
	double packets, bytes;
	float packets_then[WEIR_POINTS], bytes_then[WEIR_POINTS];
};

struct weir_board {
	struct weir_snap snap; /* the last one */
	double seconds;	       /* between the last two; 0: there are no rates yet */
	uint32_t newest, n_points;
	double times_s[WEIR_POINTS]; /* since 1970 */
	struct weir_line **series;   /* of snap.series */
	struct weir_line **rx, **tx; /* of snap.devs */
};

/* Takes over what @next has, and leaves it empty (with memory of its own). -ENOMEM. */
int weir_board_take(struct weir_board *board, struct weir_snap *next);
void weir_board_free(struct weir_board *board);
/* The @nth point of @points from the oldest one (0) to the newest (n_points - 1). */
static inline uint32_t weir_board_point(const struct weir_board *board, uint32_t nth)
{
	return (board->newest + WEIR_POINTS - (board->n_points - 1 - nth)) % WEIR_POINTS;
}

#endif
