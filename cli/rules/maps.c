// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rules and a program's maps. In: a set and its tables. Out: a loaded program that goes by
 * them; or the set again, out of the program.
 */
#include "cli/rules/maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cli/say.h"
#include "cli/step/step.h"

#define MAPS_MAX 24 /* of one load */

/* An array and what it is to hold. */
struct content {
	const char *name;
	const void *values;
	size_t n, size;
};

#define CONTENTS 9

/* The rules as their maps have them; free()d by the caller. */
struct kept {
	struct weir_filter_rule *rules;
	struct weir_filter_prefix *list;
};

void *weir_rules_memory(int fd, size_t bytes, int prot)
{
	void *at = mmap(NULL, bytes, prot, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int keep_rules(const struct weir_set *set, struct kept *out)
{
	out->rules = calloc(set->n_rules + 1, sizeof(*out->rules));
	out->list = calloc(set->n_list + 1, sizeof(*out->list));
	if (!out->rules || !out->list)
		return -ENOMEM;
	out->rules[0] = (struct weir_filter_rule){.deny = set->deny,
						  .n_rules = (uint32_t)set->n_rules,
						  .n_list = (uint32_t)set->n_list};
	for (size_t i = 0; i < set->n_rules; i++)
		out->rules[i + 1] = set->rules[i].rule;
	for (size_t i = 0; i < set->n_list; i++)
		out->list[i] = set->list[i].prefix;
	return 0;
}

static void list_contents(const struct weir_rules_load *load, const struct kept *kept,
			  struct content out[CONTENTS])
{
	const struct weir_tables *tables = load->tables;
	const struct content all[CONTENTS] = {
		{"weir_pages", tables->trees.pages, tables->trees.n_pages,
		 sizeof(struct weir_tree_page)},
		{"weir_checks4", tables->trees.checks4, tables->trees.n_checks4,
		 sizeof(struct weir_check4)},
		{"weir_checks6", tables->trees.checks6, tables->trees.n_checks6,
		 sizeof(struct weir_check6)},
		{"weir_fronts", tables->trees.fronts, tables->trees.n_fronts,
		 sizeof(struct weir_front_line)},
		{"weir_prefixes", tables->prefixes, tables->n_prefixes,
		 sizeof(struct weir_prefix_of)},
		{"weir_rows", tables->rows.rows, tables->rows.n, sizeof(struct weir_match_row)},
		{"weir_row_pages", tables->row_pages, tables->row_pages ? WEIR_VALUES16 * 256 : 0,
		 sizeof(struct weir_row_page)},
		{"weir_rules", kept->rules, load->set->n_rules + 1, sizeof(*kept->rules)},
		{"weir_list", kept->list, load->set->n_list, sizeof(*kept->list)},
	};

	memcpy(out, all, sizeof(all));
}

static int load_program(struct weir_object *obj, const struct weir_rules_load *load,
			const struct content *contents)
{
	struct weir_load_map maps[MAPS_MAX];
	struct weir_load_opts opts = {.sz = sizeof(opts),
				      .verify_only = load->verify_only,
				      .unpinned = true,
				      .maps = maps};
	size_t n_macs = load->tables->n_macs;

	if (load->n_maps + CONTENTS + 2 > MAPS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < CONTENTS; i++)
		maps[opts.n_maps++] = (struct weir_load_map){
			.name = contents[i].name,
			.max_entries = contents[i].n ? (uint32_t)contents[i].n : 1};
	maps[opts.n_maps++] = (struct weir_load_map){
		.name = ".rodata", .data = load->consts, .data_bytes = load->consts_bytes};
	maps[opts.n_maps++] = (struct weir_load_map){.name = "weir_macs",
						     .max_entries = n_macs ? (uint32_t)n_macs : 1};
	for (size_t i = 0; i < load->n_maps; i++)
		maps[opts.n_maps++] = load->maps[i];
	return weir_object_load(obj, &opts);
}

static int fill_array(const struct weir_object *obj, const struct content *content)
{
	int fd = weir_step_object_map(obj, content->name);
	size_t bytes = content->n * content->size;
	void *to;

	if (fd < 0)
		return fd;
	if (!bytes)
		return 0;
	to = weir_rules_memory(fd, bytes, PROT_READ | PROT_WRITE);
	if (!to)
		return -errno;
	memcpy(to, content->values, bytes);
	munmap(to, bytes);
	return 0;
}

static int fill_macs(const struct weir_object *obj, const struct weir_tables *tables)
{
	int fd = weir_step_object_map(obj, "weir_macs");

	for (size_t i = 0; i < tables->n_macs; i++)
		if (bpf_map_update_elem(fd, &tables->macs[i].mac, &tables->macs[i].row, BPF_ANY))
			return -errno;
	return 0;
}

static int fill(const struct weir_object *obj, const struct weir_tables *tables,
		const struct content *contents)
{
	int err = 0;

	for (size_t i = 0; !err && i < CONTENTS; i++)
		err = fill_array(obj, &contents[i]);
	err = err ?: fill_macs(obj, tables);
	if (err)
		weir_say_error("the tables of the rules cannot be filled: %s", strerror(-err));
	return err;
}

int weir_rules_load(struct weir_object *obj, const struct weir_rules_load *load)
{
	struct content contents[CONTENTS];
	struct kept kept = {0};
	int err = keep_rules(load->set, &kept);

	if (!err) {
		list_contents(load, &kept, contents);
		err = load_program(obj, load, contents);
	}
	if (!err && !load->verify_only)
		err = fill(obj, load->tables, contents);
	free(kept.rules);
	free(kept.list);
	return err;
}

int weir_rules_zero(int counters_fd, const uint64_t *fresh)
{
	int n_cpus = libbpf_num_possible_cpus(), err = 0;
	void *zero = n_cpus < 0 ? NULL : calloc((size_t)n_cpus, sizeof(struct weir_counter));

	if (!zero)
		return n_cpus < 0 ? n_cpus : -ENOMEM;
	for (uint32_t i = 0; !err && i < WEIR_FILTER_COUNTERS; i++)
		if (fresh[i / 64] >> i % 64 & 1 &&
		    bpf_map_update_elem(counters_fd, &i, zero, BPF_ANY))
			err = -errno;
	free(zero);
	if (err)
		weir_say_error("the counters of new rules cannot be cleared: %s", strerror(-err));
	return err;
}

/* ---- reading ------------------------------------------------------------- */

/* All values of the array @name of the program; *n of them. munmap()ed by the caller. */
static int read_map(const struct weir_prog *prog, const char *name, size_t size, void **out,
		    size_t *n)
{
	struct weir_map map;
	int fd = weir_step_map_of(prog, name), err = fd < 0 ? fd : weir_map_by_fd(fd, &map);

	if (!err && map.value_size_bytes != size)
		err = -EMEDIUMTYPE;
	if (!err) {
		*n = map.max_entries;
		*out = weir_rules_memory(fd, *n * size, PROT_READ);
		err = *out ? 0 : -errno;
	}
	if (fd >= 0)
		close(fd);
	if (err)
		weir_say_error("program id %u: its rules cannot be read: %s", prog->id,
			       strerror(-err));
	return err;
}

static int copy_rules(const struct weir_filter_rule *rules, size_t rules_room,
		      const struct weir_filter_prefix *list, size_t list_room, struct weir_set *out)
{
	size_t n_rules = rules[0].n_rules, n_list = rules[0].n_list;
	struct weir_set set = {.deny = rules[0].deny};

	if (n_rules >= rules_room || n_list > list_room)
		return -EMEDIUMTYPE;
	set.rules = calloc(n_rules + 1, sizeof(*set.rules));
	set.list = calloc(n_list + 1, sizeof(*set.list));
	if (!set.rules || !set.list) {
		weir_set_free(&set);
		return -ENOMEM;
	}
	set.rules_room = n_rules + 1;
	set.list_room = n_list + 1;
	for (; set.n_rules < n_rules; set.n_rules++)
		set.rules[set.n_rules].rule = rules[set.n_rules + 1];
	for (; set.n_list < n_list; set.n_list++)
		set.list[set.n_list].prefix = list[set.n_list];
	*out = set;
	return 0;
}

int weir_rules_read(uint32_t prog_id, struct weir_set *out)
{
	const struct weir_filter_prefix *list = NULL;
	const struct weir_filter_rule *rules = NULL;
	size_t rules_room = 0, list_room = 0;
	struct weir_prog prog;
	int err = weir_prog_by_id(prog_id, &prog);

	err = err ?: read_map(&prog, "weir_rules", sizeof(*rules), (void **)&rules, &rules_room);
	err = err ?: read_map(&prog, "weir_list", sizeof(*list), (void **)&list, &list_room);
	if (!err && rules && list)
		err = copy_rules(rules, rules_room, list, list_room, out);
	if (rules)
		munmap((void *)rules, rules_room * sizeof(*rules));
	if (list)
		munmap((void *)list, list_room * sizeof(*list));
	return err;
}
