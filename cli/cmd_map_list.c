// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir map list, weir map show. In: every map, every program, what is attached,
 * every pin. Out: a map with its shape, entries in use, the programs that use it,
 * interfaces behind those, and its pins.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "cli/map.h"
#include "cli/names.h"
#include "cli/out.h"
#include "cli/say.h"
#include "cli/show.h"

/* Larger maps are counted by `show`, or by the word `count`. */
#define COUNT_UP_TO 65536u

/* ---- who uses maps ------------------------------------------------------- */

struct user {
	uint32_t map_id, prog_id;
	char name[64];
};

struct place {
	uint32_t prog_id;
	char dev[16];
	enum weir_hook hook;
};

struct users {
	struct user *list;
	size_t n;
	struct place *places;
	size_t n_places;
};

static int add_user(struct users *users, uint32_t map_id, const struct weir_prog *prog)
{
	struct user *list = reallocarray(users->list, users->n + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	users->list = list;
	list[users->n] = (struct user){.map_id = map_id, .prog_id = prog->id};
	snprintf(list[users->n++].name, sizeof(list->name), "%s", prog->name);
	return 0;
}

static int add_place(const struct weir_attachment *at, void *ctx)
{
	struct users *users = ctx;
	struct place *places;

	if (!at->has_prog)
		return 0;
	places = reallocarray(users->places, users->n_places + 1, sizeof(*places));
	if (!places)
		return -ENOMEM;
	users->places = places;
	places[users->n_places] = (struct place){.prog_id = at->prog.id, .hook = at->hook};
	snprintf(places[users->n_places++].dev, sizeof(places->dev), "%s", at->dev);
	return 0;
}

static int find_users(struct weir_net *net, struct users *users)
{
	struct weir_prog prog;
	uint32_t id = 0;
	int err;

	while (!(err = weir_prog_next(&id, &prog))) {
		for (uint32_t i = 0; i < prog.n_map_ids && !err; i++)
			err = add_user(users, prog.map_ids[i], &prog);
		if (err)
			return err;
	}
	return err == -ENOENT ? weir_query(net, NULL, add_place, users) : err;
}

/* ---- entries ------------------------------------------------------------- */

static int count_some(const void *keys, const void *values, size_t n, void *ctx)
{
	(void)keys;
	(void)values;
	*(uint64_t *)ctx += n;
	return 0;
}

/* -1: not known. */
static int64_t count_entries(int fd, const struct weir_map *map, bool large)
{
	const struct weir_table_opts opts = {.size = sizeof(opts)};
	struct weir_table *table;
	uint64_t n = 0;
	int err;

	/* the kernel shows no entries of perf event arrays */
	if (!map->key_size_bytes || !map->value_size_bytes ||
	    map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ||
	    (map->max_entries > COUNT_UP_TO && !large))
		return -1;
	if (weir_map_is_array(map))
		return map->max_entries;
	if (weir_table_open(fd, &opts, &table))
		return -1;
	err = weir_table_each(table, count_some, &n);
	weir_table_close(table);
	return err ? -1 : (int64_t)n;
}

/* ---- text ---------------------------------------------------------------- */

struct listing {
	const struct weir_globals *globals;
	struct weir_net *net;
	struct users users;
	struct weir_pins *pins;
	struct weir_json json;
	bool large;
};

static const char *hook_name(enum weir_hook hook)
{
	return hook == WEIR_HOOK_XDP ? "xdp" : hook == WEIR_HOOK_INGRESS ? "ingress" : "egress";
}

static void print_users(const struct listing *list, uint32_t map_id)
{
	const struct users *users = &list->users;

	for (size_t i = 0; i < users->n; i++) {
		if (users->list[i].map_id != map_id)
			continue;
		printf("  prog ");
		weir_text_print(stdout, users->list[i].name);
		printf(" id %u", users->list[i].prog_id);
		for (size_t k = 0; k < users->n_places; k++)
			if (users->places[k].prog_id == users->list[i].prog_id)
				printf(" %s %s", users->places[k].dev,
				       hook_name(users->places[k].hook));
		putchar('\n');
	}
}

static void print_map(struct listing *list, const struct weir_map *map, int64_t entries)
{
	char buf[WEIR_NAME_LEN];
	const char *path;

	weir_text_print(stdout, map->name[0] ? map->name : "-");
	printf(" id %u %s key %uB value %uB max %u", map->id, weir_map_type_word(map->type, buf),
	       map->key_size_bytes, map->value_size_bytes, map->max_entries);
	if (entries >= 0)
		printf(" entries %" PRId64, entries);
	weir_map_flags_print(stdout, map->flags);
	weir_device_text(list->net, map->ifindex, map->netns_ino);
	putchar('\n');
	for (size_t i = 0; (path = weir_pins_path(list->pins, WEIR_PIN_OF_MAP, map->id, i)); i++) {
		printf("  pinned ");
		weir_text_print(stdout, path);
		putchar('\n');
	}
	print_users(list, map->id);
}

/* ---- JSON ---------------------------------------------------------------- */

static void json_users(struct listing *list, uint32_t map_id)
{
	const struct users *users = &list->users;
	struct weir_json *json = &list->json;

	weir_json_array(json, "programs");
	for (size_t i = 0; i < users->n; i++) {
		if (users->list[i].map_id != map_id)
			continue;
		weir_json_object(json, NULL);
		weir_json_u64(json, "id", users->list[i].prog_id);
		weir_json_string(json, "name", users->list[i].name);
		weir_json_array(json, "attached");
		for (size_t k = 0; k < users->n_places; k++) {
			if (users->places[k].prog_id != users->list[i].prog_id)
				continue;
			weir_json_object(json, NULL);
			weir_json_string(json, "dev", users->places[k].dev);
			weir_json_string(json, "hook", hook_name(users->places[k].hook));
			weir_json_object_end(json);
		}
		weir_json_array_end(json);
		weir_json_object_end(json);
	}
	weir_json_array_end(json);
}

static void json_map(struct listing *list, const struct weir_map *map, int64_t entries)
{
	struct weir_json *json = &list->json;
	char buf[WEIR_NAME_LEN];
	const char *path;

	weir_json_object(json, NULL);
	weir_json_u64(json, "id", map->id);
	weir_json_string(json, "name", map->name);
	weir_json_string(json, "type", weir_map_type_word(map->type, buf));
	weir_json_u64(json, "key_size", map->key_size_bytes);
	weir_json_u64(json, "value_size", map->value_size_bytes);
	weir_json_u64(json, "max_entries", map->max_entries);
	weir_json_u64(json, "flags", map->flags);
	if (entries >= 0)
		weir_json_u64(json, "entries", (uint64_t)entries);
	weir_device_json(json, list->net, map->ifindex, map->netns_ino);
	weir_json_array(json, "pins");
	for (size_t i = 0; (path = weir_pins_path(list->pins, WEIR_PIN_OF_MAP, map->id, i)); i++)
		weir_json_string(json, NULL, path);
	weir_json_array_end(json);
	json_users(list, map->id);
}

static void show(struct listing *list, int fd, const struct weir_map *map, const char *key_type,
		 const char *value_type)
{
	int64_t entries = count_entries(fd, map, list->large);

	if (!list->globals->json) {
		print_map(list, map, entries);
		if (key_type)
			printf("  key %s\n", key_type);
		if (value_type)
			printf("  value %s\n", value_type);
		return;
	}
	json_map(list, map, entries);
	if (key_type)
		weir_json_string(&list->json, "key_type", key_type);
	if (value_type)
		weir_json_string(&list->json, "value_type", value_type);
	weir_json_object_end(&list->json);
}

/* ---- commands ------------------------------------------------------------ */

static int start(struct listing *list, const struct weir_globals *globals)
{
	int err;

	*list = (struct listing){.globals = globals};
	err = weir_pins_read(&list->pins);
	err = err ?: weir_net_open(globals->netns, &list->net);
	return err ?: find_users(list->net, &list->users);
}

static void end(struct listing *list)
{
	free(list->users.list);
	free(list->users.places);
	weir_net_close(list->net);
	weir_pins_free(list->pins);
}

int weir_cmd_map_list(const struct weir_globals *globals, const union weir_config *cfg)
{
	struct listing list;
	struct weir_map map;
	uint32_t id = 0;
	int err = start(&list, globals), fd;

	list.large = cfg->map.count;
	weir_json_start(&list.json, stdout, globals->pretty);
	if (!err && globals->json)
		weir_json_array(&list.json, NULL);
	while (!err && !(err = weir_map_next_id(id, &id))) {
		/* between our question and this one it may have gone */
		fd = weir_map_open_id_quiet(id);
		if (fd < 0)
			continue;
		if (!weir_map_by_fd(fd, &map))
			show(&list, fd, &map, NULL, NULL);
		close(fd);
	}
	err = err == -ENOENT ? 0 : err;
	if (!err && globals->json) {
		weir_json_array_end(&list.json);
		weir_json_end(&list.json);
	}
	end(&list);
	return err;
}

int weir_cmd_map_show(const struct weir_globals *globals, const union weir_config *cfg)
{
	struct weir_map_line line;
	struct listing list = {0};
	char key_type[512], value_type[512];
	int err = weir_map_line_open(globals, &cfg->map, NULL, &line);

	err = err ?: start(&list, globals);
	list.large = true;
	weir_json_start(&list.json, stdout, globals->pretty);
	if (!err) {
		weir_table_type_text(line.table, true, key_type, sizeof(key_type));
		weir_table_type_text(line.table, false, value_type, sizeof(value_type));
		show(&list, line.fd, weir_table_map(line.table), key_type, value_type);
		if (globals->json)
			weir_json_end(&list.json);
	}
	end(&list);
	weir_map_line_close(&line);
	return err;
}
