// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir map events: records of ring buffers and perf event arrays, as they come. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/interval.h"
#include "cli/map.h"
#include "cli/out.h"
#include "cli/say.h"

#define POLL_MS 100 /* between two looks at signals */
#define ENOUGH	1   /* as many records as were asked for */

struct reading {
	const struct weir_globals *globals;
	struct weir_events *events;
	uint32_t n, limit; /* 0: without end */
};

static int print_record(const void *data, size_t len, int cpu, void *ctx)
{
	struct reading *reading = ctx;
	bool json = reading->globals->json;
	char *text;
	int err = weir_event_text(reading->events, data, len, json, &text);

	if (err)
		return err;
	if (json && cpu >= 0)
		printf("{\"cpu\":%d,\"length\":%zu,\"record\":%s}\n", cpu, len, text);
	else if (json)
		printf("{\"length\":%zu,\"record\":%s}\n", len, text);
	else
		printf("%s\n", text);
	free(text);
	/* a record is gone from the kernel, so it is not kept here */
	if (fflush(stdout))
		return -EIO;
	return reading->limit && ++reading->n == reading->limit ? ENOUGH : 0;
}

/* BTF of a program that uses the map; 0: none. */
static uint32_t btf_of_user(uint32_t map_id)
{
	struct weir_prog prog;
	uint32_t id = 0;

	while (!weir_prog_next(&id, &prog))
		if (prog.btf_id && weir_prog_uses(&prog, map_id))
			return prog.btf_id;
	return 0;
}

static int read_on(struct reading *reading)
{
	struct weir_interval signals;
	const struct timespec at_once = {0};
	int err = weir_interval_start(&signals, 0);

	while (!err && sigtimedwait(&signals.signals, NULL, &at_once) < 0)
		err = weir_events_poll(reading->events, POLL_MS);
	return err == ENOUGH ? 0 : err;
}

int weir_cmd_map_events(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	struct weir_events_opts opts = {
		.size = sizeof(opts), .type = cfg->value_type, .btf_name = cfg->btf};
	struct reading reading = {.globals = globals, .limit = cfg->reports};
	int fd = weir_map_ref_open(globals, &cfg->map), err;
	struct weir_map map;

	if (fd < 0)
		return fd;
	err = weir_map_by_fd(fd, &map);
	if (!err && cfg->btf)
		opts.btf_id = btf_of_user(map.id);
	err = err ?: weir_events_open(fd, &opts, print_record, &reading, &reading.events);
	err = err ?: read_on(&reading);
	if (reading.events && weir_events_lost(reading.events))
		weir_say_note("%" PRIu64 " records were lost", weir_events_lost(reading.events));
	weir_events_close(reading.events);
	close(fd);
	return err;
}
