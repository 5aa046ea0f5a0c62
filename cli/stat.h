/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* weir stat: which maps are meant, and what their last reading was. */
#ifndef WEIR_CLI_STAT_H
#define WEIR_CLI_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/command.h"
#include "cli/step/step.h"
#include "loader/weir.h"
#include "maps/weir_map.h"

/* A reading that outlives the next weir_counters_read(). */
struct weir_reading {
	size_t n;
	char **names;
	struct weir_count *counts;
	size_t *by_name; /* positions, sorted by name; made when first needed */
	uint64_t time_ns;
};

/* Copies the present reading of @ctrs, @n entries, over @reading. -ENOMEM
 * (@reading is empty then). */
int weir_reading_take(struct weir_reading *reading, const struct weir_counters *ctrs, size_t n);
void weir_reading_free(struct weir_reading *reading);
/* The value of @name; @hint: where it probably stands. Zero when it is new. */
struct weir_count weir_reading_find(struct weir_reading *reading, size_t hint, const char *name);

enum weir_stat_sort {
	WEIR_STAT_AS_IS,
	WEIR_STAT_NAME,
	WEIR_STAT_PACKETS,
	WEIR_STAT_BYTES,
	WEIR_STAT_PPS,
	WEIR_STAT_BPS
};

/* One counter, with rates when there is a reading before. */
struct weir_stat_row {
	const char *name; /* until the next reading */
	bool has_packets, has_bytes;
	struct weir_count count;
	double packets_per_s, bits_per_s;
};

/* Names from the beginning, numbers from the largest. */
void weir_stat_order(struct weir_stat_row *rows, size_t n, enum weir_stat_sort sort);

struct weir_stat_map {
	struct weir_counters *ctrs;
	struct weir_reading last;
	char *pin;		     /* where it is found again; NULL */
	struct weir_step_counter as; /* its entries are called by these rules; no step: by keys */
};

struct weir_stat {
	struct weir_stat_map *maps;
	size_t n;
	struct weir_pins *pins;
	struct weir_net *net; /* NULL: none is asked */
	int ifindex;	      /* of the one interface that is meant */
};

/* Opens the counter maps that @cfg means. An error line is said when there is
 * none. @stat is freed by the caller in either case. */
int weir_stat_open(struct weir_stat *stat, const struct weir_globals *globals,
		   const struct weir_stat_config *cfg);
/* Looks again: for another map at the pin of one, for maps and programs that came or went, at the
 * interface under its present name. Maps that came are read, so that rates begin now. An error
 * line is said. */
int weir_stat_again(struct weir_stat *stat, const struct weir_stat_config *cfg);
/* Have rules changed by which entries are called? */
bool weir_stat_is_stale(const struct weir_stat *stat);
void weir_stat_close(struct weir_stat *stat);
/* Lets go of one map. */
void weir_stat_drop(struct weir_stat *stat, size_t nth);

#endif
