/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One run of weir capture, and its ring read. */
#ifndef WEIR_CLI_CAPTURE_READING_H
#define WEIR_CLI_CAPTURE_READING_H

#include "cli/capture/capture.h"

#define WEIR_CAPTURE_ENOUGH 1 /* as many packets as were asked for */

struct weir_capture {
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
	bool given_up; /* nobody reads standard output any more */
};

/* For ring_buffer__new(). */
int weir_capture_take(void *ctx, void *data, size_t size);
/* For struct weir_capture_pipe: the interface does not wait for a reader of what was captured.
 * A signal more, and nobody does: -EINTR. */
int weir_capture_wait(void *ctx);

/* Reads until it is to end. 0, WEIR_CAPTURE_ENOUGH; -ECANCELED, logged: the sampler is not there
 * any more; other -errno, not logged: nobody takes packets. */
int weir_capture_read_on(struct weir_capture *capture);
/* The same of what is left when nothing comes any more. */
int weir_capture_read_rest(struct weir_capture *capture);
/* The interface is as before. Once; the error is capture->stop_err. Logged. */
void weir_capture_stop(struct weir_capture *capture);

#endif
