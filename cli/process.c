// SPDX-License-Identifier: LGPL-2.1-or-later
/* What must be in order in the process before a command of ours runs, and its
 * return to what it was for a program that takes our place. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "cli/command.h"

static bool prepared;
static bool filled[STDERR_FILENO + 1];
static void (*pipe_handler)(int) = SIG_DFL;

/* A standard stream that the caller closed would be given to the next socket
 * or map, and a printf() would write into it. Opened the wrong way round, it
 * answers EBADF instead. */
void weir_process_prepare(void)
{
	if (prepared)
		return;
	prepared = true;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
			filled[fd] = true;
		}
	/* A closed pipe is a write error, told by exit status 1. */
	pipe_handler = signal(SIGPIPE, SIG_IGN);
}

bool weir_process_pipe_kills(void)
{
	return pipe_handler == SIG_DFL;
}

void weir_process_restore(void)
{
	if (!prepared)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (filled[fd])
			close(fd);
	(void)signal(SIGPIPE, pipe_handler);
}
