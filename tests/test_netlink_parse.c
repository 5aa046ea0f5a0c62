// SPDX-License-Identifier: LGPL-2.1-or-later
/* Messages of the kernel read: whole, damaged, and made by chance. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/netlink.h"

static void test_parse(void **state)
{
	struct weir_link link;
	struct weir_tc_filter filter;
	struct weir_tc_qdisc qdisc;
	struct nlmsghdr *msg;

	(void)state;
	assert_int_equal(weir_nl_link_parse(link_msg(4, "veth0", 0), &link), 0);
	assert_int_equal(link.ifindex, 4);
	assert_string_equal(link.name, "veth0");
	assert_int_equal(link.xdp_attached, XDP_ATTACHED_MULTI);
	assert_int_equal(link.xdp_native_id, 11);
	assert_int_equal(link.xdp_generic_id, 12);
	assert_int_equal(link.xdp_offload_id, 13);
	assert_int_equal(weir_nl_qdisc_parse(link_msg(4, "veth0", 0), &qdisc), -EBADMSG);

	assert_int_equal(weir_nl_filter_parse(filter_msg(0x10, "a.o:[tc]"), &filter, NULL), 0);
	assert_int_equal(filter.ifindex, 5);
	assert_int_equal(filter.parent, WEIR_TC_PARENT_EGRESS);
	assert_int_equal(filter.pref, 49152);
	assert_int_equal(filter.handle, 0x10);
	assert_int_equal(filter.chain, 7);
	assert_int_equal(filter.protocol_be, htons(0x0003));
	assert_string_equal(filter.kind, "bpf");
	assert_string_equal(filter.name, "a.o:[tc]");
	assert_int_equal(filter.prog_id, 99);
	assert_int_equal(filter.tag[7], 8);
	assert_true(filter.direct_action);
	assert_int_equal(filter.flags_gen, TCA_CLS_FLAGS_NOT_IN_HW);

	msg = begin(RTM_NEWQDISC, 0, sizeof(struct tcmsg));
	mnl_attr_put_strz(msg, TCA_KIND, "fq_codel");
	assert_int_equal(weir_nl_qdisc_parse(msg, &qdisc), 0);
	assert_string_equal(qdisc.kind, "fq_codel");
	msg = begin(RTM_NEWQDISC, 0, sizeof(struct tcmsg));
	mnl_attr_put_strz(msg, TCA_KIND, "clsact");
	mnl_attr_put_u32(msg, TCA_EGRESS_BLOCK, 22);
	assert_int_equal(weir_nl_qdisc_parse(msg, &qdisc), 0);
	assert_int_equal(qdisc.ingress_block, 0);
	assert_int_equal(qdisc.egress_block, 22);
}

/* Kernels have more or fewer counters than ours knows. */
static void test_link_stats(void **state)
{
	struct rtnl_link_stats64 counters = {.rx_packets = 1,
					     .tx_packets = 2,
					     .rx_bytes = 3,
					     .rx_dropped = 4,
					     .rx_missed_errors = 5};
	uint8_t more[sizeof(counters) + 64] = {0};
	struct weir_link_stats stats;
	struct nlmsghdr *msg;

	(void)state;
	memcpy(more, &counters, sizeof(counters));
	for (size_t len = 0; len <= sizeof(more); len += 8) {
		msg = begin(RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
		mnl_attr_put_strz(msg, IFLA_IFNAME, "eth0");
		mnl_attr_put_u32(msg, IFLA_NUM_RX_QUEUES, 7);
		mnl_attr_put(msg, IFLA_STATS64, len, more);
		assert_int_equal(weir_nl_link_stats_parse(msg, &stats), 0);
		assert_string_equal(stats.dev, "eth0");
		assert_int_equal(stats.n_rx_queues, 7);
		assert_int_equal(stats.rx_packets, len >= 8 ? 1 : 0);
		assert_int_equal(stats.tx_packets, len >= 16 ? 2 : 0);
		assert_true(stats.rx_dropped == (len >= sizeof(counters) ? 9 : stats.rx_dropped));
	}
	assert_int_equal(weir_nl_link_stats_parse(filter_msg(1, "x"), &stats), -EBADMSG);
}

/* Those alone, of an interface by its index. */
static void test_link_counters(void **state)
{
	struct rtnl_link_stats64 counters = {.rx_packets = 1, .tx_bytes = 1ull << 40};
	struct weir_link_stats stats;
	struct if_stats_msg *head;
	struct nlmsghdr *msg = begin(RTM_NEWSTATS, 0, sizeof(*head));

	(void)state;
	head = mnl_nlmsg_get_payload(msg);
	head->ifindex = 12;
	mnl_attr_put(msg, IFLA_STATS_LINK_64, sizeof(counters), &counters);
	assert_int_equal(weir_nl_link_counters_parse(msg, &stats), 0);
	assert_int_equal(stats.ifindex, 12);
	assert_int_equal(stats.rx_packets, 1);
	assert_true(stats.tx_bytes == 1ull << 40);
	assert_int_equal(weir_nl_link_counters_parse(filter_msg(1, "x"), &stats), -EBADMSG);
	msg->nlmsg_len = MNL_NLMSG_HDRLEN + sizeof(*head) - 1;
	assert_int_equal(weir_nl_link_counters_parse(msg, &stats), -EBADMSG);
}

/* A VLAN, with what it stands on; that of another namespace counts as none. */
static void test_link_info(void **state)
{
	struct nlmsghdr *msg = begin(RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);
	struct weir_link_info link;
	struct nlattr *info, *data;

	(void)state;
	head->ifi_index = 12;
	head->ifi_type = 1; /* ARPHRD_ETHER */
	mnl_attr_put_strz(msg, IFLA_IFNAME, "eth1.5");
	mnl_attr_put(msg, IFLA_ADDRESS, 6, "\2\0\0\0\0\7");
	mnl_attr_put_u32(msg, IFLA_LINK, 3);
	mnl_attr_put_u32(msg, IFLA_MASTER, 4);
	info = mnl_attr_nest_start(msg, IFLA_LINKINFO);
	mnl_attr_put_strz(msg, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(msg, IFLA_INFO_DATA);
	mnl_attr_put_u16(msg, IFLA_VLAN_ID, 5);
	mnl_attr_put_u16(msg, IFLA_VLAN_PROTOCOL, htons(0x88a8));
	mnl_attr_nest_end(msg, data);
	mnl_attr_nest_end(msg, info);
	assert_int_equal(weir_nl_link_info_parse(msg, &link), 0);
	assert_int_equal(link.ifindex, 12);
	assert_string_equal(link.name, "eth1.5");
	assert_string_equal(link.kind, "vlan");
	assert_true(link.is_ethernet && !link.up);
	assert_memory_equal(link.mac, "\2\0\0\0\0\7", 6);
	assert_int_equal(link.below, 3);
	assert_int_equal(link.peer, 0);
	assert_int_equal(link.above, 4);
	assert_int_equal(link.vlan_id, 5);
	assert_int_equal(link.vlan_proto_be, htons(0x88a8));
	mnl_attr_put_u32(msg, IFLA_LINK_NETNSID, 1);
	assert_int_equal(weir_nl_link_info_parse(msg, &link), 0);
	assert_int_equal(link.below, 0);
	assert_int_equal(weir_nl_link_info_parse(filter_msg(1, "x"), &link), -EBADMSG);
}

/* The other end of a veth, here or in another namespace. */
static void test_link_info_veth(void **state)
{
	struct nlmsghdr *msg = begin(RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct weir_link_info link;
	struct nlattr *info;

	(void)state;
	mnl_attr_put_u32(msg, IFLA_LINK, 3);
	info = mnl_attr_nest_start(msg, IFLA_LINKINFO);
	mnl_attr_put_strz(msg, IFLA_INFO_KIND, "veth");
	mnl_attr_nest_end(msg, info);
	assert_int_equal(weir_nl_link_info_parse(msg, &link), 0);
	assert_int_equal(link.peer, 3);
	assert_int_equal(link.peer_nsid, -1);
	mnl_attr_put_u32(msg, IFLA_LINK_NETNSID, 2);
	assert_int_equal(weir_nl_link_info_parse(msg, &link), 0);
	assert_int_equal(link.peer, 3);
	assert_int_equal(link.peer_nsid, 2);
	assert_int_equal(link.below, 0);
}

/* Attributes of wrong size count as absent; names are cut and terminated. */
static void test_parse_damaged(void **state)
{
	struct nlmsghdr *msg = begin(RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct weir_tc_filter filter;
	struct weir_link link;
	struct nlattr *nest;
	char name[400];

	(void)state;
	mnl_attr_put(msg, IFLA_IFNAME, 24, "abcdefghijklmnopqrstuvwx");
	nest = mnl_attr_nest_start(msg, IFLA_XDP);
	mnl_attr_put(msg, IFLA_XDP_ATTACHED, 0, "");
	mnl_attr_put_u8(msg, IFLA_XDP_DRV_PROG_ID, 1);
	mnl_attr_put_u64(msg, IFLA_XDP_SKB_PROG_ID, 1);
	mnl_attr_nest_end(msg, nest);
	assert_int_equal(weir_nl_link_parse(msg, &link), 0);
	assert_string_equal(link.name, "abcdefghijklmno");
	assert_int_equal(link.xdp_attached, 0);
	assert_int_equal(link.xdp_native_id | link.xdp_generic_id, 0);

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(weir_nl_filter_parse(filter_msg(1, name), &filter, NULL), 0);
	assert_int_equal(strlen(filter.name), 255);
	msg = begin(RTM_NEWTFILTER, 0, 8);
	assert_int_equal(weir_nl_filter_parse(msg, &filter, NULL), -EBADMSG);
}

/* Any bytes at all: each copy has its exact size, so that the sanitizer sees
 * a read behind the end. */
static void test_parse_random(void **state)
{
	struct nlmsghdr *(*const seeds[])(uint32_t, const char *) = {filter_msg};
	struct weir_tc_filter filter;
	struct weir_tc_qdisc qdisc;
	struct weir_tc_action actions[WEIR_TC_ACTIONS_MAX];
	struct weir_link_stats stats;
	struct weir_link_info info;
	struct weir_link link;
	struct weir_ack ack;

	(void)state;
	srandom(7);
	for (int i = 0; i < 60000; i++) {
		struct nlmsghdr *msg, *copy;
		size_t len;

		if (i % 3 == 0)
			msg = seeds[0](1, "name");
		else if (i % 3 == 1)
			msg = link_msg(4, "veth0", 0);
		else
			msg = error_msg(-EINVAL, NLM_F_ACK_TLVS | (i & 4 ? NLM_F_CAPPED : 0), 8,
					"text");
		len = MNL_NLMSG_HDRLEN + (size_t)random() % (msg->nlmsg_len - MNL_NLMSG_HDRLEN + 1);
		copy = malloc(MNL_ALIGN(len)); /* as answers are stored */
		assert_non_null(copy);
		memcpy(copy, msg, len);
		for (int j = random() % 6; j > 0; j--)
			((uint8_t *)copy)[(size_t)random() % len] = (uint8_t)random();
		copy->nlmsg_len = (uint32_t)len;
		for (uint16_t type = RTM_NEWLINK; type <= RTM_NEWTFILTER; type += 4) {
			copy->nlmsg_type = type;
			weir_nl_link_parse(copy, &link);
			weir_nl_link_stats_parse(copy, &stats);
			weir_nl_link_info_parse(copy, &info);
			weir_nl_qdisc_parse(copy, &qdisc);
			weir_nl_filter_parse(copy, &filter, actions);
		}
		copy->nlmsg_type = RTM_NEWSTATS;
		weir_nl_link_counters_parse(copy, &stats);
		copy->nlmsg_type = i & 1 ? NLMSG_ERROR : NLMSG_DONE;
		weir_nl_ack_parse(copy, &ack);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	       cmocka_unit_test(test_link_stats),
		cmocka_unit_test(test_link_counters),  cmocka_unit_test(test_link_info),
		cmocka_unit_test(test_link_info_veth), cmocka_unit_test(test_parse_damaged),
		cmocka_unit_test(test_parse_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
