/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots over time: rates, and the past of them for plots. A series is the same one when
 * its map (by its id, else its pin) and its name are; an interface by its index. A count that
 * is lower than before began from zero; of another map at a pin the first reading has no rate.
 *
 * The past is kept in tiers of as many points each: of single readings, of means of 30 and of
 * 720 of them. With one a second those are two minutes, an hour and a day.
 */
#ifndef WEIR_CLI_BOARD_BOARD_H
#define WEIR_CLI_BOARD_BOARD_H

#include "cli/board/snap.h"

#define WEIR_TIERS  3
#define WEIR_POINTS 120 /* of a tier */

/* How many readings a point of a tier is the mean of; each a multiple of the one before, which
 * has as many points. */
extern const uint32_t weir_tier_readings[WEIR_TIERS];

struct weir_past {
	float packets[WEIR_TIERS][WEIR_POINTS], bytes[WEIR_TIERS][WEIR_POINTS];
};

/* Rates by the second. */
struct weir_line {
	double packets, bytes;
	struct weir_past *past; /* NULL: both were always zero */
};

/* The newest point is at @newest, those before it going round. */
struct weir_tier {
	uint32_t newest, n_points;
	double times_s[WEIR_POINTS]; /* since 1970, of the last reading of each */
};

struct weir_board {
	struct weir_snap snap; /* the last one */
	double seconds;	       /* between the last two; 0: there are no rates yet */
	uint64_t n_rates;      /* readings that had some */
	uint64_t layout; /* another one when other series, maps or names are in the snapshot */
	struct weir_tier tiers[WEIR_TIERS];
	struct weir_line *series;  /* of snap.series */
	struct weir_line *rx, *tx; /* of snap.devs */
};

/* Takes over what @next has, and leaves it empty (with memory of its own). -ENOMEM. */
int weir_board_take(struct weir_board *board, struct weir_snap *next);
void weir_board_free(struct weir_board *board);
/* The @nth point of @points from the oldest one (0) to the newest (n_points - 1). */
static inline uint32_t weir_board_point(const struct weir_tier *tier, uint32_t nth)
{
	return (tier->newest + WEIR_POINTS - (tier->n_points - 1 - nth)) % WEIR_POINTS;
}

#endif
