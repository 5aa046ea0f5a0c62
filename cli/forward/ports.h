/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interfaces of a set: those that were named, and what follows from them. In: the names
 * that the kernel's table remembers, and the interfaces as they are. Out: the tables, brought
 * to what they should be.
 */
#ifndef WEIR_CLI_FORWARD_PORTS_H
#define WEIR_CLI_FORWARD_PORTS_H

#include "cli/forward/set.h"

struct weir_forward_port {
	const struct weir_link_info *link;
	struct weir_port port;
	bool sends;   /* XDP can send to the interface below it */
	bool unasked; /* of a veth, where the kernel tells no more than what has a program */
};

/* One for each interface that there is, flags 0 where it has no part. */
struct weir_forward_ports {
	struct weir_link_info *links;
	struct weir_forward_port *list;
	size_t n;
	bool vlans;  /* a sub-interface has part */
	bool native; /* some frames are forwarded by XDP in the driver */
};

/* Interfaces, and the names that @set remembers. Logged. */
int weir_forward_ports_read(const struct weir_forward_set *set, struct weir_net *net,
			    struct weir_forward_ports *out);
void weir_forward_ports_free(struct weir_forward_ports *ports);
/* NULL: no such interface. */
struct weir_forward_port *weir_forward_ports_find(const struct weir_forward_ports *ports,
						  int ifindex);
/* What follows from the names: sub-interfaces, and who can be sent to. */
void weir_forward_ports_settle(struct weir_forward_ports *ports, const struct weir_forward_set *set,
			       struct weir_net *net);
/* Writes the tables of @set. Counters of interfaces that stay go on. Logged. */
int weir_forward_ports_write(const struct weir_forward_ports *ports,
			     const struct weir_forward_set *set, struct weir_net *net);

#endif
