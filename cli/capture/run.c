// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir capture. In: an interface, and which packets. Out: those packets, until a signal, a
 * number, a time, a reader that goes or an error ends it; then the interface is as before,
 * whatever it was, and only then is the last of the ring read.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "cli/capture/reading.h"
#include "cli/interval.h"
#include "cli/say.h"

#define SNAP_BYTES 65536
#define BUFFER_MIB 4

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

static int prepare(struct weir_capture *capture, struct weir_capture_config *cfg)
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

static int catch_signals(struct weir_capture *capture)
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

static int open_sink(struct weir_capture *capture)
{
	int err = 0;

	capture->piped = !capture->cfg->file || strcmp(capture->cfg->file, "-") == 0;
	capture->pipe = (struct weir_capture_pipe){.wait = weir_capture_wait, .ctx = capture};
	if (capture->piped)
		err = weir_capture_pipe_open(&capture->pipe);
	return err ?: weir_capture_sink_open(&capture->point, &capture->opts, &capture->sink);
}

static int start(struct weir_capture *capture)
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
		ring_buffer__new(capture->point.sampler.ring_fd, weir_capture_take, capture, NULL);
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
static int say_unread(const struct weir_capture *capture, int err)
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

static void report(const struct weir_capture *capture,
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

static int finish(struct weir_capture *capture, int err)
{
	struct weir_counter counts[WEIR_SAMPLE_REASONS] = {0};
	int last = 0;

	weir_capture_stop(capture);
	if (capture->ring && (!err || err == -ECANCELED))
		last = say_unread(capture, weir_capture_read_rest(capture));
	err = err ?: last;
	if (capture->is_read) {
		(void)weir_sampler_counts(&capture->point.sampler, counts);
		last = weir_capture_sink_close(&capture->sink, counts);
		err = last ? last : err;
	}
	if (capture->ring)
		report(capture, counts);
	err = err == WEIR_CAPTURE_ENOUGH ? 0 : err;
	return err ? err : capture->stop_err;
}

static int run(struct weir_capture *capture, struct weir_capture_config *cfg)
{
	int err = prepare(capture, cfg);

	err = err ?: start(capture);
	if (!err)
		err = say_unread(capture, weir_capture_read_on(capture));
	err = finish(capture, err);
	weir_capture_pipe_close(&capture->pipe);
	ring_buffer__free(capture->ring);
	if (capture->signal_fd >= 0)
		close(capture->signal_fd);
	return err;
}

int weir_capture_run(const struct weir_globals *globals, const union weir_config *config)
{
	static struct weir_capture capture;
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
