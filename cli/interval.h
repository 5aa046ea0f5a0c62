/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports at intervals, until SIGINT or SIGTERM. */
#ifndef WEIR_CLI_INTERVAL_H
#define WEIR_CLI_INTERVAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct weir_interval {
	sigset_t signals; /* blocked all the time: none is lost between two waits */
	uint64_t interval_ns, deadline_ns;
};

/* Monotonic time. */
uint64_t weir_now_ns(void);
int weir_interval_start(struct weir_interval *interval, uint64_t interval_ns);
/* True when a report is due, false when one of the signals came. */
bool weir_interval_wait(struct weir_interval *interval);

#endif
