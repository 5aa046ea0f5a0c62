// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets in the kernel: found, and read. */
#include "cli/filter/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cli/say.h"

/* Linux 5.18. */
#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

const struct weir_ruleset_progs weir_ruleset_progs[] = {
	[WEIR_GATE_XDP] = {"filter_xdp", "filter_gate_xdp", BPF_PROG_TYPE_XDP},
	[WEIR_GATE_XDP_FRAGS] = {"filter_xdp_frags", "filter_gate_xdp_frags", BPF_PROG_TYPE_XDP},
	[WEIR_GATE_TC] = {"filter_tc", "filter_gate_tc", BPF_PROG_TYPE_SCHED_CLS},
};

void weir_ruleset_init(struct weir_ruleset *filter)
{
	*filter = (struct weir_ruleset){.gate_fd = -1, .reason_fd = -1, .hit_fd = -1};
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void weir_ruleset_close(struct weir_ruleset *filter)
{
	close_fd(&filter->gate_fd);
	close_fd(&filter->reason_fd);
	close_fd(&filter->hit_fd);
}

/* ---- finding ------------------------------------------------------------- */

/* fd of the map called @name among those of @prog; -ENOENT, not logged. */
static int map_of(const struct weir_prog *prog, const char *name)
{
	for (uint32_t i = 0; i < prog->n_map_ids; i++) {
		int fd = weir_map_open_id_quiet(prog->map_ids[i]);
		struct weir_map map;

		if (fd < 0)
			return fd;
		if (!weir_map_by_fd(fd, &map) && !strcmp(map.name, name))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

static int kind_of(const struct weir_prog *prog)
{
	for (int kind = 0; kind < 3; kind++)
		if (!strcmp(prog->name, weir_ruleset_progs[kind].filter))
			return kind;
	return -EMEDIUMTYPE;
}

int weir_ruleset_open(struct weir_ruleset *filter, int gate_fd)
{
	struct weir_prog prog;
	uint32_t slot = 0, id = 0;
	int kind, err;

	filter->gate_fd = gate_fd;
	if (bpf_map_lookup_elem(gate_fd, &slot, &id)) {
		weir_say_error(
			"filter: the set has lost its rules: its pin was removed; take it off "
			"with `weir filter dev DEV off`");
		return -ENODATA;
	}
	err = weir_prog_by_id(id, &prog);
	if (err)
		return err;
	kind = kind_of(&prog);
	if (kind < 0) {
		weir_say_error("filter: program id %u (%s) is none of the filter's", id, prog.name);
		return kind;
	}
	filter->kind = (enum weir_gate_kind)kind;
	filter->prog_id = id;
	filter->reason_fd = map_of(&prog, "weir_filter");
	filter->hit_fd = map_of(&prog, "weir_filter_hit");
	if (filter->reason_fd >= 0 && filter->hit_fd >= 0)
		return 0;
	weir_say_error("filter: program id %u has no counters: made by another version of weir; "
		       "take it off with `weir filter dev DEV off`",
		       id);
	return -ENOENT;
}

struct search {
	enum weir_hook hook; /* NONE: any */
	enum weir_hook found;
	uint32_t gate;
	unsigned int n;
};

static int look(const struct weir_attachment *at, void *ctx)
{
	struct search *search = ctx;
	struct weir_map map;
	int fd;

	if (!at->has_prog || !at->prog.ours || strncmp(at->prog.name, "filter_gate", 11) != 0)
		return 0;
	if (search->hook && search->hook != at->hook)
		return 0;
	fd = map_of(&at->prog, "weir_gate");
	if (fd < 0)
		return 0;
	if (!weir_map_by_fd(fd, &map)) {
		search->gate = map.id;
		search->found = at->hook;
		search->n++;
	}
	close(fd);
	return 0;
}

int weir_ruleset_find(struct weir_net *net, const char *dev, enum weir_hook *hook, uint32_t *gate)
{
	struct search search = {.hook = *hook};
	int err = weir_query(net, dev, look, &search);

	if (err)
		return err;
	if (search.n > 1) {
		weir_say_error("%s: filters at %u hooks; name one: xdp, ingress or egress", dev,
			       search.n);
		return -ENOTUNIQ;
	}
	if (!search.n)
		return -ENOENT;
	*gate = search.gate;
	*hook = search.found;
	return 0;
}

int weir_ruleset_is_used(uint32_t gate)
{
	struct weir_prog prog;
	uint32_t id = 0;
	int err;

	while (!(err = weir_prog_next(&id, &prog)))
		if (weir_prog_uses(&prog, gate))
			return 1;
	return err == -ENOENT ? 0 : err;
}

static bool kernel_has_frags(void)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 /* XDP_PASS */},
		{.code = BPF_JMP | BPF_EXIT}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "weir_probe", "GPL", pass, 2, &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

enum weir_gate_kind weir_ruleset_kind(enum weir_hook hook)
{
	if (hook != WEIR_HOOK_XDP)
		return WEIR_GATE_TC;
	return kernel_has_frags() ? WEIR_GATE_XDP_FRAGS : WEIR_GATE_XDP;
}

/* ---- reading ------------------------------------------------------------- */

void *weir_ruleset_memory(int fd, size_t bytes, int prot)
{
	void *at = mmap(NULL, bytes, prot, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* All values of the array @name of the set's program; *n of them. munmap()ed by the caller. */
static int read_map(const struct weir_prog *prog, const char *name, size_t size, void **out,
		    size_t *n)
{
	struct weir_map map;
	int fd = map_of(prog, name), err = fd < 0 ? fd : weir_map_by_fd(fd, &map);

	if (!err && map.value_size_bytes != size)
		err = -EMEDIUMTYPE;
	if (!err) {
		*n = map.max_entries;
		*out = weir_ruleset_memory(fd, *n * size, PROT_READ);
		err = *out ? 0 : -errno;
	}
	if (fd >= 0)
		close(fd);
	if (err)
		weir_say_error("filter: program id %u: its rules cannot be read: %s", prog->id,
			       strerror(-err));
	return err;
}

int weir_ruleset_read(const struct weir_ruleset *filter, struct weir_set *out)
{
	const struct weir_filter_prefix *list = NULL;
	const struct weir_filter_rule *rules = NULL;
	size_t n_rules = 0, n_list = 0, rules_room = 0, list_room = 0;
	struct weir_set set = {0};
	struct weir_prog prog;
	int err = weir_prog_by_id(filter->prog_id, &prog);

	err = err ?: read_map(&prog, "weir_rules", sizeof(*rules), (void **)&rules, &rules_room);
	err = err ?: read_map(&prog, "weir_list", sizeof(*list), (void **)&list, &list_room);
	if (!err) {
		n_rules = rules[0].n_rules;
		n_list = rules[0].n_list;
		if (n_rules >= rules_room || n_list > list_room)
			err = -EMEDIUMTYPE;
	}
	if (!err) {
		set.deny = rules[0].deny;
		set.rules = calloc(n_rules + 1, sizeof(*set.rules));
		set.list = calloc(n_list + 1, sizeof(*set.list));
		if (!set.rules || !set.list)
			err = -ENOMEM;
	}
	if (!err) {
		set.rules_room = n_rules + 1;
		set.list_room = n_list + 1;
		for (; set.n_rules < n_rules; set.n_rules++)
			set.rules[set.n_rules].rule = rules[set.n_rules + 1];
		for (; set.n_list < n_list; set.n_list++)
			set.list[set.n_list].prefix = list[set.n_list];
		*out = set;
	} else {
		weir_set_free(&set);
	}
	if (rules)
		munmap((void *)rules, rules_room * sizeof(*rules));
	if (list)
		munmap((void *)list, list_room * sizeof(*list));
	return err;
}
