// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A program that a device map runs for what it sends. */
#include <linux/bpf.h>

#define SEC(NAME) __attribute__((section(NAME), used))

SEC("xdp/devmap")
int dp_xdp(struct xdp_md *ctx)
{
	return ctx->egress_ifindex ? XDP_PASS : XDP_DROP;
}

char dp_license[] SEC("license") = "GPL";
