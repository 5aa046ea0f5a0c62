// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which counters of drivers are those of a queue: loader/queue_name.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "loader/queue_stats.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool tx;
		uint32_t queue;
		enum weir_queue_field field;
	} cases[] = {
		{"rx_queue_0_packets", false, 0, WEIR_QUEUE_PACKETS}, /* ixgbe, igb, ifb, virtio */
		{"tx_queue_12_bytes", true, 12, WEIR_QUEUE_BYTES},
		{"rx_queue_3_xdp_packets", false, 3, WEIR_QUEUE_XDP_PACKETS}, /* veth */
		{"rx_queue_3_xdp_bytes", false, 3, WEIR_QUEUE_XDP_BYTES},
		{"rx7_packets", false, 7, WEIR_QUEUE_PACKETS}, /* mlx5 */
		{"tx0_bytes", true, 0, WEIR_QUEUE_BYTES},
		{"rx-1.packets", false, 1, WEIR_QUEUE_PACKETS},	     /* i40e */
		{"tx-1.tx_packets", true, 1, WEIR_QUEUE_PACKETS},    /* sfc */
		{"queue_5_tx_cnt", true, 5, WEIR_QUEUE_PACKETS},     /* ena */
		{"rxq2: bytes", false, 2, WEIR_QUEUE_BYTES},	     /* octeontx2 */
		{"Rx ring  1 frames", false, 1, WEIR_QUEUE_PACKETS}, /* enetc */
	};
	static const char *const others[] = {
		"",
		"rx_packets",
		"tx_bytes",
		"peer_ifindex",
		"rx_queue_0_drops",
		"rx_queue_0_xdp_tx",
		"rx_queue_0_xdp_redirect",
		"rx_prio0_packets",
		"rx_64_127_bytes",
		"rx_65_to_127_byte_packets",
		"tx_queue_0_xdp_xmit",
		"rx0_xdp_tx_xmit",
		"rx_queue_0",
		"0_packets",
		"rx_tx_0_packets",
		"rx_queue_0_1_packets",
		"rx_queue_12345_packets",
		"rx_queue_0_packets_bytes",
		"[0]: rx_ucast_packets",
	};
	struct weir_queue_counter counter;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(weir_queue_counter_parse(cases[i].name, &counter));
		assert_int_equal(counter.tx, cases[i].tx);
		assert_int_equal(counter.queue, cases[i].queue);
		assert_int_equal(counter.field, cases[i].field);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (weir_queue_counter_parse(others[i], &counter))
			fail_msg("'%s' is taken", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
