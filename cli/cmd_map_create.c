// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir map: create and swap. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/map.h"
#include "cli/names.h"
#include "cli/say.h"

/* ---- create -------------------------------------------------------------- */

static int read_flags(const char *list, uint32_t *out)
{
	uint32_t flag;

	while (list && *list) {
		size_t len = strcspn(list, ",");

		if (!weir_map_flag(list, len, &flag)) {
			weir_say_error("map create: 'flags' '%.*s': no such flag", (int)len, list);
			return -EINVAL;
		}
		*out |= flag;
		list += len + (list[len] == ',');
	}
	return 0;
}

/* What the kernel would name by a number only. */
static int check(const struct weir_map_config *cfg, const struct weir_create_opts *opts)
{
	bool of_maps = !strcmp(cfg->type, "array_of_maps") || !strcmp(cfg->type, "hash_of_maps");

	if (of_maps && !cfg->inner) {
		weir_say_error("map create: a map of maps needs: inner MAP");
		return -EINVAL;
	}
	if (!of_maps && cfg->inner) {
		weir_say_error("map create: 'inner': only with a map of maps");
		return -EINVAL;
	}
	if (strlen(opts->name) > 15) {
		weir_say_error(
			"map create: '%s': a map's name has up to 15 characters; give one by "
			"name NAME",
			opts->name);
		return -EINVAL;
	}
	return 0;
}

static int create(const struct weir_globals *globals, const struct weir_map_config *cfg,
		  struct weir_create_opts *opts)
{
	const struct weir_map_ref inner = {.name = cfg->inner};
	int fd, err;

	if (cfg->inner) {
		opts->inner_fd = weir_map_ref_open(globals, &inner);
		if (opts->inner_fd < 0)
			return opts->inner_fd;
	}
	fd = weir_map_create(opts);
	if (opts->inner_fd > 0)
		close(opts->inner_fd);
	if (fd < 0)
		return fd;
	err = weir_map_pin(fd, cfg->path, globals->bpffs);
	close(fd);
	return err;
}

int weir_cmd_map_create(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	const char *slash = strrchr(cfg->path, '/');
	struct weir_create_opts opts = {
		.size = sizeof(opts),
		.name = cfg->name
				?: slash ? slash + 1
					 : cfg->path,
		.key_type = cfg->key_type,
		.value_type = cfg->value_type,
		.max_entries = cfg->max_entries,
	};

	if (!weir_map_type(cfg->type, &opts.type)) {
		weir_say_error("map create: 'type' '%s': no such type of map", cfg->type);
		return WEIR_EXIT_USAGE;
	}
	/* what holds maps, programs and devices has values of its own */
	if (cfg->inner && !opts.value_type)
		opts.value_type = "u32";
	if (read_flags(cfg->flags, &opts.flags) || check(cfg, &opts))
		return WEIR_EXIT_USAGE;
	return create(globals, cfg, &opts);
}

/* ---- swap ---------------------------------------------------------------- */

int weir_cmd_map_swap(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_map_config *cfg = &config->map;
	struct weir_table_opts types = {.size = sizeof(types),
					.key_type = cfg->key_type,
					.value_type = cfg->value_type,
					.schema = weir_map_schema(),
					.mask = cfg->mask};
	struct weir_bulk_opts bulk = {.size = sizeof(bulk), .merge = cfg->merge};
	struct weir_map_config outer = *cfg;
	char *slot[] = {(char *)cfg->slot}, *with[] = {(char *)cfg->with};
	struct weir_map_line line;
	int err;

	outer.key_type = outer.value_type = NULL; /* they are the inner map's */
	if (cfg->with) {
		bulk.value = with;
		bulk.n_value = 1;
	}
	err = weir_map_line_open(globals, &outer, NULL, &line);
	err = err ?: weir_table_read_key(line.table, slot, 1, line.key);
	err = err ?: weir_table_swap(line.table, line.key, cfg->path, &bulk, &types);
	weir_map_line_close(&line);
	return err;
}
