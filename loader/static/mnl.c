// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the part of libmnl that weir calls, for a static executable where the system
 * has libmnl as a shared library only, as Debian has.
 *
 * One shared library brings the dynamic linker with it, which is a quarter of the
 * time of attaching a small program. The interface is libmnl.h; with an archive of
 * libmnl this file is not linked, and the libraries always use libmnl itself.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- sockets ------------------------------------------------------------- */

struct mnl_socket {
	int fd;
};

struct mnl_socket *mnl_socket_fdopen(int fd)
{
	struct mnl_socket *sock = malloc(sizeof(*sock));

	if (sock)
		sock->fd = fd;
	return sock;
}

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	struct mnl_socket *sock;
	int fd = socket(AF_NETLINK, SOCK_RAW | flags, bus);

	if (fd < 0)
		return NULL;
	sock = mnl_socket_fdopen(fd);
	if (!sock)
		close(fd);
	return sock;
}

int mnl_socket_close(struct mnl_socket *sock)
{
	int ret = close(sock->fd);

	free(sock);
	return ret;
}

int mnl_socket_get_fd(const struct mnl_socket *sock)
{
	return sock->fd;
}

int mnl_socket_setsockopt(const struct mnl_socket *sock, int type, void *value, socklen_t len)
{
	return setsockopt(sock->fd, SOL_NETLINK, type, value, len);
}

ssize_t mnl_socket_sendto(const struct mnl_socket *sock, const void *bytes, size_t len)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return sendto(sock->fd, bytes, len, 0, (const void *)&kernel, sizeof(kernel));
}

/* ENOSPC: more came than @bytes holds. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *sock, void *bytes, size_t len)
{
	struct sockaddr_nl from;
	struct iovec iov = {bytes, len};
	struct msghdr head = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t got = recvmsg(sock->fd, &head, 0);

	if (got < 0)
		return got;
	if (head.msg_flags & MSG_TRUNC)
		errno = ENOSPC;
	else if (head.msg_namelen != sizeof(from))
		errno = EINVAL;
	else
		return got;
	return -1;
}

/* ---- messages ------------------------------------------------------------ */

static uint8_t *at(const void *base, size_t offset)
{
	return (uint8_t *)base + offset;
}

struct nlmsghdr *mnl_nlmsg_put_header(void *buf)
{
	struct nlmsghdr *msg = buf;

	*msg = (struct nlmsghdr){.nlmsg_len = MNL_NLMSG_HDRLEN};
	return msg;
}

void *mnl_nlmsg_put_extra_header(struct nlmsghdr *msg, size_t len)
{
	void *head = at(msg, msg->nlmsg_len);

	memset(head, 0, MNL_ALIGN(len));
	msg->nlmsg_len += MNL_ALIGN(len);
	return head;
}

bool mnl_nlmsg_ok(const struct nlmsghdr *msg, int left)
{
	return left >= (int)sizeof(*msg) && msg->nlmsg_len >= sizeof(*msg) &&
	       (int)msg->nlmsg_len <= left;
}

struct nlmsghdr *mnl_nlmsg_next(const struct nlmsghdr *msg, int *left)
{
	*left -= MNL_ALIGN(msg->nlmsg_len);
	return (void *)at(msg, MNL_ALIGN(msg->nlmsg_len));
}

size_t mnl_nlmsg_get_payload_len(const struct nlmsghdr *msg)
{
	return msg->nlmsg_len - MNL_NLMSG_HDRLEN;
}

void *mnl_nlmsg_get_payload(const struct nlmsghdr *msg)
{
	return at(msg, MNL_NLMSG_HDRLEN);
}

void *mnl_nlmsg_get_payload_offset(const struct nlmsghdr *msg, size_t offset)
{
	return at(msg, MNL_NLMSG_HDRLEN + MNL_ALIGN(offset));
}

void *mnl_nlmsg_get_payload_tail(const struct nlmsghdr *msg)
{
	return at(msg, MNL_ALIGN(msg->nlmsg_len));
}

/* ---- attributes: what is read -------------------------------------------- */

bool mnl_attr_ok(const struct nlattr *attr, int left)
{
	return left >= (int)sizeof(*attr) && attr->nla_len >= sizeof(*attr) &&
	       (int)attr->nla_len <= left;
}

struct nlattr *mnl_attr_next(const struct nlattr *attr)
{
	return (void *)at(attr, MNL_ALIGN(attr->nla_len));
}

uint16_t mnl_attr_get_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

uint16_t mnl_attr_get_payload_len(const struct nlattr *attr)
{
	return (uint16_t)(attr->nla_len - MNL_ATTR_HDRLEN);
}

void *mnl_attr_get_payload(const struct nlattr *attr)
{
	return at(attr, MNL_ATTR_HDRLEN);
}

uint8_t mnl_attr_get_u8(const struct nlattr *attr)
{
	return *at(attr, MNL_ATTR_HDRLEN);
}

uint16_t mnl_attr_get_u16(const struct nlattr *attr)
{
	return *(const uint16_t *)mnl_attr_get_payload(attr);
}

uint32_t mnl_attr_get_u32(const struct nlattr *attr)
{
	uint32_t value;

	memcpy(&value, at(attr, MNL_ATTR_HDRLEN), sizeof(value));
	return value;
}

/* ---- attributes: what is written ----------------------------------------- */

static void put(struct nlmsghdr *msg, uint16_t type, size_t len, const void *value)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(msg);
	uint8_t *payload = at(attr, MNL_ATTR_HDRLEN);

	attr->nla_type = type;
	attr->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + len);
	if (len)
		memcpy(payload, value, len);
	memset(payload + len, 0, MNL_ALIGN(len) - len);
	msg->nlmsg_len += MNL_ALIGN(attr->nla_len);
}

bool mnl_attr_put_check(struct nlmsghdr *msg, size_t room, uint16_t type, size_t len,
			const void *value)
{
	if (msg->nlmsg_len + MNL_ATTR_HDRLEN + MNL_ALIGN(len) > room)
		return false;
	put(msg, type, len, value);
	return true;
}

bool mnl_attr_put_u16_check(struct nlmsghdr *msg, size_t room, uint16_t type, uint16_t value)
{
	return mnl_attr_put_check(msg, room, type, sizeof(value), &value);
}

bool mnl_attr_put_u32_check(struct nlmsghdr *msg, size_t room, uint16_t type, uint32_t value)
{
	return mnl_attr_put_check(msg, room, type, sizeof(value), &value);
}

bool mnl_attr_put_u64_check(struct nlmsghdr *msg, size_t room, uint16_t type, uint64_t value)
{
	return mnl_attr_put_check(msg, room, type, sizeof(value), &value);
}

bool mnl_attr_put_strz_check(struct nlmsghdr *msg, size_t room, uint16_t type, const char *text)
{
	return mnl_attr_put_check(msg, room, type, strlen(text) + 1, text);
}

void mnl_attr_put_u32(struct nlmsghdr *msg, uint16_t type, uint32_t value)
{
	put(msg, type, sizeof(value), &value);
}

void mnl_attr_put_strz(struct nlmsghdr *msg, uint16_t type, const char *text)
{
	put(msg, type, strlen(text) + 1, text);
}

struct nlattr *mnl_attr_nest_start_check(struct nlmsghdr *msg, size_t room, uint16_t type)
{
	struct nlattr *nest = mnl_nlmsg_get_payload_tail(msg);

	if (msg->nlmsg_len + MNL_ATTR_HDRLEN > room)
		return NULL;
	nest->nla_type = NLA_F_NESTED | type;
	msg->nlmsg_len += MNL_ATTR_HDRLEN;
	return nest;
}

void mnl_attr_nest_end(struct nlmsghdr *msg, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)((uint8_t *)mnl_nlmsg_get_payload_tail(msg) - (uint8_t *)nest);
}
