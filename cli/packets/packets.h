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
/* After an error line -EOPNOTSUPP where the kernel's test runs of @prog_type cannot be told that a
 * packet came in on @dev (NULL: it need not). */
int weir_packets_check_dev(const char *dev, uint32_t prog_type);

/* Keeps XDP program @prog_fd where running it many times is cheap, as long as the fd that is
 * returned is open. */
int weir_packets_hold(int prog_fd);

#endif
