// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Both ends of the map export. In: a loaded object, or a message of any sender.
 * Out: the message, or its maps; lengths and counts of what comes are checked,
 * and what came in vain is closed.
 */
#include "cli/export.h"

#include <errno.h>
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

/* ---- sending -------------------------------------------------------------------- */

struct message {
	struct weir_export_head head;
	struct weir_export_map maps[WEIR_EXPORT_MAPS_MAX];
	int fds[WEIR_EXPORT_MAPS_MAX];
};

static void fill(struct message *msg, const struct weir_object *object, const char *file)
{
	const struct weir_map_decl *maps;
	size_t n = weir_object_maps(object, &maps);
	struct stat st = {0};

	*msg = (struct message){.head.version = VERSION};
	memcpy(msg->head.object, file, strnlen(file, sizeof(msg->head.object) - 1));
	(void)stat(file, &st);
	msg->head.dev = st.st_dev;
	msg->head.inode = st.st_ino;
	for (size_t i = 0; i < n && msg->head.n_maps < WEIR_EXPORT_MAPS_MAX; i++) {
		int fd = weir_object_map_fd(object, i);

		if (fd < 0)
			continue; /* data sections are libbpf's */
		msg->fds[msg->head.n_maps] = fd;
		msg->maps[msg->head.n_maps++] = (struct weir_export_map){
			maps[i].type,	     maps[i].key_size_bytes, maps[i].value_size_bytes,
			maps[i].max_entries, maps[i].flags,	     maps[i].id,
			maps[i].pinning,     maps[i].inner_id,	     maps[i].inner_idx};
	}
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

	if (err)
		return err;
	fill(&msg, object, file);
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

/* ---- receiving ------------------------------------------------------------------ */

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

/* Interrupted, the socket's name goes, too. */
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = number;
}

static void catch_signals(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART: recvmsg returns */

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

int weir_import_maps(const char *uds, struct weir_import *out)
{
	struct sockaddr_un address;
	int sock, err = address_of(uds, &address);

	if (err)
		return err;
	*out = (struct weir_import){0};
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || bind(sock, (void *)&address, sizeof(address))) {
		err = -errno;
		weir_compat_say("%s: %s", uds, strerror(-err));
		if (sock >= 0)
			close(sock);
		return err;
	}
	catch_signals(on_signal);
	err = receive(sock, uds, out);
	catch_signals(SIG_DFL);
	(void)unlink(uds);
	close(sock);
	if (stopped)
		(void)raise(stopped);
	return err;
}
