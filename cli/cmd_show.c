// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir show. In: the library's walk over what is attached. Out: each of them,
 * as soon as it is known; nothing is collected.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <time.h>

#include "cli/command.h"
#include "cli/say.h"
#include "cli/show.h"

#define NSEC_PER_SEC 1000000000ull

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts = {0};

	(void)clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

const char *weir_show_kind(const struct weir_attachment *at)
{
	if (at->hook == WEIR_HOOK_XDP)
		return NULL;
	return at->tcx ? "tcx" : at->kind;
}

static int show_one(const struct weir_attachment *at, void *ctx)
{
	struct weir_show *show = ctx;
	int err = at->has_prog ? weir_stages_read(&at->prog, NULL, &show->stages) : 0;

	if (err) {
		weir_say_error("show: out of memory");
		return err;
	}
	if (show->is_json)
		weir_show_json(show, at);
	else
		weir_show_text(show, at);
	show->shown++;
	return ferror(stdout) ? -EIO : 0;
}

int weir_cmd_show(const struct weir_globals *globals, const union weir_config *config)
{
	struct weir_show show = {
		.is_json = globals->json,
		.now_boot_ns = clock_ns(CLOCK_BOOTTIME),
		.now_real_ns = clock_ns(CLOCK_REALTIME),
	};
	const char *dev = config->show.dev;
	struct weir_net *net = NULL;
	int err;

	weir_json_start(&show.json, stdout, globals->pretty);
	if (globals->json)
		weir_json_array(&show.json, NULL);
	err = weir_net_open(globals->netns, &net);
	show.net = net;
	if (!err)
		err = weir_pins_read(&show.pins);
	if (!err)
		err = weir_query(net, dev, show_one, &show);
	if (globals->json) {
		weir_json_array_end(&show.json);
		weir_json_end(&show.json);
	}
	if (!err && weir_query_is_blind())
		weir_say_note(WEIR_SAY_BLIND);
	else if (!err && !show.shown)
		weir_say_note("%s%snothing is attached", dev ? dev : "", dev ? ": " : "");
	weir_stages_free(&show.stages);
	weir_pins_free(show.pins);
	weir_net_close(net);
	return err;
}
