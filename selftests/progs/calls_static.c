/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A static subprogram, which clang puts into .text. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int frame_len(struct xdp_md *ctx)
{
	return (int)(ctx->data_end - ctx->data);
}

SEC("xdp")
int main_static(struct xdp_md *ctx)
{
	return frame_len(ctx) > 1500 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
