// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Counters of interfaces. In: a dump, RTM_GETLINK, or RTM_GETSTATS, a tenth of the bytes, for who
 * knows the interfaces. Out: what each has sent and received.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "loader/error.h"
#include "loader/log.h"
#include "loader/netlink_in.h"

#define IF_LOWER_UP_BIT 0x10000u /* IFF_LOWER_UP, linux/if.h, which net/if.h does not have */

/* Kernels give more or fewer members than ours knows. */
static void read_counters(const struct nlattr *attr, struct weir_link_stats *out)
{
	struct rtnl_link_stats64 stats = {0};
	size_t len = mnl_attr_get_payload_len(attr);

	memcpy(&stats, mnl_attr_get_payload(attr), len < sizeof(stats) ? len : sizeof(stats));
	out->rx_packets = stats.rx_packets;
	out->rx_bytes = stats.rx_bytes;
	out->rx_errors = stats.rx_errors;
	out->rx_dropped = stats.rx_dropped + stats.rx_missed_errors;
	out->tx_packets = stats.tx_packets;
	out->tx_bytes = stats.tx_bytes;
	out->tx_errors = stats.tx_errors;
	out->tx_dropped = stats.tx_dropped;
}

int weir_nl_link_stats_parse(const struct nlmsghdr *msg, struct weir_link_stats *out)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr;

	*out = (struct weir_link_stats){0};
	if (msg->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return -EBADMSG;
	out->ifindex = head->ifi_index;
	out->up = head->ifi_flags & IFF_UP && head->ifi_flags & IF_LOWER_UP_BIT;
	mnl_attr_for_each(attr, msg, sizeof(*head))
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			weir_nl_attr_str(attr, out->dev, sizeof(out->dev));
			break;
		case IFLA_NUM_RX_QUEUES:
			out->n_rx_queues = weir_nl_attr_u32(attr);
			break;
		case IFLA_NUM_TX_QUEUES:
			out->n_tx_queues = weir_nl_attr_u32(attr);
			break;
		case IFLA_STATS64:
			read_counters(attr, out);
			break;
		default:
			break;
		}
	}
	return 0;
}

int weir_nl_link_counters_parse(const struct nlmsghdr *msg, struct weir_link_stats *out)
{
	const struct if_stats_msg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr;

	*out = (struct weir_link_stats){0};
	if (msg->nlmsg_type != RTM_NEWSTATS || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return -EBADMSG;
	out->ifindex = (int)head->ifindex;
	mnl_attr_for_each(attr, msg, sizeof(*head))
	{
		if (mnl_attr_get_type(attr) == IFLA_STATS_LINK_64)
			read_counters(attr, out);
	}
	return 0;
}

static int tell_all(struct weir_net *net, struct nlmsghdr *ask,
		    int (*parse)(const struct nlmsghdr *, struct weir_link_stats *),
		    weir_link_stats_fn fn, void *ctx)
{
	struct weir_nl_answer answer = {0};
	struct weir_link_stats stats;
	const struct nlmsghdr *msg;
	struct weir_ack ack;
	int left, err = weir_nl_dump(net, ask, &answer, &ack);

	if (err)
		err = weir_fail(err, "interfaces: their counters cannot be read: %s",
				weir_errstr(err));
	else
		weir_nl_for_each(msg, left, &answer)
		{
			if (parse(msg, &stats))
				continue;
			err = fn(&stats, ctx);
			if (err)
				break;
		}
	weir_nl_answer_free(&answer);
	return err;
}

int weir_link_stats(struct weir_net *net, weir_link_stats_fn fn, void *ctx)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = weir_nl_request(buf, sizeof(buf), RTM_GETLINK, NLM_F_DUMP,
					       sizeof(struct ifinfomsg));

	return tell_all(net, ask, weir_nl_link_stats_parse, fn, ctx);
}

int weir_link_counters(struct weir_net *net, weir_link_stats_fn fn, void *ctx)
{
	uint8_t buf[64] __attribute__((aligned(4)));
	struct nlmsghdr *ask = weir_nl_request(buf, sizeof(buf), RTM_GETSTATS, NLM_F_DUMP,
					       sizeof(struct if_stats_msg));
	struct if_stats_msg *head = mnl_nlmsg_get_payload(ask);

	head->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	return tell_all(net, ask, weir_nl_link_counters_parse, fn, ctx);
}
