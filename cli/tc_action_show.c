// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Actions of kind bpf as tc prints them: behind a filter, or as a list. Each
 * begins with the line break that ends what stands before it.
 */
#include <inttypes.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include <unistd.h>

#include "cli/tc.h"

static const char *line_break(const struct weir_compat *c)
{
	return c->oneline ? "\\" : "\n";
}

/* ---- control ------------------------------------------------------------- */

static const char *control_word(int32_t control)
{
	static const char *const words[] = {"pass", "reclassify", "drop", "pipe"};

	if (control == TC_ACT_UNSPEC)
		return "continue";
	if (control == TC_ACT_TRAP)
		return "trap";
	if (TC_ACT_EXT_CMP(control, TC_ACT_GOTO_CHAIN))
		return "goto";
	if (TC_ACT_EXT_CMP(control, TC_ACT_JUMP))
		return "jump";
	return control >= 0 && control < 4 ? words[control] : NULL;
}

static void control_show(int32_t control, struct weir_json *json)
{
	uint32_t value = (uint32_t)control & TC_ACT_EXT_VAL_MASK;
	const char *word = control_word(control);
	bool is_goto = TC_ACT_EXT_CMP(control, TC_ACT_GOTO_CHAIN);
	bool is_jump = TC_ACT_EXT_CMP(control, TC_ACT_JUMP);
	char number[16];

	if (!word) {
		snprintf(number, sizeof(number), "[%d]", control);
		word = number;
	}
	if (json) {
		weir_json_object(json, "control_action");
		weir_json_string(json, "type", word);
		if (is_goto || is_jump)
			weir_json_u64(json, is_goto ? "chain" : "jump", value);
		weir_json_object_end(json);
		return;
	}
	printf("default-action %s", word);
	if (is_goto)
		printf(" chain %u", value);
	else if (is_jump)
		printf(" %u", value);
}

/* ---- what is counted ----------------------------------------------------- */

static void time_show(const char *member, const char *word, uint64_t ticks, struct weir_json *json)
{
	uint64_t seconds = ticks / (uint64_t)sysconf(_SC_CLK_TCK);

	if (!ticks)
		return;
	if (json)
		weir_json_u64(json, member, seconds);
	else
		printf(" %s %" PRIu64 " sec", word, seconds);
}

static void times_show(const struct weir_tc_action *action, struct weir_json *json)
{
	time_show("installed", "installed", action->installed_ticks, json);
	time_show("last_used", "used", action->lastuse_ticks, json);
	time_show("first_used", "firstused", action->firstuse_ticks, json);
	time_show("expires", "expires", action->expires_ticks, json);
}

static void stats_show(const struct weir_compat *c, const struct weir_tc_action *action,
		       struct weir_json *json)
{
	const char *nl = line_break(c);

	if (!json) {
		printf("\tAction statistics:%s\tSent %" PRIu64 " bytes %" PRIu64
		       " pkt (dropped %u, overlimits %u requeues %u) %s"
		       "\tbacklog %ub %up requeues %u%s",
		       nl, action->bytes, action->packets, action->drops, action->overlimits,
		       action->requeues, nl, action->backlog_bytes, action->backlog_packets,
		       action->requeues, nl);
		return;
	}
	weir_json_object(json, "stats");
	weir_json_u64(json, "bytes", action->bytes);
	weir_json_u64(json, "packets", action->packets);
	weir_json_u64(json, "drops", action->drops);
	weir_json_u64(json, "overlimits", action->overlimits);
	weir_json_u64(json, "requeues", action->requeues);
	weir_json_u64(json, "backlog", action->backlog_bytes);
	weir_json_u64(json, "qlen", action->backlog_packets);
	weir_json_object_end(json);
}

/* ---- where it counts ----------------------------------------------------- */

static void flag_show(const char *word, struct weir_json *json)
{
	if (json)
		weir_json_bool(json, word, true);
	else
		printf("\t%s", word);
}

/* A line of flags, if there is any. */
static void flags_show(const struct weir_compat *c, const struct weir_tc_action *action,
		       bool in_filter, struct weir_json *json)
{
	static const struct {
		uint32_t bit;
		const char *word;
		bool of_filter;
	} words[] = {
		{TCA_ACT_FLAGS_NO_PERCPU_STATS, "no_percpu", true},
		{TCA_ACT_FLAGS_SKIP_HW, "skip_hw", false},
		{TCA_ACT_FLAGS_SKIP_SW, "skip_sw", false},
	};
	uint32_t flags = action->flags.value & action->flags.known;
	bool hw_told = action->has_hw_count && !in_filter && !(flags & TCA_ACT_FLAGS_SKIP_HW);
	bool any = hw_told;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!(flags & words[i].bit) || (in_filter && !words[i].of_filter))
			continue;
		flag_show(words[i].word, json);
		any = true;
	}
	if (hw_told)
		flag_show(action->in_hw_count ? "in_hw" : "not_in_hw", json);
	if (hw_told && action->in_hw_count && json)
		weir_json_u64(json, "in_hw_count", action->in_hw_count);
	else if (hw_told && action->in_hw_count)
		printf(" in_hw_count %u", action->in_hw_count);
	if (any && !json)
		printf("%s", line_break(c));
}

/* What the user asked of counters in hardware, or what is used. */
static void hw_stats_show(const struct weir_compat *c, const char *member, struct weir_tc_bits bits,
			  struct weir_json *json)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} words[] = {
		{0, "disabled"},
		{TCA_ACT_HW_STATS_IMMEDIATE, "immediate"},
		{TCA_ACT_HW_STATS_DELAYED, "delayed"},
	};
	uint32_t value = bits.value & bits.known;

	if (!bits.known)
		return;
	if (json)
		weir_json_array(json, member);
	else
		printf("\t%s", member);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (value ? !(value & words[i].bit) : words[i].bit)
			continue;
		if (json)
			weir_json_string(json, NULL, words[i].word);
		else
			printf(" %s", words[i].word);
	}
	if (json)
		weir_json_array_end(json);
	else
		printf("%s", line_break(c));
}

static void tail_show(const struct weir_compat *c, const struct weir_tc_action *action,
		      bool in_filter, struct weir_json *json)
{
	char hex[2 * sizeof(action->cookie) + 1];

	if (c->stats && action->has_stats)
		stats_show(c, action, json);
	weir_text_hex(action->cookie, action->cookie_bytes, hex);
	if (action->cookie_bytes && json)
		weir_json_string(json, "cookie", hex);
	else if (action->cookie_bytes)
		printf("\tcookie %s%s", hex, line_break(c));
	flags_show(c, action, in_filter, json);
	hw_stats_show(c, "hw_stats", action->hw_stats, json);
	hw_stats_show(c, "used_hw_stats", action->used_hw_stats, json);
}

/* ---- actions ------------------------------------------------------------- */

static void action_text(const struct weir_compat *c, const struct weir_tc_action *action,
			bool in_filter)
{
	printf("%s\taction order %u: %s ", line_break(c), action->order, action->kind);
	if (strcmp(action->kind, "bpf") != 0)
		return; /* no real tc is there, which would know more */
	if (*action->name) {
		weir_text_print(stdout, action->name);
		putchar(' ');
	}
	weir_ops_show(action->ops, action->n_ops, NULL);
	if (action->n_ops)
		putchar(' ');
	weir_prog_show(c, action->prog_id, action->tag, action->has_tag, NULL);
	control_show(action->control, NULL);
	printf("%s\t index %u ref %d bind %d", line_break(c), action->index, action->refcnt,
	       action->bindcnt);
	if (c->stats && action->has_times)
		times_show(action, NULL);
	printf("%s ", line_break(c));
	tail_show(c, action, in_filter, NULL);
}

static void action_json(const struct weir_compat *c, const struct weir_tc_action *action,
			bool in_filter, struct weir_json *json)
{
	weir_json_object(json, NULL);
	weir_json_u64(json, "order", action->order);
	weir_json_string(json, "kind", action->kind);
	if (!strcmp(action->kind, "bpf")) {
		if (*action->name)
			weir_json_string(json, "bpf_name", action->name);
		weir_ops_show(action->ops, action->n_ops, json);
		weir_prog_show(c, action->prog_id, action->tag, action->has_tag, json);
		control_show(action->control, json);
		weir_json_u64(json, "index", action->index);
		weir_json_u64(json, "ref", (uint64_t)action->refcnt);
		weir_json_u64(json, "bind", (uint64_t)action->bindcnt);
		if (c->stats && action->has_times)
			times_show(action, json);
		tail_show(c, action, in_filter, json);
	}
	weir_json_object_end(json);
}

void weir_actions_show(const struct weir_compat *c, const struct weir_tc_action *actions, size_t n,
		       bool in_filter, struct weir_json *json)
{
	if (json)
		weir_json_array(json, "actions");
	for (size_t i = 0; i < n; i++) {
		if (json)
			action_json(c, &actions[i], in_filter, json);
		else
			action_text(c, &actions[i], in_filter);
	}
	if (json)
		weir_json_array_end(json);
}
