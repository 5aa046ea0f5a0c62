// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A capture's ring read. In: records of the sampler. Out: packets in the sink, until a signal,
 * a number, a time, a reader that goes or an error ends it.
 */
#include "cli/capture/reading.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "cli/interval.h"

#define NSEC_PER_SEC   1000000000ull
#define POLL_MS	       100 /* packets wait no longer */
#define CHECK_NS       NSEC_PER_SEC
#define VLAN_TAG_AT    12
#define VLAN_TAG_BYTES 4
#define BATCH_MAX      4096

/* ---- records --------------------------------------------------------------------------------- */

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts = {0};

	(void)clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* The tag that was beside the frame, where the wire has it. */
static size_t put_tag(const struct weir_sample *sample, uint8_t *to)
{
	size_t kept = sample->kept_bytes;
	uint16_t tci_be = htobe16(sample->vlan_tci);

	memcpy(to, sample->bytes, VLAN_TAG_AT);
	memcpy(to + VLAN_TAG_AT, &sample->vlan_proto_be, 2);
	memcpy(to + VLAN_TAG_AT + 2, &tci_be, 2);
	memcpy(to + VLAN_TAG_AT + VLAN_TAG_BYTES, sample->bytes + VLAN_TAG_AT, kept - VLAN_TAG_AT);
	return kept + VLAN_TAG_BYTES;
}

static bool has_enough(const struct weir_capture *capture)
{
	return capture->cfg->count && capture->captured == capture->cfg->count;
}

int weir_capture_take(void *ctx, void *data, size_t size)
{
	static uint8_t tagged[WEIR_SAMPLE_SNAP_MAX + VLAN_TAG_BYTES];
	const struct weir_sample *sample = data;
	struct weir_capture *capture = ctx;
	struct weir_capture_packet packet = {
		.sample = sample,
		.time_ns = sample->time_ns + capture->since_ns,
		.bytes = sample->bytes,
		.len_bytes = sample->kept_bytes,
		.wire_bytes = sample->len_bytes,
	};

	(void)size;
	if (has_enough(capture))
		return -WEIR_CAPTURE_ENOUGH;
	if (sample->vlan_proto_be) {
		packet.wire_bytes += VLAN_TAG_BYTES;
		if (packet.len_bytes >= VLAN_TAG_AT) {
			packet.bytes = tagged;
			packet.len_bytes = put_tag(sample, tagged);
		}
	}
	/* asked for fewer than there is room for in steps of the ring */
	if (packet.len_bytes > capture->cfg->snap_bytes)
		packet.len_bytes = capture->cfg->snap_bytes;
	weir_capture_sink_put(&capture->sink, &packet);
	capture->captured++;
	/* packets may come as fast as they go, and signals wait */
	return ++capture->batch == BATCH_MAX ? -EAGAIN : 0;
}

/* What the ring has. WEIR_CAPTURE_ENOUGH; -EAGAIN: there may be more; other -errno, not told:
 * nobody takes it. */
static int take_batch(struct weir_capture *capture)
{
	int n, err;

	capture->since_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
	capture->batch = 0;
	n = ring_buffer__consume(capture->ring);
	if (n < 0 && n != -WEIR_CAPTURE_ENOUGH && n != -EAGAIN)
		return n;
	err = n ? weir_capture_sink_flush(&capture->sink) : 0;
	if (!err && has_enough(capture))
		err = WEIR_CAPTURE_ENOUGH;
	return err || n != -EAGAIN ? err : -EAGAIN;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static int ms_until(uint64_t deadline_ns)
{
	uint64_t now = weir_now_ns();

	if (now >= deadline_ns)
		return 0;
	return deadline_ns - now > POLL_MS * 1000000ull ? POLL_MS
							: (int)((deadline_ns - now) / 1000000) + 1;
}

/* True when one came. */
static bool take_signal(const struct weir_capture *capture)
{
	struct signalfd_siginfo signal;

	return read(capture->signal_fd, &signal, sizeof(signal)) == sizeof(signal);
}

void weir_capture_stop(struct weir_capture *capture)
{
	if (!capture->stopped)
		capture->stop_err = weir_capture_point_detach(&capture->point);
	capture->stopped = true;
}

int weir_capture_wait(void *ctx)
{
	struct weir_capture *capture = ctx;
	struct pollfd fds[] = {
		{.fd = STDOUT_FILENO, .events = POLLOUT},
		{.fd = capture->signal_fd, .events = POLLIN},
	};

	while (!capture->given_up && !fds[0].revents) {
		if (capture->ended || has_enough(capture) || weir_now_ns() >= capture->deadline_ns)
			weir_capture_stop(capture);
		(void)poll(fds, 2, capture->stopped ? -1 : ms_until(capture->deadline_ns));
		if (fds[1].revents && take_signal(capture)) {
			capture->given_up = capture->stopped;
			capture->ended = true;
		}
	}
	return capture->given_up ? -EINTR : 0;
}

/* False when the reader of standard output went. */
static bool wait_for_packets(struct weir_capture *capture, int timeout_ms)
{
	struct pollfd fds[] = {
		{.fd = capture->signal_fd, .events = POLLIN},
		{.fd = ring_buffer__epoll_fd(capture->ring), .events = POLLIN},
		{.fd = capture->piped ? STDOUT_FILENO : -1},
	};

	(void)poll(fds, 3, timeout_ms);
	capture->ended |= fds[0].revents && take_signal(capture);
	return !(fds[2].revents & (POLLERR | POLLHUP));
}

int weir_capture_read_on(struct weir_capture *capture)
{
	uint64_t check_ns = weir_now_ns() + CHECK_NS;
	bool more = false;
	int err = 0;

	while (!err && !capture->ended && !capture->stopped) {
		if (!wait_for_packets(capture, more ? 0 : ms_until(capture->deadline_ns)))
			return -EPIPE;
		err = take_batch(capture);
		more = err == -EAGAIN;
		err = more ? 0 : err;
		if (err < 0)
			return err;
		if (!err && !capture->stopped && weir_now_ns() >= check_ns) {
			err = weir_capture_point_check(&capture->point) ? -ECANCELED : 0;
			check_ns = weir_now_ns() + CHECK_NS;
		}
		capture->ended |= weir_now_ns() >= capture->deadline_ns;
	}
	return err;
}

int weir_capture_read_rest(struct weir_capture *capture)
{
	int err;

	do {
		err = take_batch(capture);
	} while (err == -EAGAIN);
	return err;
}
