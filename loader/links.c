// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a router has to know of interfaces. In: dumps of links and of their sysctls
 * (RTM_GETLINK, RTM_GETNETCONF), and the netdev family's answer (generic netlink). Out: how
 * they stand on each other, whether they forward, whether their drivers send XDP's frames.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "loader/error.h"
#include "loader/log.h"
#include "loader/net.h"
#include "loader/netlink_in.h"

/* linux/netdev.h, Linux 6.3. */
#define NETDEV_FAMILY	      "netdev"
#define NETDEV_DEV_GET	      1
#define NETDEV_A_IFINDEX      1
#define NETDEV_A_XDP_FEATURES 3
#define NETDEV_ACT_NDO_XMIT   4

static void read_vlan(const struct nlattr *data, struct weir_link_info *out)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data)
	{
		if (mnl_attr_get_payload_len(attr) != sizeof(uint16_t))
			continue;
		if (mnl_attr_get_type(attr) == IFLA_VLAN_ID)
			out->vlan_id = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == IFLA_VLAN_PROTOCOL)
			out->vlan_proto_be = mnl_attr_get_u16(attr);
	}
}

static void read_kind(const struct nlattr *info, struct weir_link_info *out)
{
	const struct nlattr *attr, *data = NULL;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			weir_nl_attr_str(attr, out->kind, sizeof(out->kind));
		else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA)
			data = attr;
	}
	if (data && !strcmp(out->kind, "vlan"))
		read_vlan(data, out);
}

int weir_nl_link_info_parse(const struct nlmsghdr *msg, struct weir_link_info *out)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr;
	bool elsewhere = false;

	*out = (struct weir_link_info){.peer_nsid = -1};
	if (msg->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return -EBADMSG;
	out->ifindex = head->ifi_index;
	out->is_ethernet = head->ifi_type == ARPHRD_ETHER;
	out->up = head->ifi_flags & IFF_UP;
	mnl_attr_for_each(attr, msg, sizeof(*head))
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			weir_nl_attr_str(attr, out->name, sizeof(out->name));
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(attr) == sizeof(out->mac))
				memcpy(out->mac, mnl_attr_get_payload(attr), sizeof(out->mac));
			break;
		case IFLA_LINK:
			out->below = (int)weir_nl_attr_u32(attr);
			break;
		case IFLA_LINK_NETNSID:
			elsewhere = true;
			out->peer_nsid = (int)weir_nl_attr_u32(attr);
			break;
		case IFLA_MASTER:
			out->above = (int)weir_nl_attr_u32(attr);
			break;
		case IFLA_LINKINFO:
			read_kind(attr, out);
			break;
		default:
			break;
		}
	}
	out->peer = strcmp(out->kind, "veth") ? 0 : out->below;
	if (elsewhere)
		out->below = 0;
	return 0;
}

struct forwards {
	int ifindex; /* NETCONFA_IFINDEX_ALL: of all */
	bool on;
};

static int parse_netconf(const struct nlmsghdr *msg, struct forwards *out)
{
	const struct nlattr *attr;

	*out = (struct forwards){0};
	if (msg->nlmsg_type != RTM_NEWNETCONF ||
	    mnl_nlmsg_get_payload_len(msg) < sizeof(struct netconfmsg))
		return -EBADMSG;
	mnl_attr_for_each(attr, msg, sizeof(struct netconfmsg))
	{
		if (mnl_attr_get_type(attr) == NETCONFA_IFINDEX)
			out->ifindex = (int)weir_nl_attr_u32(attr);
		else if (mnl_attr_get_type(attr) == NETCONFA_FORWARDING)
			out->on = weir_nl_attr_u32(attr);
	}
	return 0;
}

struct list {
	struct weir_link_info *links;
	size_t n;
};

static struct weir_link_info *find(const struct list *list, int ifindex)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->links[i].ifindex == ifindex)
			return &list->links[i];
	return NULL;
}

/* IPv6 is forwarded only when it is for all interfaces as well (ip6_forward()). */
static int read_forwarding(struct weir_net *net, unsigned char family, struct list *list)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = weir_nl_request(buf, sizeof(buf), RTM_GETNETCONF, NLM_F_DUMP,
					       sizeof(struct netconfmsg));
	struct netconfmsg *head = mnl_nlmsg_get_payload(ask);
	struct weir_nl_answer answer = {0};
	const struct nlmsghdr *msg;
	struct forwards forwards;
	struct weir_ack ack;
	bool all = true;
	int left, err;

	head->ncm_family = family;
	err = weir_nl_dump(net, ask, &answer, &ack);
	if (err)
		goto out;
	weir_nl_for_each(msg, left, &answer)
	{
		struct weir_link_info *link;

		if (parse_netconf(msg, &forwards))
			continue;
		if (forwards.ifindex == NETCONFA_IFINDEX_ALL && family == AF_INET6)
			all = forwards.on;
		link = find(list, forwards.ifindex);
		if (link && family == AF_INET6)
			link->forwards_ipv6 = forwards.on;
		else if (link)
			link->forwards_ipv4 = forwards.on;
	}
	for (size_t i = 0; i < list->n && !all; i++)
		list->links[i].forwards_ipv6 = false;
out:
	weir_nl_answer_free(&answer);
	return err;
}

static int read_links(struct weir_net *net, struct list *list)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = weir_nl_request(buf, sizeof(buf), RTM_GETLINK, NLM_F_DUMP,
					       sizeof(struct ifinfomsg));
	struct weir_nl_answer answer = {0};
	const struct nlmsghdr *msg;
	size_t room = 0;
	struct weir_ack ack;
	int left, err = weir_nl_dump(net, ask, &answer, &ack);

	weir_nl_for_each(msg, left, &answer) room++;
	if (!err) {
		list->links = calloc(room + 1, sizeof(*list->links));
		err = list->links ? 0 : -ENOMEM;
	}
	if (!err)
		weir_nl_for_each(msg, left,
				 &answer) if (!weir_nl_link_info_parse(msg, &list->links[list->n]))
			list->n++;
	weir_nl_answer_free(&answer);
	return err;
}

int weir_link_infos(struct weir_net *net, struct weir_link_info **out, size_t *n)
{
	struct list list = {0};
	int err = read_links(net, &list);

	err = err ?: read_forwarding(net, AF_INET, &list);
	/* a kernel without IPv6 has no such dump */
	if (!err && read_forwarding(net, AF_INET6, &list) == -ENOMEM)
		err = -ENOMEM;
	if (err) {
		free(list.links);
		return weir_fail(err, "interfaces: they cannot be listed: %s", weir_errstr(err));
	}
	*out = list.links;
	*n = list.n;
	return 0;
}

int weir_link_peer_has_xdp(struct weir_net *net, const struct weir_link_info *veth)
{
	struct weir_link peer;

	return !weir_nl_link_in(net, veth->peer, veth->peer_nsid, &peer) &&
	       (peer.xdp_attached == XDP_ATTACHED_DRV || peer.xdp_attached == XDP_ATTACHED_MULTI);
}

/* ---- the netdev family ---------------------------------------------------- */

static struct mnl_socket *open_generic(struct weir_net *net)
{
	struct mnl_socket *sock;

	if (weir_net_enter(net))
		return NULL;
	sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	weir_net_leave(net);
	return sock;
}

/* One answer to @msg in @buf; its length, or -errno. */
static ssize_t ask_generic(struct mnl_socket *sock, struct nlmsghdr *msg, void *buf, size_t len)
{
	ssize_t got;

	msg->nlmsg_seq = 1;
	if (mnl_socket_sendto(sock, msg, msg->nlmsg_len) < 0)
		return -errno;
	got = mnl_socket_recvfrom(sock, buf, len);
	if (got < 0)
		return -errno;
	msg = buf;
	if (!mnl_nlmsg_ok(msg, (int)got) || msg->nlmsg_type == NLMSG_ERROR ||
	    mnl_nlmsg_get_payload_len(msg) < sizeof(struct genlmsghdr))
		return -EOPNOTSUPP;
	return got;
}

static struct nlmsghdr *begin_generic(void *buf, size_t len, uint16_t type, uint8_t command)
{
	struct nlmsghdr *msg = weir_nl_request(buf, len, type, 0, sizeof(struct genlmsghdr));
	struct genlmsghdr *head = mnl_nlmsg_get_payload(msg);

	head->cmd = command;
	head->version = 1;
	return msg;
}

static const struct nlattr *find_attr(const struct nlmsghdr *msg, uint16_t type, size_t len)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, msg, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == type && mnl_attr_get_payload_len(attr) >= len)
			return attr;
	}
	return NULL;
}

int weir_link_sends_xdp(struct weir_net *net, int ifindex)
{
	static uint8_t buf[WEIR_NL_BUF_BYTES] __attribute__((aligned(8)));
	struct mnl_socket *sock = open_generic(net);
	struct nlmsghdr *msg = (struct nlmsghdr *)buf;
	const struct nlattr *attr = NULL;
	int ret = -EOPNOTSUPP;
	uint64_t features = 0;

	if (!sock)
		return ret;
	msg = begin_generic(buf, 256, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(msg, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	if (ask_generic(sock, msg, buf, sizeof(buf)) > 0)
		attr = find_attr((const void *)buf, CTRL_ATTR_FAMILY_ID, sizeof(uint16_t));
	if (attr) {
		msg = begin_generic(buf, 256, mnl_attr_get_u16(attr), NETDEV_DEV_GET);
		mnl_attr_put_u32(msg, NETDEV_A_IFINDEX, (uint32_t)ifindex);
		attr = NULL;
		if (ask_generic(sock, msg, buf, sizeof(buf)) > 0)
			attr = find_attr((const void *)buf, NETDEV_A_XDP_FEATURES,
					 sizeof(features));
	}
	if (attr) {
		memcpy(&features, mnl_attr_get_payload(attr), sizeof(features));
		ret = features & NETDEV_ACT_NDO_XMIT ? 1 : 0;
	}
	mnl_socket_close(sock);
	return ret;
}

int weir_link_strips_tags(struct weir_net *net, const char *dev)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};

	return !weir_net_ethtool(net, dev, &flags) && flags.data & ETH_FLAG_RXVLAN ? 1 : 0;
}
