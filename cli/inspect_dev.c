// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir inspect FILE dev DEV. In: an object file, an interface. Out: for each program whether
 * the network card takes it, else every reason. What the kernel has for no card is known
 * without asking; the rest the card is asked by a load that is let go.
 */
#include <errno.h>
#include <string.h>

#include <linux/bpf.h>

#include "cli/inspect.h"
#include "cli/say.h"

struct trial {
	const struct weir_globals *globals;
	const struct weir_inspect_config *cfg;
	struct weir_json *json; /* NULL: text */
	struct weir_net *net;
	uint32_t ifindex;
	int n_reasons; /* of the program at hand */
};

static void tell_reason(const char *text, void *ctx)
{
	struct trial *trial = ctx;

	trial->n_reasons++;
	if (trial->json) {
		weir_json_string(trial->json, NULL, text);
		return;
	}
	printf("    ");
	weir_text_print(stdout, text);
	putchar('\n');
}

/* What the card says: 0 when it takes the program. */
static int ask(struct trial *trial, struct weir_object *obj)
{
	const struct weir_load_opts opts = {
		.sz = sizeof(opts),
		.verify_only = true,
		.ifindex = trial->ifindex,
		.net = trial->net,
	};
	char why[512];
	int err;

	weir_say_catch(why, sizeof(why));
	err = weir_object_load(obj, &opts);
	weir_say_release();
	if (err == -EPERM || err == -ENODEV)
		weir_say_error("%s", why);
	else if (err)
		tell_reason(why, trial);
	return err == -EPERM || err == -ENODEV ? err : 0;
}

static void begin(struct trial *trial, const struct weir_prog_decl *decl)
{
	trial->n_reasons = 0;
	if (!trial->json) {
		printf("  ");
		weir_text_print(stdout, decl->name);
		putchar('\n');
		return;
	}
	weir_json_object(trial->json, NULL);
	weir_json_string(trial->json, "name", decl->name);
	weir_json_string(trial->json, "section", decl->section);
	weir_json_array(trial->json, "refused");
}

static void end(const struct trial *trial, int err)
{
	if (trial->json) {
		weir_json_array_end(trial->json);
		weir_json_bool(trial->json, "taken", !err && !trial->n_reasons);
		weir_json_object_end(trial->json);
	} else if (!err && !trial->n_reasons) {
		printf("    taken\n");
	}
}

/* Opens the file anew: an object is loaded once. */
static int try_prog(struct trial *trial, const struct weir_prog_decl *decl)
{
	const struct weir_open_opts opts = {.sz = sizeof(opts), .bpffs = trial->globals->bpffs};
	struct weir_object *obj = NULL;
	int err = weir_object_open(trial->cfg->file, &opts, &obj);

	err = err
		      ?: weir_object_choose(obj, decl->prog_type, WEIR_HOOK_NONE, decl->section,
					    decl->name);
	if (!err) {
		begin(trial, decl);
		if (!weir_object_offload_reasons(obj, tell_reason, trial))
			err = ask(trial, obj);
		end(trial, err);
	}
	weir_object_close(obj);
	return err;
}

static int try_all(struct trial *trial, const struct weir_object *obj)
{
	const struct weir_prog_decl *decls;
	size_t n = weir_object_progs(obj, &decls);
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		if (decls[i].prog_type)
			err = try_prog(trial, &decls[i]);
	return err;
}

int weir_inspect_dev(const struct weir_globals *globals, const struct weir_inspect_config *cfg,
		     const struct weir_object *obj, struct weir_json *json)
{
	struct trial trial = {.globals = globals, .cfg = cfg, .json = json};
	int err = weir_net_open(globals->netns, &trial.net), ifindex;

	if (err)
		return err;
	ifindex = weir_net_ifindex(trial.net, cfg->dev);
	trial.ifindex = ifindex > 0 ? (uint32_t)ifindex : 0;
	err = ifindex < 0 ? ifindex : 0;
	if (json) {
		weir_json_object(json, "offload");
		weir_json_string(json, "dev", cfg->dev);
		weir_json_array(json, "programs");
	} else if (!err) {
		printf("on the card of ");
		weir_text_print(stdout, cfg->dev);
		printf(":\n");
	}
	err = err ?: try_all(&trial, obj);
	if (json) {
		weir_json_array_end(json);
		weir_json_object_end(json);
	}
	weir_net_close(trial.net);
	return err;
}
