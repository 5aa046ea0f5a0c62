// SPDX-License-Identifier: LGPL-2.1-or-later
/* The process: what must be in order before the first word is read. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

/* A standard stream that the caller closed would be given to the next socket
 * or map, and a printf() would write into it. Opened the wrong way round, it
 * answers EBADF instead. */
static void fill_standard_fds(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	struct weir_cli cli;
	int status;

	fill_standard_fds();
	/* A closed pipe is a write error, told by exit status 1. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 1)
		return WEIR_EXIT_USAGE;
	if (argc > 1 && strcmp(argv[1], "complete") == 0)
		return weir_complete(argv + 2);
	status = weir_cli_parse(argv + 1, &cli);
	return status >= 0 ? status : weir_cli_run(&cli);
}
