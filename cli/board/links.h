/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of a network namespace with their counters, read again and again. */
#ifndef WEIR_CLI_BOARD_LINKS_H
#define WEIR_CLI_BOARD_LINKS_H

#include "loader/weir.h"

struct weir_links {
	struct weir_link_stats *list; /* as the kernel lists them */
	size_t n, room;
	size_t at;  /* of a reading: the next one, */
	bool other; /* unless there are others than were known */
};

/* Reads the counters; names, state and queues only with @whole, or when interfaces have come or
 * gone. Logged. */
int weir_links_read(struct weir_links *links, struct weir_net *net, bool whole);
void weir_links_free(struct weir_links *links);

#endif
