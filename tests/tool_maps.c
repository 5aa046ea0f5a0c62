// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The maps room from a shell, for selftests: pins, lookups, walks, on the real
 * kernel. Words in, one result a line out; log lines go to standard error with
 * the first letter of their level.
 *
 *   tool_maps find|ensure|rollback [DIR]       open SPEC [BPFFS]     pins KIND ID
 *   tool_maps compare PATH TYPE KEY VALUE MAX FLAGS [TYPE KEY VALUE MAX FLAGS]
 *   tool_maps pin SPEC PATH                    counters SPEC [READS]
 *   tool_maps fill SPEC N                      walk SPEC batch|element
 *   tool_maps churn TYPE batch|element         create TYPE KEY VALUE MAX PATH
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/log.h"
#include "maps/bpffs.h"
#include "maps/keyset.h"
#include "maps/pin.h"
#include "maps/walk.h"

static void say(void *ctx, enum weir_log_level level, const char *line)
{
	(void)ctx;
	fprintf(stderr, "%c %s\n", "EDNIG"[level], line);
}

static uint32_t number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (*end || end == text) {
		fprintf(stderr, "tool_maps: not a number: %s\n", text);
		exit(2);
	}
	return (uint32_t)value;
}

static int cmd_find(char **args)
{
	char buf[PATH_MAX] = "";
	int err = weir_bpffs_find(args[0], buf, sizeof(buf));

	printf("%s %s\n", err ? "absent" : "found", buf);
	return err;
}

static int ensure(const char *want, bool keep)
{
	struct weir_undo *undo;
	char buf[PATH_MAX];
	int err = weir_undo_new(&undo);

	if (err)
		return err;
	err = weir_bpffs_ensure(want, buf, sizeof(buf), undo);
	if (!err)
		puts(buf);
	if (!err && keep)
		weir_undo_commit(undo);
	weir_undo_free(undo);
	return err;
}

static int cmd_ensure(char **args)
{
	return ensure(args[0], true);
}

static int cmd_rollback(char **args)
{
	return ensure(args[0], false);
}

static int cmd_open(char **args)
{
	struct weir_map map;
	int fd = weir_map_open(args[0], args[1]), err;

	if (fd < 0)
		return fd;
	err = weir_map_by_fd(fd, &map);
	if (!err)
		printf("%u %s %s\n", map.id, weir_map_type_name(map.type), map.name);
	(void)close(fd);
	return err;
}

static int cmd_pins(char **args)
{
	enum weir_pin_kind kind = WEIR_PIN_OF_PROG;
	struct weir_pins *pins;
	const char *path;
	int err = weir_pins_read(&pins);

	if (err)
		return err;
	while (kind < WEIR_PIN_OF_LINK && strcmp(weir_pin_kind_name(kind), args[0]) != 0)
		kind++;
	for (size_t i = 0; (path = weir_pins_path(pins, kind, number(args[1]), i)); i++)
		puts(path);
	weir_pins_free(pins);
	return 0;
}

static uint32_t map_type(const char *name)
{
	uint32_t type = 0;

	while (weir_map_type_name(type) && strcmp(weir_map_type_name(type), name) != 0)
		type++;
	return type;
}

static struct weir_map_shape shape(char **args)
{
	return (struct weir_map_shape){
		.type = map_type(args[0]),
		.key_size_bytes = number(args[1]),
		.value_size_bytes = number(args[2]),
		.max_entries = number(args[3]),
		.flags = number(args[4]),
	};
}

static int cmd_compare(char **args)
{
	struct weir_map_shape want = shape(args + 1), inner;
	int fd;

	if (args[6]) {
		inner = shape(args + 6);
		want.inner = &inner;
	}
	fd = weir_pin_open_map(args[0], "the_map", &want);
	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static int cmd_pin(char **args)
{
	int fd = weir_map_open(args[0], NULL), err;
	struct weir_undo *undo;

	if (fd < 0)
		return fd;
	err = weir_undo_new(&undo);
	if (!err)
		err = weir_pin_make(fd, args[1], undo);
	if (!err)
		weir_undo_commit(undo);
	if (err == -EEXIST)
		puts("exists");
	weir_undo_free(undo);
	(void)close(fd);
	return err;
}

static int cmd_create(char **args)
{
	int fd = bpf_map_create((enum bpf_map_type)map_type(args[0]), "tool", number(args[1]),
				number(args[2]), number(args[3]), NULL);
	int err = fd < 0 ? fd : bpf_obj_pin(fd, args[4]);

	if (fd >= 0)
		(void)close(fd);
	return err;
}

static int cmd_counters(char **args)
{
	unsigned int reads = args[1] ? number(args[1]) : 1;
	struct weir_counters *ctrs;
	int fd = weir_map_open(args[0], NULL), n;

	if (fd < 0)
		return fd;
	n = weir_counters_open(fd, NULL, &ctrs);
	(void)close(fd);
	if (n)
		return n;
	while (reads-- && n >= 0)
		n = weir_counters_read(ctrs);
	for (int i = 0; i < n; i++) {
		struct weir_count count = weir_counters_value(ctrs, (size_t)i);

		printf("%s %llu %llu\n", weir_counters_name(ctrs, (size_t)i),
		       (unsigned long long)count.packets, (unsigned long long)count.bytes);
	}
	if (n >= 0 && !weir_counters_time_ns(ctrs))
		n = -ETIME;
	weir_counters_close(ctrs);
	return n < 0 ? n : 0;
}

/* Entry i of N counts i packets and 2i bytes, in a value that begins with the
 * two: half of it, where a value has several CPUs, on the second. */
static int fill(int fd, const struct weir_map *map, uint32_t n)
{
	size_t step = (map->value_size_bytes + 7) / 8; /* words of one CPU */
	int cpus = strstr(weir_map_type_name(map->type), "percpu") ? libbpf_num_possible_cpus() : 1;
	uint64_t *values = calloc((size_t)cpus * step, sizeof(*values));
	uint64_t *second = values + (cpus > 1 ? step : 0);
	int err = values ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < n; i++) {
		second[0] = i / 2;
		second[1] = i;
		values[0] = cpus > 1 ? i - i / 2 : i;
		values[1] = cpus > 1 ? i : 2 * i;
		err = bpf_map_update_elem(fd, &i, values, BPF_ANY);
	}
	free(values);
	return err;
}

static int cmd_fill(char **args)
{
	int fd = weir_map_open(args[0], NULL), err;
	struct weir_map map;

	if (fd < 0)
		return fd;
	err = weir_map_by_fd(fd, &map);
	if (!err)
		err = fill(fd, &map, number(args[1]));
	(void)close(fd);
	return err;
}

struct walked {
	struct weir_keyset *seen;
	size_t n, twice, calls;
	unsigned int stable; /* keys below churn_stable */
};

/* Keys that no other thread touches while churn runs. */
static const uint32_t churn_stable = 1000;

static int take(const void *keys, const void *values, size_t n, void *ctx)
{
	struct walked *walked = ctx;
	const uint32_t *key = keys;

	(void)values;
	walked->calls++;
	for (size_t i = 0; i < n; i++) {
		walked->n++;
		walked->twice += weir_keyset_add(walked->seen, &key[i]) == 0;
		walked->stable += key[i] < churn_stable;
	}
	return 0;
}

static int walk_once(int fd, const char *how, struct walked *walked)
{
	struct weir_walk *walk;
	struct weir_map map;
	int err = weir_map_by_fd(fd, &map);

	*walked = (struct walked){0};
	if (!err)
		err = weir_walk_new(fd, &map, &walk);
	if (err)
		return err;
	if (strcmp(how, "element") == 0)
		weir_walk_elementwise(walk);
	err = weir_keyset_new(map.key_size_bytes, &walked->seen);
	if (!err)
		err = weir_walk_run(walk, take, walked);
	weir_keyset_free(walked->seen);
	weir_walk_free(walk);
	return err;
}

static int cmd_walk(char **args)
{
	int fd = weir_map_open(args[0], NULL), err;
	struct walked walked;

	if (fd < 0)
		return fd;
	err = walk_once(fd, args[1], &walked);
	printf("%zu entries, %zu twice, %s\n", walked.n, walked.twice,
	       walked.calls < walked.n ? "batches" : "elements");
	(void)close(fd);
	return err;
}

struct churn {
	int fd;
	atomic_bool stop;
};

static void *churn_keys(void *ctx)
{
	static const uint64_t value[2 * 1024];
	struct churn *churn = ctx;
	uint32_t low = churn_stable;

	while (!atomic_load(&churn->stop)) {
		for (uint32_t i = low; i < low + 500; i++)
			(void)bpf_map_update_elem(churn->fd, &i, value, BPF_ANY);
		for (uint32_t i = low; i < low + 500; i++)
			(void)bpf_map_delete_elem(churn->fd, &i);
		low = low > 1u << 30 ? churn_stable : low + 500;
	}
	return NULL;
}

/* A hash changes while it is walked: every stable key is there, none twice; or, seldom and where
 * the machine gives us less time than them, it is said that it changes too fast. */
static int cmd_churn(char **args)
{
	static const uint64_t value[2 * 1024];
	struct churn churn = {0};
	struct walked walked;
	unsigned int bad = 0, too_fast = 0;
	pthread_t thread;
	int err = 0;

	churn.fd = bpf_map_create((enum bpf_map_type)map_type(args[0]), "churn", sizeof(uint32_t),
				  16, 4096, NULL);
	if (churn.fd < 0)
		return churn.fd;
	for (uint32_t i = 0; !err && i < churn_stable; i++)
		err = bpf_map_update_elem(churn.fd, &i, value, BPF_ANY);
	if (!err)
		err = -pthread_create(&thread, NULL, churn_keys, &churn);
	if (err)
		return err;
	for (int i = 0; !err && i < 200; i++) {
		err = walk_once(churn.fd, args[1], &walked);
		if (err == -EAGAIN && too_fast++ < 10) {
			err = 0;
			continue;
		}
		bad += walked.twice || walked.stable != churn_stable;
	}
	atomic_store(&churn.stop, true);
	(void)pthread_join(thread, NULL);
	(void)close(churn.fd);
	printf("%u of 200 walks wrong\n", bad);
	return err;
}

static const struct {
	const char *name;
	int min_args;
	int (*fn)(char **args);
} commands[] = {
	{"find", 0, cmd_find}, {"ensure", 0, cmd_ensure}, {"rollback", 0, cmd_rollback},
	{"open", 1, cmd_open}, {"pins", 2, cmd_pins},	  {"compare", 6, cmd_compare},
	{"pin", 2, cmd_pin},   {"create", 5, cmd_create}, {"counters", 1, cmd_counters},
	{"fill", 2, cmd_fill}, {"walk", 2, cmd_walk},	  {"churn", 2, cmd_churn},
};

int main(int argc, char **argv)
{
	weir_log_to(say, NULL, WEIR_LOG_NOTICE);
	libbpf_set_print(NULL);
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		int err;

		if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 < commands[i].min_args)
			continue;
		err = commands[i].fn(argv + 2);
		if (err)
			printf("error %s\n", strerrorname_np(-err) ? strerrorname_np(-err) : "?");
		return err ? 1 : 0;
	}
	fprintf(stderr, "tool_maps: see the head of its source\n");
	return 2;
}
