/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps handed to another process: iproute2's `export UDS` and `tc exec bpf
 * import`. One datagram on an AF_UNIX socket, the fds beside it (SCM_RIGHTS).
 */
#ifndef WEIR_CLI_EXPORT_H
#define WEIR_CLI_EXPORT_H

#include "loader/weir.h"

/* The message, in host byte order; n records follow the head. */
struct weir_export_head {
	uint16_t version; /* 1 */
	uint16_t n_maps;
	char object[64];
	uint8_t pad[4];
	uint64_t dev, inode; /* of the object file */
};

struct weir_export_map {
	uint32_t type, key_size_bytes, value_size_bytes, max_entries, flags;
	uint32_t id, pinning, inner_id, inner_idx;
};

/* SCM_MAX_FD of include/net/scm.h (Linux 2.6.38): as many fds as one message carries.
 * iproute2 has at most 64 maps in an object, and one message. */
#define WEIR_EXPORT_MAPS_MAX 253

/* Sends the declared maps of the loaded @object, read from @file, to socket
 * @uds. -errno after an error line. */
int weir_export_maps(const struct weir_object *object, const char *file, const char *uds);

/* A message that came. */
struct weir_import {
	struct weir_export_head head;
	struct weir_export_map maps[WEIR_EXPORT_MAPS_MAX];
	int fds[WEIR_EXPORT_MAPS_MAX]; /* close-on-exec */
};

/* Binds @uds, waits for one message, removes the socket. -errno after an error
 * line; the caller closes the fds. */
int weir_import_maps(const char *uds, struct weir_import *out);

#endif
