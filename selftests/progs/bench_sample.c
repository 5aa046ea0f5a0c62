/* flags: -g */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What samplers do otherwise: a random number for each packet, and a perf event with the first
 * bytes of the packet, as in the kernel's samples/bpf/xdp_sample_pkts. And programs that do
 * nothing. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define KEPT_BYTES 64ULL

const volatile __u32 one_in = 64;

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} bench_events SEC(".maps");

struct bench_event {
	__u64 time_ns;
	__u32 len_bytes, ifindex;
};

SEC("xdp")
int bare(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_PASS;
}

SEC("xdp.frags")
int bare_frags(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_PASS;
}

SEC("xdp")
int prandom_perf(struct xdp_md *xdp)
{
	struct bench_event event = {
		.len_bytes = xdp->data_end - xdp->data,
		.ifindex = xdp->ingress_ifindex,
	};

	if (one_in > 1 && bpf_get_prandom_u32() >= 0xffffffff / one_in)
		return XDP_PASS;
	event.time_ns = bpf_ktime_get_ns();
	bpf_perf_event_output(xdp, &bench_events, BPF_F_CURRENT_CPU | KEPT_BYTES << 32, &event,
			      sizeof(event));
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
