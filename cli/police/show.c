// SPDX-License-Identifier: LGPL-2.1-or-later
/* A set printed. */
#include "cli/police/show.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/out.h"
#include "cli/rules/changes.h"
#include "cli/say.h"
#include "cli/step/print.h"

struct show {
	const struct weir_police_set *set;
	struct weir_counters *conform, *exceed, *reasons;
	struct weir_json json;
	bool as_json;
};

/* Into an object of its own, or behind its name. */
static void print_count(struct weir_json *json, const char *name, struct weir_count count)
{
	if (json)
		weir_json_object(json, name);
	else
		printf("%s: ", name);
	weir_step_print_count(json, count);
	if (json)
		weir_json_object_end(json);
}

static void print_limit(const struct weir_filter_rule *rule, void *ctx)
{
	struct show *show = ctx;
	struct weir_count conform = weir_counters_value(show->conform, rule->counter);
	struct weir_count exceed = weir_counters_value(show->exceed, rule->counter);
	char text[WEIR_LIMIT_TEXT_MAX];

	if (rule->counter >= show->set->n)
		return;
	weir_limit_text(rule, &show->set->policies[rule->counter], text);
	if (show->as_json) {
		weir_json_object(&show->json, NULL);
		weir_json_string(&show->json, "rule", text);
		print_count(&show->json, "conform", conform);
		print_count(&show->json, "exceed", exceed);
		weir_json_object_end(&show->json);
	} else {
		printf("%-40s # ", text);
		print_count(NULL, "conform", conform);
		printf(", ");
		print_count(NULL, "exceed", exceed);
		putchar('\n');
	}
}

static int print_text(const char *title, struct show *show)
{
	const struct weir_set *set = &show->set->set;

	weir_step_print_title(title, set->n_rules + set->n_list + weir_police_has_rest(show->set));
	printf(", tick %" PRIu64 " us\nbuckets %u\n", weir_tick_ns() / 1000,
	       show->set->policies[0].value);
	weir_police_each(show->set, print_limit, show);
	return weir_step_print_reasons(NULL, show->reasons);
}

static int print_json(const struct weir_globals *globals, const char *title, struct show *show)
{
	struct weir_json *json = &show->json;
	int err;

	show->as_json = true;
	weir_json_start(json, stdout, globals->pretty);
	weir_json_object(json, NULL);
	weir_json_string(json, "police", title);
	weir_json_u64(json, "tick_ns", weir_tick_ns());
	weir_json_u64(json, "buckets", show->set->policies[0].value);
	weir_json_array(json, "rules");
	weir_police_each(show->set, print_limit, show);
	weir_json_array_end(json);
	weir_json_object(json, "reasons");
	err = weir_step_print_reasons(json, show->reasons);
	weir_json_object_end(json);
	weir_json_object_end(json);
	weir_json_end(json);
	return err;
}

static int open_counters(const struct weir_slot *slot, const char *name, struct weir_counters **out)
{
	int fd = weir_slot_map(slot, name), err = fd;

	if (fd < 0)
		weir_say_error("police: program id %u: its rules have no counters: %s",
			       slot->prog_id, strerror(-fd));
	else
		err = weir_counters_open(fd, NULL, out);
	if (fd >= 0)
		close(fd);
	if (!err)
		err = weir_counters_read(*out);
	return err < 0 ? err : 0;
}

int weir_police_show(const struct weir_globals *globals, const struct weir_slot *slot,
		     const char *title)
{
	struct weir_police_set set = {0};
	struct show show = {.set = &set};
	int err = weir_police_read(slot, &set);

	err = err ?: open_counters(slot, "weir_conform", &show.conform);
	err = err ?: open_counters(slot, "weir_exceed", &show.exceed);
	err = err ?: weir_counters_open(slot->reason_fd, NULL, &show.reasons);
	if (!err && globals->json)
		err = print_json(globals, title, &show);
	else if (!err)
		err = print_text(title, &show);
	weir_counters_close(show.conform);
	weir_counters_close(show.exceed);
	weir_counters_close(show.reasons);
	weir_police_set_free(&set);
	return err;
}

/* ---- changes ------------------------------------------------------------- */

static void print_change(const struct weir_filter_rule *rule, const struct weir_policy *policy,
			 void *ctx)
{
	char text[WEIR_LIMIT_TEXT_MAX];

	weir_changes_line(ctx, weir_limit_text(rule, policy, text));
}

static void print_buckets(struct weir_changes *changes, const struct weir_limits *of,
			  const struct weir_limits *other)
{
	char text[32];

	if (of->buckets == other->buckets)
		return;
	snprintf(text, sizeof(text), "buckets %u", of->buckets);
	weir_changes_line(changes, text);
}

void weir_police_show_changes(const struct weir_globals *globals, const struct weir_limits *old,
			      const struct weir_limits *wanted)
{
	struct weir_changes changes;

	weir_changes_start(&changes, globals);
	print_buckets(&changes, old, wanted);
	weir_limits_differ(wanted, old, print_change, &changes);
	changes.is_new = true;
	print_buckets(&changes, wanted, old);
	weir_limits_differ(old, wanted, print_change, &changes);
	weir_changes_end(&changes);
}
