/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sends a record of each packet to a ring buffer and a perf event array. */
#include <linux/bpf.h>
#include <linux/types.h>

#define SEC(NAME)	  __attribute__((section(NAME), used))
#define __uint(name, val) int(*name)[val]

struct ev_record {
	__u32 length;
	__be16 h_proto;
	__u8 smac[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ev_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 0);
} ev_perf SEC(".maps");

static long (*ring_output)(void *ring, void *data, __u64 size,
			   __u64 flags) = (void *)BPF_FUNC_ringbuf_output;
static long (*perf_output)(void *ctx, void *map, __u64 flags, void *data,
			   __u64 size) = (void *)BPF_FUNC_perf_event_output;

/* BTF has the struct by way of this variable. */
struct ev_record *ev_unused SEC(".data.unused");

SEC("xdp")
int ev_xdp(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ev_record record = {};

	if (data + 14 > end)
		return XDP_PASS;
	record.length = (__u32)(end - data);
	record.h_proto = *(__be16 *)(data + 12);
	__builtin_memcpy(record.smac, data + 6, 6);
	ring_output(&ev_ring, &record, sizeof(record), 0);
	perf_output(ctx, &ev_perf, BPF_F_CURRENT_CPU, &record, sizeof(record));
	return XDP_DROP;
}

char ev_license[] SEC("license") = "GPL";
