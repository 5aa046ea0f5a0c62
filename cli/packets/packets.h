/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* weir-packets: what weir does with packets themselves. */
#ifndef WEIR_CLI_PACKETS_PACKETS_H
#define WEIR_CLI_PACKETS_PACKETS_H

#include "cli/command.h"

int weir_test_run(const struct weir_globals *globals, const union weir_config *cfg);
int weir_bench_run(const struct weir_globals *globals, const union weir_config *cfg);

/* The process into network namespace @netns (NULL: it stays), then the index of @dev there (NULL:
 * 0). -errno after an error line. */
int weir_packets_net(const char *netns, const char *dev, uint32_t *ifindex);

/* Keeps XDP program @prog_fd where running it many times is cheap, as long as the fd that is
 * returned is open. */
int weir_packets_hold(int prog_fd);

#endif
