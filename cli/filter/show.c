// SPDX-License-Identifier: LGPL-2.1-or-later
/* A set printed. */
#include "cli/filter/show.h"

#include <inttypes.h>
#include <unistd.h>

#include "cli/out.h"
#include "cli/rules/changes.h"
#include "cli/rules/maps.h"
#include "cli/step/print.h"

struct show {
	struct weir_counters *hits;
	struct weir_json json;
	bool as_json;
	uint64_t sharing[WEIR_SHARED_COUNTERS]; /* rules of lists that count together */
};

static void print_rule(const struct weir_filter_rule *rule, void *ctx)
{
	bool is_shared = rule->counter < WEIR_SHARED_COUNTERS;
	char text[WEIR_RULE_TEXT_MAX];
	struct show *show = ctx;

	weir_rule_text(rule, text);
	if (is_shared)
		show->sharing[rule->counter]++;
	if (show->as_json) {
		weir_json_object(&show->json, NULL);
		weir_json_string(&show->json, "rule", text);
		if (!is_shared)
			weir_step_print_count(&show->json,
					      weir_counters_value(show->hits, rule->counter));
		weir_json_object_end(&show->json);
	} else if (is_shared) {
		puts(text);
	} else {
		printf("%-40s # ", text);
		weir_step_print_count(NULL, weir_counters_value(show->hits, rule->counter));
		putchar('\n');
	}
}

static void print_shared(struct show *show)
{
	char text[WEIR_RULE_TEXT_MAX];

	for (unsigned int i = 0; i < WEIR_SHARED_COUNTERS; i++) {
		if (!show->sharing[i])
			continue;
		weir_shared_text(i, text);
		if (show->as_json) {
			weir_json_object(&show->json, NULL);
			weir_json_string(&show->json, "of", text);
			weir_json_u64(&show->json, "rules", show->sharing[i]);
			weir_step_print_count(&show->json, weir_counters_value(show->hits, i));
			weir_json_object_end(&show->json);
		} else {
			printf("# %" PRIu64 " rules %s: ", show->sharing[i], text);
			weir_step_print_count(NULL, weir_counters_value(show->hits, i));
			putchar('\n');
		}
	}
}

static int print_text(const char *title, const struct weir_set *set, struct show *show,
		      struct weir_counters *reasons)
{
	weir_step_print_title(title, set->n_rules + set->n_list);
	printf("\ndefault %s\n", set->deny ? "deny" : "allow");
	weir_set_each(set, print_rule, show);
	print_shared(show);
	return weir_step_print_reasons(NULL, reasons);
}

static int print_json(const struct weir_globals *globals, const char *title,
		      const struct weir_set *set, struct show *show, struct weir_counters *reasons)
{
	struct weir_json *json = &show->json;
	int err;

	show->as_json = true;
	weir_json_start(json, stdout, globals->pretty);
	weir_json_object(json, NULL);
	weir_json_string(json, "filter", title);
	weir_json_string(json, "default", set->deny ? "deny" : "allow");
	weir_json_array(json, "rules");
	weir_set_each(set, print_rule, show);
	weir_json_array_end(json);
	weir_json_array(json, "together");
	print_shared(show);
	weir_json_array_end(json);
	weir_json_object(json, "reasons");
	err = weir_step_print_reasons(json, reasons);
	weir_json_object_end(json);
	weir_json_object_end(json);
	weir_json_end(json);
	return err;
}

int weir_ruleset_show(const struct weir_globals *globals, const struct weir_slot *slot,
		      const char *title)
{
	struct weir_counters *reasons = NULL;
	struct weir_set set = {0};
	struct show show = {0};
	int err = weir_rules_read(slot->prog_id, &set);
	int hit_fd = err ? err : weir_ruleset_hits(slot);

	err = hit_fd < 0 ? hit_fd : weir_counters_open(hit_fd, NULL, &show.hits);
	err = err ?: weir_counters_open(slot->reason_fd, NULL, &reasons);
	if (!err) {
		int n = weir_counters_read(show.hits);

		err = n < 0 ? n : 0;
	}
	if (!err && globals->json)
		err = print_json(globals, title, &set, &show, reasons);
	else if (!err)
		err = print_text(title, &set, &show, reasons);
	weir_counters_close(show.hits);
	weir_counters_close(reasons);
	if (hit_fd >= 0)
		close(hit_fd);
	weir_set_free(&set);
	return err;
}

/* ---- changes ------------------------------------------------------------- */

static void print_change(const struct weir_filter_rule *rule, void *changes)
{
	char text[WEIR_RULE_TEXT_MAX];

	weir_changes_line(changes, weir_rule_text(rule, text));
}

/* Of @of, which @other has not. */
static void print_default(struct weir_changes *changes, const struct weir_set *of,
			  const struct weir_set *other)
{
	if (of->deny != other->deny)
		weir_changes_line(changes, of->deny ? "default deny" : "default allow");
}

void weir_ruleset_show_changes(const struct weir_globals *globals, const struct weir_set *old,
			       const struct weir_set *wanted)
{
	struct weir_changes changes;

	weir_changes_start(&changes, globals);
	print_default(&changes, old, wanted);
	weir_set_differ(wanted, old, print_change, &changes);
	changes.is_new = true;
	print_default(&changes, wanted, old);
	weir_set_differ(old, wanted, print_change, &changes);
	weir_changes_end(&changes);
}
