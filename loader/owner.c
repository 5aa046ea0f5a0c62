// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the naming of others: who put a program where weir wants to be.
 *
 * In: a program as the kernel knows it. Out: text with its id, age, loader and
 * pins, and the name of the project when its program name or pins tell it
 * (libxdp, bpfman, Cilium, l3af and bpfilter use fixed ones). Text only:
 * nothing decides by these names.
 */
#include "loader/owner.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loader/log.h"
#include "loader/sys.h"
#include "maps/weir_map.h"

static void age_text(uint64_t load_time_ns, char *buf, size_t len)
{
	struct timespec now = {0};
	uint64_t age_s;

	clock_gettime(CLOCK_BOOTTIME, &now);
	age_s = (uint64_t)now.tv_sec - load_time_ns / 1000000000u;
	if ((uint64_t)now.tv_sec < load_time_ns / 1000000000u)
		age_s = 0;
	if (age_s < 60)
		snprintf(buf, len, "%us", (unsigned int)age_s);
	else if (age_s < 3600)
		snprintf(buf, len, "%um%us", (unsigned int)(age_s / 60),
			 (unsigned int)(age_s % 60));
	else if (age_s < 86400)
		snprintf(buf, len, "%uh%um", (unsigned int)(age_s / 3600),
			 (unsigned int)(age_s / 60 % 60));
	else
		snprintf(buf, len, "%ud%uh", (unsigned int)(age_s / 86400),
			 (unsigned int)(age_s / 3600 % 24));
}

/* Pins tell more than names: bpfman's dispatcher has libxdp's name. */
static const char *project_by_pin(const char *path)
{
	static const struct {
		const char *part, *project;
	} known[] = {
		{"/bpfman/", "bpfman"},
		{"/cilium/", "Cilium"},
		{"/bpfilter/", "bpfilter"},
		{"/dispatch-", "libxdp"},
	};

	for (size_t i = 0; path && i < sizeof(known) / sizeof(*known); i++)
		if (strstr(path, known[i].part))
			return known[i].project;
	return NULL;
}

static const char *project_by_map(const struct weir_prog *prog)
{
	struct weir_map map;

	for (uint32_t i = 0; i < prog->n_map_ids; i++) {
		if (weir_map_by_id(prog->map_ids[i], &map))
			continue;
		/* Kernel names end after 15 characters. */
		if (!strcmp(map.name, "xdp_root_array") ||
		    !strncmp(map.name, "tc_ingress_root", 15) ||
		    !strncmp(map.name, "tc_egress_root_", 15))
			return "l3af";
	}
	return NULL;
}

static const char *project_of(const struct weir_prog *prog, const struct weir_pins *pins,
			      const char *pin)
{
	const char *project = project_by_pin(pin);

	for (uint32_t i = 0; pins && !project && i < prog->n_map_ids; i++)
		project =
			project_by_pin(weir_pins_path(pins, WEIR_PIN_OF_MAP, prog->map_ids[i], 0));
	if (!project && !strncmp(prog->name, "cil_", 4))
		project = "Cilium";
	if (!project && !strcmp(prog->name, "xdp_dispatcher"))
		project = "libxdp";
	return project ? project : project_by_map(prog);
}

void weir_owner_text(const struct weir_prog *prog, char *buf, size_t len)
{
	struct weir_pins *pins = NULL;
	const char *pin = NULL, *project;
	char age[32];

	if (!weir_pins_read(&pins))
		pin = weir_pins_path(pins, WEIR_PIN_OF_PROG, prog->id, 0);
	project = project_of(prog, pins, pin);
	age_text(prog->load_time_ns, age, sizeof(age));
	snprintf(buf, len, "program %s%s%s (id %u, loaded %s ago by uid %u%s%s)",
		 *prog->name ? prog->name : "without a name", project ? " of " : "",
		 project ? project : "", prog->id, age, prog->uid, pin ? ", pinned at " : "",
		 pin ? pin : "");
	weir_pins_free(pins);
}

int weir_owner_refuse(int err, const char *dev, const char *place, const char *kind,
		      const struct weir_prog *prog, const char *remedy)
{
	char text[640];

	if (prog->load_time_ns)
		weir_owner_text(prog, text, sizeof(text));
	else if (prog->id)
		snprintf(text, sizeof(text), "program id %u (not open to this user)", prog->id);
	else
		snprintf(text, sizeof(text), "a %s filter", kind);
	return weir_fail(err, "%s: %s holds %s, not weir's; %s", dev, place, text, remedy);
}

struct link_search {
	uint32_t ifindex, prog_id, link_id;
};

static int match_xdp_link(int fd, const struct weir_uapi_link_info *info, void *ctx)
{
	struct link_search *search = ctx;

	(void)fd;
	if (info->type != BPF_LINK_TYPE_XDP || info->ifindex != search->ifindex ||
	    info->prog_id != search->prog_id)
		return 0;
	search->link_id = info->id;
	return 1;
}

int weir_owner_refuse_link(int err, const char *dev, const char *place, int ifindex,
			   const struct weir_prog *prog)
{
	struct link_search search = {.ifindex = (uint32_t)ifindex, .prog_id = prog->id};
	struct weir_pins *pins = NULL;
	const char *pin = NULL;
	char text[640], link[32] = "";

	weir_sys_links(match_xdp_link, &search);
	if (search.link_id) {
		snprintf(link, sizeof(link), " id %u", search.link_id);
		if (!weir_pins_read(&pins))
			pin = weir_pins_path(pins, WEIR_PIN_OF_LINK, search.link_id, 0);
	}
	weir_owner_text(prog, text, sizeof(text));
	weir_fail(err, "%s: %s is held by BPF link%s%s%s with %s; only its owner can let go: %s",
		  dev, place, link, pin ? " pinned at " : "", pin ? pin : "", text,
		  pin ? "remove that pin" : "end the process that has it (`bpftool link`)");
	weir_pins_free(pins);
	return err;
}
