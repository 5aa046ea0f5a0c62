// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* flags: -g -DWEIR_OFFLOAD */
/* count for network cards, its map cut to the two entries that netdevsim has room for. */
#include "maps/layout.h"
#define WEIR_COUNT_KEYS 2
#include "count.bpf.c"
