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
#include "cli/filter/line.h"
#include "cli/filter/load.h"
#include "cli/filter/show.h"
#include "cli/say.h"

static int read_rule(const struct weir_filter_config *cfg, bool deny, struct weir_filter_rule *out)
{
	char why[160];
	int err = weir_rule_read(&cfg->words, deny, out, why);

	if (err)
		weir_say_error("filter: %s", why);
	return err;
}

static int add_rule(const struct weir_filter_line *line, struct weir_set *set)
{
	struct weir_filter_rule rule;
	int err = read_rule(line->cfg, line->cfg->verb == WEIR_FILTER_DENY_RULE, &rule);

	err = err ?: weir_set_append(set, &rule, 0);
	return err ?: weir_set_settle(set, "filter");
}

static int del_rule(const struct weir_filter_line *line, struct weir_set *set)
{
	char text[WEIR_RULE_TEXT_MAX];
	struct weir_filter_rule rule;
	int err = read_rule(line->cfg, false, &rule);

	if (err || weir_set_remove(set, &rule))
		return err;
	weir_rule_text(&rule, text);
	weir_say_error("filter: %s: no such rule; show lists them", strchr(text, ' ') + 1);
	return -ENOENT;
}

static int load_rules(const struct weir_filter_line *line, struct weir_set *set)
{
	const struct weir_bare bare = {
		.deny = !(line->cfg->with & WEIR_BARE_ALLOW),
		.side = line->cfg->with & WEIR_BARE_DST ? WEIR_DST : WEIR_SRC,
	};
	bool deny = set->deny;

	weir_set_free(set);
	set->deny = deny;
	return weir_set_load(line->cfg->file, &bare, set);
}

static int change(const struct weir_filter_line *line, struct weir_set *set)
{
	bool deny = set->deny;

	switch (line->cfg->verb) {
	case WEIR_FILTER_ALLOW_RULE:
	case WEIR_FILTER_DENY_RULE:
		return add_rule(line, set);
	case WEIR_FILTER_DEL:
		return del_rule(line, set);
	case WEIR_FILTER_LOAD:
		return load_rules(line, set);
	case WEIR_FILTER_FLUSH:
		weir_set_free(set);
		set->deny = deny;
		return 0;
	default:
		set->deny = line->cfg->fallback == WEIR_FALLBACK_DENY;
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

static int edit(struct weir_filter_line *line)
{
	struct weir_set old = {0}, set = {0};
	int err = 0;

	if (line->there) {
		err = weir_ruleset_read(&line->filter, &old);
		err = err ?: weir_ruleset_read(&line->filter, &set);
	}
	err = err ?: change(line, &set);
	if (!err && line->cfg->dry_run) {
		weir_ruleset_show_changes(line->globals, &old, &set);
		err = weir_ruleset_try(&line->filter, &set);
	} else if (!err && (!line->there || is_changed(&old, &set))) {
		err = weir_filter_line_install(line, &set, &old);
	} else if (!err && line->cfg->dev && !line->attached) {
		err = weir_filter_line_attach(line);
	}
	weir_set_free(&old);
	weir_set_free(&set);
	return err;
}

static int refuse_missing(const struct weir_filter_line *line)
{
	if (line->there)
		weir_say_error("%s: does not filter by set '%s'; a first rule attaches it",
			       line->cfg->dev, line->cfg->set);
	else if (line->cfg->dev)
		weir_say_error(
			"%s: no filter is attached; a first rule attaches one: weir filter dev "
			"%s deny src PREFIX",
			line->cfg->dev, line->cfg->dev);
	else
		weir_say_error("filter: there is no set '%s'", line->cfg->set);
	return -ENOENT;
}

static int show(const struct weir_filter_line *line)
{
	char title[128];
	int n = 0;

	if (line->cfg->dev)
		n = snprintf(title, sizeof(title), "%s %s", line->cfg->dev,
			     weir_hook_name(line->hook));
	if (!weir_filter_line_is_nameless(line))
		snprintf(title + n, sizeof(title) - (size_t)n, "%sset %s", n ? " " : "",
			 line->name);
	return weir_ruleset_show(line->globals, &line->filter, title);
}

/* A set without a name goes with its last interface; one with a name when it is told. */
static int off(const struct weir_filter_line *line)
{
	const struct weir_detach_opts opts = {
		.sz = sizeof(opts),
		.dev = line->cfg->dev,
		.hook = line->hook,
		.name = line->hook == WEIR_HOOK_XDP ? NULL : WEIR_FILTER_SLOT,
	};
	uint32_t id;
	int err = 0;

	if (line->cfg->dev) {
		int removed = weir_detach(line->net, &opts);

		if (removed < 0)
			return removed;
		return line->name[0] && weir_filter_line_is_nameless(line)
			       ? weir_filter_line_unpin(line)
			       : 0;
	}
	err = weir_filter_line_id(line, &id);
	err = err ?: weir_ruleset_is_used(id);
	if (err > 0) {
		weir_say_error("filter: set '%s' filters on interfaces; take it off them first",
			       line->name);
		return -EBUSY;
	}
	return err ?: weir_filter_line_unpin(line);
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

static int run(struct weir_filter_line *line)
{
	uint32_t verb = line->cfg->verb;
	int err = check_words(line->cfg);

	if (err)
		return err;
	if (verb != WEIR_FILTER_SHOW && !line->cfg->dry_run)
		weir_filter_line_lock(line);
	err = weir_filter_line_find(line);
	if (err)
		return err;
	if ((!line->there || (line->cfg->dev && !line->attached)) &&
	    (verb == WEIR_FILTER_SHOW || verb == WEIR_FILTER_DEL || verb == WEIR_FILTER_FLUSH ||
	     verb == WEIR_FILTER_OFF))
		return refuse_missing(line);
	if (verb == WEIR_FILTER_SHOW)
		return show(line);
	return verb == WEIR_FILTER_OFF ? off(line) : edit(line);
}

int weir_cmd_filter(const struct weir_globals *globals, const union weir_config *config)
{
	struct weir_filter_config cfg = config->filter;
	struct weir_filter_line line = {.globals = globals, .cfg = &cfg, .lock_fd = -1};
	int err;

	/* words of their own say these two */
	if (cfg.file)
		cfg.verb = WEIR_FILTER_LOAD;
	else if (cfg.fallback)
		cfg.verb = WEIR_FILTER_DEFAULT;
	line.hook = (enum weir_hook)cfg.hook;
	weir_ruleset_init(&line.filter);
	err = run(&line);
	weir_ruleset_close(&line.filter);
	weir_net_close(line.net);
	if (line.lock_fd >= 0)
		close(line.lock_fd);
	return err;
}
