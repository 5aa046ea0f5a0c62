// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets in the kernel, replaced in one step: tables, a program that uses them, the switch. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cli/filter/kernel.h"
#include "cli/filter/tables.h"
#include "cli/say.h"

/* The object, in the form that clang made; the assembler reads the file. */
__asm__(".section .rodata\n.balign 8\nweir_filter_object:\n.incbin \"" WEIR_FILTER_OBJECT "\"\n"
	"weir_filter_object_end:\n.byte 0\n.previous\n");
extern const char weir_filter_object[], weir_filter_object_end[];

static int open_object(const struct weir_ruleset *filter, const char *prog,
		       struct weir_object **out)
{
	const struct weir_open_opts opts = {.sz = sizeof(opts)};
	int err = weir_object_open_mem(weir_filter_object,
				       /* cppcheck-suppress comparePointers */
				       (size_t)(weir_filter_object_end - weir_filter_object),
				       "filter.o", &opts, out);

	if (err)
		return err;
	err = weir_object_choose(*out, weir_ruleset_progs[filter->kind].type, WEIR_HOOK_NONE, NULL,
				 prog);
	if (err) {
		weir_object_close(*out);
		*out = NULL;
	}
	return err;
}

static int object_map_fd(const struct weir_object *obj, const char *name)
{
	const struct weir_map_decl *maps;
	size_t n = weir_object_maps(obj, &maps);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(maps[i].name, name))
			return weir_object_map_fd(obj, i);
	return -ENOENT;
}

struct content {
	const char *name;
	const void *values;
	size_t n, size;
};

#define CONTENTS 8

static void list_contents(const struct weir_tables *tables, const struct weir_filter_rule *rules,
			  size_t n_rules, const struct weir_filter_prefix *list, size_t n_list,
			  struct content out[CONTENTS])
{
	const struct content all[CONTENTS] = {
		{"weir_pages", tables->trees.pages, tables->trees.n_pages,
		 sizeof(struct weir_tree_page)},
		{"weir_checks4", tables->trees.checks4, tables->trees.n_checks4,
		 sizeof(struct weir_check4)},
		{"weir_checks6", tables->trees.checks6, tables->trees.n_checks6,
		 sizeof(struct weir_check6)},
		{"weir_prefixes", tables->prefixes, tables->n_prefixes,
		 sizeof(struct weir_prefix_of)},
		{"weir_rows", tables->rows.rows, tables->rows.n, sizeof(struct weir_match_row)},
		{"weir_row_pages", tables->row_pages, tables->row_pages ? WEIR_VALUES16 * 256 : 0,
		 sizeof(struct weir_row_page)},
		{"weir_rules", rules, n_rules, sizeof(*rules)},
		{"weir_list", list, n_list, sizeof(*list)},
	};

	memcpy(out, all, sizeof(all));
}

static int fill_array(const struct weir_object *obj, const struct content *content)
{
	int fd = object_map_fd(obj, content->name);
	size_t bytes = content->n * content->size;
	void *to;

	if (fd < 0)
		return fd;
	if (!bytes)
		return 0;
	to = weir_ruleset_memory(fd, bytes, PROT_READ | PROT_WRITE);
	if (!to)
		return -errno;
	memcpy(to, content->values, bytes);
	munmap(to, bytes);
	return 0;
}

static int fill_macs(const struct weir_object *obj, const struct weir_tables *tables)
{
	int fd = object_map_fd(obj, "weir_macs");

	for (size_t i = 0; i < tables->n_macs; i++)
		if (bpf_map_update_elem(fd, &tables->macs[i].mac, &tables->macs[i].row, BPF_ANY))
			return -errno;
	return 0;
}

/* The counters of rules that are new: nobody counts there yet. */
static int zero_counters(int fd, const uint64_t *fresh)
{
	int n_cpus = libbpf_num_possible_cpus(), err = 0;
	void *zero = calloc((size_t)n_cpus, sizeof(struct weir_counter));

	if (!zero)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < WEIR_FILTER_COUNTERS; i++)
		if (fresh[i / 64] >> i % 64 & 1 && bpf_map_update_elem(fd, &i, zero, BPF_ANY))
			err = -errno;
	free(zero);
	return err;
}

/* The rules as their maps have them; free()d by the caller. */
struct kept {
	struct weir_filter_rule *rules;
	struct weir_filter_prefix *list;
};

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

static int load_program(const struct weir_ruleset *filter, struct weir_object *obj,
			const struct weir_tables *tables, const struct content *contents,
			bool verify_only)
{
	struct weir_load_map maps[CONTENTS + 5];
	struct weir_load_opts opts = {.sz = sizeof(opts), .verify_only = verify_only, .maps = maps};

	for (size_t i = 0; i < CONTENTS; i++)
		maps[opts.n_maps++] = (struct weir_load_map){
			.name = contents[i].name,
			.max_entries = contents[i].n ? (uint32_t)contents[i].n : 1};
	maps[opts.n_maps++] = (struct weir_load_map){
		.name = ".rodata", .data = &tables->config, .data_bytes = sizeof(tables->config)};
	maps[opts.n_maps++] = (struct weir_load_map){
		.name = "weir_macs", .max_entries = tables->n_macs ? (uint32_t)tables->n_macs : 1};
	if (filter->gate_fd >= 0) {
		maps[opts.n_maps++] =
			(struct weir_load_map){.name = "weir_gate", .fd = filter->gate_fd};
		maps[opts.n_maps++] =
			(struct weir_load_map){.name = "weir_filter", .fd = filter->reason_fd};
		maps[opts.n_maps++] =
			(struct weir_load_map){.name = "weir_filter_hit", .fd = filter->hit_fd};
	}
	return weir_object_load(obj, &opts);
}

static int fill(const struct weir_object *obj, const struct weir_tables *tables,
		const struct content *contents, const uint64_t *fresh)
{
	int err = 0;

	for (size_t i = 0; !err && i < CONTENTS; i++)
		err = fill_array(obj, &contents[i]);
	err = err ?: fill_macs(obj, tables);
	err = err ?: zero_counters(object_map_fd(obj, "weir_filter_hit"), fresh);
	if (err)
		weir_say_error("filter: the tables cannot be filled: %s", strerror(-err));
	return err;
}

/* Takes over the maps that outlive this set's program. */
static int take_maps(struct weir_ruleset *filter, const struct weir_object *obj)
{
	filter->gate_fd = dup(object_map_fd(obj, "weir_gate"));
	filter->reason_fd = dup(object_map_fd(obj, "weir_filter"));
	filter->hit_fd = dup(object_map_fd(obj, "weir_filter_hit"));
	return filter->gate_fd < 0 || filter->reason_fd < 0 || filter->hit_fd < 0 ? -errno : 0;
}

/* From here on packets meet the new rules. */
static int switch_over(struct weir_ruleset *filter, const struct weir_object *obj)
{
	int fd = weir_object_prog_fd(obj);
	uint32_t slot = 0;
	int err = filter->gate_fd < 0 ? take_maps(filter, obj) : 0;

	if (!err && bpf_map_update_elem(filter->gate_fd, &slot, &fd, BPF_ANY))
		err = -errno;
	if (err)
		weir_say_error("filter: the new rules cannot take the old ones' place: %s",
			       strerror(-err));
	return err;
}

static int build_and_load(struct weir_ruleset *filter, struct weir_set *set,
			  const struct weir_set *old, bool try)
{
	uint64_t fresh[WEIR_FILTER_COUNTERS / 64] = {0};
	struct content contents[CONTENTS];
	struct weir_object *obj = NULL;
	struct weir_tables tables;
	struct kept kept = {0};
	int err;

	weir_set_number(set, old, fresh);
	err = weir_tables_build(set, &tables);
	if (err)
		return err;
	err = keep_rules(set, &kept);
	err = err ?: open_object(filter, weir_ruleset_progs[filter->kind].filter, &obj);
	if (!err) {
		list_contents(&tables, kept.rules, set->n_rules + 1, kept.list, set->n_list,
			      contents);
		err = load_program(filter, obj, &tables, contents, try);
	}
	if (!err && !try)
		err = fill(obj, &tables, contents, fresh);
	if (!err && !try)
		err = switch_over(filter, obj);
	weir_object_close(obj);
	weir_tables_free(&tables);
	free(kept.rules);
	free(kept.list);
	return err;
}

int weir_ruleset_write(struct weir_ruleset *filter, struct weir_set *set,
		       const struct weir_set *old)
{
	return build_and_load(filter, set, old, false);
}

int weir_ruleset_try(const struct weir_ruleset *filter, struct weir_set *set)
{
	struct weir_ruleset own = *filter;

	return build_and_load(&own, set, NULL, true);
}

int weir_ruleset_gate(const struct weir_ruleset *filter)
{
	const struct weir_load_map maps[] = {
		{.name = "weir_gate", .fd = filter->gate_fd},
		{.name = "weir_filter", .fd = filter->reason_fd},
		{.name = "weir_filter_hit", .fd = filter->hit_fd},
	};
	const struct weir_load_opts opts = {.sz = sizeof(opts), .maps = maps, .n_maps = 3};
	struct weir_object *obj;
	int err = open_object(filter, weir_ruleset_progs[filter->kind].gate, &obj), fd;

	if (err)
		return err;
	err = weir_object_load(obj, &opts);
	fd = err ? err : dup(weir_object_prog_fd(obj));
	weir_object_close(obj);
	return fd;
}
