// SPDX-License-Identifier: LGPL-2.1-or-later
/* The interfaces of a set. */
#include "cli/forward/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "cli/forward/tables.h"
#include "cli/say.h"

#define NAMED (WEIR_PORT_NAMED_IN | WEIR_PORT_NAMED_OUT)

/* What is not remembered has no flags. What cannot be known must not be forgotten. */
static int read_name(const struct weir_forward_set *set, struct weir_forward_port *port)
{
	int err;

	if (set->map_fds[WEIR_FORWARD_PORTS_MAP] < 0)
		return 0;
	err = weir_forward_port_get(set, (uint32_t)port->link->ifindex, &port->port);
	if (!err) {
		port->port.flags &= NAMED;
		return 0;
	}
	memset(&port->port, 0, sizeof(port->port));
	if (err == -ENOENT)
		return 0;
	weir_say_error("%s: whether it forwards cannot be read: %s", port->link->name,
		       strerror(-err));
	return -EIO;
}

int weir_forward_ports_read(const struct weir_forward_set *set, struct weir_net *net,
			    struct weir_forward_ports *out)
{
	struct weir_forward_ports ports = {0};
	int err = weir_link_infos(net, &ports.links, &ports.n);

	if (err)
		return err;
	ports.list = calloc(ports.n + 1, sizeof(*ports.list));
	err = ports.list ? 0 : -ENOMEM;
	for (size_t i = 0; i < ports.n && !err; i++) {
		ports.list[i].link = &ports.links[i];
		err = read_name(set, &ports.list[i]);
	}
	if (err)
		weir_forward_ports_free(&ports);
	else
		*out = ports;
	return err;
}

void weir_forward_ports_free(struct weir_forward_ports *ports)
{
	free(ports->links);
	free(ports->list);
	*ports = (struct weir_forward_ports){0};
}

struct weir_forward_port *weir_forward_ports_find(const struct weir_forward_ports *ports,
						  int ifindex)
{
	for (size_t i = 0; ifindex && i < ports->n; i++)
		if (ports->links[i].ifindex == ifindex)
			return &ports->list[i];
	return NULL;
}

/* ---- what follows --------------------------------------------------------- */

static bool is_vlan(const struct weir_link_info *link)
{
	return link->vlan_proto_be && link->below;
}

static uint8_t flags_by_name(uint8_t named)
{
	uint8_t flags = named & NAMED;

	if (flags & WEIR_PORT_NAMED_IN)
		flags |= WEIR_PORT_IN | WEIR_PORT_OUT;
	if (flags & WEIR_PORT_NAMED_OUT)
		flags |= WEIR_PORT_OUT;
	return flags;
}

/* A sub-interface has part in what the interface below it has part in, while it is up. */
static void settle_one(const struct weir_forward_ports *ports, struct weir_forward_port *port)
{
	const struct weir_forward_port *below = weir_forward_ports_find(ports, port->link->below);
	const struct weir_link_info *link = port->link;
	uint8_t flags = flags_by_name(port->port.flags);

	memcpy(port->port.mac, link->mac, sizeof(link->mac));
	port->port.below = (uint32_t)link->ifindex;
	port->port.vlan_proto_be = 0;
	port->port.vlan_id = 0;
	if (is_vlan(link) && below) {
		port->port.below = (uint32_t)link->below;
		port->port.vlan_proto_be = link->vlan_proto_be;
		port->port.vlan_id = link->vlan_id;
		if (link->up && !(flags & WEIR_PORT_NAMED_IN)) {
			flags |= flags_by_name(below->port.flags) & (WEIR_PORT_IN | WEIR_PORT_OUT);
			port->port.hook = below->port.hook;
		}
	}
	port->port.flags = flags;
}

/* Two tags are more than XDP writes. */
static void ask_sending(const struct weir_forward_ports *ports, struct weir_forward_port *port,
			struct weir_net *net)
{
	const struct weir_forward_port *below =
		weir_forward_ports_find(ports, (int)port->port.below);
	int answer;

	if (!below || (below != port && is_vlan(below->link)))
		return;
	answer = weir_link_sends_xdp(net, below->link->ifindex);
	port->unasked = answer < 0 && !strcmp(below->link->kind, "veth");
	/* what is not known goes the stack's way: a veth loses it where it cannot send it */
	if (port->unasked)
		answer = weir_link_peer_has_xdp(net, below->link);
	port->sends = answer || !ports->native;
}

void weir_forward_ports_settle(struct weir_forward_ports *ports, const struct weir_forward_set *set,
			       struct weir_net *net)
{
	ports->vlans = false;
	ports->native = false;
	for (size_t i = 0; i < set->n_gates; i++)
		if (set->gates[i].hook == WEIR_HOOK_XDP && set->gates[i].mode != WEIR_XDP_GENERIC)
			ports->native = true;
	for (size_t i = 0; i < ports->n; i++)
		settle_one(ports, &ports->list[i]);
	for (size_t i = 0; i < ports->n; i++) {
		if (!ports->list[i].port.flags)
			continue;
		if (ports->list[i].port.vlan_proto_be)
			ports->vlans = true;
		ask_sending(ports, &ports->list[i], net);
	}
}

/* ---- writing -------------------------------------------------------------- */

static int put(int fd, const void *key, const void *value)
{
	return bpf_map_update_elem(fd, key, value, BPF_ANY) ? -errno : 0;
}

static int write_port(const struct weir_forward_set *set, const struct weir_forward_port *port)
{
	uint32_t ifindex = (uint32_t)port->link->ifindex;
	struct weir_vlan vlan = {port->port.below, port->port.vlan_proto_be, port->port.vlan_id};
	int err = weir_forward_port_put(set, ifindex, &port->port);

	if (!err && port->port.vlan_proto_be && port->port.flags & WEIR_PORT_IN &&
	    !(port->port.flags & WEIR_PORT_NAMED_IN))
		err = put(set->map_fds[WEIR_FORWARD_VLANS_MAP], &vlan, &ifindex);
	return err;
}

static int drop(int fd, const void *key)
{
	return bpf_map_delete_elem(fd, key) && errno != ENOENT ? -errno : 0;
}

/* May XDP send to this interface? */
static bool is_sent_to(const struct weir_forward_port *port)
{
	return port && port->port.flags & WEIR_PORT_OUT && port->sends;
}

static bool is_tag_of(const struct weir_forward_ports *ports, const struct weir_vlan *vlan)
{
	for (size_t i = 0; i < ports->n; i++) {
		const struct weir_port *port = &ports->list[i].port;

		if (port->flags & WEIR_PORT_IN && !(port->flags & WEIR_PORT_NAMED_IN) &&
		    port->below == vlan->ifindex && port->vlan_proto_be == vlan->vlan_proto_be &&
		    port->vlan_id == vlan->vlan_id)
			return true;
	}
	return false;
}

/* Entries of what has no part any more. */
static int drop_others(const struct weir_forward_ports *ports, const struct weir_forward_set *set,
		       enum weir_forward_map map)
{
	union {
		uint32_t ifindex;
		struct weir_vlan vlan;
	} key, next;
	int err = 0, fd = set->map_fds[map];
	bool more = !bpf_map_get_next_key(fd, NULL, &key);

	while (more && !err) {
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (map == WEIR_FORWARD_VLANS_MAP
			    ? !is_tag_of(ports, &key.vlan)
			    : !is_sent_to(weir_forward_ports_find(ports, (int)key.ifindex)))
			err = drop(fd, &key);
		key = next;
	}
	return err;
}

struct drops {
	const struct weir_forward_ports *ports;
	const struct weir_forward_set *set;
};

static int drop_port(uint32_t ifindex, void *ctx)
{
	const struct drops *drops = ctx;
	const struct weir_forward_port *port = weir_forward_ports_find(drops->ports, (int)ifindex);

	return port && port->port.flags ? 0 : weir_forward_port_drop(drops->set, ifindex);
}

struct devs {
	const struct weir_forward_ports *ports;
	int fd;
};

/* In the namespace: the kernel takes an ifindex of a device map for the caller's. */
static int write_devs(void *ctx)
{
	const struct devs *devs = ctx;
	int err = 0;

	for (size_t i = 0; i < devs->ports->n && !err; i++) {
		const struct weir_forward_port *port = &devs->ports->list[i];
		uint32_t ifindex = (uint32_t)port->link->ifindex;

		if (is_sent_to(port))
			err = put(devs->fd, &ifindex, &port->port.below);
	}
	return err;
}

int weir_forward_ports_write(const struct weir_forward_ports *ports,
			     const struct weir_forward_set *set, struct weir_net *net)
{
	struct devs devs = {ports, set->map_fds[WEIR_FORWARD_DEVS_MAP]};
	struct drops drops = {ports, set};
	/* first what goes: nothing is sent where it may not be; last where to send */
	int err = drop_others(ports, set, WEIR_FORWARD_DEVS_MAP);

	err = err ?: drop_others(ports, set, WEIR_FORWARD_VLANS_MAP);
	err = err ?: weir_forward_port_each(set, drop_port, &drops);
	for (size_t i = 0; i < ports->n && !err; i++)
		if (ports->list[i].port.flags)
			err = write_port(set, &ports->list[i]);
	err = err ?: weir_net_call(net, write_devs, &devs);
	if (err == -E2BIG)
		weir_say_error("forward: at most %d interfaces, sub-interfaces among them",
			       WEIR_FORWARD_PORTS_MAX);
	else if (err)
		weir_say_error("forward: the tables cannot be written: %s", strerror(-err));
	return err;
}
