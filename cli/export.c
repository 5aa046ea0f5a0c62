// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Both ends of the map export. In: a loaded object, or a message of any sender.
 * Out: the message, or its maps; lengths and counts of what comes are checked,
 * and what came in vain is closed.
 */
#include "cli/export.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/compat.h"

#define VERSION 1

_Static_assert(sizeof(struct weir_export_head) == 88, "as iproute2 sends it");
_Static_assert(sizeof(struct weir_export_map) == 36, "as iproute2 sends it");

union control {
	char bytes[CMSG_SPACE(sizeof(int) * WEIR_EXPORT_MAPS_MAX)];
	struct cmsghdr align;
};

static int address_of(const char *uds, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(uds) >= sizeof(out->sun_path)) {
		weir_compat_say("%s: too long for a socket's name", uds);
		return -ENAMETOOLONG;
	}
	memcpy(out->sun_path, uds, strlen(uds));
	return 0;
}

/* ---- sending ------------------------------------------------------------- */

struct message {
	struct weir_export_head head;
	struct weir_export_map maps[WEIR_EXPORT_MAPS_MAX];
	int fds[WEIR_EXPORT_MAPS_MAX];
};

static int fill(struct message *msg, const struct weir_object *object, const char *file)
{
	const struct weir_map_decl *maps;
	size_t n = weir_object_maps(object, &maps);
	struct stat st = {0};

	*msg = (struct message){.head.version = VERSION};
	memcpy(msg->head.object, file, strnlen(file, sizeof(msg->head.object) - 1));
	(void)stat(file, &st);
	msg->head.dev = st.st_dev;
	msg->head.inode = st.st_ino;
	for (size_t i = 0; i < n; i++) {
		int fd = weir_object_map_fd(object, i);

		if (fd < 0)
			continue; /* data sections are libbpf's */
		if (msg->head.n_maps == WEIR_EXPORT_MAPS_MAX) {
			weir_compat_say("%s: cannot hand over more than %d maps", file,
					WEIR_EXPORT_MAPS_MAX);
			return -E2BIG;
		}
		msg->fds[msg->head.n_maps] = fd;
		msg->maps[msg->head.n_maps++] = (struct weir_export_map){
			maps[i].type,	     maps[i].key_size_bytes, maps[i].value_size_bytes,
			maps[i].max_entries, maps[i].flags,	     maps[i].id,
			maps[i].pinning,     maps[i].inner_id,	     maps[i].inner_idx};
	}
	return 0;
}

static int send_message(int sock, struct message *msg)
{
	size_t n = msg->head.n_maps;
	union control control = {0};
	struct iovec parts[] = {
		{&msg->head, sizeof(msg->head)},
		{msg->maps, n * sizeof(*msg->maps)},
	};
	struct msghdr head = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = n ? control.bytes : NULL,
		.msg_controllen = n ? CMSG_SPACE(n * sizeof(int)) : 0,
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&head);

	if (rights) {
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(rights), msg->fds, n * sizeof(int));
	}
	return sendmsg(sock, &head, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int weir_export_maps(const struct weir_object *object, const char *file, const char *uds)
{
	struct sockaddr_un address;
	struct message msg;
	int sock, err = address_of(uds, &address);

	err = err ?: fill(&msg, object, file);
	if (err)
		return err;
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		err = -errno;
	else if (connect(sock, (void *)&address, sizeof(address)))
		err = -errno;
	else
		err = send_message(sock, &msg);
	if (sock >= 0)
		close(sock);
	if (err)
		weir_compat_say("%s: cannot hand the maps over: %s; `tc exec bpf import %s` "
				"must wait there",
				uds, strerror(-err), uds);
	return err;
}

/* ---- receiving ----------------------------------------------------------- */

/* The fds of a message, as many as fit; the count. */
static size_t take_fds(struct msghdr *head, int *fds)
{
	struct cmsghdr *part;
	size_t n = 0;

	for (part = CMSG_FIRSTHDR(head); part; part = CMSG_NXTHDR(head, part)) {
		size_t here = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < here; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
			if (n < WEIR_EXPORT_MAPS_MAX)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

static bool is_whole(const struct weir_import *msg, ssize_t len, const struct msghdr *head,
		     size_t n_fds)
{
	return len >= (ssize_t)sizeof(msg->head) && msg->head.version == VERSION &&
	       msg->head.n_maps == n_fds && n_fds > 0 &&
	       len == (ssize_t)(sizeof(msg->head) + n_fds * sizeof(*msg->maps)) &&
	       !(head->msg_flags & (MSG_TRUNC | MSG_CTRUNC));
}

static int receive(int sock, const char *uds, struct weir_import *out)
{
	union control control;
	struct iovec parts[] = {
		{&out->head, sizeof(out->head)},
		{out->maps, sizeof(out->maps)},
	};
	struct msghdr head = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t len = recvmsg(sock, &head, MSG_CMSG_CLOEXEC);
	size_t n;

	if (len < 0) {
		int err = -errno;

		weir_compat_say("%s: %s", uds, strerror(-err));
		return err;
	}
	n = take_fds(&head, out->fds);
	if (is_whole(out, len, &head, n))
		return 0;
	while (n)
		close(out->fds[--n]);
	weir_compat_say("%s: what came is no export of maps of version %d", uds, VERSION);
	return -EBADMSG;
}

/* ---- waiting ------------------------------------------------------------- */

/* Interrupted, the socket's name goes, too: these are heard only while we wait, and
 * end the process when the name is gone. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
#define N_ENDING (sizeof(ending) / sizeof(*ending))

static volatile sig_atomic_t stopped;

struct signals {
	sigset_t mask;
	struct sigaction actions[N_ENDING];
};

static void on_signal(int number)
{
	stopped = number;
}

static void hold_signals(struct signals *before)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < N_ENDING; i++)
		sigaddset(&held, ending[i]);
	sigprocmask(SIG_BLOCK, &held, &before->mask);
	for (size_t i = 0; i < N_ENDING; i++) {
		sigaction(ending[i], NULL, &before->actions[i]);
		/* nohup(1) and the like stay in force */
		if (before->actions[i].sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
	}
}

static void release_signals(const struct signals *before)
{
	for (size_t i = 0; i < N_ENDING; i++)
		sigaction(ending[i], &before->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
	if (stopped)
		(void)raise(stopped);
}

/* A bound socket; -errno. */
static int listen_at(const struct sockaddr_un *address)
{
	int err, sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return -errno;
	if (!bind(sock, (const void *)address, sizeof(*address)))
		return sock;
	err = -errno;
	close(sock);
	return err;
}

static int wait_and_receive(const char *uds, const struct sockaddr_un *address,
			    const sigset_t *mask, struct weir_import *out)
{
	struct pollfd poll = {.fd = listen_at(address), .events = POLLIN};
	int err;

	if (poll.fd < 0) {
		weir_compat_say("%s: %s", uds, strerror(-poll.fd));
		return poll.fd;
	}
	/* The mask lets the signals in for this call alone. */
	err = ppoll(&poll, 1, NULL, mask) < 0 ? -errno : receive(poll.fd, uds, out);
	(void)unlink(uds);
	close(poll.fd);
	return err;
}

int weir_import_maps(const char *uds, struct weir_import *out)
{
	struct sockaddr_un address;
	struct signals before;
	int err = address_of(uds, &address);

	if (err)
		return err;
	*out = (struct weir_import){0};
	hold_signals(&before);
	err = wait_and_receive(uds, &address, &before.mask, out);
	release_signals(&before);
	return err;
}
