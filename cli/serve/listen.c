// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where the server listens. In: "127.0.0.1:9777", "[::1]:80", "*:9777". Out: a socket. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/serve/serve.h"

#define DEFAULT_PORT 9777
#define BACKLOG	     256
#define SEND_BYTES   262144 /* that wait for one client; the kernel doubles it */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int wrong(const char *text)
{
	weir_say_error("serve: listen %s: not ADDR:PORT, [ADDR]:PORT or *:PORT", text);
	return WEIR_EXIT_USAGE;
}

static bool read_port(const char *text, uint16_t *port)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (*end || errno || !value || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* The address of @len bytes at @text into @out; "" is loopback. */
static bool read_address(const char *text, size_t len, uint16_t port, union address *out)
{
	char host[64];

	*out = (union address){0};
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!strcmp(host, "localhost") || !*host)
		strcpy(host, "127.0.0.1");
	if (!strcmp(host, "*"))
		strcpy(host, "::");
	if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return true;
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(port);
	return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1;
}

static bool read_text(const char *text, uint16_t *port, union address *out)
{
	const char *end = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
	const char *host = text, *colon;
	size_t len;

	if (*text == '[') {
		if (!end)
			return false;
		host = text + 1;
		len = (size_t)(end - host);
		colon = end[1] ? end + 1 : NULL;
		if (colon && *colon != ':')
			return false;
	} else {
		/* several colons without brackets: an IPv6 address alone */
		colon = end && strchr(text, ':') == end ? end : NULL;
		len = colon ? (size_t)(colon - text) : strlen(text);
	}
	*port = DEFAULT_PORT;
	if (colon && !read_port(colon + 1, port))
		return false;
	return read_address(host, len, *port, out);
}

static bool is_loopback(const union address *address)
{
	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

static void write_text(const union address *address, uint16_t port, char *buf, size_t len)
{
	char host[INET6_ADDRSTRLEN] = "";

	if (address->any.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
		snprintf(buf, len, "%s:%u", host, port);
	} else {
		(void)inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
		snprintf(buf, len, "[%s]:%u", host, port);
	}
}

int weir_listen_open(const char *text, bool has_token, struct weir_listen *out)
{
	const int on = 1, off = 0, send_bytes = SEND_BYTES;
	union address address;
	int err = 0;

	if (!read_text(text ? text : "", &out->port, &address))
		return wrong(text);
	out->loopback = is_loopback(&address);
	write_text(&address, out->port, out->text, sizeof(out->text));
	if (!out->loopback && !has_token) {
		weir_say_error("serve: listen %s: beyond loopback a token is needed; token FILE",
			       out->text);
		return -EACCES;
	}
	out->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (out->fd < 0)
		err = -errno;
	(void)setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* else the kernel keeps megabytes for each that does not read */
	(void)setsockopt(out->fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof(send_bytes));
	/* "*" is both families */
	if (!err && address.any.sa_family == AF_INET6)
		(void)setsockopt(out->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!err &&
	    (bind(out->fd, &address.any,
		  address.any.sa_family == AF_INET ? sizeof(address.v4) : sizeof(address.v6)) ||
	     listen(out->fd, BACKLOG)))
		err = -errno;
	if (!err)
		return 0;
	weir_say_error("serve: listen %s: %s%s", out->text, strerror(-err),
		       err == -EADDRINUSE ? "; another port: listen ADDR:PORT" : "");
	if (out->fd >= 0)
		close(out->fd);
	return err;
}
