// SPDX-License-Identifier: LGPL-2.1-or-later
/* In: how many series each map wants, and how many there are. Out: how many each has. */
#include "cli/board/shares.h"

/* Of those that have nothing yet, those that want no more than an even part of @*left have it.
 * How many are without still. */
static size_t give_small(struct weir_share *shares, size_t n, uint32_t *left, size_t waiting)
{
	size_t part = *left / waiting, still = waiting;

	for (size_t i = 0; i < n; i++) {
		if (shares[i].has || !shares[i].wanted || shares[i].wanted > part)
			continue;
		shares[i].has = shares[i].wanted;
		*left -= shares[i].wanted;
		still--;
	}
	return still;
}

void weir_shares_divide(struct weir_share *shares, size_t n, uint32_t series)
{
	size_t waiting = 0, before;

	for (size_t i = 0; i < n; i++) {
		shares[i].has = 0;
		waiting += shares[i].wanted != 0;
	}
	do {
		before = waiting;
		if (waiting)
			waiting = give_small(shares, n, &series, waiting);
	} while (waiting < before);
	for (size_t i = 0; i < n && waiting; i++) {
		if (shares[i].has || !shares[i].wanted)
			continue;
		shares[i].has = (uint32_t)(series / waiting--);
		series -= shares[i].has;
	}
}
