/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Static subprograms in the program's own section: libbpf never finds them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("classifier")
__attribute__((noinline)) static int inner(struct __sk_buff *skb)
{
	return skb->mark ? (int)bpf_get_prandom_u32() : (int)skb->len;
}

SEC("classifier")
__attribute__((noinline)) static int outer(struct __sk_buff *skb)
{
	return inner(skb) + (int)skb->len;
}

SEC("classifier")
int main_own(struct __sk_buff *skb)
{
	return outer(skb) + inner(skb) == 7 ? 2 : 0;
}

char _license[] SEC("license") = "GPL";
