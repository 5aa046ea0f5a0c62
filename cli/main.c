// SPDX-License-Identifier: LGPL-2.1-or-later
/* The process: what must be in order before the first word is read. */
#include <string.h>

#include "cli/command.h"
#include "cli/compat.h"

int main(int argc, char **argv)
{
	struct weir_cli cli;
	int status;

	/* A shim leaves the process as it got it, for the real program. */
	if (argc > 0 && weir_compat_is_name(argv[0]))
		return weir_compat_main(argv[0], argv + 1, NULL);
	weir_process_open_streams();
	weir_process_argv = argv;
	if (argc < 1)
		return WEIR_EXIT_USAGE;
	if (argc > 1 && strcmp(argv[1], "complete") == 0)
		return weir_complete(argv + 2);
	status = weir_cli_parse(argv + 1, &cli);
	return status >= 0 ? status : weir_cli_run(&cli);
}
