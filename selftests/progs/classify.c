// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A classifier of the old kind, not direct-action: its result is a class of qdisc 1:. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("classifier")
int classify(struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IPV6) ? 0x10001 : 0x10002;
}

char classify_license[] SEC("license") = "Dual BSD/GPL";
