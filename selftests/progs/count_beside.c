// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Filters that stand beside bpf/count.bpf.c: one gives packets a VLAN tag beside
 * the frame (as a card or a VLAN device does), one drops what reaches it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("classifier/push")
int push_tag(struct __sk_buff *skb)
{
	if (!skb->vlan_present)
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 5);
	return TC_ACT_UNSPEC;
}

SEC("classifier/drop")
int drop_all(struct __sk_buff *skb)
{
	return TC_ACT_SHOT;
}

char count_beside_license[] SEC("license") = "Dual BSD/GPL";
