/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collects snapshots: of one network namespace, the maps of the machine. */
#ifndef WEIR_CLI_BOARD_COLLECT_H
#define WEIR_CLI_BOARD_COLLECT_H

#include "cli/board/snap.h"

struct weir_collect;

struct weir_collect_opts {
	const char *netns;   /* NULL: the caller's */
	const char *dev;     /* only this interface, and the maps of its programs; NULL: all */
	bool dev_may_go;     /* without @dev snapshots are empty until there is one of its name;
			      * else it is the same one under any name, and -ENODEV without it */
	uint32_t series_max; /* 0: 10,000 */
};

/* Logged. */
int weir_collect_open(const struct weir_collect_opts *opts, struct weir_collect **out);
void weir_collect_close(struct weir_collect *collect);
/* One snapshot. Maps and interfaces that come and go do not fail it; what fails is logged. */
int weir_collect_take(struct weir_collect *collect, struct weir_snap *snap);

#endif
