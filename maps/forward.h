/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Forwarding: what bpf/forward.bpf.c reads and `weir forward` writes. Compiles for both.
 *
 * The kernel's own tables decide: each packet is looked up with bpf_fib_lookup(), in the
 * routes, rules, neighbours and sysctls as they are at that moment. What is forwarded here is
 * what the kernel would have forwarded, byte for byte; all else goes to the kernel untouched,
 * which answers (ICMP), resolves (neighbours), fragments, delivers or drops as ever, and is
 * counted by reason. So every doubt ends in the stack, never in a drop.
 *
 * One set for each network namespace. Its interfaces are those whose frames are forwarded,
 * and those that frames may be sent to; the latter include the former. Each is an entry of
 * "weir_ports" by its ifindex; a VLAN sub-interface is one beside the interface below it:
 *
 *	in	the frame's interface, and its tag, if there are sub-interfaces at all:
 *		"weir_vlans" says which one it belongs to. That one's MAC address must be the
 *		frame's destination, since a router takes no other's frames (RFC 1812 3.3.2)
 *	between	the look-up, by the interface or sub-interface
 *	out	an interface that may be sent to has WEIR_PORT_OUT, and a counter in
 *		"weir_forward_to"; and in "weir_devs", when XDP may send there, too, the
 *		interface below it. The tag is written by XDP, and by the sub-interface itself
 *		where tc sends
 *
 * Editing these maps is how interfaces come and go; nothing else changes meanwhile. Only the
 * first and the last sub-interface make a difference to the program, which is exchanged: what
 * is attached is a gate (bpf/gate.bpf.c).
 *
 * One tag is understood (802.1Q or 802.1ad); frames with more go to the stack. Fragments are
 * forwarded as any packet. An aggregate (tc) is forwarded as long as its segments fit the MTU.
 * Padding behind the IP packet goes, but for that which an Ethernet frame needs.
 */
#ifndef WEIR_MAPS_FORWARD_H
#define WEIR_MAPS_FORWARD_H

#include <linux/types.h>

#include "maps/layout.h"

#define WEIR_FORWARD_PORTS_MAX 4096
/* Interfaces of smaller numbers are in arrays ("weir_ports", "weir_forward_to"), which a packet
 * finds for a quarter of a hash's time; the others in hashes ("weir_ports_far",
 * "weir_fwd_to_far"). */
#define WEIR_FORWARD_NEAR      4096

typedef __u32 weir_ifindex;

/* Key of map "weir_forward": what became of a frame. All but the first went to the stack,
 * which does what it says. Counted with the bytes that came in. */
enum weir_forward_reason {
	WEIR_FORWARD_SENT,
	WEIR_FORWARD_NOT_IP,	/* ARP among them */
	WEIR_FORWARD_MALFORMED, /* cut off, or contradicting lengths */
	WEIR_FORWARD_CHECKSUM,	/* of IPv4's header: dropped there */
	WEIR_FORWARD_OPTIONS,	/* IPv4 options, IPv6 hop-by-hop options: router alert */
	WEIR_FORWARD_VLAN,	/* a tag of no interface of the set, or several tags */
	WEIR_FORWARD_OTHER_MAC, /* broadcast, multicast, or another host's */
	WEIR_FORWARD_MULTICAST, /* or broadcast, by the IP address */
	WEIR_FORWARD_LINK_LOCAL,
	WEIR_FORWARD_SOURCE,	     /* an address that is nobody's: RFC 1812 5.3.7 */
	WEIR_FORWARD_DESTINATION,    /* loopback, unspecified */
	WEIR_FORWARD_NEIGHBOUR,	     /* neighbour discovery, which a proxy answers */
	WEIR_FORWARD_DISABLED,	     /* by sysctl, on the interface it came in by */
	WEIR_FORWARD_HERE,	     /* for this host, or no route: the kernel does not say which */
	WEIR_FORWARD_BLACKHOLE,	     /* a route of that type */
	WEIR_FORWARD_UNREACHABLE,    /* the same: answered there */
	WEIR_FORWARD_PROHIBIT,	     /* the same */
	WEIR_FORWARD_ENCAP,	     /* a route with a tunnel or other encapsulation */
	WEIR_FORWARD_NO_NEIGHBOUR,   /* not resolved yet: asked there */
	WEIR_FORWARD_TTL,	     /* or hop limit used up: answered there */
	WEIR_FORWARD_MTU,	     /* too big: fragmented or answered there */
	WEIR_FORWARD_SAME_INTERFACE, /* out where it came in: redirected there (ICMP) */
	WEIR_FORWARD_EGRESS,	     /* an interface that may not be sent to */
	WEIR_FORWARD_MARKED,	     /* tc: rules by mark are asked there */
	WEIR_FORWARD_FAILED,	     /* look-up or rewriting did not work */
	WEIR_FORWARD_NO_SET,	     /* the set's pin was removed under the gate */
	WEIR_FORWARD_REASONS
};

/* Key of map "weir_fwd_to_far": packets and bytes sent to it, without the tag of a VLAN, as
 * the interface itself counts. Of "weir_forward_to" it is the bare number: arrays have no
 * other keys. */
struct weir_forward_to {
	__u32 ifindex;
};

enum weir_port_flags {
	WEIR_PORT_IN = 1,  /* its frames are forwarded */
	WEIR_PORT_OUT = 2, /* it may be sent to */
	/* by name, not as a sub-interface of one; for user space */
	WEIR_PORT_NAMED_IN = 4,
	WEIR_PORT_NAMED_OUT = 8,
};

/* Value of "weir_ports" and "weir_ports_far", by ifindex. */
struct weir_port {
	__u32 below;	      /* ifindex that frames leave by, its own without VLAN; 0: no entry */
	__be16 vlan_proto_be; /* ETH_P_8021Q, ETH_P_8021AD; 0: not a VLAN */
	__u8 mac[6];	      /* as aligned as in a frame */
	__u16 vlan_id;
	__u8 flags; /* enum weir_port_flags */
	__u8 hook;  /* enum weir_hook, where flags say WEIR_PORT_IN; for user space */
};

/* Key of "weir_vlans"; the value is the sub-interface's ifindex. */
struct weir_vlan {
	__u32 ifindex; /* below */
	__be16 vlan_proto_be;
	__u16 vlan_id;
};

/* Constants of the program: section .rodata, written before it is loaded. */
struct weir_forward_consts {
	__u32 vlans; /* there are sub-interfaces */
};

#endif
