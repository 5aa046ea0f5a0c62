/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs without SEC(): they are in .text, beside what they call. One of
 * them is called by the other as well. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int frame_len(struct xdp_md *ctx)
{
	return (int)(ctx->data_end - ctx->data);
}

__attribute__((noinline)) int text_called(struct xdp_md *ctx)
{
	return frame_len(ctx) > 9000 ? XDP_ABORTED : XDP_PASS;
}

int text_main(struct xdp_md *ctx)
{
	return text_called(ctx) == XDP_PASS && frame_len(ctx) > 20 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
