// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir top, serve, test, bench, capture: executables of their own, since they need libraries that
 * nobody else should have to load. In: a parsed line. Out: that executable in our place; there, its
 * function.
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

int weir_apart_main(const char *name, const struct weir_apart_verb *verbs, int argc, char **argv)
{
	struct weir_cli cli;
	int status;

	weir_apart = (struct weir_apart){name, verbs};
	weir_process_open_streams();
	if (argc < 1)
		return WEIR_EXIT_USAGE;
	status = weir_cli_parse(argv + 1, &cli);
	return status >= 0 ? status : weir_cli_run(&cli);
}

static void try_place(const char *dir, const char *place, const char *name)
{
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s%s/weir-%s", dir, place, name);
	(void)execv(path, weir_process_argv);
}

/* Beside weir as it is built, where it is installed, and where it was configured to be. */
static void become(const char *name)
{
	char dir[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	char *slash;

	weir_process_restore();
	dir[n > 0 ? n : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash) {
		*slash = '\0';
		try_place(dir, "", name);
		try_place(dir, "/../libexec/weir", name);
	}
	try_place(WEIR_LIBEXEC, "/weir", name);
}

static int run_apart(const char *name, const char *verb, const struct weir_globals *globals,
		     const union weir_config *cfg)
{
	if (weir_apart.name && !strcmp(weir_apart.name, name))
		for (const struct weir_apart_verb *v = weir_apart.verbs; v->verb; v++)
			if (!strcmp(v->verb, verb))
				return v->run(globals, cfg);
	if (weir_process_argv)
		become(name);
	weir_say_error(
		"%s: the program weir-%s is not beside weir, nor in ../libexec/weir or %s/weir; "
		"install it",
		name, name, WEIR_LIBEXEC);
	return -ENOENT;
}

int weir_cmd_top(const struct weir_globals *globals, const union weir_config *cfg)
{
	return run_apart("top", "top", globals, cfg);
}

int weir_cmd_serve(const struct weir_globals *globals, const union weir_config *cfg)
{
	return run_apart("serve", "serve", globals, cfg);
}

int weir_cmd_test(const struct weir_globals *globals, const union weir_config *cfg)
{
	return run_apart("packets", "test", globals, cfg);
}

int weir_cmd_bench(const struct weir_globals *globals, const union weir_config *cfg)
{
	return run_apart("packets", "bench", globals, cfg);
}

int weir_cmd_capture(const struct weir_globals *globals, const union weir_config *cfg)
{
	return run_apart("packets", "capture", globals, cfg);
}
