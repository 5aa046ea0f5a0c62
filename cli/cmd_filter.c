// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir filter. In: an interface or a set, and what to do with its rules. Out: the set
 * replaced in one step, and attached where it was not yet; or its rules, printed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/filter/show.h"
#include "cli/rules/load.h"
#include "cli/rules/maps.h"
#include "cli/say.h"
#include "cli/step/line.h"

/* One run of the command. */
struct run {
	const struct weir_filter_config *cfg;
	struct weir_step_line line;
	struct weir_set old, set; /* edit */
};

static int read_rule(const struct weir_filter_config *cfg, bool deny, struct weir_filter_rule *out)
{
	char why[160];
	int err = weir_rule_read(&cfg->words, deny, out, why);

	if (err)
		weir_say_error("filter: %s", why);
	return err;
}

static int add_rule(const struct run *run, struct weir_set *set)
{
	struct weir_filter_rule rule;
	int err = read_rule(run->cfg, run->cfg->verb == WEIR_FILTER_DENY_RULE, &rule);

	err = err ?: weir_set_append(set, &rule, 0);
	return err ?: weir_set_settle(set, "filter");
}

static int del_rule(const struct run *run, struct weir_set *set)
{
	char text[WEIR_RULE_TEXT_MAX];
	struct weir_filter_rule rule;
	int err = read_rule(run->cfg, false, &rule);

	if (err || weir_set_remove(set, &rule))
		return err;
	weir_rule_text(&rule, text);
	weir_say_error("filter: %s: no such rule; show lists them", strchr(text, ' ') + 1);
	return -ENOENT;
}

static int load_rules(const struct run *run, struct weir_set *set)
{
	const struct weir_bare bare = {
		.deny = !(run->cfg->with & WEIR_BARE_ALLOW),
		.side = run->cfg->with & WEIR_BARE_DST ? WEIR_DST : WEIR_SRC,
	};
	bool deny = set->deny;

	weir_set_free(set);
	set->deny = deny;
	return weir_set_load(run->cfg->file, &bare, set);
}

static int change(const struct run *run, struct weir_set *set)
{
	bool deny = set->deny;

	switch (run->cfg->verb) {
	case WEIR_FILTER_ALLOW_RULE:
	case WEIR_FILTER_DENY_RULE:
		return add_rule(run, set);
	case WEIR_FILTER_DEL:
		return del_rule(run, set);
	case WEIR_FILTER_LOAD:
		return load_rules(run, set);
	case WEIR_FILTER_FLUSH:
		weir_set_free(set);
		set->deny = deny;
		return 0;
	default:
		set->deny = run->cfg->fallback == WEIR_FALLBACK_DENY;
		return 0;
	}
}

static void count_rule(const struct weir_filter_rule *rule, void *ctx)
{
	(void)rule;
	++*(size_t *)ctx;
}

static bool is_changed(const struct weir_set *old, const struct weir_set *set)
{
	size_t n = 0;

	if (old->deny != set->deny || old->n_rules != set->n_rules || old->n_list != set->n_list)
		return true;
	weir_set_differ(old, set, count_rule, &n);
	return n > 0;
}

static int write_set(void *ctx)
{
	struct run *run = ctx;

	return weir_ruleset_write(&run->line.slot, &run->set, run->line.there ? &run->old : NULL);
}

static int edit(void *ctx)
{
	struct run *run = ctx;
	struct weir_step_line *line = &run->line;
	int err = 0;

	if (line->there) {
		err = weir_rules_read(line->slot.prog_id, &run->old);
		err = err ?: weir_rules_read(line->slot.prog_id, &run->set);
	}
	err = err ?: change(run, &run->set);
	if (!err && run->cfg->dry_run) {
		weir_ruleset_show_changes(line->globals, &run->old, &run->set);
		err = weir_ruleset_try(&line->slot, &run->set);
	} else if (!err && (!line->there || is_changed(&run->old, &run->set))) {
		err = weir_step_line_install(line, write_set, run);
	} else if (!err && line->place->dev && !line->attached) {
		err = weir_step_line_attach(line);
	}
	weir_set_free(&run->old);
	weir_set_free(&run->set);
	return err;
}

static int show(void *ctx)
{
	const struct run *run = ctx;
	char title[128];

	weir_step_line_title(&run->line, title, sizeof(title));
	return weir_ruleset_show(run->line.globals, &run->line.slot, title);
}

/* Only what the verb takes. */
static int check_words(const struct weir_filter_config *cfg)
{
	bool takes_rule = cfg->verb == WEIR_FILTER_ALLOW_RULE ||
			  cfg->verb == WEIR_FILTER_DENY_RULE || cfg->verb == WEIR_FILTER_DEL;

	if (cfg->dry_run && (cfg->verb == WEIR_FILTER_OFF || cfg->verb == WEIR_FILTER_SHOW)) {
		weir_say_error("filter: dry-run goes with what changes rules");
		return WEIR_EXIT_USAGE;
	}
	if (takes_rule || !weir_rule_words_any(&cfg->words))
		return 0;
	weir_say_error("filter: what a rule matches goes with allow, deny or del");
	return WEIR_EXIT_USAGE;
}

static enum weir_step_does does(uint32_t verb)
{
	switch (verb) {
	case WEIR_FILTER_SHOW:
		return WEIR_STEP_SHOWS;
	case WEIR_FILTER_DEL:
	case WEIR_FILTER_FLUSH:
		return WEIR_STEP_CHANGES;
	case WEIR_FILTER_OFF:
		return WEIR_STEP_TAKES_OFF;
	default:
		return WEIR_STEP_MAKES;
	}
}

int weir_cmd_filter(const struct weir_globals *globals, const union weir_config *config)
{
	struct weir_filter_config cfg = config->filter;
	struct run run = {.cfg = &cfg};
	int err;

	/* words of their own say these two */
	if (cfg.file)
		cfg.verb = WEIR_FILTER_LOAD;
	else if (cfg.fallback)
		cfg.verb = WEIR_FILTER_DEFAULT;
	err = check_words(&cfg);
	if (err)
		return err;
	weir_step_line_init(&run.line, &weir_step_filter, globals, &cfg.place);
	err = weir_step_line_run(&run.line, does(cfg.verb), cfg.dry_run, show, edit, &run);
	weir_step_line_close(&run.line);
	return err;
}
