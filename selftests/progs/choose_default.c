/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* iproute2's default sections beside others of the same kind. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("prog")
int default_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp/other")
int other_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("classifier")
int default_cls(struct __sk_buff *skb)
{
	(void)skb;
	return -1; /* TC_ACT_UNSPEC */
}

SEC("tc/ingress")
int cls_ingress(struct __sk_buff *skb)
{
	(void)skb;
	return 2; /* TC_ACT_SHOT */
}

SEC("tc/egress")
int cls_egress(struct __sk_buff *skb)
{
	(void)skb;
	return 2;
}

char _license[] SEC("license") = "GPL";
