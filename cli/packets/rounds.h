/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time a program takes for a packet, and how sure that is. */
#ifndef WEIR_CLI_PACKETS_ROUNDS_H
#define WEIR_CLI_PACKETS_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/packets/source.h"
#include "loader/weir.h"

#define WEIR_ROUNDS_MAX 1001

/* What is run. */
struct weir_rounds {
	uint32_t prog_type;
	int bare_fd, measured_fd;
	uint32_t rounds, runs; /* runs of each in a round */
	bool single;	       /* a call a run: each begins with the packet as it is */
	int32_t verdict;       /* of the measured one, as far as is known */
	struct weir_run run;   /* the packet */
};

/* ns of a run: medians over the rounds; net: measured less bare in the same round. */
struct weir_rounds_result {
	double bare_ns, net_ns;
	double net_low_ns, net_high_ns; /* a tenth of the rounds is below, a tenth above */
	double noise_ns;     /* bare against itself: nine tenths of the rounds differ less */
	bool other_verdicts; /* some call ended with another one */
};

/* Bare, measured, bare again, the order turning. -errno, not logged. */
int weir_rounds_measure(const struct weir_rounds *rounds, struct weir_rounds_result *out);

#endif
