// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_packets pcap|hex FILE...		packets of descriptions, to standard output
 * tool_packets pcap|hex random COUNT SEED FILE...	so many, damaged (tests/mutate.h)
 * tool_packets send DEV FILE...		onto a link; "sent PACKETS BYTES"
 *
 * FILE has a packet a line, in the words of cli/packets/describe.h; "-" is standard input, and
 * what holds a blank is itself a line:
 *
 *	tool_packets pcap 'ipv4 10.0.0.1 > 10.0.0.2 ttl 1 udp 53' cases.txt > cases.pcap
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/packets/describe.h"
#include "tests/mutate.h"

#define POOL_MAX 4096

struct sink {
	enum { PCAP, HEX, SEND } how;
	int fd;
	unsigned long packets, bytes;
	/* random: what is drawn from */
	unsigned long count;
	uint64_t seed;
	struct {
		uint8_t *bytes;
		size_t len;
	} pool[POOL_MAX];
	size_t n_pool;
};

/* A second and a microsecond later each: captures that can be compared. */
static int write_pcap(struct sink *sink, const uint8_t *bytes, size_t len)
{
	const uint32_t record[4] = {(uint32_t)sink->packets, (uint32_t)sink->packets, (uint32_t)len,
				    (uint32_t)len};

	fwrite(record, sizeof(record), 1, stdout);
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -EIO;
}

static int write_hex(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	return putchar('\n') == EOF ? -EIO : 0;
}

static int send_frame(const struct sink *sink, const uint8_t *bytes, size_t len)
{
	ssize_t n;

	do {
		n = send(sink->fd, bytes, len, 0);
	} while (n < 0 && (errno == ENOBUFS || errno == EINTR));
	return n < 0 ? -errno : 0;
}

static int put(struct sink *sink, const uint8_t *bytes, size_t len)
{
	int err = sink->how == PCAP  ? write_pcap(sink, bytes, len)
		  : sink->how == HEX ? write_hex(bytes, len)
				     : send_frame(sink, bytes, len);

	sink->packets++;
	sink->bytes += len;
	return err;
}

static int take(const uint8_t *bytes, size_t len, void *ctx)
{
	struct sink *sink = ctx;

	if (!sink->count)
		return put(sink, bytes, len);
	if (len < 15 || sink->n_pool == POOL_MAX)
		return 0;
	sink->pool[sink->n_pool].bytes = malloc(len);
	if (!sink->pool[sink->n_pool].bytes)
		return -ENOMEM;
	memcpy(sink->pool[sink->n_pool].bytes, bytes, len);
	sink->pool[sink->n_pool++].len = len;
	return 0;
}

static int put_random(struct sink *sink)
{
	static uint8_t bytes[WEIR_DESCRIBE_MAX];
	int err = sink->count && !sink->n_pool ? -ENOENT : 0;

	for (unsigned long i = 0; i < sink->count && !err; i++) {
		size_t nth = mutate_random(&sink->seed) % sink->n_pool;

		memcpy(bytes, sink->pool[nth].bytes, sink->pool[nth].len);
		err = put(sink, bytes, mutate_packet(bytes, sink->pool[nth].len, &sink->seed));
	}
	while (sink->n_pool)
		free(sink->pool[--sink->n_pool].bytes);
	return err;
}

static int take_line(struct sink *sink, const char *where, unsigned int nth, const char *line)
{
	char why[256] = "";
	int err = weir_describe(line, take, sink, why, sizeof(why));

	if (err)
		fprintf(stderr, "%s:%u: %s\n", where, nth, *why ? why : strerror(-err));
	return err;
}

static int take_file(struct sink *sink, const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	static char line[200000];
	unsigned int nth = 0;
	int err = 0;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -errno;
	}
	while (!err && fgets(line, sizeof(line), file))
		err = take_line(sink, path, ++nth, line);
	if (!is_stdin)
		fclose(file);
	return err;
}

static int open_link(const char *dev)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	int fd;

	to.sll_ifindex = (int)if_nametoindex(dev);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (!to.sll_ifindex || fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to))) {
		fprintf(stderr, "%s: %s\n", dev, strerror(errno));
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	/* magic, version 2.4, zone, sigfigs, snaplen, LINKTYPE_ETHERNET */
	const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};
	static struct sink sink = {.how = PCAP};
	int first = 2, err = 0;

	if (argc > 3 && !strcmp(argv[1], "send")) {
		sink.how = SEND;
		sink.fd = open_link(argv[2]);
		if (sink.fd < 0)
			return 1;
		first = 3;
	} else if (argc > 2 && !strcmp(argv[1], "hex")) {
		sink.how = HEX;
	} else if (argc < 3 || strcmp(argv[1], "pcap") != 0) {
		fprintf(stderr, "usage: tool_packets pcap|hex|send DEV FILE|LINE...\n");
		return 2;
	}
	if (argc > first + 3 && !strcmp(argv[first], "random")) {
		sink.count = strtoul(argv[first + 1], NULL, 10);
		sink.seed = strtoull(argv[first + 2], NULL, 10);
		first += 3;
	}
	if (sink.how == PCAP)
		fwrite(head, sizeof(head), 1, stdout);
	for (int i = first; i < argc && !err; i++)
		err = strchr(argv[i], ' ') ? take_line(&sink, "argument", (unsigned int)i, argv[i])
					   : take_file(&sink, argv[i]);
	err = err ? err : put_random(&sink);
	if (sink.how == SEND)
		printf("sent %lu %lu\n", sink.packets, sink.bytes);
	return err || fflush(stdout) ? 1 : 0;
}
