// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir inspect. In: the declarations of an object file. Out: its programs,
 * maps and tail-call slots, and what a load would create and where; as text or
 * JSON. No kernel is asked and no privilege needed, but for the word dev.
 */
#include "cli/command.h"
#include "cli/inspect.h"
#include "cli/names.h"
#include "cli/out.h"
#include "loader/weir.h"

#define NO_SLOT UINT32_MAX /* weir_map_decl.inner_idx */

static const char *style_word(enum weir_map_style style)
{
	static const char *const words[] = {
		[WEIR_MAP_ELF] = "elf",
		[WEIR_MAP_BTF] = "btf",
		[WEIR_MAP_DATA] = "data",
	};

	return words[style];
}

static const char *scope_word(enum weir_pin_scope scope)
{
	static const char *const words[] = {
		[WEIR_PIN_NONE] = "none",	[WEIR_PIN_OBJECT] = "object",
		[WEIR_PIN_GLOBAL] = "global",	[WEIR_PIN_CUSTOM] = "custom",
		[WEIR_PIN_UNKNOWN] = "unknown",
	};

	return words[scope];
}

/* ---- text ---------------------------------------------------------------- */

static void print_uses(const struct weir_object *obj, const struct weir_prog_decl *prog)
{
	const struct weir_map_decl *maps;
	size_t i;

	(void)weir_object_maps(obj, &maps);
	if (prog->n_maps)
		printf("    maps");
	for (i = 0; i < prog->n_maps; i++) {
		putchar(' ');
		weir_text_print(stdout, maps[prog->maps[i]].name);
	}
	if (prog->n_maps)
		putchar('\n');
	if (prog->n_subprogs)
		printf("    calls %zu functions of its own\n", prog->n_subprogs);
}

static void print_helpers(const struct weir_prog_decl *prog)
{
	const char *name;
	size_t i;

	if (!prog->n_helpers)
		return;
	printf("    helpers");
	for (i = 0; i < prog->n_helpers; i++) {
		name = weir_helper_name(prog->helpers[i]);
		if (name)
			printf(" %s", name);
		else
			printf(" %u", prog->helpers[i]);
	}
	putchar('\n');
}

static void print_prog(const struct weir_object *obj, const struct weir_prog_decl *prog)
{
	char buf[WEIR_NAME_LEN];

	printf("  ");
	weir_text_print(stdout, prog->name);
	printf(" section ");
	weir_text_print(stdout, prog->section);
	printf(" %s", prog->prog_type ? weir_prog_type_word(prog->prog_type, buf) : "any kind");
	if (prog->hook == WEIR_HOOK_INGRESS || prog->hook == WEIR_HOOK_EGRESS)
		printf(" %s", weir_hook_name(prog->hook));
	printf(" %u instructions%s\n", prog->insns, prog->frags ? " frags" : "");
	print_helpers(prog);
	print_uses(obj, prog);
}

static void print_pin(const struct weir_map_decl *map)
{
	if (map->pin_path) {
		printf("    pinned at ");
		weir_text_print(stdout, map->pin_path);
		printf(" (%s), reused if there\n", scope_word(map->scope));
	} else if (map->scope == WEIR_PIN_UNKNOWN) {
		printf("    not pinned: pinning %u is in no bpf_pinning file\n", map->pinning);
	} else if (map->style != WEIR_MAP_DATA) {
		printf("    not pinned: made anew by each load\n");
	}
}

static void print_ids(const struct weir_map_decl *map)
{
	if (!map->id && !map->inner_id)
		return;
	printf("   ");
	if (map->id)
		printf(" id %u", map->id);
	if (map->inner_id)
		printf(" inner id %u", map->inner_id);
	else if (map->inner_idx != NO_SLOT)
		printf(" inner slot %u", map->inner_idx);
	putchar('\n');
}

static void print_map(const struct weir_map_decl *map)
{
	char buf[WEIR_NAME_LEN];

	printf("  ");
	weir_text_print(stdout, map->name);
	printf(" section ");
	weir_text_print(stdout, map->section);
	printf(" (%s) %s key %uB value %uB max %u", style_word(map->style),
	       weir_map_type_word(map->type, buf), map->key_size_bytes, map->value_size_bytes,
	       map->max_entries);
	if (map->flags) {
		printf(" flags");
		weir_map_flags_print(stdout, map->flags);
	}
	putchar('\n');
	if (map->key_type || map->value_type) {
		printf("    key ");
		weir_text_print(stdout, map->key_type ? map->key_type : "-");
		printf(", value ");
		weir_text_print(stdout, map->value_type ? map->value_type : "-");
		putchar('\n');
	}
	print_ids(map);
	print_pin(map);
}

static void print_tail(const struct weir_tail_decl *tail)
{
	printf("  ");
	weir_text_print(stdout, tail->section);
	printf(" ");
	weir_text_print(stdout, tail->prog);
	if (tail->map) {
		printf(" -> ");
		weir_text_print(stdout, tail->map);
		printf(" slot %u\n", tail->key);
	} else {
		printf(" -> no program array has id %u: not loaded\n", tail->id);
	}
}

static void print_object(const struct weir_object *obj)
{
	const struct weir_prog_decl *progs;
	const struct weir_map_decl *maps;
	const struct weir_tail_decl *tails;
	size_t i, n;

	weir_text_print(stdout, weir_object_name(obj));
	printf(" license ");
	weir_text_print(stdout, weir_object_license(obj)[0] ? weir_object_license(obj) : "-");
	printf(" sha1 %s\n", weir_object_sha1(obj));
	n = weir_object_progs(obj, &progs);
	printf("programs: %zu\n", n);
	for (i = 0; i < n; i++)
		print_prog(obj, &progs[i]);
	n = weir_object_maps(obj, &maps);
	printf("maps: %zu\n", n);
	for (i = 0; i < n; i++)
		print_map(&maps[i]);
	n = weir_object_tails(obj, &tails);
	if (n)
		printf("tail calls: %zu\n", n);
	for (i = 0; i < n; i++)
		print_tail(&tails[i]);
}

/* ---- JSON ---------------------------------------------------------------- */

static void put_prog(struct weir_json *json, const struct weir_object *obj,
		     const struct weir_prog_decl *prog)
{
	const struct weir_map_decl *maps;
	char buf[WEIR_NAME_LEN];
	const char *name;
	size_t i;

	weir_json_object(json, NULL);
	weir_json_string(json, "name", prog->name);
	weir_json_string(json, "section", prog->section);
	weir_json_string(json, "type",
			 prog->prog_type ? weir_prog_type_word(prog->prog_type, buf) : NULL);
	weir_json_string(json, "hook", prog->hook ? weir_hook_name(prog->hook) : NULL);
	weir_json_u64(json, "insns", prog->insns);
	weir_json_bool(json, "frags", prog->frags);
	weir_json_array(json, "helpers");
	for (i = 0; i < prog->n_helpers; i++) {
		name = weir_helper_name(prog->helpers[i]);
		if (!name) {
			snprintf(buf, sizeof(buf), "%u", prog->helpers[i]);
			name = buf;
		}
		weir_json_string(json, NULL, name);
	}
	weir_json_array_end(json);
	(void)weir_object_maps(obj, &maps);
	weir_json_array(json, "maps");
	for (i = 0; i < prog->n_maps; i++)
		weir_json_string(json, NULL, maps[prog->maps[i]].name);
	weir_json_array_end(json);
	weir_json_u64(json, "subprograms", prog->n_subprogs);
	weir_json_object_end(json);
}

static void put_map(struct weir_json *json, const struct weir_map_decl *map)
{
	char buf[WEIR_NAME_LEN];

	weir_json_object(json, NULL);
	weir_json_string(json, "name", map->name);
	weir_json_string(json, "style", style_word(map->style));
	weir_json_string(json, "section", map->section);
	weir_json_string(json, "type", weir_map_type_word(map->type, buf));
	weir_json_u64(json, "key_size", map->key_size_bytes);
	weir_json_u64(json, "value_size", map->value_size_bytes);
	weir_json_u64(json, "max_entries", map->max_entries);
	weir_json_u64(json, "flags", map->flags);
	weir_json_u64(json, "id", map->id);
	weir_json_u64(json, "pinning", map->pinning);
	weir_json_string(json, "scope", scope_word(map->scope));
	weir_json_string(json, "pin", map->pin_path);
	weir_json_u64(json, "inner_id", map->inner_id);
	if (map->inner_idx != NO_SLOT)
		weir_json_u64(json, "inner_idx", map->inner_idx);
	weir_json_string(json, "key_type", map->key_type);
	weir_json_string(json, "value_type", map->value_type);
	weir_json_object_end(json);
}

static void put_tail(struct weir_json *json, const struct weir_tail_decl *tail)
{
	weir_json_object(json, NULL);
	weir_json_string(json, "section", tail->section);
	weir_json_string(json, "prog", tail->prog);
	weir_json_u64(json, "id", tail->id);
	weir_json_u64(json, "key", tail->key);
	weir_json_string(json, "map", tail->map);
	weir_json_object_end(json);
}

static void put_object(struct weir_json *json, const struct weir_object *obj)
{
	const struct weir_prog_decl *progs;
	const struct weir_map_decl *maps;
	const struct weir_tail_decl *tails;
	size_t i, n;

	weir_json_object(json, NULL);
	weir_json_string(json, "file", weir_object_name(obj));
	weir_json_string(json, "license", weir_object_license(obj));
	weir_json_string(json, "sha1", weir_object_sha1(obj));
	n = weir_object_progs(obj, &progs);
	weir_json_array(json, "programs");
	for (i = 0; i < n; i++)
		put_prog(json, obj, &progs[i]);
	weir_json_array_end(json);
	n = weir_object_maps(obj, &maps);
	weir_json_array(json, "maps");
	for (i = 0; i < n; i++)
		put_map(json, &maps[i]);
	weir_json_array_end(json);
	n = weir_object_tails(obj, &tails);
	weir_json_array(json, "tail_calls");
	for (i = 0; i < n; i++)
		put_tail(json, &tails[i]);
	weir_json_array_end(json);
}

int weir_cmd_inspect(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_open_opts opts = {.sz = sizeof(opts), .bpffs = globals->bpffs};
	struct weir_object *obj;
	struct weir_json json;
	int err;

	err = weir_object_open(config->inspect.file, &opts, &obj);
	if (err)
		return err;
	weir_json_start(&json, stdout, globals->pretty);
	if (globals->json)
		put_object(&json, obj);
	else
		print_object(obj);
	if (config->inspect.dev)
		err = weir_inspect_dev(globals, &config->inspect, obj,
				       globals->json ? &json : NULL);
	if (globals->json) {
		weir_json_object_end(&json);
		weir_json_end(&json);
	}
	weir_object_close(obj);
	return err;
}
