// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * In: interfaces as they are counted. Out: the counters of their queues. A driver is asked once
 * for the names of what it counts, and again when the number of its queues is another one.
 */
#include <errno.h>
#include <stdlib.h>

#include "cli/board/look.h"
#include "cli/board/queues.h"
#include "cli/interval.h"

#define AGAIN_NS 60000000000ull /* queues that came meanwhile */

struct weir_watched_queues {
	int ifindex;
	struct weir_queues *queues; /* NULL: its driver counts none, or but one */
	uint64_t asked_ns;	    /* when that was found out */
	bool present;
};

static struct weir_watched_queues *find(struct weir_queue_watch *watch, int ifindex)
{
	for (size_t i = 0; i < watch->n; i++)
		if (watch->devs[i].ifindex == ifindex)
			return &watch->devs[i];
	return NULL;
}

static struct weir_watched_queues *add(struct weir_queue_watch *watch, int ifindex)
{
	if (watch->n == watch->room) {
		size_t room = watch->room ? 2 * watch->room : 8;
		struct weir_watched_queues *devs = reallocarray(watch->devs, room, sizeof(*devs));

		if (!devs) {
			weir_board_no_memory();
			return NULL;
		}
		watch->devs = devs;
		watch->room = room;
	}
	watch->devs[watch->n] = (struct weir_watched_queues){.ifindex = ifindex};
	return &watch->devs[watch->n++];
}

/* What a single queue counts is what the interface does. Drivers are ready for more queues than
 * they have. */
static bool any_is_one_of_many(const struct weir_queue_stats *stats, int n)
{
	int n_tx = 0;

	for (int i = 0; i < n; i++)
		n_tx += stats[i].tx;
	return n_tx > 1 || n - n_tx > 1;
}

/* The names again, when they were not of this driver, or not of as many queues. */
static int open_again(struct weir_watched_queues *dev, struct weir_net *net, const char *name)
{
	uint64_t now_ns = weir_now_ns();

	if (dev->queues || (dev->asked_ns && now_ns < dev->asked_ns + AGAIN_NS))
		return 0;
	dev->asked_ns = now_ns;
	return weir_queues_open(net, name, &dev->queues) == -ENOMEM ? -ENOMEM : 0;
}

int weir_queue_watch_read(struct weir_queue_watch *watch, struct weir_net *net,
			  const struct weir_link_stats *link, const struct weir_queue_stats **out)
{
	struct weir_watched_queues *dev = find(watch, link->ifindex);
	int ret;

	if (link->n_rx_queues < 2 && link->n_tx_queues < 2)
		return 0;
	if (!dev)
		dev = add(watch, link->ifindex);
	if (!dev || open_again(dev, net, link->dev))
		return -ENOMEM;
	dev->present = true;
	ret = dev->queues ? weir_queues_read(dev->queues, net, link->dev, out) : 0;
	if (ret > 0 && any_is_one_of_many(*out, ret))
		return ret;
	weir_queues_close(dev->queues);
	dev->queues = NULL;
	if (ret == -ESTALE)
		dev->asked_ns = 0; /* next time */
	return 0;
}

void weir_queue_watch_sweep(struct weir_queue_watch *watch)
{
	size_t n = 0;

	for (size_t i = 0; i < watch->n; i++) {
		if (!watch->devs[i].present) {
			weir_queues_close(watch->devs[i].queues);
			continue;
		}
		watch->devs[n] = watch->devs[i];
		watch->devs[n++].present = false;
	}
	watch->n = n;
}

void weir_queue_watch_free(struct weir_queue_watch *watch)
{
	for (size_t i = 0; i < watch->n; i++)
		weir_queues_close(watch->devs[i].queues);
	free(watch->devs);
	*watch = (struct weir_queue_watch){0};
}
