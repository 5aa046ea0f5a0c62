/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queues of all interfaces that are watched. */
#ifndef WEIR_CLI_BOARD_QUEUES_H
#define WEIR_CLI_BOARD_QUEUES_H

#include "loader/weir.h"

struct weir_queue_watch {
	struct weir_watched_queues *devs;
	size_t n, room;
};

/* The queues of @link, in *out until the next call for it: how many, 0 where its driver counts
 * nothing by queue, or it has but one. -ENOMEM, logged. */
int weir_queue_watch_read(struct weir_queue_watch *watch, struct weir_net *net,
			  const struct weir_link_stats *link, const struct weir_queue_stats **out);
/* Forgets those that were not read since the last call. */
void weir_queue_watch_sweep(struct weir_queue_watch *watch);
void weir_queue_watch_free(struct weir_queue_watch *watch);

#endif
