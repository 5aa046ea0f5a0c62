// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Counters of an interface's queues. In: the counters that a driver has of its own (ethtool -S).
 * Out: packets and bytes of each queue. The kernel has no others for all drivers: those of its
 * netdev family (Linux 6.8) are for a few, which have these, too.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <stdlib.h>
#include <string.h>

#include "loader/error.h"
#include "loader/log.h"
#include "loader/netlink.h"
#include "loader/queue_stats.h"
#include "loader/weir.h"

/* The kernel asks nobody how much room there is: a driver that gets more queues between the
 * question for their number and that for the counters writes them. */
#define SLACK	   1024u
#define STATS_MAX  65536u
#define QUEUES_MAX 4096u

struct queue {
	bool tx;
	uint32_t queue;
	uint32_t at[WEIR_QUEUE_FIELDS]; /* number of the counter, and one; 0: there is none */
};

struct weir_queues {
	uint32_t n_stats;
	struct ethtool_stats *stats;
	size_t n;
	struct queue *queues; /* as the driver has them */
	struct weir_queue_stats *read;
};

static int count_stats(struct weir_net *net, const char *dev, uint32_t *out)
{
	union {
		struct ethtool_sset_info head;
		/* a number for each set that is asked for: one */
		uint32_t words[sizeof(struct ethtool_sset_info) / sizeof(uint32_t) + 1];
	} info = {.head = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1u << ETH_SS_STATS}};
	int err = weir_net_ethtool(net, dev, &info);

	if (err)
		return err;
	*out = info.head.sset_mask ? info.head.data[0] : 0;
	return 0;
}

/* ---- names --------------------------------------------------------------- */

static int add_counter(struct weir_queues *queues, const struct weir_queue_counter *counter,
		       uint32_t nth)
{
	struct queue *queue = queues->queues;
	size_t i = 0;

	while (i < queues->n && !(queue[i].tx == counter->tx && queue[i].queue == counter->queue))
		i++;
	if (i == QUEUES_MAX)
		return 0;
	if (i == queues->n) {
		queue = reallocarray(queue, i + 1, sizeof(*queue));
		if (!queue)
			return -ENOMEM;
		queues->queues = queue;
		queue[queues->n++] = (struct queue){.tx = counter->tx, .queue = counter->queue};
	}
	queue[i].at[counter->field] = nth + 1;
	return 0;
}

static int read_names(struct weir_queues *queues, struct weir_net *net, const char *dev)
{
	size_t len = (queues->n_stats + SLACK) * (size_t)ETH_GSTRING_LEN;
	struct ethtool_gstrings *names = calloc(1, sizeof(*names) + len);
	char name[ETH_GSTRING_LEN + 1] = "";
	struct weir_queue_counter counter;
	int err;

	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = queues->n_stats;
	err = weir_net_ethtool(net, dev, names);
	for (uint32_t i = 0; i < queues->n_stats && !err; i++) {
		memcpy(name, names->data + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		if (weir_queue_counter_parse(name, &counter))
			err = add_counter(queues, &counter, i);
	}
	free(names);
	return err;
}

static int by_number(const void *a, const void *b)
{
	const struct queue *left = a, *right = b;

	if (left->tx != right->tx)
		return left->tx - right->tx;
	return (left->queue > right->queue) - (left->queue < right->queue);
}

static int fill(struct weir_queues *queues, struct weir_net *net, const char *dev)
{
	int err = count_stats(net, dev, &queues->n_stats);

	if (!err && (!queues->n_stats || queues->n_stats > STATS_MAX))
		err = -EOPNOTSUPP;
	err = err ?: read_names(queues, net, dev);
	if (!err && !queues->n)
		err = -EOPNOTSUPP;
	if (err)
		return err;
	qsort(queues->queues, queues->n, sizeof(*queues->queues), by_number);
	queues->read = calloc(queues->n, sizeof(*queues->read));
	queues->stats =
		calloc(1, sizeof(*queues->stats) + (queues->n_stats + SLACK) * sizeof(uint64_t));
	return queues->read && queues->stats ? 0 : -ENOMEM;
}

int weir_queues_open(struct weir_net *net, const char *dev, struct weir_queues **out)
{
	struct weir_queues *queues = calloc(1, sizeof(*queues));
	int err = queues ? fill(queues, net, dev) : -ENOMEM;

	if (err) {
		weir_queues_close(queues);
		return err == -ENOMEM ? weir_fail(err, "%s: queues: out of memory", dev) : err;
	}
	*out = queues;
	return 0;
}

void weir_queues_close(struct weir_queues *queues)
{
	if (!queues)
		return;
	free(queues->stats);
	free(queues->queues);
	free(queues->read);
	free(queues);
}

/* ---- numbers ------------------------------------------------------------- */

static uint64_t value(const struct weir_queues *queues, const struct queue *queue,
		      enum weir_queue_field field, enum weir_queue_field else_field)
{
	uint32_t at = queue->at[field] ?: queue->at[else_field];

	return at ? queues->stats->data[at - 1] : 0;
}

int weir_queues_read(struct weir_queues *queues, struct weir_net *net, const char *dev,
		     const struct weir_queue_stats **out)
{
	uint32_t n_stats;
	int err = count_stats(net, dev, &n_stats);

	if (!err && n_stats != queues->n_stats)
		err = -ESTALE;
	if (err)
		return err;
	queues->stats->cmd = ETHTOOL_GSTATS;
	queues->stats->n_stats = n_stats;
	err = weir_net_ethtool(net, dev, queues->stats);
	if (!err && queues->stats->n_stats != n_stats)
		err = -ESTALE;
	if (err)
		return err;
	for (size_t i = 0; i < queues->n; i++) {
		const struct queue *queue = &queues->queues[i];

		queues->read[i] = (struct weir_queue_stats){
			.tx = queue->tx,
			.queue = queue->queue,
			.packets = value(queues, queue, WEIR_QUEUE_PACKETS, WEIR_QUEUE_XDP_PACKETS),
			.bytes = value(queues, queue, WEIR_QUEUE_BYTES, WEIR_QUEUE_XDP_BYTES),
		};
	}
	*out = queues->read;
	return (int)queues->n;
}
