/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a driver's own counters is what of which queue, by its name. */
#ifndef WEIR_LOADER_QUEUE_STATS_H
#define WEIR_LOADER_QUEUE_STATS_H

#include <stdbool.h>
#include <stdint.h>

enum weir_queue_field {
	WEIR_QUEUE_PACKETS,
	WEIR_QUEUE_BYTES,
	WEIR_QUEUE_XDP_PACKETS, /* where a driver counts only what goes by way of XDP */
	WEIR_QUEUE_XDP_BYTES,
	WEIR_QUEUE_FIELDS,
};

struct weir_queue_counter {
	bool tx;
	uint32_t queue;
	enum weir_queue_field field;
};

/* "rx_queue_0_packets", "rx0_bytes", "tx-1.packets", "queue_3_tx_cnt", "rxq2: bytes". false:
 * @name (of ETHTOOL_GSTRINGS) is not the packets or bytes of one queue. */
bool weir_queue_counter_parse(const char *name, struct weir_queue_counter *out);

#endif
