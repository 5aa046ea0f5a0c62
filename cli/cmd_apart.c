// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir top, weir serve: executables of their own, since they need libraries that nobody
 * else should have to load. In: a parsed line. Out: that executable in our
 * place; there, its function.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/say.h"

struct weir_apart weir_apart;
char **weir_process_argv;

int weir_apart_main(const char *name,
		    int (*run)(const struct weir_globals *globals, const union weir_config *cfg),
		    int argc, char **argv)
{
	struct weir_cli cli;
	int status;

	weir_apart = (struct weir_apart){name, run};
	weir_process_open_streams();
	if (argc < 1)
		return WEIR_EXIT_USAGE;
	status = weir_cli_parse(argv + 1, &cli);
	return status >= 0 ? status : weir_cli_run(&cli);
}

/* Beside weir as it is built, and where it is installed. */
static void become(const char *name)
{
	static const char *const places[] = {"", "../libexec/weir/"};
	char exe[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n < 0)
		return;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	weir_process_restore();
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, sizeof(path), "%s/%sweir-%s", exe, places[i], name);
		(void)execv(path, weir_process_argv);
	}
}

static int run_apart(const char *name, const struct weir_globals *globals,
		     const union weir_config *cfg)
{
	if (weir_apart.name && !strcmp(weir_apart.name, name))
		return weir_apart.run(globals, cfg);
	if (weir_process_argv)
		become(name);
	weir_say_error("%s: the program weir-%s is not beside weir, nor in ../libexec/weir; "
		       "install it",
		       name, name);
	return -ENOENT;
}

int weir_cmd_top(const struct weir_globals *globals, const union weir_config *cfg)
{
	return run_apart("top", globals, cfg);
}

int weir_cmd_serve(const struct weir_globals *globals, const union weir_config *cfg)
{
	return run_apart("serve", globals, cfg);
}
