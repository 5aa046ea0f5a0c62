// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What stock tools cannot do, for selftests/test_attach.sh and selftests/vm:
 *
 *   tool_attach xdp-link DEV PROG-PIN LINK-PIN   XDP by a BPF link, pinned
 *   tool_attach hw-link DEV PROG-PIN LINK-PIN    the same on the network card
 *   tool_attach tcx-prog DEV PROG-PIN            tcx ingress without a link
 *   tool_attach update LINK-PIN PROG-PIN         another program for a link
 *   tool_attach unknown-option                   an option of a newer library
 *   tool_attach peer-has-xdp DEV                 what weir knows where the kernel does not tell
 *                                                whether a veth sends frames of XDP: 0 or 1
 *   tool_attach ids                              of all programs, maps and links, also of
 *                                                those whose device is gone
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/uapi.h"
#include "loader/weir.h"

static int open_prog(const char *pin)
{
	int fd = bpf_obj_get(pin);

	if (fd < 0)
		fprintf(stderr, "%s: %s\n", pin, strerror(-fd));
	return fd;
}

static int xdp_link(const char *dev, const char *prog, const char *pin, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	int fd = bpf_link_create(open_prog(prog), (int)if_nametoindex(dev), BPF_XDP, &opts);

	return fd < 0 ? fd : bpf_obj_pin(fd, pin);
}

static int tcx_prog(const char *dev, const char *prog)
{
	return bpf_prog_attach(open_prog(prog), (int)if_nametoindex(dev),
			       (enum bpf_attach_type)WEIR_BPF_TCX_INGRESS, 0);
}

/* The tail of a longer struct: zero is fine, anything else is refused. */
static int unknown_option(void)
{
	struct {
		struct weir_detach_opts opts;
		uint64_t tail;
	} longer = {.opts = {.sz = sizeof(longer), .dev = "lo"}};
	struct weir_net *net;
	int err = weir_net_open(NULL, &net);

	if (err)
		return err;
	err = weir_detach(net, &longer.opts);
	longer.tail = 1;
	if (err >= 0 && weir_detach(net, &longer.opts) != -E2BIG)
		err = -EINVAL;
	weir_net_close(net);
	return err;
}

static int peer_has_xdp(const char *dev)
{
	struct weir_link_info *links = NULL;
	struct weir_net *net;
	size_t n = 0;
	int err = weir_net_open(NULL, &net);

	if (err)
		return err;
	err = weir_link_infos(net, &links, &n);
	for (size_t i = 0; !err && i < n; i++)
		if (!strcmp(links[i].name, dev))
			printf("%d\n", weir_link_peer_has_xdp(net, &links[i]));
	free(links);
	weir_net_close(net);
	return err;
}

static void print_ids(const char *what, int (*next)(uint32_t id, uint32_t *out))
{
	uint32_t id = 0;

	printf("%s", what);
	while (!next(id, &id))
		printf(" %u", id);
	putchar('\n');
}

int main(int argc, char **argv)
{
	int err = -EINVAL;

	if (argc == 5 && !strcmp(argv[1], "xdp-link"))
		err = xdp_link(argv[2], argv[3], argv[4], 0);
	else if (argc == 5 && !strcmp(argv[1], "hw-link"))
		err = xdp_link(argv[2], argv[3], argv[4], XDP_FLAGS_HW_MODE);
	else if (argc == 4 && !strcmp(argv[1], "tcx-prog"))
		err = tcx_prog(argv[2], argv[3]);
	else if (argc == 4 && !strcmp(argv[1], "update"))
		err = bpf_link_update(bpf_obj_get(argv[2]), open_prog(argv[3]), NULL);
	else if (argc == 2 && !strcmp(argv[1], "unknown-option"))
		err = unknown_option();
	else if (argc == 3 && !strcmp(argv[1], "peer-has-xdp"))
		err = peer_has_xdp(argv[2]);
	else if (argc == 2 && !strcmp(argv[1], "ids")) {
		print_ids("programs", bpf_prog_get_next_id);
		print_ids("maps", bpf_map_get_next_id);
		print_ids("links", bpf_link_get_next_id);
		err = 0;
	}
	if (err < 0)
		fprintf(stderr, "tool_attach: %s\n", strerror(-err));
	return err < 0;
}
