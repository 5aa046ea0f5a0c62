/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* CO-RE relocations in a function that has to move and in one that is copied. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct net_device {
	int ifindex;
} __attribute__((preserve_access_index));

struct sk_buff {
	struct net_device *dev;
	unsigned int len;
} __attribute__((preserve_access_index));

SEC("tc")
__attribute__((noinline)) static int core_moved(struct __sk_buff *skb)
{
	return __builtin_preserve_field_info(((struct sk_buff *)0)->len, 0) + skb->len > 0;
}

SEC("tc")
__attribute__((noinline)) int core_copied(struct __sk_buff *skb)
{
	return __builtin_preserve_field_info(((struct net_device *)0)->ifindex, 0) +
	       core_moved(skb);
}

SEC("tc")
int main_core(struct __sk_buff *skb)
{
	return core_copied(skb) + core_moved(skb) == 1 ? 2 : 0;
}

char _license[] SEC("license") = "GPL";
