/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What maps/sums.c and its program share. */
#ifndef WEIR_MAPS_SUMS_CONF_H
#define WEIR_MAPS_SUMS_CONF_H

#include <linux/types.h>

struct weir_sum {
	__u64 packets, bytes;
};

/* Sizes of counters: 8, 4, or 0 for one that is not there. */
struct weir_sums_conf {
	__u32 entries, cpus;
	__u32 packets_offset_bytes, packets_size_bytes;
	__u32 bytes_offset_bytes, bytes_size_bytes;
};

#endif
