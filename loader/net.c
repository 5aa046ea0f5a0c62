// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns one network namespace: its route socket and the way in and out.
 *
 * In: a namespace's name or path. Out: struct weir_net. A socket belongs for
 * life to the namespace it was made in, so setns(2) is needed around its
 * creation only; the mount namespace is never touched, so that bpffs and its
 * pins stay visible (`tc -n` and `ip netns exec` lose them).
 */
#include "loader/net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"

static const char own_netns[] = "/proc/thread-self/ns/net";

/* Closes @fd and returns a copy above 2, so that a process started with closed
 * standard streams never mistakes ours for them. */
static int fd_above_std(int fd)
{
	int high;

	if (fd < 0 || fd > 2)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (high < 0)
		high = -errno;
	close(fd);
	return high;
}

static int open_above_std(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_above_std(fd);
}

/* Where `ip netns` keeps names; /var/run is a link to /run nearly everywhere. */
static int netns_open(const char *netns)
{
	static const char *const dirs[] = {"/run/netns", "/var/run/netns"};
	char path[512];
	int fd = -ENOENT;

	if (strchr(netns, '/')) {
		fd = open_above_std(netns);
		return fd < 0 ? weir_fail(fd, "network namespace %s: %s", netns, weir_errstr(fd))
			      : fd;
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs) && fd == -ENOENT; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dirs[i], netns) >= sizeof(path))
			break;
		fd = open_above_std(path);
	}
	if (fd == -ENOENT)
		return weir_fail(fd, "network namespace %s: no such name; `ip netns` lists them",
				 netns);
	if (fd < 0)
		return weir_fail(fd, "network namespace %s: %s", netns, weir_errstr(fd));
	return fd;
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int netns_enter(int netns_fd, int *back_fd)
{
	int fd = open_above_std(own_netns), err;

	if (fd < 0)
		return weir_fail(fd, "%s: %s; is /proc mounted?", own_netns, weir_errstr(fd));
	if (!setns(netns_fd, CLONE_NEWNET)) {
		*back_fd = fd;
		return 0;
	}
	err = -errno;
	close(fd);
	if (err == -EINVAL)
		return weir_fail(err, "network namespace: the file is none (a name left over from "
				      "a namespace that is gone?); `ip netns` lists them");
	if (err == -EPERM)
		return weir_fail(err, "network namespace: entering is not permitted; run as root "
				      "or with CAP_SYS_ADMIN");
	return weir_fail(err, "network namespace: entering: %s", weir_errstr(err));
}

static void netns_return(int back_fd)
{
	if (setns(back_fd, CLONE_NEWNET))
		weir_log(WEIR_LOG_ERROR, "network namespace: no way back: %s", weir_errstr(errno));
	close(back_fd);
}

uint64_t weir_net_inode(struct weir_net *net)
{
	struct stat st;

	if (net->netns_fd >= 0 ? fstat(net->netns_fd, &st) : stat(own_netns, &st))
		return 0;
	return st.st_ino;
}

/* Unique until reboot, unlike the inode, which a later namespace may get. */
static uint64_t read_cookie(struct weir_net *net)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (!getsockopt(mnl_socket_get_fd(net->sock), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		return cookie;
	return weir_net_inode(net);
}

/* Not bound: the kernel does that at the first request (netlink_autobind()). */
static int socket_make(struct weir_net *net)
{
	int one = 1, fd;

	net->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!net->sock)
		return weir_fail(-errno, "route socket: %s", weir_errstr(errno));
	if (mnl_socket_get_fd(net->sock) <= STDERR_FILENO) {
		fd = fcntl(mnl_socket_get_fd(net->sock), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		mnl_socket_close(net->sock);
		net->sock = fd < 0 ? NULL : mnl_socket_fdopen(fd);
		if (!net->sock)
			return weir_fail(-EMFILE, "route socket: %s", weir_errstr(EMFILE));
	}
	/* Linux 4.12; without it errors have no text, and that is all. */
	mnl_socket_setsockopt(net->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	return 0;
}

int weir_net_open(const char *netns, struct weir_net **out)
{
	struct weir_net *net = malloc(sizeof(*net));
	int err = 0;

	if (!net)
		return weir_fail(-ENOMEM, "route socket: %s", weir_errstr(ENOMEM));
	/* The buffer is large, and pages that no answer fills stay untouched. */
	memset(net, 0, offsetof(struct weir_net, buf));
	net->netns_fd = net->back_fd = -1;
	if (netns && *netns) {
		err = netns_open(netns);
		if (err < 0)
			goto out;
		net->netns_fd = err;
		if (same_file(net->netns_fd, own_netns)) {
			close(net->netns_fd);
			net->netns_fd = -1;
		}
	}
	err = weir_net_enter(net);
	if (err)
		goto out;
	err = socket_make(net);
	weir_net_leave(net);
	if (err)
		goto out;
	*out = net;
	net = NULL;
out:
	weir_net_close(net);
	return err;
}

void weir_net_close(struct weir_net *net)
{
	if (!net)
		return;
	if (net->sock)
		mnl_socket_close(net->sock);
	if (net->netns_fd >= 0)
		close(net->netns_fd);
	free(net);
}

int weir_net_enter(struct weir_net *net)
{
	return net->netns_fd < 0 ? 0 : netns_enter(net->netns_fd, &net->back_fd);
}

void weir_net_leave(struct weir_net *net)
{
	if (net->back_fd < 0)
		return;
	netns_return(net->back_fd);
	net->back_fd = -1;
}

int weir_net_call(struct weir_net *net, weir_net_fn fn, void *ctx)
{
	int err = weir_net_enter(net);

	if (err)
		return err;
	err = fn(ctx);
	weir_net_leave(net);
	return err;
}

uint64_t weir_net_cookie(struct weir_net *net)
{
	if (!net->cookie)
		net->cookie = read_cookie(net);
	return net->cookie;
}

/* A tenth of what a link message costs, and any socket takes it (net/socket.c).
 * -ENODEV also for names that struct ifreq cannot hold, or cuts at a colon. */
static int ifindex_short(struct weir_net *net, const char *dev)
{
	struct ifreq request = {0};

	size_t len = strlen(dev);

	if (len >= sizeof(request.ifr_name) || strchr(dev, ':'))
		return -ENODEV;
	memcpy(request.ifr_name, dev, len);
	return ioctl(mnl_socket_get_fd(net->sock), SIOCGIFINDEX, &request) ? -ENODEV
									   : request.ifr_ifindex;
}

int weir_net_ethtool(struct weir_net *net, const char *dev, void *request)
{
	struct ifreq ifr = {.ifr_data = request};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	return ioctl(mnl_socket_get_fd(net->sock), SIOCETHTOOL, &ifr) ? -errno : 0;
}

int weir_net_ifindex_quiet(struct weir_net *net, const char *dev)
{
	struct weir_link link;
	int err = ifindex_short(net, dev);

	if (err != -ENODEV)
		return err;
	err = weir_nl_link(net, dev, 0, &link);
	return err ?: link.ifindex;
}

int weir_net_ifname(struct weir_net *net, int ifindex, char *buf)
{
	struct weir_link link;
	int err = weir_nl_link(net, NULL, ifindex, &link);

	if (!err)
		snprintf(buf, IFNAMSIZ, "%s", link.name);
	return err;
}

int weir_net_ifindex(struct weir_net *net, const char *dev)
{
	int ret = weir_net_ifindex_quiet(net, dev);

	if (ret == -ENODEV)
		return weir_fail(ret, "%s: no such interface; `ip link` lists them", dev);
	if (ret < 0)
		return weir_fail(ret, "%s: %s", dev, weir_errstr(ret));
	return ret;
}
