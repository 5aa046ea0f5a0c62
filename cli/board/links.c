// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * In: a network namespace. Out: its interfaces. Most readings want numbers only, which the
 * kernel gives for less than all that it knows of an interface.
 */
#include <stdlib.h>

#include "cli/board/links.h"
#include "cli/board/look.h"

static int take_link(const struct weir_link_stats *stats, void *ctx)
{
	struct weir_links *links = ctx;

	if (links->n == links->room) {
		size_t room = links->room ? 2 * links->room : 16;
		struct weir_link_stats *list = reallocarray(links->list, room, sizeof(*list));

		if (!list)
			return weir_board_no_memory();
		links->list = list;
		links->room = room;
	}
	links->list[links->n++] = *stats;
	return 0;
}

static int take_counters(const struct weir_link_stats *stats, void *ctx)
{
	struct weir_links *links = ctx;
	struct weir_link_stats *link = &links->list[links->at];

	if (links->at == links->n || link->ifindex != stats->ifindex) {
		links->other = true;
		return 0;
	}
	link->rx_packets = stats->rx_packets;
	link->rx_bytes = stats->rx_bytes;
	link->rx_errors = stats->rx_errors;
	link->rx_dropped = stats->rx_dropped;
	link->tx_packets = stats->tx_packets;
	link->tx_bytes = stats->tx_bytes;
	link->tx_errors = stats->tx_errors;
	link->tx_dropped = stats->tx_dropped;
	links->at++;
	return 0;
}

int weir_links_read(struct weir_links *links, struct weir_net *net, bool whole)
{
	int err = 0;

	links->at = 0;
	links->other = whole;
	if (!whole)
		err = weir_link_counters(net, take_counters, links);
	if (err || (!links->other && links->at == links->n))
		return err;
	links->n = 0;
	return weir_link_stats(net, take_link, links);
}

void weir_links_free(struct weir_links *links)
{
	free(links->list);
	*links = (struct weir_links){0};
}
