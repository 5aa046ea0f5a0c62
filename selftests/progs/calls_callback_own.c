/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A callback in the program's own section. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
static long add_index(__u32 index, __u64 *total)
{
	*total += index;
	return 0;
}

SEC("tc")
int main_callback_own(struct __sk_buff *skb)
{
	__u64 total = 0;

	bpf_loop(4, add_index, &total, 0);
	return total == 6 ? 0 : 2;
}

char _license[] SEC("license") = "GPL";
