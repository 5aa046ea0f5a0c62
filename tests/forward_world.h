/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interfaces, routes and neighbours that tool_forward makes in a network namespace of its
 * own, and the same as tests/forward_model.h has them.
 */
#ifndef WEIR_TESTS_FORWARD_WORLD_H
#define WEIR_TESTS_FORWARD_WORLD_H

#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "tests/forward_model.h"

/* The two that frames come in at, those that they leave by, one of no set, two that stand for
 * VLANs of the first, one with another MTU. */
static const struct model_port ports[] = {
	{"fin", .mtu = 1500, .in = true, .out = true, .forwards = true, .below = 0},
	{"foff", .mtu = 1500, .in = true, .out = true, .below = 1},
	{"fout", .mtu = 1500, .out = true, .forwards = true, .below = 2},
	{"fsmall", .mtu = 1300, .out = true, .forwards = true, .below = 3},
	{"fnone", .mtu = 1500, .forwards = true, .below = 4},
	{"fvlan5", .mtu = 1500, .in = true, .out = true, .forwards = true, .below = 0,
	 .vlan_proto = 0x8100, .vlan_id = 5},
	{"fvlan6", .mtu = 1500, .in = true, .out = true, .forwards = true, .below = 0,
	 .vlan_proto = 0x88a8, .vlan_id = 6},
};

struct row {
	const char *prefix;
	enum weir_forward_reason type;
	int port;
	const char *gateway; /* NULL: connected, or none */
	bool known;
	unsigned int mtu;
};

static const struct row rows[] = {
	{"10.1.0.0/16", .port = 2, .gateway = "10.90.2.9", .known = true},
	{"10.1.128.0/17", .port = 3, .gateway = "10.90.3.9", .known = true},
	{"10.2.0.0/16", .port = 2, .gateway = "10.90.2.99"},
	{"10.3.0.0/16", .port = 4, .gateway = "10.90.4.9", .known = true},
	{"10.4.0.0/16", WEIR_FORWARD_BLACKHOLE},
	{"10.5.0.0/16", WEIR_FORWARD_UNREACHABLE},
	{"10.6.0.0/16", WEIR_FORWARD_PROHIBIT},
	{"10.7.0.0/16", .port = 2, .gateway = "10.90.2.9", .known = true, .mtu = 1000},
	{"10.8.0.0/16", .port = 0, .gateway = "10.90.0.9", .known = true},
	{"10.9.0.0/16", .port = 5, .gateway = "10.90.5.9", .known = true},
	{"10.10.0.0/16", .port = 6, .gateway = "10.90.6.9", .known = true},
	{"10.11.0.0/16", .port = 2, .gateway = "fd90:2::9", .known = true},
	{"2001:db8:1::/48", .port = 2, .gateway = "fd90:2::9", .known = true},
	{"2001:db8:1:8000::/49", .port = 3, .gateway = "fd90:3::9", .known = true},
	{"2001:db8:2::/48", .port = 2, .gateway = "fd90:2::99"},
	{"2001:db8:3::/48", .port = 4, .gateway = "fd90:4::9", .known = true},
	{"2001:db8:4::/48", WEIR_FORWARD_BLACKHOLE},
	{"2001:db8:5::/48", WEIR_FORWARD_UNREACHABLE},
	{"2001:db8:6::/48", WEIR_FORWARD_PROHIBIT},
	{"2001:db8:7::/48", .port = 2, .gateway = "fd90:2::9", .known = true, .mtu = 1290},
	{"2001:db8:8::/48", .port = 0, .gateway = "fd90::9", .known = true},
	{"2001:db8:9::/48", .port = 5, .gateway = "fd90:5::9", .known = true},
	{"2001:db8:a::/48", .port = 6, .gateway = "fd90:6::9", .known = true},
};

#define N_PORTS (sizeof(ports) / sizeof(*ports))
#define N_ROWS	(sizeof(rows) / sizeof(*rows))

static const char *type_word(enum weir_forward_reason type)
{
	return type == WEIR_FORWARD_BLACKHOLE	  ? "blackhole"
	       : type == WEIR_FORWARD_UNREACHABLE ? "unreachable"
	       : type == WEIR_FORWARD_PROHIBIT	  ? "prohibit"
						  : "unicast";
}

static inline bool is_v6(const char *text)
{
	return strchr(text, ':');
}

/* Interfaces with addresses 10.90.N.1/24 and fd90:N::1/64, host 9 resolved. */
static inline void write_port(FILE *to, int nth)
{
	const char *name = ports[nth].name;

	/* every other one with a number that is in the hashes */
	fprintf(to, "link add %s index %d type veth peer name p%s\n", name,
		nth % 2 ? 2 * WEIR_FORWARD_NEAR + nth : 100 + nth, name);
	fprintf(to, "link set %s address 02:00:00:00:10:%02x mtu %u up\n", name, nth,
		ports[nth].mtu);
	fprintf(to, "link set p%s up\n", name);
	fprintf(to, "addr add 10.90.%d.1/24 dev %s\n", nth, name);
	fprintf(to, "addr add fd90:%x::1/64 dev %s nodad\n", nth, name);
	for (int host = 1; host <= 9; host++) {
		if (host > 1)
			fprintf(to,
				"neigh replace 10.90.%d.%d lladdr 02:00:00:00:11:%02x dev %s nud "
				"permanent\n",
				nth, host, host, name);
		if (host > 1)
			fprintf(to,
				"neigh replace fd90:%x::%d lladdr 02:00:00:00:11:%02x dev %s nud "
				"permanent\n",
				nth, host, host, name);
	}
}

static inline void write_row(FILE *to, const struct row *row)
{
	fprintf(to, "route add %s %s", row->type ? type_word(row->type) : "", row->prefix);
	if (!row->type)
		fprintf(to, " via %s%s dev %s%s",
			is_v6(row->gateway) && !is_v6(row->prefix) ? "inet6 " : "", row->gateway,
			ports[row->port].name, is_v6(row->prefix) ? "" : " onlink");
	if (row->mtu)
		fprintf(to, " mtu lock %u", row->mtu);
	fputc('\n', to);
}

static inline void set_sysctl(const char *family, const char *name, int value)
{
	char path[200];
	FILE *to;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/forwarding", family, name);
	to = fopen(path, "w");
	if (!to)
		return;
	fprintf(to, "%d\n", value);
	fclose(to);
}

/* The kernel tells IPv6 of a carrier in a work of its own, up to a second later: before, a link has
 * no routes and no addresses but those that were given. */
static inline void wait_for_link(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq link = {0};

	snprintf(link.ifr_name, sizeof(link.ifr_name), "%s", name);
	for (int tries = 0; tries < 1000 && !(link.ifr_flags & IFF_RUNNING); tries++) {
		usleep(tries ? 10000 : 0);
		if (ioctl(fd, SIOCGIFFLAGS, &link))
			break;
	}
	close(fd);
}

static inline bool make_links(void)
{
	FILE *to = popen("ip -batch -", "w");

	if (!to)
		return false;
	fprintf(to, "link set lo up\n");
	for (int i = 0; i < (int)N_PORTS; i++)
		write_port(to, i);
	if (pclose(to))
		return false;
	for (int i = 0; i < (int)N_PORTS; i++)
		wait_for_link(ports[i].name);
	set_sysctl("ipv4", "all", 1);
	set_sysctl("ipv6", "all", 1);
	for (int i = 0; i < (int)N_PORTS; i++) {
		set_sysctl("ipv4", ports[i].name, ports[i].forwards);
		set_sysctl("ipv6", ports[i].name, ports[i].forwards);
	}
	to = popen("ip -batch -", "w");
	if (!to)
		return false;
	for (size_t i = 0; i < N_ROWS; i++)
		write_row(to, &rows[i]);
	return !pclose(to);
}

static inline struct model_route *add_route(struct model_world *world, const char *prefix,
					    unsigned int len)
{
	struct model_route *route = &world->routes[world->n_routes++];

	assert(world->n_routes <= MODEL_ROUTES);
	route->v6 = is_v6(prefix);
	route->len = len;
	inet_pton(route->v6 ? AF_INET6 : AF_INET, prefix, route->prefix);
	return route;
}

/* A socket that was not made for broadcasts is refused one. */
static inline bool is_broadcast(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool refused;

	inet_pton(AF_INET, address, &to.sin_addr);
	refused = connect(fd, (const struct sockaddr *)&to, sizeof(to)) && errno == EACCES;
	close(fd);
	return refused;
}

static inline void add_connected(struct model_world *world, int nth)
{
	char text[64];

	snprintf(text, sizeof(text), "10.90.%d.0", nth);
	add_route(world, text, 24)->port = nth;
	if (is_broadcast(text)) /* before Linux 5.14 */
		add_route(world, text, 32)->type = WEIR_FORWARD_HERE;
	snprintf(text, sizeof(text), "10.90.%d.1", nth);
	add_route(world, text, 32)->type = WEIR_FORWARD_HERE;
	snprintf(text, sizeof(text), "10.90.%d.255", nth);
	add_route(world, text, 32)->type = WEIR_FORWARD_HERE;
	snprintf(text, sizeof(text), "fd90:%x::", nth);
	add_route(world, text, 64)->port = nth;
	if (ports[nth].forwards) /* of a router only: the anycast address, RFC 4291 2.6.1 */
		add_route(world, text, 128)->type = WEIR_FORWARD_HERE;
	snprintf(text, sizeof(text), "fd90:%x::1", nth);
	add_route(world, text, 128)->type = WEIR_FORWARD_HERE;
}

static inline void make_model(struct model_world *world)
{
	memcpy(world->ports, ports, sizeof(ports));
	world->n_ports = N_PORTS;
	for (int i = 0; i < (int)N_PORTS; i++) {
		struct model_port *port = &world->ports[i];

		port->ifindex = if_nametoindex(port->name);
		memcpy(port->mac, "\2\0\0\0\x10\0", 6);
		port->mac[5] = (uint8_t)i;
		add_connected(world, i);
	}
	for (size_t i = 0; i < N_ROWS; i++) {
		char prefix[64];
		struct model_route *route;
		char *slash;

		snprintf(prefix, sizeof(prefix), "%s", rows[i].prefix);
		slash = strchr(prefix, '/');
		*slash = '\0';
		route = add_route(world, prefix, (unsigned int)strtoul(slash + 1, NULL, 10));
		route->type = rows[i].type;
		route->port = rows[i].port;
		route->gateway = rows[i].gateway;
		route->known = rows[i].known;
		route->mtu = rows[i].mtu;
		memcpy(route->mac, "\2\0\0\0\x11\x09", 6);
	}
}

#endif
