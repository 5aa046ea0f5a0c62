// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * BPF_PROG_TEST_RUN. In: a packet, and what stands beside it. Out: verdict, packet, time. The
 * kernel's rules are those of net/bpf/test_run.c: of struct __sk_buff only some fields may be
 * given, of struct xdp_md none without an interface.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <string.h>
#include <unistd.h>

#include "loader/log.h"
#include "loader/weir.h"

/* net/flow.h: lo has it in every network namespace. */
#define LOOPBACK_IFINDEX 1

static void take_skb(const struct __sk_buff *skb, struct weir_run *run)
{
	run->mark = skb->mark;
	run->priority = skb->priority;
	run->tstamp_ns = skb->tstamp;
	memcpy(run->cb, skb->cb, sizeof(run->cb));
}

int weir_prog_run(int prog_fd, uint32_t prog_type, struct weir_run *run)
{
	struct xdp_md md = {.data_end = run->in_bytes, .ingress_ifindex = run->ifindex};
	struct __sk_buff skb = {
		.mark = run->mark,
		.priority = run->priority,
		.ingress_ifindex = run->ifindex,
		.ifindex = run->ifindex,
		.tstamp = run->tstamp_ns,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = run->in, .data_size_in = run->in_bytes,
		    .data_out = run->out, .data_size_out = run->out ? run->out_room : 0,
		    .repeat = (int)(run->repeat ? run->repeat : 1));
	bool xdp = prog_type == BPF_PROG_TYPE_XDP;
	int err;

	if (run->sz != sizeof(*run))
		return weir_fail(-E2BIG, "test run: options of another libweir version");
	/* which the kernel ran at XDP of old, and no driver does */
	if (run->in_bytes < ETH_HLEN)
		return -EINVAL;
	memcpy(skb.cb, run->cb, sizeof(skb.cb));
	if (!xdp) {
		opts.ctx_in = opts.ctx_out = &skb;
		opts.ctx_size_in = opts.ctx_size_out = sizeof(skb);
	} else if (run->ifindex) {
		opts.ctx_in = &md;
		opts.ctx_size_in = sizeof(md);
	}
	err = bpf_prog_test_run_opts(prog_fd, &opts);
	if (err)
		return err;
	if (!xdp)
		take_skb(&skb, run);
	run->out_room = opts.data_size_out;
	run->verdict = (int32_t)opts.retval;
	run->duration_ns = opts.duration;
	return 0;
}

int weir_prog_run_takes_dev(uint32_t prog_type)
{
	/* r0 = 0; exit */
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	static const char frame[ETH_ZLEN];
	struct weir_run run = {
		.sz = sizeof(run),
		.in = frame,
		.in_bytes = sizeof(frame),
		.ifindex = LOOPBACK_IFINDEX,
	};
	int fd = bpf_prog_load((enum bpf_prog_type)prog_type, NULL, "GPL", nothing,
			       sizeof(nothing) / sizeof(nothing[0]), NULL);
	int err = fd < 0 ? fd : weir_prog_run(fd, prog_type, &run);

	if (fd >= 0)
		close(fd);
	return err == -EINVAL ? 0 : err ? err : 1;
}
