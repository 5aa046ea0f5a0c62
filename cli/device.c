// SPDX-License-Identifier: LGPL-2.1-or-later
/* The device that a program or a map was made for, as text and JSON: by its interface. */
#include <inttypes.h>

#include "cli/show.h"

static bool name_of(struct weir_net *net, uint32_t ifindex, uint64_t netns_ino, char *name)
{
	return weir_net_inode(net) == netns_ino && !weir_net_ifname(net, (int)ifindex, name);
}

void weir_device_text(struct weir_net *net, uint32_t ifindex, uint64_t netns_ino)
{
	char name[IFNAMSIZ];

	if (!ifindex)
		return;
	printf(" device ");
	if (name_of(net, ifindex, netns_ino, name))
		weir_text_print(stdout, name);
	else
		printf("if%u of namespace %" PRIu64, ifindex, netns_ino);
}

void weir_device_json(struct weir_json *json, struct weir_net *net, uint32_t ifindex,
		      uint64_t netns_ino)
{
	char name[IFNAMSIZ];

	if (!ifindex)
		return;
	weir_json_object(json, "device");
	weir_json_string(json, "dev", name_of(net, ifindex, netns_ino, name) ? name : NULL);
	weir_json_u64(json, "ifindex", ifindex);
	weir_json_u64(json, "netns_ino", netns_ino);
	weir_json_object_end(json);
}
