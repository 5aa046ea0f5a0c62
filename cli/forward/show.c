// SPDX-License-Identifier: LGPL-2.1-or-later
/* A set of forwarding printed: interfaces with what was sent to them, then reasons. */
#include "cli/forward/show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cli/forward/tables.h"
#include "cli/out.h"
#include "cli/step/print.h"

struct show {
	const struct weir_forward_set *set;
	const struct weir_forward_ports *ports;
	struct weir_json json;
	bool as_json;
	struct weir_counter *cells; /* one a CPU */
	int n_cpus;
};

static struct weir_count sent_to(const struct show *show, uint32_t ifindex)
{
	struct weir_count count = {0};

	if (weir_forward_sent(show->set, ifindex, show->cells))
		return count;
	for (int i = 0; i < show->n_cpus; i++) {
		count.packets += show->cells[i].packets;
		count.bytes += show->cells[i].bytes;
	}
	return count;
}

/* "native", "generic", "offload"; NULL: the hook has none. */
static const char *mode_name(const struct weir_forward_at *at)
{
	if (!at || at->hook != WEIR_HOOK_XDP)
		return NULL;
	return at->mode == WEIR_XDP_GENERIC ? "generic" : "native";
}

static const char *below_name(const struct show *show, const struct weir_forward_port *port)
{
	const struct weir_forward_port *below =
		weir_forward_ports_find(show->ports, (int)port->port.below);

	return port->port.vlan_proto_be && below ? below->link->name : NULL;
}

static void print_line(struct show *show, const struct weir_forward_port *port)
{
	const struct weir_forward_at *at = weir_forward_set_gate_of(show->set, port->link->ifindex);
	const char *below = below_name(show, port), *mode = mode_name(at);
	char what[100];
	int n;

	if (at)
		n = snprintf(what, sizeof(what), "dev %s %s%s%s", port->link->name,
			     weir_hook_name(at->hook), mode ? " " : "", mode ? mode : "");
	else if (port->port.flags & WEIR_PORT_IN)
		n = snprintf(what, sizeof(what), "dev %s", port->link->name);
	else
		n = snprintf(what, sizeof(what), "to %s", port->link->name);
	if (below && n > 0 && (size_t)n < sizeof(what))
		snprintf(what + n, sizeof(what) - (size_t)n, " vlan %u of %s", port->port.vlan_id,
			 below);
	printf("%-40s # sent there: ", what);
	weir_step_print_count(NULL, sent_to(show, (uint32_t)port->link->ifindex));
	putchar('\n');
}

static void print_object(struct show *show, const struct weir_forward_port *port)
{
	const struct weir_forward_at *at = weir_forward_set_gate_of(show->set, port->link->ifindex);
	const char *below = below_name(show, port), *mode = mode_name(at);
	struct weir_json *json = &show->json;

	weir_json_object(json, NULL);
	weir_json_string(json, "dev", port->link->name);
	weir_json_bool(json, "receives", port->port.flags & WEIR_PORT_IN);
	if (at)
		weir_json_string(json, "hook", weir_hook_name(at->hook));
	if (mode)
		weir_json_string(json, "mode", mode);
	if (below) {
		weir_json_string(json, "below", below);
		weir_json_u64(json, "vlan", port->port.vlan_id);
	}
	weir_json_bool(json, "xdp_sends", port->sends);
	weir_step_print_count(json, sent_to(show, (uint32_t)port->link->ifindex));
	weir_json_object_end(json);
}

static void print_ports(struct show *show, const struct weir_forward_port *only)
{
	for (size_t i = 0; i < show->ports->n; i++) {
		const struct weir_forward_port *port = &show->ports->list[i];

		if (!port->port.flags ||
		    (only && port != only && port->port.below != (uint32_t)only->link->ifindex))
			continue;
		if (show->as_json)
			print_object(show, port);
		else
			print_line(show, port);
	}
}

static int print_json(const struct weir_globals *globals, struct show *show,
		      const struct weir_forward_port *only, struct weir_counters *reasons)
{
	struct weir_json *json = &show->json;
	int err;

	show->as_json = true;
	weir_json_start(json, stdout, globals->pretty);
	weir_json_object(json, NULL);
	weir_json_array(json, "forward");
	print_ports(show, only);
	weir_json_array_end(json);
	weir_json_object(json, "reasons");
	err = weir_step_print_reasons(json, reasons);
	weir_json_object_end(json);
	weir_json_object_end(json);
	weir_json_end(json);
	return err;
}

int weir_forward_show(const struct weir_globals *globals, const struct weir_forward_set *set,
		      const struct weir_forward_ports *ports, const struct weir_forward_port *only)
{
	struct show show = {.set = set, .ports = ports, .n_cpus = libbpf_num_possible_cpus()};
	struct weir_counters *reasons = NULL;
	int err = weir_counters_open(set->map_fds[WEIR_FORWARD_REASON_MAP], NULL, &reasons);

	show.cells = calloc((size_t)show.n_cpus, sizeof(*show.cells));
	if (!err && !show.cells)
		err = -ENOMEM;
	if (!err && globals->json) {
		err = print_json(globals, &show, only, reasons);
	} else if (!err) {
		print_ports(&show, only);
		err = weir_step_print_reasons(NULL, reasons);
	}
	weir_counters_close(reasons);
	free(show.cells);
	return err;
}
