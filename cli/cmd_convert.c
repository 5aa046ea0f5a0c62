// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir convert. In: an object file. Out: its modern form in another file. */
#include "cli/command.h"
#include "cli/out.h"
#include "loader/weir.h"

static void report(const struct weir_globals *globals, const struct weir_convert_config *cfg)
{
	struct weir_json json;

	if (globals->json) {
		weir_json_start(&json, stdout, globals->pretty);
		weir_json_object(&json, NULL);
		weir_json_string(&json, "input", cfg->in);
		weir_json_string(&json, "output", cfg->out);
		weir_json_object_end(&json);
		weir_json_end(&json);
	} else if (globals->verbose) {
		weir_text_print(stdout, cfg->in);
		printf(": written to ");
		weir_text_print(stdout, cfg->out);
		putchar('\n');
	}
}

int weir_cmd_convert(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_convert_config *cfg = &config->convert;
	const struct weir_open_opts opts = {.sz = sizeof(opts), .bpffs = globals->bpffs};
	struct weir_object *obj;
	int err;

	err = weir_object_open(cfg->in, &opts, &obj);
	if (err)
		return err;
	err = weir_object_convert(obj, cfg->out);
	weir_object_close(obj);
	if (!err)
		report(globals, cfg);
	return err;
}
