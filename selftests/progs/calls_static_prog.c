/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Static programs: libbpf refuses local ones. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
static int static_xdp(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data > 60 ? XDP_PASS : XDP_DROP;
}

SEC("tc")
static int static_tc(struct __sk_buff *skb)
{
	return skb->len > 60 ? 0 : 2;
}

char _license[] SEC("license") = "GPL";
