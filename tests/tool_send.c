// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_send DEV WORDS COUNT [size BYTES] [rate PPS] [linear BYTES]
 * tool_send DEV table|truncated
 * tool_send list
 *
 * Sends frames built by tests/pkt.h out of DEV through a packet socket, and
 * says what the kernel took: "sent PACKETS BYTES". With "table" and "truncated"
 * each frame of the table goes once (and once for every length it can be cut
 * to), and what hooks should count is listed: "HOOK CLASS PACKETS BYTES", HOOK
 * being EGRESS (of DEV), XDP and INGRESS (of the other end of a veth).
 *
 * linear: the kernel keeps only so many bytes in the first part of the packet;
 * it does so from one page on (packet_alloc_skb()). Root.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/pkt.h"

#define GIVE_UP_S 10

struct sender {
	int fd;
	unsigned long rate_pps;	   /* 0: as fast as it goes */
	unsigned int linear_bytes; /* 0: the kernel's choice */
	unsigned long packets, bytes;
	struct timespec start;
};

struct tally {
	struct weir_counter of[3][WEIR_CLASSES]; /* XDP, INGRESS, EGRESS */
};

static int sender_open(struct sender *sender, const char *dev)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	const int on = 1;

	to.sll_ifindex = (int)if_nametoindex(dev);
	if (!to.sll_ifindex)
		return -errno;
	sender->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sender->fd < 0 || bind(sender->fd, (struct sockaddr *)&to, sizeof(to)))
		return -errno;
	if (sender->linear_bytes &&
	    setsockopt(sender->fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		return -errno;
	clock_gettime(CLOCK_MONOTONIC, &sender->start);
	return 0;
}

/* Waits until the next packet is due. */
static void pace(const struct sender *sender)
{
	unsigned long long due_ns;
	struct timespec due;

	if (!sender->rate_pps)
		return;
	due_ns = (unsigned long long)sender->start.tv_nsec +
		 sender->packets * 1000000000ULL / sender->rate_pps;
	due.tv_sec = sender->start.tv_sec + (time_t)(due_ns / 1000000000ULL);
	due.tv_nsec = (long)(due_ns % 1000000000ULL);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static int send_one(struct sender *sender, const struct pkt *pkt)
{
	struct virtio_net_hdr hdr = {.hdr_len = (__u16)sender->linear_bytes};
	struct iovec parts[] = {
		{&hdr, sender->linear_bytes ? sizeof(hdr) : 0},
		{(void *)(unsigned long)pkt->bytes, pkt->len},
	};
	time_t end = 0;
	ssize_t n;

	/* a queue is full for a while; where a program drops all, for ever */
	do {
		n = writev(sender->fd, parts, 2);
		end = n < 0 && !end ? time(NULL) + GIVE_UP_S : end;
	} while (n < 0 && (errno == ENOBUFS || errno == EINTR || errno == EAGAIN) &&
		 time(NULL) < end);
	if (n < 0)
		return -errno;
	sender->packets++;
	sender->bytes += pkt->len;
	return 0;
}

static int send_many(struct sender *sender, const struct pkt *pkt, unsigned long count)
{
	/* Sleeping costs more than a packet: rest once in a while only. */
	const unsigned long burst = sender->rate_pps / 4000 + 1;

	for (unsigned long i = 0; i < count; i++) {
		int err = send_one(sender, pkt);

		if (err)
			return err;
		if (i % burst == 0)
			pace(sender);
	}
	return 0;
}

static void tally_add(struct tally *tally, int hook, enum weir_class class, size_t len)
{
	tally->of[hook][class].packets++;
	tally->of[hook][class].bytes += len;
}

/* On receive the stack moves an outer 802.1Q or 802.1ad tag out of the frame
 * before tc sees it, and drops what has not two more bytes behind the tag
 * (skb_vlan_untag()). */
static void tally_ingress(struct tally *tally, const struct pkt *pkt)
{
	unsigned int ethertype = pkt_get16(pkt->bytes + 12);
	static struct pkt untagged;

	if (ethertype != 0x8100 && ethertype != 0x88a8) {
		tally_add(tally, 1, pkt_model(pkt->bytes, pkt->len), pkt->len);
		return;
	}
	if (pkt->len < 14 + 4 + 2)
		return;
	memcpy(untagged.bytes, pkt->bytes, 12);
	memcpy(untagged.bytes + 12, pkt->bytes + 16, pkt->len - 16);
	tally_add(tally, 1, pkt_model(untagged.bytes, pkt->len - 4), pkt->len);
}

static int send_tallied(struct sender *sender, const struct pkt *pkt, struct tally *tally)
{
	enum weir_class class = pkt_model(pkt->bytes, pkt->len);
	int err = send_one(sender, pkt);

	if (err)
		return err;
	tally_add(tally, 0, class, pkt->len);
	tally_add(tally, 2, class, pkt->len);
	tally_ingress(tally, pkt);
	return 0;
}

static void tally_print(const struct tally *tally)
{
	static const char *const hooks[] = {"XDP", "INGRESS", "EGRESS"};

	for (int hook = 0; hook < 3; hook++) {
		for (unsigned int class = 0; class < WEIR_CLASSES; class ++) {
			const struct weir_counter *counter = &tally->of[hook][class];

			if (counter->packets)
				printf("%s %s %llu %llu\n", hooks[hook],
				       pkt_class_name((enum weir_class) class), counter->packets,
				       counter->bytes);
		}
	}
}

/* @cut: each frame in every length from the Ethernet header to its own. */
static int send_table(struct sender *sender, bool cut)
{
	static struct tally tally;
	static struct pkt pkt;

	for (size_t i = 0; i < PKT_ROWS; i++) {
		size_t shortest, whole;
		int err = pkt_build_row(&pkt, &pkt_table[i]);

		/* What a veth of MTU 1500 takes. */
		if (err || pkt.len > 1514)
			continue;
		whole = pkt.len < 200 ? pkt.len : 200;
		shortest = cut ? ETH_HLEN + 1 : pkt.len;
		for (pkt.len = cut ? whole : pkt.len; pkt.len >= shortest; pkt.len--) {
			err = send_tallied(sender, &pkt, &tally);
			if (err)
				return err;
		}
	}
	tally_print(&tally);
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: tool_send DEV WORDS COUNT [size BYTES] [rate PPS] [linear BYTES]\n"
			"       tool_send DEV table|truncated\n"
			"       tool_send list\n");
	return 2;
}

static int list(void)
{
	for (size_t i = 0; i < sizeof(pkt_layers) / sizeof(pkt_layers[0]); i++)
		puts(pkt_layers[i].word);
	return 0;
}

int main(int argc, char **argv)
{
	struct sender sender = {.fd = -1};
	static struct pkt pkt;
	size_t size = 0;
	bool table;
	int err;

	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	table = argc == 3 && (!strcmp(argv[2], "table") || !strcmp(argv[2], "truncated"));
	if (!table && (argc < 4 || argc % 2))
		return usage();
	for (int i = 4; i < argc; i += 2) {
		unsigned long value = strtoul(argv[i + 1], NULL, 10);

		if (!strcmp(argv[i], "size"))
			size = value;
		else if (!strcmp(argv[i], "rate"))
			sender.rate_pps = value;
		else if (!strcmp(argv[i], "linear"))
			sender.linear_bytes = (unsigned int)value;
		else
			return usage();
	}
	err = table ? 0 : pkt_build(&pkt, argv[2], size);
	if (!err)
		err = sender_open(&sender, argv[1]);
	if (!err && table)
		err = send_table(&sender, !strcmp(argv[2], "truncated"));
	else if (!err)
		err = send_many(&sender, &pkt, strtoul(argv[3], NULL, 10));
	if (err)
		fprintf(stderr, "tool_send %s %s: %s\n", argv[1], argv[2], strerror(-err));
	if (!table)
		printf("sent %lu %lu\n", sender.packets, sender.bytes);
	if (sender.fd >= 0)
		close(sender.fd);
	return err ? 1 : 0;
}
