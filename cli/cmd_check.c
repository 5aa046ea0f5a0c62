// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir check. In: an object file. Out: a line for each program, verified by
 * the kernel and let go again. Every program is loaded by itself, so that one
 * that is refused does not hide the others.
 */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/names.h"
#include "cli/out.h"
#include "cli/say.h"
#include "loader/weir.h"

struct check {
	const struct weir_globals *globals;
	const struct weir_check_config *cfg;
	struct weir_json json;
	size_t tried;
	int first_err;
};

static void report(struct check *check, const struct weir_prog_decl *decl, uint32_t type, int err)
{
	struct weir_json *json = &check->json;
	char buf[WEIR_NAME_LEN];

	check->tried++;
	if (err && !check->first_err)
		check->first_err = err;
	if (!check->globals->json) {
		weir_text_print(stdout, decl->name);
		puts(err ? ": failed" : ": ok");
		(void)fflush(stdout); /* keeps its place between lines of standard error */
		return;
	}
	weir_json_object(json, NULL);
	weir_json_string(json, "prog", decl->name);
	weir_json_string(json, "section", decl->section);
	if (type)
		weir_json_string(json, "type", weir_prog_type_word(type, buf));
	weir_json_bool(json, "ok", !err);
	weir_json_object_end(json);
}

static int open_file(const struct check *check, struct weir_object **out)
{
	const struct weir_open_opts opts = {
		.sz = sizeof(opts),
		.bpffs = check->globals->bpffs,
	};

	return weir_object_open(check->cfg->file, &opts, out);
}

/* Opens the file anew: an object is loaded once. */
static void check_one(struct check *check, const struct weir_prog_decl *decl, uint32_t type)
{
	const struct weir_load_opts opts = {.sz = sizeof(opts), .verify_only = true};
	struct weir_object *obj = NULL;
	int err;

	err = open_file(check, &obj);
	if (!err)
		err = weir_object_choose(obj, type, WEIR_HOOK_NONE, decl->section, decl->name);
	if (!err)
		err = weir_object_load(obj, &opts);
	report(check, decl, type, err);
	weir_object_close(obj);
}

/* Programs of "<id>/<key>" are loaded with the program that jumps to them. */
static bool is_tail(const struct weir_object *obj, const struct weir_prog_decl *decl)
{
	const struct weir_tail_decl *tails;
	size_t n = weir_object_tails(obj, &tails);
	size_t i;

	for (i = 0; i < n; i++)
		if (tails[i].map && strcmp(tails[i].prog, decl->name) == 0)
			return true;
	return false;
}

static bool is_selected(const struct weir_check_config *cfg, const struct weir_object *obj,
			const struct weir_prog_decl *decl)
{
	if (cfg->sec)
		return strcmp(cfg->sec, decl->section) == 0;
	if (cfg->prog)
		return strcmp(cfg->prog, decl->name) == 0;
	return !is_tail(obj, decl);
}

/* What the section says; the user's word where it is silent, or where one
 * program was named: then the library judges a contradiction. */
static uint32_t choose_type(const struct weir_check_config *cfg, const struct weir_prog_decl *decl)
{
	bool named = cfg->sec || cfg->prog;

	return decl->prog_type && !(named && cfg->prog_type) ? decl->prog_type : cfg->prog_type;
}

static int fail_none(const struct weir_check_config *cfg, struct weir_object *obj, size_t selected)
{
	/* says which sections and programs there are */
	if (!selected && (cfg->sec || cfg->prog))
		return weir_object_choose(obj, cfg->prog_type, WEIR_HOOK_NONE, cfg->sec, cfg->prog);
	weir_say_error("%s: no program whose kind is known; give it by the word type", cfg->file);
	return -ENOENT;
}

static int check_object(struct check *check, struct weir_object *obj)
{
	const struct weir_prog_decl *decls;
	size_t n = weir_object_progs(obj, &decls);
	size_t selected = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t type = choose_type(check->cfg, &decls[i]);

		if (!is_selected(check->cfg, obj, &decls[i]))
			continue;
		selected++;
		if (type)
			check_one(check, &decls[i], type);
		else
			weir_say_note("%s: section '%s' names no kind: not checked; give its kind "
				      "by the word type",
				      decls[i].name, decls[i].section);
	}
	return check->tried ? check->first_err : fail_none(check->cfg, obj, selected);
}

int weir_cmd_check(const struct weir_globals *globals, const union weir_config *config)
{
	struct check check = {.globals = globals, .cfg = &config->check};
	struct weir_object *obj = NULL;
	int err;

	weir_json_start(&check.json, stdout, globals->pretty);
	if (globals->json)
		weir_json_array(&check.json, NULL);
	err = open_file(&check, &obj);
	if (!err)
		err = check_object(&check, obj);
	if (globals->json) {
		weir_json_array_end(&check.json);
		weir_json_end(&check.json);
	}
	weir_object_close(obj);
	return err;
}
