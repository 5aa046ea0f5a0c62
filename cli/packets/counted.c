// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a program counts. All maps of an object; of a loaded program its own, and those of every
 * program that its program arrays lead to.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/map.h"
#include "cli/packets/subject.h"
#include "cli/say.h"
#include "maps/weir_map.h"

/* Larger ones would be read after each packet: left out, with a note. */
#define ENTRIES_MAX 65536

/* Ids that were met. */
struct seen {
	uint32_t *ids;
	size_t n, cap;
};

/* False: it was there, or there is no memory. */
static bool see(struct seen *seen, uint32_t id)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->ids[i] == id)
			return false;
	if (seen->n == seen->cap) {
		size_t cap = seen->cap ? 2 * seen->cap : 64;
		uint32_t *ids = reallocarray(seen->ids, cap, sizeof(*ids));

		if (!ids)
			return false;
		seen->ids = ids;
		seen->cap = cap;
	}
	seen->ids[seen->n++] = id;
	return true;
}

static int keep(struct weir_subject *subject, struct weir_counters *counters)
{
	struct weir_subject_counter *list =
		reallocarray(subject->counters, subject->n_counters + 1, sizeof(*list));
	struct weir_subject_counter *counter;
	int n;

	if (!list)
		return -ENOMEM;
	subject->counters = list;
	counter = &list[subject->n_counters++];
	*counter = (struct weir_subject_counter){.counters = counters};
	n = weir_counters_read(counters);
	return n < 0 ? n : weir_reading_take(&counter->before, counters, (size_t)n);
}

static int watch_map(struct weir_subject *subject, int fd, const struct weir_map *map)
{
	const struct weir_table_opts types = {.size = sizeof(types), .schema = weir_map_schema()};
	struct weir_counters *counters;
	int err = weir_counters_open(fd, &types, &counters);

	if (err)
		return err == -EMEDIUMTYPE ? 0 : err;
	if (map->max_entries > ENTRIES_MAX) {
		weir_say_note("map %s: %u entries are not read after each packet: its counts are "
			      "not shown",
			      map->name, map->max_entries);
		weir_counters_close(counters);
		return 0;
	}
	err = keep(subject, counters);
	/* from then on it is the subject's */
	if (err == -ENOMEM && (!subject->n_counters ||
			       subject->counters[subject->n_counters - 1].counters != counters))
		weir_counters_close(counters);
	return err;
}

struct watching {
	struct weir_subject *subject;
	struct seen progs, maps;
};

struct slots {
	struct watching *watching;
	size_t stride_bytes;
};

static int watch_prog(struct watching *watching, const struct weir_prog *prog);

/* Of a program array, the value of a slot is an id. */
static int follow(const void *keys, const void *values, size_t n, void *ctx)
{
	const struct slots *slots = ctx;
	struct weir_prog prog;
	int err = 0;

	(void)keys;
	for (size_t i = 0; i < n && !err; i++) {
		uint32_t id;

		memcpy(&id, (const uint8_t *)values + i * slots->stride_bytes, sizeof(id));
		if (id && see(&slots->watching->progs, id) && !weir_prog_by_id(id, &prog))
			err = watch_prog(slots->watching, &prog);
	}
	return err;
}

static int watch_id(struct watching *watching, uint32_t id)
{
	const struct weir_table_opts opts = {.size = sizeof(opts)};
	struct weir_table *table = NULL;
	struct weir_map map;
	int fd = weir_map_open_id_quiet(id), err;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = weir_map_by_fd(fd, &map);
	if (!err && map.type == BPF_MAP_TYPE_PROG_ARRAY) {
		err = weir_table_open(fd, &opts, &table);
		if (!err) {
			struct slots slots = {watching, weir_table_value_bytes(table)};

			err = weir_table_each(table, follow, &slots);
		}
		weir_table_close(table);
	} else if (!err) {
		err = watch_map(watching->subject, fd, &map);
	}
	close(fd);
	return err;
}

static int watch_prog(struct watching *watching, const struct weir_prog *prog)
{
	int err = 0;

	for (uint32_t i = 0; i < prog->n_map_ids && !err; i++)
		if (see(&watching->maps, prog->map_ids[i]))
			err = watch_id(watching, prog->map_ids[i]);
	return err;
}

int weir_subject_watch(struct weir_subject *subject)
{
	struct watching watching = {.subject = subject};
	int err;

	(void)see(&watching.progs, subject->prog.id);
	err = watch_prog(&watching, &subject->prog);
	free(watching.progs.ids);
	free(watching.maps.ids);
	return err;
}

static int count_map(struct weir_subject_counter *counter, struct weir_lines *out)
{
	const char *map = weir_counters_map(counter->counters)->name;
	int n = weir_counters_read(counter->counters);

	for (int i = 0; i < n; i++) {
		const char *name = weir_counters_name(counter->counters, (size_t)i);
		struct weir_count now = weir_counters_value(counter->counters, (size_t)i);
		struct weir_count was = weir_reading_find(&counter->before, (size_t)i, name);

		if (now.packets != was.packets || now.bytes != was.bytes)
			weir_lines_add(out, "%s %s %" PRId64 " %" PRId64, map, name,
				       (int64_t)(now.packets - was.packets),
				       (int64_t)(now.bytes - was.bytes));
	}
	return n < 0 ? n : weir_reading_take(&counter->before, counter->counters, (size_t)n);
}

int weir_subject_counted(struct weir_subject *subject, struct weir_lines *out)
{
	int err = 0;

	for (size_t i = 0; i < subject->n_counters && !err; i++)
		err = count_map(&subject->counters[i], out);
	return err;
}
