/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A callback: the address of a static function as an argument; the callback
 * calls a subprogram in turn. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sum {
	__u64 total;
};

static __attribute__((noinline)) __u64 square(__u64 x)
{
	return x * x;
}

static long add_one(__u32 index, struct sum *sum)
{
	sum->total += square(index);
	return 0;
}

SEC("xdp")
int main_callback(struct xdp_md *ctx)
{
	struct sum sum = {0};

	(void)ctx;
	bpf_loop(4, add_one, &sum, 0);
	return sum.total == 14 ? XDP_PASS : XDP_ABORTED;
}

char _license[] SEC("license") = "GPL";
