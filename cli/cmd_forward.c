// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir forward. In: an interface, and whether its packets are to be forwarded. Out: the set
 * of the network namespace changed, and a gate at the interface or none; or the set, printed.
 *
 * Order of steps, so that a command that ends anywhere loses no packet: a gate without tables
 * passes all to the stack; tables without a gate are asked by nobody.
 */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/forward/ports.h"
#include "cli/forward/set.h"
#include "cli/forward/show.h"
#include "cli/say.h"
#include "cli/step/gate.h"
#include "cli/step/line.h"

/* One run of the command. */
struct run {
	const struct weir_forward_config *cfg;
	struct weir_step_line line; /* at dev; its slot is that of the hook */
	struct weir_forward_set set;
	struct weir_forward_ports ports;
	struct weir_forward_port *port; /* of dev or to; NULL: none was named */
	uint8_t was;			/* its flags */
};

/* ---- what is refused ------------------------------------------------------ */

static int check_link(const struct run *run)
{
	const struct weir_link_info *link = run->port->link;
	const struct weir_forward_port *above = weir_forward_ports_find(&run->ports, link->above);
	const struct weir_forward_port *below = weir_forward_ports_find(&run->ports, link->below);

	if (!link->is_ethernet) {
		weir_say_error("%s: has no Ethernet header; what goes there takes the stack's way",
			       link->name);
		return -EOPNOTSUPP;
	}
	if (above && strcmp(above->link->kind, "vrf") != 0) {
		weir_say_error("%s: is part of %s, which forwards its frames otherwise; name %s",
			       link->name, above->link->name, above->link->name);
		return -EOPNOTSUPP;
	}
	if (run->cfg->place.dev && run->line.hook == WEIR_HOOK_XDP && link->vlan_proto_be &&
	    below) {
		weir_say_error("%s: its frames come in at %s; `weir forward dev %s on` forwards "
			       "those of all its VLANs, `weir forward dev %s ingress on` these",
			       link->name, below->link->name, below->link->name, link->name);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* XDP would take a frame without its tag for one of the interface itself. */
static int check_tags(const struct run *run)
{
	const struct weir_link_info *link = run->port->link;
	bool vlans = false;

	for (size_t i = 0; i < run->ports.n; i++)
		if (run->ports.links[i].vlan_proto_be && run->ports.links[i].below == link->ifindex)
			vlans = true;
	if (run->line.hook != WEIR_HOOK_XDP || !vlans ||
	    !weir_link_strips_tags(run->line.net, link->name))
		return 0;
	weir_say_error("%s: takes VLAN tags off before XDP sees them; `ethtool -K %s rxvlan off` "
		       "comes first, or use ingress",
		       link->name, link->name);
	return -EOPNOTSUPP;
}

/* ---- notes ---------------------------------------------------------------- */

static void note_sysctls(const struct weir_link_info *link)
{
	if (!link->forwards_ipv4 && !link->forwards_ipv6)
		weir_say_note("%s: the kernel forwards nothing from there, and so does this: "
			      "`sysctl net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1`",
			      link->name);
	else if (!link->forwards_ipv4)
		weir_say_note("%s: no IPv4 is forwarded from there: "
			      "`sysctl net.ipv4.conf.%s.forwarding=1`",
			      link->name, link->name);
	else if (!link->forwards_ipv6)
		weir_say_note("%s: no IPv6 is forwarded from there: "
			      "`sysctl net.ipv6.conf.all.forwarding=1`",
			      link->name);
}

/* The stack at the other end leaves them to be filled in by whoever sends the frame on, which is
 * not known of a frame of XDP. */
static void note_checksums(const struct run *run)
{
	const struct weir_forward_at *at =
		weir_forward_set_gate_of(&run->set, run->port->link->ifindex);

	if (at && at->hook == WEIR_HOOK_XDP && at->mode == WEIR_XDP_NATIVE &&
	    !strcmp(run->port->link->kind, "veth"))
		weir_say_note("%s: checksums that its other end leaves open stay so: "
			      "`ethtool -K PEER tx off` there, or generic",
			      run->port->link->name);
}

static void note_sending(const struct weir_forward_port *port)
{
	if (port->sends || port->port.below != (uint32_t)port->link->ifindex)
		return;
	weir_say_note("%s: %s; what goes there takes the stack's way until `on` is said again",
		      port->link->name,
		      port->unasked
			      ? "its other end has no XDP program, and without one this kernel "
				"does not tell whether it takes frames from XDP: attach one there"
		      : !strcmp(port->link->kind, "veth")
			      ? "its other end takes no frames from XDP: `ethtool -K PEER gro on` "
				"there"
			      : "its driver sends no frames of XDP");
}

/* ---- on ------------------------------------------------------------------- */

/* The tables as they were, as far as that can be had. */
static void restore(struct run *run)
{
	char text[200];

	run->port->port.flags = run->was;
	weir_say_catch(text, sizeof(text));
	weir_forward_ports_settle(&run->ports, &run->set, run->line.net);
	(void)weir_forward_ports_write(&run->ports, &run->set, run->line.net);
	weir_say_release();
}

/* That of XDP, which writes tags, last: if it is not loaded, the one before is right for the tables
 * as they were. */
static int load_programs(struct run *run)
{
	const struct weir_forward_consts consts = {.vlans = run->ports.vlans};
	int err = 0;

	for (int i = WEIR_FORWARD_SIDES - 1; i >= 0 && !err; i--)
		if (run->set.slots[i].fd >= 0)
			err = weir_forward_set_load(&run->set, &run->set.slots[i], &consts);
	return err;
}

/* A program for sub-interfaces is right for any tables: at worst the stack gets more. One that
 * writes no tags must not meet a sub-interface: it comes after these went, and goes before. */
static int settle(struct run *run)
{
	int err = 0;

	weir_forward_ports_settle(&run->ports, &run->set, run->line.net);
	if (run->ports.vlans)
		err = load_programs(run);
	if (err)
		return err;
	err = weir_forward_ports_write(&run->ports, &run->set, run->line.net);
	if (!err && !run->ports.vlans)
		err = load_programs(run);
	if (err)
		restore(run);
	return err;
}

/* Of a set that is not there yet: what settle() will replace. */
static int load_first(void *ctx)
{
	const struct weir_forward_consts consts = {.vlans = 1};
	struct run *run = ctx;

	return run->line.there ? 0 : weir_forward_set_load(&run->set, &run->line.slot, &consts);
}

static struct weir_gate_place place_of(const struct run *run, const struct weir_forward_at *at)
{
	const struct weir_forward_port *port = weir_forward_ports_find(&run->ports, at->ifindex);

	return (struct weir_gate_place){
		.net = run->line.net,
		.dev = port ? port->link->name : NULL, /* NULL: gone meanwhile */
		.hook = at->hook,
	};
}

static int take_gate(const struct run *run, const struct weir_forward_at *at)
{
	struct weir_gate_place place = place_of(run, at);

	return place.dev ? weir_gate_remove(&place, &weir_step_forward) : 0;
}

/* The gate that is there must be of the hook and mode that are asked for. */
static int check_gate(const struct run *run, const struct weir_forward_at *at)
{
	const char *dev = run->cfg->place.dev;
	bool generic = run->cfg->place.mode == WEIR_XDP_GENERIC;

	if (!at || (at->hook == run->line.hook &&
		    (!run->cfg->place.mode || generic == (at->mode == WEIR_XDP_GENERIC))))
		return 0;
	weir_say_error("%s: forwards at %s%s already; `weir forward dev %s off` comes first", dev,
		       weir_hook_name(at->hook),
		       at->hook != WEIR_HOOK_XDP      ? ""
		       : at->mode == WEIR_XDP_GENERIC ? " generic"
						      : " native",
		       dev);
	return -EEXIST;
}

/* The gate first, so that it is known how frames come in. */
static int install(struct run *run)
{
	struct weir_slot *slot = &run->set.slots[weir_forward_side_of(run->line.hook)];
	int err;

	run->line.there = slot->fd >= 0;
	if (!run->line.there)
		slot->kind = weir_step_kind_at(run->line.hook);
	run->line.slot = *slot;
	err = weir_step_line_install(&run->line, load_first, run);
	*slot = run->line.slot;
	weir_slot_init(&run->line.slot, &weir_step_forward);
	return err ?: weir_forward_set_gates(&run->set, run->line.net);
}

static void take_back(struct run *run)
{
	int ifindex = run->port->link->ifindex;
	const struct weir_forward_at *at = weir_forward_set_gate_of(&run->set, ifindex);

	if (at)
		(void)take_gate(run, at);
	if (!run->line.there)
		(void)weir_forward_set_unpin(&run->set.slots[weir_forward_side_of(run->line.hook)],
					     run->line.globals->bpffs);
}

static int on_dev(struct run *run)
{
	const struct weir_forward_at *at =
		weir_forward_set_gate_of(&run->set, run->port->link->ifindex);
	bool attached = at != NULL;
	int err;

	if (!run->line.hook)
		run->line.hook = at ? at->hook : WEIR_HOOK_XDP;
	err = check_gate(run, at);
	err = err ?: check_link(run);
	err = err ?: check_tags(run);
	if (!err && !attached)
		err = install(run);
	if (err)
		return err;
	run->port->port.flags |= WEIR_PORT_NAMED_IN;
	run->port->port.hook = (uint8_t)run->line.hook;
	err = settle(run);
	if (err && !attached)
		take_back(run);
	return err;
}

static int on(struct run *run)
{
	int err;

	if (!run->port) {
		weir_say_error("forward: on: dev DEV or to DEV must be given");
		return WEIR_EXIT_USAGE;
	}
	if (run->cfg->place.dev) {
		err = on_dev(run);
		if (!err) {
			note_sysctls(run->port->link);
			note_checksums(run);
		}
	} else if (!run->set.n_gates) {
		weir_say_error("%s: no interface forwards yet; `weir forward dev DEV on` comes "
			       "first",
			       run->cfg->to);
		err = -ENOENT;
	} else {
		err = check_link(run);
		run->port->port.flags |= WEIR_PORT_NAMED_OUT;
		err = err ?: settle(run);
	}
	if (!err)
		note_sending(run->port);
	return err;
}

/* ---- off ------------------------------------------------------------------ */

static int off_all(const struct run *run)
{
	int err = 0;

	for (size_t i = 0; i < run->set.n_gates && !err; i++)
		err = take_gate(run, &run->set.gates[i]);
	for (int i = 0; i < WEIR_FORWARD_SIDES && !err; i++)
		if (run->set.slots[i].reason_fd >= 0)
			err = weir_forward_set_unpin(&run->set.slots[i], run->line.globals->bpffs);
	return err;
}

static int refuse_missing(const struct run *run)
{
	const char *dev = run->cfg->place.dev;

	if (weir_say_blind(dev ? dev : "forward"))
		return -EPERM;
	if (dev)
		weir_say_error("%s: does not forward; %s", dev, weir_step_forward.how);
	else if (run->cfg->to)
		weir_say_error("%s: was not named by `to`; `weir forward show` lists who is",
			       run->cfg->to);
	else
		weir_say_error("forward: no interface forwards; %s", weir_step_forward.how);
	return -ENOENT;
}

/* The last gate of its side takes the side's pin along. */
static int off_dev(struct run *run, const struct weir_forward_at *at)
{
	enum weir_forward_side side = weir_forward_side_of(at->hook);
	struct weir_slot *slot = &run->set.slots[side];
	size_t others = 0;
	int err;

	for (size_t i = 0; i < run->set.n_gates; i++)
		others += weir_forward_side_of(run->set.gates[i].hook) == side;
	run->port->port.flags &= (uint8_t)~WEIR_PORT_NAMED_IN;
	err = settle(run);
	err = err ?: take_gate(run, at);
	if (!err && others == 1)
		err = weir_forward_set_unpin(slot, run->line.globals->bpffs);
	return err;
}

static int off(struct run *run)
{
	const struct weir_forward_at *at =
		run->port ? weir_forward_set_gate_of(&run->set, run->port->link->ifindex) : NULL;

	if (!run->set.n_gates)
		return refuse_missing(run);
	if (!run->port || (at && run->cfg->place.dev && run->set.n_gates == 1))
		return off_all(run);
	if (run->cfg->place.dev)
		return at ? off_dev(run, at) : refuse_missing(run);
	if (!(run->port->port.flags & WEIR_PORT_NAMED_OUT))
		return refuse_missing(run);
	run->port->port.flags &= (uint8_t)~WEIR_PORT_NAMED_OUT;
	return settle(run);
}

/* ---- the line ------------------------------------------------------------- */

/* What has lost its program can still be taken off, all of it. */
static int find_set(struct run *run)
{
	bool takes_off =
		run->cfg->verb == WEIR_FORWARD_OFF && !run->cfg->place.dev && !run->cfg->to;
	char text[200] = "";
	int err;

	weir_say_catch(text, sizeof(text));
	err = weir_forward_set_find(&run->set, run->line.net);
	weir_say_release();
	if (err == -ENODATA && takes_off)
		return 0;
	if (err == -ENODATA)
		weir_say_error("forward: the set has lost its program: its pin was removed; take "
			       "it off with `weir forward off`");
	else if (err && *text)
		weir_say_error("%s", text);
	return err;
}

static int find(struct run *run)
{
	const char *dev = run->cfg->place.dev ? run->cfg->place.dev : run->cfg->to;
	int err = weir_net_open(run->line.globals->netns, &run->line.net), ifindex;

	err = err ?: find_set(run);
	err = err ?: weir_forward_ports_read(&run->set, run->line.net, &run->ports);
	if (err || !dev)
		return err;
	ifindex = weir_net_ifindex(run->line.net, dev);
	if (ifindex < 0)
		return ifindex;
	run->port = weir_forward_ports_find(&run->ports, ifindex);
	if (!run->port)
		return -ENODEV;
	run->was = run->port->port.flags;
	return 0;
}

static int show(struct run *run)
{
	if (run->set.n_gates)
		weir_forward_ports_settle(&run->ports, &run->set, run->line.net);
	if (!run->set.n_gates || (run->port && !run->port->port.flags))
		return refuse_missing(run);
	return weir_forward_show(run->line.globals, &run->set, &run->ports, run->port);
}

static int run_verb(struct run *run)
{
	int err;

	if (run->cfg->verb != WEIR_FORWARD_SHOW)
		weir_step_line_lock(&run->line);
	err = find(run);
	if (err)
		return err;
	switch (run->cfg->verb) {
	case WEIR_FORWARD_ON:
		return on(run);
	case WEIR_FORWARD_OFF:
		return off(run);
	default:
		return show(run);
	}
}

int weir_cmd_forward(const struct weir_globals *globals, const union weir_config *config)
{
	struct run run = {.cfg = &config->forward};
	int err;

	weir_forward_set_init(&run.set);
	weir_step_line_init(&run.line, &weir_step_forward, globals, &run.cfg->place);
	err = run_verb(&run);
	weir_forward_set_close(&run.set);
	weir_forward_ports_free(&run.ports);
	weir_step_line_close(&run.line);
	return err;
}
