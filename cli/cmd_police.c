// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir police. In: an interface or a set, and what to do with its rate limits. Out: the set
 * replaced in one step, and attached where it was not yet; or its rules, printed.
 */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/police/kernel.h"
#include "cli/police/show.h"
#include "cli/say.h"
#include "cli/step/line.h"

/* One run of the command. */
struct run {
	const struct weir_police_config *cfg;
	struct weir_step_line line;
	struct weir_police_set there; /* edit */
	struct weir_limits old, limits;
};

static int add_limit(const struct run *run, struct weir_limits *limits)
{
	struct weir_policy *policy;
	struct weir_limit limit;
	char why[160];
	int err = weir_limit_read(&run->cfg->words, &run->cfg->policy, &limit, why);

	if (err) {
		weir_say_error("police: %s", why);
		return err;
	}
	policy = weir_limits_find(limits, &limit.rule);
	if (policy) {
		*policy = limit.policy;
		return 0;
	}
	err = weir_limits_append(limits, &limit);
	return err ?: weir_limits_settle(limits, "police");
}

static int del_limit(const struct run *run, struct weir_limits *limits)
{
	struct weir_filter_rule rule = {0};
	char text[WEIR_RULE_TEXT_MAX], why[160];
	int err = 0;

	if (weir_rule_words_any(&run->cfg->words))
		err = weir_rule_read(&run->cfg->words, false, &rule, why);
	if (err) {
		weir_say_error("police: %s", why);
		return err;
	}
	if (weir_limits_remove(limits, &rule))
		return 0;
	weir_say_error("police: %s: no such rule; show lists them",
		       rule.has ? strchr(weir_rule_text(&rule, text), ' ') + 1
				: "the one without a match");
	return -ENOENT;
}

static int change(const struct run *run, struct weir_limits *limits)
{
	uint32_t buckets = limits->buckets, generation = limits->generation;

	switch (run->cfg->verb) {
	case WEIR_POLICE_LIMIT:
		return add_limit(run, limits);
	case WEIR_POLICE_DEL:
		return del_limit(run, limits);
	case WEIR_POLICE_LOAD:
		return weir_limits_load(run->cfg->file, limits);
	case WEIR_POLICE_FLUSH:
		weir_limits_free(limits);
		limits->buckets = buckets;
		limits->generation = generation;
		return 0;
	default:
		limits->buckets = run->cfg->buckets;
		return 0;
	}
}

/* ---- what a hook can do -------------------------------------------------- */

struct needs {
	const struct weir_step_line *line;
	int err;
	bool paces;
};

static void check_hook(const struct weir_filter_rule *rule, const struct weir_policy *policy,
		       void *ctx)
{
	struct needs *needs = ctx;
	enum weir_hook hook = needs->line->hook;
	bool is_xdp = needs->line->slot.kind != WEIR_STEP_TC;
	char text[WEIR_LIMIT_TEXT_MAX];
	const char *cause = NULL;

	if (policy->exceed == WEIR_EXCEED_MARK && is_xdp)
		cause = "xdp has no packet marks; use dscp, or ingress or egress";
	else if (policy->exceed == WEIR_EXCEED_PACE && hook != WEIR_HOOK_EGRESS &&
		 (is_xdp || hook == WEIR_HOOK_INGRESS))
		cause = "only egress can send packets later";
	needs->paces |= policy->exceed == WEIR_EXCEED_PACE;
	if (!cause || needs->err)
		return;
	weir_say_error("police: %s: %s", weir_limit_text(rule, policy, text), cause);
	needs->err = -EOPNOTSUPP;
}

/* Of all rules: a set may come to another hook. */
static int check_hooks(const struct run *run)
{
	struct needs needs = {.line = &run->line}, had = {.line = &run->line};

	weir_limits_each(&run->limits, check_hook, &needs);
	if (needs.err)
		return needs.err;
	weir_limits_each(&run->old, check_hook, &had);
	if (needs.paces && !had.paces)
		weir_say_note("pace needs qdisc fq: tc qdisc replace dev %s root fq",
			      run->line.place->dev ? run->line.place->dev : "DEV");
	return 0;
}

/* ---- verbs --------------------------------------------------------------- */

static void count_limit(const struct weir_filter_rule *rule, const struct weir_policy *policy,
			void *ctx)
{
	(void)rule;
	(void)policy;
	++*(size_t *)ctx;
}

static bool is_changed(const struct weir_limits *old, const struct weir_limits *limits)
{
	size_t n = old->buckets != limits->buckets;

	weir_limits_differ(old, limits, count_limit, &n);
	weir_limits_differ(limits, old, count_limit, &n);
	return n > 0;
}

static int write_set(void *ctx)
{
	struct run *run = ctx;

	return weir_police_write(&run->line.slot, &run->limits, &run->there);
}

static int read_sets(struct run *run)
{
	int err = 0;

	if (run->line.there)
		err = weir_police_read(&run->line.slot, &run->there);
	err = err ?: weir_police_limits(&run->there, &run->old);
	return err ?: weir_police_limits(&run->there, &run->limits);
}

static int edit(void *ctx)
{
	struct run *run = ctx;
	struct weir_step_line *line = &run->line;
	int err;

	weir_limits_init(&run->old);
	weir_limits_init(&run->limits);
	err = read_sets(run);
	err = err ?: change(run, &run->limits);
	err = err ?: check_hooks(run);
	if (!err && run->cfg->dry_run) {
		weir_police_show_changes(line->globals, &run->old, &run->limits);
		err = weir_police_try(&line->slot, &run->limits);
	} else if (!err && (!line->there || is_changed(&run->old, &run->limits))) {
		err = weir_step_line_install(line, write_set, run);
	} else if (!err && line->place->dev && !line->attached) {
		err = weir_step_line_attach(line);
	}
	weir_limits_free(&run->old);
	weir_limits_free(&run->limits);
	weir_police_set_free(&run->there);
	return err;
}

static int show(void *ctx)
{
	const struct run *run = ctx;
	char title[128];

	weir_step_line_title(&run->line, title, sizeof(title));
	return weir_police_show(run->line.globals, &run->line.slot, title);
}

/* Only what the verb takes. */
static int check_words(const struct weir_police_config *cfg)
{
	bool takes_match = cfg->verb == WEIR_POLICE_LIMIT || cfg->verb == WEIR_POLICE_DEL;
	const char *cause = NULL;

	if (cfg->dry_run && (cfg->verb == WEIR_POLICE_OFF || cfg->verb == WEIR_POLICE_SHOW))
		cause = "dry-run goes with what changes rules";
	else if (!takes_match && weir_rule_words_any(&cfg->words))
		cause = "what a rule matches goes with limit or del";
	else if (cfg->verb != WEIR_POLICE_LIMIT && weir_policy_words_any(&cfg->policy))
		cause = "rate, burst, per and exceed go with limit";
	if (!cause)
		return 0;
	weir_say_error("police: %s", cause);
	return WEIR_EXIT_USAGE;
}

static enum weir_step_does does(uint32_t verb)
{
	switch (verb) {
	case WEIR_POLICE_SHOW:
		return WEIR_STEP_SHOWS;
	case WEIR_POLICE_DEL:
	case WEIR_POLICE_FLUSH:
		return WEIR_STEP_CHANGES;
	case WEIR_POLICE_OFF:
		return WEIR_STEP_TAKES_OFF;
	default:
		return WEIR_STEP_MAKES;
	}
}

int weir_cmd_police(const struct weir_globals *globals, const union weir_config *config)
{
	struct weir_police_config cfg = config->police;
	struct run run = {.cfg = &cfg};
	int err;

	/* words of their own say these two */
	if (cfg.file)
		cfg.verb = WEIR_POLICE_LOAD;
	else if (cfg.buckets)
		cfg.verb = WEIR_POLICE_RESIZE;
	err = check_words(&cfg);
	if (err)
		return err;
	weir_step_line_init(&run.line, &weir_step_police, globals, &cfg.place);
	err = weir_step_line_run(&run.line, does(cfg.verb), cfg.dry_run, show, edit, &run);
	weir_step_line_close(&run.line);
	return err;
}
