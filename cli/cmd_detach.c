// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir detach. In: device and, optionally, what there. Out: weir's programs
 * removed; that there was none is success, told on standard error.
 */
#include "cli/command.h"
#include "cli/out.h"
#include "cli/say.h"
#include "loader/weir.h"

static void report(const struct weir_globals *globals, const struct weir_detach_config *cfg,
		   int removed)
{
	const char *hook = cfg->hook ? weir_hook_name((enum weir_hook)cfg->hook) : NULL;
	struct weir_json json;

	if (globals->json) {
		weir_json_start(&json, stdout, globals->pretty);
		weir_json_object(&json, NULL);
		weir_json_string(&json, "dev", cfg->dev);
		if (hook)
			weir_json_string(&json, "hook", hook);
		weir_json_u64(&json, "removed", (uint64_t)removed);
		weir_json_object_end(&json);
		weir_json_end(&json);
	} else if (removed && globals->verbose) {
		weir_text_print(stdout, cfg->dev);
		printf(": %d program%s removed\n", removed, removed == 1 ? "" : "s");
	}
	if (!removed)
		weir_say_note("%s: %s%snothing of weir's is attached", cfg->dev, hook ? hook : "",
			      hook ? ": " : "");
}

int weir_cmd_detach(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_detach_config *cfg = &config->detach;
	const struct weir_detach_opts opts = {
		.sz = sizeof(opts),
		.dev = cfg->dev,
		.hook = (enum weir_hook)cfg->hook,
		.mode = (enum weir_xdp_mode)cfg->mode,
		.force = cfg->force,
		.pref = cfg->pref,
		.handle = cfg->handle,
		.name = cfg->name,
		.tcx = cfg->tcx,
	};
	struct weir_net *net;
	int removed;
	int err;

	err = weir_net_open(globals->netns, &net);
	if (err)
		return err;
	removed = weir_detach(net, &opts);
	weir_net_close(net);
	if (removed < 0)
		return removed;
	report(globals, cfg, removed);
	return 0;
}
