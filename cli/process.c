// SPDX-License-Identifier: LGPL-2.1-or-later
/* What must be in order in the process before a command of ours runs, and its
 * return to what it was for a program that takes our place. */
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "cli/command.h"

/* Address space only: pages come when they are written. */
#define HEAP_STEP_BYTES (1 << 20)

static bool looked;
static bool prepared;
static bool filled[STDERR_FILENO + 1];
static void (*pipe_handler)(int) = SIG_DFL;

/* A standard stream that the caller closed would be given to the next socket
 * or map, and a printf() would write into it. Opened the wrong way round, it
 * answers EBADF instead. */
void weir_process_open_streams(void)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};

	if (looked)
		return;
	looked = true;
	/* A load takes memory in many pieces and the process then ends: one step
	 * for all of it, and none back. */
	(void)mallopt(M_TOP_PAD, HEAP_STEP_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	(void)poll(fds, sizeof(fds) / sizeof(*fds), 0);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fds[fd].revents & POLLNVAL) {
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
			filled[fd] = true;
		}
}

void weir_process_prepare(void)
{
	weir_process_open_streams();
	if (prepared)
		return;
	prepared = true;
	/* A closed pipe is a write error, told by exit status 1. */
	pipe_handler = signal(SIGPIPE, SIG_IGN);
}

bool weir_process_pipe_kills(void)
{
	return pipe_handler == SIG_DFL;
}

void weir_process_restore(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (filled[fd])
			close(fd);
	if (prepared)
		(void)signal(SIGPIPE, pipe_handler);
}
