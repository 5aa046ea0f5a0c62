// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Replacement under load: replace DEV PPS SWAPS PIN COMMAND...
 *
 * A thread sends PPS frames a second out of DEV's peer side while COMMAND is run
 * SWAPS times, one behind the other. Each program that
 * COMMAND attaches counts a frame in the pinned per-CPU array PIN, slot 0, and
 * drops it. At the end: frames sent, counted, and what got past (the caller asks
 * a counter behind). Prints "sent N counted N swaps N seconds S".
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURST 64

static atomic_bool stop;
static atomic_ullong sent;

struct load {
	const char *dev;
	unsigned long pps;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int open_socket(const char *dev)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int one = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	to.sll_ifindex = (int)if_nametoindex(dev);
	if (fd < 0 || bind(fd, (void *)&to, sizeof(to)))
		return -1;
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	return fd;
}

/* As many frames as the clock says are due, in bursts. */
static void *send_frames(void *arg)
{
	static uint8_t frame[64] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
	const struct load *load = arg;
	struct mmsghdr burst[BURST] = {0};
	struct iovec part = {frame, sizeof(frame)};
	int fd = open_socket(load->dev), n;
	double start = now();

	for (int i = 0; i < BURST; i++)
		burst[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
	while (fd >= 0 && !stop) {
		double due = (now() - start) * (double)load->pps - (double)sent;

		if (due < BURST) {
			usleep(50);
			continue;
		}
		n = sendmmsg(fd, burst, BURST, 0);
		if (n > 0)
			sent += (unsigned long long)n;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static unsigned long long counted(const char *pin)
{
	int fd = bpf_obj_get(pin), cpus = libbpf_num_possible_cpus();
	uint64_t *values = calloc((size_t)(cpus > 0 ? cpus : 1), sizeof(*values)), sum = 0;
	uint32_t key = 0;

	if (fd >= 0 && values && !bpf_map_lookup_elem(fd, &key, values))
		for (int i = 0; i < cpus; i++)
			sum += values[i];
	free(values);
	if (fd >= 0)
		close(fd);
	return sum;
}

static int run(char **command)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
									       : -1;
}

int main(int argc, char **argv)
{
	struct load load;
	unsigned long swaps, i;
	pthread_t thread;
	double start;
	int failed = 0;

	if (argc < 6) {
		fputs("usage: replace DEV PPS SWAPS PIN COMMAND...\n", stderr);
		return 2;
	}
	load = (struct load){argv[1], strtoul(argv[2], NULL, 10)};
	swaps = strtoul(argv[3], NULL, 10);
	if (pthread_create(&thread, NULL, send_frames, &load))
		return 1;
	usleep(100000);
	start = now();
	for (i = 0; i < swaps && !failed; i++)
		failed = run(argv + 5);
	start = now() - start;
	usleep(100000);
	stop = true;
	pthread_join(thread, NULL);
	usleep(100000); /* what is on its way */
	printf("sent %llu counted %llu swaps %lu seconds %.2f failed %d\n",
	       (unsigned long long)sent, counted(argv[4]), i, start, failed);
	return failed != 0;
}
