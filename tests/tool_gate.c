// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_gate OBJECT
 *
 * Every gate of bpf/gate.bpf.c at XDP with every choice of what its slots hold: nothing, a
 * program that drops, one that passes. The verdict must be the first that is no pass, empty
 * slots must count and do what the gate was told. Prints a line for each that differs, then
 * how many were tried. Root.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "maps/gate.h"
#include "maps/layout.h"

#define FRAME_BYTES 64
#define HAS_FRAGS   (1U << 5) /* BPF_F_XDP_HAS_FRAGS, Linux 5.18 */
#define CPUS_MAX    1024

enum slot { EMPTY, DROP, PASS, SLOTS };

static int verdict_prog(int verdict, bool frags)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = frags ? HAS_FRAGS : 0,
		    .expected_attach_type = BPF_XDP);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "verdict", "GPL", insns, 2, &opts);
}

static int map_fd(struct bpf_object *obj, const char *kind, int nth)
{
	char name[16];

	snprintf(name, sizeof(name), "weir_%s_%d", kind, nth + 1);
	return bpf_map__fd(bpf_object__find_map_by_name(obj, name));
}

static bool fill(struct bpf_object *obj, int nth, enum slot what, bool frags)
{
	int slot_fd = map_fd(obj, "slot", nth), fd;
	__u32 key = 0;
	bool done;

	(void)bpf_map_delete_elem(slot_fd, &key);
	if (what == EMPTY)
		return true;
	fd = verdict_prog(what == DROP ? XDP_DROP : XDP_PASS, frags);
	done = fd >= 0 && !bpf_map_update_elem(slot_fd, &key, &fd, BPF_ANY);
	if (fd >= 0)
		close(fd);
	return done;
}

static __u64 lost(struct bpf_object *obj, int nth)
{
	static struct weir_counter cells[CPUS_MAX];
	__u64 packets = 0;
	__u32 key = (__u32)nth + 1;

	if (libbpf_num_possible_cpus() > CPUS_MAX ||
	    bpf_map_lookup_elem(map_fd(obj, "lost", nth), &key, cells))
		return 0;
	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
		packets += cells[cpu].packets;
	return packets;
}

/* What the gate should say; @counted[i] is one for each empty slot that is met. */
static int expect(const enum slot *what, int steps, const struct weir_gate_consts *consts,
		  __u64 *counted)
{
	for (int i = 0; i < steps; i++) {
		counted[i] = what[i] == EMPTY;
		if (what[i] == DROP || (what[i] == EMPTY && consts->step[i].lost_drops))
			return XDP_DROP;
	}
	return XDP_PASS;
}

static bool try(struct bpf_object *obj, int prog_fd, const enum slot *what, int steps,
		const struct weir_gate_consts *consts)
{
	__u64 counted[WEIR_GATE_STEPS] = {0}, before[WEIR_GATE_STEPS];
	int want = expect(what, steps, consts, counted);
	static char frame[FRAME_BYTES];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = 1);
	bool good;

	for (int i = 0; i < steps; i++)
		before[i] = lost(obj, i);
	good = !bpf_prog_test_run_opts(prog_fd, &run) && (int)run.retval == want;
	for (int i = 0; i < steps; i++)
		good &= lost(obj, i) - before[i] == counted[i];
	if (!good)
		printf("%d steps, slots %d %d %d: verdict %u, wanted %d\n", steps, what[0], what[1],
		       what[2], run.retval, want);
	return good;
}

static struct bpf_object *load(const char *path, const char *name,
			       const struct weir_gate_consts *consts)
{
	struct bpf_object *obj = bpf_object__open(path);
	struct bpf_program *prog;
	struct bpf_map *map;

	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
	bpf_object__for_each_map(map, obj)
	{
		if (strstr(bpf_map__name(map), "weir_lost"))
			bpf_map__set_max_entries(map, WEIR_GATE_STEPS + 1);
		else if (strstr(bpf_map__name(map), ".rodata"))
			bpf_map__set_initial_value(map, consts, sizeof(*consts));
	}
	return bpf_object__load(obj) ? NULL : obj;
}

static int try_gate(const char *path, bool frags, int steps, int *tried)
{
	/* the second step lets packets pass when its slot is empty */
	const struct weir_gate_consts consts = {{{1, 1}, {2, 0}, {3, 1}}};
	struct bpf_object *obj;
	int bad = 0, prog_fd;
	char name[16];

	snprintf(name, sizeof(name), "gate_%s_%d", frags ? "frags" : "xdp", steps);
	obj = load(path, name, &consts);
	if (!obj) {
		printf("%s: does not load\n", name);
		return 1;
	}
	prog_fd = bpf_program__fd(bpf_object__find_program_by_name(obj, name));
	for (int code = 0; code < SLOTS * SLOTS * SLOTS; code++) {
		const enum slot what[] = {code % SLOTS, code / SLOTS % SLOTS, code / SLOTS / SLOTS};

		for (int i = 0; i < steps; i++)
			bad += !fill(obj, i, what[i], frags);
		bad += !try(obj, prog_fd, what, steps, &consts);
		++*tried;
	}
	bpf_object__close(obj);
	return bad;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0, tried = 0;

	if (argc != 2)
		return 2;
	libbpf_set_print(silent);
	for (int steps = 1; steps <= WEIR_GATE_STEPS; steps++) {
		bad += try_gate(argv[1], false, steps, &tried);
		if (verdict_prog(XDP_PASS, true) >= 0)
			bad += try_gate(argv[1], true, steps, &tried);
	}
	printf("tried %d\n", tried);
	return bad != 0;
}
