/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of struct weir_net: for net.c and netlink.c only. */
#ifndef WEIR_LOADER_NET_H
#define WEIR_LOADER_NET_H

#include "loader/netlink.h"

/* A dump answer is at most 32 KiB (netlink_recvmsg(), Linux 4.6) when the
 * reader offers as much; a single answer can be longer. */
#define WEIR_NL_BUF_BYTES 65536

struct weir_net {
	struct mnl_socket *sock;
	uint32_t seq;
	int netns_fd; /* -1: the caller's own namespace */
	int back_fd;  /* the way back while entered; -1 */
	uint64_t cookie;
	_Alignas(struct nlmsghdr) uint8_t buf[WEIR_NL_BUF_BYTES];
};

#endif
