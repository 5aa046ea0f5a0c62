// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir help, weir version: the rows of cli/words.c as text. */
#include <bpf/libbpf.h>

#include "cli/command.h"
#include "cli/out.h"
#include "cli/say.h"

#ifndef WEIR_VERSION /* given by the Makefile */
#define WEIR_VERSION "unknown"
#endif

static void print_overview(FILE *out)
{
	const struct weir_word *row;
	const struct weir_command *c;

	fputs("usage: weir [OPTIONS] COMMAND [WORDS]\n\n", out);
	for (c = weir_commands; c->name; c++)
		fprintf(out, "  %-9s %s\n", c->name, c->help);
	fputs("\noptions, before the command:\n", out);
	for (row = weir_global_words; row->help; row++) {
		char name[32];

		snprintf(name, sizeof(name), "-%s%s%s", row->word, row->metavar ? " " : "",
			 row->metavar ? row->metavar : "");
		fprintf(out, "  %c%c%c %-13s %s\n", row->letter ? '-' : ' ',
			row->letter ? row->letter : ' ', row->letter ? ',' : ' ', name, row->help);
	}
	fputs("\nEvery word may be shortened as long as it stays unambiguous.\n"
	      "weir help COMMAND explains a command; man 8 weir has everything.\n",
	      out);
}

static void print_verbs(FILE *out, const struct weir_command *command)
{
	fprintf(out, "usage: weir %s VERB [WORDS]\n\n%s\n\n", command->name, command->help);
	for (const struct weir_command *c = command->verbs; c->name; c++)
		fprintf(out, "  %-9s %s\n", c->name, c->help);
	if (command->detail)
		fprintf(out, "\n%s", command->detail);
	fprintf(out, "\nweir help %s VERB explains a verb.\n", command->name);
}

void weir_help_print(FILE *out, const struct weir_command *of, const struct weir_command *command)
{
	if (!command) {
		print_overview(out);
		return;
	}
	if (command->verbs) {
		print_verbs(out, command);
		return;
	}
	fprintf(out, "usage: weir %s%s%s%s", of ? of->name : "", of ? " " : "", command->name,
		command->words[0].help ? " " : "");
	weir_words_synopsis(out, command->words);
	fprintf(out, "\n\n%s\n", command->help);
	if (command->words[0].help) {
		fputc('\n', out);
		weir_words_help(out, command->words);
	}
	if (command->detail)
		fprintf(out, "\n%s", command->detail);
}

int weir_cmd_help(const struct weir_globals *globals, const union weir_config *cfg)
{
	const struct weir_command *command = NULL, *of = NULL;

	(void)globals;
	if (cfg->help.command) {
		command = weir_command_find(cfg->help.command);
		if (!command)
			return WEIR_EXIT_USAGE;
	}
	if (command && cfg->help.verb) {
		if (!command->verbs) {
			weir_say_error("help: '%s': %s has no verbs", cfg->help.verb,
				       command->name);
			return WEIR_EXIT_USAGE;
		}
		of = command;
		command = weir_verb_find(of, cfg->help.verb);
		if (!command)
			return WEIR_EXIT_USAGE;
	}
	weir_help_print(stdout, of, command);
	return 0;
}

int weir_cmd_version(const struct weir_globals *globals, const union weir_config *cfg)
{
	struct weir_json json;

	(void)cfg;
	if (!globals->json) {
		printf("weir %s, libbpf %s\n", WEIR_VERSION, libbpf_version_string());
		return 0;
	}
	weir_json_start(&json, stdout, globals->pretty);
	weir_json_object(&json, NULL);
	weir_json_string(&json, "version", WEIR_VERSION);
	weir_json_string(&json, "libbpf", libbpf_version_string());
	weir_json_object_end(&json);
	weir_json_end(&json);
	return 0;
}
