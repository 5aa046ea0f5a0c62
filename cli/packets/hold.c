// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * XDP programs that are run many times. Before and after each call with repeats the kernel enters a
 * program into its dispatcher and takes it out again, waiting for all CPUs: fifty milliseconds
 * for two of work. One that is attached somewhere is in it already; hence each is attached to the
 * loopback interface of a network namespace that nobody else knows, where no packet ever is.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/packets/packets.h"
#include "loader/weir.h"

#define OWN_NET "/proc/thread-self/ns/net"

/* An fd of a new one; the thread stays where it is. */
static int new_net(void)
{
	int own = open(OWN_NET, O_RDONLY | O_CLOEXEC), fd = -1, err = 0;

	if (own < 0)
		return -errno;
	if (unshare(CLONE_NEWNET)) {
		err = -errno;
		close(own);
		return err;
	}
	fd = open(OWN_NET, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err = -errno;
	if (setns(own, CLONE_NEWNET) && !err)
		err = -errno;
	close(own);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

int weir_packets_hold(int prog_fd)
{
	const struct weir_attach_opts opts = {
		.sz = sizeof(opts),
		.dev = "lo",
		.hook = WEIR_HOOK_XDP,
		.mode = WEIR_XDP_GENERIC,
		.prog_fd = prog_fd,
		.prog_label = "bench",
	};
	struct weir_attach_result result = {.sz = sizeof(result)};
	struct weir_net *net = NULL;
	int fd = new_net(), err;
	char path[32];

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = weir_net_open(path, &net);
	err = err ? err : weir_attach(net, &opts, &result);
	weir_net_close(net);
	if (!err)
		return fd;
	close(fd);
	return err;
}
