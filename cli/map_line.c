// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From the words that name a map to the map. In: a name, a path, an id, or a
 * program and the name of its map; types, a network namespace. Out: a table.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/map.h"
#include "cli/say.h"

/* ---- maps of programs ---------------------------------------------------- */

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* The map called @name that @prog uses; 0: none. */
static uint32_t map_of(const struct weir_prog *prog, const char *name)
{
	struct weir_map map;

	for (uint32_t i = 0; i < prog->n_map_ids; i++)
		if (!weir_map_by_id(prog->map_ids[i], &map) && !strcmp(map.name, name))
			return map.id;
	return 0;
}

struct search {
	const struct weir_map_ref *ref;
	uint32_t map_id, others;
	bool found_prog;
};

static void try_prog(struct search *search, const struct weir_prog *prog)
{
	uint32_t id = map_of(prog, search->ref->name);

	search->found_prog = true;
	if (id && search->map_id && id != search->map_id)
		search->others++;
	else if (id)
		search->map_id = id;
}

static int open_of_prog(const struct weir_map_ref *ref)
{
	struct search search = {.ref = ref};
	struct weir_prog prog;
	char id_text[32];
	uint32_t id = 0;

	if (is_number(ref->prog)) {
		if (!weir_prog_by_id((uint32_t)strtoul(ref->prog, NULL, 10), &prog))
			try_prog(&search, &prog);
	} else {
		while (!weir_prog_next(&id, &prog))
			if (!strcmp(prog.name, ref->prog))
				try_prog(&search, &prog);
	}
	if (!search.found_prog)
		weir_say_error("prog %s: no such program; weir show and bpftool prog list them",
			       ref->prog);
	else if (!search.map_id)
		weir_say_error("prog %s: it uses no map %s", ref->prog, ref->name);
	else if (search.others)
		weir_say_error("prog %s: several programs of that name use a map %s; give the "
			       "program's or the map's id",
			       ref->prog, ref->name);
	if (!search.map_id || search.others)
		return -ENOENT;
	snprintf(id_text, sizeof(id_text), "id %u", search.map_id);
	return weir_map_open(id_text, NULL);
}

int weir_map_ref_open(const struct weir_globals *globals, const struct weir_map_ref *ref)
{
	char text[64];

	if (ref->prog)
		return open_of_prog(ref);
	if (!ref->id)
		return weir_map_open(ref->name, globals->bpffs);
	snprintf(text, sizeof(text), "id %.40s", ref->id);
	return weir_map_open(text, globals->bpffs);
}

/* ---- lines --------------------------------------------------------------- */

static int name_of(uint32_t ifindex, char *name, void *ctx)
{
	return weir_net_ifname(ctx, (int)ifindex, name);
}

static int index_of(const char *name, uint32_t *out, void *ctx)
{
	int ifindex = weir_net_ifindex_quiet(ctx, name);

	*out = ifindex > 0 ? (uint32_t)ifindex : 0;
	return ifindex > 0 ? 0 : -ENODEV;
}

void weir_table_names_in(struct weir_net *net, struct weir_table_opts *opts)
{
	opts->ifname = name_of;
	opts->ifindex = index_of;
	opts->ctx = net;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

int weir_map_line_open(const struct weir_globals *globals, const struct weir_map_config *cfg,
		       const struct weir_entry_words *entry, struct weir_map_line *out)
{
	struct weir_table_opts opts = {
		.size = sizeof(opts),
		.key_type = cfg->key_type
				    ?: entry ? entry->key_type
					     : NULL,
		.value_type = cfg->value_type
				      ?: entry ? entry->value_type
					       : NULL,
		.schema = weir_map_schema(),
		.mask = cfg->mask || (entry && entry->mask),
	};
	int err;

	*out = (struct weir_map_line){.fd = -1};
	err = globals->netns ? weir_net_open(globals->netns, &out->net) : 0;
	if (err)
		return err;
	if (out->net)
		weir_table_names_in(out->net, &opts);
	out->fd = weir_map_ref_open(globals, &cfg->map);
	if (out->fd < 0)
		return out->fd;
	if (!cfg->map.id) {
		snprintf(out->label, sizeof(out->label), "%s", last_part(cfg->map.name));
		opts.label = out->label;
	}
	err = weir_table_open(out->fd, &opts, &out->table);
	if (!err && (cfg->keep || (entry && entry->keep)))
		err = weir_table_keep_types(out->table, &opts);
	if (err)
		return err;
	out->key = calloc(1, weir_table_key_bytes(out->table) + 1);
	out->value = calloc(1, weir_table_value_bytes(out->table) + 8);
	return out->key && out->value ? 0 : -ENOMEM;
}

const char *weir_map_schema(void)
{
	const char *path = secure_getenv("WEIR_TYPES");

	return path && *path ? path : "/etc/weir/types";
}

char weir_map_separator(const struct weir_map_config *cfg)
{
	return cfg->csv ? ',' : cfg->tsv ? '\t' : '\0';
}

void weir_map_line_close(struct weir_map_line *line)
{
	weir_table_close(line->table);
	if (line->fd >= 0)
		close(line->fd);
	weir_net_close(line->net);
	free(line->key);
	free(line->value);
}
