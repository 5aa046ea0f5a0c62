// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Asks the running kernel itself what it has, without weir's code, for tests that would
 * have nothing to test (skip_unless in selftests/lib.sh):
 *
 *   tool_kernel tcx         Linux 6.6: hooks of tcx
 *   tool_kernel frags       5.18: XDP programs that take frames in pieces
 *   tool_kernel bloom       5.16: bloom filters
 *   tool_kernel callbacks   5.13: functions given to helpers
 *   tool_kernel link-targets  5.13: links tell what they stand in
 *   tool_kernel enum64      6.0: BTF with enums of 64 bits
 *   tool_kernel xdp-features  6.3: interfaces tell what their drivers do at XDP
 *   tool_kernel percpu-lookups  5.19: programs that read other CPUs' values
 *   tool_kernel long-runs   7: test runs of tc programs with frames of several pages
 *   tool_kernel xdp-context test runs of XDP programs that say by which interface a frame came
 *   tool_kernel tracing     programs in place of functions of others (freplace)
 *
 * Exit status: 0 it has, 1 it has not, 2 no such question.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader/uapi.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct bpf_insn PASS[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
	{.code = BPF_JMP | BPF_EXIT},
};

static bool has_tcx(void)
{
	__u32 flags, n = 0;

	return !bpf_prog_query((int)if_nametoindex("lo"),
			       (enum bpf_attach_type)WEIR_BPF_TCX_INGRESS, 0, &flags, NULL, &n);
}

static bool has_frags(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", PASS, N(PASS), &opts) >= 0;
}

static bool has_bloom(void)
{
	return bpf_map_create(BPF_MAP_TYPE_BLOOM_FILTER, NULL, 0, 4, 1, NULL) >= 0;
}

static bool has_long_runs(void)
{
	static char frame[9000];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, NULL, "GPL", PASS, N(PASS), NULL);

	return fd >= 0 && !bpf_prog_test_run_opts(fd, &opts);
}

static bool has_xdp_context(void)
{
	static char frame[64];
	struct xdp_md xdp = {.data_end = sizeof(frame)};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &xdp, .ctx_size_in = sizeof(xdp));
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", PASS, N(PASS), NULL);

	return fd >= 0 && !bpf_prog_test_run_opts(fd, &opts);
}

/* All that came with them: for_each_map_elem. */
static bool has_callbacks(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_for_each_map_elem, NULL) == 1;
}

static bool has_percpu_lookups(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_map_lookup_percpu_elem, NULL) ==
	       1;
}

static bool has_enum64(void)
{
	struct btf *btf = btf__new_empty();
	bool has = btf && btf__add_enum64(btf, "e", 8, false) > 0 &&
		   !btf__add_enum64_value(btf, "v", 1) && !btf__load_into_kernel(btf);

	btf__free(btf);
	return has;
}

/* A return of void at the entry of a function of the kernel: fexit and freplace go together. */
static bool has_tracing(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int id = libbpf_find_vmlinux_btf_id("bpf_fentry_test1", BPF_TRACE_FENTRY);
	struct bpf_insn zero[] = {PASS[0], PASS[1]};

	zero[0].imm = 0;
	opts.attach_btf_id = id > 0 ? (__u32)id : 0;
	return id > 0 &&
	       bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", zero, N(zero), &opts) >= 0;
}

/* Of any struct of the kernel's own types. */
static bool has_member(const char *name)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has = false;

	for (__u32 id = 1; btf && !has && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		for (int i = 0; btf_is_struct(t) && !has && i < btf_vlen(t); i++)
			has = !strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), name);
	}
	btf__free(btf);
	return has;
}

/* Of bpf_link_info. */
static bool has_link_targets(void)
{
	return has_member("target_obj_id");
}

/* Of net_device. */
static bool has_xdp_features(void)
{
	return has_member("xdp_features");
}

static const struct {
	const char *name;
	bool (*has)(void);
} questions[] = {
	{"tcx", has_tcx},
	{"frags", has_frags},
	{"callbacks", has_callbacks},
	{"bloom", has_bloom},
	{"enum64", has_enum64},
	{"link-targets", has_link_targets},
	{"tracing", has_tracing},
	{"long-runs", has_long_runs},
	{"xdp-context", has_xdp_context},
	{"xdp-features", has_xdp_features},
	{"percpu-lookups", has_percpu_lookups},
};

int main(int argc, char **argv)
{
	libbpf_set_print(NULL);
	for (size_t i = 0; argc == 2 && i < N(questions); i++)
		if (!strcmp(argv[1], questions[i].name))
			return !questions[i].has();
	fprintf(stderr, "tool_kernel: ask for one thing; tests/tool_kernel.c has them\n");
	return 2;
}
