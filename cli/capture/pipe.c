// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Standard output whose reader may stop reading. In: what is written to stdout. Out: the same
 * in pieces that a pipe takes at once, so that whoever waits for the reader can hear signals.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/capture/capture.h"

static bool takes_more(void)
{
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&fd, 1, 0) > 0;
}

static ssize_t write_pieces(void *cookie, const char *bytes, size_t n)
{
	const struct weir_capture_pipe *pipe = cookie;
	size_t done = 0;
	int err = 0;

	while (done < n && !err) {
		size_t piece = n - done < PIPE_BUF ? n - done : PIPE_BUF;
		ssize_t put = 0;

		err = takes_more() ? 0 : pipe->wait(pipe->ctx);
		if (!err)
			put = write(STDOUT_FILENO, bytes + done, piece);
		if (put > 0)
			done += (size_t)put;
		else if (put < 0 && errno != EINTR && errno != EAGAIN)
			err = -errno;
	}
	if (err)
		errno = -err;
	return (ssize_t)done;
}

int weir_capture_pipe_open(struct weir_capture_pipe *pipe)
{
	const cookie_io_functions_t functions = {.write = write_pieces};
	FILE *file = fopencookie(pipe, "w", functions);

	if (!file)
		return -errno;
	pipe->before = stdout;
	stdout = file;
	return 0;
}

void weir_capture_pipe_close(struct weir_capture_pipe *pipe)
{
	if (!pipe->before)
		return;
	(void)fclose(stdout);
	stdout = pipe->before;
	pipe->before = NULL;
}
