/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Global subprograms, nested calls, one function that nothing calls. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int third(int x)
{
	return x + (int)bpf_get_smp_processor_id();
}

__attribute__((noinline)) int second(int x)
{
	return third(x) * 2 + third(x + 1);
}

__attribute__((noinline)) int unused(int x)
{
	return third(x) + (int)bpf_ktime_get_ns();
}

__attribute__((noinline)) int first(int x)
{
	return second(x) + third(x);
}

SEC("xdp")
int main_global(struct xdp_md *ctx)
{
	return first((int)ctx->rx_queue_index) + second(1) == -1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
