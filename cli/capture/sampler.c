// SPDX-License-Identifier: LGPL-2.1-or-later
/* The sampler: loaded with its constants, an expression and the program that it runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cli/capture/capture.h"
#include "cli/say.h"
#include "cli/step/embed.h"

WEIR_EMBED(sample_object, "sample.o", WEIR_SAMPLE_OBJECT);

/* Linux 5.18. */
#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

static const char *const progs[WEIR_STEP_KINDS] = {
	[WEIR_STEP_XDP] = "sample_xdp",
	[WEIR_STEP_XDP_FRAGS] = "sample_xdp_frags",
	[WEIR_STEP_TC] = "sample_tc",
};

static const enum weir_expr_kind expr_kinds[WEIR_STEP_KINDS] = {
	[WEIR_STEP_XDP] = WEIR_EXPR_XDP,
	[WEIR_STEP_XDP_FRAGS] = WEIR_EXPR_XDP_FRAGS,
	[WEIR_STEP_TC] = WEIR_EXPR_TC,
};

/* ---- the expression ------------------------------------------------------------------------ */

static int load_expression(const struct weir_sampler_opts *opts, const struct bpf_insn *insns,
			   size_t n)
{
	LIBBPF_OPTS(bpf_prog_load_opts, load);

	if (opts->kind != WEIR_STEP_TC && !opts->no_attach_type)
		load.expected_attach_type = BPF_XDP;
	if (opts->kind == WEIR_STEP_XDP_FRAGS)
		load.prog_flags = BPF_F_XDP_HAS_FRAGS;
	return bpf_prog_load((enum bpf_prog_type)weir_step_prog_type(opts->kind), "weir_match",
			     "Dual BSD/GPL", insns, n, &load);
}

static int put_expression(const struct weir_sampler_opts *opts, const struct weir_object *obj)
{
	struct bpf_insn *insns;
	uint32_t slot = 0;
	size_t n;
	int err = weir_expr_translate(opts->match, expr_kinds[opts->kind], &insns, &n), fd;

	if (err == -ELOOP) {
		weir_say_error("match '%s': it walks headers in a loop, which expressions in the "
			       "kernel cannot; name the header: ip6[6] = 0, ip proto 51",
			       opts->match_text);
		return err;
	}
	if (!err) {
		fd = load_expression(opts, insns, n);
		free(insns);
		err = fd < 0 ? fd : 0;
	}
	if (!err &&
	    bpf_map_update_elem(weir_step_object_map(obj, "weir_expression"), &slot, &fd, BPF_ANY))
		err = -errno;
	if (!err)
		close(fd);
	else
		weir_say_error("match '%s': the kernel does not take it: %s%s", opts->match_text,
			       strerror(-err), err == -E2BIG ? "; a shorter one may fit" : "");
	return err;
}

/* ---- the first place of each CPU ------------------------------------------------------------- */

static int put_state(const struct weir_sampler_opts *opts, const struct weir_object *obj)
{
	int n_cpus = libbpf_num_possible_cpus(), err = 0;
	struct weir_sample_state *states;
	uint32_t key = 0;

	if (n_cpus < 0)
		return n_cpus;
	states = calloc((size_t)n_cpus, sizeof(*states));
	if (!states)
		return -ENOMEM;
	for (int i = 0; i < n_cpus; i++) {
		struct weir_sample_state *state = &states[i];

		/* what a seed is not random by, the CPU's number adds */
		if (getrandom(&state->seed, sizeof(state->seed), 0) < 0)
			state->seed = (uint32_t)i;
		state->skip = weir_sample_place(&state->seed, opts->consts.one_in);
		state->rest = opts->consts.one_in - 1 - state->skip;
	}
	if (bpf_map_update_elem(weir_step_object_map(obj, "weir_sample_state"), &key, states,
				BPF_ANY))
		err = -errno;
	free(states);
	return err;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int put_wrapped(const struct weir_sampler_opts *opts, const struct weir_object *obj)
{
	uint32_t slot = 0;

	if (opts->wrapped_fd < 0)
		return 0;
	if (!bpf_map_update_elem(weir_step_object_map(obj, "weir_wrapped"), &slot,
				 &opts->wrapped_fd, BPF_ANY))
		return 0;
	if (errno == EINVAL)
		return -EXDEV;
	weir_say_error("the program cannot be run behind another: %s%s", strerror(errno),
		       errno == EBUSY ? "; functions of it are replaced (freplace)" : "");
	return -errno;
}

static int load_object(const struct weir_sampler_opts *opts, struct weir_object *obj)
{
	const struct weir_load_map maps[] = {
		{.name = "weir_samples", .max_entries = opts->ring_bytes},
		{.name = ".rodata", .data = &opts->consts, .data_bytes = sizeof(opts->consts)},
	};
	const struct weir_load_opts load = {
		.sz = sizeof(load),
		.no_attach_type = opts->no_attach_type,
		.unpinned = true,
		.maps = maps,
		.n_maps = sizeof(maps) / sizeof(maps[0]),
	};
	int err = weir_object_load(obj, &load);

	err = err ? err : put_wrapped(opts, obj);
	if (!err && opts->match)
		err = put_expression(opts, obj);
	if (!err) {
		err = put_state(opts, obj);
		if (err)
			weir_say_error("the sampler cannot be set up: %s", strerror(-err));
	}
	return err;
}

int weir_sampler_load(const struct weir_sampler_opts *opts, struct weir_sampler *out)
{
	struct weir_object *obj;
	struct weir_prog prog;
	int err = weir_embedded_open(&sample_object, opts->kind, progs[opts->kind], &obj);

	if (err)
		return err;
	err = load_object(opts, obj);
	err = err ? err : weir_prog_by_fd(weir_object_prog_fd(obj), &prog);
	if (err) {
		weir_object_close(obj);
		return err;
	}
	*out = (struct weir_sampler){
		.obj = obj,
		.prog_fd = weir_object_prog_fd(obj),
		.ring_fd = weir_step_object_map(obj, "weir_samples"),
		.count_fd = weir_step_object_map(obj, "weir_sample"),
		.wrapped_map_fd = weir_step_object_map(obj, "weir_wrapped"),
		.prog_id = prog.id,
	};
	return 0;
}

void weir_sampler_close(struct weir_sampler *sampler)
{
	weir_object_close(sampler->obj);
	*sampler = (struct weir_sampler){.prog_fd = -1};
}

int weir_sampler_counts(const struct weir_sampler *sampler,
			struct weir_counter out[WEIR_SAMPLE_REASONS])
{
	int n_cpus = libbpf_num_possible_cpus(), err = 0;
	struct weir_counter *cells;

	if (n_cpus < 0)
		return n_cpus;
	cells = calloc((size_t)n_cpus, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	memset(out, 0, WEIR_SAMPLE_REASONS * sizeof(*out));
	for (uint32_t i = 0; !err && i < WEIR_SAMPLE_REASONS; i++) {
		if (bpf_map_lookup_elem(sampler->count_fd, &i, cells))
			err = -errno;
		for (int cpu = 0; !err && cpu < n_cpus; cpu++) {
			out[i].packets += cells[cpu].packets;
			out[i].bytes += cells[cpu].bytes;
		}
	}
	free(cells);
	if (err)
		weir_say_error("the sampler's counters cannot be read: %s", strerror(-err));
	return err;
}
