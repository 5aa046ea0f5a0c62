// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An attachment as a JSON object. The field names are a promise to scripts
 * (weir.8, "show"): add, never rename.
 */
#include <linux/pkt_cls.h>

#include "cli/names.h"
#include "cli/show.h"

#define NSEC_PER_SEC 1000000000ull

static const char *via_word(enum weir_via via)
{
	switch (via) {
	case WEIR_VIA_NETLINK:
		return "netlink";
	case WEIR_VIA_LINK:
		return "link";
	case WEIR_VIA_PROG:
		return "prog";
	}
	return NULL;
}

static void put_pins(struct weir_show *show, enum weir_pin_kind kind, uint32_t id)
{
	const char *path;
	size_t i;

	weir_json_array(&show->json, "pins");
	for (i = 0; (path = weir_pins_path(show->pins, kind, id, i)); i++)
		weir_json_string(&show->json, NULL, path);
	weir_json_array_end(&show->json);
}

static void put_map(struct weir_show *show, uint32_t id)
{
	struct weir_json *json = &show->json;
	char buf[WEIR_NAME_LEN];
	struct weir_map map;

	weir_json_object(json, NULL);
	weir_json_u64(json, "id", id);
	if (weir_map_by_id(id, &map) == 0) {
		weir_json_string(json, "name", map.name);
		weir_json_string(json, "type", weir_map_type_word(map.type, buf));
		weir_json_u64(json, "key_size", map.key_size_bytes);
		weir_json_u64(json, "value_size", map.value_size_bytes);
		weir_json_u64(json, "max_entries", map.max_entries);
		weir_device_json(json, show->net, map.ifindex, map.netns_ino);
	}
	put_pins(show, WEIR_PIN_OF_MAP, id);
	weir_json_object_end(json);
}

/* Seconds since 1970, as bpftool's "loaded_at". */
static uint64_t loaded_at(const struct weir_show *show, const struct weir_prog *prog)
{
	return (show->now_real_ns - show->now_boot_ns + prog->load_time_ns) / NSEC_PER_SEC;
}

/* What it runs that is of @kind. */
static void put_stages(struct weir_show *show, const char *key, enum weir_stage_kind kind)
{
	struct weir_json *json = &show->json;

	weir_json_array(json, key);
	for (size_t i = 0; i < show->stages.n; i++) {
		const struct weir_stage *stage = &show->stages.list[i];

		if (stage->kind != kind)
			continue;
		weir_json_object(json, NULL);
		weir_json_u64(json, "id", stage->prog.id);
		weir_json_string(json, "name", stage->prog.name);
		if (kind == WEIR_STAGE_STEP) {
			weir_json_string(json, "step", stage->step->name);
		} else {
			weir_json_u64(json, "link_id", stage->link_id);
			put_pins(show, WEIR_PIN_OF_PROG, stage->prog.id);
		}
		weir_json_object_end(json);
	}
	weir_json_array_end(json);
}

static void put_captured(struct weir_show *show)
{
	const struct weir_stage *first = show->stages.list;

	if (!show->stages.n || first->kind != WEIR_STAGE_CAPTURED)
		return;
	weir_json_object(&show->json, "captured");
	weir_json_u64(&show->json, "id", first->prog.id);
	weir_json_string(&show->json, "name", first->prog.name);
	put_pins(show, WEIR_PIN_OF_PROG, first->prog.id);
	weir_json_object_end(&show->json);
}

static void put_prog(struct weir_show *show, const struct weir_prog *prog)
{
	struct weir_json *json = &show->json;
	char tag[sizeof(prog->tag) * 2 + 1];
	char buf[WEIR_NAME_LEN];
	uint32_t i;

	weir_json_object(json, "prog");
	weir_json_u64(json, "id", prog->id);
	weir_json_string(json, "name", prog->name);
	weir_json_string(json, "type", weir_prog_type_word(prog->type, buf));
	weir_json_string(json, "tag", weir_text_hex(prog->tag, sizeof(prog->tag), tag));
	weir_json_bool(json, "jited", prog->jited);
	weir_json_bool(json, "frags", prog->frags);
	weir_json_u64(json, "loaded_at", loaded_at(show, prog));
	weir_json_u64(json, "uid", prog->uid);
	weir_json_u64(json, "btf_id", prog->btf_id);
	weir_json_u64(json, "run_count", prog->run_count);
	weir_json_u64(json, "run_time_ns", prog->run_time_ns);
	weir_json_bool(json, "ours", prog->ours);
	weir_json_string(json, "object", prog->ours ? prog->object : NULL);
	weir_json_string(json, "section", prog->ours ? prog->section : NULL);
	weir_device_json(json, show->net, prog->ifindex, prog->netns_ino);
	put_pins(show, WEIR_PIN_OF_PROG, prog->id);
	weir_json_array(json, "maps");
	for (i = 0; i < prog->n_map_ids; i++)
		put_map(show, prog->map_ids[i]);
	weir_json_array_end(json);
	put_captured(show);
	put_stages(show, "steps", WEIR_STAGE_STEP);
	put_stages(show, "components", WEIR_STAGE_COMPONENT);
	weir_json_object_end(json);
}

static void put_filter(struct weir_json *json, const struct weir_attachment *at)
{
	char buf[WEIR_NAME_LEN];

	weir_json_u64(json, "pref", at->pref);
	weir_json_u64(json, "handle", at->handle);
	weir_json_u64(json, "chain", at->chain);
	weir_json_string(json, "protocol", weir_protocol_word(at->protocol_be, buf));
	weir_json_string(json, "filter", at->filter_name[0] ? at->filter_name : NULL);
	weir_json_bool(json, "direct_action", at->direct_action);
	weir_json_bool(json, "skip_hw", at->flags_gen & TCA_CLS_FLAGS_SKIP_HW);
	weir_json_bool(json, "skip_sw", at->flags_gen & TCA_CLS_FLAGS_SKIP_SW);
	weir_json_bool(json, "in_hw", at->flags_gen & TCA_CLS_FLAGS_IN_HW);
	weir_json_bool(json, "not_in_hw", at->flags_gen & TCA_CLS_FLAGS_NOT_IN_HW);
}

void weir_show_json(struct weir_show *show, const struct weir_attachment *at)
{
	const char *kind = weir_show_kind(at);
	struct weir_json *json = &show->json;

	weir_json_object(json, NULL);
	weir_json_string(json, "dev", at->dev);
	weir_json_u64(json, "ifindex", (uint64_t)at->ifindex);
	weir_json_string(json, "hook", weir_hook_name(at->hook));
	weir_json_string(json, "via", via_word(at->via));
	if (kind)
		weir_json_string(json, "kind", kind);
	else
		weir_json_string(json, "mode", weir_mode_word(at->mode));
	if (kind && !at->tcx)
		put_filter(json, at);
	else if (kind && at->filter_name[0])
		weir_json_string(json, "filter", at->filter_name);
	if (at->via == WEIR_VIA_LINK) {
		weir_json_u64(json, "link_id", at->link_id);
		put_pins(show, WEIR_PIN_OF_LINK, at->link_id);
	}
	if (at->has_prog) {
		put_prog(show, &at->prog);
	} else if (at->prog.id) { /* there, but not for us to look into */
		weir_json_object(json, "prog");
		weir_json_u64(json, "id", at->prog.id);
		weir_json_object_end(json);
	}
	weir_json_object_end(json);
}
