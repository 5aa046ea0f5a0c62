/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* weir show: one attachment as text or as JSON, with what belongs to it. */
#ifndef WEIR_CLI_SHOW_H
#define WEIR_CLI_SHOW_H

#include <stdint.h>

#include "cli/out.h"
#include "cli/stages.h"
#include "loader/weir.h"
#include "maps/weir_map.h"

/* What all attachments of a walk share. */
struct weir_show {
	struct weir_net *net;
	struct weir_pins *pins;
	bool is_json;
	struct weir_json json;
	struct weir_stages stages; /* of the attachment at hand, if it has a program */
	uint64_t now_boot_ns;	   /* CLOCK_BOOTTIME, as weir_prog.load_time_ns */
	uint64_t now_real_ns;	   /* CLOCK_REALTIME at the same moment */
	int last_ifindex;	   /* text: whose heading stands above */
	size_t shown;
};

void weir_show_text(struct weir_show *show, const struct weir_attachment *at);
void weir_show_json(struct weir_show *show, const struct weir_attachment *at);

/* Of a program or map made for a device: " device eth1", or a member "device"; else nothing.
 * Another namespace's is told by number. */
void weir_device_text(struct weir_net *net, uint32_t ifindex, uint64_t netns_ino);
void weir_device_json(struct weir_json *json, struct weir_net *net, uint32_t ifindex,
		      uint64_t netns_ino);

/* What stands for the filter's way: "bpf", "u32", ..., "tcx"; NULL for XDP. */
const char *weir_show_kind(const struct weir_attachment *at);

#endif
