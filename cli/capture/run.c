// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir capture. In: an interface, and which packets. Out: those packets, until a signal, a
 * number, a time, a reader that goes or an error ends it; then the interface is as before,
 * whatever it was, and only then is the last of the ring read.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "cli/capture/capture.h"
#include "cli/interval.h"
#include "cli/say.h"

#define NSEC_PER_SEC   1000000000ull
#define POLL_MS	       100 /* packets wait no longer */
#define CHECK_NS       NSEC_PER_SEC
#define SNAP_BYTES     65536
#define BUFFER_MIB     4
#define VLAN_TAG_AT    12
#define VLAN_TAG_BYTES 4
#define BATCH_MAX      4096
#define ENOUGH	       1 /* as many packets as were asked for */

struct capture {
	const struct weir_capture_config *cfg;
	struct weir_capture_point point;
	struct weir_sampler_opts opts;
	struct weir_classic_program match;
	struct weir_capture_sink sink;
	struct weir_capture_pipe pipe;
	struct ring_buffer *ring;
	int signal_fd;
	uint64_t deadline_ns;
	unsigned int batch;	     /* records of it so far */
	uint64_t captured, since_ns; /* of this batch: from monotonic time to that since 1970 */
	bool is_read, piped;	     /* there is a sink; its reader may go */
	bool ended;		     /* a signal has come, or its time is over */
	bool stopped;		     /* the interface is as before, but for this error: */
	int stop_err;
	bool given_up; /* the reader of standard output */
};

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

static bool has_enough(const struct capture *capture)
{
	return capture->cfg->count && capture->captured == capture->cfg->count;
}

static int take_record(void *ctx, void *data, size_t size)
{
	static uint8_t tagged[WEIR_SAMPLE_SNAP_MAX + VLAN_TAG_BYTES];
	const struct weir_sample *sample = data;
	struct capture *capture = ctx;
	struct weir_capture_packet packet = {
		.sample = sample,
		.time_ns = sample->time_ns + capture->since_ns,
		.bytes = sample->bytes,
		.len_bytes = sample->kept_bytes,
		.wire_bytes = sample->len_bytes,
	};

	(void)size;
	if (has_enough(capture))
		return -ENOUGH;
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

/* What the ring has. ENOUGH; -EAGAIN: there may be more; other -errno, not told: nobody takes it.
 */
static int take_batch(struct capture *capture)
{
	int n, err;

	capture->since_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
	capture->batch = 0;
	n = ring_buffer__consume(capture->ring);
	if (n < 0 && n != -ENOUGH && n != -EAGAIN)
		return n;
	err = n ? weir_capture_sink_flush(&capture->sink) : 0;
	if (!err && has_enough(capture))
		err = ENOUGH;
	return err || n != -EAGAIN ? err : -EAGAIN;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static int catch_signals(struct capture *capture)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGQUIT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -errno;
	capture->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return capture->signal_fd < 0 ? -errno : 0;
}

static int ms_until(uint64_t deadline_ns)
{
	uint64_t now = weir_now_ns();

	if (now >= deadline_ns)
		return 0;
	return deadline_ns - now > POLL_MS * 1000000ull ? POLL_MS
							: (int)((deadline_ns - now) / 1000000) + 1;
}

/* True when one came. */
static bool take_signal(const struct capture *capture)
{
	struct signalfd_siginfo signal;

	return read(capture->signal_fd, &signal, sizeof(signal)) == sizeof(signal);
}

static void stop(struct capture *capture)
{
	if (!capture->stopped)
		capture->stop_err = weir_capture_point_detach(&capture->point);
	capture->stopped = true;
}

/* The interface does not wait for a reader of what was captured; a signal more, and nobody
 * does. */
static int wait_for_reader(void *ctx)
{
	struct capture *capture = ctx;
	struct pollfd fds[] = {
		{.fd = STDOUT_FILENO, .events = POLLOUT},
		{.fd = capture->signal_fd, .events = POLLIN},
	};

	while (!capture->given_up && !fds[0].revents) {
		if (capture->ended || has_enough(capture) || weir_now_ns() >= capture->deadline_ns)
			stop(capture);
		(void)poll(fds, 2, capture->stopped ? -1 : ms_until(capture->deadline_ns));
		if (fds[1].revents && take_signal(capture)) {
			capture->given_up = capture->stopped;
			capture->ended = true;
		}
	}
	return capture->given_up ? -EINTR : 0;
}

/* False when the reader of standard output went. */
static bool wait_for_packets(struct capture *capture, int timeout_ms)
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

static int read_on(struct capture *capture)
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

/* ---- the whole ---------------------------------------------------------------------------------
 */

/* 64 is a size of its own; beyond, records come in words. */
static uint32_t snap_bytes(uint32_t wanted)
{
	return wanted <= 64 ? 64 : (wanted + 7) & ~7u;
}

static uint32_t ring_bytes(uint32_t mib)
{
	uint32_t bytes = 1 << 20;

	while (bytes < mib << 20 && bytes < 1u << 30)
		bytes <<= 1;
	return bytes;
}

static int prepare(struct capture *capture, struct weir_capture_config *cfg)
{
	struct weir_sampler_opts *opts = &capture->opts;
	int n_cpus = libbpf_num_possible_cpus(), err;
	char why[256];

	cfg->snap_bytes = cfg->snap_bytes ?: SNAP_BYTES;
	opts->ring_bytes = ring_bytes(cfg->buffer_mib ?: BUFFER_MIB);
	opts->consts = (struct weir_sample_consts){
		.one_in = cfg->one_in ?: 1,
		.snap_bytes = snap_bytes(cfg->snap_bytes),
		.hook = capture->point.hook == WEIR_HOOK_XDP	  ? WEIR_SAMPLE_XDP
			: capture->point.hook == WEIR_HOOK_EGRESS ? WEIR_SAMPLE_EGRESS
								  : WEIR_SAMPLE_INGRESS,
		.verdicts = cfg->verdicts,
		/* all CPUs together leave the reader half of the ring */
		.wakeup_bytes = opts->ring_bytes / 2 / (uint32_t)(n_cpus > 0 ? n_cpus : 1),
	};
	if (opts->consts.wakeup_bytes > 65536)
		opts->consts.wakeup_bytes = 65536;
	if (!cfg->match)
		return 0;
	err = weir_expr_compile(cfg->match, &capture->match, why, sizeof(why));
	if (err) {
		weir_say_error("match '%s': %s", cfg->match, err == -EINVAL ? why : strerror(-err));
		return err;
	}
	opts->match = &capture->match;
	opts->match_text = cfg->match;
	opts->consts.has_expression = 1;
	return 0;
}

static int open_sink(struct capture *capture)
{
	int err = 0;

	capture->piped = !capture->cfg->file || strcmp(capture->cfg->file, "-") == 0;
	capture->pipe = (struct weir_capture_pipe){.wait = wait_for_reader, .ctx = capture};
	if (capture->piped)
		err = weir_capture_pipe_open(&capture->pipe);
	return err ?: weir_capture_sink_open(&capture->point, &capture->opts, &capture->sink);
}

static int start(struct capture *capture)
{
	char where[256];
	int err = catch_signals(capture);

	err = err ?: weir_capture_point_open(&capture->point);
	err = err ?: weir_capture_point_attach(&capture->point, &capture->opts);
	if (err)
		return err;
	err = open_sink(capture);
	if (err)
		return err;
	capture->is_read = true;
	capture->ring =
		ring_buffer__new(capture->point.sampler.ring_fd, take_record, capture, NULL);
	if (!capture->ring) {
		err = -errno;
		weir_say_error("the ring buffer cannot be read: %s", strerror(-err));
		return err;
	}
	if (capture->cfg->seconds_ns)
		capture->deadline_ns = weir_now_ns() + capture->cfg->seconds_ns;
	weir_capture_point_text(&capture->point, where, sizeof(where));
	weir_say_note("%s: capturing at %s", capture->cfg->dev, where);
	return weir_capture_sink_flush(&capture->sink);
}

/* A reader that has seen enough is no failure of ours, but packets went nowhere. */
static int say_unread(const struct capture *capture, int err)
{
	if (err < 0 && err != -ECANCELED)
		weir_say_error("%s: %s",
			       capture->cfg->file && strcmp(capture->cfg->file, "-") != 0
				       ? capture->cfg->file
				       : "standard output",
			       err == -EINTR ? "nobody reads it: some of what was captured is lost"
					     : strerror(-err));
	return err;
}

static void report(const struct capture *capture,
		   const struct weir_counter counts[WEIR_SAMPLE_REASONS])
{
	uint64_t unmatched = counts[WEIR_SAMPLE_UNMATCHED].packets;
	char matched[40] = "";

	if (capture->opts.match || capture->opts.consts.verdicts)
		snprintf(matched, sizeof(matched), ", %llu matched",
			 (unsigned long long)(counts[WEIR_SAMPLE_SEEN].packets - unmatched));
	weir_say_note("%s: %llu packets seen%s, %llu captured, %llu lost", capture->cfg->dev,
		      (unsigned long long)counts[WEIR_SAMPLE_SEEN].packets, matched,
		      (unsigned long long)capture->captured,
		      (unsigned long long)counts[WEIR_SAMPLE_LOST].packets);
}

/* Nothing comes any more. */
static int take_rest(struct capture *capture)
{
	int err;

	do {
		err = take_batch(capture);
	} while (err == -EAGAIN);
	return say_unread(capture, err);
}

static int finish(struct capture *capture, int err)
{
	struct weir_counter counts[WEIR_SAMPLE_REASONS] = {0};
	int last = 0;

	stop(capture);
	if (capture->ring && (!err || err == -ECANCELED))
		last = take_rest(capture);
	err = err ?: last;
	if (capture->is_read) {
		(void)weir_sampler_counts(&capture->point.sampler, counts);
		last = weir_capture_sink_close(&capture->sink, counts);
		err = last ? last : err;
	}
	if (capture->ring)
		report(capture, counts);
	err = err == ENOUGH ? 0 : err;
	return err ? err : capture->stop_err;
}

static int run(struct capture *capture, struct weir_capture_config *cfg)
{
	int err = prepare(capture, cfg);

	err = err ?: start(capture);
	if (!err)
		err = say_unread(capture, read_on(capture));
	err = finish(capture, err);
	weir_capture_pipe_close(&capture->pipe);
	ring_buffer__free(capture->ring);
	if (capture->signal_fd >= 0)
		close(capture->signal_fd);
	return err;
}

int weir_capture_run(const struct weir_globals *globals, const union weir_config *config)
{
	static struct capture capture;
	struct weir_capture_config cfg = config->capture;
	int err;

	capture.cfg = &cfg;
	capture.signal_fd = -1;
	capture.deadline_ns = UINT64_MAX;
	weir_capture_point_init(&capture.point, globals, &cfg);
	if (cfg.off) {
		err = weir_capture_point_open(&capture.point);
		err = err ?: weir_capture_point_off(&capture.point);
	} else {
		err = run(&capture, &cfg);
	}
	weir_capture_point_close(&capture.point);
	return err;
}
