// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One program in .text and nothing else, without BTF. */
#include <linux/bpf.h>

int text_alone(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data > 60 ? XDP_PASS : XDP_DROP;
}

char _license[] __attribute__((section("license"), used)) = "GPL";
