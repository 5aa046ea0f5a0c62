// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir map migrate. In: a pinned map, an object file that declares its successor. Out: the
 * successor at the map's pins, with its entries. The programs of the object are verified
 * for this, since their types and their maps come from one load; none of them stays.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/map.h"
#include "cli/names.h"
#include "cli/say.h"

/* The kernel cuts names of maps. */
static bool is_named(const struct weir_map_decl *decl, const char *name)
{
	return !strcmp(decl->name, name) ||
	       (strlen(name) == sizeof(((struct weir_map *)0)->name) - 1 &&
		!strncmp(decl->name, name, strlen(name)));
}

static int find_decl(const struct weir_object *obj, const char *name, size_t *nth)
{
	const struct weir_map_decl *maps;
	size_t n = weir_object_maps(obj, &maps);

	for (size_t i = 0; i < n; i++)
		if (is_named(&maps[i], name)) {
			*nth = i;
			return 0;
		}
	weir_say_error("%s: declares no map '%s'; weir inspect lists them, as NAME chooses one",
		       weir_object_name(obj), name);
	return -ENOENT;
}

/* Who goes on with the old map. */
static void note_users(uint32_t map_id)
{
	struct weir_prog prog;
	uint32_t id = 0;

	while (!weir_prog_next(&id, &prog))
		if (weir_prog_uses(&prog, map_id))
			weir_say_note("program id %u (%s) still uses the old map; attach it anew",
				      prog.id, prog.name);
}

static int load_new(const struct weir_globals *globals, const struct weir_map_config *cfg,
		    const char *name, struct weir_object **obj)
{
	const struct weir_open_opts open = {.sz = sizeof(open), .bpffs = globals->bpffs};
	const struct weir_load_opts load = {.sz = sizeof(load), .verify_only = true, .all = true};
	size_t nth = 0;
	int err = weir_object_open(cfg->path, &open, obj);

	err = err ?: find_decl(*obj, name, &nth);
	err = err ?: weir_object_load(*obj, &load);
	return err ?: weir_object_map_fd(*obj, nth);
}

int weir_cmd_map_migrate(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	struct weir_migrate_opts opts = {
		.size = sizeof(opts), .value_type = cfg->value_type, .drop = cfg->drop};
	int fd = weir_map_ref_open(globals, &cfg->map), new_fd, err;
	struct weir_object *obj = NULL;
	struct weir_map map;
	int64_t n = 0;

	if (fd < 0)
		return fd;
	err = weir_map_by_fd(fd, &map);
	opts.label = cfg->map.name ?: map.name;
	new_fd = err ? err : load_new(globals, cfg, cfg->as ?: map.name, &obj);
	if (new_fd >= 0)
		n = weir_map_migrate(fd, new_fd, &opts);
	err = new_fd < 0 ? new_fd : n < 0 ? (int)n : 0;
	if (!err) {
		weir_say_note("%" PRId64 " entries moved", n);
		note_users(map.id);
	}
	weir_object_close(obj);
	close(fd);
	return err;
}
