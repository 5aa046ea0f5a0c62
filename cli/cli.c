// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A command line from end to end, but for main(): options, the command, its
 * words; then the run and the exit status. Tests parse by weir_cli_parse() and
 * stop there.
 */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/compat.h"
#include "cli/out.h"
#include "cli/say.h"

static bool has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static void fail_command(const char *name)
{
	struct weir_near near = {.text = name};
	const struct weir_command *c;
	char prefixed[128] = "";
	size_t at = 0;

	for (c = weir_commands; c->name; c++) {
		weir_near_add(&near, c->name);
		if (*name && has_prefix(c->name, name) && at < sizeof(prefixed))
			at += (size_t)snprintf(prefixed + at, sizeof(prefixed) - at, "%s%s",
					       at ? ", " : "", c->name);
	}
	if (at)
		weir_say_error("'%s': ambiguous: %s", name, prefixed);
	else if (near.list[0])
		weir_say_error("'%s': unknown command; did you mean %s?", name, near.list);
	else
		weir_say_error("'%s': unknown command; see: weir help", name);
}

const struct weir_command *weir_command_find(const char *name)
{
	const struct weir_command *found = NULL;
	const struct weir_command *c;
	size_t matches = 0;

	for (c = weir_commands; c->name && *name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
		if (has_prefix(c->name, name)) {
			found = c;
			matches++;
		}
	}
	if (matches == 1)
		return found;
	fail_command(name);
	return NULL;
}

static int parse_command(struct weir_cli *cli, char **argv)
{
	struct weir_parse parse = {0};
	int err;

	cli->command = weir_command_find(argv[0]);
	if (!cli->command)
		return WEIR_EXIT_USAGE;
	if (cli->command->foreign) {
		cli->words = argv + 1;
		return -1;
	}
	parse.rows = cli->command->words;
	parse.command = cli->command->name;
	parse.cfg = &cli->cfg;
	err = weir_words_parse(&parse, argv + 1);
	if (err == WEIR_PARSE_HELP) {
		weir_help_print(stdout, cli->command);
		return weir_out_finish() ? WEIR_EXIT_FAILED : WEIR_EXIT_DONE;
	}
	return err ? WEIR_EXIT_USAGE : -1;
}

int weir_cli_parse(char **argv, struct weir_cli *cli)
{
	struct weir_parse parse = {.rows = weir_global_words, .command = "options"};
	int used = 0;
	int err;

	*cli = (struct weir_cli){.command = NULL};
	parse.cfg = &cli->globals;
	err = weir_options_parse(&parse, argv, &used);
	if (err == WEIR_PARSE_HELP) {
		weir_help_print(stdout, NULL);
		return weir_out_finish() ? WEIR_EXIT_FAILED : WEIR_EXIT_DONE;
	}
	if (err)
		return WEIR_EXIT_USAGE;
	if (cli->globals.version) {
		cli->command = weir_command_find("version");
		return -1;
	}
	if (!argv[used]) {
		weir_help_print(stderr, NULL);
		return WEIR_EXIT_USAGE;
	}
	return parse_command(cli, argv + used);
}

int weir_cli_run(const struct weir_cli *cli)
{
	int err, out_err;

	if (cli->command->foreign)
		return weir_compat_main(cli->command->name, cli->words, &cli->globals);
	weir_process_prepare();
	weir_say_start(cli->globals.quiet, cli->globals.verbose);
	err = cli->command->run(&cli->globals, &cli->cfg);
	out_err = weir_out_finish();
	if (err < 0 && !weir_say_had_error())
		weir_say_error("%s: %s", cli->command->name, strerror(-err));
	if (err < 0 || out_err < 0)
		return WEIR_EXIT_FAILED;
	return err ? WEIR_EXIT_USAGE : WEIR_EXIT_DONE;
}
