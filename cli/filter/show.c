// SPDX-License-Identifier: LGPL-2.1-or-later
/* A set printed. */
#include "cli/filter/show.h"

#include <inttypes.h>
#include <unistd.h>

#include "cli/out.h"
#include "cli/rules/maps.h"

struct show {
	struct weir_counters *hits;
	struct weir_json json;
	bool as_json;
	uint64_t sharing[WEIR_SHARED_COUNTERS]; /* rules of lists that count together */
};

static void print_count(struct weir_json *json, struct weir_count count)
{
	if (json) {
		weir_json_u64(json, "packets", count.packets);
		weir_json_u64(json, "bytes", count.bytes);
	} else {
		printf("%" PRIu64 " packets %" PRIu64 " bytes\n", count.packets, count.bytes);
	}
}

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
			print_count(&show->json, weir_counters_value(show->hits, rule->counter));
		weir_json_object_end(&show->json);
	} else if (is_shared) {
		puts(text);
	} else {
		printf("%-40s # ", text);
		print_count(NULL, weir_counters_value(show->hits, rule->counter));
	}
}

/* "deny src ipv4" */
static void shared_text(unsigned int counter, char *buf, size_t len)
{
	snprintf(buf, len, "%s %s %s", counter & 1 ? "deny" : "allow",
		 counter / 2 % WEIR_SIDES == WEIR_SRC ? "src" : "dst",
		 counter / (2 * WEIR_SIDES) == WEIR_IPV4 ? "ipv4" : "ipv6");
}

static void print_shared(struct show *show)
{
	char text[32];

	for (unsigned int i = 0; i < WEIR_SHARED_COUNTERS; i++) {
		if (!show->sharing[i])
			continue;
		shared_text(i, text, sizeof(text));
		if (show->as_json) {
			weir_json_object(&show->json, NULL);
			weir_json_string(&show->json, "of", text);
			weir_json_u64(&show->json, "rules", show->sharing[i]);
			print_count(&show->json, weir_counters_value(show->hits, i));
			weir_json_object_end(&show->json);
		} else {
			printf("# %" PRIu64 " rules %s: ", show->sharing[i], text);
			print_count(NULL, weir_counters_value(show->hits, i));
		}
	}
}

static void print_reasons(struct weir_counters *reasons, struct weir_json *json)
{
	int n = weir_counters_read(reasons);

	for (int i = 0; i < n; i++) {
		struct weir_count count = weir_counters_value(reasons, (size_t)i);
		const char *name = weir_counters_name(reasons, (size_t)i);

		if (json) {
			weir_json_object(json, name);
			print_count(json, count);
			weir_json_object_end(json);
		} else if (count.packets) {
			printf("# %s: ", name);
			print_count(NULL, count);
		}
	}
}

static void print_text(const char *title, const struct weir_set *set, struct show *show,
		       struct weir_counters *reasons)
{
	printf("# ");
	weir_text_print(stdout, title);
	printf(": %zu rules\ndefault %s\n", set->n_rules + set->n_list,
	       set->deny ? "deny" : "allow");
	weir_set_each(set, print_rule, show);
	print_shared(show);
	print_reasons(reasons, NULL);
}

static void print_json(const struct weir_globals *globals, const char *title,
		       const struct weir_set *set, struct show *show, struct weir_counters *reasons)
{
	struct weir_json *json = &show->json;

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
	print_reasons(reasons, json);
	weir_json_object_end(json);
	weir_json_object_end(json);
	weir_json_end(json);
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
		print_json(globals, title, &set, &show, reasons);
	else if (!err)
		print_text(title, &set, &show, reasons);
	weir_counters_close(show.hits);
	weir_counters_close(reasons);
	if (hit_fd >= 0)
		close(hit_fd);
	weir_set_free(&set);
	return err;
}

/* ---- changes ------------------------------------------------------------- */

struct changes {
	struct weir_json json;
	bool as_json;
	const char *sign, *word;
};

static void print_line(struct changes *changes, const char *text)
{
	if (!changes->as_json) {
		printf("%s %s\n", changes->sign, text);
		return;
	}
	weir_json_object(&changes->json, NULL);
	weir_json_string(&changes->json, "change", changes->word);
	weir_json_string(&changes->json, "rule", text);
	weir_json_object_end(&changes->json);
}

static void print_change(const struct weir_filter_rule *rule, void *ctx)
{
	char text[WEIR_RULE_TEXT_MAX];

	print_line(ctx, weir_rule_text(rule, text));
}

void weir_ruleset_show_changes(const struct weir_globals *globals, const struct weir_set *old,
			       const struct weir_set *wanted)
{
	struct changes changes = {.as_json = globals->json};

	if (globals->json) {
		weir_json_start(&changes.json, stdout, globals->pretty);
		weir_json_array(&changes.json, NULL);
	}
	changes.sign = "-";
	changes.word = "gone";
	if (old->deny != wanted->deny)
		print_line(&changes, old->deny ? "default deny" : "default allow");
	weir_set_differ(wanted, old, print_change, &changes);
	changes.sign = "+";
	changes.word = "new";
	if (old->deny != wanted->deny)
		print_line(&changes, wanted->deny ? "default deny" : "default allow");
	weir_set_differ(old, wanted, print_change, &changes);
	if (globals->json) {
		weir_json_array_end(&changes.json);
		weir_json_end(&changes.json);
	}
}
