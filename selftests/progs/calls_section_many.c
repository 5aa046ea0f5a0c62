/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Several programs in a section; the last one calls the first, and all a
 * subprogram in .text. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int frame_len(struct xdp_md *ctx)
{
	return (int)(ctx->data_end - ctx->data);
}

SEC("xdp")
__attribute__((noinline)) int many_one(struct xdp_md *ctx)
{
	return frame_len(ctx) > 100 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int many_two(struct xdp_md *ctx)
{
	return frame_len(ctx) > 200 ? XDP_DROP : XDP_TX;
}

SEC("xdp")
int many_three(struct xdp_md *ctx)
{
	return many_one(ctx) == XDP_PASS ? XDP_PASS : XDP_ABORTED;
}

char _license[] SEC("license") = "GPL";
