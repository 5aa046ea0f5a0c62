/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of forwarding printed. */
#ifndef WEIR_CLI_FORWARD_SHOW_H
#define WEIR_CLI_FORWARD_SHOW_H

#include "cli/command.h"
#include "cli/forward/ports.h"

/* @only: that interface and the VLANs on it; NULL: all. Logged. */
int weir_forward_show(const struct weir_globals *globals, const struct weir_forward_set *set,
		      const struct weir_forward_ports *ports, const struct weir_forward_port *only);

#endif
