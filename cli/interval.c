// SPDX-License-Identifier: LGPL-2.1-or-later
/* Waiting for the next report. */
#include "cli/interval.h"

#include <errno.h>
#include <time.h>

#define NSEC_PER_SEC 1000000000ull

uint64_t weir_now_ns(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

int weir_interval_start(struct weir_interval *interval, uint64_t interval_ns)
{
	interval->interval_ns = interval_ns;
	interval->deadline_ns = weir_now_ns() + interval_ns;
	sigemptyset(&interval->signals);
	sigaddset(&interval->signals, SIGINT);
	sigaddset(&interval->signals, SIGTERM);
	return sigprocmask(SIG_BLOCK, &interval->signals, NULL) ? -errno : 0;
}

static bool wait_until(uint64_t deadline_ns, const sigset_t *signals)
{
	struct timespec left;
	uint64_t now;

	for (;;) {
		now = weir_now_ns();
		left.tv_sec = now < deadline_ns ? (time_t)((deadline_ns - now) / NSEC_PER_SEC) : 0;
		left.tv_nsec = now < deadline_ns ? (long)((deadline_ns - now) % NSEC_PER_SEC) : 0;
		if (sigtimedwait(signals, NULL, &left) > 0)
			return false;
		if (errno == EAGAIN && weir_now_ns() >= deadline_ns)
			return true;
	}
}

bool weir_interval_wait(struct weir_interval *interval)
{
	if (!wait_until(interval->deadline_ns, &interval->signals))
		return false;
	/* after a suspend: from now on, not a burst of missed reports */
	interval->deadline_ns += interval->interval_ns;
	if (interval->deadline_ns < weir_now_ns())
		interval->deadline_ns = weir_now_ns() + interval->interval_ns;
	return true;
}
