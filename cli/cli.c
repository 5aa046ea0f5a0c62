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

/* @of: the command whose verbs these are; NULL: commands. */
static void fail_command(const struct weir_command *of, const struct weir_command *list,
			 const char *name)
{
	struct weir_near near = {.text = name};
	const struct weir_command *c;
	char prefixed[128] = "", owner[32] = "";
	size_t at = 0;

	for (c = list; c->name; c++) {
		weir_near_add(&near, c->name);
		if (*name && has_prefix(c->name, name) && at < sizeof(prefixed))
			at += (size_t)snprintf(prefixed + at, sizeof(prefixed) - at, "%s%s",
					       at ? ", " : "", c->name);
	}
	if (of)
		snprintf(owner, sizeof(owner), "%s: ", of->name);
	if (at)
		weir_say_error("%s'%s': ambiguous: %s", owner, name, prefixed);
	else if (near.list[0])
		weir_say_error("%s'%s': unknown command; did you mean %s?", owner, name, near.list);
	else
		weir_say_error("%s'%s': unknown command; see: weir help%s%s", owner, name,
			       of ? " " : "", of ? of->name : "");
}

/* Verbs are named with their command: "map dump". */
static const struct weir_command *find(const struct weir_command *of,
				       const struct weir_command *list, const char *name)
{
	const struct weir_command *found = NULL;
	const struct weir_command *c;
	size_t matches = 0;

	for (c = list; c->name && *name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
		if (has_prefix(c->name, name)) {
			found = c;
			matches++;
		}
	}
	if (matches == 1)
		return found;
	fail_command(of, list, name);
	return NULL;
}

const struct weir_command *weir_command_find(const char *name)
{
	return find(NULL, weir_commands, name);
}

const struct weir_command *weir_verb_find(const struct weir_command *command, const char *name)
{
	return find(command, command->verbs, name);
}

static int print_help(const struct weir_command *of, const struct weir_command *command)
{
	weir_help_print(stdout, of, command);
	return weir_out_finish() ? WEIR_EXIT_FAILED : WEIR_EXIT_DONE;
}

static int parse_command(struct weir_cli *cli, char **argv)
{
	struct weir_parse parse = {0};
	char name[64];
	int err;

	cli->command = weir_command_find(argv[0]);
	if (!cli->command)
		return WEIR_EXIT_USAGE;
	if (cli->command->foreign) {
		cli->words = argv + 1;
		return -1;
	}
	snprintf(name, sizeof(name), "%s", cli->command->name);
	if (cli->command->verbs) {
		cli->of = cli->command;
		if (!argv[1] || weir_words_is_help(argv[1])) {
			weir_help_print(argv[1] ? stdout : stderr, NULL, cli->of);
			return argv[1] ? WEIR_EXIT_DONE : WEIR_EXIT_USAGE;
		}
		cli->command = weir_verb_find(cli->of, argv[1]);
		if (!cli->command)
			return WEIR_EXIT_USAGE;
		snprintf(name, sizeof(name), "%s %s", cli->of->name, cli->command->name);
		argv++;
	}
	parse.rows = cli->command->words;
	parse.command = name;
	parse.cfg = &cli->cfg;
	err = weir_words_parse(&parse, argv + 1);
	if (err == WEIR_PARSE_HELP)
		return print_help(cli->of, cli->command);
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
	if (err == WEIR_PARSE_HELP)
		return print_help(NULL, NULL);
	if (err)
		return WEIR_EXIT_USAGE;
	if (cli->globals.version) {
		cli->command = weir_command_find("version");
		return -1;
	}
	if (!argv[used]) {
		weir_help_print(stderr, NULL, NULL);
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
	if (err < 0 && out_err != -EPIPE && !weir_say_had_error())
		weir_say_error("%s: %s", cli->command->name, strerror(-err));
	if (err < 0 || out_err < 0 || err == WEIR_EXIT_DIFFERS)
		return WEIR_EXIT_FAILED;
	return err ? WEIR_EXIT_USAGE : WEIR_EXIT_DONE;
}
