// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets in the kernel: read, and replaced in one step. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cli/police/kernel.h"
#include "cli/rules/maps.h"
#include "cli/say.h"
#include "cli/step/embed.h"

WEIR_EMBED(police_object, "police.o", WEIR_POLICE_OBJECT);

/* Maps that go on when a set's program is replaced; keyed buckets only at the same size. */
static const char *const kept_maps[] = {"weir_conform", "weir_exceed", "weir_buckets",
					"weir_leases"};
static const char keyed[] = "weir_keyed";

#define KEPT (sizeof(kept_maps) / sizeof(*kept_maps))

/* ---- reading ------------------------------------------------------------- */

void weir_police_set_free(struct weir_police_set *set)
{
	weir_set_free(&set->set);
	free(set->policies);
	*set = (struct weir_police_set){0};
}

static int read_policies(const struct weir_slot *slot, struct weir_police_set *out)
{
	int fd = weir_slot_map(slot, "weir_policies"), err = fd < 0 ? fd : 0;
	struct weir_map map;
	size_t bytes = 0;
	void *from = NULL;

	err = err ?: weir_map_by_fd(fd, &map);
	if (!err && map.value_size_bytes != sizeof(*out->policies))
		err = -EMEDIUMTYPE;
	if (!err) {
		bytes = map.max_entries * sizeof(*out->policies);
		from = weir_rules_memory(fd, bytes, PROT_READ);
		out->policies = malloc(bytes);
		err = from && out->policies ? 0 : -ENOMEM;
	}
	if (!err) {
		memcpy(out->policies, from, bytes);
		out->n = map.max_entries;
	}
	if (from)
		munmap(from, bytes);
	if (fd >= 0)
		close(fd);
	if (err)
		weir_say_error("police: program id %u: its rates cannot be read: %s", slot->prog_id,
			       strerror(-err));
	return err;
}

int weir_police_read(const struct weir_slot *slot, struct weir_police_set *out)
{
	struct weir_police_set set = {0};
	int err = weir_rules_read(slot->prog_id, &set.set);

	err = err ?: read_policies(slot, &set);
	if (err)
		weir_police_set_free(&set);
	else
		*out = set;
	return err;
}

bool weir_police_has_rest(const struct weir_police_set *set)
{
	return set->n > WEIR_POLICE_REST && set->policies[WEIR_POLICE_REST].owner;
}

void weir_police_each(const struct weir_police_set *set, weir_rule_fn fn, void *ctx)
{
	const struct weir_filter_rule rest = {.counter = WEIR_POLICE_REST};

	if (weir_police_has_rest(set))
		fn(&rest, ctx);
	weir_set_each(&set->set, fn, ctx);
}

struct copy {
	const struct weir_police_set *from;
	struct weir_limits *to;
	int err;
};

static void copy_rule(const struct weir_filter_rule *rule, void *ctx)
{
	struct copy *copy = ctx;
	struct weir_limit limit = {.rule = *rule};

	if (rule->counter >= copy->from->n) {
		copy->err = -EMEDIUMTYPE;
		return;
	}
	limit.rule.counter = 0;
	limit.policy = copy->from->policies[rule->counter];
	copy->err = copy->err ?: weir_limits_append(copy->to, &limit);
}

int weir_police_limits(const struct weir_police_set *set, struct weir_limits *out)
{
	struct copy copy = {.from = set, .to = out};

	if (!set->n)
		return 0;
	out->buckets = set->policies[0].value;
	out->generation = set->policies[0].owner;
	out->seed = set->policies[0].mask6_lo;
	weir_set_each(&set->set, copy_rule, &copy);
	if (weir_police_has_rest(set)) {
		const struct weir_limit rest = {.policy = set->policies[WEIR_POLICE_REST]};

		copy.err = copy.err ?: weir_limits_append(out, &rest);
	}
	return copy.err ?: weir_limits_settle(out, "police");
}

/* ---- writing ------------------------------------------------------------- */

/* The maps of a load; fds are closed by the caller. */
struct maps {
	struct weir_load_map all[3 + KEPT];
	size_t n;
	int fds[KEPT + 1];
	size_t n_fds;
};

static void maps_close(struct maps *maps)
{
	for (size_t i = 0; i < maps->n_fds; i++)
		close(maps->fds[i]);
}

static int add_kept(const struct weir_slot *slot, struct maps *maps)
{
	maps->all[maps->n++] = (struct weir_load_map){.name = "weir_police", .fd = slot->reason_fd};
	for (size_t i = 0; i < KEPT; i++) {
		int fd = weir_slot_map(slot, kept_maps[i]);

		if (fd < 0) {
			weir_say_error("police: program id %u: its map %s cannot be opened: %s",
				       slot->prog_id, kept_maps[i], strerror(-fd));
			return fd;
		}
		maps->fds[maps->n_fds++] = fd;
		maps->all[maps->n++] = (struct weir_load_map){.name = kept_maps[i], .fd = fd};
	}
	return 0;
}

/* fd of the keyed buckets of the set that is there, where they are @sets; else -ENOENT. */
static int open_keyed(const struct weir_slot *slot, uint32_t sets)
{
	int fd = slot->fd < 0 ? -ENOENT : weir_slot_map(slot, keyed);
	struct weir_map map;

	if (fd < 0 || (!weir_map_by_fd(fd, &map) && map.max_entries == sets))
		return fd;
	close(fd);
	return -ENOENT;
}

static int add_keyed(const struct weir_slot *slot, const struct weir_police_plan *plan,
		     struct maps *maps)
{
	uint32_t sets = plan->consts.sets_mask + 1;
	int fd = open_keyed(slot, sets);

	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0)
		maps->fds[maps->n_fds++] = fd;
	maps->all[maps->n++] = fd >= 0 ? (struct weir_load_map){.name = keyed, .fd = fd}
				       : (struct weir_load_map){.name = keyed, .max_entries = sets};
	return 0;
}

static int load(const struct weir_slot *slot, struct weir_object *obj,
		const struct weir_limits *limits, const struct weir_tables *tables,
		const struct weir_police_plan *plan, bool verify_only)
{
	struct weir_police_rodata consts = {.config = tables->config, .police = plan->consts};
	struct maps maps = {0};
	const struct weir_rules_load load = {
		.set = &limits->set,
		.tables = tables,
		.consts = &consts,
		.consts_bytes = sizeof(consts),
		.maps = maps.all,
		.verify_only = verify_only,
	};
	struct weir_rules_load with = load;
	int err = slot->fd >= 0 ? add_kept(slot, &maps) : 0;

	err = err ?: add_keyed(slot, plan, &maps);
	maps.all[maps.n++] =
		(struct weir_load_map){.name = "weir_policies", .max_entries = (uint32_t)plan->n};
	with.n_maps = maps.n;
	err = err ?: weir_rules_load(obj, &with);
	maps_close(&maps);
	return err;
}

static int fill_policies(const struct weir_object *obj, const struct weir_police_plan *plan)
{
	size_t bytes = plan->n * sizeof(*plan->policies);
	void *to = weir_rules_memory(weir_step_object_map(obj, "weir_policies"), bytes,
				     PROT_READ | PROT_WRITE);

	if (!to)
		return -errno;
	memcpy(to, plan->policies, bytes);
	munmap(to, bytes);
	return 0;
}

static int empty_buckets(const struct weir_object *obj, const uint64_t *fresh)
{
	const struct weir_rule_bucket full = {0};
	int fd = weir_step_object_map(obj, "weir_buckets");

	for (uint32_t i = 0; i < WEIR_POLICE_NUMBERS; i++)
		if (fresh[i / 64] >> i % 64 & 1 && bpf_map_update_elem(fd, &i, &full, BPF_ANY))
			return -errno;
	return 0;
}

/* Nobody asks the new rules' counters and buckets yet. */
static int fill(const struct weir_object *obj, const struct weir_police_plan *plan, bool begins)
{
	int err = fill_policies(obj, plan);

	if (!begins && !err)
		err = empty_buckets(obj, plan->fresh_buckets);
	if (err)
		weir_say_error("police: the rates cannot be written: %s", strerror(-err));
	if (err || begins)
		return err;
	err = weir_rules_zero(weir_step_object_map(obj, "weir_conform"), plan->fresh);
	err = err ?: weir_rules_zero(weir_step_object_map(obj, "weir_exceed"), plan->fresh);
	return err
		       ?: weir_rules_zero(weir_step_object_map(obj, "weir_leases"),
					  plan->fresh_buckets);
}

static int build_and_load(struct weir_slot *slot, struct weir_limits *limits,
			  const struct weir_police_set *old, bool try)
{
	struct weir_object *obj = NULL;
	struct weir_police_plan plan;
	struct weir_tables tables;
	int err = weir_police_plan(limits, old, &plan);

	if (err)
		return err;
	err = weir_tables_build(&limits->set, &tables);
	if (err) {
		weir_police_plan_free(&plan);
		return err;
	}
	err = weir_embedded_open(&police_object, slot->kind, slot->step->progs[slot->kind], &obj);
	err = err ?: load(slot, obj, limits, &tables, &plan, try);
	if (!err && !try) {
		err = fill(obj, &plan, slot->fd < 0);
		err = err
			      ?: weir_slot_put(slot, weir_object_prog_fd(obj),
					       weir_step_object_map(obj, "weir_police"));
	}
	weir_object_close(obj);
	weir_tables_free(&tables);
	weir_police_plan_free(&plan);
	return err;
}

int weir_police_write(struct weir_slot *slot, struct weir_limits *limits,
		      const struct weir_police_set *old)
{
	return build_and_load(slot, limits, old, false);
}

int weir_police_try(const struct weir_slot *slot, struct weir_limits *limits)
{
	const struct weir_police_set none = {0};
	struct weir_slot own = *slot;

	return build_and_load(&own, limits, &none, true);
}
