// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Records that programs send: ring buffers (Linux 5.8) and perf event arrays. In: the map,
 * what a record is. Out: each record as it comes. Reading takes records away: there is
 * one reader of a ring buffer, whoever comes first.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/table.h"

#define PERF_PAGES 64 /* of each CPU */

struct weir_events {
	struct weir_table table; /* the type of records, for text */
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	weir_event_fn fn;
	void *ctx;
	int stop; /* what @fn returned; 0 */
	uint64_t lost;
};

static int take_ring(void *ctx, void *data, size_t len)
{
	struct weir_events *events = ctx;

	events->stop = events->fn(data, len, -1, events->ctx);
	return events->stop ? -ECANCELED : 0; /* libbpf reads on after what is above zero */
}

static void take_perf(void *ctx, int cpu, void *data, uint32_t len)
{
	struct weir_events *events = ctx;

	if (!events->stop)
		events->stop = events->fn(data, len, cpu, events->ctx);
}

static void take_lost(void *ctx, int cpu, unsigned long long n)
{
	struct weir_events *events = ctx;

	(void)cpu;
	events->lost += n;
}

/* What a record is: text, a struct of a program's BTF, or bytes. */
static int find_type(struct weir_events *events, const struct weir_events_opts *opts)
{
	struct btf *btf;
	int id, err = 0;

	if (opts->type)
		return weir_type_from_text(opts->type, events->table.label, &events->table.value);
	if (!opts->btf_name)
		return 0;
	btf = opts->btf_id ? btf__load_from_kernel_by_id(opts->btf_id) : NULL;
	id = btf ? btf__find_by_name_kind(btf, opts->btf_name, BTF_KIND_STRUCT) : -ENOENT;
	if (id > 0)
		err = weir_type_from_btf(btf, (uint32_t)id, false, &events->table.value);
	btf__free(btf);
	if (id <= 0 || (!err && !events->table.value))
		return weir_fail(-ENOENT, "%s: no struct %s in the BTF of the programs that use it",
				 events->table.label, opts->btf_name);
	return err;
}

static int open_buffer(struct weir_events *events, int fd)
{
	uint32_t type = events->table.map.type;
	libbpf_print_fn_t print;
	int err = 0;

	if (type != BPF_MAP_TYPE_RINGBUF && type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return weir_fail(-EINVAL, "%s: neither a ring buffer nor a perf event array",
				 events->table.label);
	print = libbpf_set_print(NULL); /* said here */
	if (type == BPF_MAP_TYPE_RINGBUF) {
		events->ring = ring_buffer__new(fd, take_ring, events, NULL);
		err = events->ring ? 0 : -errno;
	} else {
		events->perf = perf_buffer__new(fd, PERF_PAGES, take_perf, take_lost, events, NULL);
		err = events->perf ? 0 : -errno;
	}
	libbpf_set_print(print);
	return err ? weir_fail(err, "%s: cannot be read: %s", events->table.label, weir_errstr(err))
		   : 0;
}

int weir_events_open(int fd, const struct weir_events_opts *opts, weir_event_fn fn, void *ctx,
		     struct weir_events **out)
{
	struct weir_events *events = calloc(1, sizeof(*events));
	int err;

	if (!events)
		return weir_fail(-ENOMEM, "events: out of memory");
	events->fn = fn;
	events->ctx = ctx;
	err = weir_map_by_fd(fd, &events->table.map);
	snprintf(events->table.label, sizeof(events->table.label), "%s",
		 *events->table.map.name ? events->table.map.name : "map");
	err = err ?: find_type(events, opts);
	err = err ?: open_buffer(events, fd);
	if (err) {
		weir_events_close(events);
		return err;
	}
	*out = events;
	return 0;
}

void weir_events_close(struct weir_events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	perf_buffer__free(events->perf);
	weir_type_free(events->table.value);
	free(events);
}

int weir_events_poll(struct weir_events *events, int timeout_ms)
{
	int n = events->ring ? ring_buffer__poll(events->ring, timeout_ms)
			     : perf_buffer__poll(events->perf, timeout_ms);

	if (events->stop)
		return events->stop;
	if (n < 0 && n != -EINTR)
		return weir_fail(n, "%s: reading failed: %s", events->table.label, weir_errstr(n));
	return 0;
}

uint64_t weir_events_lost(const struct weir_events *events)
{
	return events->lost;
}

/* A record that is shorter than its type, or has no type, is bytes. */
int weir_event_text(const struct weir_events *events, const void *data, size_t len, bool json,
		    char **out)
{
	const struct weir_type *type = events->table.value;
	size_t typed = type && len >= type->size_bytes ? type->size_bytes : 0;
	struct weir_buf text;

	weir_buf_init(&text, -1);
	if (typed && json)
		weir_value_json(type, data, NULL, &text);
	else if (typed)
		weir_value_write(type, data, NULL, &text);
	if (!typed) {
		weir_buf_text(&text, json ? "\"0x" : "0x");
		weir_buf_hex(&text, data, len);
		if (json)
			weir_buf_char(&text, '"');
	}
	if (!weir_buf_string(&text)) {
		weir_buf_free(&text);
		return -ENOMEM;
	}
	*out = text.bytes;
	return 0;
}
