// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packets in words, what differs between two of them, expectations, captures: cli/packets/. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/packets/changes.h"
#include "cli/packets/describe.h"
#include "cli/packets/expect.h"
#include "cli/packets/header.h"
#include "cli/packets/pcapng.h"
#include "cli/packets/source.h"
#include "cli/say.h"

/* ---- words --------------------------------------------------------------- */

struct packet {
	uint8_t bytes[WEIR_DESCRIBE_MAX];
	size_t len, n;
};

static int keep(const uint8_t *bytes, size_t len, void *ctx)
{
	struct packet *packet = ctx;

	memcpy(packet->bytes, bytes, len);
	packet->len = len;
	packet->n++;
	return 0;
}

static struct packet build(const char *line)
{
	static struct packet packet;
	char why[256] = "";

	packet = (struct packet){.n = 0};
	if (weir_describe(line, keep, &packet, why, sizeof(why)))
		fail_msg("%s: %s", line, why);
	return packet;
}

#define MACS	  "02000000beef02000000cafe"
#define IPV6_ENDS "20010db800000000000000000000000120010db8000000000000000000000002"

static void words_are_bytes(void **state)
{
	/* checksums by other programs; tcpdump agrees in selftests/test_packets.sh */
	static const char *const rows[][2] = {
		{"eth", MACS "88b5"},
		{"eth 02:00:00:00:00:0A > 02:00:00:00:00:0b type 0x1234",
		 "02000000000b02000000000a1234"},
		{"vlan 5 pcp 3 dei eth type 0x0800", MACS "810070056558" MACS "0800"},
		{"ipv4 10.0.0.1 > 10.0.0.2 ttl 1 udp 53",
		 MACS "08004500001c000100000111a5ce0a0000010a000002303900350008bb6d"},
		{"ipv4 ihl 4 total 19 sum 1 tos 0x10 id 0xabcd df mf reserved offset 5 proto 6",
		 MACS "080044100013abcde00540060001c0000201c0000202"},
		{"ipv6 hop 3 class 1 flow 2 fragment mf id 9 data 0102",
		 MACS "86dd60100002000a2c03" IPV6_ENDS "3b000001000000090102"},
		{"ipv6 hopopts size 16 hdrlen 7",
		 MACS "86dd6000000000100040" IPV6_ENDS "3b07010c000000000000000000000000"},
		{"ipv4 size 24 tcp size 24 flags none",
		 MACS "080046000030000100004006f3c1c0000201c000020201010101"
		      "3039005000000001000000006000ffffe950000001010101"},
		{"hex 0102 len 4", "01020e15"},
		{"eth pad 2 set 0 ff flip 1.7", "ff800000beef02000000cafe88b50000"},
		{"  # nothing", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct packet packet = build(rows[i][0]);
		char text[1024] = "";

		for (size_t k = 0; k < packet.len; k++)
			sprintf(text + 2 * k, "%02x", packet.bytes[k]);
		assert_string_equal(text, rows[i][1]);
	}
}

static void words_of_damage(void **state)
{
	struct packet packet;

	(void)state;
	packet = build("ipv4 udp len 60");
	assert_int_equal(packet.len, 60);
	packet = build("ipv4 udp len 60 cut 20");
	assert_int_equal(packet.len, 20);
	packet = build("ipv4 udp cut 14..42");
	assert_int_equal(packet.n, 29);
	packet = build("ipv4 udp times 5 cut 14..15");
	assert_int_equal(packet.n, 10);
	packet = build("ipv4 udp flip ipv4+0..udp+7");
	assert_int_equal(packet.n, 28 * 8);
	/* the last bit of the last byte, and all others as they were */
	assert_int_equal(packet.bytes[41], build("ipv4 udp").bytes[41] ^ 1);
	packet = build("ipv4 udp set udp+4 0007");
	assert_int_equal(packet.bytes[39], 7);
	packet = build("ipv4 udp pad 6");
	assert_int_equal(packet.len, 48);
	assert_int_equal(packet.bytes[17], 28);
}

static void words_that_cannot_be(void **state)
{
	static const char *const rows[][2] = {
		{"tcp", "'tcp': cannot follow the header before"},
		{"ipv4 vlan 5", "'vlan': cannot follow"},
		{"ipv4 udp tcp", "'tcp': cannot follow"},
		{"ipv4 data 01 udp", "'udp': headers stand before data"},
		{"ipv4 udp flip ipv4+18446744073709551615.0",
		 "'18446744073709551615.0': beyond the packet"},
		{"ipv4 ttl", "'ttl': a value must follow"},
		{"ipv4 ttl 256", "'256': not a value"},
		{"ipv4 ttl x", "'x': not a value"},
		{"ipv4 10.0.0 > 10.0.0.1", "'10.0.0': not a value"},
		{"ipv6 10.0.0.1 > ::1", "'10.0.0.1': not a value"},
		{"icmp 1 > 2", "'icmp': cannot follow"},
		{"ipv4 icmp 1 > 2", "'>': that header has no ends"},
		{"eth 02:00:00:00:00 > 02:00:00:00:00:01", "'02:00:00:00:00': not a value"},
		{"ipv4 wobble", "'wobble': neither a header"},
		{"ipv4 size 21", "'21': not a length of that header"},
		{"ipv4 size 64", "'64': not a number that can be there"},
		{"ipv4 udp size 20", "'size': that header has no options"},
		{"ipv4 udp len 41", "'len': the headers are longer"},
		{"ipv4 udp len 70000", "'70000': not a number"},
		{"ipv4 cut 100", "'cut': the packet is shorter"},
		{"ipv4 cut 9..8", "'9..8': not a length"},
		{"ipv4 cut 0", "'0': not a length"},
		{"ipv4 set 100 00", "'100': beyond the packet"},
		{"ipv4 set 33 0000", "'33': beyond the packet"},
		{"ipv4 set tcp+1 00", "'tcp+1': the packet has no such header"},
		{"ipv4 flip 3", "'3': not OFFSET"},
		{"ipv4 flip 3.8", "'3.8': not OFFSET"},
		{"ipv4 flip 9..3", "'9..3': not OFFSET..OFFSET"},
		{"ipv4 data 0", "'0': not bytes"},
		{"ipv4 data 0g", "'0g': not bytes"},
		{"hex", "'hex': bytes in hexadecimal must follow"},
		{"ipv4 tcp flags X", "'X': not a value"},
	};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char why[256] = "";

		assert_int_equal(weir_describe(rows[i][0], keep, &packet, why, sizeof(why)),
				 -EINVAL);
		if (strncmp(why, rows[i][1], strlen(rows[i][1])) != 0)
			fail_msg("%s: %s", rows[i][0], why);
	}
}

/* ---- changes ------------------------------------------------------------- */

static void changes_are_said(void **state)
{
	static const struct {
		const char *old, *now, *want[5];
	} rows[] = {
		{"ipv4 udp", "ipv4 udp", {NULL}},
		{"ipv4 udp sum 0",
		 "ipv4 ttl 63 udp sum 0",
		 {"ipv4 ttl 64 > 63", "ipv4 sum 0xf6cc > 0xf7cc"}},
		{"eth 02:00:00:00:00:01 > 02:00:00:00:00:02",
		 "eth 02:00:00:00:00:01 > 02:00:00:00:00:03",
		 {"eth dst 02:00:00:00:00:02 > 02:00:00:00:00:03"}},
		{"ipv4 udp", "vlan 7 ipv4 udp", {"eth type 0x0800 > 0x8100", "+4 at 14 vlan 7"}},
		{"qinq 6 vlan 7 ipv4 udp",
		 "qinq 6 ipv4 udp",
		 {"qinq type 0x8100 > 0x0800", "-4 at 18 vlan 7"}},
		{"vlan 6 vlan 7 ipv4", "vlan 6 vlan 8 ipv4", {"vlan.2 vid 7 > 8"}},
		{"ipv4 10.0.0.1 > 10.0.0.2 tcp",
		 "ipv4 ipv4 10.0.0.1 > 10.0.0.2 tcp",
		 {"+20 at 14 ipv4 192.0.2.1 > 192.0.2.2"}},
		{"ipv6 tcp flags S sum 0", "ipv6 tcp flags SA sum 0", {"tcp flags S > S."}},
		{"ipv6 2001:db8::1 > 2001:db8::9 udp sum 0",
		 "ipv6 udp sum 0",
		 {"ipv6 dst 2001:db8::9 > 2001:db8::2"}},
		{"ipv4 udp sum 0 data 010203",
		 "ipv4 udp sum 0 data 010503",
		 {"bytes at 43 02 > 05"}},
		{"hex 000000000000000000000000ffff0102",
		 "hex 000000000000000000000000ffff",
		 {"-2 at end"}},
		{"hex 000000000000000000000000ffff",
		 "hex 000000000000000000000000ffff0102",
		 {"+2 at end"}},
		{"ipv4 total 20 tcp size 20 doff 6 sum 0 len 60",
		 "ipv4 total 20 tcp size 20 doff 5 sum 0 len 60",
		 {"tcp doff 6 > 5", "-4 at 54 tcp options"}},
		/* what is no header is bytes */
		{"ipv4 version 5", "ipv4 version 6 sum 0", {"bytes at 14 55 > 65"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct packet old = build(rows[i].old), now = build(rows[i].now);
		struct weir_lines got = {NULL, 0, 0, false};

		weir_changes_of(old.bytes, old.len, now.bytes, now.len, &got);
		for (size_t k = 0; k < 5 && rows[i].want[k]; k++) {
			bool found = false;

			for (size_t n = 0; n < got.n; n++)
				found |= !strcmp(got.list[n], rows[i].want[k]);
			if (!found)
				fail_msg("%s -> %s: no '%s' but '%s', '%s'", rows[i].old,
					 rows[i].now, rows[i].want[k], got.n ? got.list[0] : "",
					 got.n > 1 ? got.list[1] : "");
		}
		assert_int_equal(!got.n, !rows[i].want[0]);
		weir_lines_free(&got);
	}
}

static void packets_are_named(void **state)
{
	static const char *const lines[] = {
		"vlan 5 ipv4 10.0.0.1 > 10.0.0.2 udp 5 > 53 len 100",
		"ipv6 2001:db8::1 > 2001:db8::2 hopopts tcp 1 > 2 len 90",
		"eth type 0x88cc len 20",
	};
	char words[512];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct packet packet = build(lines[i]);

		weir_packet_words(packet.bytes, packet.len, words, sizeof(words));
		assert_string_equal(words, lines[i]);
	}
	weir_packet_words((const uint8_t *)"", 0, words, sizeof(words));
	assert_string_equal(words, "len 0");
}

/* ---- expectations -------------------------------------------------------- */

static int read_text(const char *text, struct weir_expectation *out)
{
	FILE *file = fmemopen((void *)(unsigned long)text, strlen(text), "r");
	int err;

	assert_non_null(file);
	*out = (struct weir_expectation){.list = NULL};
	err = weir_expect_read(file, "x", out);
	fclose(file);
	return err;
}

static struct weir_outcome outcome(uint64_t number, const char *verdict, size_t in, size_t out)
{
	struct weir_outcome outcome = {
		.number = number, .words = "words", .in_bytes = in, .out_bytes = out};

	snprintf(outcome.verdict, sizeof(outcome.verdict), "%s", verdict);
	return outcome;
}

/* How many things are not as expected. */
static size_t problems_of(const char *text, const struct weir_outcome *got)
{
	struct weir_lines problems = {NULL, 0, 0, false};
	struct weir_expectation all;
	size_t n;

	assert_int_equal(read_text(text, &all), 0);
	weir_expect_compare(weir_expect_find(&all, got->number), got, &problems);
	n = problems.n;
	weir_lines_free(&problems);
	weir_expect_free(&all);
	return n;
}

static void expectations_compare(void **state)
{
	struct weir_outcome got = outcome(3, "XDP_TX", 60, 80);

	(void)state;
	weir_lines_add(&got.counts, "m row 1 60");
	weir_lines_add(&got.changes, "ipv4 ttl 64 > 63");
	assert_int_equal(problems_of("3 XDP_TX\n", &got), 0);
	assert_int_equal(problems_of("1-5 XDP_TX 60\n", &got), 0);
	assert_int_equal(problems_of("* XDP_TX 60 > 80\n", &got), 0);
	assert_int_equal(problems_of("* XDP_DROP\n3 XDP_TX\n9 XDP_DROP\n", &got), 0);
	assert_int_equal(problems_of("3 XDP_TX # why\n  count  m row\t1 60\n", &got), 0);
	assert_int_equal(problems_of("3 XDP_TX\n\tchange ipv4 ttl 64 > 63\n", &got), 0);
	/* each of these is wrong, and said once */
	assert_int_equal(problems_of("3 XDP_DROP\n", &got), 1);
	assert_int_equal(problems_of("2 XDP_TX\n", &got), 1);
	assert_int_equal(problems_of("4-9 XDP_TX\n", &got), 1);
	assert_int_equal(problems_of("3 XDP_TX 61\n", &got), 1);
	assert_int_equal(problems_of("3 XDP_TX 60 > 60\n", &got), 1);
	assert_int_equal(problems_of("3 XDP_TX unchanged\n", &got), 1);
	assert_int_equal(problems_of("3 XDP_TX 60 unchanged\n", &got), 2);
	assert_int_equal(problems_of("3 XDP_TX uncounted\n", &got), 1);
	assert_int_equal(problems_of("3 XDP_TX\n count m row 1 61\n", &got), 2);
	assert_int_equal(problems_of("3 XDP_TX\n count m row 1 60\n count n row 1 60\n", &got), 1);
	weir_lines_add(&got.counts, "n row 1 60");
	assert_int_equal(problems_of("3 XDP_TX\n count m row 1 60\n", &got), 1);
	weir_outcome_free(&got);
}

static void expectations_that_cannot_be(void **state)
{
	static const char *const texts[] = {
		"XDP_PASS\n",
		"1\n",
		"1 XDP_NO\n",
		"0 XDP_PASS\n",
		"2-1 XDP_PASS\n",
		"1- XDP_PASS\n",
		"1x XDP_PASS\n",
		"1 XDP_PASS x\n",
		"1 XDP_PASS 60 >\n",
		"1 XDP_PASS > 60\n",
		"1 XDP_PASS 60 60\n",
		" count a b 1 1\n",
		"1 XDP_PASS\n wobble\n",
		"1 XDP_PASS\n count\n",
		"1 XDP_PASS unchanged\n change x\n",
		"1 XDP_PASS uncounted\n count x\n",
		"1 XDP_PASS\n1 XDP_DROP\n",
		"1-5 XDP_PASS\n5-6 XDP_DROP\n",
		"* XDP_PASS\n* XDP_DROP\n",
		"99999999999999999999 XDP_PASS\n",
	};
	struct weir_expectation all;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (read_text(texts[i], &all) != -EINVAL)
			fail_msg("taken: %s", texts[i]);
		weir_expect_free(&all);
	}
	assert_int_equal(read_text("1 TC_ACT_UNSPEC\n2 77\n3 -5\n4 NOT_RUN\n\n# none\n", &all), 0);
	assert_int_equal(all.n, 4);
	weir_expect_free(&all);
}

static void what_is_printed_is_expected(void **state)
{
	struct weir_outcome got = outcome(7, "TC_ACT_SHOT", 60, 60);
	char text[512] = "";
	FILE *file;

	(void)state;
	for (int round = 0; round < 2; round++) {
		file = fmemopen(text, sizeof(text), "w");
		assert_non_null(file);
		weir_outcome_print(&got, file);
		fclose(file);
		assert_int_equal(problems_of(text, &got), 0);
		weir_lines_add(&got.counts, "m row %d 60", round);
		/* what was not there before is noticed */
		assert_int_equal(problems_of(text, &got), 1);
		weir_lines_add(&got.changes, "+4 at 14 vlan 7");
		got.out_bytes = 64;
	}
	weir_outcome_free(&got);
}

/* ---- captures ------------------------------------------------------------ */

struct counted {
	size_t packets, bytes;
	uint64_t last_ns;
};

static int count(const struct weir_packet *packet, void *ctx)
{
	struct counted *counted = ctx;

	counted->packets++;
	counted->bytes += packet->len_bytes;
	counted->last_ns = packet->time_ns;
	return 0;
}

static int read_bytes(const void *bytes, size_t len, struct counted *out)
{
	int fd = memfd_create("capture", MFD_CLOEXEC), err;
	char path[32];

	assert_int_equal(write(fd, bytes, len), len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*out = (struct counted){.packets = 0};
	err = weir_packets_read(path, count, out);
	close(fd);
	return err;
}

static void captures_are_written_and_read(void **state)
{
	char path[] = "/tmp/weir-packets-XXXXXX";
	struct packet packet = build("ipv4 udp len 61");
	const struct weir_pcapng_interface from = {
		.name = "eth0", .description = "xdp native", .filter = "udp", .snap_bytes = 100};
	struct weir_pcapng_packet out = {
		.time_ns = 1500000000123456789,
		.bytes = packet.bytes,
		.comment = "XDP_TX; odd",
		.direction = WEIR_PCAPNG_IN,
		.has_queue = true,
		.queue = 3,
		.has_xdp_verdict = true,
		.xdp_verdict = 3,
	};
	struct weir_pcapng *pcapng;
	struct counted counted = {.packets = 0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(weir_pcapng_open(path, &from, &pcapng), 0);
	out.len_bytes = out.wire_bytes = packet.len;
	weir_pcapng_add(pcapng, &out);
	out = (struct weir_pcapng_packet){.time_ns = 1500000001123456789,
					  .bytes = packet.bytes,
					  .len_bytes = 14,
					  .wire_bytes = packet.len};
	weir_pcapng_add(pcapng, &out);
	weir_pcapng_statistics(pcapng, 1500000002123456789, 2, 0);
	assert_int_equal(weir_pcapng_flush(pcapng), 0);
	assert_int_equal(weir_pcapng_close(pcapng), 0);
	assert_int_equal(weir_packets_read(path, count, &counted), 0);
	assert_int_equal(counted.packets, 2);
	assert_int_equal(counted.bytes, 75);
	assert_int_equal(counted.last_ns, 1500000001123456789);
	unlink(path);
	assert_int_equal(weir_packets_read(path, count, &counted), -ENOENT);
	assert_true(weir_pcapng_open("/nowhere/x", NULL, &pcapng) < 0);
}

static void captures_that_cannot_be(void **state)
{
	uint32_t head[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1, 0, 0, 60, 60};
	uint8_t whole[sizeof(head) + 60] = {0};
	struct counted counted;

	(void)state;
	memcpy(whole, head, sizeof(head));
	assert_int_equal(read_bytes(whole, sizeof(whole), &counted), 0);
	assert_int_equal(counted.packets, 1);
	assert_int_equal(read_bytes(whole, sizeof(whole) - 1, &counted), -EINVAL);
	assert_int_equal(read_bytes(whole, 30, &counted), -EINVAL);
	assert_int_equal(read_bytes(whole, 10, &counted), -EINVAL);
	assert_int_equal(read_bytes("\xa1\xb2", 2, &counted), -EINVAL);
	assert_int_equal(read_bytes("\0\0\0\0\0", 5, &counted), -EINVAL);
	/* linux cooked */
	head[5] = 113;
	memcpy(whole, head, sizeof(head));
	assert_int_equal(read_bytes(whole, sizeof(whole), &counted), -EPROTOTYPE);
	/* a length that no memory has */
	head[5] = 1;
	head[8] = 0xffffffff;
	memcpy(whole, head, sizeof(head));
	assert_int_equal(read_bytes(whole, sizeof(whole), &counted), -EINVAL);
	/* words, and words that are wrong */
	assert_int_equal(read_bytes("ipv4 udp\n\n#\nipv6 tcp len 100", 29, &counted), 0);
	assert_int_equal(counted.packets, 2);
	assert_int_equal(read_bytes("ipv4 wobble\n", 12, &counted), -EINVAL);
	assert_int_equal(read_bytes("", 0, &counted), 0);
	assert_int_equal(counted.packets, 0);
}

static int hush(void **state)
{
	(void)state;
	(void)!freopen("/dev/null", "w", stderr);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_bytes),
		cmocka_unit_test(words_of_damage),
		cmocka_unit_test(words_that_cannot_be),
		cmocka_unit_test(changes_are_said),
		cmocka_unit_test(packets_are_named),
		cmocka_unit_test(expectations_compare),
		cmocka_unit_test(what_is_printed_is_expected),
		cmocka_unit_test(captures_are_written_and_read),
		cmocka_unit_test_setup(expectations_that_cannot_be, hush),
		cmocka_unit_test_setup(captures_that_cannot_be, hush),
	};

	return cmocka_run_group_tests_name("packets", tests, NULL, NULL);
}
