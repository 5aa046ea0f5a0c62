// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An attachment as text: a heading for the interface, a line for the hook, and
 * below it a line for each fact about the program. Nothing stands in columns,
 * so that a long name only makes its own line long.
 */
#include <inttypes.h>

#include <linux/pkt_cls.h>

#include "cli/names.h"
#include "cli/show.h"

#define NSEC_PER_SEC 1000000000ull

static void print_pins(const struct weir_show *show, enum weir_pin_kind kind, uint32_t id,
		       const char *lead)
{
	const char *path;
	size_t i;

	for (i = 0; (path = weir_pins_path(show->pins, kind, id, i)); i++) {
		fputs(lead, stdout);
		weir_text_print(stdout, path);
	}
}

static void print_filter(const struct weir_attachment *at)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} flags[] = {
		{TCA_CLS_FLAGS_SKIP_HW, "skip_hw"},
		{TCA_CLS_FLAGS_SKIP_SW, "skip_sw"},
		{TCA_CLS_FLAGS_IN_HW, "in_hw"},
		{TCA_CLS_FLAGS_NOT_IN_HW, "not_in_hw"},
	};
	char buf[WEIR_NAME_LEN];
	size_t i;

	printf(" %s protocol %s pref %u chain %u handle 0x%x", at->kind,
	       weir_protocol_word(at->protocol_be, buf), at->pref, at->chain, at->handle);
	if (at->filter_name[0]) {
		putchar(' ');
		weir_text_print(stdout, at->filter_name);
	}
	if (at->direct_action)
		printf(" direct-action");
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (at->flags_gen & flags[i].flag)
			printf(" %s", flags[i].word);
}

static void print_hook(const struct weir_show *show, const struct weir_attachment *at)
{
	printf("  %s", weir_hook_name(at->hook));
	if (at->hook == WEIR_HOOK_XDP)
		printf(" %s", weir_mode_word(at->mode));
	else if (at->tcx)
		printf(" tcx");
	else
		print_filter(at);
	if (at->via == WEIR_VIA_LINK) {
		printf(" link %u", at->link_id);
		print_pins(show, WEIR_PIN_OF_LINK, at->link_id, " pinned ");
	}
	putchar('\n');
}

static void print_owner(const struct weir_show *show, const struct weir_prog *prog)
{
	uint64_t age_ns = show->now_boot_ns - prog->load_time_ns;
	char buf[32];

	printf("      ");
	if (prog->ours) {
		printf("object ");
		weir_text_print(stdout, prog->object);
		printf(" section ");
		weir_text_print(stdout, prog->section);
	} else {
		printf("not weir's");
	}
	if (prog->load_time_ns && prog->load_time_ns <= show->now_boot_ns)
		printf(", loaded %s ago", weir_text_age(age_ns / NSEC_PER_SEC, buf, sizeof(buf)));
	printf(" by uid %u\n", prog->uid);
}

static void print_map(const struct weir_show *show, uint32_t id)
{
	char buf[WEIR_NAME_LEN];
	struct weir_map map;

	printf("      map ");
	if (weir_map_by_id(id, &map) == 0) {
		weir_text_print(stdout, map.name[0] ? map.name : "-");
		printf(" id %u %s", id, weir_map_type_word(map.type, buf));
		printf(" key %uB value %uB max %u", map.key_size_bytes, map.value_size_bytes,
		       map.max_entries);
		weir_device_text(show->net, map.ifindex, map.netns_ino);
	} else {
		printf("id %u", id);
	}
	print_pins(show, WEIR_PIN_OF_MAP, id, " pinned ");
	putchar('\n');
}

static void print_prog(const struct weir_show *show, const struct weir_prog *prog)
{
	char buf[WEIR_NAME_LEN];
	char tag[sizeof(prog->tag) * 2 + 1];
	uint32_t i;

	printf("    prog ");
	weir_text_print(stdout, prog->name[0] ? prog->name : "-");
	printf(" id %u %s tag %s%s%s", prog->id, weir_prog_type_word(prog->type, buf),
	       weir_text_hex(prog->tag, sizeof(prog->tag), tag), prog->jited ? " jited" : "",
	       prog->frags ? " frags" : "");
	weir_device_text(show->net, prog->ifindex, prog->netns_ino);
	putchar('\n');
	print_owner(show, prog);
	if (prog->run_count)
		printf("      run %" PRIu64 " times, %" PRIu64 " ns each\n", prog->run_count,
		       prog->run_time_ns / prog->run_count);
	if (weir_pins_path(show->pins, WEIR_PIN_OF_PROG, prog->id, 0)) {
		printf("     ");
		print_pins(show, WEIR_PIN_OF_PROG, prog->id, " pinned ");
		putchar('\n');
	}
	for (i = 0; i < prog->n_map_ids; i++)
		print_map(show, prog->map_ids[i]);
}

static void print_stage(const struct weir_show *show, const struct weir_stage *stage)
{
	switch (stage->kind) {
	case WEIR_STAGE_CAPTURED:
		printf("      captured ");
		break;
	case WEIR_STAGE_STEP:
		printf("      step %s: ", stage->step->name);
		break;
	case WEIR_STAGE_COMPONENT:
		printf("      component ");
		break;
	}
	weir_text_print(stdout, stage->prog.name[0] ? stage->prog.name : "-");
	printf(" id %u", stage->prog.id);
	if (stage->kind == WEIR_STAGE_COMPONENT)
		printf(" link %u", stage->link_id);
	print_pins(show, WEIR_PIN_OF_PROG, stage->prog.id, " pinned ");
	putchar('\n');
}

void weir_show_text(struct weir_show *show, const struct weir_attachment *at)
{
	if (at->ifindex != show->last_ifindex) {
		show->last_ifindex = at->ifindex;
		weir_text_print(stdout, at->dev);
		putchar('\n');
	}
	print_hook(show, at);
	if (at->has_prog) {
		print_prog(show, &at->prog);
		for (size_t i = 0; i < show->stages.n; i++)
			print_stage(show, &show->stages.list[i]);
	}
}
