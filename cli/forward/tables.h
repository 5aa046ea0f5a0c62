/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries of a set's tables by interface. Those of small numbers are in arrays, which packets
 * find without a hash: maps/forward.h. Nothing is logged.
 */
#ifndef WEIR_CLI_FORWARD_TABLES_H
#define WEIR_CLI_FORWARD_TABLES_H

#include "cli/forward/set.h"

/* -ENOENT: the interface has no part. */
int weir_forward_port_get(const struct weir_forward_set *set, uint32_t ifindex,
			  struct weir_port *out);
/* An interface that becomes one that may be sent to begins to count at 0. */
int weir_forward_port_put(const struct weir_forward_set *set, uint32_t ifindex,
			  const struct weir_port *port);
int weir_forward_port_drop(const struct weir_forward_set *set, uint32_t ifindex);
/* Calls @fn for each interface of the set, which may be dropped there. An error of its ends it. */
typedef int (*weir_forward_port_fn)(uint32_t ifindex, void *ctx);
int weir_forward_port_each(const struct weir_forward_set *set, weir_forward_port_fn fn, void *ctx);
/* What was sent to it, one for each possible CPU. -ENOENT: it may not be sent to. */
int weir_forward_sent(const struct weir_forward_set *set, uint32_t ifindex,
		      struct weir_counter *cells);

#endif
