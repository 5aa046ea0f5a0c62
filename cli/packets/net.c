// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The network namespace of a test run: programs look up routes and neighbours in that of whoever
 * runs them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "cli/packets/packets.h"
#include "cli/say.h"
#include "loader/weir.h"

static int enter(const char *netns)
{
	char path[PATH_MAX];
	int fd, err = 0;

	/* as ip netns has them */
	snprintf(path, sizeof(path), "%s%.4000s", strchr(netns, '/') ? "" : "/run/netns/", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		err = -errno;
		weir_say_error("%s: cannot enter the network namespace: %s", netns, strerror(-err));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int weir_packets_net(const char *netns, const char *dev, uint32_t *ifindex)
{
	int err = netns && *netns ? enter(netns) : 0;

	if (err)
		return err;
	*ifindex = dev ? if_nametoindex(dev) : 0;
	if (dev && !*ifindex) {
		err = -errno;
		weir_say_error("%s: no such interface", dev);
	}
	return err;
}

int weir_packets_check_dev(const char *dev, uint32_t prog_type)
{
	int takes = dev ? weir_prog_run_takes_dev(prog_type) : 1;

	if (takes == 1)
		return 0;
	weir_say_error("dev %s: %s", dev,
		       takes == -EPERM ? "cannot be asked for; run as root"
		       : takes	       ? strerror(-takes)
		       : prog_type == BPF_PROG_TYPE_XDP
			       ? "the kernel's test runs of XDP programs know of no interface; "
				 "Linux 5.15 is needed"
			       : "the kernel's test runs of tc programs know of no interface; "
				 "Linux 5.16 is needed");
	return takes ? takes : -EOPNOTSUPP;
}
